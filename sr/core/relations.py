"""What no type says about a model of params.yaml: relations between keys, and with the genotype that it is given."""

from collections.abc import Iterator, Mapping

from sr.core.files import SHARE, read_json
from sr.core.genotype_files import given_genotype
from sr.core.model import Model
from sr.core.repeats import is_repeat

NO_PARTS = {"format", "method", "origin", "evidence"}  # keys of every genotype file that no network needs


def contradictions(model: Model, resolved: Mapping[str, Model], tested: list[str]) -> Iterator[str]:
    """Yield what no type says about one model: relations between keys."""
    search = model.search
    if search.warmup_steps >= search.steps:
        yield f"search.warmup_steps: {search.warmup_steps} must be below steps ({search.steps})"
    yield from _unsourced(model, resolved)
    # Repetitions differ from what they repeat in nothing else.
    if is_repeat(model.name):
        return
    batch, devices = model.retrain.batch, model.retrain.devices
    if batch % devices:
        yield f"retrain.devices: {devices} does not divide retrain.batch ({batch}). Give each the same share of patches"
    if model.retrain.genotype in ("published", "fitted"):
        yield from _unfit(model)
    yield from _unlike(model, resolved)
    selected = model.retrain.selection_set
    both = sorted(set(model.train) & {*tested, *([selected] if selected else [])})
    if both:
        yield f"train: {both[0]} is also a test set. Test on images that were not trained on"


def _unsourced(model: Model, resolved: Mapping[str, Model]) -> Iterator[str]:
    """Yield that no job makes the genotype which a model takes from another."""
    source = resolved.get(model.genotype_of)
    if source is None or source.method != model.method:
        yield f"genotype_of: {model.genotype_of!r} is not a model of {model.method}"
    elif source.genotype_of != source.name:
        yield f"genotype_of: {source.name!r} has no search of its own. Name {source.genotype_of!r}"
    elif source is not model and model.retrain.genotype == "searched":
        if not (source.searches or source.composed):
            yield f"genotype_of: the genotype of {source.name!r} is {source.retrain.genotype}. Name a searched one"
        if not model.genotype:
            yield from _other_sizes(model, source)


def _other_sizes(model: Model, source: Model) -> Iterator[str]:
    """Yield the sizes by which a model does not fit the genotype that it has from another's search."""
    sizes = getattr(model.network, "genotype_sizes", None)
    for key in sizes() if sizes else ():
        size, searched = getattr(model.network, key), getattr(source.network, key)
        if size != searched:
            reason = f"{size}, but the search of {source.name}, whose genotype it takes, has {searched}"
            yield f"network.{key}: {reason}. Give both the same, or let it search for itself"


def _unfit(model: Model) -> Iterator[str]:
    """Yield that a given genotype is missing, is not what the key says, or is for a network of other sizes."""
    file = given_genotype(model.name, model.method)
    if not (SHARE / file).is_file():
        yield f"retrain.genotype: {file}: no such file. Add it, or set the key to searched"
        return
    genotype = read_json(SHARE / file)
    if not isinstance(genotype, dict):
        yield f"retrain.genotype: {file} is no genotype. Restore it"
        return
    origin = genotype.get("origin")
    # One without an origin may be either.
    known = {None: model.retrain.genotype, "fitted": "fitted"}.get(origin, "published")
    if known != model.retrain.genotype:
        yield f"retrain.genotype: {file} is {origin}, not {model.retrain.genotype}. Set the key to {known}"
    mismatch = getattr(model.network, "mismatch", lambda _: "")
    try:
        reason = mismatch({**genotype, **(model.genotype or {})})
    except TypeError:  # as for a number in place of a list
        reason = f"with the key genotype of {model.name} is no genotype" if model.genotype else "is no genotype"
    if reason:
        remedy = f"Add data/genotypes/{model.name}.json, or set the key to searched"
        yield f"retrain.genotype: {file} {reason}. {remedy}"


def _unlike(model: Model, resolved: Mapping[str, Model]) -> Iterator[str]:
    """Yield what is wrong with the random draws of a model."""
    if model.random and model.genotype_of != model.name:
        yield "genotype_of: a genotype that is drawn at random comes from no search. Leave the key out"
    for key in NO_PARTS & set(model.genotype or {}):
        yield f"genotype.{key}: is of the whole genotype, and no part to replace. Leave it out"
    if model.genotype and model.searches:
        yield "genotype: replaces parts of a genotype from elsewhere. Give genotype_of, or another retrain.genotype"
    if (model.retrain.genotype == "random") != (model.random is not None):
        yield "retrain.genotype: random and the section random of a variant need each other. Give both or neither"
    elif model.random and model.random.like is not None:
        like = resolved.get(model.random.like)
        # What is as large as a random genotype, or has one, might have it from this model.
        if like is None or like.method != model.method or resolved.get(like.genotype_of, like).random:
            yield f"random.like: {model.random.like!r} is no searched or given model of {model.method}"
    if model.random and model.random.by == "latency":
        yield from _unmeasured(model, resolved.get(model.random.like or ""))


def _unmeasured(model: Model, like: Model | None) -> Iterator[str]:
    """Yield what keeps a table of latencies from measuring a model's random draws."""
    if like is None or not like.searches or like.search.cost != "latency" or like.network != model.network:
        yield "random.by: latency needs random.like, a model of the same network whose search has the cost latency"
    elif model.genotype:
        yield "genotype: a table of latencies knows only what is drawn. Leave the key out, or choose another random.by"
