# Fetch or check a set, decode it once, degrade it at each scale.


# On a cluster it runs beside Snakemake: the other machines often have no network.
rule fetch:
    output:
        manifest="data/manifests/{name}.json",
        record="results/records/fetch/{name}.json",
    log:
        "results/logs/fetch/{name}.log",
    benchmark:
        "results/timing/fetch/{name}.tsv"
    localrule: True
    threads: 1
    params:
        depends=lambda wc: fingerprint("fetch", source=SOURCES[wc.name]),
    shell:
        "python -m sr fetch {wildcards.name} --params params.yaml --out {output.manifest}"
        " --record {output.record} 2>&1 | tee {log}"


rule pack:
    input:
        manifest="data/manifests/{name}.json",
    output:
        pixels="data/packed/{name}/hr.npy",
        index="data/packed/{name}/hr.json",
        record="results/records/pack/{name}.json",
    log:
        "results/logs/pack/{name}.log",
    benchmark:
        "results/timing/pack/{name}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("pack"),
    shell:
        "python -m sr pack --manifest {input.manifest} --params params.yaml --out {output.pixels}"
        " --record {output.record} 2>&1 | tee {log}"


rule degrade:
    input:
        pixels="data/packed/{name}/hr.npy",
        index="data/packed/{name}/hr.json",
    output:
        pixels="data/packed/{name}/x{scale}.npy",
        index="data/packed/{name}/x{scale}.json",
        record="results/records/degrade/{name}_x{scale}.json",
    log:
        "results/logs/degrade/{name}_x{scale}.log",
    benchmark:
        "results/timing/degrade/{name}_x{scale}.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("degrade"),
    shell:
        "python -m sr degrade --hr {input.pixels} --scale {wildcards.scale} --out {output.pixels}"
        " --record {output.record} 2>&1 | tee {log}"
