# What can be checked without training. Needs no data: what is absent is reported in the result.


# Local, because checkpoints of the authors are fetched if they are not at hand.
rule verify:
    input:
        lambda wc: VERIFY_INPUTS[wc.check],
    output:
        result="results/verify/{check}.json",
        record="results/records/verify/{check}.json",
    log:
        "results/logs/verify/{check}.log",
    localrule: True
    threads: 1
    params:
        depends=verify_params,
    shell:
        "python -m sr verify {wildcards.check} --params params.yaml --out {output.result}"
        " --record {output.record} > {log} 2>&1"
