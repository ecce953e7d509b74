"""Verdict of each grade on a paper: one sentence for a reader who does not know the paper, and a tally."""

from collections import Counter
from collections.abc import Iterable

from sr.report.claims.formats import GRADES, STATES, Claim, Grade, State, Verdict


def of_grade(claims: Iterable[Claim], paper: str, grade: Grade) -> Verdict:
    """Return the verdict of one grade on the claims of one paper."""
    judged = [(claim, claim.grades[grade]) for claim in claims if claim.paper == paper and grade in claim.grades]
    tally = Counter(judgement.state for _, judgement in judged)
    orders = Counter(judgement.state for claim, judgement in judged if claim.kind == "order")
    sentence = (
        {"A": _prints, "B": _artefacts, "C": _retrained}[grade](tally) if grade != "D" else _reduced(tally, orders)
    )
    return Verdict(paper=paper, grade=grade, sentence=sentence, tally=dict(sorted(tally.items(), key=_order)))


def tallied(verdicts: Iterable[Verdict]) -> dict[Grade, Counter[State]]:
    """Return the tallies of all papers together, by grade."""
    totals: dict[Grade, Counter[State]] = {grade: Counter() for grade in GRADES}
    for verdict in verdicts:
        totals[verdict.grade].update(verdict.tally)
    return totals


def in_words(tally: Counter[State]) -> str:
    """Return a tally such as "holds 3, differs 1"."""
    parts = [f"{text} {tally[state]}" for state, text in STATES.items() if tally[state]]
    return ", ".join(parts) or "none"


def _order(entry: tuple[State, int]) -> int:
    return list(STATES).index(entry[0])


def _prints(tally: Counter[State]) -> str:
    total = tally.total()
    if not total:
        return "The text was not checked against the printed numbers (make verify does)."
    return (
        f"Of {total} statements in the text, the printed tables support {tally['holds']} fully, {tally['partly']} in "
        f"part and {tally['differs']} not at all."
    )


def _artefacts(tally: Counter[State]) -> str:
    judged = tally["holds"] + tally["differs"]
    fitted = _fitted(tally["fitted"])
    if not judged:
        return f"No printed number could be checked on released weights or counts.{fitted}"
    return (
        f"Released weights and counts confirm {tally['holds']} of {judged} printed claims, numbers to the last digit; "
        f"{tally['open']} could not be checked.{fitted}"
    )


def _fitted(count: int) -> str:
    return f" {count} are met or not by a network fitted to them, which proves nothing." if count else ""


def _retrained(tally: Counter[State]) -> str:
    judged = tally["holds"] + tally["differs"]
    if not judged:
        waiting = tally["open"] + tally["measured"]
        why = "too few seeds or another protocol" if waiting else "no network here was trained with the paper's budget"
        return f"Nothing trained here can confirm or contradict the paper: {why}."
    return (
        f"Trained again with the paper's budget, {tally['holds']} of {judged} judged claims hold and "
        f"{tally['differs']} differ; {tally['open']} remain undecided."
    )


def _reduced(tally: Counter[State], orders: Counter[State]) -> str:
    measured = tally["measured"]
    directed = orders["same"] + orders["opposite"] + orders["tie"]
    if not measured and not directed:
        return "No network was measured after a smaller training."
    text = f"The budget is too small to judge: {measured} numbers are shown only"
    if not directed:
        return f"{text}."
    return (
        f"{text}; of {directed} claimed orders, {orders['same']} point the paper's way, {orders['opposite']} the other "
        f"way and {orders['tie']} neither."
    )
