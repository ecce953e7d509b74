"""Write a model as ONNX or TorchScript, for images of any size, and check it against torch."""

import argparse

from sr.core.arguments import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--model", required=True, metavar="NAME|FILE", help="model of the zoo, or weights file")
    parser.add_argument("--format", choices=("onnx", "torchscript"), default="onnx", help="format (default: onnx)")
    parser.add_argument("--out", type=Output(), required=True, help="file to write")
    parser.add_argument(
        "--check",
        action=argparse.BooleanOptionalAction,
        help="compare outputs at several sizes (default: if onnxruntime is installed)",
    )


def run(args: argparse.Namespace) -> dict:
    """Export, and report how exact the file is."""
    from sr.methods.releases import load_weights
    from sr.use import zoo

    model = zoo.find(args.model)

    from sr.use.export import export

    trained = load_weights(model.weights)
    worst = export(trained, args.format, args.out, args.check)
    exact = "not checked" if worst is None else f"output within {worst:.2g} levels (of 255) of torch's"
    print(f"{args.out}: {trained.method.title} x{trained.scale} from {model.name}, {exact}")
    return {"model": model.name, "method": trained.method.name, "scale": trained.scale, "difference": worst}
