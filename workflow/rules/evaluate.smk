# The metrics of every model, release and other network on every test set.


rule evaluate:
    input:
        pairs=lambda wc: packed([wc.name], wc.scale),
        weights=evaluated_weights,
    output:
        metrics="results/evaluate/{model}/x{scale}_{name}.json",
        record="results/records/evaluate/{model}_x{scale}_{name}.json",
    log:
        "results/logs/evaluate/{model}_x{scale}_{name}.log",
    group:
        "measure"
    threads: 1
    params:
        depends=evaluate_params,
        network=network_options,
    shell:
        "python -m sr evaluate {params.network}"
        " --data data/packed/{wildcards.name} --scale {wildcards.scale} --params params.yaml --threads {threads}"
        " --json {output.metrics} --record {output.record} > {log} 2>&1"
