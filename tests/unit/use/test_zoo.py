"""The model zoo: entries made from a run's files, found by name, method and scale, and refused if they do not fit."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from sr.cli.main import main
from sr.core.errors import UserError
from sr.core.files import read_json, sha256_file, write_json
from sr.methods.releases import load_weights
from sr.methods.weights import save_weights
from sr.use import card as cards
from sr.use import zoo
from sr.use.curve import read_curve
from tests.conftest import save_image
from tests.helpers.cli import refused
from tests.helpers.networks import SMALL, save_small

RECORD = {
    "command": "python -m sr retrain --params params.yaml --data data/packed/EmbeddedTrain data/packed/Mine --out w",
    "steps": 1000,
    "device": "cpu",
    "warm_start": None,
    "data_digests": ["a", "b"],
    "params": {"preset": "demo", "seed": 7, "digest": "d"},
    "seed": 7,
    "devices": 1,
    "git": {"commit": "c0ffee", "dirty": False},
    "versions": {"torch": "2.13.0"},
    "machine": {"system": "Linux", "processor": "a CPU", "threads": 1, "gpu": None},
    "finished": "2026-01-02T03:04:05+00:00",
    "seconds": 61.2,
    "energy": None,
}


class Run:
    """The files that a run leaves of one model, and the command that makes a card of them."""

    def __init__(self, folder: Path, method: str = "dlsr", scale: int = 2, gain: float = 0.5) -> None:
        folder.mkdir(parents=True)
        self.folder, self.scale = folder, scale
        self.weights = save_small(folder / f"x{scale}.safetensors", method, scale)
        trained = load_weights(self.weights)
        params = sum(parameter.numel() for parameter in trained.network().parameters())
        counts = {str(scale): {"params": params, "mult_adds": 2_500_000_000, "lr_size": [1, 1]}}
        self.counts = self.put(
            "counts",
            model=method,
            method=method,
            genotype=trained.genotype.without_evidence(),
            hr_size=[1280, 720],
            scales=counts,
        )
        self.ours = self.metrics("ours", method, sha256_file(self.weights), 33.0 + gain)
        self.bicubic = self.metrics("bicubic", "bicubic", None, 33.0)
        self.record = self.put("record", **RECORD, model=method, scale=scale)
        self.search = self.put("search", **{**RECORD, "seconds": 3700.0, "model": method})

    def put(self, name: str, **values: object) -> Path:
        write_json(self.folder / f"{name}.json", values)
        return self.folder / f"{name}.json"

    def metrics(self, name: str, model: str, digest: str | None, psnr: float, **changes: object) -> Path:
        protocol = {"colour": "Y", "crop_border": 2, "output": "8-bit RGB", "degradation": "bicubic", "tile": 0}
        document = {
            "model": model,
            "weights_sha256": digest,
            "scale": self.scale,
            "test_set": "Set5",
            "data_digest": "e",
            "protocol": protocol,
            "mean": {"psnr": psnr, "ssim": 0.93},
            "images": [{"name": "baby", "height": 64, "width": 64, "values": {"psnr": psnr, "ssim": 0.93}}],
        }
        return self.put(name, **document | changes)

    def command(self, name: str, out: Path, *more: str | Path) -> list[str | Path]:
        files = ["--weights", self.weights, "--metrics", self.ours, self.bicubic, "--counts", self.counts]
        return ["card", *files, "--train-record", self.record, "--name", name, "--out", out, *more]

    def make(self, name: str, *more: str | Path) -> None:
        assert main([str(part) for part in self.command(name, zoo.FOLDER / name, *more)]) == 0


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(zoo, "FOLDER", tmp_path / "zoo")
    return Run(tmp_path / "run")


def test_a_card_says_how_the_weights_were_made_and_how_good_they_are(run: Run) -> None:
    run.make("dlsr_lite_x2", "--search-record", run.search)
    folder = zoo.FOLDER / "dlsr_lite_x2"
    assert sorted(path.name for path in folder.iterdir()) == [
        "card.json",
        "card.md",
        "genotype.json",
        "weights.safetensors",
    ]
    card = read_json(folder / "card.json")
    assert (card["name"], card["method"], card["scale"], card["seed"]) == ("dlsr_lite_x2", "dlsr", 2, 7)
    network, bicubic = {"psnr": 33.5, "ssim": 0.93}, {"psnr": 33.0, "ssim": 0.93}
    assert card["test_sets"] == {"Set5": {"images": 1, "network": network, "bicubic": bicubic}}
    assert [entry["name"] for entry in card["data"]["sets"]] == ["EmbeddedTrain", "Mine"]
    assert card["data"]["sets"][1]["licence"] == "the trainer's own images"
    assert (card["budget"]["steps"], card["budget"]["search_seconds"], card["commit"]) == (1000, 3700.0, "c0ffee")
    assert card["weights_sha256"] == sha256_file(folder / "weights.safetensors")
    text = (folder / "card.md").read_text()
    for part in (
        "| Set5 | 1 | 33.00 / 0.9300 | 33.50 / 0.9300 | +0.50 dB |",
        "1,000 steps in 1 min 1 s",
        "searched in 1 h 1 min (preset `demo`)",
        "--scale 2 --model dlsr_lite_x2",
        "EmbeddedTrain: CC0",
    ):
        assert part in text
    assert "Not better than bicubic" not in text


def test_a_card_begins_with_what_model_hubs_read(run: Run) -> None:
    run.make("dlsr_lite_x2")
    empty, head, rest = (zoo.FOLDER / "dlsr_lite_x2" / "card.md").read_text().split("---\n", 2)
    facts = yaml.safe_load(head)
    assert (empty, rest[:15]) == ("", "\n# dlsr_lite_x2")
    assert (facts["license"], facts["pipeline_tag"], facts["metrics"]) == ("mit", "image-to-image", ["psnr", "ssim"])
    assert {"super-resolution", "dlsr", "x2"} <= set(facts["tags"])
    (model,) = facts["model-index"]
    (result,) = model["results"]
    assert model["name"] == "dlsr_lite_x2"
    assert result["task"]["type"] == "image-to-image"
    assert result["dataset"] == {"type": "set5", "name": "Set5"}
    assert {metric["type"]: metric["value"] for metric in result["metrics"]} == {"psnr": 33.5, "ssim": 0.93}


def test_an_infinite_metric_is_no_number_for_model_hubs(run: Run) -> None:
    document = read_json(run.ours)
    document["mean"]["psnr"] = document["images"][0]["values"]["psnr"] = None
    write_json(run.ours, document)
    run.make("dlsr_a_x2")
    facts = yaml.safe_load((zoo.FOLDER / "dlsr_a_x2" / "card.md").read_text().split("---\n")[1])
    assert [metric["type"] for metric in facts["model-index"][0]["results"][0]["metrics"]] == ["ssim"]


def test_a_card_names_lookalikes_of_its_own_sets(run: Run) -> None:
    pairs = [("Set5/baby", "Mine/child"), ("Set5/baby", "Other/child"), ("Set14/face", "Mine/face")]
    near = [{"test": test, "train": train, "distance": 9} for test, train in pairs]
    inspection = run.put("inspection", train=["Mine", "Other"], test=["Set5", "Set14"], lookalikes=near)
    run.make("dlsr_lite_x2", "--inspection", inspection)
    folder = zoo.FOLDER / "dlsr_lite_x2"
    assert read_json(folder / "card.json")["data"]["lookalikes"] == near[:1]
    assert (folder / "card.md").read_text().count("looks like the training image") == 1


def test_a_card_shows_the_training_curve(run: Run) -> None:
    history = run.folder / "x2.csv"
    history.write_text("step,loss,lr,seconds\n50,9.5,0.001,1.0\n100,7.25,0.0005,2.0\n")
    assert read_curve(history) == [(50, 9.5), (100, 7.25)]
    run.make("dlsr_lite_x2", "--history", history)
    folder = zoo.FOLDER / "dlsr_lite_x2"
    first = (folder / "curve.png").read_bytes()
    assert Image.open(folder / "curve.png").width > 600
    assert "![Loss against steps](curve.png)" in (folder / "card.md").read_text()
    run.make("dlsr_lite_x2", "--history", history)
    assert (folder / "curve.png").read_bytes() == first
    history.write_text("step,loss\n50,9.5\n100,2.5\n")
    run.make("dlsr_lite_x2", "--history", history)
    assert (folder / "curve.png").read_bytes() != first


@pytest.mark.parametrize("text", ["", "step,loss\n", "step,loss\n1,nan\n", "step,loss\n1,\n", "a,b\n1,2\n", "{}"])
def test_a_file_that_is_no_history_is_refused(
    run: Run, text: str, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    history = tmp_path / "x2.csv"
    history.write_text(text)
    out = zoo.FOLDER / "dlsr_lite_x2"
    assert main([str(part) for part in run.command("dlsr_lite_x2", out, "--history", history)]) == 1
    assert "x2.csv: " in capsys.readouterr().err
    assert not out.exists()


def test_a_variants_own_seed_is_the_cards(run: Run) -> None:
    run.record = run.put("record", **RECORD | {"seed": 9}, model="dlsr", scale=2)
    run.make("dlsr_seed9_x2")
    assert "Seed: 9." in (zoo.FOLDER / "dlsr_seed9_x2" / "card.md").read_text()


def test_the_same_files_give_the_same_entry(run: Run) -> None:
    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (zoo.FOLDER / "dlsr_a_x2").iterdir()}

    run.make("dlsr_a_x2")
    before = content()
    run.make("dlsr_a_x2")
    assert content() == before
    assert b"given, not searched" in before["card.md"]


def test_a_card_admits_weights_below_bicubic(tmp_path: Path, run: Run) -> None:
    Run(tmp_path / "worse", gain=-0.1).make("dlsr_bad_x2")
    assert "**Not better than bicubic on Set5.**" in (zoo.FOLDER / "dlsr_bad_x2" / "card.md").read_text()


@pytest.mark.parametrize(
    ("network", "bicubic", "shown"),
    [(None, 33.0, "| +∞ dB |"), (33.0, None, "| −∞ dB |"), (None, None, "| – dB |")],
)
def test_a_card_shows_infinite_quality(
    tmp_path: Path, run: Run, network: float | None, bicubic: float | None, shown: str
) -> None:
    for file, psnr in ((run.ours, network), (run.bicubic, bicubic)):
        document = read_json(file)
        document["mean"]["psnr"] = document["images"][0]["values"]["psnr"] = psnr
        write_json(file, document)
    run.make("dlsr_a_x2")
    assert shown in (zoo.FOLDER / "dlsr_a_x2" / "card.md").read_text(encoding="utf-8")


def test_models_are_found_by_name_by_method_and_by_file(tmp_path: Path, run: Run) -> None:
    Run(tmp_path / "mran", "mran").make("mran_a_x2")
    run.make("dlsr_z_x2")
    Run(tmp_path / "x3", scale=3).make("dlsr_a_x3")
    assert zoo.names() == ["dlsr_z_x2", "dlsr_a_x3", "mran_a_x2"]
    assert zoo.default(2).name == "dlsr_z_x2"  # as good as the other, and the first
    assert zoo.find("mran_a_x2").weights == zoo.FOLDER / "mran_a_x2" / "weights.safetensors"
    assert zoo.find("mran").name == "mran_a_x2"
    assert zoo.find("dlsr", 3).name == "dlsr_a_x3"
    assert zoo.find(str(run.weights)).weights == run.weights
    for message, wanted, scale in (
        (r"neither a model of the zoo nor a weights file\. Models of the zoo: dlsr_z_x2, ", "dlsr_y_x2", None),
        ("could be dlsr_z_x2, dlsr_a_x3. Name one of them", "dlsr", None),
        ("a model for x2, but --scale is 4", "mran_a_x2", 4),
    ):
        with pytest.raises(UserError, match=message):
            zoo.find(wanted, scale)
    with pytest.raises(UserError, match="no model for x4: the zoo has only dlsr_z_x2, dlsr_a_x3, mran_a_x2"):
        zoo.default(4)


def test_the_default_is_the_best_on_the_sets_that_all_cards_share(tmp_path: Path, run: Run) -> None:
    run.make("dlsr_a_x2")
    better = Run(tmp_path / "better", "mran", gain=0.7)
    better.make("mran_a_x2")
    assert zoo.default(2).name == "mran_a_x2"
    card = zoo.FOLDER / "dlsr_a_x2" / "card.json"
    document = read_json(card)
    easy = document["test_sets"]["Set5"] | {"network": {"psnr": None, "ssim": 1.0}}
    write_json(card, document | {"test_sets": document["test_sets"] | {"Easy": easy}})
    assert zoo.default(2).name == "mran_a_x2"
    write_json(card, document | {"test_sets": {"Set5": easy}})
    assert zoo.default(2).name == "dlsr_a_x2"


def test_upscale_takes_the_default_and_export_a_name(tmp_path: Path, run: Run, photo: np.ndarray, capsys) -> None:
    run.make("dlsr_a_x2")
    image = save_image(tmp_path / "a.png", photo[:30, :40])
    assert main(["upscale", str(image), str(tmp_path / "b.png"), "--device", "cpu", "--threads", "1"]) == 0
    assert capsys.readouterr().out == "1 image enlarged x2 by dlsr_a_x2 on cpu\n"
    assert Image.open(tmp_path / "b.png").size == (80, 60)
    out = tmp_path / "m.pt"
    assert main(["export", "--model", "dlsr_a_x2", "--format", "torchscript", "--out", str(out)]) == 0
    assert out.is_file()


def test_a_damaged_entry_is_named(run: Run) -> None:
    run.make("dlsr_a_x2")
    card = zoo.FOLDER / "dlsr_a_x2" / "card.json"
    whole = card.read_text()
    other = json.loads(whole) | {"name": "other"}
    for message, text in (
        ("not a JSON document", "{"),
        (r"card\.json: invalid model card: .*\. Recreate it with: python -m sr card", "[]"),
        ("invalid model card: .*key 'title' is missing", json.dumps({k: v for k, v in other.items() if k != "title"})),
        ("name 'other' is not its folder's", json.dumps(other)),
    ):
        card.write_text(text)
        with pytest.raises(UserError, match=message):
            zoo.models()
    card.write_text(whole)
    (card.parent / "weights.safetensors").unlink()
    with pytest.raises(UserError, match=r"the folder has no weights\.safetensors"):
        zoo.models()


def test_files_that_do_not_belong_together_are_refused(
    run: Run, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = zoo.FOLDER / "dlsr_a_x2"

    def says(message: str, name: str = "dlsr_a_x2") -> None:
        assert message in refused(capsys, *run.command(name, out))
        assert not out.exists()

    says("must have the form <words>_x2", "Dlsr_a_x2")
    says("must have the form <words>_x2", "dlsr_a_x3")
    says("the folder must be called dlsr_b_x2", "dlsr_b_x2")
    digest = sha256_file(run.weights)
    run.metrics("ours", "dlsr", "0" * 64, 33.5)
    says("measured with other weights")
    run.metrics("ours", "dlsr", digest, 33.5, data_digest="f")
    says("no bicubic metrics of the same images of Set5")
    run.metrics("ours", "bicubic", None, 33.5)
    says("none of the files was measured with --weights")
    run.put("ours", model="dlsr")
    says("key 'scale' is missing. Recreate it with: python -m sr evaluate")
    run.metrics("ours", "dlsr", digest, 33.5)
    run.put("record", **RECORD, model="dlsr", scale=3)
    says("not the record of dlsr's training at x2")
    run.put("record", model="dlsr", scale=2, steps=1)
    says("is missing. Give the record of retrain --record")
    run.put("record", **RECORD, model="dlsr", scale=2)
    counts = read_json(run.counts)
    counts["scales"]["2"]["params"] += 1
    write_json(run.counts, counts)
    says("does not count the network of --weights")
    counts["scales"] = {}
    write_json(run.counts, counts)
    says("no counts for x2")
    monkeypatch.setattr(cards, "MOST_BYTES", 1000)
    says("bytes, more than 1,000. Give the zoo a smaller network")


def test_the_papers_networks_fit_into_the_zoo(tmp_path: Path) -> None:
    from sr.nas.genotype import read_genotype
    from tests.conftest import REPO

    for name, wide in (("dlsr", {"channels": 48}), ("mran", {"channels": 64, "blocks": 5, "search_blocks": 4})):
        method, config = SMALL[name]
        genotype = read_genotype(REPO / "data" / "genotypes" / f"{name}.json", method.genotype_type)
        with torch.random.fork_rng():
            network = method.network(genotype, config.replace(**wide), 2)
        save_weights(tmp_path / name, network, method, genotype, config.replace(**wide), 2)
        assert (tmp_path / name).stat().st_size <= cards.MOST_BYTES
