# Search on x2, then read the genotype off the probabilities.


# Milliseconds of each option, for searches with search.cost: latency.
rule cost:
    output:
        table="results/search/{model}/cost.json",
        record="results/records/cost/{model}.json",
    log:
        "results/logs/cost/{model}.log",
    wildcard_constraints:
        model="|".join({*TABULATED.values()}) or "no_model",
    group:
        "latency"
    # All cores of the run, so that no other job of it disturbs this one. The networks themselves take one thread.
    threads: workflow.resource_settings.cores or 1
    resources:
        gpu=gpus,
    params:
        depends=lambda wc: fingerprint("cost", model=wc.model, keys=["network"]),
    shell:
        "python -m sr cost --params params.yaml --model {wildcards.model} --json {output.table}"
        " --record {output.record} > {log} 2>&1"


rule search:
    input:
        lambda wc: packed(MODELS[wc.model].train, 2),
        cost=lambda wc: cost_table(wc.model),
    output:
        probabilities="results/search/{model}/probabilities.json",
        history="results/search/{model}/history.csv",
        supernet="results/supernet/{model}.safetensors",
        record="results/records/search/{model}.json",
    log:
        "results/logs/search/{model}.log",
    threads: 1
    resources:
        gpu=gpus,
    params:
        depends=lambda wc: fingerprint("search", model=wc.model, keys=["seed", "train", "network", "search"]),
        data=lambda wc, input: folders(MODELS[wc.model].train),
        cost=lambda wc, input: f"--cost {input.cost}" if input.cost else "",
    shell:
        "python -m sr search --params params.yaml --model {wildcards.model} --threads {threads}"
        " --data {params.data} {params.cost}"
        " --out {output.probabilities} --history {output.history} --weights {output.supernet}"
        " --state work --record {output.record} > {log} 2>&1"


# Two seconds of work: on a cluster not worth a submission.
rule genotype:
    input:
        probabilities="results/search/{model}/probabilities.json",
    output:
        genotype="results/genotype/{model}.json",
        record="results/records/genotype/{model}.json",
    log:
        "results/logs/genotype/{model}.log",
    wildcard_constraints:
        model="|".join(SEARCHED) or "no_model",
    localrule: True
    threads: 1
    params:
        depends=lambda wc: fingerprint("genotype", model=wc.model, keys=["network"]),
    shell:
        "python -m sr genotype --params params.yaml --model {wildcards.model}"
        " --probabilities {input.probabilities} --out {output.genotype}"
        " --record {output.record} > {log} 2>&1"


# A genotype that is drawn at random, or of which a variant replaces parts. First of all jobs, because what is wrong
# with it should be known before anything is trained.
rule compose:
    input:
        base=lambda wc: [] if MODELS[wc.model].random else base_genotype(MODELS[wc.model]),
        like=lambda wc: [genotype_file(MODELS, name) for name in alike(MODELS, wc.model)],
        cost=lambda wc: cost_of_draws(wc.model),
    output:
        genotype="results/genotype/{model}.json",
        record="results/records/genotype/{model}.json",
    log:
        "results/logs/genotype/{model}.log",
    wildcard_constraints:
        model="|".join(COMPOSED) or "no_model",
    priority: 100
    localrule: True
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "compose",
            model=wc.model,
            keys=["seed", "network", "genotype", "random"],
            like={name: MODELS[name].network.model_dump() for name in alike(MODELS, wc.model)},
        ),
        base=lambda wc, input: f"--base {input.base}" if input.base else "",
        like=lambda wc: " ".join(f"{name}={genotype_file(MODELS, name)}" for name in alike(MODELS, wc.model)),
        cost=lambda wc, input: f"--cost {input.cost}" if input.cost else "",
    shell:
        "python -m sr compose --params params.yaml --model {wildcards.model} {params.base} --like {params.like} {params.cost}"
        " --out {output.genotype} --record {output.record} > {log} 2>&1"


for method in METHODS:

    rule:
        name:
            f"searched_{method}"
        input:
            "data/inspection.json",
            [f"results/genotype/{name}.json" for name in models_of(method, searching=True)],
