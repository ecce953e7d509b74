# The order of architectures by a supernet's weights, to compare with their order after retraining.

RANKED = ranked(MODELS)
RANKINGS = [f"results/rank/{model}.json" for model in RANKED]


rule rank:
    input:
        supernet="results/supernet/{model}.safetensors",
        genotypes=lambda wc: [genotype_file(MODELS, name) for name in RANKED[wc.model]],
        pairs=lambda wc: packed(MODELS[wc.model].train, 2),
    output:
        ranking="results/rank/{model}.json",
        record="results/records/rank/{model}.json",
    log:
        "results/logs/rank/{model}.log",
    wildcard_constraints:
        model="|".join(RANKED) or "no_model",
    group:
        "measure"
    threads: 1
    params:
        depends=lambda wc: fingerprint("rank", model=wc.model, keys=["train", "network", "search"]),
        networks=lambda wc: [f"{name}={genotype_file(MODELS, name)}" for name in RANKED[wc.model]],
        data=lambda wc: folders(MODELS[wc.model].train),
    shell:
        "python -m sr rank --params params.yaml --model {wildcards.model} --weights {input.supernet}"
        " --networks {params.networks} --data {params.data} --threads {threads} --out {output.ranking}"
        " --record {output.record} > {log} 2>&1"
