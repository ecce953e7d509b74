"""Statements of DLSR's text about printed numbers (arXiv:2105.03939v1), recomputed from those numbers."""

from collections.abc import Callable
from functools import partial
from math import comb, factorial, sqrt

import pandas as pd
from scipy.stats import t

from sr.evaluate.metrics import PRIMARY
from sr.evaluate.verify_formats import Comparison, PrintedStatement
from sr.methods.dlsr.network import INPUTS, LAYERS, PRIMITIVES
from sr.methods.published import SETS, rows_of
from sr.methods.statements import at_least, fewer, gains, ratios, rounds_to, statement

NAME, REPEATED, CHAIN = "DLSR", ("DLSR-a", "DLSR-b", "DLSR-c"), "DLSR-B"
TENTH, HUNDREDTH = 0.1, 0.01  # digits of the text and of the tables, dB
CELLS = 6
SEARCHES = 3  # rows of Table 7


def statements(published: pd.DataFrame) -> list[PrintedStatement]:
    """Return every statement; raise UserError if the file lacks one of the tables."""
    main, wiring, seeds = (rows_of(published, NAME, table) for table in ("2", "5", "7"))
    return [*_drrn(main), *_peers(main), *_connections(wiring, seeds), *_stability(main, seeds), _complexity()]


def _drrn(rows: pd.DataFrame) -> list[PrintedStatement]:
    urban, five = [(2, "urban100"), (3, "urban100")], [(4, "set5")]
    others = [pair for pair in ((s, key) for s in (2, 3, 4) for key in SETS) if pair not in urban + five]
    where = "section 4.4"
    return [
        statement(
            *("dlsr-drrn-urban100", NAME, where, "1 dB above DRRN on Urban100 at ×2 and ×3"),
            gains(rows, NAME, "DRRN", at_least(1.0, TENTH), urban),
        ),
        statement(
            *("dlsr-drrn-set5", NAME, where, "0.7 dB above DRRN on Set5 at ×4"),
            gains(rows, NAME, "DRRN", at_least(0.7, TENTH), five),
        ),
        statement(
            *("dlsr-drrn-others", NAME, where, "0.3 to 0.7 dB above DRRN on the other tasks"),
            gains(rows, NAME, "DRRN", at_least(0.3, TENTH), others),
            note="Only the lower bound is judged.",
        ),
        statement(
            *("dlsr-drrn-cost", NAME, where, "1 % of DRRN's Mult-Adds"),
            ratios(rows, NAME, "DRRN", "mult_adds_g", lambda value: value <= 0.015),
        ),
    ]


def _peers(rows: pd.DataFrame) -> list[PrintedStatement]:
    where, above = "section 4.4", at_least(HUNDREDTH)
    searched = [
        part
        for peer in ("FALSR-B", "ESRN-V")
        for part in (
            gains(rows, NAME, peer, at_least(0.2, TENTH)),
            ratios(rows, NAME, peer, "params_k", fewer),
            ratios(rows, NAME, peer, "mult_adds_g", fewer),
        )
    ]
    by_hand = [
        part
        for peer in ("IMDN", "RFDN")
        for part in (ratios(rows, NAME, peer, "params_k", rounds_to(0.5, 1)), gains(rows, NAME, peer, above))
    ]
    return [
        statement(
            *("dlsr-searched-peers", NAME, where, "0.2 to 0.4 dB above FALSR-B and ESRN-V, smaller in most tasks"),
            *searched,
            note="Only the lower bound of the gain is judged; “most” admits exceptions.",
        ),
        statement(
            *("dlsr-half-size", NAME, where, "about half of the parameters of IMDN and RFDN, and better"), *by_hand
        ),
        statement(
            *("dlsr-pan", NAME, where, "better than PAN with fewer Mult-Adds"),
            gains(rows, NAME, "PAN", above),
            ratios(rows, NAME, "PAN", "mult_adds_g", fewer),
        ),
    ]


def _connections(wiring: pd.DataFrame, seeds: pd.DataFrame) -> list[PrintedStatement]:
    chain = wiring[wiring["scale"] == 2].set_index("method").loc[CHAIN]
    means = seeds.set_index("method").loc[list(REPEATED)].mean(numeric_only=True)
    replicated = [
        _comparison(f"mean of Table 7 − {CHAIN}", key, means[column], chain[column], at_least(HUNDREDTH, HUNDREDTH))
        for key in SETS
        if (column := f"{key}_{PRIMARY}")
    ]
    return [
        statement(
            *("dlsr-connections", NAME, "section 4.5, Table 5", "connections between cells improve DLSR-B"),
            gains(wiring, NAME, CHAIN, at_least(HUNDREDTH)),
        ),
        statement(
            *(
                "dlsr-connections-seeds",
                NAME,
                "Tables 5 and 7",
                "the searches of Table 7, with connections, beat DLSR-B",
            ),
            replicated,
        ),
    ]


def _stability(main: pd.DataFrame, seeds: pd.DataFrame) -> list[PrintedStatement]:
    """Compare Table 2's row with the prediction interval (95 %) of a fourth search, and the four searches' sizes."""
    searched = main[(main["method"] == NAME) & (main["scale"] == 2)].iloc[0]
    repeated = seeds.set_index("method").loc[list(REPEATED)]
    factor = t.ppf(0.975, SEARCHES - 1) * sqrt(1 + 1 / SEARCHES)
    quality = []
    for key in SETS:
        values = repeated[f"{key}_{PRIMARY}"]
        limit = factor * values.std()
        quality.append(
            _comparison(
                f"Table 2 − mean of Table 7, within ±{limit:.3f}",
                key,
                searched[f"{key}_{PRIMARY}"],
                values.mean(),
                partial(_within, limit),
            )
        )
    sizes = {*repeated["params_k"], searched["params_k"]}
    distinct = Comparison(
        what="different sizes among the four searches",
        scale=2,
        metric="params_k",
        left=len(sizes),
        right=1,
        value=len(sizes) - 1,
        holds=len(sizes) == 1,
    )
    where = "appendix B, Tables 2 and 7"
    return [
        statement(*("dlsr-stable-quality", NAME, where, "the search is stable: quality of another search"), quality),
        statement(*("dlsr-stable-network", NAME, where, "the search is stable: it finds one network"), [distinct]),
    ]


def _within(limit: float, value: float) -> bool:
    return abs(value) <= limit


def _complexity() -> PrintedStatement:
    """Eq. 3 counts 5·4·3·2 wirings; section 3.2 keeps two of the 2 to 5 inputs of cells 3 to 6."""
    cells = len(PRIMITIVES) ** LAYERS
    printed, kept = cells * factorial(CELLS - 1), cells
    for inputs in range(INPUTS, CELLS):
        kept *= comb(inputs, INPUTS)
    counts = Comparison(
        what="architectures by eq. 3 − architectures with two inputs a cell",
        metric="count",
        left=printed,
        right=kept,
        value=printed - kept,
        holds=printed == kept,
    )
    return statement("dlsr-eq3", NAME, "section 3.1, eq. 3", "the size of the search space", [counts])


def _comparison(what: str, key: str, left: float, right: float, holds: Callable[[float], bool]) -> Comparison:
    return Comparison(
        what=f"{what}: PSNR on {SETS[key]} ×2",
        scale=2,
        test_set=SETS[key],
        metric=PRIMARY,
        left=float(left),
        right=float(right),
        value=round(float(left - right), 4) + 0.0,  # no -0.0
        holds=bool(holds(float(left - right))),
    )
