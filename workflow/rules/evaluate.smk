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


# One job a method, because importing torch takes longer than counting.
for method in METHODS:

    rule:
        name:
            f"count_{method}"
        input:
            [genotype_file(name) for name in models_of(method)],
        output:
            [f"results/complexity/{name}.json" for name in models_of(method)],
            record=f"results/records/count/{method}.json",
        log:
            f"results/logs/count/{method}.log",
        benchmark:
            f"results/timing/count/{method}.tsv"
        threads: 1
        params:
            depends=lambda wc, method=method: fingerprint(
                "count",
                model=method,
                networks={name: [MODELS[name]["network"], MODELS[name]["scales"]] for name in models_of(method)},
            ),
            genotypes=lambda wc, input, method=method: [f"{name}={genotype_file(name)}" for name in models_of(method)],
            method=lambda wc, input, method=method: method,
        shell:
            # No f-string here: Snakemake evaluates it when the job runs, with the loop's last method.
            "python -m sr count --params params.yaml --method {params.method} --out results/complexity"
            " --genotypes {params.genotypes} --record {output.record} 2>&1 | tee {log}"
