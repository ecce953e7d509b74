"""The table of latencies: measured inside real networks, read by a search, refused where it does not fit."""

import json
from pathlib import Path

import pytest
import yaml

from sr.cli.main import main
from sr.core import config
from sr.core.formats import load
from sr.methods import registry
from sr.methods.cost_table import CostTable, WholeNetwork
from sr.nas.cost import Costs
from sr.stages.cost import agreement
from tests.helpers.cli import refused
from tests.helpers.jobs import Job
from tests.helpers.networks import SMOKE


@pytest.mark.parametrize("method", registry.names())
def test_the_verb_measures_every_option(method: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    raw = yaml.safe_load((Path(config.PRESETS) / "smoke.yaml").read_text()) | {"methods": registry.names()}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    given = ["cost", "--params", tmp_path / "params.yaml", "--model", method, "--json", tmp_path / "cost.json"]
    assert main([*map(str, given), "--rounds", "1", "--warmup", "1", "--networks", "2"]) == 0
    table = load(tmp_path / "cost.json", CostTable)
    model = SMOKE.models[method]
    choices = registry.find(method).choices(model.network)
    assert {name: tuple(row) for name, row in table.costs.options.items()} == {n: c.options for n, c in choices.items()}
    assert (table.method, table.network, table.rounds) == (method, model.network.model_dump(), 1)
    assert len(table.networks) == 2
    assert table.costs.fixed > 0
    # What computes nothing takes next to nothing.
    options = next(iter(table.costs.options.values()))
    assert max(options.values()) > 3 * min(options.values())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"fixed: {table.costs.fixed:.1f} ms"
    assert lines[-1].startswith("sum against 2 networks: Kendall's tau ")


def test_agreement_of_sums_and_measurements() -> None:
    networks = [WholeNetwork(expected=e, measured=m) for e, m in ((1.0, 2.0), (3.0, 3.0), (9.0, 4.0))]
    assert agreement(networks) == {"kendall_tau": 1.0, "mean_error": pytest.approx((0.5 + 0 + 1.25) / 3)}
    assert agreement([WholeNetwork(expected=1.0, measured=e) for e in (1.0, 2.0)])["kendall_tau"] == 0
    assert agreement(networks[:1]) == {}


@pytest.fixture
def limited(packed_set: Path, tmp_path: Path) -> Job:
    """Return a search under a table in which plain convolutions alone cost anything."""
    method, model = registry.find("dlsr"), SMOKE.models["dlsr"]
    options = {
        name: {option: 10.0 * option.startswith("conv") for option in choice.options}
        for name, choice in method.choices(model.network).items()
    }
    facts = {"scale": 2, "hr_size": [1280, 720], "device": "cpu", "processor": "Another", "threads": 1}
    facts |= {"versions": {"torch": "2"}, "warmup": 1, "rounds": 7, "networks": []}
    costs = Costs(kind="latency", fixed=5.0, options=options)
    table = CostTable(method="dlsr", network=model.network.model_dump(), costs=costs, **facts)
    changes = {"dlsr.search.cost": "latency", "dlsr.search.cost_target": 15.0}
    job = Job("search", "dlsr", packed_set, tmp_path / "job", changes)
    (tmp_path / "cost.json").write_text(json.dumps(table.model_dump(mode="json", exclude_none=True)))
    job.options["cost"] = tmp_path / "cost.json"
    return job


def test_a_search_is_held_to_it_and_says_that_the_machine_is_another(
    limited: Job, capsys: pytest.CaptureFixture
) -> None:
    assert limited.run() == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert "cost.json: measured on Another, but this is " in warnings[0]
    record = json.loads((limited.out / "record.json").read_text())
    assert record["facts"]["cost_table"]["processor"] == "Another"
    given = ["genotype", "--params", limited.options["params"], "--model", "dlsr", "--out", limited.out / "g.json"]
    assert main([*map(str, given), "--probabilities", str(limited.out / "p.json")]) == 0
    assert sum(name.startswith("conv") for name in json.loads((limited.out / "g.json").read_text())["cell"]) <= 1


def test_another_table_is_another_search(limited: Job) -> None:
    """Its numbers are among what identifies a state to resume from."""
    facts = []
    for fixed in (5.0, 6.0):
        document = json.loads(limited.options["cost"].read_text())
        document["costs"]["fixed"] = fixed
        limited.options["cost"].write_text(json.dumps(document))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sr.core.checkpointer.Checkpointer.open", lambda *given, **_: facts.append(given[3]))
            assert limited.run() == 0
    assert facts[0] != facts[1]
    assert facts[0]["limit"]["costs"]["fixed"] == 5.0


def test_refusals(limited: Job, capsys: pytest.CaptureFixture) -> None:
    file = limited.options.pop("cost")
    message = "--cost: search.cost latency needs a table of latencies. Measure it: python -m sr cost"
    assert refused(capsys, *limited.command()) == f"error: {message}"
    document = json.loads(file.read_text())
    document["network"]["channels"] += 2
    file.write_text(json.dumps(document))
    limited.options["cost"] = file
    assert "cost.json: of another network than dlsr.network describes. Measure it" in refused(
        capsys, *limited.command()
    )
    limited.options["params"] = config.PRESETS / "smoke.yaml"
    assert refused(capsys, *limited.command()) == "error: --cost: search.cost none takes no table. Leave it out"
    assert not (limited.out / "p.json").exists()
