"""Export of a trained network to a file that runs without this project, for images of any size."""

import importlib
import io
import json
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from sr.core.errors import UserError
from sr.core.files import atomic_path
from sr.methods import papers
from sr.methods.weights import Trained

OPSET = 17
RANGE = "RGB 0..255, float32, N x 3 x height x width; the output is neither clipped nor rounded"
TOLERANCE = 1e-4 * 255  # far below half a level of an 8-bit image
FORMATS = ("onnx", "torchscript")
_INSTALL = "pip install onnx onnxruntime"
_TRACED = (1, 32, 40)  # batch, height, width of the traced example; not among the checked sizes

Run = Callable[[torch.Tensor], np.ndarray]


def export(trained: Trained, kind: str, out: Path, check: bool | None) -> float | None:
    """Write the network to ``out``; return its largest difference from torch's output (0..255), or None.

    ``kind``: onnx or torchscript. ``check``: run the file at several sizes before it is kept; None does so only if
    the runtime is installed, and the result is None otherwise. Raise UserError if a package is missing or the output
    differs by more than TOLERANCE.
    """
    if kind == "onnx":
        _need("onnx")
        if check is None:
            check = importlib.util.find_spec("onnxruntime") is not None
        elif check:
            _need("onnxruntime")
    network = trained.network().eval()
    with atomic_path(out) as temporary, _quiet():
        (_to_onnx if kind == "onnx" else _to_torchscript)(network, metadata(trained), temporary)
        if check is False:
            return None
        worst = difference(network, _session(temporary) if kind == "onnx" else _script(temporary), trained)
        if not worst <= TOLERANCE:
            raise UserError(f"{out}: output differs from torch's by {worst:.3g} levels, more than {TOLERANCE:.3g}")
    return worst


def metadata(trained: Trained) -> dict[str, str]:
    """Return the file's metadata: method, scale, genotype, network section, value range, smallest side."""
    return {
        "method": trained.method.name,
        "citation": papers.find(trained.method.name).citation,
        "scale": str(trained.scale),
        "genotype": json.dumps(trained.genotype.without_evidence(), sort_keys=True),
        "network": json.dumps(trained.config.model_dump(), sort_keys=True),
        "range": RANGE,
        "min_size": str(trained.method.min_size),
    }


def difference(network: nn.Module, run: Run, trained: Trained) -> float:
    """Return the largest difference between torch and ``run`` on random images of several sizes."""
    least = trained.method.min_size
    worst = 0.0
    for batch, height, width in ((1, least, least), (2, least + 8, least + 2), (1, 61, 40), (1, 97, 133)):
        generator = torch.Generator().manual_seed(height)
        x = torch.rand(batch, 3, max(height, least), max(width, least), generator=generator) * 255
        with torch.inference_mode():
            expected = network(x).numpy()
        actual = run(x)
        if actual.shape != expected.shape:
            raise UserError(f"{trained.origin}: export returns {actual.shape}, not {expected.shape}. Report this")
        worst = max(worst, float(np.abs(actual - expected).max()))
    return worst


def _to_onnx(network: nn.Module, facts: dict[str, str], path: Path) -> None:
    import onnx

    axes = {"lr": {0: "batch", 2: "height", 3: "width"}, "sr": {0: "batch", 2: "sr_height", 3: "sr_width"}}
    # Tracing suffices, because only shapes depend on the input, and needs no package besides onnx.
    torch.onnx.export(
        network,
        (_example(),),
        path,
        dynamo=False,
        opset_version=OPSET,
        input_names=["lr"],
        output_names=["sr"],
        dynamic_axes=axes,
    )
    model = onnx.load(path)
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _to_torchscript(network: nn.Module, facts: dict[str, str], path: Path) -> None:
    with torch.inference_mode():
        traced = torch.jit.trace(network, _example(), check_trace=False)
    # Through memory, because on a full disk torch's own writer aborts the process.
    buffer = io.BytesIO()
    torch.jit.save(traced, buffer, _extra_files=facts)
    path.write_bytes(buffer.getbuffer())


def _example() -> torch.Tensor:
    batch, height, width = _TRACED
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(0)) * 255


def _session(path: Path) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(["sr"], {"lr": x.numpy()})[0]


def _script(path: Path) -> Run:
    script = torch.jit.load(path)

    def run(x: torch.Tensor) -> np.ndarray:
        with torch.inference_mode():
            return script(x).numpy()

    return run


def _need(package: str) -> None:
    try:
        importlib.import_module(package)
    except ImportError:
        raise UserError(
            f"--format onnx: needs the package {package}, which is not installed. Run: {_INSTALL}"
        ) from None


def _quiet() -> warnings.catch_warnings:
    """Silence torch's advice to use its other exporter, which needs another package for the same result."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    return warnings.catch_warnings(action="ignore", category=Warning)
