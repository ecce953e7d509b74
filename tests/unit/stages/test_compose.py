"""Genotypes that are drawn at random or changed in parts."""

import copy
from pathlib import Path
from statistics import fmean

import pytest

from sr.core import config
from sr.core.config import PRESETS
from sr.core.errors import UserError
from sr.core.files import write_json
from sr.core.formats import write
from sr.core.yaml_files import read_yaml
from sr.methods import registry
from sr.methods.cost_table import CostTable
from sr.nas.cost import Costs
from sr.nas.derive import decide, evidence
from sr.nas.genotype import read_genotype, write_genotype
from sr.nas.random_genotype import draw
from sr.stages.compose import compose
from sr.stages.count import count_network
from tests.helpers.cli import refused
from tests.helpers.repository import REPO

METHODS = ("dlsr", "mran")
# The second draw of a variant of DLSR with seed 0.
PINNED = {
    "format": 1,
    "method": "dlsr",
    "cell": ["dil_conv_5x5", "sep_conv_3x3", "conv_7x7"],
    "inputs": [[1, 2], [1, 2], [1, 2], [1, 3]],
}


def params_with(variants: dict, method: str = "dlsr") -> config.Params:
    raw = copy.deepcopy(read_yaml(PRESETS / "demo.yaml"))
    raw[method]["search"]["seeds"] = []
    raw[method]["variants"] = variants
    return config.check(raw)


def chance(draws: int, **how: object) -> dict:
    return {"chance": {"random": {"draws": draws, **how}, "retrain": {"genotype": "random"}}}


def given(method: str) -> Path:
    return REPO / "data" / "genotypes" / f"{method}.json"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("by", ["params", "mult_adds"])
def test_every_draw_is_within_the_bound(tmp_path: Path, method: str, by: str) -> None:
    params = params_with(chance(4, like=method, within=8, by=by), method)
    target = count_network(params.model(method), str(given(method))).scales["2"]
    seen = []
    for name in ("chance", "chance_draw2", "chance_draw3", "chance_draw4"):
        out = tmp_path / f"{name}.json"
        compose(params, name, None, [(method, given(method))], out)
        size = count_network(params.model(name), str(out)).scales["2"]
        assert abs(getattr(size, by) - getattr(target, by)) <= 0.08 * getattr(target, by)
        seen.append(out.read_text())
    assert len(set(seen)) == 4


def test_the_bound_is_around_the_mean_of_several_searches(tmp_path: Path) -> None:
    params = params_with(chance(1, like="dlsr", within=3))
    light = {**_genotype("dlsr"), "cell": ["conv_1x1"] * 3}
    heavy = {**light, "cell": ["conv_3x3"] * 3}
    files = {"light": tmp_path / "light.json", "heavy": tmp_path / "heavy.json"}
    write_json(files["light"], light)
    write_json(files["heavy"], heavy)
    sizes = [count_network(params.model("dlsr"), str(file)).scales["2"].params for file in files.values()]
    compose(params, "chance", None, [("dlsr", file) for file in files.values()], tmp_path / "out.json")
    size = count_network(params.model("chance"), str(tmp_path / "out.json")).scales["2"].params
    assert abs(size - fmean(sizes)) <= 0.03 * fmean(sizes)


def test_the_same_seed_gives_the_same_genotype_on_any_machine(tmp_path: Path) -> None:
    """The stream is Python's own and pinned here."""
    compose(params_with(chance(2)), "chance_draw2", None, [], tmp_path / "out.json")
    genotype = read_genotype(tmp_path / "out.json", registry.find("dlsr").genotype_type)
    assert genotype.without_evidence() == PINNED


def test_all_options_have_the_same_chance() -> None:
    method = registry.find("dlsr")
    choices = method.choices(params_with({}).model("dlsr").network)
    cells = [draw(method.derive, choices, str(number), lambda *_: True) for number in range(3000)]
    first = [genotype.cell[0] for genotype in cells]
    # Nine options: mean 333, standard deviation 17.
    assert all(abs(first.count(name) - 333) < 5 * 17 for name in method.primitives)
    pairs = [tuple(genotype.inputs[-1]) for genotype in cells]
    assert len(set(pairs)) == 10
    assert all(abs(pairs.count(pair) - 300) < 5 * 17 for pair in set(pairs))


def test_parts_of_a_genotype_are_replaced(tmp_path: Path) -> None:
    params = params_with({"wide": {"genotype_of": "dlsr", "genotype": {"cell": ["conv_7x7"] * 3}}})
    compose(params, "wide", given("dlsr"), [], tmp_path / "out.json")
    genotype = read_genotype(tmp_path / "out.json", registry.find("dlsr").genotype_type)
    assert genotype.without_evidence() == {**_genotype("dlsr"), "cell": ["conv_7x7"] * 3}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cel": []}, "params.yaml: dlsr.variants.wide: genotype: unknown key 'cel'; did you mean 'cell'"),
        ({"cell": ["conv_9x9"] * 3}, 'genotype.cell.0: "conv_9x9": unknown operation. Choose from conv_1x1'),
        ({"inputs": []}, "genotype inputs: for a plain chain, but network.cells is 6"),
    ],
)
def test_parts_that_no_network_takes_are_refused_in_one_line(tmp_path: Path, changes: dict, message: str) -> None:
    params = params_with({"wide": {"genotype_of": "dlsr", "genotype": changes}})
    with pytest.raises(UserError, match=message.replace("(", r"\(")) as error:
        compose(params, "wide", given("dlsr"), [], tmp_path / "out.json")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out.json").exists()


@pytest.fixture
def latent(tmp_path: Path) -> tuple[config.Params, Path, Path]:
    """Return a run whose search has a limit in milliseconds, its genotype, and a table in which plain kernels cost."""
    raw = copy.deepcopy(params_with({}).raw)
    raw["dlsr"]["variants"] = chance(3, like="dlsr", within=4, by="latency")
    raw["dlsr"]["search"] |= {"cost": "latency", "cost_target": 30.0}
    params, method = config.check(raw), registry.find("dlsr")
    choices = method.choices(params.model("dlsr").network)
    options = {name: {o: 10.0 * o.startswith("conv") for o in choice.options} for name, choice in choices.items()}
    facts = {"scale": 2, "hr_size": [1280, 720], "device": "cpu", "processor": "Another", "threads": 1}
    facts |= {"versions": {"torch": "2"}, "warmup": 1, "rounds": 7, "networks": []}
    costs = Costs(kind="latency", fixed=5.0, options=options)
    network = params.model("dlsr").network.model_dump()
    write(tmp_path / "cost.json", CostTable(method="dlsr", network=network, costs=costs, **facts))
    uniform = {name: {o: 1 / len(c.options) for o in c.options} for name, c in choices.items()}
    cell = {"alpha_1": ["conv_7x7"], "alpha_2": ["conv_5x5"], "alpha_3": ["sep_conv_3x3"]}
    decisions = decide(uniform, choices) | cell
    genotype = method.derive(decisions).model_copy(update={"evidence": evidence(uniform, choices, decisions)})
    write_genotype(tmp_path / "g.json", genotype)
    return params, tmp_path / "g.json", tmp_path / "cost.json"


def test_draws_as_slow_as_a_searched_network(latent: tuple[config.Params, Path, Path], tmp_path: Path) -> None:
    """25 ms by the table are two plain convolutions."""
    params, genotype, table = latent
    for name in ("chance", "chance_draw2", "chance_draw3"):
        compose(params, name, None, [("dlsr", genotype)], tmp_path / "out.json", table)
        cell = read_genotype(tmp_path / "out.json", registry.find("dlsr").genotype_type).cell
        assert sum(operation.startswith("conv") for operation in cell) == 2


def test_latency_needs_a_table_and_what_a_search_kept(latent: tuple[config.Params, Path, Path], tmp_path: Path) -> None:
    params, genotype, table = latent
    with pytest.raises(UserError, match="chance: drawn by latency. Give --cost exactly for"):
        compose(params, "chance", None, [("dlsr", genotype)], tmp_path / "out.json")
    with pytest.raises(UserError, match="does not say what its search kept, so it has no latency"):
        compose(params, "chance", None, [("dlsr", given("dlsr"))], tmp_path / "out.json", table)
    for changes in ({"network": {"channels": 20}}, {"random": {"draws": 1, "by": "latency"}}):
        raw = copy.deepcopy(params.raw)
        raw["dlsr"]["variants"]["chance"] |= changes
        with pytest.raises(UserError, match="random.by: latency needs random.like, a model of the same network"):
            config.check(raw)
    raw = copy.deepcopy(params.raw)
    raw["dlsr"]["variants"]["chance"]["genotype"] = {"cell": ["conv_1x1"] * 3}
    with pytest.raises(UserError, match="genotype: a table of latencies knows only what is drawn"):
        config.check(raw)


def test_a_bound_that_no_genotype_meets_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sr.nas.random_genotype.TRIES", 20)
    monkeypatch.setattr("sr.stages.compose.TRIES", 20)
    params = params_with(chance(1, like="dlsr", within=1e-6))
    with pytest.raises(UserError, match=r"chance: 20 random genotypes, none within 1e-06 % of [\d,]+ params\. Raise"):
        compose(params, "chance", None, [("dlsr", given("dlsr"))], tmp_path / "out.json")


def _genotype(method: str) -> dict:
    kind = registry.find(method).genotype_type
    return read_genotype(given(method), kind).without_evidence()


def test_sizes_to_be_like_are_for_random_genotypes(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    genotype = REPO / "data/genotypes/dlsr.json"
    words = ["compose", "--params", REPO / "params.yaml", "--model", "dlsr", "--base", genotype]
    line = refused(capsys, *words, "--like", f"dlsr={genotype}", "--out", tmp_path / "g.json")
    assert "--like is for a genotype that is drawn at random, and dlsr's is not" in line
