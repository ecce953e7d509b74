"""The document of a study: a made-up run of the preset with known truth, and the committed study."""

import dataclasses
import json
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sr.core import config, repeats
from sr.core.formats import write
from sr.evaluate.formats import InheritedMetrics
from tests.helpers import runs
from tests.helpers.repository import REPO
from tests.helpers.studies import NOISE, answer, made_up
from workflow.study import archive, document, record, store

# dB above the base; all other arms are at it.
TRUTH = {"dlsr": 0.3, "mran": -0.3, "mran_rb_ma": 0.3}
# Of the size of an arm of the method.
SIZES = {"mran_wide": 2.5, "chain_conv3": 1.4, "chain_conv3_narrow": 0.9, "cell_published_chain": 0.9}
SIZES |= {"cell_published_chain_wide": 1.2, "mran_rb_deep": 0.9, "mran_rb_deeper": 1.3, "mran_wider": 2.6}
SIZES |= {"mran_all_lrb": 0.8, "mran_all_lrb_deep": 0.9, "mran_all_lrb_deeper": 1.1}
DRAWS = {"dlsr": "random", "mran": "mran_random"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose docs/study was recorded from a made-up run."""
    root = tmp_path_factory.mktemp("study")
    path, params, generator = made_up(root, "study", TRUTH, _size)
    for method, draws in DRAWS.items():
        values = {name: 30 + generator.normal() for name in params.models if repeats.base_of(name) == draws}
        ranked = InheritedMetrics(supernet=method, data_digests=[], images=1, psnr=values)
        write(root / f"run/results/rank/{method}.json", ranked)
    record.record(path, root)
    return root


def _size(model: config.Model) -> float:
    return SIZES.get(repeats.base_of(model.name), 1.0) * (0.4 if model.method == "mran" else 1.0)


def test_answers_are_the_truth(folder: Path) -> None:
    text = (folder / "docs/study.md").read_text()
    assert "higher by 0.2" in answer(text, "Is DLSR's") or "higher by 0.3" in answer(text, "Is DLSR's")
    assert "lower by 0." in answer(text, "Is MRAN's")
    assert "no difference shown" in answer(text, "Do searched operations")
    assert "higher" in answer(text, "Do searched attentions")
    assert re.search(r"`mran_mrb` \| `mran_all_lrb_deep to mran_all_lrb_deeper at equal size` .* ×1\.00", text)


def test_what_would_have_been_seen_is_said(folder: Path) -> None:
    study = store.read(folder / document.STUDY.folder)
    assert study.scrutiny.noise["dlsr"] == pytest.approx(NOISE / np.sqrt(len(runs.SETS)), rel=0.4)
    text = (folder / "docs/study.md").read_text()
    (said,) = re.findall(r"differ by less than\s+(\d\.\d+) dB \(DLSR\)", text)
    arms = [each.arm for each in study.arms.values() if (each.arm.method, each.arm.varies) == ("dlsr", "seeds")]
    freedom = sum(len(arm.models) - 1 for arm in arms if arm.steps == study.arms["dlsr"].arm.steps)
    reach = stats.t.ppf(0.975, freedom) * study.scrutiny.noise["dlsr"] * np.sqrt(2 / 5)
    assert float(said) == pytest.approx(reach, abs=6e-4)
    assert f"| seeds alone | {study.scrutiny.noise['dlsr']:.3f} | {freedom} |" in text


def test_arms_that_lack_networks_are_named(folder: Path) -> None:
    assert record.unfinished(["dlsr", "dlsr_seed1", "mran", "mran_seed1"], ["dlsr", "mran", "mran_seed1"]) == {
        "dlsr": [1, 2]
    }
    assert "Not finished" not in (folder / "docs/study.md").read_text()
    study = store.read(folder / document.STUDY.folder)
    lacking = dataclasses.replace(study, run=study.run | {"unfinished": {"dlsr_l1": [1, 3], "mran_cold": [0, 3]}})
    assert "with a weaker one: `dlsr_l1` (1 of 3), `mran_cold` (0 of 3).\n\n## Answers\n" in document.text(
        document.STUDY, lacking
    )


def test_rewriting_gives_the_same_bytes(folder: Path) -> None:
    files = [folder / "docs/study.md", *(folder / document.STUDY.folder).glob("*.svg")]
    before = {path: path.read_bytes() for path in files}
    document.write(document.STUDY, folder)
    assert {path: path.read_bytes() for path in files} == before
    pictures = re.findall(r"\(study/(\w+\.svg)\)", (folder / "docs/study.md").read_text())
    assert sorted(pictures) == sorted(path.name for path in files if path.suffix == ".svg")


def test_the_archive_has_the_results_that_the_numbers_are_from(folder: Path) -> None:
    """The same files give the same bytes, whenever they were written."""
    path = folder / document.STUDY.folder / "results.tar.xz"
    assert path.read_bytes() == archive.pack(folder / "run/results")
    study = store.read(folder / document.STUDY.folder)
    with tarfile.open(path) as packed:
        for name in ("dlsr_seed3", "mran_random_draw7", "published_retrain2"):
            for test in runs.SETS:
                member = packed.extractfile(f"results/evaluate/{name}/x2_{test}.json")
                assert member is not None
                mean = json.load(member)["mean"]["psnr"]
                assert mean == pytest.approx(study.networks.loc[name, f"{test}_psnr"], abs=1e-4)


def test_no_number_is_typed() -> None:
    prose = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", document.STUDY.template.read_text(), flags=re.S)
    prose = re.sub(r"`[^`]*`|Tables? \d(, \d| and \d| to \d)*|×\d|Set5|Set14|BSDS400|L1|cores 2", "", prose)
    assert re.findall(r"\d[\d.]*", prose) == []


def test_the_committed_document_follows_from_its_files(tmp_path: Path) -> None:
    if not (REPO / document.STUDY.folder).is_dir():
        pytest.skip("no study is recorded yet")
    study = store.read(REPO / document.STUDY.folder)
    assert (REPO / "docs/study.md").read_text() == document.text(document.STUDY, study)
    assert json.loads((REPO / document.STUDY.folder / "run.json").read_text())["preset"] == "study"
