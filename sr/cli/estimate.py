"""Estimate hours and memory of every search and training of a parameter file on this machine, in advance."""

import argparse

from sr.core.arguments import Output, threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file, e.g. workflow/presets/paper.yaml")
    parser.add_argument("--threads", type=threads, default=1, help="CPU threads of a job (default: 1)")
    parser.add_argument("--json", type=Output(), metavar="F", help="write the estimate to this file, too")


def run(args: argparse.Namespace) -> dict:
    """Time a few steps of each job and print a line for it."""
    from sr.core import config, files
    from sr.stages import estimate

    params = config.load(args.params)
    rows, each = [], {}
    print(f"{'job':34}{'steps':>10}{'s/step':>10}{'hours':>10}{'memory':>12}")
    for job, cost, hours in estimate.estimate(params, args.threads):
        each[job] = hours
        print(
            f"{job.title:34}{job.steps:>10,}{cost.step:>10.3f}{hours:>10,.2f}{cost.memory / 2**20:>9,.0f} MB",
            flush=True,
        )
        rows.append(
            {"job": job.title, "steps": job.steps, "seconds_per_step": cost.step, "hours": hours, "bytes": cost.memory}
        )
    total, path = sum(each.values()), estimate.critical_path(params, each)
    print(f"all jobs in sequence: {total:,.1f} hours; longest chain of dependent jobs: {path:,.1f} hours")
    print(
        "Not included: data, evaluation, figures, start-up. On a CPU large batches are extrapolated from smaller ones."
    )
    if any(model.retrain.devices > 1 for model in params.models.values()):
        print("Trainings on several devices: without communication between them; memory of each device.")
    summary = {"preset": params.preset, "hours": total, "critical_path_hours": path, "jobs": rows}
    if args.json:
        files.write_json(args.json, summary)
    return {"preset": params.preset, "hours": total}
