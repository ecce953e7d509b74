"""The bilevel step, derivation, and repeatability of search and retraining."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sr.cli.main import main
from sr.core.config import PRESETS, Params
from sr.core.errors import UserError
from sr.core.files import CsvLog, read_json
from sr.core.sections import Adam, StepsPerScale
from sr.data.packed import Pairs
from sr.evaluate.complexity import parameters
from sr.methods import registry
from sr.methods.cost import counted
from sr.methods.dlsr.network import METHOD, PRIMITIVES, Network
from sr.nas.bilevel import Objective, SearchStep, frozen, weights_of
from sr.nas.derive import decide, entropy, evidence, strongest
from sr.nas.relaxation import Choice
from sr.stages.genotype import derive_genotype
from sr.stages.retrain import RetrainJob, kept, retrain
from sr.stages.search import SearchJob, search_architecture, split
from sr.train.losses import ReconstructionLoss


def objective() -> tuple[Objective, tuple, tuple]:
    torch.manual_seed(5)
    supernet = METHOD.supernet(Network(channels=4, cells=4, network_level=True, pixel_range=1), 2).double()
    with torch.no_grad():
        for logit in supernet.arch.logits.values():
            logit.normal_()
    train, validation = ((torch.rand(1, 3, 16, 16) * 255, torch.rand(1, 3, 32, 32) * 255) for _ in range(2))
    as_double = lambda batch: tuple(x.double() for x in batch)  # noqa: E731
    whole = Objective(supernet, ReconstructionLoss(0.2).double(), gamma=0.7, lambda_train=1.0, lambda_val=1.5)
    return whole, as_double(train), as_double(validation)


def architecture_gradients(whole: Objective, total: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(total, list(whole.supernet.arch.parameters()))


def test_architecture_gradient_agrees_with_finite_differences() -> None:
    """d (L_tr + lambda L_val) / dA, all 27 alpha and 5 beta, in double precision."""
    whole, train, validation = objective()
    total, _ = whole.architecture(train, validation)
    gradients = architecture_gradients(whole, total)
    step, compared = 1e-6, 0
    for parameter, gradient in zip(whole.supernet.arch.parameters(), gradients, strict=True):
        for i in range(parameter.numel()):
            values = []
            for sign in (1, -1):
                with torch.no_grad():
                    parameter[i] += sign * step
                    values.append(whole.architecture(train, validation)[0].item())
                    parameter[i] -= sign * step
            assert gradient[i].item() == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-4, abs=1e-7)
            compared += 1
    assert compared == 27 + 2 + 3


def test_architecture_objective_is_train_plus_lambda_validation() -> None:
    whole, train, validation = objective()
    total, value = whole.architecture(train, validation)
    assert total.item() == pytest.approx(whole.train(train).item() + 1.5 * whole.train(validation).item())
    assert value.item() == pytest.approx(whole.train(validation).item())


def test_architecture_objective_without_training_term() -> None:
    """DARTS, first order: A descends lambda_val L_val alone."""
    whole, train, validation = objective()
    darts = replace(whole, lambda_train=0.0)
    assert darts.architecture(train, validation)[0].item() == pytest.approx(1.5 * whole.train(validation).item())


def test_each_step_computes_its_own_gradients_only(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, train, validation = objective()
    weights, arch = (Adam(lr=lr, beta1=0.9, beta2=0.999, weight_decay=0.0) for lr in (1e-3, 1e-2))
    step_of = SearchStep(whole, weights, arch)
    computed, update = [], torch.optim.Adam.step

    def noted(optimizer: torch.optim.Adam) -> None:
        computed.append({name for name, p in whole.supernet.named_parameters() if p.grad is not None})
        update(optimizer)
        optimizer.zero_grad()

    monkeypatch.setattr(torch.optim.Adam, "step", noted)
    step_of(train, validation)
    names = {name for name, _ in whole.supernet.named_parameters()}
    arch = {name for name in names if name.startswith("arch.")}
    assert computed == [names - arch, arch]
    assert all(p.requires_grad for p in whole.supernet.parameters())


def test_frozen_weights_give_the_same_architecture_gradients_and_move_again_afterwards() -> None:
    whole, train, validation = objective()
    plain = architecture_gradients(whole, whole.architecture(train, validation)[0])
    with frozen(weights_of(whole.supernet)):
        fast = architecture_gradients(whole, whole.architecture(train, validation)[0])
    for a, b in zip(fast, plain, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
    assert all(p.requires_grad for p in whole.supernet.parameters())


def test_strongest_keeps_the_largest_in_their_own_order() -> None:
    assert strongest({"a": 0.1, "b": 0.5, "c": 0.4}, 1) == ["b"]
    assert strongest({"1": 0.4, "2": 0.1, "3": 0.5}, 2) == ["1", "3"]
    assert strongest({"a": 0.5, "b": 0.5}, 1) == ["a"]


def test_evidence_gives_margin_and_entropy() -> None:
    choices = {"x": Choice(("a", "b", "c"), keep=2)}
    table = {"x": {"a": 0.5, "b": 0.2, "c": 0.3}}
    assert decide(table, choices) == {"x": ["a", "c"]}
    found = evidence(table, choices)["x"]
    assert found.margin == pytest.approx(0.1)
    assert found.entropy == pytest.approx(-sum(p * math.log(p) for p in (0.5, 0.2, 0.3)))
    assert entropy({"a": 1.0, "b": 0.0}) == 0
    other = evidence(table, choices, {"x": ["b", "c"]})["x"]
    assert (other.kept, other.margin) == (["b", "c"], pytest.approx(0.2 - 0.5))


def test_split_holds_out_the_last_images() -> None:
    assert split(3450, 450) == (range(3000), range(3000, 3450))
    with pytest.raises(UserError, match=r"search\.validation_images: 9 of 9 training images leaves none"):
        split(9, 9)


def searched(params: Params, data: Path, out: Path) -> dict:
    paths = (out / "p.json", out / "history.csv", out / "supernet.safetensors")
    search_architecture(params, SearchJob("dlsr", [str(data)], *paths))
    derive_genotype(params, "dlsr", out / "p.json", out / "genotype.json")
    return read_json(out / "genotype.json")


def retrained(params: Params, data: Path, genotype: Path, out: Path) -> bytes:
    out.parent.mkdir(parents=True, exist_ok=True)
    retrain(params, RetrainJob("dlsr", 2, genotype, [str(data)], out, out.with_suffix(".csv")))
    return out.read_bytes()


def test_same_seed_same_genotype_and_bit_identical_weights(smoke: Params, packed_set: Path, tmp_path: Path) -> None:
    one, two = (searched(smoke, packed_set, tmp_path / name) for name in ("a", "b"))
    assert one == two
    assert (tmp_path / "a" / "supernet.safetensors").read_bytes() == (
        tmp_path / "b" / "supernet.safetensors"
    ).read_bytes()
    genotype = tmp_path / "a" / "genotype.json"
    weights = [retrained(smoke, packed_set, genotype, tmp_path / name / "x2.safetensors") for name in ("a", "b")]
    assert weights[0] == weights[1]


def limited(params: Params, kind: str, target: float, name: str = "dlsr") -> Params:
    """Return the parameters with a limit on the cost of what the search derives."""
    model = params.models[name]
    return params.replace(models={name: model.replace(search=model.search.replace(cost=kind, cost_target=target))})


def test_a_search_meets_its_limit_and_says_how(smoke: Params, packed_set: Path, tmp_path: Path) -> None:
    """Half of the range between the lightest and the heaviest network, in parameters; the same seed, the same bytes."""
    method, config = registry.find("dlsr"), smoke.models["dlsr"].network
    least, most = counted(method, config, "params").extremes(method.choices(config))
    params = limited(smoke, "params", (least + most) / 2)
    one, two = (searched(params, packed_set, tmp_path / name) for name in ("a", "b"))
    assert one == two
    genotype = method.genotype_type.model_validate(one)
    assert parameters(method.network(genotype, config, 2)) / 1e3 <= (least + most) / 2
    with open(tmp_path / "a" / "history.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert least <= float(rows[-1]["cost"]) <= most
    assert float(rows[-1]["multiplier"]) >= 0
    with pytest.raises(UserError, match=r"^--history: has no costs"):
        derive_genotype(params, "dlsr", tmp_path / "a" / "history.csv", tmp_path / "g.json", 6)


def test_a_limit_that_binds_gives_a_lighter_network(smoke: Params, packed_set: Path, tmp_path: Path) -> None:
    method, config = registry.find("dlsr"), smoke.models["dlsr"].network
    network = lambda genotype: method.network(method.genotype_type.model_validate(genotype), config, 2)  # noqa: E731
    size = parameters(network(searched(smoke, packed_set, tmp_path / "free"))) / 1e3
    least, _ = counted(method, config, "params").extremes(method.choices(config))
    target = (size + least) / 2
    assert least < target < size
    found = searched(limited(smoke, "params", target), packed_set, tmp_path / "limited")
    assert least <= parameters(network(found)) / 1e3 <= target
    assert float(read_json(tmp_path / "limited" / "p.json")["limit"]["target"]) == target


def test_another_seed_gives_other_weights(smoke: Params, packed_set: Path, tmp_path: Path) -> None:
    other = smoke.replace(models={"dlsr": smoke.models["dlsr"].replace(seed=1)})
    assert (
        searched(smoke, packed_set, tmp_path / "a")["evidence"]
        != searched(other, packed_set, tmp_path / "b")["evidence"]
    )


def test_history_has_losses_entropies_and_all_probabilities(smoke: Params, packed_set: Path, tmp_path: Path) -> None:
    searched(smoke, packed_set, tmp_path)
    with open(tmp_path / "history.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["step"]) for row in rows] == [2, 4, 6]
    # During the warm-up (2 steps) only theta moves: no validation loss, and alpha still uniform to 1e-3.
    assert math.isnan(float(rows[0]["loss_val"]))
    assert float(rows[0]["entropy.alpha_1"]) == pytest.approx(math.log(9), abs=1e-4)
    assert float(rows[-1]["loss_val"]) > 0
    alpha = [float(rows[-1][f"alpha_1.{name}"]) for name in METHOD.primitives]
    assert sum(alpha) == pytest.approx(1, abs=1e-6)
    assert max(alpha) - min(alpha) > 1e-3
    assert {"beta_3.1", "beta_3.2", "beta_4.1", "beta_4.2", "beta_4.3"} <= set(rows[0])


def test_retraining_leaves_out_the_last_images() -> None:
    assert kept(900, 100) == range(800)
    assert kept(3450, 0) == range(3450)
    with pytest.raises(UserError, match=r"retrain\.leave_out: 3 of 3 training images leaves none"):
        kept(3, 3)


def test_probabilities_of_another_search_space_are_refused(smoke: Params, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(
        '{"model": "dlsr", "scale": 2, "steps": 6, "probabilities": {"alpha_1": {"conv_9x9": 1.0}}}'
    )
    with pytest.raises(UserError, match=r"p\.json: not the probabilities of dlsr's search space"):
        derive_genotype(smoke, "dlsr", tmp_path / "p.json", tmp_path / "g.json")
    assert not (tmp_path / "g.json").exists()


def test_a_diverging_run_stops_and_writes_no_weights(smoke: Params, packed_set: Path, tmp_path: Path) -> None:
    model = smoke.models["dlsr"]
    budget = model.retrain.replace(init="default", lr=10.0, steps=StepsPerScale(x2=200, x3=1, x4=1))
    wild = smoke.replace(models={"dlsr": model.replace(retrain=budget, network=model.network.replace(pixel_range=255))})
    genotype = tmp_path / "g.json"
    genotype.write_text('{"format":1,"method":"dlsr","cell":["conv_7x7","conv_7x7","conv_7x7"],"inputs":[[1,2],[2,3]]}')
    hr = Pairs([packed_set], 2)
    assert len(hr) == 3
    with pytest.raises(UserError, match=r"loss is (nan|inf) at step \d+ \(lr .*\): the run diverged"):
        retrained(wild, packed_set, genotype, tmp_path / "x2.safetensors")
    assert not (tmp_path / "x2.safetensors").exists()


@pytest.mark.parametrize("step", [0, 5, 99])
def test_learning_rate_schedules(step: int) -> None:
    from sr.core.sections import Schedule
    from sr.train.loop import learning_rate

    halve, cosine = Schedule(kind="halve", warmup=0, every=40), Schedule(kind="cosine", warmup=0)
    assert learning_rate(halve, 0.8, step, 100) == pytest.approx(0.8 / 2 ** (step // 40))
    assert learning_rate(cosine, 0.8, step, 100) == pytest.approx(0.4 * (1 + math.cos(math.pi * step / 100)))


def test_the_rate_rises_in_equal_parts() -> None:
    from sr.core.sections import Schedule
    from sr.train.loop import learning_rate

    rates = [learning_rate(Schedule(kind="halve", warmup=4, every=100), 0.5, step, 50) for step in range(6)]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5])


def test_a_genotype_can_be_derived_at_any_step_of_the_history(
    smoke: Params, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """The row decides: at step 10 another operation leads than at step 20."""
    model = smoke.model("dlsr")
    choices = METHOD.choices(model.network)
    leaders = {10: 1, 20: 2}
    with CsvLog(tmp_path / "history.csv") as history:
        for step, leader in leaders.items():
            row: dict[str, float] = {"step": step, "loss_train": 1.0, "loss_val": 2.0, "seconds": 3.0}
            row |= {f"entropy.{name}": 0.5 for name in choices}
            for name, choice in choices.items():
                rest = 0.1 / (len(choice.options) - 1)
                top = min(leader, len(choice.options) - 1)
                row |= {f"{name}.{o}": 0.9 if i == top else rest for i, o in enumerate(choice.options)}
            history.write(row)
    options = ["genotype", "--params", str(PRESETS / "smoke.yaml"), "--model", "dlsr"]
    options += ["--history", str(tmp_path / "history.csv"), "--out", str(tmp_path / "g.json")]
    for step, leader in leaders.items():
        assert main([*options, "--step", str(step)]) == 0
        assert read_json(tmp_path / "g.json")["cell"] == [list(PRIMITIVES)[leader]] * 3
    assert main([*options, "--step", "14"]) == 1
    assert "no row of step 14. Give --step one of its rows, such as 10, 20" in capsys.readouterr().err
    assert main(options) == 1
    assert "--step needs --history, and --history needs --step" in capsys.readouterr().err
