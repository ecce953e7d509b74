"""Time that a network spends in some of its modules, during a pass of the whole network."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from sr.evaluate.latency import Work

Moment = float | torch.cuda.Event


class Stopwatch:
    """Hooks on groups of modules; :meth:`lap` gives the seconds of each group in one pass.

    On a GPU, events in its queue mark the moments, so that nothing waits which would not wait otherwise.
    """

    def __init__(self, network: nn.Module, groups: Mapping[str, Iterable[str]], device: torch.device) -> None:
        """``groups``: paths of modules that do not contain one another, as in ``named_modules``."""
        self._gpu, self._moments = device.type == "cuda", {name: list[Moment]() for name in groups}
        for name, paths in groups.items():
            for path in paths:
                module = network.get_submodule(path)
                module.register_forward_pre_hook(lambda *_, name=name: self._mark(name))
                module.register_forward_hook(lambda *_, name=name: self._mark(name))

    def lap(self, work: Work) -> dict[str, float]:
        """Do ``work``, a pass of the network with its result in the processor's memory; return each group's seconds."""
        for moments in self._moments.values():
            moments.clear()
        work()
        return {
            name: sum(_between(*pair) for pair in zip(moments[::2], moments[1::2], strict=True))
            for name, moments in self._moments.items()
        }

    def _mark(self, name: str) -> None:
        self._moments[name].append(self._now())

    def _now(self) -> Moment:
        if not self._gpu:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event


def _between(start: Any, end: Any) -> float:
    return end - start if isinstance(start, float) else start.elapsed_time(end) / 1e3
