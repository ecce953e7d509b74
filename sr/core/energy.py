"""Energy of a run on GPUs, from the counters of NVML.

Processors are not measured: since Linux 5.10 only root may read their counters (RAPL). A counter that cannot be read
gives no number and no error.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class _Counter(NamedTuple):
    """A GPU's ``millijoules`` since its driver was loaded."""

    millijoules: int
    number: int
    name: str


class EnergyMeter:
    """Measures from its construction to ``stop``."""

    def __init__(self) -> None:
        # All GPUs, because which ones the run uses is known only at its end.
        self._start = _quietly(_read_gpus) or {}

    def stop(self, gpus: int = 1) -> dict[str, Any] | None:
        """Return {joules, source} of the ``gpus`` GPUs that the run used; None without a GPU or a counter."""
        return _quietly(self._used, gpus)

    def _used(self, count: int) -> dict[str, Any] | None:
        # A run that has not imported torch has used no GPU.
        torch = sys.modules.get("torch")
        if torch is None or not torch.cuda.is_initialized():
            return None
        # The main process of a training uses the first GPU, the others use the next ones.
        first = torch.cuda.current_device()
        devices = [torch.cuda.get_device_properties(number) for number in range(first, first + count)]
        uuids = [str(device.uuid).removeprefix("GPU-") for device in devices]
        now = _read_gpus()
        joules = sum(now[uuid].millijoules - self._start[uuid].millijoules for uuid in uuids) / 1e3
        names = ", ".join(f"GPU {now[uuid].number} ({now[uuid].name})" for uuid in uuids)
        return {"joules": joules, "source": f"NVML, {names}"}


def _read_gpus() -> dict[str, _Counter]:
    """Return the counter of every GPU that has one, by UUID."""
    import pynvml

    pynvml.nvmlInit()
    try:
        return dict(_counters(pynvml))
    finally:
        pynvml.nvmlShutdown()


def _counters(nvml: Any) -> Iterator[tuple[str, _Counter]]:
    for number in range(nvml.nvmlDeviceGetCount()):
        handle = nvml.nvmlDeviceGetHandleByIndex(number)
        with contextlib.suppress(nvml.NVMLError):
            millijoules = nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
            uuid = nvml.nvmlDeviceGetUUID(handle).removeprefix("GPU-")
            yield uuid, _Counter(millijoules, number, nvml.nvmlDeviceGetName(handle))


def _quietly(work: Callable, *arguments: Any) -> Any:
    """Return what ``work`` returns, or None whatever it raises: drivers fail in more ways than can be listed."""
    try:
        return work(*arguments)
    except Exception:
        return None
