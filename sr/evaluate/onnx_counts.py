"""Counts of an ONNX network: what its convolutions compute and return, read from a run of its graph."""

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any


def conv_counts(model: Any, run: Callable[[Any, list[str]], Sequence[Iterable[int]]]) -> tuple[int, int]:
    """Return the Mult-Adds of all convolutions of an ONNX model, and the number of values that they return.

    ``run`` returns the named outputs of a changed model, which has the shapes at each convolution as further outputs.
    """
    import onnx

    counted = onnx.ModelProto()
    counted.CopyFrom(model)
    graph = counted.graph
    rows = []
    for number, node in enumerate([node for node in graph.node if node.op_type in ("Conv", "ConvTranspose")]):
        # A transposed convolution applies each weight once at every pixel of its input.
        pixels = node.output[0] if node.op_type == "Conv" else node.input[0]
        kinds = {"weights": node.input[1], "pixels": pixels, "values": node.output[0]}
        for kind, name in kinds.items():
            output = f"count_{kind}_{number}"
            graph.node.append(onnx.helper.make_node("Shape", [name], [output]))
            graph.output.append(onnx.helper.make_tensor_value_info(output, onnx.TensorProto.INT64, [4]))
        rows.append([f"count_{kind}_{number}" for kind in kinds])
    names = [name for row in rows for name in row]
    results = run(counted, names) if names else []
    shapes = {name: [int(side) for side in shape] for name, shape in zip(names, results, strict=True)}
    mult_adds = sum(prod(shapes[weights]) * prod(shapes[pixels][2:]) for weights, pixels, _ in rows)
    return mult_adds, sum(prod(shapes[values]) for _, _, values in rows)
