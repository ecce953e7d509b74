"""Names of models in params.yaml: one namespace for all methods, because each names files of its own.

Needs only the standard library, because the paths of results use it, too.
"""

from collections.abc import Iterable, Iterator, Mapping

BICUBIC = "bicubic"  # the baseline, beside the models
RELEASED = "_released"  # ends the names of the authors' weights in data/sources.yaml
COUNTED = ("operations_", "reference_")  # begin the names of files of counts that are no model's


PEERS = "data.peers"


def mistakes(variants: Mapping[str, Mapping[str, object]], peers: Iterable[str] = ()) -> Iterator[str]:
    """Yield, with its key in front, each name that names something else already, or that is reserved.

    ``variants`` are the names by method, ``peers`` those of other networks.
    """
    owners = dict.fromkeys(variants, "a method") | {BICUBIC: "the baseline"}
    groups = {f"{method}.variants": (f"a variant of {method}", names) for method, names in variants.items()}
    for section, (kind, names) in (groups | {PEERS: ("another network", peers)}).items():
        for name in names:
            where = f"{section}.{name}"
            if name in owners:
                yield f"{where}: {name} is {owners[name]} already. Choose another name"
            if name.endswith(RELEASED):
                yield f"{where}: such names are reserved for the authors' weights. Choose another"
            if name.startswith(COUNTED):
                yield f"{where}: such names are reserved for tables of counts. Choose another"
            owners[name] = kind


def taken(peers: Iterable[str], models: Iterable[str]) -> Iterator[str]:
    """Yield each of ``peers`` that is called like a model of the run, such as a repetition with another seed."""
    for name in sorted(set(peers) & set(models)):
        yield f"{PEERS}.{name}: {name} is a model of this run already. Choose another name"
