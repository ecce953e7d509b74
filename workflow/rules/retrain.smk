# x2 from scratch; the other scales from its weights, all but the upsampler's.


rule retrain:
    input:
        pairs=lambda wc: packed(MODELS[wc.model].train, wc.scale),
        genotype=lambda wc: genotype_file(MODELS, wc.model),
        warm_start=warm_start_of,
        selection=lambda wc: packed(paths.selection_sets([MODELS[wc.model]]), wc.scale),
    output:
        weights="results/weights/{model}/x{scale}.safetensors",
        history="results/retrain/{model}/x{scale}.csv",
        record="results/records/retrain/{model}_x{scale}.json",
    log:
        "results/logs/retrain/{model}_x{scale}.log",
    threads: 1
    resources:
        gpu=retrain_gpus,
    params:
        depends=retrain_params,
        data=lambda wc, input: folders(MODELS[wc.model].train),
        start=lambda wc, input: (f"--warm-start {input.warm_start}" if input.warm_start else ""),
        select=lambda wc: " ".join(
            f"--select-on {folder}" for folder in folders(paths.selection_sets([MODELS[wc.model]]))
        ),
    shell:
        "python -m sr retrain --params params.yaml --model {wildcards.model} --genotype {input.genotype}"
        " --scale {wildcards.scale} --threads {threads}"
        " --data {params.data}"
        " {params.start} {params.select} --out {output.weights} --history {output.history} --state work --record {output.record} > {log} 2>&1"


for method in METHODS:

    rule:
        name:
            f"retrained_{method}"
        input:
            "data/inspection.json",
            [
                f"results/weights/{name}/x{scale}.safetensors"
                for name in models_of(method)
                for scale in MODELS[name].scales
            ],
