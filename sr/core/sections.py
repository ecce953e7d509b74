"""Sections of a model in params.yaml: its data, search and training; only what is off by default has one.

Every key has its type, its bounds and its meaning here, in :mod:`sr.core.file_sections`, or, for the sizes of a
network, in ``sr/methods/<method>/schema.py``. These declarations check the file (:mod:`sr.core.config`) and are the
source of docs/parameters.md, of the JSON Schema for editors and of the comments in the presets.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from sr.core.bounds import (
    BEST_ON,
    Batch,
    Beta,
    Border,
    DatasetName,
    Datasets,
    Decay,
    FolderPath,
    Keep,
    LossWeight,
    Rate,
    Releases,
    Steps,
    Tile,
    VariantName,
)
from sr.core.formats import Document
from sr.core.peer_sections import Peer


class Data(Document):
    """Test sets, your own copies of data sets and of released weights, and other networks to compare with."""

    test: Datasets = Field(description="benchmark sets; names from data/sources.yaml or data.folders")
    folders: dict[DatasetName, FolderPath] = Field(
        description="folders of HR images that you already have, by name of the set, such as "
        "{DIV2K: /data/DIV2K_train_HR}; such a set is read in place and not downloaded"
    )
    releases: Releases = Field(
        description="weights that the papers' authors released: names from data/sources.yaml, which are fetched, or "
        "paths of such files, known by their SHA-256; those of the listed methods are evaluated on every test set"
    )
    peers: dict[VariantName, Peer] = Field(
        default={},
        description="other networks in files, such as {smfanet: {x2: smfanet_x2.onnx}}, which are measured on "
        "every test set, counted, and shown as re-measured; docs/data.md has the longer form",
    )


class Evaluate(Document):
    """Benchmark protocol."""

    crop_border: Border = Field(
        description="pixels cut from each border before PSNR and SSIM: a number, or scale (the field's convention)"
    )
    tile: Tile = Field(
        description="side in LR pixels of the tiles in which large images go through the network to bound the memory, "
        "at least 48; 0 takes each image whole"
    )


class Adam(Document):
    """Numbers of one Adam optimiser."""

    lr: Rate = Field(description="learning rate")
    beta1: Beta = Field(description="decay rate of Adam's running mean of the gradient")
    beta2: Beta = Field(description="decay rate of Adam's running mean of the squared gradient")
    weight_decay: Decay = Field(description="weight decay: L2 added to the gradient")


class Schedule(Document):
    """Learning rate over time: halved at regular intervals, or one cosine from lr to 0, after a rise from 0."""

    kind: Literal["halve", "cosine"] = Field(description="halve the rate every N steps, or let one cosine take it to 0")
    warmup: int = Field(
        ge=0,
        le=10**8,
        description="first steps, in which the rate rises in equal parts from 0 to what it would be; an interpolating "
        "start needs some, because Adam's first steps change every weight by the whole rate",
    )
    every: Steps | None = Field(default=None, description="steps between two halvings; only for halve")

    @model_validator(mode="after")
    def _check_every(self) -> Self:
        if self.kind == "halve" and self.every is None:
            raise ValueError("key 'every' is missing")
        if self.kind == "cosine" and self.every is not None:
            raise ValueError("unknown key 'every'; it belongs to kind: halve")
        return self


Init = Literal["interpolation", "default"]
INIT = (
    "initial weights: PyTorch's default, or changed such that the untrained network enlarges bilinearly, which makes a "
    "short training count"
)


Form = Literal["printed", "released"]
HFEN_FORM = (
    "HFEN as printed (DLSR eq. 8), or as in the authors' release, which divides each of the two maps of edges by its "
    "maximum and so leaves almost nothing of it beside L1"
)


Precision = Literal["float32", "bfloat16"]


CostKind = Literal["none", "params", "mult_adds", "latency"]


class Search(Document):
    """Search on x2, in two alternating steps (DLSR section 3.2, appendix A; MRAN section 4.1)."""

    validation_images: int = Field(
        ge=1, le=100_000, description="last images of the training list, held out for the architecture step"
    )
    init: Init = Field(description=INIT)
    steps: Steps = Field(description="optimisation steps, those of the warm-up among them")
    warmup_steps: int = Field(ge=0, le=10**8, description="first steps, which update the weights only")
    batch: Batch = Field(description="patches in a step")
    hr_patch: int = Field(
        ge=32, le=1024, multiple_of=2, description="side of an HR patch in pixels, twice that of the LR patch"
    )
    theta: Adam = Field(description="optimiser of the weights")
    arch: Adam = Field(description="optimiser of the architecture parameters")
    lambda_train: LossWeight = Field(
        description="weight of the training loss in the architecture step (DLSR eq. 6): 1 for MiLeNAS, 0 for "
        "first-order DARTS"
    )
    lambda_val: LossWeight = Field(description="weight of the validation loss in the architecture step (DLSR eq. 6)")
    mu_hfen: LossWeight = Field(description="weight of HFEN in the loss (DLSR eq. 10)")
    hfen: Form = Field(description=HFEN_FORM)
    gamma_params: LossWeight = Field(description="weight of the parameter loss (DLSR eq. 10)")
    params_loss: Form = Field(
        description="parameter loss as printed (DLSR eq. 9), or as in the authors' release, without its gradient"
    )
    precision: Precision = Field(
        description="number format of the convolution that stands for all plain candidates, about half of a step's "
        "work; bfloat16 is faster where the processor or GPU computes in it, and slower where not"
    )
    log_every: Steps = Field(description="steps between two rows of the history")
    cost: CostKind = Field(
        default="none",
        description="what cost_target limits in the network to retrain: nothing, as if the key is left out, its "
        "parameters, its Mult-Adds, or its latency by a table that is measured first",
    )
    cost_target: float | None = Field(
        default=None,
        gt=0,
        le=10**9,
        description="most that the derived network may cost: K parameters, or, for a 1280x720 output at x2, G "
        "Mult-Adds or milliseconds on this device; a multiplier holds the search to it, without a weight to choose",
    )
    cost_bound: Literal["above", "both"] = Field(
        default="above",
        description="what the multiplier acts against: a cost above the target, or a cost on both sides of it, so that "
        "what the target allows is used",
    )

    @model_validator(mode="after")
    def _check_target(self) -> Self:
        if (self.cost == "none") != (self.cost_target is None):
            raise ValueError("cost and cost_target need each other. Give both, or leave both out")
        return self


class StepsPerScale(Document):
    """Steps of a training, by scale."""

    x2: Steps = Field(description="steps at scale 2")
    x3: Steps = Field(description="steps at scale 3")
    x4: Steps = Field(description="steps at scale 4")

    def at(self, scale: int) -> int:
        """Return the number for ``scale``."""
        return getattr(self, f"x{scale}")


class PatchPerScale(Document):
    """Side of an HR patch, by scale: a multiple of the scale."""

    x2: int = Field(ge=32, le=1024, multiple_of=2, description="side in pixels at scale 2")
    x3: int = Field(ge=48, le=1024, multiple_of=3, description="side in pixels at scale 3")
    x4: int = Field(ge=64, le=1024, multiple_of=4, description="side in pixels at scale 4")

    def at(self, scale: int) -> int:
        """Return the side for ``scale``."""
        return getattr(self, f"x{scale}")


class Retrain(Document):
    """Retraining of the derived network at each scale."""

    genotype: Literal["searched", "published", "fitted", "random"] = Field(
        description="genotype to retrain: the result of the search; or data/genotypes/<model>.json (<method>.json, if "
        "there is none), which says whether it is published, or fitted to printed counts; or, for a variant with the "
        "section random, one drawn at random"
    )
    leave_out: int = Field(ge=0, le=100_000, description="last images of the training list to leave out of retraining")
    init: Init = Field(description=f"{INIT}; x3 and x4 then take all but the upsampler from x2")
    steps: StepsPerScale = Field(description="optimisation steps")
    batch: Batch = Field(description="patches in a step")
    devices: int = Field(
        ge=1,
        le=1024,
        description="GPUs (on a CPU: processes) that train one network together, each with an equal share of the batch",
    )
    hr_patch: PatchPerScale = Field(description="side of an HR patch in pixels")
    lr: Rate = Field(description="learning rate at the start")
    beta1: Beta = Field(description="decay rate of Adam's running mean of the gradient")
    beta2: Beta = Field(description="decay rate of Adam's running mean of the squared gradient")
    weight_decay: Decay = Field(description="weight decay: L2 added to the gradient")
    lr_schedule: Schedule = Field(description="learning rate over time: kind, warmup, and every if it is halved")
    mu_hfen: LossWeight = Field(description="weight of HFEN in the loss (DLSR eq. 10)")
    hfen: Form = Field(description=HFEN_FORM)
    grad_clip: LossWeight = Field(description="norm to which a larger gradient is scaled down; 0 for no limit")
    keep: Keep = Field(
        description="weights to keep: last, of the last step; or best_on_Set5 or the like, of the history's row with "
        "the best PSNR on that *test* set, as in DLSR's release: results on it are then biased upwards"
    )
    log_every: Steps = Field(description="steps between two rows of the history")

    @property
    def selection_set(self) -> str | None:
        """Return the test set on which the weights are selected, or None for the last step."""
        return self.keep.removeprefix(BEST_ON) if self.keep.startswith(BEST_ON) else None
