"""Statements of MRAN's text about printed numbers, recomputed from those numbers."""

import pandas as pd

from sr.evaluate.metrics import PRIMARY
from sr.evaluate.verify_formats import Comparison, PrintedStatement
from sr.methods.published import SETS, rows_of
from sr.methods.statements import at_least, gains, ratios, rounds_to, statement

NAME = "MRAN"
HUNDREDTH = 0.01  # the tables' digit, dB
THIRD = 0.3  # "1/3 fewer", to one digit
COMPARABLE = -0.05  # dB; the text says "comparable" and gives no bound


def statements(published: pd.DataFrame) -> list[PrintedStatement]:
    """Return every statement; raise UserError if the file lacks one of the tables."""
    one, two, three, main = (rows_of(published, NAME, table) for table in "1234")
    return [_searched(one), _attention(two), _copied(one, two), _modules(three), *_peers(main)]


def _searched(rows: pd.DataFrame) -> PrintedStatement:
    others = [gains(rows, "MRB", other, at_least(HUNDREDTH)) for other in ("All-RB", "All-LRB", "All-SRB")]
    text = "MRB outperforms All-RB, All-LRB and All-SRB"
    return statement("mran-mrb", NAME, "section 4.2, Table 1", text, *others)


def _attention(rows: pd.DataFrame) -> PrintedStatement:
    above = at_least(HUNDREDTH)
    simple = [gains(rows, f"RB-{name}", "RB", above) for name in ("CA", "SA", "PA")]
    searched = [gains(rows, "RB-MA", f"RB-{name}", above) for name in ("CA", "SA", "PA")]
    text = "every attention improves RB, and MA most"
    return statement("mran-attention", NAME, "section 4.3, Table 2", text, *simple, *searched)


def _copied(one: pd.DataFrame, two: pd.DataFrame) -> PrintedStatement:
    """All-RB and RB-PA are different networks; their rows should not be the same in every value."""
    first, second = one[one["method"] == "All-RB"].iloc[0], two[two["method"] == "RB-PA"].iloc[0]
    pairs = [(key, float(first[column]), float(second[column])) for key in SETS if (column := f"{key}_{PRIMARY}")]
    comparisons = [
        Comparison(
            what=f"All-RB of Table 1 − RB-PA of Table 2: PSNR on {SETS[key]} ×4",
            scale=4,
            test_set=SETS[key],
            metric=PRIMARY,
            left=left,
            right=right,
            value=round(left - right, 4),
            holds=left != right,
        )
        for key, left, right in pairs
    ]
    note = "Equal in every value, one row is a copy of the other: no order that uses either is evidence."
    text = "All-RB and RB-PA are two measurements"
    return statement("mran-copied-row", NAME, "Tables 1 and 2", text, comparisons, note=note)


def _modules(rows: pd.DataFrame) -> PrintedStatement:
    text = "MRAB adds 0.25 dB and CSRM 0.08 dB to RB on Set14; CSRM saves 1/3 of the parameters; both together are best"
    above = at_least(HUNDREDTH)
    return statement(
        *("mran-modules", NAME, "section 4.4, Table 3", text),
        gains(rows, "MRAB", "RB", rounds_to(0.25, 2), [(4, "set14")]),
        gains(rows, "RB + CSRM", "RB", rounds_to(0.08, 2), [(4, "set14")]),
        ratios(rows, "RB + CSRM", "RB", "params_k", lambda value: 1 - value >= THIRD),
        gains(rows, "MRAB + CSRM", "RB + CSRM", above),
        gains(rows, "MRAB + CSRM", "MRAB", above),
    )


def _peers(rows: pd.DataFrame) -> list[PrintedStatement]:
    near, note = at_least(COMPARABLE), f"“Comparable” is judged as at most {-COMPARABLE} dB below."
    return [
        statement(
            *("mran-imdn", NAME, "section 4.5", "as good as IMDN with about 1/3 fewer Mult-Adds"),
            gains(rows, NAME, "IMDN", at_least(0.0)),
            ratios(rows, NAME, "IMDN", "mult_adds_g", lambda value: 1 - value >= THIRD),
        ),
        statement(
            *("mran-esrn", NAME, "section 4.5", "comparable with ESRN with half of its parameters"),
            gains(rows, NAME, "ESRN", near),
            ratios(rows, NAME, "ESRN", "params_k", rounds_to(0.5, 1)),
            note=note,
        ),
    ]
