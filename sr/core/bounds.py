"""Types of parameters: numbers within bounds, names, and lists without duplicates."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError, WrapValidator

from sr.core.formats import WHOLE

T = TypeVar("T")


def _check_unique(values: list[T]) -> list[T]:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value!r} occurs twice")
    return values


def _check_starts_at_2(scales: list[int]) -> list[int]:
    if 2 not in scales:
        raise ValueError(f"{scales} does not contain 2, from whose weights 3 and 4 start")
    return scales


def _check_border(value: Any, check: Callable[[Any], Any]) -> Any:
    try:
        return check(value)
    except ValidationError:
        raise ValueError("input should be 'scale' or an integer from 0 to 64") from None


def _check_tile(value: int) -> int:
    if 0 < value < 48:
        raise ValueError("input should be 0 or at least 48")
    return value


UNIQUE: dict[str, Any] = {"uniqueItems": True}
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Scale = Annotated[Literal[2, 3, 4], WHOLE]
Scales = Annotated[list[Scale], Field(min_length=1, json_schema_extra=UNIQUE), AfterValidator(_check_unique)]
LONGEST_NAME = 80  # characters: names of files are made of several names
DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=LONGEST_NAME)]
Datasets = Annotated[list[DatasetName], Field(min_length=1, json_schema_extra=UNIQUE), AfterValidator(_check_unique)]
# Messages, logs and shell lines show paths: no line breaks or other control characters.
FolderPath = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")]
# Snakemake takes braces for wildcards.
WeightsPath = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f{}]+$")]
Label = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=40)]
Releases = Annotated[list[WeightsPath], Field(json_schema_extra=UNIQUE), AfterValidator(_check_unique)]
BEST_ON = "best_on_"
Keep = Annotated[str, Field(pattern=rf"^(last|{BEST_ON}[A-Za-z][A-Za-z0-9_]*)$")]
VariantName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST_NAME)]
PresetName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=LONGEST_NAME)]
Count = Annotated[int, Field(ge=1, le=1000)]
Percent = Annotated[float, Field(gt=0, le=1000)]
Steps = Annotated[int, Field(ge=1, le=10**8)]
Batch = Annotated[int, Field(ge=1, le=4096)]
Rate = Annotated[float, Field(gt=0, le=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Decay = Annotated[float, Field(ge=0, le=1)]
LossWeight = Annotated[float, Field(ge=0, le=1000)]
Seeds = Annotated[list[Seed], Field(max_length=1000, json_schema_extra=UNIQUE), AfterValidator(_check_unique)]
TrainedScales = Annotated[Scales, AfterValidator(_check_starts_at_2)]
Methods = Annotated[list[str], Field(min_length=1, json_schema_extra=UNIQUE), AfterValidator(_check_unique)]
Border = Annotated[Literal["scale"] | Annotated[int, Field(ge=0, le=64)], WrapValidator(_check_border)]
Tile = Annotated[int, Field(ge=0, le=4096), AfterValidator(_check_tile)]
