# Validation and input functions; no rules here.
import json
import sys

sys.path.insert(0, str(workflow.basedir))

from snakemake.exceptions import WorkflowError

from sr.code import code_digest
from sr.config import check
from sr.data.sources import identity
from sr.errors import UserError

try:
    check(config)
    SETS = list(dict.fromkeys(config["data"]["train"] + config["data"]["test"]))
    SOURCES = {
        name: identity(name, config["data"]["folders"].get(name)) for name in SETS
    }
except UserError as error:
    raise WorkflowError(str(error)) from None

METHODS, SCALES = config["methods"], sorted(config["scales"])
TRAIN, TEST = config["data"]["train"], config["data"]["test"]


wildcard_constraints:
    name="[A-Za-z][A-Za-z0-9_]*",
    method="|".join(METHODS),
    model="|".join(["bicubic", *METHODS]),
    scale="[234]",


def fingerprint(verb, *sections, methods=(), **facts):
    """Return what a rule depends on besides its files, as canonical JSON: the rule's one param.

    Snakemake compares params as an unordered set, so several would hide a swap; one string cannot.
    """
    values = {}
    for section in sections:
        value = config
        for key in section.split("."):
            value = value[key]
        values[section] = value
    modules = [f"sr.cli.{verb}", *(f"sr.methods.{name}" for name in methods)]
    return json.dumps(
        {**values, **facts, "code": code_digest(*modules)}, sort_keys=True
    )


def pairs(name, scale):
    """Return the packed LR images of a set; their HR images lie beside them."""
    return f"data/packed/{name}/x{scale}.npy"


def packed(names, scale):
    """Return all files of packed pairs, arrays and indices."""
    return [
        f"data/packed/{name}/{part}.{kind}"
        for name in names
        for part in ("hr", f"x{scale}")
        for kind in ("npy", "json")
    ]


def folders(names):
    """Return the folders of packed sets, as the verbs take them."""
    return [f"data/packed/{name}" for name in names]


def genotype_of(wildcards):
    """Return the genotype that a method's retraining uses."""
    searched = config[wildcards.method]["retrain"]["genotype"] == "searched"
    return (
        f"results/genotype/{wildcards.method}.json"
        if searched
        else f"data/genotypes/{wildcards.method}.json"
    )


def gpus(wildcards):
    """Return how many GPUs a training job asks for; the profile says how many there are."""
    return 0 if config["device"] == "cpu" else 1


METRICS = [
    f"results/evaluate/{model}/x{scale}_{name}.json"
    for model in ["bicubic", *METHODS]
    for scale in SCALES
    for name in TEST
]
COUNTS = [f"results/complexity/{method}.json" for method in METHODS]
