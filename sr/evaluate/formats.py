"""File formats of measurements: metrics, counts and panels."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from sr.core.formats import Document
from sr.evaluate.metrics import METRICS, Values

Scale = Annotated[int, Field(ge=2, le=4)]
ScaleKey = Annotated[str, Field(pattern="^[234]$")]  # a scale as a JSON key
CropKey = Annotated[str, Field(pattern="^[0-9]+$")]  # pixels of a border crop as a JSON key
Count = Annotated[int, Field(ge=0)]
Size = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=2)]  # width, height in pixels
Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*=*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def check_values(values: Values) -> Values:
    """Return ``values`` if they have every metric of METRICS and no other; raise ValueError otherwise."""
    if set(values) != set(METRICS):
        raise ValueError(f"has the metrics {', '.join(values)}, but needs {', '.join(METRICS)}")
    return values


class Conditions(Document):
    """Rules of a measurement that change its result."""

    colour: str
    crop_border: Count
    output: str
    degradation: str


class Protocol(Conditions):
    """All rules of a measurement; ``tile`` is a side in LR pixels, 0 for whole images."""

    tile: Count


class ImageMetrics(Document):
    """Metrics of one image, on the luma of the whole image less its border; null is the infinite PSNR of equal images.

    ``crops`` has them at every measured border crop, that of the protocol among them.
    """

    name: str
    height: Count
    width: Count
    values: Values
    crops: dict[CropKey, Values] = {}


class Metrics(Document):
    """results/evaluate/<model>/x<scale>_<set>.json: one model on one test set.

    ``weights_sha256`` and ``origin`` are None for bicubic enlargement. ``data_digest`` is the content digest of the
    HR images that were measured; files of older versions have none for a folder of images.
    ``mean`` is by the protocol's crop; ``crops`` has the mean at every measured one. ``peer`` is set for another
    author's network, which takes each image whole, whatever the tiles of the others.
    """

    model: str
    origin: str | None = None
    peer: Literal[True] | None = None
    weights_sha256: Sha256 | None = None
    scale: Scale
    test_set: str
    data_digest: str | None = None
    protocol: Protocol
    mean: Values
    crops: dict[CropKey, Values] = {}
    images: Annotated[list[ImageMetrics], Field(min_length=1)]

    @model_validator(mode="after")
    def _all_metrics(self) -> "Metrics":
        images = [values for image in self.images for values in (image.values, *image.crops.values())]
        for values in [self.mean, *self.crops.values(), *images]:
            check_values(values)
        return self


class Counts(Document):
    """Params and Mult-Adds of a network, or of one operation."""

    params: Count
    mult_adds: Count


class ChallengeCounts(Document):
    """Counts for a 256x256 input, as the challenges on efficient super-resolution give them (NTIRE).

    ``mult_adds`` is what they call FLOPs; ``activations``: values that all convolutions return.
    """

    mult_adds: Count
    activations: Count


class ScaleCounts(Counts):
    """Counts at one scale; ``lr_size`` is (width, height) of the LR image behind a 1280x720 output.

    ``mult_adds_thop`` is by thop's rule (sr/evaluate/complexity.py), ``activations``: the values that all convolutions
    return. Files of earlier versions lack these and ``challenge``, and networks of others the first.
    """

    lr_size: Size
    mult_adds_thop: Count | None = None
    activations: Count | None = None
    challenge: ChallengeCounts | None = None


class ModelCounts(Document):
    """results/counts/<model>.json: counts of a model's network at its scales (keys "2", "3", "4").

    Another author's network has neither ``method`` nor ``genotype``, but the ``sha256`` of its file at each scale.
    """

    model: str
    method: str | None = None
    genotype: dict[str, Any] | None = None
    sha256: dict[ScaleKey, Sha256] | None = None
    hr_size: Size
    scales: dict[ScaleKey, ScaleCounts]


class ReferenceRow(ScaleCounts):
    """Counts of one model at one scale, at the paper's sizes."""

    model: str
    scale: Scale


class ReferenceCounts(Document):
    """results/counts/reference_<method>.json: counts at the sizes of the preset paper, with the given genotype."""

    method: str
    genotype: str
    rows: list[ReferenceRow]


class OperationCounts(Document):
    """results/counts/operations_<method>.json: counts of each candidate operation at ``channels`` and scale 2."""

    method: str
    channels: Annotated[int, Field(ge=1)]
    operations: dict[str, Counts]


class InheritedMetrics(Document):
    """results/rank/<model>.json: PSNR (dB) of networks with the weights of a search's supernet; None if not finite.

    On the ``images`` validation images of the search, Y, border crop = scale 2.
    """

    supernet: str
    data_digests: list[str]
    images: Count
    psnr: dict[str, float | None]


AllMetrics = Annotated[Values, AfterValidator(check_values)]


class View(Document):
    """One enlargement in a panel: metrics of the ``whole`` image and of the ``window``, PNG of the window.

    ``image`` is a WebP of the whole enlargement, where the page shows one.
    """

    label: str
    whole: AllMetrics
    window: AllMetrics
    crop: Base64
    image: Base64 | None = None


class Reference(Document):
    """The HR image of a panel: PNG of the window, WebP of the whole."""

    crop: Base64
    image: Base64


class Example(Document):
    """One image of a panel: the window where ``best`` and bicubic differ most, by ``difference`` levels of luma."""

    name: str
    width: Count
    height: Count
    top: Count
    left: Count
    best: str
    difference: Annotated[float, Field(ge=0)]
    hr: Reference
    views: Annotated[list[View], Field(min_length=1)]


class Panel(Document):
    """results/panels/<panel>_<set>.json: a visual comparison, measured; the figure and the page draw it.

    ``side`` is the window's in HR pixels; ``networks`` holds the SHA-256 of the weights behind each label.
    """

    panel: str
    test_set: str
    data_digest: str
    scale: Scale
    crop_border: Count
    side: Count
    networks: dict[str, Sha256]
    examples: list[Example]
