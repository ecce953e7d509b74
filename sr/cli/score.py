"""Score a folder of SR images, from any program, against the HR originals."""

import argparse

from sr.core.arguments import Output, crop_border


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("sr", metavar="SR", help="folder of SR images")
    parser.add_argument("hr", metavar="HR", help="folder of HR images")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="scale of the SR images")
    parser.add_argument("--crop-border", type=crop_border, help="pixels cut from each border (default: the scale)")
    parser.add_argument("--colour", choices=("y", "rgb"), default="y", help="compare luma or RGB (default: y)")
    parser.add_argument(
        "--csv",
        type=Output(),
        help="write each image and the mean to this file; an infinite PSNR as inf",
    )


def run(args: argparse.Namespace) -> dict:
    """Print a line for each image and the mean, and write the CSV file."""
    from sr.core.files import check_writable, write_text
    from sr.evaluate import metrics, scores

    border = args.scale if args.crop_border is None else args.crop_border
    if args.csv:
        check_writable(args.csv)
    rows = []
    files, options = scores.pairs(args.sr, args.hr, args.scale), scores.Options(args.scale, border, args.colour)
    for row in scores.scores(files, options):
        print(f"{row.name}: {metrics.text(row.values)}", flush=True)
        rows.append(row)
    print(f"mean of {len(rows)}: {metrics.text(metrics.mean([row.values for row in rows]))}")
    if args.csv:
        write_text(args.csv, scores.csv_text(rows))
    return {"images": len(rows)}
