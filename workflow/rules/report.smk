# The papers' tables and plots, the searched architectures, visual comparisons, and the numbers for `dvc metrics`.


report: "../report/workflow.rst"


BUDGET = ["preset", "seed", "scales", "data.test", "evaluate"]
TABLES = of_run(METHODS, MODELS)
# A panel without a network is left out.
PANELS = {
    name: panel
    for name, panel in panels(METHODS).items()
    if any(
        m in MODELS and panel.scale in MODELS[m].scales and (panel.main or m not in METHODS) for m in panel.own.values()
    )
}

OTHER_COUNTS = [inputs.table_counts(table) for table in TABLES.values() if "counts" in table.inputs]
OTHER_COUNTS += [inputs.reference_counts(method) for method in inputs.with_reference(METHODS)]


rule table:
    input:
        unpack(table_inputs),
    output:
        report(
            "results/tables/{table}.html",
            category="Tables",
            caption="../report/table.rst",
            labels={"table": "{table}"},
        ),
        multiext("results/tables/{table}", ".json", ".csv", ".md", ".tex"),
        record="results/records/table/{table}.json",
    log:
        "results/logs/table/{table}.log",
    benchmark:
        "results/timing/table/{table}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "table", *BUDGET, TABLES[wc.table].method, code=code_of([TABLES[wc.table].method], "tables")
        ),
        options=lambda wc, input: options(TABLES[wc.table], input),
    shell:
        "python -m sr table --name {wildcards.table} --params params.yaml {params.options}"
        " --out results/tables/{wildcards.table} --record {output.record} 2>&1 | tee {log}"


# All tables as one document that LaTeX builds by itself.
rule latex:
    input:
        [f"results/tables/{name}.tex" for name in TABLES],
    output:
        document="results/report/tables.tex",
        record="results/records/latex/tables.json",
    log:
        "results/logs/latex/tables.log",
    benchmark:
        "results/timing/latex/tables.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("latex", "preset"),
    shell:
        "python -m sr latex --params params.yaml --tables {input} --out {output.document}"
        " --record {output.record} 2>&1 | tee {log}"


rule plot:
    input:
        metrics=lambda wc: [f for name in ["bicubic", wc.method] for f in inputs.metrics(MODELS, TEST, name)],
        counts="results/counts/{method}.json",
        published="data/published.csv",
    output:
        report(
            "results/figures/{method}_psnr_vs_{kind}.png",
            category="Figures",
            caption="../report/figure.rst",
            labels={"method": "{method}", "x axis": "{kind}"},
        ),
        multiext("results/figures/{method}_psnr_vs_{kind}", ".svg", ".pdf"),
        record="results/records/plot/{method}_psnr_vs_{kind}.json",
    log:
        "results/logs/plot/{method}_psnr_vs_{kind}.log",
    benchmark:
        "results/timing/plot/{method}_psnr_vs_{kind}.tsv"
    wildcard_constraints:
        kind="params|mult_adds",
    threads: 1
    params:
        depends=lambda wc: fingerprint("plot", *BUDGET, wc.method, code=code_of([wc.method], "tables")),
    shell:
        "python -m sr plot --kind {wildcards.kind} --method {wildcards.method} --params params.yaml"
        " --published {input.published} --metrics {input.metrics} --complexity {input.counts}"
        " --out results/figures/{wildcards.method}_psnr_vs_{wildcards.kind}"
        " --record {output.record} 2>&1 | tee {log}"


rule diagram:
    input:
        genotype=lambda wc: genotype_file(wc.method),
    output:
        report(
            "results/figures/{method}_genotype.png",
            category="Searched networks",
            caption="../report/genotype.rst",
            labels={"method": "{method}"},
        ),
        multiext("results/figures/{method}_genotype", ".svg", ".pdf"),
        record="results/records/diagram/{method}.json",
    log:
        "results/logs/diagram/{method}.log",
    benchmark:
        "results/timing/diagram/{method}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "diagram", code=code_of([wc.method], "network") + code_of([wc.method], "diagram")
        ),
    shell:
        "python -m sr diagram --genotype {input.genotype} --out results/figures/{wildcards.method}_genotype"
        " --record {output.record} 2>&1 | tee {log}"


rule panel:
    input:
        pairs=lambda wc: packed([wc.name], PANELS[wc.panel].scale),
        weights=lambda wc: list(compared(wc).values()),
    output:
        panel="results/panels/{panel}_{name}.json",
        record="results/records/panel/{panel}_{name}.json",
    log:
        "results/logs/panel/{panel}_{name}.log",
    benchmark:
        "results/timing/panel/{panel}_{name}.tsv"
    wildcard_constraints:
        panel="[a-z]+_visual_[a-z0-9]+",
    threads: 1
    params:
        depends=lambda wc: fingerprint("panel", "evaluate", model=PANELS[wc.panel].method),
        networks=lambda wc, input: [f"{label}={file}" for label, file in compared(wc).items()],
        scale=lambda wc, input: PANELS[wc.panel].scale,
    shell:
        "python -m sr panel --params params.yaml --data data/packed/{wildcards.name} --scale {params.scale}"
        " --weights {params.networks} --threads {threads} --out {output.panel}"
        " --record {output.record} 2>&1 | tee {log}"


rule crops:
    input:
        panel="results/panels/{panel}_{name}.json",
    output:
        report(
            "results/figures/{panel}_{name}.png",
            category="Visual comparisons",
            caption="../report/panel.rst",
            labels={"panel": "{panel}", "test set": "{name}"},
        ),
        multiext("results/figures/{panel}_{name}", ".svg", ".pdf"),
        record="results/records/crops/{panel}_{name}.json",
    log:
        "results/logs/crops/{panel}_{name}.log",
    benchmark:
        "results/timing/crops/{panel}_{name}.tsv"
    wildcard_constraints:
        panel="[a-z]+_visual_[a-z0-9]+",
    threads: 1
    params:
        depends=lambda wc: fingerprint("crops", "preset"),
    shell:
        "python -m sr crops --params params.yaml --panel {input.panel}"
        " --out results/figures/{wildcards.panel}_{wildcards.name} --record {output.record} 2>&1 | tee {log}"


rule metrics:
    input:
        metrics=METRICS + RELEASED,
        counts=COUNTS,
    output:
        numbers="results/metrics.json",
        record="results/records/metrics/metrics.json",
    log:
        "results/logs/metrics/metrics.log",
    benchmark:
        "results/timing/metrics/metrics.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("metrics"),
    shell:
        "python -m sr metrics --metrics {input.metrics} --complexity {input.counts} --out {output.numbers}"
        " --record {output.record} 2>&1 | tee {log}"


FIGURES = [
    f"results/figures/{method}_psnr_vs_{kind}.png"
    for method in METHODS
    if find_paper(method).figure
    for kind in ("params", "mult_adds")
]
MAIN = (
    [f"results/tables/{name}.html" for name, table in TABLES.items() if table.main]
    + FIGURES
    + [f"results/figures/{method}_genotype.png" for method in METHODS]
)
REPORTS = (
    MAIN
    + ["results/metrics.json", "results/report/tables.tex"]
    + [f"results/tables/{name}.html" for name in TABLES]
    + [f"results/figures/{panel}_{name}.png" for panel in PANELS for name in TEST]
)
