"""The papers whose tables are reproduced: which rows are theirs, and what to know before comparing with them.

Needs nothing but the standard library, so that the command line can list the methods without loading pandas.
"""

from dataclasses import dataclass

from sr.errors import UserError


@dataclass(frozen=True)
class Paper:
    """One paper's comparison table; ``name`` is its name and its method's in data/published.csv."""

    method: str
    name: str
    table: str
    citation: str
    figure_set: str
    figure_scale: int
    remarks: tuple[tuple[str, str], ...]


PAPERS = {
    "dlsr": Paper(
        method="dlsr",
        name="DLSR",
        table="2",
        citation=(
            "H. Huang et al., Lightweight Image Super-Resolution with Hierarchical and Differentiable Neural "
            "Architecture Search, 2021, arXiv:2105.03939"
        ),
        figure_set="Set5",
        figure_scale=4,
        remarks=(
            (
                "Border crop of the paper",
                "4 pixels: the authors' released ×2 weights give the printed Set14 33.67 with it and 33.63 with 2 "
                "pixels (B100: 32.21 and 32.23).",
            ),
            (
                "Mult-Adds of the paper",
                "68.1 / 30.9 / 17.9 G at ×2 / ×3 / ×4 by a counter that it does not name, about 1.2 % more than the "
                "convention above gives for its network (67.3 / 30.5 / 17.7 G).",
            ),
        ),
    ),
}


def find(method: str) -> Paper:
    """Return the paper of ``method``; raise UserError if none is known."""
    if method not in PAPERS:
        raise UserError(f"method {method!r}: no table of a paper is known for it. Choose from: {', '.join(PAPERS)}")
    return PAPERS[method]
