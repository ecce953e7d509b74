# Every list of results that a run makes; no rules here.


from dataclasses import replace
from glob import glob

from sr.methods.spec import TIMINGS


report: "../report/workflow.rst"


# Printed with every result, so an edit repeats each table and plot.
BUDGET = ["preset", "seed", "scales", "data.test", "evaluate"]

METRICS = [file for name in [paths.BICUBIC, *MODELS] for file in paths.metrics(MODELS, TEST, name)]
# The authors' own weights, where the user has them: shown for comparison, and part of no table.
RELEASED = [
    f"results/evaluate/{name}/x{release.entry.scale}_{test}.json" for name, release in RELEASES.items() for test in TEST
]
# Other networks, measured beside ours.
PEER_METRICS = [file for name in PEERS for file in paths.metrics(PEERS, TEST, name, PEERS[name])]
PEER_COUNTS = [paths.counts(name) for name in PEERS]
COMPARED = RELEASED + PEER_METRICS

TABLES = {**of_run(METHODS, MODELS, PARAMS.data.peers), TIMINGS.name: replace(TIMINGS, peers=PARAMS.data.peers)}
COUNTS = (
    [paths.counts(name) for name in MODELS]
    + PEER_COUNTS
    + [paths.table_counts(table) for table in TABLES.values() if "counts" in table.inputs]
    + [paths.reference_counts(method) for method in paths.with_reference(METHODS)]
)


def has_network(panel):
    """Return whether the run has a network for a panel; one of variants needs a variant."""
    present = [name for name in panel.own.values() if name in MODELS and panel.scale in MODELS[name].scales]
    return any(panel.main or name not in METHODS for name in present)


PANELS = {name: panel for name, panel in panels(METHODS).items() if has_network(panel)}
PLOTS = [
    f"results/figures/{method}_psnr_vs_{kind}.png"
    for method in METHODS
    if find_paper(method).figure
    for kind in ("params", "mult_adds")
]

# The main tables and plots, without the ablations.
MAIN = (
    [f"results/tables/{name}.html" for name, table in TABLES.items() if table.main]
    + PLOTS
    + [f"results/figures/{method}_genotype.png" for method in METHODS]
)
REPORTS = (
    MAIN
    + ["results/metrics.json", "results/report/tables.tex"]
    + [f"results/tables/{name}.html" for name in TABLES]
    + [f"results/figures/{panel}_{test}.png" for panel in PANELS for test in TEST]
)


# Checks without training: the files of each, and the modules of the methods that it imports by name.
VERIFY_INPUTS = {
    "degradation": [],
    "released": ["data/sources.yaml"],
    "prints": ["data/published.csv"],
    "counts": [
        "data/published.csv",
        "data/sources.yaml",
        "workflow/presets/paper.yaml",
        *sorted(glob("data/genotypes/*")),
    ],
}
VERIFY_CODE = {"released": ["network"], "prints": ["statements"], "counts": ["network", "identify", "tables"]}
VERIFIED = [f"results/verify/{check}.json" for check in VERIFY_INPUTS]


wildcard_constraints:
    check="|".join(VERIFY_INPUTS),
    table="|".join(TABLES),
    panel="|".join(PANELS) or "no_panel",
