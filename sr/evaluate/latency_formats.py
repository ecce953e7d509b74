"""File format of results/latency.json: time and memory of networks for one 1280x720 output on one machine."""

from typing import Annotated

from pydantic import Field

from sr.core.formats import Document
from sr.evaluate.formats import Count, Scale, Size

Milliseconds = Annotated[float, Field(ge=0)]


class Timing(Document):
    """One network at one scale: median and quartiles over the rounds.

    ``peak_memory``: bytes beyond what the process had before; None where the system does not tell.
    """

    model: str
    scale: Scale
    median: Milliseconds
    low: Milliseconds
    high: Milliseconds
    peak_memory: Count | None = None


class Latency(Document):
    """All networks of a run, from an 8-bit LR image to an 8-bit image of ``hr_size``, in turns.

    ``device`` is cpu or the GPU's name; ``warmup`` rounds were not counted.
    """

    hr_size: Size
    device: str
    processor: str
    threads: Annotated[int, Field(ge=1)]
    warmup: Count
    rounds: Annotated[int, Field(ge=1)]
    rows: list[Timing]
