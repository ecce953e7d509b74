"""The harness itself: medians, ratios, targets, the table, the file; nothing here depends on how fast a machine is."""

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import harness
from benchmarks.harness import Row, Stats, compare, in_turns, stats


def test_stats_are_median_and_quartiles() -> None:
    assert stats([5.0, 1.0, 3.0, 2.0, 4.0]) == Stats(3.0, 2.0, 4.0, 5)
    assert stats([5.0, 1.0, 3.0, 2.0, 4.0]).spread == pytest.approx(2 / 3)
    assert stats([7.0]) == Stats(7.0, 7.0, 7.0, 1)


def test_works_take_turns_and_the_first_round_does_not_count() -> None:
    calls, now = [], iter(range(100))
    found = in_turns([lambda: calls.append("a"), lambda: calls.append("b")], 3, clock=lambda: float(next(now)))
    assert calls == ["a", "b"] * 4
    assert found == [Stats(1.0, 1.0, 1.0, 3)] * 2


def test_a_row_says_whether_its_target_is_met() -> None:
    fast, slow = Stats(1.0, 1.0, 1.0, 3), Stats(4.0, 4.0, 4.0, 3)
    assert Row("a", "s", fast, slow).ratio == 4
    assert Row("a", "s", fast, slow, ("ratio", ">=", 4.0)).met is True
    assert Row("a", "s", fast, slow, ("ratio", ">=", 4.1)).met is False
    assert Row("a", "s", fast, target=("value", "<=", 0.5)).met is False
    assert Row("a", "s", fast).met is None
    assert compare("a", lambda: sum(range(20000)), lambda: None, 3, scaled=2.0).ratio > 1


def test_table_lines_up() -> None:
    lines = list(harness.table([Row("a", "s", stats([1.0])), Row("longer", "s", stats([2.0]), stats([3.0]))]))
    assert len(lines) == 3
    assert lines[0].index("ours") == lines[1].index("1") == lines[2].index("2")


def test_machine_is_a_file_name_without_the_hosts() -> None:
    import platform

    name = harness.machine()
    assert name == name.lower()
    assert "/" not in name
    assert name.endswith("cores")
    assert platform.node().lower() not in name


def test_groups_not_measured_stay_in_the_file(tmp_path: Path) -> None:
    out = tmp_path / "m.json"
    command.write(out, {"rows": [{"name": "a/x", "v": 1}, {"name": "b/x", "v": 1}]})
    command.write(out, {"rows": [{"name": "b/y", "v": 2}]})
    assert json.loads(out.read_text())["rows"] == [{"name": "a/x", "v": 1}, {"name": "b/y", "v": 2}]


def test_the_command_prints_a_table_and_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert command.main(["--only", "degradation", "--quick", "--out", str(tmp_path / "m.json")]) == 0
    assert "degradation/x3/Pillow" in capsys.readouterr().out
    document = json.loads((tmp_path / "m.json").read_text())
    assert {"machine", "torch", "load", "git", "threads", "quick", "rows"} == set(document)
    assert len(document["rows"]) == 6
