# The papers' plots, diagrams of the genotypes, and visual comparisons: panels are measured, then drawn as crops.


rule plot:
    input:
        metrics=lambda wc: [f for name in [paths.BICUBIC, wc.method] for f in paths.metrics(MODELS, TEST, name)]
        + PEER_METRICS,
        counts=lambda wc: [paths.counts(wc.method), *PEER_COUNTS],
        published="data/published.csv",
        recent="data/published_recent.csv",
        years="data/published_years.csv",
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
    wildcard_constraints:
        kind="params|mult_adds",
    group:
        "report"
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "plot", *BUDGET, wc.method, code=code_of([wc.method], "tables"), peers=shown_peers(PARAMS.data.peers)
        ),
    shell:
        "python -m sr plot --kind {wildcards.kind} --method {wildcards.method} --params params.yaml"
        " --published {input.published} --recent {input.recent} --years {input.years} --metrics {input.metrics} --complexity {input.counts}"
        " --out results/figures/{wildcards.method}_psnr_vs_{wildcards.kind}"
        " --record {output.record} > {log} 2>&1"


rule diagram:
    input:
        genotype=lambda wc: genotype_file(MODELS, wc.method),
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
    group:
        "report"
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "diagram", code=code_of([wc.method], "network") + code_of([wc.method], "diagram")
        ),
    shell:
        "python -m sr diagram --genotype {input.genotype} --out results/figures/{wildcards.method}_genotype"
        " --record {output.record} > {log} 2>&1"


rule panel:
    input:
        pairs=lambda wc: packed([wc.name], PANELS[wc.panel].scale),
        weights=lambda wc: list(panel_weights(wc).values()),
    output:
        panel="results/panels/{panel}_{name}.json",
        record="results/records/panel/{panel}_{name}.json",
    log:
        "results/logs/panel/{panel}_{name}.log",
    group:
        "measure"
    threads: 1
    params:
        depends=lambda wc: fingerprint("panel", "evaluate", model=PANELS[wc.panel].method),
        networks=lambda wc, input: [f"{label}={file}" for label, file in panel_weights(wc).items()],
        scale=lambda wc, input: PANELS[wc.panel].scale,
    shell:
        "python -m sr panel --params params.yaml --data data/packed/{wildcards.name} --scale {params.scale}"
        " --weights {params.networks} --threads {threads} --out {output.panel}"
        " --record {output.record} > {log} 2>&1"


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
    group:
        "report"
    threads: 1
    params:
        depends=lambda wc: fingerprint("crops", "preset"),
    shell:
        "python -m sr crops --params params.yaml --panel {input.panel}"
        " --out results/figures/{wildcards.panel}_{wildcards.name} --record {output.record} > {log} 2>&1"
