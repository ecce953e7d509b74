"""Cost stage: the latency of every option of a search space, measured inside real networks, as a table to search by.

Candidates alone, one after the other, would find their inputs in other caches than in a network. So a few networks that
together have every option of every choice take turns, and hooks time the options in them; the rest of a network is the
fixed part. Random networks of the space, timed as a whole in the same turns, check the sum.
"""

import random
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from importlib import metadata
from statistics import fmean, median
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import nn

from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.memory import memory
from sr.core.provenance import processor
from sr.evaluate.inference import ready, super_resolve
from sr.evaluate.latency import Work, in_turns, lr_image
from sr.evaluate.output_size import HR_SIZE
from sr.evaluate.stopwatch import Stopwatch
from sr.methods import registry
from sr.methods.cost import SCALE, derived
from sr.methods.cost_table import CostTable, WholeNetwork, device_name
from sr.methods.method import Method
from sr.methods.places import cover, kinds, places, some
from sr.nas.cost import Costs, Decisions
from sr.nas.relaxation import Choice
from sr.train.device import setup_device

TRIES = 1000
Shares = dict[str, float]  # of one pass: seconds in the options of each choice


def measure(params: Params, name: str, rounds: int, warmup: int, whole: int, threads: int) -> CostTable:
    """Return the table for the network that a model retrains; ``whole``: number of random networks that check it."""
    model = params.model(name)
    method, config, source = registry.find(model.method), model.network, random.Random(0)  # noqa: S311
    device = setup_device(params.device, threads, model.seed)
    choices = method.choices(config)
    covering = [decisions for decisions in cover(choices, source) if derived(method, config, decisions) is not None]
    checking, groups = [_drawn(method, config, source) for _ in range(whole)], places(method, config)
    with memory("Use a machine with more"):
        shares, seconds = _time(method, config, groups, covering, checking, device, rounds, warmup)
    costs = _costs(kinds(method, config, groups), choices, covering, shares, seconds[: len(covering)])
    networks = [
        WholeNetwork(expected=costs.of(decisions), measured=1e3 * median(times))
        for decisions, times in zip(checking, seconds[len(covering) :], strict=True)
    ]
    return CostTable(
        method=method.name,
        network=config.model_dump(),
        scale=SCALE,
        hr_size=list(HR_SIZE),
        device=device_name(device),
        processor=processor(),
        threads=threads,
        versions={"torch": metadata.version("torch")},
        warmup=warmup,
        rounds=rounds,
        costs=costs,
        networks=networks,
        **agreement(networks),
    )


def _time(
    method: Method,
    config: Any,
    groups: Mapping[str, list[str]],
    covering: Sequence[Decisions],
    checking: Sequence[Decisions],
    device: torch.device,
    rounds: int,
    warmup: int,
) -> tuple[list[list[Shares]], list[list[float]]]:
    """Return the shares of each pass of each covering network, and the seconds of each pass of all networks."""
    shares: list[list[Shares]] = [[] for _ in covering]
    works: dict[int, Work] = {}
    for number, decisions in enumerate([*covering, *checking]):
        network = _network(method, config, decisions, device)
        works[number] = partial(super_resolve, network, lr_image(SCALE), SCALE)
        if number < len(covering):
            works[number] = partial(_lap, Stopwatch(network, groups, device), works[number], shares[number])
    seconds = in_turns(works, rounds, warmup)
    return [passes[warmup:] for passes in shares], [seconds[number] for number in works]


def _lap(watch: Stopwatch, work: Work, shares: list[Shares]) -> None:
    shares.append(watch.lap(work))


def _network(method: Method, config: Any, decisions: Decisions, device: torch.device) -> nn.Module:
    """Return an untrained network whose output is finite."""
    network = method.network(method.derive({name: list(kept) for name, kept in decisions.items()}), config, SCALE)
    method.initialise(network, SCALE, "interpolation")
    return ready(network, device)


def _drawn(method: Method, config: Any, source: random.Random) -> Decisions:
    """Return random decisions that leave a network."""
    for _ in range(TRIES):
        decisions = some(method.choices(config), source)
        if derived(method, config, decisions) is not None:
            return decisions
    raise UserError(f"{method.name}: no random network of its search space can be built. Check derive of its METHOD")


def _costs(
    kinds: Mapping[str, Hashable],
    choices: Mapping[str, Choice],
    covering: Sequence[Decisions],
    shares: list[list[Shares]],
    seconds: list[list[float]],
) -> Costs:
    """Return the medians over all passes, in milliseconds; choices of one kind share their times."""
    times: dict[Hashable, dict[str, list[float]]] = {kind: {} for kind in kinds.values()}
    for decisions, passes in zip(covering, shares, strict=True):
        for name, kept in decisions.items():
            for option in kept:
                row = times[kinds[name]].setdefault(option, [])
                row += [passed[name] / choices[name].keep for passed in passes]
    options = {}
    for name, choice in choices.items():
        medians = {option: 1e3 * median(each) for option, each in times[kinds[name]].items()}
        # What leaves no network costs the least, as in counts.
        options[name] = {option: medians.get(option, min(medians.values())) for option in choice.options}
    rest = [
        total - sum(passed.values())
        for passes, totals in zip(shares, seconds, strict=True)
        for passed, total in zip(passes, totals, strict=True)
    ]
    return Costs(kind="latency", fixed=1e3 * median(rest), options=options)


def agreement(networks: list[WholeNetwork]) -> dict[str, float]:
    """Return Kendall's tau of the sums with the measured times, and the mean relative error; nothing of fewer than two.

    The correlation is 0 where all of one are alike.
    """
    if len(networks) < 2:
        return {}
    expected, measured = [each.expected for each in networks], [each.measured for each in networks]
    tau = float(np.nan_to_num(stats.kendalltau(expected, measured).statistic))
    return {"kendall_tau": tau, "mean_error": fmean(abs(e - m) / m for e, m in zip(expected, measured, strict=True))}


def summary(table: CostTable) -> str:
    """Return a line for the fixed part, one for each choice, and one on how well the sum agrees with networks."""
    lines = [f"fixed: {table.costs.fixed:.1f} ms"]
    for name, row in table.costs.options.items():
        if any(row.values()):
            lines.append(f"{name}: " + ", ".join(f"{option} {cost:.1f}" for option, cost in row.items()))
    if table.kendall_tau is not None and table.mean_error is not None:
        agreed = f"Kendall's tau {table.kendall_tau:.2f}, mean error {table.mean_error:.1%}"
        lines.append(f"sum against {len(table.networks)} networks: {agreed}")
    return "\n".join(lines)
