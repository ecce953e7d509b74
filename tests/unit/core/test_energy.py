"""Energy of a run: counters that come round, machines that tell nothing, and which counter is the run's own."""

import sys
import types
from pathlib import Path

import pytest

from sr.cli.main import main
from sr.core import digest as code
from sr.core import energy
from sr.core.files import read_json
from tests.conftest import REPO

RANGE = 1_000_000_000


def zone(root: Path, name: str, kind: str, microjoules: int) -> Path:
    """Write one zone of the powercap tree; return its counter."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{kind}\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    return folder / "energy_uj"


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in sys.modules makes the import fail.
    monkeypatch.setitem(sys.modules, "pynvml", None)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Two GPUs, the second of which is torch's first; return their counters in millijoules."""
    counters = {"GPU-a": 5_000, "GPU-b": 7_000}
    nvml = types.ModuleType("pynvml")
    nvml.NVMLError = RuntimeError
    nvml.nvmlInit = nvml.nvmlShutdown = lambda: None
    nvml.nvmlDeviceGetCount = lambda: 2
    nvml.nvmlDeviceGetHandleByIndex = lambda index: list(counters)[index]
    nvml.nvmlDeviceGetUUID = lambda handle: handle
    nvml.nvmlDeviceGetName = lambda handle: "NVIDIA H100"
    nvml.nvmlDeviceGetTotalEnergyConsumption = counters.__getitem__
    cuda = types.SimpleNamespace(
        is_initialized=lambda: True,
        current_device=lambda: 0,
        get_device_properties=lambda index: types.SimpleNamespace(uuid="ba"[index]),
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))
    return counters


@pytest.mark.usefixtures("no_gpu")
class TestPackages:
    """RAPL on a tree of our own."""

    def test_packages_are_summed_and_their_parts_left_out(self, tmp_path):
        first = zone(tmp_path, "intel-rapl:0", "package-0", 100)
        second = zone(tmp_path, "intel-rapl:1", "package-1", 0)
        inner = zone(tmp_path, "intel-rapl:0:0", "core", 0)
        whole = zone(tmp_path, "intel-rapl:2", "psys", 0)
        meter = energy.Meter(tmp_path)
        for counter, value in ((first, 2_000_100), (second, 500_000), (inner, 9_000_000), (whole, 9_000_000)):
            counter.write_text(str(value))
        assert meter.stop() == {"joules": 2.5, "source": "RAPL, 2 packages, all that ran on this machine"}

    def test_a_counter_that_comes_round(self, tmp_path):
        counter = zone(tmp_path, "intel-rapl:0", "package-0", RANGE - 1_000_000)
        meter = energy.Meter(tmp_path)
        counter.write_text("2000000")
        assert meter.stop() == {"joules": 3.0, "source": "RAPL, 1 package, all that ran on this machine"}

    def test_a_counter_that_comes_round_more_than_once(self, tmp_path):
        counter = zone(tmp_path, "intel-rapl:0", "package-0", 0)
        packages = energy._Packages(tmp_path)
        for value in (600_000_000, 100_000_000, 600_000_000, 100_000_000):
            counter.write_text(str(value))
            packages.look()
        assert packages.stop()["joules"] == 2_100

    def test_it_is_looked_at_while_the_run_goes_on(self, tmp_path, monkeypatch):
        monkeypatch.setattr(energy, "SECONDS", 0.01)
        counter = zone(tmp_path, "intel-rapl:0", "package-0", 0)
        packages = energy._Packages(tmp_path)
        counter.write_text("600000000")
        while packages._last != [600_000_000]:
            pass
        counter.write_text("100000000")
        assert packages.stop()["joules"] == 1_100

    @pytest.mark.parametrize("content", [None, "", "none"])
    def test_what_cannot_be_read_is_no_number(self, tmp_path, content):
        counter = zone(tmp_path, "intel-rapl:0", "package-0", 0)
        assert energy.Meter(tmp_path / "nowhere").stop() is None
        meter = energy.Meter(tmp_path)
        if content is None:
            counter.unlink()
        else:
            counter.write_text(content)
        assert meter.stop() is None
        assert energy.Meter(tmp_path).stop() is None


class TestGPU:
    """NVML, which a stand-in plays."""

    def test_the_gpu_that_the_run_used(self, tmp_path, gpu):
        zone(tmp_path, "intel-rapl:0", "package-0", 0)
        meter = energy.Meter(tmp_path)
        gpu["GPU-a"] += 999
        gpu["GPU-b"] += 2_500
        assert meter.stop() == {"joules": 2.5, "source": "NVML, GPU 1 (NVIDIA H100)"}

    def test_all_gpus_of_a_training_on_several(self, tmp_path, gpu):
        meter = energy.Meter(tmp_path)
        gpu["GPU-a"] += 1_000
        gpu["GPU-b"] += 2_500
        source = "NVML, GPU 1 (NVIDIA H100), GPU 0 (NVIDIA H100)"
        assert meter.stop(gpus=2) == {"joules": 3.5, "source": source}
        assert meter.stop(gpus=3) is None

    def test_a_run_on_the_cpu_counts_packages(self, tmp_path, gpu, monkeypatch):
        counter = zone(tmp_path, "intel-rapl:0", "package-0", 0)
        monkeypatch.setattr(sys.modules["torch"].cuda, "is_initialized", lambda: False)
        meter = energy.Meter(tmp_path)
        counter.write_text("1000000")
        assert meter.stop()["joules"] == 1.0
        monkeypatch.delitem(sys.modules, "torch")
        assert energy.Meter(tmp_path).stop()["source"].startswith("RAPL")
        assert "torch" not in sys.modules

    def test_a_gpu_that_does_not_tell(self, tmp_path, gpu, monkeypatch):
        def refuse(*_):
            raise RuntimeError("not supported")

        monkeypatch.setattr(sys.modules["pynvml"], "nvmlDeviceGetTotalEnergyConsumption", refuse)
        assert energy.Meter(tmp_path).stop() is None
        monkeypatch.setattr(sys.modules["pynvml"], "nvmlInit", refuse)
        assert energy.Meter(tmp_path).stop() is None


def test_records_hold_it_and_retrain_nothing(tmp_path, packed_set, monkeypatch, no_gpu):
    monkeypatch.chdir(REPO)
    monkeypatch.setattr(energy, "POWERCAP", tmp_path)
    line = ["evaluate", "--bicubic", "--data", packed_set, "--scale", "2", "--record", tmp_path / "record.json"]
    assert main([str(part) for part in line]) == 0
    assert read_json(tmp_path / "record.json")["energy"] is None
    zone(tmp_path, "intel-rapl:0", "package-0", 0)
    assert main([str(part) for part in line]) == 0
    assert read_json(tmp_path / "record.json")["energy"]["source"].startswith("RAPL, 1 package")
    assert "sr.core.energy" not in code.closure("sr.cli.evaluate")
