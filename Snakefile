# From images to the papers' tables: `snakemake --cores 1 all`.
# Rules say from what to what; `python -m sr <verb>` says how; params.yaml holds every number.
from snakemake.utils import min_version

min_version("9.27.1")


for (
    part
) in "common targets inputs data search rank retrain evaluate count latency verify tables figures page console".split():

    include: f"workflow/rules/{part}.smk"


rule all:
    default_target: True
    input:
        "results/report/index.html",
        REPORTS + COMPARED + RANKINGS,


rule main:
    input:
        "data/inspection.json",
        MAIN,


# Targets of the stages of dvc.yaml, with searched_<method> and retrained_<method> of the rules search and retrain.
rule data:
    input:
        [pairs(name, scale) for name in SETS for scale in SCALES],
        "data/inspection.json",


rule evaluated:
    input:
        METRICS + COMPARED + COUNTS + VERIFIED,


# What can be checked without training.
rule verified:
    input:
        VERIFIED,
