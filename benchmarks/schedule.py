"""Schedule of a whole run's searches and trainings on several GPUs: ``python -m benchmarks.schedule``.

Jobs and their dependencies are Snakemake's own (a dry run of the parameter file); hours come from ``python -m sr
estimate``, which times real steps here. A free device takes the job with the longest chain of dependent jobs; a job
needs one device. Speed-up and efficiency depend on the ratios of the hours alone, so they hold if another device is
faster by the same factor for all jobs. Writes results/benchmarks/schedule.json, .png, .svg and .pdf.
"""

import argparse
import heapq
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import startup
from sr.core.files import ROOT

OUT = ROOT / "results" / "benchmarks" / "schedule"
DEVICES = (1, 4, 6, 8, 64)
# Devices of the plot.
DRAWN = 8
COLOURS = {"search": "#0072B2", "retrain": "#E69F00"}
INKS = {"search": "white", "retrain": "black"}


@dataclass(frozen=True)
class Task:
    """A job of the run, the jobs that it waits for, and its hours on a device."""

    name: str
    rule: str
    after: tuple[str, ...]
    hours: float = 0.0


@dataclass(frozen=True)
class Slot:
    """A job on a device, from ``start`` to ``end`` (hours)."""

    task: Task
    device: int
    start: float
    end: float


def parse(dry_run: str) -> list[Task]:
    """Return the jobs that ``snakemake -n`` lists, without hours; searches and trainings are named as in estimates."""
    jobs: list[tuple[str, str, list[str]]] = []
    maker: dict[str, str] = {}
    # A job of a group is indented.
    for block in re.split(r"\n *(?=(?:local)?rule )", dry_run)[1:]:
        rule = block.split(maxsplit=2)[1].rstrip(":")
        key = dict(re.findall(r"(\w+)=([^,\n]+)", _field(block, "wildcards")))
        name = {"search": "search of {model}", "retrain": "retraining of {model} ×{scale}"}.get(rule, "")
        name = name.format(**key) if name else f"{rule} {len(jobs)}"
        jobs.append((name, rule, _files(block, "input")))
        maker.update(dict.fromkeys(_files(block, "output"), name))
    return [Task(n, r, tuple(sorted({maker[f] for f in files if f in maker}))) for n, r, files in jobs]


def _field(block: str, name: str) -> str:
    match = re.search(rf"^ +{name}: (.*)$", block, re.MULTILINE)
    return match.group(1) if match else ""


def _files(block: str, name: str) -> list[str]:
    return [file for file in _field(block, name).split(", ") if file]


def dag(params: Path) -> list[Task]:
    """Return all jobs of a run with these parameters, by a dry run in a copy of the project."""
    with tempfile.TemporaryDirectory() as folder:
        startup.copy(Path(folder))
        shutil.copy(params, Path(folder) / "params.yaml")
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "-n", "all"]
        return parse(subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True).stdout)


def timed(tasks: Iterable[Task], hours: Mapping[str, float]) -> list[Task]:
    """Return the tasks with hours; tasks without hours are dropped and pass on what they wait for."""
    known = {task.name: task for task in tasks}

    def before(task: Task) -> set[str]:
        waits = ({name} if name in hours else before(known[name]) for name in task.after)
        return set().union(*waits)

    return [Task(t.name, t.rule, tuple(sorted(before(t))), hours[t.name]) for t in known.values() if t.name in hours]


def chains(tasks: Iterable[Task]) -> dict[str, float]:
    """Return for each task the hours of the longest chain that begins with it."""
    known = {task.name: task for task in tasks}
    waiting: dict[str, list[str]] = {name: [] for name in known}
    for task in known.values():
        for earlier in task.after:
            waiting[earlier].append(task.name)
    longest: dict[str, float] = {}

    def of(name: str) -> float:
        if name not in longest:
            longest[name] = known[name].hours + max((of(later) for later in waiting[name]), default=0.0)
        return longest[name]

    return {name: of(name) for name in known}


def simulate(tasks: Iterable[Task], devices: int) -> list[Slot]:
    """Return when each task runs on one of ``devices``, in order of completion."""
    left, slots, ended = {task.name: task for task in tasks}, list[Slot](), set[str]()
    rank, free, running, now = chains(left.values()), list(range(devices)), list[tuple[float, int, Task]](), 0.0
    while left or running:
        ready = [task for task in left.values() if ended.issuperset(task.after)]
        for task in sorted(ready, key=lambda task: (-rank[task.name], task.name))[: len(free)]:
            running.append((now, heapq.heappop(free), left.pop(task.name)))
        running.sort(key=lambda job: (job[0] + job[2].hours, job[1]))
        start, device, task = running.pop(0)
        now = start + task.hours
        slots.append(Slot(task, device, start, now))
        heapq.heappush(free, device)
        ended.add(task.name)
    return slots


def summary(tasks: list[Task], devices: int) -> dict[str, float]:
    """Return hours until all is done, device-hours, speed-up over one device, and the share of the devices in use."""
    slots, total = simulate(tasks, devices), sum(task.hours for task in tasks)
    last = max(slot.end for slot in slots)
    return {
        "devices": devices,
        "hours": last,
        "device_hours": total,
        "speedup": total / last,
        "efficiency": total / last / devices,
    }


def main(argv: list[str] | None = None) -> int:
    """Simulate, print a table and write the files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.schedule", description=__doc__)
    parser.add_argument("--params", type=Path, default=ROOT / "workflow" / "presets" / "paper.yaml")
    parser.add_argument("--estimate", type=Path, required=True, help="what `python -m sr estimate --json F` wrote")
    parser.add_argument("--devices", type=int, nargs="+", default=DEVICES)
    parser.add_argument("--out", type=Path, default=OUT, help="path of the results without ending")
    args = parser.parse_args(argv)
    estimate = json.loads(args.estimate.read_text(encoding="utf-8"))
    whole = dag(args.params)
    tasks = timed(whole, {row["job"]: row["hours"] for row in estimate["jobs"]})
    rows = [summary(tasks, devices) for devices in args.devices]
    longest = max(chains(tasks).values())
    jobs = [{"name": task.name, "hours": task.hours, "after": task.after} for task in tasks]
    document = {"preset": estimate["preset"], "critical_path_hours": longest, "schedules": rows, "jobs": jobs}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.with_suffix(".json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"{len(jobs)} of {len(whole)} jobs need a device; the longest chain takes {longest:,.0f} hours")
    for row in rows:
        line = "{devices:>4.0f} devices: {hours:>9,.0f} hours, speed-up {speedup:5.2f}, efficiency {efficiency:4.0%}"
        print(line.format(**row))
    draw(simulate(tasks, DRAWN), args.out)
    return 0


def draw(slots: list[Slot], out: Path) -> None:
    """Draw what runs when on which device."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.patches import Patch

    figure, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
    last = max(slot.end for slot in slots)
    for slot in slots:
        axes.barh(slot.device + 1, slot.end - slot.start, left=slot.start, color=COLOURS[slot.task.rule], edgecolor="w")
        if slot.end - slot.start > last / 12:
            label = re.sub(r"^(search|retraining) of ", "", slot.task.name).replace(" ", "\n")
            centre = (slot.start + slot.end) / 2, slot.device + 1
            axes.text(*centre, label, ha="center", va="center", fontsize=6.5, color=INKS[slot.task.rule])
    axes.set(xlabel="hours, if a device were as fast as the timed thread", ylabel="device", xlim=(0, last))
    axes.set_yticks(sorted({slot.device + 1 for slot in slots}))
    axes.invert_yaxis()
    legend: list[Any] = [Patch(color=colour, label=rule) for rule, colour in COLOURS.items()]
    figure.legend(handles=legend, loc="outside upper right", ncols=2, frameon=False)
    for ending in ("png", "svg", "pdf"):
        metadata: dict[str, Any] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[ending]
        figure.savefig(out.with_suffix(f".{ending}"), dpi=150, metadata=metadata)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
