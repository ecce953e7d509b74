"""Networks of other projects in files of weights, whose architecture the package spandrel knows by its tensors.

spandrel restricts what a .pth may unpickle, but hands a TorchScript archive to ``torch.jit.load``, which runs code of
the archive. So the tensors are read here, by safetensors or with ``weights_only``, and only they reach spandrel.
"""

import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from torch.overrides import TorchFunctionMode

from sr.core.errors import UserError, reason_of
from sr.core.memory import exhausted
from sr.evaluate.complexity import tally
from sr.evaluate.other_network import UNKNOWN_MIN_SIDE, Convention, OtherNetwork

# Its torchvision has operators that only load beside the torch that they were built for.
_INSTALL = "pip install spandrel torchvision, of the version and build that fit torch"


class SpandrelNetwork(OtherNetwork):
    """An enlarger of uint8 images from a file of weights: call it with an (h, w, 3) image. It runs on the processor."""

    def __init__(
        self, path: Path, scale: int, min_side: int | None = None, multiple: int | None = None, threads: int = 1
    ) -> None:
        """Load and check the file; sides in LR pixels. Set the number of torch's threads.

        spandrel itself pads an image to what the architecture needs, so ``multiple`` is rarely of use. Raise UserError
        if the package is missing, or if the file is damaged or is no network for this scale that spandrel knows.
        """
        torch.set_num_threads(threads)
        self.path, self.scale = path, scale
        self._descriptor = _load(path, scale)
        self.convention = Convention(1.0, "RGB", min_side or UNKNOWN_MIN_SIDE, multiple or 1)
        self._check_scale()

    def parameters(self) -> int:
        """Return the number of parameters that one image needs.

        Blocks that are merged into one convolution for inference (SPAN's, for example) count as that convolution.
        """
        side = max(self.convention.min_side, 24)
        with _UsedParameters() as used:
            self._call(torch.zeros(1, 3, *self._padded((side, side))))
        return sum(each.numel() for each in self._descriptor.model.parameters() if id(each) in used.ids)

    def convolutions(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the Mult-Adds of all convolutions for an LR image of ``size`` (w, h), and the values they return.

        Layers count, with the image padded to what the architecture needs; functions that convolve do not.
        """
        layers = _Transposed(self._descriptor.model)
        try:
            counted = tally(_Whole(self), self._padded(size))
        finally:
            layers.remove()
        return counted.mult_adds + layers.mult_adds, counted.activations + layers.values

    def _outputs(self, tensor: Any) -> list[Any]:
        return [self._call(torch.from_numpy(tensor)).numpy()]

    def _call(self, image: torch.Tensor) -> torch.Tensor:
        """Return what spandrel makes of (1, 3, h, w) in 0..1; raise UserError if the network fails."""
        try:
            return self._descriptor(image)
        except Exception as error:  # noqa: BLE001 - whatever the layers of an architecture raise
            if exhausted(error):
                raise
            raise _unusable(self.path, error) from None


class _Whole(nn.Module):
    """The network with the padding around it, as a module."""

    def __init__(self, network: SpandrelNetwork) -> None:
        super().__init__()
        self.model = network._descriptor.model
        self._network = network._call

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self._network(image)


class _Transposed:
    """Counts of the transposed convolutions of a network, each weight once at every pixel of the input."""

    def __init__(self, network: nn.Module) -> None:
        self.mult_adds, self.values = 0, 0
        layers = [layer for layer in network.modules() if isinstance(layer, nn.ConvTranspose2d)]
        self._hooks = [layer.register_forward_hook(self._count) for layer in layers]

    def remove(self) -> None:
        """Count no further pass."""
        for hook in self._hooks:
            hook.remove()

    def _count(self, layer: nn.ConvTranspose2d, inputs: tuple, output: torch.Tensor) -> None:
        self.mult_adds += layer.weight.numel() * inputs[0].shape[-2] * inputs[0].shape[-1]
        self.values += output.numel()


class _UsedParameters(TorchFunctionMode):
    """The parameters that are arguments of functions of torch; reading or setting an attribute is no use."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[int] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") not in ("__get__", "__set__"):
            self._add([*args, *(kwargs or {}).values()])
        return func(*args, **(kwargs or {}))

    def _add(self, values: Any) -> None:
        for value in values:
            if isinstance(value, nn.Parameter):
                self.ids.add(id(value))
            elif isinstance(value, list | tuple):
                self._add(value)


def _load(path: Path, scale: int) -> Any:
    """Return spandrel's descriptor of a network from RGB to RGB; raise UserError if the file has none."""
    spandrel = _package(path)
    state = _tensors(path)
    try:
        network = spandrel.ModelLoader(device="cpu").load_from_state_dict(state).eval()
    except spandrel.UnsupportedModelError:
        raise UserError(f"{path}: weights of no architecture that spandrel knows. Export it to ONNX") from None
    except Exception as error:  # noqa: BLE001 - a state of another shape fails anywhere in an architecture
        raise _unusable(path, error) from None
    kind = f"{path}: {network.architecture.name}, a network"
    if network.purpose != "SR" or not isinstance(network, spandrel.ImageModelDescriptor):
        raise UserError(f"{kind} for {network.purpose}, not for super-resolution. Give another file")
    if network.scale != scale:
        raise UserError(f"{kind} for x{network.scale}, not x{scale}. Check the scale")
    if (network.input_channels, network.output_channels) != (3, 3):
        channels = f"{network.input_channels} channels to {network.output_channels}"
        raise UserError(f"{kind} from {channels}, not from RGB to RGB. Give another file")
    return network


def _package(path: Path) -> Any:
    try:
        import spandrel
    except ModuleNotFoundError as error:
        raise UserError(f"{path}: reading it needs {error.name}. Install it: {_INSTALL}") from None
    except Exception as error:  # noqa: BLE001 - a torchvision of another build raises RuntimeError
        raise UserError(f"{path}: spandrel cannot be loaded ({reason_of(error)[:200]}). Install: {_INSTALL}") from None
    return spandrel


def _tensors(path: Path) -> Any:
    """Return what a file of weights holds: tensors by name, perhaps in a dictionary with other values."""
    try:
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it refuses, too
            content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - both raise many kinds; each means a file not to trust
        raise UserError(f"{path}: cannot be read as weights ({reason_of(error)[:200]}). Check the file") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: holds no tensors by name. Save the network's state_dict")
    return content


def _unusable(path: Path, error: Exception) -> UserError:
    reason = reason_of(error)[:200]
    return UserError(f"{path}: not a usable network ({reason}). Check the file, or export it to ONNX")
