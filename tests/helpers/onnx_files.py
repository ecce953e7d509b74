"""Small networks in ONNX files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RGB = {"input": "RGB float32 0..255, NCHW"}


def nearest(
    path: Path,
    scale: int = 2,
    facts: dict[str, str] | None = None,
    sides: tuple[object, object] = ("h", "w"),
    channels: int = 3,
    change: Callable[[onnx.ModelProto], None] | None = None,
) -> Path:
    """Write a network that repeats each pixel: a 1x1 convolution to scale^2 copies of each channel, and a shuffle."""
    weights = np.zeros((channels * scale**2, channels, 1, 1), np.float32)
    for channel in range(channels):
        weights[channel * scale**2 : (channel + 1) * scale**2, channel] = 1
    nodes = [
        helper.make_node("Conv", ["image", "weights"], ["copies"], kernel_shape=[1, 1]),
        helper.make_node("DepthToSpace", ["copies"], ["large"], blocksize=scale, mode="CRD"),
    ]
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", channels, *sides])]
    outputs = [helper.make_tensor_value_info("large", TensorProto.FLOAT, ["n", channels, "H", "W"])]
    graph = helper.make_graph(nodes, "nearest", inputs, outputs, [numpy_helper.from_array(weights, "weights")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, RGB if facts is None else facts)
    if change:
        change(model)
    path.write_bytes(model.SerializeToString())
    return path


def external(model: onnx.ModelProto) -> None:
    """Have the weights in another file."""
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def unknown_operation(model: onnx.ModelProto) -> None:
    """Use an operation that does not exist."""
    model.graph.node[1].op_type = "Explode"


def of_one_size(model: onnx.ModelProto) -> None:
    """Let the network fail at all sizes but that of the check."""
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 3, 48, 49), np.float32), "offset"))
    model.graph.node.insert(0, helper.make_node("Add", ["image", "offset"], ["shifted"]))
    model.graph.node[1].input[0] = "shifted"


def to_one_size(model: onnx.ModelProto) -> None:
    """Let the output have the size that the check expects, whatever the input's is."""
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 3, 96, 98], np.int64), "sizes"))
    model.graph.node[1].output[0] = "enlarged"
    model.graph.node.append(helper.make_node("Resize", ["enlarged", "", "", "sizes"], ["large"], mode="nearest"))


def not_finite(model: onnx.ModelProto) -> None:
    """Let every output be infinite or no number."""
    _fill(model, np.inf)


def overflowing(model: onnx.ModelProto) -> None:
    """Let the output be infinite unless the image is black."""
    _fill(model, 3e38)


def _fill(model: onnx.ModelProto, value: float) -> None:
    weights = numpy_helper.from_array(np.full((12, 3, 1, 1), value, np.float32), "weights")
    model.graph.initializer[0].CopyFrom(weights)
