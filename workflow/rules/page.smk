# The page that reviewers read, and the last job of a run, because it shows everything.


rule page:
    input:
        unpack(page_inputs),
    output:
        page=report(
            "results/report/index.html",
            category="Report",
            caption="../report/page.rst",
            labels={"page": "what holds"},
        ),
        summary="results/report/summary.txt",
        claims="results/claims.json",
        document="results/report/reproducibility.md",
        scrutiny="results/scrutiny.json",
        record="results/records/page/index.json",
    log:
        "results/logs/page/index.log",
    group:
        "report"
    threads: 1
    params:
        depends=lambda wc: fingerprint("page", *BUDGET, "methods", *METHODS, code=code_of(METHODS, "tables")),
    shell:
        "python -m sr page --params params.yaml --out {output.page} --summary {output.summary}"
        " --claims {output.claims} --document {output.document} --scrutiny {output.scrutiny}"
        " --record {output.record} > {log} 2>&1"
