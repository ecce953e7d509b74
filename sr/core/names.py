"""Names of models in params.yaml: one namespace for all methods, because each names files of its own.

Needs only the standard library, because the paths of results use it, too.
"""

from collections.abc import Iterator, Mapping

BICUBIC = "bicubic"  # the baseline, beside the models
RELEASED = "_released"  # ends the names of the authors' weights in data/sources.yaml
COUNTED = ("operations_", "reference_")  # begin the names of files of counts that are no model's


def mistakes(variants: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Yield, with its key in front, each name in ``variants``, by method, that names something else already."""
    owners = dict.fromkeys(variants, "a method") | {BICUBIC: "the baseline"}
    for method, names in variants.items():
        for name in names:
            where = f"{method}.variants.{name}"
            if name in owners:
                yield f"{where}: {name} is {owners[name]} already. Choose another name"
            if name.endswith(RELEASED):
                yield f"{where}: such names are reserved for the authors' weights. Choose another"
            if name.startswith(COUNTED):
                yield f"{where}: such names are reserved for tables of counts. Choose another"
            owners[name] = f"a variant of {method}"
