"""Training steps of both papers' networks, data included: PNG files decoded per sample against packed pixels."""

import copy
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.harness import Row, compare
from benchmarks.pictures import write_set
from benchmarks.reference.search import textbook
from benchmarks.reference.training import PngPatches, Step
from benchmarks.search import DEMO, WIDTHS
from sr.core.files import ROOT
from sr.core.sections import PatchPerScale, Retrain, Schedule, StepsPerScale
from sr.data.packed import Pairs
from sr.data.sampler import PatchSampler
from sr.methods import registry
from sr.nas.genotype import read_genotype
from sr.train.loop import TrainingStep
from sr.train.losses import ReconstructionLoss

SCALE, HR_PATCH, BATCH, RATE, TARGET = 2, 48, 8, 2e-3, 1.5
ADAM = Retrain(
    genotype="published",
    leave_out=0,
    init="default",
    steps=StepsPerScale(x2=1, x3=1, x4=1),
    batch=BATCH,
    devices=1,
    hr_patch=PatchPerScale(x2=128, x3=192, x4=256),
    lr=RATE,
    beta1=0.9,
    beta2=0.999,
    weight_decay=0.0,
    lr_schedule=Schedule(kind="cosine", warmup=0),
    mu_hfen=0.0,
    hfen="printed",
    grad_clip=0.0,
    keep="last",
    log_every=1,
)
# Channels and HR patch of the preset lite, and of the paper.
ALONE = {18: 64, 48: 96}
# HR sizes (height, width): like the photographs that come with scikit-image, and like DIV2K.
SETS = {"photographs": (512, 512), "2K": (1356, 2040)}


def rows(repeats: int, quick: bool) -> list[Row]:
    """Return a row for each method and image size, and the time of the sampler against that of the step."""
    result = []
    for name, size in list(SETS.items())[: 1 if quick else 2]:
        with tempfile.TemporaryDirectory() as folder:
            write_set(Path(folder), 2 if quick else 6, size, SCALE)
            png = PngPatches(Path(folder), SCALE, HR_PATCH, BATCH, 0)
            packed = PatchSampler(
                pairs := Pairs([Path(folder) / "packed"], SCALE), range(len(pairs)), HR_PATCH, BATCH, 0
            )
            for method in DEMO:
                result += _rows(f"training/{method}/{name}", method, png, packed, repeats)
    return result + [_alone(channels, patch, repeats) for channels, patch in list(ALONE.items())[: 1 if quick else 2]]


def _rows(name: str, method: str, png: PngPatches, packed: PatchSampler, repeats: int) -> list[Row]:
    torch.manual_seed(0)
    theirs, ours = pair(network(method, DEMO[method], SCALE))
    batch, note = packed.draw(), f"{DEMO[method].channels} channels, {BATCH} patches of {HR_PATCH}, one thread"
    loader = "reference: the step alone; ours: drawing its batch"
    return [
        compare(name, lambda: theirs(png.draw()), lambda: ours(packed.draw(), RATE), repeats, TARGET, note),
        compare(f"{name}/step alone", lambda: theirs(batch), lambda: ours(batch, RATE), repeats, None, note),
        compare(f"{name}/loader", lambda: ours(batch, RATE), packed.draw, repeats, 10.0, loader),
    ]


def _alone(channels: int, patch: int, repeats: int) -> Row:
    """Return the step of DLSR at a width on random images, without data."""
    torch.manual_seed(0)
    theirs, ours = pair(network("dlsr", WIDTHS["dlsr"].replace(channels=channels), SCALE))
    size = patch // SCALE
    batch = 255 * torch.rand(BATCH, 3, size, size), 255 * torch.rand(BATCH, 3, patch, patch)
    note = f"{channels} channels, {BATCH} patches of {patch}, one thread"
    work = (lambda: theirs(batch)), (lambda: ours(batch, RATE))
    return compare(f"training/dlsr/{channels} channels/step alone", *work, repeats, 1.3, note)


def network(method: str, config: Any, scale: int) -> nn.Module:
    """Return the network of the method's genotype in data/genotypes."""
    definition = registry.find(method)
    return definition.network(
        read_genotype(ROOT / "data" / "genotypes" / f"{method}.json", definition.genotype_type), config, scale
    )


def pair(ours: nn.Module) -> tuple[Step, TrainingStep]:
    """Return the textbook's step and ours, on two copies of a network."""
    dtype = next(ours.parameters()).dtype
    theirs = Step(textbook(copy.deepcopy(ours)), ReconstructionLoss(0.0).to(dtype), RATE)
    return theirs, TrainingStep(ours, ReconstructionLoss(0.0).to(dtype), ADAM)
