"""The page of a model card, for people: what the network is for, how it was made, how good it is, where it fails."""

from typing import Any

Card = dict[str, Any]


def page(card: Card) -> str:
    """Return the Markdown page of a card."""
    parts = [_head(card), _use(card), _measured(card), _training(card), _limits(card), _licence(card)]
    return "\n\n".join(parts) + "\n"


def _head(card: Card) -> str:
    width, height = card["hr_size"]
    return (
        f"# {card['name']}\n\nA {card['title']} network that enlarges images ×{card['scale']}: {card['params']:,} "
        f"parameters, {card['mult_adds'] / 1e9:.2f} G Mult-Adds for an output of {width}×{height}.\n\n"
        f"Method: {card['citation']}."
    )


def _use(card: Card) -> str:
    name, scale = card["name"], card["scale"]
    return (
        "## How to use it\n\nFor photographs that are small but clean, and as a reference in experiments.\n\n```sh\n"
        f"python -m sr upscale photo.png photo_x{scale}.png --scale {scale} --model {name}\n"
        f"python -m sr export --model {name} --format onnx --out {name}.onnx\n```"
    )


def _measured(card: Card) -> str:
    protocol = card["protocol"]
    rows = [
        "| test set | images | bicubic, PSNR / SSIM | this network, PSNR / SSIM | gain |",
        "|---|---|---|---|---|",
    ]
    for name, ours in card["numbers"].items():
        plain = card["bicubic"][name]
        rows.append(
            f"| {name} | {ours['images']} | {plain['psnr']:.2f} / {plain['ssim']:.4f} | "
            f"{ours['psnr']:.2f} / {ours['ssim']:.4f} | {ours['psnr'] - plain['psnr']:+.2f} dB |"
        )
    rules = (
        f"Protocol: {protocol['colour']}; border crop {protocol['crop_border']}; {protocol['output']}; small images: "
        f"{protocol['degradation']}."
    )
    return "## Measured\n\n" + "\n".join(rows) + f"\n\n{rules}"


def _training(card: Card) -> str:
    budget, device = card["budget"], card["device"]
    start = ", from the weights of ×2 (their own training is not counted here)" if budget["warm_start"] else ""
    search = "given, not searched for these weights"
    if budget["search_seconds"] is not None:
        search = f"searched in {_clock(budget['search_seconds'])} (preset `{budget['search_preset']}`)"
    where = device.get("gpu") or f"{device.get('processor')}, {device.get('threads')} thread(s)"
    # Cards of before there were several have no count.
    count = f"{device['count']} × " if device.get("count", 1) > 1 else ""
    state = ", with local changes" if card["dirty"] else ""
    lines = [
        f"- Training data: {', '.join(entry['name'] for entry in card['data']['sets']) or 'not recorded'}.",
        f"- Architecture: {search}; see `genotype.json`.",
        f"- Budget: {budget['steps']:,} steps in {_clock(budget['seconds'])}, preset `{budget['preset']}`{start}.",
        f"- Device: {device['kind']} ({count}{where}).",
        f"- Seed: {card['seed']}. Commit: `{card['commit']}`{state}. torch {card['versions']['torch']}.",
    ]
    return "## How it was made\n\n" + "\n".join(lines)


def _limits(card: Card) -> str:
    worse = [name for name, ours in card["numbers"].items() if ours["psnr"] <= card["bicubic"][name]["psnr"]]
    lines = [
        "- It knows one degradation, bicubic reduction. Noise, blur and JPEG blocks are enlarged with the rest.",
        "- It invents no detail: textures that the small image does not show stay smooth.",
        f"- 8-bit RGB only, ×{card['scale']} only. Sides below {card['min_size']} pixels are mirrored to that size.",
    ]
    if card["budget"]["preset"] != "paper":
        lines.append("- The budget above, not the paper's, made these weights: trust the table here, not the paper's.")
    if worse:
        lines.append(f"- **Not better than bicubic on {', '.join(worse)}.**")
    return "## Limits\n\n" + "\n".join(lines)


def _licence(card: Card) -> str:
    lines = [f"- {entry['name']}: {entry['licence']}." for entry in card["data"]["sets"]] or ["- Not recorded."]
    remark = (
        "The project, these weights included, is under the MIT licence. They were learned from images with terms of "
        "their own; whether those bind the weights is not settled everywhere, so heed them:"
    )
    return f"## Licence\n\n{remark}\n\n" + "\n".join(lines)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
