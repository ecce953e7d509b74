# PSNR and SSIM of every model on every test set; Params and Mult-Adds of every method.


rule evaluate:
    input:
        pairs=lambda wc: packed([wc.name], wc.scale),
        weights=lambda wc: ([] if wc.model == "bicubic" else f"results/weights/{wc.model}/x{wc.scale}.safetensors"),
    output:
        metrics="results/evaluate/{model}/x{scale}_{name}.json",
        record="results/records/evaluate/{model}_x{scale}_{name}.json",
    log:
        "results/logs/evaluate/{model}_x{scale}_{name}.log",
    benchmark:
        "results/timing/evaluate/{model}_x{scale}_{name}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("evaluate", "evaluate", model=None if wc.model == "bicubic" else wc.model),
        who=lambda wc, input: (f"--weights {input.weights} --model {wc.model}" if input.weights else "--bicubic"),
    shell:
        "python -m sr evaluate {params.who}"
        " --data data/packed/{wildcards.name} --scale {wildcards.scale} --params params.yaml --threads {threads}"
        " --json {output.metrics} --record {output.record} 2>&1 | tee {log}"


rule complexity:
    input:
        genotype=genotype_of,
    output:
        counts="results/complexity/{model}.json",
        record="results/records/complexity/{model}.json",
    log:
        "results/logs/complexity/{model}.log",
    benchmark:
        "results/timing/complexity/{model}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("complexity", model=wc.model, keys=["network", "scales"]),
        scales=lambda wc, input: sorted(MODELS[wc.model]["scales"]),
    shell:
        "python -m sr complexity --model {wildcards.model} --genotype {input.genotype} --params params.yaml"
        " --scale {params.scales}"
        " --json {output.counts} --record {output.record} 2>&1 | tee {log}"
