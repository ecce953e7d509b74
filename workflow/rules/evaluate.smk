# PSNR and SSIM of every model on every test set; Params and Mult-Adds of every method.


rule evaluate:
    input:
        pairs=lambda wc: packed([wc.name], wc.scale),
        weights=lambda wc: (
            []
            if wc.model == "bicubic"
            else f"results/weights/{wc.model}/x{wc.scale}.safetensors"
        ),
    output:
        metrics="results/evaluate/{model}/x{scale}_{name}.json",
        record="results/records/evaluate/{model}_x{scale}_{name}.json",
    log:
        "results/logs/evaluate/{model}_x{scale}_{name}.log",
    benchmark:
        "results/timing/evaluate/{model}_x{scale}_{name}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "evaluate", "evaluate", methods=[] if wc.model == "bicubic" else [wc.model]
        ),
        who=lambda wc, input: (
            f"--weights {input.weights}" if input.weights else "--bicubic"
        ),
    shell:
        "python -m sr evaluate {params.who}"
        " --data data/packed/{wildcards.name} --scale {wildcards.scale} --params params.yaml --threads {threads}"
        " --json {output.metrics} --record {output.record} 2>&1 | tee {log}"


rule complexity:
    input:
        genotype=genotype_of,
    output:
        counts="results/complexity/{method}.json",
        record="results/records/complexity/{method}.json",
    log:
        "results/logs/complexity/{method}.log",
    benchmark:
        "results/timing/complexity/{method}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "complexity", f"{wc.method}.network", "scales", methods=[wc.method]
        ),
    shell:
        "python -m sr complexity --method {wildcards.method} --genotype {input.genotype} --params params.yaml"
        f" --scale {' '.join(map(str, SCALES))}"
        " --json {output.counts} --record {output.record} 2>&1 | tee {log}"
