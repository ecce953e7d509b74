# Validation of params.yaml, what the run consists of, and helpers of all rules; no rules here.
import json
import sys
from pathlib import Path

# Not workflow.basedir: that is another folder if workflow/Snakefile is called.
sys.path.insert(0, str(Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]))

from snakemake.exceptions import WorkflowError

from sr.core.digest import code_digest
from sr.core.config import load
from sr.core.genotype_files import alike, base_genotype, genotype_file, ranked
from sr.data.benchmarks import NAMES as BENCHMARKS
from sr.data.benchmarks import at_hand
from sr.data.dataset_id import dataset_id
from sr.data.peers import resolve as resolve_peers
from sr.data.releases import resolve
from sr.core.errors import UserError
from sr.core.method_folders import method_module
from sr.core.run_params import FrozenParams
from sr.report.run import paths
from sr.methods.papers import find as find_paper
from sr.methods.papers import of_run, panels

# Values from elsewhere would be in the records of Snakemake, but not in those of DVC and of the jobs.
if config:
    raise WorkflowError(
        f"--config, --configfile: {', '.join(map(str, config))}: not read. Edit params.yaml, which holds every number"
    )

try:
    PARAMS = load("params.yaml")
    MODELS = PARAMS.models
    RELEASES = resolve(PARAMS.data.releases, PARAMS.methods)
    PEERS = resolve_peers(PARAMS.data.peers)
    TEST = PARAMS.data.test
    SETS = list(
        dict.fromkeys(
            [name for model in MODELS.values() for name in model.train] + TEST + paths.selection_sets(MODELS.values())
        )
    )
    SOURCES = {name: dataset_id(name, PARAMS.data.folders.get(name)) for name in SETS}
except UserError as error:
    raise WorkflowError(str(error)) from None

FROZEN = FrozenParams(PARAMS.raw)
METHODS = PARAMS.methods
# Models whose genotype is the result of their own search.
SEARCHED = paths.searched(MODELS)
COMPOSED = [name for name, model in MODELS.items() if model.composed]
# Scales that some model, release or other network needs; 2 also for the search.
SCALES = sorted(
    {*paths.scales_of(MODELS), *(release.entry.scale for release in RELEASES.values())}.union(*PEERS.values())
)


# Only with `--sdm apptainer`; the Dockerfile says how to make it.
container: "sr-nas.sif"


wildcard_constraints:
    name="[A-Za-z][A-Za-z0-9_]*",
    method="|".join(METHODS),
    model="|".join([paths.BICUBIC, *MODELS, *RELEASES, *PEERS]),
    scale="[234]",
    release="|".join(RELEASES) or "no_release",
    peer="|".join(PEERS) or "no_peer",


def code_of(methods, part):
    """Return the modules ``part`` ("network", "tables", "diagram") of ``methods``, of those that have one."""
    return [module for method in methods if (module := method_module(method, part))]


def fingerprint(verb, *sections, model=None, keys=(), code=(), **facts):
    """Return all besides files that a rule depends on, as canonical JSON, which is its one param.

    It has ``sections`` of params.yaml, ``keys`` of a model, and the digest of the code: of the verb, of the model's
    method, and of the modules ``code``, which the verb imports by name.
    Snakemake compares params as an unordered set, so several would hide a swap; one string cannot.
    """
    values = {}
    for section in sections:
        value = PARAMS.raw
        for key in section.split("."):
            value = value[key]
        values[section] = value
    modules = [f"sr.cli.{verb}", *code]
    if model:
        values["model"] = MODELS[model].model_dump(include=set(keys))
        modules += code_of([MODELS[model].method], "network")
    return json.dumps({**values, **facts, "code": code_digest(*modules)}, sort_keys=True)


def pairs(name, scale):
    """Return the packed LR images of a set; their HR images are in the same folder."""
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


def models_of(method, searching=False):
    """Return the names of a method's models, or of those whose genotype is made in the run, by a search mostly."""
    own = [model for model in MODELS.values() if model.method == method]
    return [model.name for model in own if model.searches or model.composed or not searching]
