# The page that reviewers read: the last job of a run, because it shows everything.
from glob import glob


def shown(wildcards):
    """Return what the page reads besides the reports: histories, genotypes, and how they were made."""
    histories = [f"results/search/{name}/history.csv" for name in SEARCHED]
    genotypes = [f"results/genotype/{name}.json" for name in SEARCHED]
    jobs = [(name, scale) for name, model in MODELS.items() for scale in model["scales"]]
    return {
        "reports": REPORTS + METRICS + RELEASED + COUNTS + OTHER_COUNTS,
        "searches": sorted(histories + genotypes),
        "curves": [f"results/retrain/{name}/x{scale}.csv" for name, scale in jobs],
        "records": sorted(f"results/records/search/{name}.json" for name in SEARCHED)
        + [f"results/records/retrain/{name}_x{scale}.json" for name, scale in jobs],
        "images": [f"results/compare/{panel}_{name}.json" for panel in PANELS for name in TEST],
        "data": [f"data/manifests/{name}.json" for name in SETS],
        "published": ["data/published.csv", "data/published_other.csv"],
        # The paper's own budget, to tell whether this run has it.
        "preset": "workflow/presets/paper.yaml",
        # Not Python, so that the digest of the code does not see them.
        "templates": sorted(glob("sr/report/templates/page/*")) + ["sr/report/templates/cells.html.j2"],
    }


rule page:
    input:
        unpack(shown),
    output:
        page=report(
            "results/report/index.html",
            category="Report",
            caption="../report/page.rst",
            labels={"page": "what holds"},
        ),
        record="results/records/page/index.json",
    log:
        "results/logs/page/index.log",
    benchmark:
        "results/timing/page/index.tsv"
    threads: 1
    params:
        depends=lambda wc: fingerprint("page", *BUDGET, "methods", *METHODS),
    shell:
        "python -m sr page --params params.yaml --out {output.page}" " --record {output.record} 2>&1 | tee {log}"
