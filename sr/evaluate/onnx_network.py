"""Networks of other projects in ONNX files.

A file must be complete in itself, take one float32 image (N, 3, height, width) of any size and return it enlarged. What
its tensors mean comes from its metadata or from the caller; nothing is guessed.
"""

import re
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from sr.core.errors import UserError, reason_of
from sr.evaluate.onnx_counts import conv_counts
from sr.evaluate.other_network import UNKNOWN_MIN_SIDE, Convention, Order, OtherNetwork

LARGEST = 2**30  # bytes of a file
LARGEST_SIDE = 1024  # of the smallest image, or of a multiple, that a file may ask for
_INSTALL = "pip install onnx onnxruntime"


class OnnxNetwork(OtherNetwork):
    """An enlarger of uint8 images from an ONNX file: call it with an (h, w, 3) image."""

    def __init__(
        self,
        path: Path,
        scale: int,
        pixels: str | None = None,
        min_side: int | None = None,
        multiple: int | None = None,
        threads: int = 1,
    ) -> None:
        """Load and check the file; ``pixels``, ``min_side`` and ``multiple`` replace what its metadata state.

        Raise UserError if a package is missing, or if the file is damaged, needs other files, or is no network of this
        kind at this scale.
        """
        self.path, self.scale = path, scale
        self._model = _read(path)
        self._input = _check_input(path, self._model)
        facts = {entry.key: entry.value for entry in self._model.metadata_props}
        given = {"input": pixels, "min_size": min_side, "multiple": multiple}
        self.convention = convention(path, facts | {key: str(value) for key, value in given.items() if value})
        self._session = _session(path, self._model, threads)
        self._check_scale()

    def parameters(self) -> int:
        """Return the number of floating-point values in the file's weights."""
        return sum(prod(tensor.dims) for tensor in self._model.graph.initializer if tensor.data_type in _floats())

    def convolutions(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the Mult-Adds of all convolutions for an LR image of ``size`` (w, h), and the values they return.

        The network runs once at that size, because sizes inside a graph can be computed in it.
        """
        width, height = self._padded(size)
        feed = {self._input: np.zeros((1, 3, height, width), np.float32)}

        def run(model: Any, names: list[str]) -> list[np.ndarray]:
            return _results(self.path, _session(self.path, model, 1), names, feed)

        return conv_counts(self._model, run)

    def _outputs(self, tensor: np.ndarray) -> list[np.ndarray]:
        return _results(self.path, self._session, None, {self._input: tensor})


def convention(path: Path, facts: Mapping[str, str]) -> Convention:
    """Return the convention that a file's metadata state; raise UserError if they do not.

    ``input`` or ``range`` is a text such as "RGB float32 0..255"; ``min_size`` and ``multiple`` are whole numbers.
    """
    text = facts.get("input") or facts.get("range") or ""
    order, peak = re.search(r"\b(RGB|BGR)\b", text), re.search(r"\b0\.\.(1|255)\b", text)
    if order is None or peak is None:
        remedy = "Give --pixels, such as 'RGB 0..255' (in data.peers: the key pixels)"
        raise UserError(f"{path}: channel order and value range are not known. {remedy}")
    least, multiple = (_side(path, facts, key) for key in ("min_size", "multiple"))
    channels: Order = "RGB" if order[1] == "RGB" else "BGR"
    return Convention(float(peak[1]), channels, least or UNKNOWN_MIN_SIDE, multiple or 1)


def _side(path: Path, facts: Mapping[str, str], key: str) -> int:
    """Return a side that the metadata state, 0 if they do not."""
    text = facts.get(key, "0")
    if not (re.fullmatch(r"[0-9]{1,4}", text) and int(text) <= LARGEST_SIDE):
        raise UserError(
            f"{path}: its metadata state {key} = {text}. Give a number up to {LARGEST_SIDE} with "
            f"--{'min-side' if key == 'min_size' else key}"
        )
    return int(text)


def _read(path: Path) -> Any:
    """Return the file's model, checked as far as the format goes."""
    try:
        import onnx
    except ImportError:
        raise UserError(f"{path}: reading it needs onnx and onnxruntime. Install them: {_INSTALL}") from None
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path}: larger than {LARGEST:,} bytes. Give a file of a light network")
        model = onnx.load_from_string(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}. Check the path") from None
    except Exception as error:  # noqa: BLE001 - protobuf's DecodeError is not public
        raise _unusable(path, error) from None
    outside = [t.name for t in _tensors(model.graph) if t.data_location == onnx.TensorProto.EXTERNAL]
    if outside:
        raise UserError(f"{path}: weights such as {outside[0]!r} are in other files. Save it as one file")
    try:
        onnx.checker.check_model(model)
    except Exception as error:  # noqa: BLE001 - ValidationError, and others for damaged graphs
        raise _unusable(path, error) from None
    return model


def _tensors(graph: Any) -> list[Any]:
    """Return all tensors of a graph: weights, and constants of its nodes and of their subgraphs."""
    tensors = list(graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            tensors += [attribute.t, *attribute.tensors]
            for inner in (attribute.g, *attribute.graphs):
                tensors += _tensors(inner) if inner.node or inner.initializer else []
    return tensors


def _check_input(path: Path, model: Any) -> str:
    """Return the name of the one input, an image of free height and width."""
    import onnx

    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise UserError(f"{path}: has {len(inputs)} inputs, but a network of images has one")
    kind = inputs[0].type.tensor_type
    sides = [dimension.dim_value or None for dimension in kind.shape.dim]
    if kind.elem_type != onnx.TensorProto.FLOAT or len(sides) != 4 or sides[1] not in (None, 3):
        raise UserError(f"{path}: its input is not float32 (N, 3, height, width)")
    if sides[0] not in (None, 1) or sides[2:] != [None, None]:
        raise UserError(f"{path}: its input has a fixed size, {sides}. Export it with free height and width")
    return inputs[0].name


def _session(path: Path, model: Any, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise UserError(f"{path}: running it needs onnxruntime. Install it: {_INSTALL}") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no common base
        raise _unusable(path, error) from None


def _results(path: Path, session: Any, names: list[str] | None, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return the outputs ``names``, or all; raise UserError if the network fails, maybe at this size only."""
    try:
        return session.run(names, feed)
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no common base
        raise _unusable(path, error) from None


def _floats() -> set[int]:
    import onnx

    return {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE, onnx.TensorProto.BFLOAT16}


def _unusable(path: Path, error: Exception) -> UserError:
    reason = reason_of(error)[:200]
    return UserError(f"{path}: not a usable ONNX network ({reason}). Export it again")
