# The papers' tables and plots, the searched architecture, and the numbers for `dvc metrics`.


report: "../report/workflow.rst"


BUDGET = ["preset", "seed", "scales", "data.test", "evaluate"]


rule table:
    input:
        metrics=METRICS,
        counts=COUNTS,
        published="data/published.csv",
    output:
        multiext("results/tables/{method}_table2", ".csv", ".md", ".tex", ".html"),
        record="results/records/table/{method}_table2.json",
    log:
        "results/logs/table/{method}_table2.log",
    benchmark:
        "results/timing/table/{method}_table2.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("table", *BUDGET, wc.method),
    shell:
        "python -m sr table --name {wildcards.method}_table2 --params params.yaml --published {input.published}"
        " --metrics {input.metrics} --complexity {input.counts} --out results/tables/{wildcards.method}_table2"
        " --record {output.record} 2>&1 | tee {log}"


rule figure:
    input:
        metrics=METRICS,
        counts=COUNTS,
        published="data/published.csv",
    output:
        report(
            "results/figures/{method}_psnr_vs_{kind}.png",
            category="Figures",
            caption="../report/figure.rst",
            labels={"method": "{method}", "x axis": "{kind}"},
        ),
        "results/figures/{method}_psnr_vs_{kind}.svg",
        record="results/records/figure/{method}_psnr_vs_{kind}.json",
    log:
        "results/logs/figure/{method}_psnr_vs_{kind}.log",
    benchmark:
        "results/timing/figure/{method}_psnr_vs_{kind}.tsv"
    wildcard_constraints:
        kind="params|mult_adds",
    threads: 1
    params:
        depends=lambda wc: fingerprint("figure", *BUDGET, wc.method),
    shell:
        "python -m sr figure --kind {wildcards.kind} --method {wildcards.method} --params params.yaml"
        " --published {input.published} --metrics {input.metrics} --complexity {input.counts}"
        " --out results/figures/{wildcards.method}_psnr_vs_{wildcards.kind}"
        " --record {output.record} 2>&1 | tee {log}"


rule draw:
    input:
        genotype="results/genotype/{method}.json",
    output:
        multiext("results/figures/{method}_genotype", ".png", ".svg"),
        record="results/records/draw/{method}.json",
    log:
        "results/logs/draw/{method}.log",
    benchmark:
        "results/timing/draw/{method}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("draw"),
    shell:
        "python -m sr draw --genotype {input.genotype} --out results/figures/{wildcards.method}_genotype"
        " --record {output.record} 2>&1 | tee {log}"


rule summary:
    input:
        metrics=METRICS,
        counts=COUNTS,
    output:
        numbers="results/metrics.json",
        record="results/records/summary/metrics.json",
    log:
        "results/logs/summary/metrics.log",
    benchmark:
        "results/timing/summary/metrics.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("summary"),
    shell:
        "python -m sr summary --metrics {input.metrics} --complexity {input.counts} --out {output.numbers}"
        " --record {output.record} 2>&1 | tee {log}"


REPORTS = ["results/metrics.json"] + [
    f"results/{stem}"
    for method in METHODS
    for stem in (
        f"tables/{method}_table2.html",
        f"figures/{method}_psnr_vs_params.png",
        f"figures/{method}_psnr_vs_mult_adds.png",
        f"figures/{method}_genotype.png",
    )
]
