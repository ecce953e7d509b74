# Fetch or check a set and pack its HR images, degrade them at each scale.


# Runs on the submitting machine of a cluster: compute nodes often have no network.
rule fetch:
    output:
        # update: a fetch that fails keeps the manifest, by which a clone without the images identifies the set.
        manifest=update("data/manifests/{name}.json"),
        pixels="data/packed/{name}/hr.npy",
        index="data/packed/{name}/hr.json",
        record="results/records/fetch/{name}.json",
    log:
        "results/logs/fetch/{name}.log",
    priority: 1
    localrule: True
    threads: 1
    params:
        depends=lambda wc: fingerprint("fetch", source=SOURCES[wc.name]),
    shell:
        "python -m sr fetch {wildcards.name} --params params.yaml --manifest {output.manifest}"
        " --packed {output.pixels} --record {output.record} > {log} 2>&1"


# Weights that a paper's authors released, where data.releases names them and gives no file.
rule fetch_weights:
    output:
        weights="data/weights/{release}.pt",
        record="results/records/fetch_weights/{release}.json",
    log:
        "results/logs/fetch_weights/{release}.log",
    localrule: True
    threads: 1
    params:
        depends=lambda wc: fingerprint("fetch", release=RELEASES[wc.release].entry.sha256),
    shell:
        "python -m sr fetch {wildcards.release} --weights {output.weights} --record {output.record} > {log} 2>&1"


rule degrade:
    input:
        pixels="data/packed/{name}/hr.npy",
        index="data/packed/{name}/hr.json",
    output:
        pixels="data/packed/{name}/x{scale}.npy",
        index="data/packed/{name}/x{scale}.json",
        record="results/records/degrade/{name}_x{scale}.json",
    log:
        "results/logs/degrade/{name}_x{scale}.log",
    group:
        "data"
    threads: 1
    params:
        depends=lambda wc: fingerprint("degrade"),
    shell:
        "python -m sr degrade --hr {input.pixels} --scale {wildcards.scale} --out {output.pixels}"
        " --record {output.record} > {log} 2>&1"


# Ready jobs with a priority come first, so that a wrong set ends the run before its trainings. They do not take the
# result as an input: another test set would train them again, and of jobs that come after an ancient input Snakemake does
# not see what else has changed.
rule inspect:
    input:
        [f"data/packed/{name}/hr.{kind}" for name in SETS for kind in ("npy", "json")],
        peers=[str(network.path) for networks in PEERS.values() for network in networks.values()],
    output:
        result="data/inspection.json",
        record="results/records/inspect.json",
    log:
        "results/logs/inspect.log",
    priority: 2
    group:
        "data"
    threads: 1
    params:
        depends=fingerprint(
            "inspect",
            "data.test",
            "evaluate",
            models={name: inspected(model) for name, model in MODELS.items()},
            peers={name: peer_facts(name) for name in PEERS},
        ),
    shell:
        "python -m sr inspect --params params.yaml --packed data/packed --out {output.result}"
        " --record {output.record} > {log} 2>&1"
