"""Timing in turns, and memory of a first time."""

import time

import numpy as np
import pytest

from sr.evaluate import latency
from sr.evaluate.latency import in_turns, lr_image, peak_memory

LINUX = pytest.mark.skipif(not latency.RESET.exists(), reason="only Linux tells the peak of a process")


def test_every_round_does_every_work_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    clock = iter(range(100))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    seconds = in_turns({name: lambda name=name: done.append(name) for name in "abc"}, rounds=2, warmup=1)
    assert "".join(done) == "abc" * 3
    # The clock is read before and after each work, and in the warm-up before it alone.
    assert seconds == {name: [1.0, 1.0] for name in "abc"}


@LINUX
@pytest.mark.parametrize("size", [64 * 2**20, 128 * 2**20])  # huge pages of 2 MiB may add one at each end
def test_memory_is_what_the_work_takes(size: int) -> None:
    kept = np.ones(64 * 2**20, np.uint8)  # what the process has already does not count
    peak = peak_memory(lambda: np.ones(size, np.uint8).sum())
    assert peak == pytest.approx(size, rel=0.1)
    assert kept.all()


@LINUX
def test_memory_that_malloc_keeps_does_not_hide_the_works() -> None:
    np.ones(30 * 2**20, np.uint8)  # from now on, malloc takes as much from its heap, and keeps it there
    blocks = [np.ones(20 * 2**20, np.uint8) for _ in range(4)]
    above = [bytearray(1000) for _ in range(2000)]  # so that the heap cannot shrink
    del blocks
    assert peak_memory(lambda: np.ones(60 * 2**20, np.uint8).sum()) == pytest.approx(60 * 2**20, rel=0.1)
    assert len(above) == 2000


@LINUX
def test_what_fails_has_no_memory() -> None:
    assert peak_memory(lambda: 1 / 0) is None


def test_without_the_systems_help_it_is_not_known(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(latency, "RESET", tmp_path / "absent")
    assert peak_memory(lambda: None) is None


@LINUX
def test_a_system_that_forbids_the_question_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capfd: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(latency, "RESET", tmp_path)  # a folder: exists, and cannot be written
    assert peak_memory(lambda: None) is None
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("scale", "shape"), [(2, (360, 640, 3)), (3, (240, 426, 3)), (4, (180, 320, 3))])
def test_the_image_is_that_of_the_counts(scale: int, shape: tuple[int, ...]) -> None:
    image = lr_image(scale)
    assert (image.shape, image.dtype) == (shape, np.uint8)
