"""The table of times: every number beside those that Mult-Adds and quality give, ours and others' by their colour."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sr.cli.main import main
from sr.core.formats import load, write
from sr.evaluate.latency_formats import Latency, Timing
from sr.report.tables.table import Table
from tests.helpers.cli import refused
from tests.helpers.reporting import complexity_file
from tests.helpers.runs import change_json, measure, write_run

TIMED = [("dlsr", 2), ("near", 2), ("dlsr_released", 2), ("mran", 4)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a run that timed both methods, a release without counts, and another author's network."""
    entry = {"label": "Near & Far", "x2": "near.onnx"}
    params = write_run(tmp_path, change=lambda raw: raw["data"].update(peers={"near": entry}))
    rows = [
        Timing(model=name, scale=scale, median=100.04 + index, low=90, high=1200.5, peak_memory=index * 2**20 or None)
        for index, (name, scale) in enumerate(TIMED)
    ]
    facts = {"hr_size": [1280, 720], "device": "cpu", "processor": "A CPU", "threads": 2, "warmup": 1, "rounds": 7}
    write(tmp_path / "results/latency.json", Latency(**facts, rows=rows))
    complexity_file(tmp_path / "results/counts", {2: (54_321, 9_876_000_000)}, "near", model="near")
    measure(tmp_path, yaml.safe_load(params.read_text()), "near", [2])
    return tmp_path


def command(folder: Path) -> list[str]:
    """Return the command that writes the table."""
    words = ["table", "--name", "latency", "--params", f"{folder}/params.yaml", "--latency"]
    words += [f"{folder}/results/latency.json", "--metrics"]
    words += [str(path) for name, scale in TIMED for path in folder.glob(f"results/evaluate/{name}/x{scale}_Emb*.json")]
    counts = [str(folder / f"results/counts/{name}.json") for name in ("dlsr", "mran", "near")]
    return [*words, "--complexity", *counts, "--out", f"{folder}/latency"]


def test_rows_have_quality_time_and_size(folder: Path) -> None:
    assert main(command(folder)) == 0
    table = load(folder / "latency.json", Table)
    assert table.title == "Time and memory for one 1280×720 output"
    assert table.reading == "Median and quartiles of 7 rounds on A CPU, 2 threads."
    columns = [str(column) for column in table.columns]
    assert columns[:6] == [
        *("PSNR (EmbeddedTest, dB)", "Latency (ms)", "Quartiles (ms)", "Memory (MiB)", "Params (K)", "Mult-Adds (G)"),
    ]
    rows = {
        (group.name, row.label): (row.source, [cell[0].text for cell in row.cells][:6])
        for group in table.groups
        for row in group.rows
    }
    quartiles = "90.0 to 1,200.5"
    assert rows == {
        ("×2", "DLSR (this run)"): ("measured", ["33.14", "100.0", quartiles, "–", "90.4", "10.00"]),
        ("×2", "Near & Far, re-measured"): ("remeasured", ["33.14", "101.0", quartiles, "1", "54.3", "9.88"]),
        ("×2", "dlsr_released, re-measured"): ("remeasured", ["–", "102.0", quartiles, "2", "–", "–"]),
        ("×4", "MRAN (this run)"): ("measured", ["28.64", "103.0", quartiles, "3", "90.4", "5.00"]),
    }
    notes = dict(table.notes)
    assert notes["Latency"].endswith("in each of 7 rounds, after 1 that do not count, every network once.")
    assert "Processor" not in notes
    assert notes["Preset"].startswith("demo")


def test_all_formats_hold_the_numbers(folder: Path) -> None:
    change_json(folder / "results/latency.json", lambda timed: timed.update(device="A GPU"))
    assert main(command(folder)) == 0
    numbers = pd.read_csv(folder / "latency.csv")
    row = numbers[numbers["method"] == "Near & Far, re-measured"].set_index("metric")["value"].to_dict()
    assert row == {
        **{"latency_ms": 101.04, "latency_ms_low": 90, "latency_ms_high": 1200.5, "memory_mib": 1},
        **{"params_k": 54.321, "mult_adds_g": 9.876, "psnr": pytest.approx(33.14)},
    }
    note = "networks of data.peers run on A CPU, all others on A GPU"
    for kind, name in (("md", "Near & Far"), ("html", "Near &amp; Far"), ("tex", r"Near \& Far")):
        text = (folder / f"latency.{kind}").read_text()
        assert name in text
        assert "1,200.5" in text
        assert note in text
    assert re.search(r"\\begin\{tabular\}\{llr{9}\}", (folder / "latency.tex").read_text())


def test_inputs_that_are_missing_or_not_used(folder: Path, capsys: pytest.CaptureFixture) -> None:
    words = command(folder)
    place = words.index("--latency")
    without = [*words[:place], *words[place + 2 :]]
    assert "latency: --latency is missing" in refused(capsys, *without)
    published = ["--published", "data/published.csv"]
    assert "latency: --published is not used here" in refused(capsys, *words, *published)
    words[words.index("latency")] = "dlsr_table2"
    assert "dlsr_table2: --latency is not used here" in refused(capsys, *words, *published)
    without[without.index("latency")] = "dlsr_table2"
    assert "dlsr_table2: --published is missing. Give data/published.csv" in refused(capsys, *without)
    assert not list(folder.glob("latency.*"))
