"""GPU benchmark: steps per second of search and retraining at the papers' sizes, and hours of the preset ``paper``."""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import torch

from benchmarks.harness import Row, Stats, stats
from benchmarks.training import network
from sr.core import config
from sr.core.config import Model
from sr.core.files import ROOT
from sr.evaluate.complexity import mult_adds
from sr.evaluate.output_size import lr_size
from sr.methods import registry
from sr.nas.bilevel import Objective, SearchStep
from sr.train.device import setup_device
from sr.train.loop import TrainingStep
from sr.train.losses import ReconstructionLoss

PAPER_HOURS = 48.0  # DLSR section 4.2: 2 GPU-days of search, on one V100
BYTES = 1 << 30
TARGET = 0.6  # of what memory or matmul allows a step of DLSR x2
Variant = Callable[[Any], Any]


class Limits(NamedTuple):
    """Operations and bytes a second that a device reaches in a large product and in a copy."""

    operations: float
    bytes: float


def rows(repeats: int, quick: bool) -> list[Row]:
    """Return the rows of both papers' main models; none without a GPU."""
    if not torch.cuda.is_available():
        return []
    return list(measure(setup_device("cuda", 1, 0), repeats, config.load(ROOT / "workflow/presets/paper.yaml"), quick))


def measure(device: torch.device, repeats: int, params: config.Params, quick: bool) -> Iterator[Row]:
    """Yield all rows, measured on ``device``; ``quick`` leaves out x3 and x4."""
    peak = matmul_rate(device, repeats, 1024 if quick or device.type == "cpu" else 8192)
    yield Row("gpu/matmul", "TFLOP/s", peak, note="float32 as in the steps (TF32 if the GPU has it)")
    copied = copy_rate(device, repeats, 1 << (24 if quick or device.type == "cpu" else 30))
    yield Row("gpu/memory", "GB/s", copied, note="read and written by copies of a large tensor")
    limits = Limits(peak.median * 1e12, copied.median * 1e9)
    hours, searching = 0.0, 0.0
    for name in params.methods:
        model = params.models[name]
        seconds, rows_of = search_rows(device, model, repeats)
        yield from rows_of
        searching = seconds * model.search.steps / 3600
        hours += searching
        if name == "dlsr":
            paper = stats([PAPER_HOURS])
            yield Row(
                "gpu/dlsr/search, whole", "h", stats([searching]), paper, note="reference: the paper's, on a V100"
            )
        for scale in model.scales[:1] if quick else model.scales:
            for row in retrain_rows(device, model, scale, repeats, limits):
                yield row
                if row.name.endswith("/float32"):
                    hours += model.retrain.steps.at(scale) / row.ours.median / 3600
    if not quick:
        yield Row(
            "gpu/paper, main models", "h", stats([hours]), note="search and retraining at all scales, no variants"
        )


def search_rows(device: torch.device, model: Model, repeats: int) -> tuple[float, list[Row]]:
    """Return the seconds of a whole step (theta and A) and its rows: steps a second, memory."""
    method, section = registry.find(model.method), model.search
    supernet = method.supernet(model.network, 2).to(device)
    loss_of = ReconstructionLoss(section.mu_hfen).to(device)
    objective = Objective(supernet, loss_of, section.gamma_params, section.lambda_train, section.lambda_val)
    step = SearchStep(objective, section.theta, section.arch)
    train, validation = (random_batch(device, section.batch, section.hr_patch, 2) for _ in range(2))
    name = f"gpu/{model.name}/search"
    return timed_rows(device, name, lambda: step(train, validation), repeats)


def retrain_rows(device: torch.device, model: Model, scale: int, repeats: int, limits: Limits) -> list[Row]:
    """Return the rows of retraining at one scale, in each variant, and the share of what the GPU's limits allow."""
    section = model.retrain
    patch = section.hr_patch.at(scale)
    batch, loss_of = random_batch(device, section.batch, patch, scale), ReconstructionLoss(section.mu_hfen).to(device)
    result = []
    for variant, change in VARIANTS.items():
        if variant in COMPILED and device.type != "cuda":
            continue
        net = network(model.method, model.network, scale).to(device)
        step = TrainingStep(net, loss_of, section)
        step.network = change(net)  # the same weights, computed differently
        name = f"gpu/{model.name}/x{scale}/{variant}"
        try:
            seconds, rows_of = timed_rows(device, name, partial(step, batch, section.lr), repeats)
        except Exception as error:
            # The compiler's requirements differ between machines; the pipeline's own variant must work.
            if variant == "float32":
                raise
            print(f"{name}: not measured ({str(error).splitlines()[0]})", file=sys.stderr)
            continue
        result += rows_of
        if variant == "float32":
            result.append(share_of_limit(f"gpu/{model.name}/x{scale}", model, scale, seconds, limits))
    return result


def share_of_limit(name: str, model: Model, scale: int, seconds: float, limits: Limits) -> Row:
    """Return what share of the speed that the GPU's limits allow a training step reaches, and which limit it is.

    Arithmetic: two operations a Mult-Add. Memory: every layer reads its input and writes its output once. A step has
    three passes: forward, and backward to the input and to the weights.
    """
    with torch.device("meta"):
        net = network(model.method, model.network, scale)
        side = model.retrain.hr_patch.at(scale) // scale
        moved = traffic(net, torch.empty(model.retrain.batch, 3, side, side))
    width, height = lr_size(scale)
    pixels = model.retrain.batch * side**2
    arithmetic = 6 * mult_adds(net, scale) * pixels / (width * height) / limits.operations
    memory = 3 * moved / limits.bytes
    which = "memory" if memory > arithmetic else "matmul"
    note = f"limited by {which}: matmul allows {arithmetic:.3g} s a step, memory {memory:.3g} s"
    target = ("value", ">=", TARGET) if (model.name, scale) == ("dlsr", 2) else None
    return Row(f"{name}/share of the limit", "share", stats([max(memory, arithmetic) / seconds]), None, target, note)


def traffic(net: torch.nn.Module, x: torch.Tensor) -> int:
    """Return the bytes that all layers of ``net`` read and write in one forward pass of ``x``."""
    moved = 0

    def count(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal moved
        tensors = [each for each in (*inputs, output) if isinstance(each, torch.Tensor)]
        moved += sum(each.numel() * each.element_size() for each in tensors)

    hooks = [layer.register_forward_hook(count) for layer in net.modules() if not [*layer.children()]]
    net(x)
    for hook in hooks:
        hook.remove()
    return moved


def timed_rows(device: torch.device, name: str, step: Callable[[], Any], repeats: int) -> tuple[float, list[Row]]:
    """Return the median seconds of a step, and rows with steps a second and, on a GPU, the peak memory."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds = seconds_of(device, step, repeats)
    rate = Stats(1 / seconds.median, 1 / seconds.high, 1 / seconds.low, seconds.count)
    result = [Row(name, "steps/s", rate)]
    if device.type == "cuda":
        memory = torch.cuda.max_memory_allocated(device) / BYTES
        result.append(Row(f"{name}, memory", "GiB", stats([memory])))
    return seconds.median, result


def seconds_of(device: torch.device, work: Callable[[], Any], repeats: int, burst: int = 10) -> Stats:
    """Return the seconds of one ``work``: ``repeats`` times a burst, the device idle before and after each."""
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    burst = burst if device.type == "cuda" else 1
    values = []
    for number in range(repeats + 1):
        wait()
        start = time.perf_counter()
        for _ in range(burst):
            work()
        wait()
        if number:
            values.append((time.perf_counter() - start) / burst)
    return stats(values)


def matmul_rate(device: torch.device, repeats: int, size: int) -> Stats:
    """Return the rate in TFLOP/s of a product of two (size, size) matrices."""
    a, b = torch.randn(2, size, size, device=device)
    seconds = seconds_of(device, lambda: a @ b, repeats)
    work = 2 * size**3 / 1e12
    return Stats(work / seconds.median, work / seconds.high, work / seconds.low, seconds.count)


def copy_rate(device: torch.device, repeats: int, size: int) -> Stats:
    """Return the rate in GB/s at which ``size`` bytes are read and written."""
    source = torch.zeros(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    seconds = seconds_of(device, lambda: target.copy_(source), repeats)
    work = 2 * size / 1e9
    return Stats(work / seconds.median, work / seconds.high, work / seconds.low, seconds.count)


def random_batch(device: torch.device, count: int, hr_patch: int, scale: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return random LR and HR batches on ``device``, in channels_last order as the samplers give them."""
    sides = hr_patch // scale, hr_patch // scale * scale
    low, high = (torch.rand(count, 3, side, side, device=device) * 255 for side in sides)
    return low.contiguous(memory_format=torch.channels_last), high.contiguous(memory_format=torch.channels_last)


def in_bfloat16(network: torch.nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a function that runs the network's convolutions in bfloat16, with float32 weights."""

    def run(x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, torch.bfloat16):
            return network(x).float()

    return run


def with_float32_tail(network: torch.nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the same with the last convolution, whose rounding is the image's, in float32."""
    last = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)][-1]
    whole = last.forward

    def forward(x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return whole(x.float())

    last.forward = forward  # type: ignore[method-assign, assignment]
    return in_bfloat16(network)


# The pipeline uses the first; the others show what it would gain.
VARIANTS: dict[str, Variant] = {
    "float32": lambda net: net,
    "bfloat16": in_bfloat16,
    "bfloat16, float32 tail": with_float32_tail,
    "compiled": torch.compile,
    "CUDA graphs": partial(torch.compile, mode="reduce-overhead"),
}
COMPILED = {"compiled", "CUDA graphs"}
