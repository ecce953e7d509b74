# PSNR and SSIM of every model and release on every test set; Params and Mult-Adds of every method.


rule evaluate:
    input:
        pairs=lambda wc: packed([wc.name], wc.scale),
        weights=evaluated_weights,
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
            "evaluate", "evaluate", model=None if wc.model == "bicubic" else wc.model.removesuffix(SUFFIX)
        ),
        who=who_is_measured,
    shell:
        "python -m sr evaluate {params.who}"
        " --data data/packed/{wildcards.name} --scale {wildcards.scale} --params params.yaml --threads {threads}"
        " --json {output.metrics} --record {output.record} 2>&1 | tee {log}"


# One job a method, because importing torch takes longer than counting; and one more for the variants that search for
# themselves, so that the main results do not wait for those.
GROUPS = {}
for name, model in MODELS.items():
    waits = model["genotype_of"] != model["method"] and model["retrain"]["genotype"] == "searched"
    GROUPS.setdefault(model["method"] + ("_variants" if waits else ""), []).append(name)

for group, names in GROUPS.items():

    rule:
        name:
            f"count_{group}"
        input:
            [genotype_file(name) for name in names],
        output:
            [f"results/complexity/{name}.json" for name in names],
            record=f"results/records/count/{group}.json",
        log:
            f"results/logs/count/{group}.log",
        benchmark:
            f"results/timing/count/{group}.tsv"
        threads: 1
        params:
            depends=lambda wc, names=names: fingerprint(
                "count",
                model=names[0],
                networks={name: [MODELS[name]["network"], MODELS[name]["scales"]] for name in names},
            ),
            genotypes=lambda wc, input, names=names: [f"{name}={genotype_file(name)}" for name in names],
            method=lambda wc, input, names=names: MODELS[names[0]]["method"],
        shell:
            # No f-string here: Snakemake evaluates it when the job runs, with the loop's last group.
            "python -m sr count --params params.yaml --method {params.method} --out results/complexity"
            " --genotypes {params.genotypes} --record {output.record} 2>&1 | tee {log}"
