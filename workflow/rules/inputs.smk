# Functions that give rules their inputs, params and resources; no rules here.
from glob import glob
from shlex import quote


def warm_start_of(wildcards):
    """Return the weights that a scale starts from, if the model is made at x2 at all."""
    warm = wildcards.scale != "2" and 2 in MODELS[wildcards.model].scales
    return f"results/weights/{wildcards.model}/x2.safetensors" if warm else []


# Models whose search limits the latency, and the first of them with the same network, whose table they share.
LATENT = {name: model for name, model in MODELS.items() if model.search.cost == "latency"}
TABULATED = {
    name: next(n for n, other in LATENT.items() if (other.method, other.network) == (model.method, model.network))
    for name, model in LATENT.items()
}


def cost_table(name):
    """Return the table of latencies that a search needs; mostly none."""
    return f"results/search/{TABULATED[name]}/cost.json" if name in TABULATED else []


def cost_of_draws(name):
    """Return the table of latencies by which random genotypes are as large as another model's; mostly none."""
    how = MODELS[name].random
    return cost_table(how.like) if how and how.by == "latency" else []


def inspected(model):
    """Return what an inspection of the run's sets depends on, of one model."""
    search, retrain = model.search, model.retrain
    return {
        "model": model.model_dump(include={"method", "train", "scales", "genotype", "network"}),
        "search": [search.validation_images, search.hr_patch] if model.searches else None,
        "retrain": [retrain.leave_out, retrain.hr_patch.model_dump(), retrain.selection_set],
    }


def retrain_params(wildcards):
    """Return the fingerprint of one scale: another scale's steps or patch do not concern it."""
    config = MODELS[wildcards.model].retrain
    section = config.model_dump()
    for key in ("steps", "hr_patch"):
        section[key] = section[key][f"x{wildcards.scale}"]
    return fingerprint(
        "retrain",
        model=wildcards.model,
        keys=["seed", "train", "network"],
        code=["sr.stages.selection"] if config.selection_set else [],
        retrain=section,
    )


def gpus(wildcards):
    """Return how many GPUs a search asks for; the profile says how many there are."""
    return 0 if PARAMS.device == "cpu" else 1


def retrain_gpus(wildcards):
    """Return how many GPUs a training asks for."""
    return gpus(wildcards) * MODELS[wildcards.model].retrain.devices


def method_of(name):
    """Return the method of a model or release; None for bicubic and other networks."""
    if name == paths.BICUBIC or name in PEERS:
        return None
    return RELEASES[name].entry.method if name in RELEASES else MODELS[name].method


def release_facts(name):
    """Return what data/sources.yaml says of a release's network, because the file's tensors do not; else None."""
    return RELEASES[name].entry.model_dump(include={"genotype", "sha256"}) if name in RELEASES else None


def evaluated_weights(wildcards):
    """Return the file of the network that is evaluated; none for bicubic."""
    return [] if wildcards.model == paths.BICUBIC else weights_of(wildcards.model, int(wildcards.scale))


def weights_of(model, scale):
    """Return a model's own weights, the authors' file (the user's copy or fetched), or another network's file."""
    if model in PEERS:
        return str(PEERS[model][scale].path)
    return str(RELEASES[model].file) if model in RELEASES else f"results/weights/{model}/x{scale}.safetensors"


def peer_facts(name):
    """Return what the results of another network depend on, by scale: the digest of its file, and how to feed it."""
    return {scale: network.facts() for scale, network in PEERS[name].items()}


def shown_peers(peers):
    """Return what tables and plots say of other networks: name and year."""
    return {name: [peer.title(name), peer.year] for name, peer in peers.items()}


def evaluate_params(wildcards):
    """Return the fingerprint of one evaluation."""
    name = wildcards.model
    other = {"peer": peer_facts(name)[int(wildcards.scale)]} if name in PEERS else {}
    return fingerprint("evaluate", "evaluate", model=method_of(name), release=release_facts(name), **other)


def network_options(wildcards, input):
    """Return the options that name the network; the path of another author's file is the user's, so it is quoted."""
    if wildcards.model in PEERS:
        words = PEERS[wildcards.model][int(wildcards.scale)].options()
        return f"{' '.join(map(quote, words))} --model {wildcards.model}"
    return f"--weights {quote(str(input.weights))} --model {wildcards.model}" if input.weights else "--bicubic"


def counts_every_model(method):
    """Return whether a table of this run has reference counts of every model of a method, not only of the main one."""
    return any(table.kind == "reference" and table.method == method for table in TABLES.values())


def verify_params(wildcards):
    """Return the fingerprint of a check: its own code, and which sets and checkpoints are at hand, wherever they are."""
    parts = [module for part in VERIFY_CODE.get(wildcards.check, []) for module in code_of(METHODS, part)]
    facts = {"methods": METHODS}
    if wildcards.check in ("degradation", "released"):
        sets = {name: at_hand(name, PARAMS.data.folders) for name in BENCHMARKS}
        facts = {
            "sets": {name: [s for s in (2, 3, 4) if entry.lr_folder(s)] for name, entry in sets.items() if entry},
            "releases": sorted(RELEASES),
        }
    code = [f"sr.stages.verify.{wildcards.check}", *parts]
    return fingerprint("verify", *(["evaluate"] if wildcards.check == "released" else []), code=code, **facts)


def table_inputs(wildcards):
    """Return the files that a table is made of, by the option of the verb that takes them, and its templates."""
    table = TABLES[wildcards.table]
    templates = [f"sr/report/tables/templates/{name}" for name in ("table.html.j2", "table.css", "cells.html.j2")]
    if table.kind == "timings":
        networks = TIMED + [(name, scale) for name in PEERS for scale in PEERS[name]]
        files = paths.of_timings(networks, [*METHODS, *PEERS], TEST[0])
    else:
        files = {"published": table.published, **paths.of_table(table, MODELS, TEST)}
    return {**files, "templates": templates}


def table_options(table, input):
    """Return a table's inputs as options of the verb; an empty one says that this run has none of the kind."""
    files = {key: input.get(key, []) for key in (["published"] if table.published else []) + [*table.inputs]}
    return " ".join(f"--{key} {' '.join([names] if isinstance(names, str) else names)}" for key, names in files.items())


def panel_weights(wildcards):
    """Return {label: weights} of a panel: the models of the paper's figure that this run has at the scale."""
    panel = PANELS[wildcards.panel]
    return {
        label: f"results/weights/{name}/x{panel.scale}.safetensors"
        for label, name in panel.own.items()
        if name in MODELS and panel.scale in MODELS[name].scales
    }


def page_inputs(wildcards):
    """Return what the page reads besides the reports: histories, genotypes, and how they were made."""
    histories = [f"results/search/{name}/history.csv" for name in SEARCHED]
    genotypes = [f"results/genotype/{name}.json" for name in SEARCHED]
    jobs = [(name, scale) for name, model in MODELS.items() for scale in model.scales]
    return {
        "tables": [f"results/tables/{name}.{kind}" for name in TABLES for kind in ("json", "tex", "md", "csv")],
        "reports": REPORTS + METRICS + COMPARED + COUNTS + RANKINGS + ["results/latency.json"],
        "searches": sorted(histories + genotypes),
        "curves": [f"results/retrain/{name}/x{scale}.csv" for name, scale in jobs],
        "records": sorted(f"results/records/search/{name}.json" for name in SEARCHED)
        + [f"results/records/retrain/{name}_x{scale}.json" for name, scale in jobs],
        "verified": VERIFIED,
        "panels": [f"results/panels/{panel}_{name}.json" for panel in PANELS for name in TEST],
        "data": [f"data/manifests/{name}.json" for name in SETS] + ["data/inspection.json"],
        "published": sorted(glob("data/published*.csv")) + ["data/claims.yaml"],
        # The paper's own budget, to tell whether this run has it.
        "preset": "workflow/presets/paper.yaml",
        # Not Python, so that the digest of the code does not see them.
        "templates": sorted(glob("sr/report/page/templates/*")) + ["sr/report/tables/templates/cells.html.j2"],
    }
