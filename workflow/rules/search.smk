# Search on x2, then read the genotype off the probabilities.


rule search:
    input:
        lambda wc: packed(MODELS[wc.model].train, 2),
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
    shell:
        "python -m sr search --params params.yaml --model {wildcards.model} --threads {threads}"
        " --data {params.data}"
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
    localrule: True
    threads: 1
    params:
        depends=lambda wc: fingerprint("genotype", model=wc.model, keys=["network"]),
    shell:
        "python -m sr genotype --params params.yaml --model {wildcards.model}"
        " --probabilities {input.probabilities} --out {output.genotype}"
        " --record {output.record} > {log} 2>&1"


for method in METHODS:

    rule:
        name:
            f"searched_{method}"
        input:
            "data/inspection.json",
            [f"results/genotype/{name}.json" for name in models_of(method, searching=True)],
