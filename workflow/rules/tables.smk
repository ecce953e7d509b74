# The papers' tables, all of them as one LaTeX document, and the numbers for `dvc metrics`.


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
    group:
        "report"
    threads: 1
    params:
        depends=lambda wc: fingerprint(
            "table",
            *BUDGET,
            *TABLES[wc.table].methods,
            code=code_of(TABLES[wc.table].methods, "tables"),
            peers=shown_peers(TABLES[wc.table].peers),
        ),
        options=lambda wc, input: table_options(TABLES[wc.table], input),
    shell:
        "python -m sr table --name {wildcards.table} --params params.yaml {params.options}"
        " --out results/tables/{wildcards.table} --record {output.record} > {log} 2>&1"


# All tables as one document that LaTeX builds by itself.
rule latex:
    input:
        [f"results/tables/{name}.tex" for name in TABLES],
    output:
        document="results/report/tables.tex",
        record="results/records/latex/tables.json",
    log:
        "results/logs/latex/tables.log",
    group:
        "report"
    threads: 1
    params:
        depends=lambda wc: fingerprint("latex", "preset"),
    shell:
        "python -m sr latex --params params.yaml --tables {input} --out {output.document}"
        " --record {output.record} > {log} 2>&1"


rule metrics:
    input:
        metrics=METRICS + COMPARED,
        counts=[paths.counts(name) for name in MODELS] + PEER_COUNTS,
    output:
        numbers="results/metrics.json",
        rows=directory("results/metrics"),
        record="results/records/metrics/metrics.json",
    log:
        "results/logs/metrics/metrics.log",
    group:
        "report"
    threads: 1
    params:
        depends=lambda wc: fingerprint("metrics"),
    shell:
        "python -m sr metrics --metrics {input.metrics} --complexity {input.counts} --out {output.numbers}"
        " --rows {output.rows}"
        " --record {output.record} > {log} 2>&1"
