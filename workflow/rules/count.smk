# Params and Mult-Adds of every model, of the candidate operations, and of the papers' models at the papers' sizes.


# One job a method, because importing torch takes longer than counting; and one more for the variants that have a search
# of their own, so that the main results do not wait for those.
COUNTED = {}
for name, model in MODELS.items():
    waits = genotype_file(MODELS, name) != genotype_file(MODELS, model.method) and not base_genotype(model).startswith(
        "data/"
    )
    COUNTED.setdefault(model.method + ("_variants" if waits else ""), []).append(name)

for group, names in COUNTED.items():

    rule:
        name:
            f"count_{group}"
        input:
            [genotype_file(MODELS, name) for name in names],
        output:
            [paths.counts(name) for name in names],
            record=f"results/records/count/{group}.json",
        log:
            f"results/logs/count/{group}.log",
        group:
            "measure"
        threads: 1
        params:
            depends=lambda wc, names=names: fingerprint(
                "count",
                model=names[0],
                networks={name: MODELS[name].model_dump(include={"network", "scales"}) for name in names},
            ),
            networks=lambda wc, input, names=names: [f"{name}={genotype_file(MODELS, name)}" for name in names],
        shell:
            # No f-string here: Snakemake evaluates it when the job runs, with the loop's last group.
            "python -m sr count --networks {params.networks} --params params.yaml --out results/counts"
            " --record {output.record} > {log} 2>&1"


rule count_operations:
    output:
        counts="results/counts/operations_{method}.json",
        record="results/records/count/operations_{method}.json",
    log:
        "results/logs/count/operations_{method}.log",
    group:
        "measure"
    threads: 1
    params:
        depends=lambda wc: fingerprint("count", model=wc.method),
    shell:
        "python -m sr count --operations {wildcards.method} --channels 50 --out results/counts"
        " --record {output.record} > {log} 2>&1"


rule count_reference:
    input:
        params="workflow/presets/paper.yaml",
        genotype="data/genotypes/{method}.json",
    output:
        counts="results/counts/reference_{method}.json",
        record="results/records/count/reference_{method}.json",
    log:
        "results/logs/count/reference_{method}.log",
    group:
        "measure"
    threads: 1
    params:
        depends=lambda wc: fingerprint("count", model=wc.method, all=counts_every_model(wc.method)),
        # Only a method with a table of these counts needs all its models, whose networks then fit the one genotype.
        models=lambda wc, input: "" if counts_every_model(wc.method) else f"--models {wc.method}",
    shell:
        "python -m sr count --reference {wildcards.method}={input.genotype} --params {input.params} {params.models}"
        " --out results/counts --record {output.record} > {log} 2>&1"


# Another network, by the graphs of its ONNX files or the layers that spandrel makes.
rule count_peer:
    input:
        lambda wc: [str(network.path) for network in PEERS[wc.peer].values()],
    output:
        counts="results/counts/{peer}.json",
        record="results/records/count/peer_{peer}.json",
    log:
        "results/logs/count/peer_{peer}.log",
    group:
        "measure"
    threads: 1
    params:
        depends=lambda wc: fingerprint("count", peer=peer_facts(wc.peer)),
    shell:
        "python -m sr count --peers {wildcards.peer} --params params.yaml --out results/counts"
        " --record {output.record} > {log} 2>&1"
