"""params.yaml: closed, bounded, described; every mistake is one line that names the key."""

import copy
from datetime import date
from pathlib import Path

import pytest
import yaml

from sr.core import config, formats
from sr.core.errors import UserError
from sr.core.genotype_files import alike, base_genotype, genotype_file
from sr.core.sections import Adam, PatchPerScale, Schedule, StepsPerScale
from tests.conftest import REPO

PRESETS = REPO / "workflow" / "presets"


@pytest.fixture
def raw() -> dict:
    return yaml.safe_load((PRESETS / "demo.yaml").read_text())


@pytest.mark.parametrize("name", ["smoke", "demo", "paper"])
def test_presets_are_complete_and_valid(name: str) -> None:
    assert config.load(PRESETS / f"{name}.yaml").preset == name


def test_params_ship_equal_to_demo() -> None:
    assert (REPO / "params.yaml").read_bytes() == (PRESETS / "demo.yaml").read_bytes()


def test_every_key_is_described_and_every_section_closed() -> None:
    kinds, keys = [config.file_type()], 0
    while kinds:
        kind = kinds.pop()
        assert kind.model_config["extra"] == "forbid", kind
        for name, field in kind.model_fields.items():
            assert field.description, f"{kind.__name__}.{name}"
            kinds += formats.models_in(field.annotation)
            keys += 1
    assert keys > 100


def test_a_method_without_declared_keys_is_refused() -> None:
    message = r"sr/methods/plain/schema\.py: no class Network\. Declare the keys of plain\.network there"
    with pytest.raises(UserError, match=message):
        config.network_type("plain")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("dlsr.retrain.lrr", 0.1, r"dlsr\.retrain: unknown key 'lrr'; did you mean 'lr'\?"),
        ("colour", 1, r"\(top level\): unknown key 'colour'; known keys: preset, seed"),
        ("dlsr.retrain.lr", "1e-4", r"dlsr\.retrain\.lr: \"1e-4\": input should be a valid number; .*write 1\.0e-4"),
        ("dlsr.retrain.lr", 0, r"dlsr\.retrain\.lr: 0: input should be greater than 0 \(learning rate"),
        ("dlsr.retrain.lr", None, r"dlsr\.retrain\.lr: null: input should be a valid number"),
        ("scales", [2, 5], r"scales\.1: 5: input should be 2, 3 or 4"),
        ("scales", [3, 4], r"scales: \[3, 4\] does not contain 2"),
        ("seed", -1, r"seed: -1: input should be greater than or equal to 0"),
        ("device", "gpu", r"device: \"gpu\": input should be 'auto', 'cpu' or 'cuda'"),
        ("dlsr.train", [], r"dlsr\.train: list should have at least 1 item \(training sets"),
        ("data.test", ["EmbeddedTrain"], r"dlsr\.train: EmbeddedTrain is also a test set"),
        ("dlsr.retrain.devices", 0, r"dlsr\.retrain\.devices: 0: input should be greater than or equal to 1"),
        ("dlsr.retrain.devices", 1.5, r"dlsr\.retrain\.devices: 1\.5: input should be a valid integer"),
        ("dlsr.retrain.devices", 3, r"dlsr\.retrain\.devices: 3 does not divide retrain\.batch \(8\)\. Give each"),
        (
            "dlsr.variants",
            {"a": {"genotype_of": "dlsr", "retrain": {"devices": 5}}},
            r"dlsr\.variants\.a\.retrain\.devices: 5 does not divide retrain\.batch \(8\)",
        ),
        ("methods", ["dslr"], r"methods\.0: \"dslr\": input should be 'dlsr', 'lads' or 'mran'"),
        ("dlsr.network.cell", 6, r"dlsr\.network: unknown key 'cell'; did you mean 'cells'\?"),
        ("dlsr.variants", {"a": {"sede": 1}}, r"dlsr\.variants\.a: unknown key 'sede'; did you mean 'seed'"),
        ("dlsr.variants", {"a": {"network": {"channel": 18}}}, r"dlsr\.variants\.a\.network: unknown key 'channel'"),
        (
            "dlsr.variants",
            {"a": {"network": {"channels": 2}}},
            r"dlsr\.variants\.a\.network\.channels: 2: input",
        ),
        ("dlsr.variants", {"a": {"genotype_of": "b"}}, r"dlsr\.variants\.a\.genotype_of: 'b' is not a model of dlsr"),
        (
            "dlsr.variants",
            {"a": {"search": {"steps": 20}}},
            r"dlsr\.variants\.a\.search\.warmup_steps: 20 must be below",
        ),
        ("data.releases", {"dlsr": {}}, r"data\.releases: input should be a valid list"),
        ("data.releases", ["a.pt", "a.pt"], r"data\.releases: 'a\.pt' occurs twice"),
        ("data.peers", ["a.onnx"], r"data\.peers: input should be a mapping of keys to values \(other networks"),
        ("data.peers", {"A": {"x2": "a.onnx"}}, r'data\.peers\.A: "A": string should match pattern'),
        ("data.peers", {"a": {}}, r"data\.peers\.a: has no file\. Give one for x2, x3 or x4"),
        (
            "data.peers",
            {"a": {"x5": "a.onnx"}},
            r"data\.peers\.a: unknown key 'x5'; known keys: label, year, x2",
        ),
        ("data.peers", {"a": {"x2": {"fil": "a"}}}, r"data\.peers\.a\.x2: unknown key 'fil'; did you mean 'file'\?"),
        ("data.peers", {"a": {"x2": 3}}, r"data\.peers\.a\.x2: 3: input should be a mapping"),
        ("data.peers", {"a": {"x2": "{x}.onnx"}}, r'data\.peers\.a\.x2\.file: "\{x\}\.onnx": '),
        (
            "data.peers",
            {"a": {"x2": {"file": "a", "pixels": "RGB"}}},
            r"data\.peers\.a\.x2\.pixels: \"RGB\": input",
        ),
        (
            "data.peers",
            {"a": {"x2": {"file": "a.pth", "pixels": "RGB 0..1"}}},
            r"data\.peers\.a\.x2: pixels is for ONNX files\. Leave it out",
        ),
        ("data.peers", {"a": {"x2": "a", "label": "a\nb"}}, r"data\.peers\.a\.label: "),
        ("data.peers", {"mran": {"x2": "a"}}, r"data\.peers\.mran: mran is a method already\. Choose another name"),
        ("data.peers", {"dlsr_s": {"x2": "a"}}, r"data\.peers\.dlsr_s: dlsr_s is a variant of dlsr already"),
        (
            "data.peers",
            {"dlsr_seed1": {"x2": "a"}},
            r"data\.peers\.dlsr_seed1: dlsr_seed1 is a model of this run",
        ),
        ("data.peers", {"bicubic": {"x2": "a"}}, r"data\.peers\.bicubic: bicubic is the baseline already"),
        (
            "data.peers",
            {"a_released": {"x2": "a"}},
            r"data\.peers\.a_released: such names are reserved for the authors'",
        ),
        (
            "data.peers",
            {"reference_a": {"x2": "a"}},
            r"data\.peers\.reference_a: such names are reserved for tables of",
        ),
        ("data.releases", ["{x}.pt"], r'data\.releases\.0: "\{x\}\.pt": '),
        (
            "dlsr.variants",
            {"dlsr_released": {}},
            r"dlsr\.variants\.dlsr_released: such names are reserved for the authors' weights",
        ),
        (
            "mran.variants",
            {"dlsr_released": {}},
            r"mran\.variants\.dlsr_released: such names are reserved for the authors' weights",
        ),
        ("dlsr.network.pixel_range", True, r"dlsr\.network\.pixel_range: true: input should be a valid integer"),
        (
            "data.folders",
            {"9x": "a"},
            r"data\.folders\.9x: \"9x\": string should match pattern .*\(folders of",
        ),
        ("evaluate.tile", 10, r"evaluate\.tile: 10: input should be 0 or at least 48"),
        (
            "evaluate.crop_border",
            "size",
            r"evaluate\.crop_border: \"size\": input should be 'scale' or an integer .*\(pixels cut",
        ),
        ("dlsr.search.seeds", [0, 0], r"dlsr\.search\.seeds: 0 occurs twice"),
        ("dlsr.search.seeds", [0, "1"], r"dlsr\.search\.seeds\.1: \"1\": input should be a valid integer"),
        ("dlsr.search.seeds", 3, r"dlsr\.search\.seeds: 3: input should be a valid list"),
        ("dlsr.search.seeds", [1, 2], r"dlsr\.search\.seeds: \[1, 2\] lacks the run's own seed, 0\. Add it or give"),
        ("seed", 7, r"dlsr\.search\.seeds: \[0, 1, 2\] lacks the run's own seed, 7\. Add it"),
        ("dlsr.search.seed_scales", [], r"dlsr\.search\.seed_scales: list should have at least 1 item"),
        ("dlsr.search.seed_scales", [5], r"dlsr\.search\.seed_scales\.0: 5: input should be 2, 3 or 4"),
        ("dlsr.variants", {1: {}}, r"dlsr\.variants\.1: 1: input should be a valid string"),
        ("dlsr.variants", {True: {}}, r"dlsr\.variants\.\S+: true: input should be a valid string"),
        ("dlsr.variants", {None: {}}, r"dlsr\.variants\.None: null: input should be a valid string"),
        ("dlsr.variants", {date(2020, 1, 1): {}}, r"dlsr\.variants\..+: \"2020-01-01\": input should be a valid"),
        ("dlsr.variants", {"a" * 300: {}}, r"dlsr\.variants\.a+: \"a+\": string should have at most 80 characters"),
        ("dlsr.variants", {"dlsr": {}}, r"dlsr\.variants\.dlsr: dlsr is a method already\. Choose another name"),
        ("dlsr.variants", {"mran": {}}, r"dlsr\.variants\.mran: mran is a method already"),
        ("dlsr.variants", {"bicubic": {}}, r"dlsr\.variants\.bicubic: bicubic is the baseline already"),
        (
            "mran.variants",
            {"operations_dlsr": {}},
            r"mran\.variants\.operations_dlsr: such names are reserved for tables",
        ),
        (
            "mran.variants",
            {"reference_mran": {}},
            r"mran\.variants\.reference_mran: such names are reserved for tables",
        ),
        (
            "dlsr.variants",
            {"a": {"genotype_of": "dlsr", "network": {"cells": 5}}},
            r"dlsr\.variants\.a\.network\.cells: 5, but the search of dlsr, whose genotype it takes, has 6\. Give both",
        ),
        (
            "mran.variants",
            {"a": {"genotype_of": "mran", "network": {"asb_nodes": 3, "block": "mrab"}}},
            r"mran\.variants\.a\.network\.asb_nodes: 3, but the search of mran, whose genotype it takes, has 4\. Give",
        ),
        ("dlsr.variants", {"dlsr_seed1": {}}, r"dlsr\.variants\.dlsr_seed1: this name is reserved for a repetition"),
        ("mran.variants", {"dlsr_seed9": {}}, r"mran\.variants\.dlsr_seed9: this name is reserved for a repetition"),
        ("dlsr.variants", {"a_draw2": {}}, r"dlsr\.variants\.a_draw2: this name is reserved for a repetition"),
        ("dlsr.variants", {"a": {"search": {"seeds": 3}}}, r"dlsr\.variants\.a\.search\.seeds: 3: input should be a"),
        (
            "dlsr.variants",
            {"a": {"search": {"seeds": [1]}}},
            r"dlsr\.variants\.a\.search\.seeds: \[1\] lacks the model's",
        ),
        (
            "dlsr.variants",
            {"a": {"genotype_of": "dlsr", "search": {"seeds": [0, 9]}}},
            r"dlsr\.variants\.a\.search\.seeds: dlsr is not searched with seed 9\. Add it",
        ),
        (
            "dlsr.variants",
            {"a": {"retrain": {"genotype": "published"}, "search": {"seeds": [0, 1]}}},
            r"dlsr\.variants\.a\.search\.seeds: the genotype is published, so there is no search to repeat",
        ),
        (
            "dlsr.variants",
            {"a": {"retrain": {"genotype": "random"}}},
            r"dlsr\.variants\.a\.retrain\.genotype: random and",
        ),
        ("dlsr.retrain.genotype", "random", r"dlsr\.retrain\.genotype: random and the section random"),
        (
            "dlsr.variants",
            {"a": {"random": {"draws": 2}}},
            r"dlsr\.variants\.a\.retrain\.genotype: random and the section",
        ),
        (
            "dlsr.variants",
            {"a": {"random": {"draws": 0}, "retrain": {"genotype": "random"}}},
            r"dlsr\.variants\.a\.random\.draws: 0: input should be greater",
        ),
        (
            "dlsr.variants",
            {"a": {"random": {"draws": 2, "like": "mran"}, "retrain": {"genotype": "random"}}},
            r"dlsr\.variants\.a\.random\.like: 'mran' is no searched or given model of dlsr",
        ),
        (
            "dlsr.variants",
            {"a": {"random": {"draws": 2}, "retrain": {"genotype": "random", "seeds": [0, 1]}}},
            r"dlsr\.variants\.a\.retrain\.seeds: each random draw has a seed of its own",
        ),
        (
            "dlsr.variants",
            {"a": {"genotype_of": "b"}, "b": {"retrain": {"genotype": "published"}}},
            r"dlsr\.variants\.a\.genotype_of: the genotype of 'b' is published\. Name a searched one",
        ),
        (
            "dlsr.variants",
            {"a": {"genotype_of": "dlsr_seed1", "search": {"seeds": [0, 1]}}},
            r"dlsr\.variants\.a\.genotype_of: 'dlsr_seed1_seed1' is not a model of dlsr",
        ),
        (
            "dlsr.variants",
            {"a": {"genotype_of": "b"}, "b": {"random": {"draws": 2, "like": "a"}, "retrain": {"genotype": "random"}}},
            r"dlsr\.variants\.b\.random\.like: 'a' is no searched or given model of dlsr",
        ),
        (
            "dlsr.variants",
            {"a": {"genotype_of": "dlsr", "random": {"draws": 2}, "retrain": {"genotype": "random"}}},
            r"dlsr\.variants\.a\.genotype_of: a genotype that is drawn at random comes from no search",
        ),
        (
            "dlsr.variants",
            {"a": {"seed": 2**32 - 1, "random": {"draws": 2}, "retrain": {"genotype": "random"}}},
            r"dlsr\.variants\.a\.seed: 4294967296: input should be less than or equal to 4294967295",
        ),
        (
            "dlsr.variants",
            {"a": {"genotype": {"method": "mran"}, "genotype_of": "dlsr"}},
            r"dlsr\.variants\.a\.genotype\.method: is of the whole genotype, and no part to replace",
        ),
        (
            "dlsr.variants",
            {"a": {"genotype": {"inputs": 5}, "retrain": {"genotype": "published"}}},
            r"dlsr\.variants\.a\.retrain\.genotype: data/genotypes/dlsr\.json with the key genotype of a is",
        ),
        ("dlsr.variants", {"a": {"genotype": {"inputs": []}}}, r"dlsr\.variants\.a\.genotype: replaces parts of a"),
        ("dlsr.search.warmup_steps", 200, r"dlsr\.search\.warmup_steps: 200 must be below steps \(200\)"),
        ("dlsr.search.cost", "params", r"dlsr\.search: cost and cost_target need each other"),
        ("dlsr.search.cost_target", 300, r"dlsr\.search: cost and cost_target need each other"),
        ("dlsr.search.cost_target", 0, r"dlsr\.search\.cost_target: 0: input should be greater than 0"),
        ("mran.search.cost", "flops", r"mran\.search\.cost: \"flops\": input should be 'none', 'params'"),
        ("dlsr.search.hr_patch", 33, r"dlsr\.search\.hr_patch: 33: input should be a multiple of 2"),
        (
            "dlsr.retrain.lr_schedule",
            {"kind": "halve", "warmup": 0},
            r"dlsr\.retrain\.lr_schedule: key 'every' is missing",
        ),
        (
            "dlsr.retrain.lr_schedule",
            {"kind": "cosine", "warmup": 0, "every": 5},
            r"dlsr\.retrain\.lr_schedule: unknown key 'every'",
        ),
    ],
)
def test_a_wrong_parameter_is_named_in_one_line(raw: dict, path: str, value: object, message: str) -> None:
    *parents, leaf = path.split(".")
    changed = copy.deepcopy(raw)
    node = changed
    for key in parents:
        node = node[key]
    node[leaf] = value
    with pytest.raises(UserError, match="params.yaml: " + message) as error:
        config.check(changed)
    assert "\n" not in str(error.value)


def test_a_missing_parameter_is_named(raw: dict) -> None:
    del raw["dlsr"]["search"]["mu_hfen"]
    with pytest.raises(UserError, match=r"dlsr\.search: key 'mu_hfen' is missing"):
        config.check(raw)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("seed: 1\nseed: 2\n")
    with pytest.raises(UserError, match="key 'seed' occurs twice"):
        config.load(path)


@pytest.mark.parametrize("text", ["a: [", "\x00", "- 1", ""])
def test_what_is_no_parameter_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"params\.yaml: "):
        config.load(path)


def test_a_limit_on_the_cost_is_off_unless_a_model_has_one(raw: dict) -> None:
    raw["dlsr"]["variants"] = {"light": {"search": {"cost": "params", "cost_target": 300}}}
    main, light = (config.check(raw).models[name].search for name in ("dlsr", "light"))
    assert (main.cost, main.cost_target, light.cost, light.cost_target) == ("none", None, "params", 300)
    raw["dlsr"]["search"] |= {"cost": "mult_adds", "cost_target": 60.5}
    raw["dlsr"]["variants"] = {"free": {"search": {"cost": "none", "cost_target": None}}}
    main, free = (config.check(raw).models[name].search for name in ("dlsr", "free"))
    assert (main.cost, main.cost_target, free.cost, free.cost_target) == ("mult_adds", 60.5, "none", None)


def test_a_variant_changes_what_it_names_and_nothing_else(raw: dict) -> None:
    raw["dlsr"]["variants"] = {"small": {"scales": [2, 4], "genotype_of": "dlsr", "network": {"channels": 18}}}
    params = config.check(raw)
    main, small = params.models["dlsr"], params.models["small"]
    assert (small.method, small.scales, small.genotype_of) == ("dlsr", [2, 4], "dlsr")
    assert small.network == main.network.replace(channels=18)
    assert (small.search, small.retrain, small.seed) == (main.search, main.retrain, main.seed)
    with pytest.raises(UserError, match="unknown model 'tiny'. Models of params.yaml: dlsr, small"):
        params.model("tiny")


@pytest.mark.parametrize("method", ["dlsr", "mran"])
@pytest.mark.parametrize("count", [3, 50])
def test_each_further_seed_is_a_model_of_its_own(raw: dict, method: str, count: int) -> None:
    raw[method]["search"].update(seeds=list(range(count)), seed_scales=[2, 4])
    found = config.check(raw).models
    repeats = [f"{method}_seed{seed}" for seed in range(1, count)]
    assert [name for name in found if name.startswith(f"{method}_seed")] == repeats
    main = found[method]
    assert (main.seed, main.scales) == (0, [2, 3, 4])
    for seed, name in enumerate(repeats, 1):
        own = {"name": name, "genotype_of": name, "seed": seed, "scales": [2, 4]}
        assert found[name] == main.replace(**own)


@pytest.mark.parametrize("seeds", [[], [0]])
def test_no_further_seed_is_one_search(raw: dict, seeds: list[int]) -> None:
    raw["dlsr"]["search"]["seeds"] = seeds
    assert [name for name in config.check(raw).models if "_seed" in name] == []


def test_the_runs_own_seed_is_the_methods_model_wherever_it_stands(raw: dict) -> None:
    raw["seed"] = 7
    raw["dlsr"]["search"]["seeds"] = [5, 7, 6]
    found = config.check(raw).models
    assert found["dlsr"].seed == 7
    assert [name for name in found if "_seed" in name] == ["dlsr_seed5", "dlsr_seed6"]


def test_the_seeds_of_a_method_that_is_not_listed_may_be_others(raw: dict) -> None:
    raw["seed"], raw["methods"] = 7, ["mran"]
    assert config.check(raw).models["mran"].seed == 7


def test_another_list_of_seeds_changes_no_search(raw: dict) -> None:
    """Snakemake repeats a search if what is said of its model changes."""
    before = config.check(raw).models
    raw["dlsr"]["search"].update(seeds=[0, 1, 2, 3], seed_scales=[2, 3])
    after = config.check(raw).models
    assert after["dlsr"] == before["dlsr"]
    assert after["dlsr_seed1"] == before["dlsr_seed1"].replace(scales=[2, 3])


def test_a_variant_is_repeated_by_its_own_seeds_alone(raw: dict) -> None:
    raw["dlsr"]["search"]["seeds"] = [0, 1, 2]
    raw["dlsr"]["variants"] = {
        "searching": {"scales": [2], "search": {"seeds": [0, 5]}},
        "narrow": {"genotype_of": "dlsr", "network": {"channels": 8}, "search": {"seeds": [0, 2]}},
        "fixed": {"retrain": {"genotype": "published", "seeds": [0, 7], "seed_scales": [2]}},
        "plain": {"genotype_of": "dlsr"},
    }
    models = config.check(raw).models
    facts = {name: (model.seed, model.scales, model.genotype_of, model.repeats) for name, model in models.items()}
    assert facts["searching_seed5"] == (5, [2], "searching_seed5", None)
    # The arm without a search of its own follows the search of the same seed.
    assert facts["narrow_seed2"] == (2, [2, 3, 4], "dlsr_seed2", None)
    assert models["narrow_seed2"].network.channels == 8
    assert facts["fixed_retrain7"] == (7, [2], "fixed", "fixed")
    assert genotype_file(models, "fixed_retrain7") == genotype_file(models, "fixed") == "data/genotypes/dlsr.json"
    assert [name for name in models if name.startswith("plain")] == ["plain"]
    assert {name for name, model in models.items() if model.searches} == {
        *("dlsr", "dlsr_seed1", "dlsr_seed2", "searching", "searching_seed5", "mran")
    }


def test_the_training_alone_is_repeated_with_one_genotype(raw: dict) -> None:
    raw["dlsr"]["search"]["seeds"] = []
    raw["dlsr"]["retrain"].update(seeds=[0, 1], seed_scales=[2])
    models = config.check(raw).models
    assert (models["dlsr_retrain1"].seed, models["dlsr_retrain1"].scales) == (1, [2])
    assert genotype_file(models, "dlsr_retrain1") == genotype_file(models, "dlsr") == "results/genotype/dlsr.json"
    assert not models["dlsr_retrain1"].searches


def test_each_random_draw_is_a_model_with_a_genotype_and_a_seed_of_its_own(raw: dict) -> None:
    raw["seed"] = 4
    raw["dlsr"]["search"]["seeds"] = [4, 5]
    raw["dlsr"]["variants"] = {
        "chance": {"random": {"draws": 3, "like": "dlsr", "within": 5}, "retrain": {"genotype": "random"}},
        "wired": {"genotype_of": "dlsr", "genotype": {"cell": ["conv_3x3"] * 3}, "search": {"seeds": [4, 5]}},
    }
    models = config.check(raw).models
    assert [(name, model.seed) for name, model in models.items() if model.random] == [
        *(("chance", 4), ("chance_draw2", 5), ("chance_draw3", 6))
    ]
    assert genotype_file(models, "chance_draw3") == "results/genotype/chance_draw3.json"
    assert alike(models, "chance_draw2") == ["dlsr", "dlsr_seed5"]
    assert base_genotype(models["wired_seed5"]) == "results/genotype/dlsr_seed5.json"
    assert genotype_file(models, "wired_seed5") == "results/genotype/wired_seed5.json"


def test_paper_preset_holds_the_published_numbers() -> None:
    """DLSR, appendix A."""
    dlsr = config.load(PRESETS / "paper.yaml").models["dlsr"]
    assert (dlsr.network.channels, dlsr.network.cells) == (48, 6)
    assert dlsr.train == ["DIV2K", "Flickr2K"]
    search, retrain = dlsr.search, dlsr.retrain
    assert (search.steps, search.warmup_steps, search.batch, search.hr_patch) == (200_000, 20_000, 64, 64)
    assert search.theta == Adam(lr=3e-4, beta1=0.9, beta2=0.999, weight_decay=1e-8)
    assert search.arch == Adam(lr=3e-4, beta1=0.5, beta2=0.999, weight_decay=1e-8)
    assert (search.lambda_train, search.lambda_val) == (1.0, 1.0)
    assert (search.mu_hfen, search.gamma_params) == (0.2, 0.2)
    assert search.validation_images == 450
    assert retrain.steps == StepsPerScale(x2=2_000_000, x3=2_000_000, x4=2_000_000)
    assert retrain.hr_patch == PatchPerScale(x2=128, x3=192, x4=256)
    assert (retrain.batch, retrain.lr, retrain.mu_hfen, retrain.leave_out) == (32, 3e-4, 0.2, 0)
    assert retrain.lr_schedule == Schedule(kind="halve", warmup=0, every=400_000)


def test_a_method_that_is_not_listed_needs_no_section(raw: dict) -> None:
    """So that files from before a method was added still load."""
    listed = config.check(raw)
    del raw["lads"]
    assert config.check(raw).models == listed.models
    raw["methods"] = ["dlsr", "lads"]
    with pytest.raises(
        UserError, match=r"^params\.yaml: methods: 'lads' has no section\. Add the section lads, or do"
    ) as error:
        config.check(raw)
    assert "\n" not in str(error.value)
