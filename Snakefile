# From images to the papers' tables: `snakemake --cores 1 all`.
# Rules say from what to what; `python -m sr <verb>` says how; params.yaml holds every number.
from snakemake.utils import min_version

min_version("9.27.1")


configfile: "params.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/retrain.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/count.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/page.smk"


rule all:
    default_target: True
    input:
        "results/report/index.html",
        REPORTS + RELEASED,


# The main tables and plots alone, without the ablations.
rule main:
    input:
        MAIN,


# The stages of dvc.yaml; searched_<method> and retrained_<method> stand with their rules.
# DVC asks for one of these; which jobs that takes, Snakemake alone decides.
rule data:
    input:
        [pairs(name, scale) for name in SETS for scale in SCALES],


rule evaluated:
    input:
        METRICS + RELEASED + COUNTS + OTHER_COUNTS,
