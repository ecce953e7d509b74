"""Margins of the equivalence test, stated before any run with the papers' budget: data/claims.yaml."""

from functools import cache

from pydantic import Field

from sr.core.files import SHARE
from sr.core.formats import Document, check
from sr.core.yaml_files import read_yaml

FILE = "data/claims.yaml"


class Margin(Document):
    """Largest difference in dB between two means that counts as none, and why."""

    margin_db: float = Field(gt=0)
    reason: str


@cache
def margin(method: str) -> Margin | None:
    """Return the margin for a method's paper, or None if none is stated; raise UserError if it is malformed."""
    sections = read_yaml(SHARE / FILE)
    return check(sections[method], Margin, FILE, prefix=method) if method in sections else None
