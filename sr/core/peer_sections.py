"""Entries of ``data.peers`` in params.yaml: networks of other authors, in ONNX files or files of weights."""

from pathlib import PurePath
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from sr.core.bounds import Label, WeightsPath
from sr.core.formats import Document


class PeerFile(Document):
    """One file: its path alone, or with what the metadata of an ONNX file do not say."""

    file: WeightsPath = Field(
        description="path of the ONNX file, or of weights (.pth, .safetensors) whose architecture spandrel knows"
    )
    pixels: Literal["RGB 0..1", "RGB 0..255", "BGR 0..1", "BGR 0..255"] | None = Field(
        default=None, description="order and range of an ONNX file's channels (default: the metadata's)"
    )
    min_side: int | None = Field(
        default=None, ge=1, le=1024, description="shortest side in LR pixels (default: the metadata's, or 48)"
    )
    multiple: int | None = Field(
        default=None, ge=1, le=256, description="what LR sides must be a multiple of (default: the metadata's, or 1)"
    )

    @property
    def is_onnx(self) -> bool:
        """Return whether it is an ONNX file; any other is for spandrel."""
        return PurePath(self.file).suffix.lower() == ".onnx"

    @model_validator(mode="after")
    def _check_pixels(self) -> Self:
        if self.pixels and not self.is_onnx:
            raise ValueError("pixels is for ONNX files. Leave it out")
        return self

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        """Return the schema for editors: a path, or the section."""
        section = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [section["properties"]["file"], section]}


class Peer(Document):
    """Another network to measure beside ours: a file for each scale that it has."""

    label: Label | None = Field(default=None, description="name in tables and plots (default: its name here)")
    year: int | None = Field(
        default=None, ge=1990, le=2100, description="year of its publication (default: counts as 2021 or later)"
    )
    x2: PeerFile | None = Field(default=None, description="file for scale 2")
    x3: PeerFile | None = Field(default=None, description="file for scale 3")
    x4: PeerFile | None = Field(default=None, description="file for scale 4")

    @property
    def files(self) -> dict[int, PeerFile]:
        """Return the files by scale."""
        entries = {scale: getattr(self, f"x{scale}") for scale in (2, 3, 4)}
        return {scale: entry for scale, entry in entries.items() if entry is not None}

    def title(self, name: str) -> str:
        """Return what to call it in tables and plots; ``name`` is its key."""
        return self.label or name

    @model_validator(mode="after")
    def _check_files(self) -> Self:
        if not self.files:
            raise ValueError("has no file. Give one for x2, x3 or x4")
        return self
