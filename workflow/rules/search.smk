# Search on x2, then read the genotype off the probabilities.


rule search:
    input:
        packed(TRAIN, 2),
    output:
        probabilities="results/search/{method}/probabilities.json",
        history="results/search/{method}/history.csv",
        supernet="results/supernet/{method}.safetensors",
        record="results/records/search/{method}.json",
    log:
        "results/logs/search/{method}.log",
    benchmark:
        "results/timing/search/{method}.tsv"
    threads: 1
    resources:
        gpu=gpus,
    params:
        depends=lambda wc: fingerprint(
            "search",
            "seed",
            "data.train",
            f"{wc.method}.network",
            f"{wc.method}.search",
            methods=[wc.method],
        ),
    shell:
        "python -m sr search --params params.yaml --method {wildcards.method} --threads {threads}"
        f" --data {' '.join(folders(TRAIN))}"
        " --out {output.probabilities} --history {output.history} --weights {output.supernet}"
        " --record {output.record} 2>&1 | tee {log}"


rule genotype:
    input:
        probabilities="results/search/{method}/probabilities.json",
    output:
        genotype="results/genotype/{method}.json",
        record="results/records/genotype/{method}.json",
    log:
        "results/logs/genotype/{method}.log",
    benchmark:
        "results/timing/genotype/{method}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "genotype", f"{wc.method}.network", methods=[wc.method]
        ),
    shell:
        "python -m sr genotype --params params.yaml --method {wildcards.method}"
        " --probabilities {input.probabilities} --out {output.genotype}"
        " --record {output.record} 2>&1 | tee {log}"
