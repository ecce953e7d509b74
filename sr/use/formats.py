"""File format of a model card, results/zoo/<name>/card.json."""

from typing import Annotated, Literal

from pydantic import Field

from sr.core.formats import Document
from sr.data.formats import Lookalike
from sr.evaluate.formats import Conditions, Count, Scale, Sha256, Size
from sr.evaluate.latency_formats import Milliseconds
from sr.evaluate.metrics import Values

Seconds = Annotated[float, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class TrainingSet(Document):
    """A training set and the licence of its images."""

    name: str
    licence: str


class TrainingData(Document):
    """Training sets, and the digests of their packed files.

    ``lookalikes``: images of the card's test sets that look like one of theirs; None if that was not checked.
    """

    sets: list[TrainingSet]
    digests: list[str]
    lookalikes: list[Lookalike] | None = None


class Budget(Document):
    """Cost of training and, unless the genotype was given, of the search; ``warm_start``: from the weights of x2."""

    preset: str
    params_digest: str
    steps: Count
    seconds: Seconds
    warm_start: bool
    search_seconds: Seconds | None = None
    search_preset: str | None = None


class Device(Document):
    """Machine of the training: ``kind`` is cpu or cuda, ``count`` the number of devices."""

    kind: str
    count: Positive
    system: str
    processor: str
    threads: Positive
    gpu: str | None = None


class TestMetrics(Document):
    """Mean metrics of the network and of bicubic on a test set."""

    images: Positive
    network: Values
    bicubic: Values


class CardTiming(Document):
    """Milliseconds (median and quartiles) and bytes of memory for one output of the card's ``hr_size``."""

    median: Milliseconds
    low: Milliseconds
    high: Milliseconds
    peak_memory: Count | None = None
    device: str
    processor: str
    threads: Positive


class Card(Document):
    """A network of the model zoo; ``hr_size`` is the output (width, height) behind ``mult_adds``."""

    format: Literal[2]
    name: Annotated[str, Field(min_length=1)]
    method: Annotated[str, Field(min_length=1)]
    title: str
    citation: str
    scale: Scale
    params: Count
    mult_adds: Count
    hr_size: Size
    min_size: Positive
    weights_sha256: Sha256
    data: TrainingData
    budget: Budget
    device: Device
    seed: int
    commit: str | None = None
    dirty: bool | None = None
    versions: dict[str, str | None]
    protocol: Conditions
    test_sets: Annotated[dict[str, TestMetrics], Field(min_length=1)]
    timing: CardTiming | None = None
