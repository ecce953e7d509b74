"""How much energy a run took, where the machine tells: the GPU's own counter, else the processors' (RAPL).

A measurement beside the result: whatever goes wrong here gives no number and no error.
"""

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")
# RAPL's counters may come round within minutes; a package would need kilowatts to do so in this time.
SECONDS = 60.0


class Meter:
    """Counts from its making to ``stop``. ``powercap``: the folder of RAPL's counters, by default the machine's."""

    def __init__(self, powercap: Path | None = None) -> None:
        # Which counter is the run's own shows only at its end, when it has used a GPU or not.
        self._gpus = _quietly(_read_gpus) or {}
        self._packages = _quietly(_Packages, powercap or POWERCAP)

    def stop(self, gpus: int = 1) -> dict[str, Any] | None:
        """Return {joules, source}, or None where nothing could be read; ``gpus``: how many the run has used."""
        packages = _quietly(self._packages.stop) if self._packages else None
        return _quietly(self._of_gpus, gpus) or packages

    def _of_gpus(self, count: int) -> dict[str, Any] | None:
        # Not imported here: a run without torch has used no GPU.
        torch = sys.modules.get("torch")
        if torch is None or not torch.cuda.is_initialized():
            return None
        # The first process of a training has the first GPU, the others have the next ones.
        numbers = range(torch.cuda.current_device(), torch.cuda.current_device() + count)
        used = [str(torch.cuda.get_device_properties(number).uuid).removeprefix("GPU-") for number in numbers]
        now = _read_gpus()
        # NVML counts millijoules.
        joules = sum(now[uuid][0] - self._gpus[uuid][0] for uuid in used) / 1e3
        return {"joules": joules, "source": f"NVML, {', '.join(f'GPU {now[u][1]} ({now[u][2]})' for u in used)}"}


class _Packages:
    """The sum of all packages' counters, looked at often enough to see each coming round."""

    def __init__(self, powercap: Path) -> None:
        zones = [path for path in sorted(powercap.glob("intel-rapl:*")) if path.name.count(":") == 1]
        # There may be zones of other kinds, which contain the packages or lie inside of them.
        self._zones = [path for path in zones if (path / "name").read_text().startswith("package")]
        if not self._zones:
            raise FileNotFoundError(powercap)
        self._range = [int((path / "max_energy_range_uj").read_text()) for path in self._zones]
        self._last = self._read()
        self._total, self._end = 0, threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def stop(self) -> dict[str, Any]:
        """Return the joules since the start, and what measured them."""
        self._end.set()
        self._watcher.join()
        self.look()
        count = len(self._zones)
        source = f"RAPL, {count} package{'s' * (count > 1)}, all that ran on this machine"
        return {"joules": round(self._total / 1e6, 3), "source": source}

    def look(self) -> None:
        """Add what was used since the last look."""
        now = self._read()
        for new, old, full in zip(now, self._last, self._range, strict=True):
            self._total += new - old if new >= old else new + full - old
        self._last = now

    def _watch(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not self._end.wait(SECONDS):
                self.look()

    def _read(self) -> list[int]:
        return [int((path / "energy_uj").read_text()) for path in self._zones]


def _read_gpus() -> dict[str, tuple[int, int, str]]:
    """Return {UUID: (millijoules since the driver was loaded, index, name)} of every GPU that tells."""
    import pynvml

    pynvml.nvmlInit()
    try:
        return dict(_counters(pynvml))
    finally:
        pynvml.nvmlShutdown()


def _counters(nvml: Any) -> Iterator[tuple[str, tuple[int, int, str]]]:
    for index in range(nvml.nvmlDeviceGetCount()):
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        with contextlib.suppress(nvml.NVMLError):
            energy = nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
            uuid = nvml.nvmlDeviceGetUUID(handle).removeprefix("GPU-")
            yield uuid, (energy, index, nvml.nvmlDeviceGetName(handle))


def _quietly(work: Any, *arguments: Any) -> Any:
    """Return what ``work`` returns, or None whatever it raises: drivers fail in more ways than can be listed."""
    try:
        return work(*arguments)
    except Exception:
        return None
