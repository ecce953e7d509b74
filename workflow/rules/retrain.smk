# x2 from scratch; the other scales from its weights, all but the upsampler's.


def warm_start_of(wildcards):
    """Return the weights that a scale starts from."""
    return (
        []
        if wildcards.scale == "2"
        else f"results/weights/{wildcards.method}/x2.safetensors"
    )


def retrain_params(wildcards):
    """Return the fingerprint of one scale: another scale's steps or patch do not concern it."""
    section = dict(config[wildcards.method]["retrain"])
    for key in ("steps", "hr_patch"):
        section[key] = section[key][f"x{wildcards.scale}"]
    network = f"{wildcards.method}.network"
    return fingerprint(
        "retrain",
        "seed",
        "data.train",
        network,
        methods=[wildcards.method],
        retrain=section,
    )


rule retrain:
    input:
        pairs=lambda wc: packed(TRAIN, wc.scale),
        genotype=genotype_of,
        warm_start=warm_start_of,
    output:
        weights="results/weights/{method}/x{scale}.safetensors",
        history="results/retrain/{method}/x{scale}.csv",
        record="results/records/retrain/{method}_x{scale}.json",
    log:
        "results/logs/retrain/{method}_x{scale}.log",
    benchmark:
        "results/timing/retrain/{method}_x{scale}.tsv"
    threads: 1
    resources:
        gpu=gpus,
    params:
        depends=retrain_params,
        start=lambda wc, input: (
            f"--warm-start {input.warm_start}" if input.warm_start else ""
        ),
    shell:
        "python -m sr retrain --params params.yaml --method {wildcards.method} --genotype {input.genotype}"
        " --scale {wildcards.scale} --threads {threads}"
        f" --data {' '.join(folders(TRAIN))}"
        " {params.start} --out {output.weights} --history {output.history} --record {output.record} 2>&1 | tee {log}"
