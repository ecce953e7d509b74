"""The document of the comparison: a made-up run of the preset with known truth, and the committed one."""

import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from sr.core import config, formats, repeats
from sr.core.files import write_text
from sr.evaluate.latency_formats import Latency, Timing
from sr.methods.cost_table import CostTable, WholeNetwork
from sr.nas.cost import Costs, Limit, LimitedResult
from sr.report.scrutiny.formats import Difference
from tests.helpers import runs
from tests.helpers.reporting import peer_file
from tests.helpers.repository import REPO
from tests.helpers.studies import answer, made_up
from workflow.study import contrasts, document, record, store

OWN = document.OWN_SEARCH
GAIN = 0.3
# dB above the base, and milliseconds; all other arms are at the base, and take 425 ms.
TRUTH = {"lads": GAIN, "lads_plain": GAIN}
TIMES = {
    "dlsr_narrow": 350.0,
    "dlsr_wide": 600.0,
    "published_narrow": 350.0,
    "published_wide": 400.0,
    "mran": 450.0,
    "mran_narrow": 330.0,
}
TIMES |= {"mran_wide": 900.0, "rb_32": 300.0, "rb_40": 450.0}
SIZES = {"dlsr_narrow": 0.7, "dlsr_wide": 1.8, "mran": 0.5, "mran_wide": 1.2, "rb_16": 0.8, "rb_24": 1.5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose docs/own_search was recorded from a made-up run."""
    root = tmp_path_factory.mktemp("own")
    path, params, _ = made_up(root, "compare", TRUTH, lambda model: SIZES.get(repeats.base_of(model.name), 1.0))
    _timings(root / "run", params)
    _peer(path)
    _limits(root / "run", params)
    record.record(path, root)
    return root


def _timings(run: Path, params: config.Params) -> None:
    medians = {
        name: TIMES.get(repeats.base_of(name), 425.0) for name, each in params.models.items() if not each.repeats
    }
    rows = [Timing(model=name, scale=2, median=ms, low=ms, high=ms) for name, ms in medians.items()]
    facts = {"hr_size": [1280, 720], "device": "cpu", "processor": "CPU", "threads": 1, "warmup": 2, "rounds": 9}
    formats.write(run / "results/latency.json", Latency(**facts, rows=rows))


def _peer(path: Path) -> None:
    """Add another author's network that takes 400 ms to the run of a params.yaml."""
    raw, run = yaml.safe_load(path.read_text()), path.parent
    raw["data"]["peers"] = {"near": {"label": "Near", "year": 2024, "x2": "/somewhere/near.onnx"}}
    path.write_text(yaml.safe_dump(raw))
    write_text(run / "results/records/note.txt", "evaluate --onnx /somewhere/near.onnx")
    peer_file(run / "results/counts", "near", {2: (54_321, 9_876_000_000)})
    runs.measure(run, raw, "near", [2])
    timing = {"model": "near", "scale": 2, "median": 400.0, "low": 400.0, "high": 400.0}
    runs.change_json(run / "results/latency.json", lambda timed: timed["rows"].append(timing))


def _limits(run: Path, params: config.Params) -> None:
    """Write the limits of the searches, and the table of latencies of one."""
    options = {name: dict.fromkeys(each, 100.0) for name, each in runs.CHOICES["lads"].items()}
    costs = Costs(kind="latency", fixed=200.0, options=options)
    uniform = {name: {option: 1 / len(each) for option in each} for name, each in options.items()}
    for name, model in params.models.items():
        if model.searches and model.search.cost_target is not None:
            limit = Limit(target=model.search.cost_target, costs=costs)
            result = LimitedResult(model=name, scale=2, steps=10, probabilities=uniform, limit=limit)
            formats.write(run / f"results/search/{name}/probabilities.json", result)
    facts = {"scale": 2, "hr_size": [1280, 720], "device": "cpu", "processor": "CPU", "threads": 1, "warmup": 1}
    facts |= {"versions": {"torch": "2"}, "rounds": 7, "kendall_tau": 1.0, "mean_error": 0.025}
    networks = [WholeNetwork(expected=ms, measured=1.025 * ms) for ms in (600.0, 700.0, 900.0)]
    network = params.model("lads").network.model_dump()
    table = CostTable(method="lads", network=network, costs=costs, networks=networks, **facts)
    formats.write(run / "results/search/lads/cost.json", table)


def test_answers_are_the_truth(folder: Path) -> None:
    text = (folder / f"{OWN.folder}.md").read_text()
    for question in ("Is LADS better than DLSR and MRAN at equal latency?", "Is its search better than chance"):
        (gain,) = re.findall(r"igher by (\d\.\d+) dB", answer(text, question))
        assert float(gain) == pytest.approx(GAIN, abs=0.04)
    # One family in twenty is called different by chance, as the noise of these networks has it at equal Mult-Adds.
    (gain,) = re.findall(r"(?:igher|ower) by (\d\.\d+) dB|: ([+−]\d\.\d+) dB", answer(text, "And at equal Mult-Adds?"))
    assert float("".join(gain).replace("−", "-")) == pytest.approx(0, abs=0.04)
    assert "o difference shown" in answer(text, "Is it better than plain convolutions")
    assert "take 425 to 425 ms as measured, 94 % of the target" in answer(text, "Is the limit held?")


def test_an_arm_that_no_two_sizes_bracket_is_not_compared(folder: Path) -> None:
    """The published genotype takes 350 and 400 ms, and LADS 425."""
    first = (folder / f"{OWN.folder}.md").read_text().split("## At equal latency")[1].split("## ")[0]
    assert "dlsr_narrow to dlsr_wide at equal size" in first
    assert "published_narrow to published_wide at equal size" not in first


def test_limits_are_those_of_the_searches(folder: Path) -> None:
    study = store.read(folder / OWN.folder)
    assert study.networks.loc["lads", ["cost_target", "cost", "latency_ms"]].tolist() == [450.0, 400.0, 425.0]
    assert study.networks.loc["lads_light_seed1", "cost_kind"] == "mult_adds"
    assert np.isnan(study.networks.loc["dlsr", "cost"])
    text = (folder / f"{OWN.folder}.md").read_text()
    assert "| `lads_seed3` | 450.0 ms | 400.0 | 425 ms | 94 % |" in text
    assert "Kendall's τ of 1.00 and a mean error of 2.5 %" in text


def test_other_networks_stand_beside(folder: Path) -> None:
    text = (folder / f"{OWN.folder}.md").read_text().split("## Networks of other authors")[1].split("## ")[0]
    assert "| Near | 2024 | 400 | 9.88 | 54.3 | 33.14 | 33.14 |\n" in text


def test_the_archive_names_other_networks_without_the_machine_s_paths(folder: Path) -> None:
    with tarfile.open(folder / OWN.folder / "results.tar.xz") as archive:
        note = archive.extractfile("results/records/note.txt")
        assert note is not None
        assert note.read() == b"evaluate --onnx near.onnx"


def test_what_is_recommended_needs_no_search(folder: Path) -> None:
    row = answer((folder / f"{OWN.folder}.md").read_text(), "What is to be recommended?")
    assert "`lads_plain`" in row
    assert "`lads_random`" not in row


@pytest.mark.parametrize(("low", "phrase"), [(0.02, "as one of several comparisons: +0.200 dB"), (-0.1, "would have")])
def test_what_is_not_shown_among_several_is_not_called_unseen(low: float, phrase: str) -> None:
    facts = {"first": "lads", "second": "lads_random", "seeds": [8, 10], "sets": {}, "p": 0.04, "adjusted": 0.12}
    difference = Difference(gain=0.2, low=low, high=0.4, **facts)
    sentence = contrasts.Contrast("lads", "lads_random", difference, 1.0).sentence
    assert sentence.startswith("no difference shown")
    assert phrase in sentence


def test_rewriting_gives_the_same_bytes(folder: Path) -> None:
    files = [folder / f"{OWN.folder}.md", *(folder / OWN.folder).glob("*.svg")]
    before = {path: path.read_bytes() for path in files}
    document.write(OWN, folder)
    assert {path: path.read_bytes() for path in files} == before
    pictures = re.findall(r"\(own_search/(\w+\.svg)\)", files[0].read_text())
    assert sorted(pictures) == sorted(path.name for path in files[1:])


def test_a_run_without_counts_is_refused(tmp_path: Path) -> None:
    path, params, _ = made_up(tmp_path, "compare", {}, lambda _: 1.0)
    _limits(path.parent, params)
    (path.parent / "results/counts/lads_random_draw2.json").unlink()
    with pytest.raises(SystemExit, match="the run has no counts of lads_random_draw2. Run it to its end"):
        record.record(path, tmp_path)
    assert not (tmp_path / OWN.folder).exists()


def test_no_number_is_typed() -> None:
    prose = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", OWN.template.read_text(), flags=re.S)
    prose = re.sub(r"`[^`]*`|1280×720|×\d|BSDS400|cores 2", "", prose)
    assert re.findall(r"\d[\d.]*", prose) == []


def test_the_committed_document_follows_from_its_files() -> None:
    if not (REPO / OWN.folder).is_dir():
        pytest.skip("no comparison is recorded yet")
    assert (REPO / f"{OWN.folder}.md").read_text() == document.text(OWN, store.read(REPO / OWN.folder))
