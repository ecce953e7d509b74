"""Benchmarks of evaluation: metrics against inference, SSIM against the textbook's, memory of an 8K image in tiles."""

import re
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.harness import Row, compare, stats
from benchmarks.pictures import picture
from benchmarks.reference.metrics import ssim as textbook_ssim
from benchmarks.reference.search import textbook
from benchmarks.search import DEMO, WIDTHS
from benchmarks.training import network
from sr.core.allocator import keep_freed_memory
from sr.core.files import ROOT
from sr.data.degrade import downscale
from sr.evaluate import metrics
from sr.evaluate.inference import super_resolve
from sr.evaluate.metrics import Values, luma, ssim

# The papers' own cost is stated at 1280x720 (height, width); scales divide 720 and 1272.
SIZE = (720, 1272)
TILE = 192  # LR side
LARGE = (1080, 1920)  # LR height, width; x4 is 8K


def rows(repeats: int, quick: bool) -> list[Row]:
    """Return the rows of the group."""
    size = (144, 192) if quick else SIZE
    high = picture(*size)
    first = luma(high)
    second = luma(picture(*size, seed=1))
    small = np.s_[:144, :192]
    reference = partial(textbook_ssim, first[small], second[small])
    note = "SSIM of 1272x720; the textbook's on a part, scaled"
    scaled = first.size / first[small].size
    result = [compare("evaluation/ssim", reference, partial(ssim, first, second), repeats, note=note, scaled=scaled)]
    for method, config in (DEMO if quick else WIDTHS).items():
        for scale in (2, 4):
            result += _of(method, config, scale, high, repeats)
    return [*result, tiled(quick)]


def _of(method: str, config: Any, scale: int, high: np.ndarray, repeats: int) -> list[Row]:
    """Return inference against the plain network, and metrics against inference."""
    torch.manual_seed(0)
    ours = network(method, config, scale).eval()
    theirs = textbook(network(method, config, scale)).eval()
    # memory_format is documented but missing from torch's types.
    ours.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    low = downscale(high, scale)
    infer = partial(super_resolve, ours, low, scale)
    name = f"evaluation/{method}/x{scale}"
    note = f"{config.channels} channels, HR {high.shape[1]}x{high.shape[0]}"
    share = "reference: inference; ours: Y and all metrics, at most a tenth"
    return [
        compare(f"{name}/inference", partial(plain_inference, theirs, low), infer, min(repeats, 3), None, note),
        compare(f"{name}/metrics", infer, partial(measure, high, high[::-1]), min(repeats, 3), 10.0, share),
    ]


def plain_inference(network: nn.Module, low: np.ndarray) -> np.ndarray:
    """Return the SR image as a tutorial makes it: NCHW, without gradients."""
    with torch.no_grad():
        image = network(torch.from_numpy(low.transpose(2, 0, 1).copy())[None].float())
    return image[0].clamp(0, 255).round().byte().numpy().transpose(1, 2, 0)


def measure(one: np.ndarray, other: np.ndarray) -> Values:
    """Return all metrics on Y, as the evaluation does."""
    return metrics.measure(luma(one), luma(other))


def tiled(quick: bool) -> Row:
    """Return the peak memory of a process that enlarges one image to 8K in tiles, including its imports."""
    code = f"from benchmarks.evaluation import enlarge; enlarge({quick})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    size = "quick: 4 tiles" if quick else "7680x4320"
    note = f"peak memory of the whole process, DLSR x4, {size}, tiles of {TILE} LR pixels"
    return Row("evaluation/8K/memory", "MB", stats([float(done.stdout)]), None, ("value", "<=", 2048.0), note)


def enlarge(quick: bool) -> None:
    """Enlarge one image in tiles, as the pipeline's jobs do, and print this process's peak memory in MB."""
    keep_freed_memory()
    size = (2 * TILE, 2 * TILE) if quick else LARGE
    model = network("dlsr", (DEMO if quick else WIDTHS)["dlsr"], 4).eval()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    random = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert super_resolve(model, random, 4, TILE).shape == (4 * size[0], 4 * size[1], 3)
    print(peak_memory())


def peak_memory() -> float:
    """Return this program's peak resident memory in MB; ru_maxrss would count that of the program that started it."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.M)[1]) / 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
