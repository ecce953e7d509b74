"""Energy of a run: which GPUs count, and machines without a counter."""

import sys
import types

import pytest

from sr.cli.main import main
from sr.core import digest as code
from sr.core import energy, provenance
from sr.core.files import read_json
from tests.conftest import REPO


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


class TestGPU:
    """A fake NVML with two GPUs."""

    def test_the_gpu_that_the_run_used(self, gpu):
        meter = energy.EnergyMeter()
        gpu["GPU-a"] += 999
        gpu["GPU-b"] += 2_500
        assert meter.stop() == {"joules": 2.5, "source": "NVML, GPU 1 (NVIDIA H100)"}

    def test_all_gpus_of_a_training_on_several(self, gpu):
        meter = energy.EnergyMeter()
        gpu["GPU-a"] += 1_000
        gpu["GPU-b"] += 2_500
        source = "NVML, GPU 1 (NVIDIA H100), GPU 0 (NVIDIA H100)"
        assert meter.stop(gpus=2) == {"joules": 3.5, "source": source}
        assert meter.stop(gpus=3) is None

    def test_a_run_on_the_cpu_has_no_number(self, gpu, monkeypatch):
        monkeypatch.setattr(sys.modules["torch"].cuda, "is_initialized", lambda: False)
        assert energy.EnergyMeter().stop() is None
        monkeypatch.delitem(sys.modules, "torch")
        assert energy.EnergyMeter().stop() is None
        assert "torch" not in sys.modules

    def test_a_gpu_without_a_counter(self, gpu, monkeypatch):
        def refuse(*_):
            raise RuntimeError("not supported")

        monkeypatch.setattr(sys.modules["pynvml"], "nvmlDeviceGetTotalEnergyConsumption", refuse)
        assert energy.EnergyMeter().stop() is None
        monkeypatch.setattr(sys.modules["pynvml"], "nvmlInit", refuse)
        assert energy.EnergyMeter().stop() is None


def test_without_nvml_there_is_no_number(no_gpu):
    assert energy.EnergyMeter().stop() is None


def test_records_hold_it_and_retrain_nothing(tmp_path, packed_set, monkeypatch, gpu):
    monkeypatch.chdir(REPO)
    monkeypatch.setattr(provenance, "_torch_facts", dict)  # the fake torch has none
    record = tmp_path / "record.json"
    line = ["evaluate", "--bicubic", "--data", packed_set, "--scale", "2", "--record", record]
    assert main([str(part) for part in line]) == 0
    assert read_json(record)["energy"] == {"joules": 0.0, "source": "NVML, GPU 1 (NVIDIA H100)"}
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert main([str(part) for part in line]) == 0
    assert read_json(record)["energy"] is None
    assert "sr.core.energy" not in code.closure("sr.cli.evaluate")
