"""Genotypes as JSON: read, check against the method's schema, write.

A genotype says which operation and which connections the derived network has. It is data, parsed and
checked, never evaluated. Keys that the network needs are checked; ``evidence`` (probabilities and
margins of the search) may stand beside them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sr.core.errors import UserError
from sr.core.files import read_json
from sr.core.schema import first_error

Genotype = dict[str, Any]


def read_genotype(path: str | Path, schema: Mapping[str, Any]) -> Genotype:
    """Return the genotype in ``path``; raise UserError naming the file, the place and what is allowed."""
    return check_genotype(read_json(path), schema, str(path))


def check_genotype(genotype: Any, schema: Mapping[str, Any], source: str) -> Genotype:
    """Return ``genotype`` if it fits ``schema``; raise UserError otherwise."""
    error = first_error(genotype, schema)
    if error is None:
        return genotype
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path).lstrip(".")
    if error.validator == "enum":
        message = f"unknown operation {error.instance!r}. Choose from {', '.join(map(str, error.validator_value))}"
    elif error.validator == "const":
        message = f"is {error.instance!r}, must be {error.validator_value!r}. Use a genotype of this method"
    else:
        message = f"{error.message}. Write it as in the published genotype"
    raise UserError(f"{source}: genotype {where or 'as a whole'}: {message}")
