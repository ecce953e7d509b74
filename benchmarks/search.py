"""Benchmark of a whole search step, theta and A, with loss and Adam, at the paper's width and patch on few images."""

import copy
from typing import Any

import torch

from benchmarks.harness import Row, compare
from benchmarks.reference.search import Batch, Step, textbook
from sr.core.sections import Adam as AdamConfig
from sr.methods import registry
from sr.methods.dlsr import network as dlsr
from sr.methods.mran import network as mran
from sr.nas.bilevel import Objective, SearchStep
from sr.nas.mixed import set_precision
from sr.train.losses import ReconstructionLoss

TARGETS = {"dlsr": 5.0, "mran": 3.0}
WIDTHS: dict[str, Any] = {
    "dlsr": dlsr.Network(channels=48, cells=6, network_level=True, pixel_range=255),
    "mran": mran.Network(
        channels=64,
        sampling=4,
        search_blocks=4,
        blocks=5,
        osb_nodes=4,
        asb_nodes=4,
        csrm=True,
        block="mrab",
        pixel_range=1,
    ),
}
DEMO: dict[str, Any] = {
    "dlsr": dlsr.Network(channels=16, cells=6, network_level=True, pixel_range=1),
    "mran": mran.Network(
        channels=16,
        sampling=4,
        search_blocks=2,
        blocks=2,
        osb_nodes=4,
        asb_nodes=4,
        csrm=True,
        block="mrab",
        pixel_range=1,
    ),
}
# Per method: (lambda_train, lambda_val), mu, gamma, LR patch (DLSR appendix A; MRAN section 4.1).
SETTINGS = {"dlsr": ((1.0, 1.0), 0.2, 0.2, 32), "mran": ((0.0, 1.0), 0.0, 0.0, 64)}


def rows(repeats: int, quick: bool) -> list[Row]:
    """Return a row for each method at the paper's width and at the demo's."""
    result = []
    for name in TARGETS:
        patch = SETTINGS[name][3]
        sizes = (
            [("demo", DEMO[name], 4, 16)] if quick else [("paper", WIDTHS[name], 2, patch), ("demo", DEMO[name], 4, 16)]
        )
        for size, config, images, side in sizes:
            torch.manual_seed(0)
            theirs, ours = pair(name, config)
            train, validation = (batch(images, side) for _ in range(2))
            last = tuple(tuple(t.contiguous(memory_format=torch.channels_last) for t in b) for b in (train, validation))
            note = f"{config.channels} channels, {images} images of {side}x{side}, one thread"
            work = (lambda s=theirs, b=(train, validation): s(*b)), (lambda s=ours, b=last: s(*b))
            target = TARGETS[name] if size == "paper" else None
            result.append(compare(f"search/{name}/{size}", *work, repeats, target, note))
            if name == "dlsr":
                set_precision(ours.objective.supernet, "bfloat16")
                result.append(compare(f"search/{name}/{size}/bfloat16", *work, repeats, target, note))
    return result


def batch(images: int, side: int, scale: int = 2) -> Batch:
    """Return random LR (N, 3, side, side) and HR images in 0..255."""
    return torch.rand(images, 3, side, side) * 255, torch.rand(images, 3, scale * side, scale * side) * 255


def pair(name: str, config: object, dtype: torch.dtype = torch.float32) -> tuple[Step, SearchStep]:
    """Return the textbook's step and ours, which start from the same supernet."""
    weights, mu, gamma, _ = SETTINGS[name]
    supernet = registry.find(name).supernet(config, 2).to(dtype)
    theirs = Step(textbook(copy.deepcopy(supernet)), ReconstructionLoss(mu).to(dtype), gamma, weights)
    objective = Objective(supernet, ReconstructionLoss(mu).to(dtype), gamma, *weights)
    adam = [AdamConfig(lr=lr, beta1=0.9, beta2=0.999, weight_decay=0.0) for lr in (1e-3, 1e-2)]
    return theirs, SearchStep(objective, *adam)
