# Time and memory of the main networks, the authors' and others' beside them, for one 1280x720 output.

# With scrutiny.latency all other networks at x2, but not one that was only trained again.
ARMS = [name for name, model in MODELS.items() if name not in METHODS and not model.repeats and 2 in model.scales]
TIMED = (
    [(name, scale) for name in METHODS for scale in MODELS[name].scales]
    + [(name, 2) for name in ARMS if PARAMS.scrutiny.latency]
    + [(name, release.entry.scale) for name, release in RELEASES.items()]
)


rule latency:
    input:
        weights=[weights_of(name, scale) for name, scale in TIMED],
        peers=[str(network.path) for name in PEERS for network in PEERS[name].values()],
    output:
        result="results/latency.json",
        record="results/records/latency/latency.json",
    log:
        "results/logs/latency/latency.log",
    group:
        "latency"
    # All cores of the run, so that no other job of it disturbs this one. The networks themselves take one thread.
    threads: workflow.resource_settings.cores or 1
    params:
        depends=lambda wc: fingerprint(
            "latency",
            code=code_of(METHODS, "network"),
            peers={name: peer_facts(name) for name in PEERS},
            releases={name: release_facts(name) for name in RELEASES},
        ),
        networks=lambda wc, input: [quote(f"{name}={file}") for (name, _), file in zip(TIMED, input.weights)],
        peers=" ".join(["--peers", *PEERS]) if PEERS else "",
    shell:
        "python -m sr latency --params params.yaml --weights {params.networks} {params.peers} --json {output.result}"
        " --record {output.record} > {log} 2>&1"
