"""The whole pipeline on the smoke preset, run by Snakemake and recorded by DVC."""

import csv
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml

from sr.core.fork_client import VARIABLE
from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace, jobs

pytestmark = pytest.mark.pipeline

# Jobs that follow a new training of DLSR. Every table prints its budget, so editing the section rebuilds all.
AFTER_MEASURING = {"evaluate": 3, "table": 4, "latex": 1, "plot": 2, "panel": 2, "crops": 2, "metrics": 1, "page": 1}
AFTER_RETRAIN = {**AFTER_MEASURING, "latency": 1}
# Jobs of a new training at x3, of which no panel is.
AFTER_X3 = {"retrain": 1, "latency": 1, "evaluate": 1, "table": 4, "latex": 1, "plot": 2, "metrics": 1, "page": 1}


def test_smoke_makes_every_result(finished: Workspace) -> None:
    results = finished.path / "results"
    for stem, kinds in {
        "tables/dlsr_table2": ("csv", "md", "tex", "html"),
        "figures/dlsr_psnr_vs_params": ("png", "svg", "pdf"),
        "figures/dlsr_psnr_vs_mult_adds": ("png", "svg", "pdf"),
        "figures/dlsr_genotype": ("png", "svg", "pdf"),
        "figures/dlsr_visual_x2_EmbeddedTest": ("png", "svg", "pdf"),
        "tables/dlsr_table1": ("csv", "md", "tex", "html"),
        "tables/dlsr_table4": ("csv", "md", "tex", "html"),
        "tables/latency": ("csv", "md", "tex", "html"),
        "report/tables": ("tex",),
        "report/index": ("html",),
        "panels/dlsr_visual_x2_EmbeddedTest": ("json",),
    }.items():
        for kind in kinds:
            assert (results / f"{stem}.{kind}").stat().st_size > 100, stem
    numbers = json.loads((results / "metrics.json").read_text())
    assert set(numbers) == {"bicubic", "dlsr"}
    assert 33.0 < numbers["bicubic"]["x2"]["EmbeddedTest"]["psnr"] < 33.2
    with open(results / "tables" / "dlsr_table2.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["source"] for row in rows} == {"published", "measured", "difference"}


def test_the_terminal_has_a_line_a_job_and_what_came_out(smoke_run: Workspace) -> None:
    lines = (smoke_run.path.parent / "console.txt").read_text().splitlines()
    count = sum(jobs("\n".join(lines)).values())
    assert len(lines) < count + 15
    first = next(number for number, line in enumerate(lines) if line.startswith(f"{count} jobs, of which 4 search"))
    last = next(number for number, line in enumerate(lines) if line.startswith(f"[{count}/{count}] page"))
    assert all(re.match(rf"\[ *\d+/{count}\] \w+ .* so far|.*step \d+", line) for line in lines[first + 1 : last])
    summary = (smoke_run.path / "results" / "report" / "summary.txt").read_text().splitlines()
    assert lines[last + 1 : -1] == summary
    assert re.fullmatch(rf"Took \d+ min \d+ s for {count} jobs\.", lines[-1])
    # Four steps leave every network below bicubic, and the terminal does not hide it.
    assert any(line.startswith("warning: 3 of 3 networks are NOT above bicubic: ") for line in summary)


def test_every_job_has_log_and_record(finished: Workspace) -> None:
    results = finished.path / "results"
    names = {
        kind: {path.relative_to(results / kind).with_suffix("") for path in (results / kind).rglob("*.*")}
        for kind in ("logs", "records")
    }
    assert len(names["records"]) > 20
    assert names["logs"] == names["records"]
    for path in (results / "records").rglob("*.json"):
        record = json.loads(path.read_text())
        assert record["cpu_seconds"] > 0, path
        assert record["peak_memory"] > 2**20, path
    record = json.loads((results / "records" / "retrain" / "dlsr_x2.json").read_text())
    assert record["git"]["commit"] == finished.run("git", "rev-parse", "HEAD").strip()
    assert record["params"]["preset"] == "smoke"
    assert {"data_digests", "device", "steps", "seconds", "energy", "versions", "machine"} <= set(record)
    assert record["machine"]["threads"] == 1


def test_the_fork_server_runs_the_jobs_unless_it_is_off(finished: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = str(REPO / "tests" / "helpers" / "served")
    log = finished.path / "results" / "logs" / "latex" / "tables.log"
    for state, served in (("", True), ("off", False)):
        monkeypatch.setattr(finished, "environment", finished.environment | {"PYTHONPATH": hook, VARIABLE: state})
        finished.run("snakemake", "--cores", "1", "--forcerun", "latex", "--", "results/report/tables.tex")
        assert ("served" in log.read_text()) == served


def test_long_steps_show_progress(finished: Workspace) -> None:
    log = (finished.path / "results" / "logs" / "retrain" / "dlsr_x2.log").read_text()
    assert "step 12/12  loss " in log
    assert "steps/s" in log
    assert "left" in log


def test_x3_and_x4_start_from_x2(finished: Workspace) -> None:
    for scale in (3, 4):
        record = json.loads((finished.path / f"results/records/retrain/dlsr_x{scale}.json").read_text())
        assert record["warm_start"] == "results/weights/dlsr/x2.safetensors"


def test_a_finished_run_has_nothing_left_to_do(finished: Workspace) -> None:
    assert "Nothing to be done" in finished.run("snakemake", "-n", "all")


def test_file_times_do_not_matter(finished: Workspace) -> None:
    """After git clone and dvc pull they are arbitrary; content decides."""
    for age, path in enumerate(sorted((finished.path / "data").rglob("*"), reverse=True)):
        if path.is_file():
            import os

            os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))
    assert "Nothing to be done" in finished.run("snakemake", "-n", "all")


def test_recording_dvc_repro_runs_no_job_and_leaves_status_clean(recorded: tuple[Workspace, str]) -> None:
    workspace, output = recorded
    assert jobs(output) == {}
    assert output.count("Nothing to be done") == len(stages(workspace))
    assert "Data and pipelines are up to date" in workspace.run("dvc", "status")
    assert "Nothing to be done" in workspace.run("snakemake", "-n", "all")


def test_a_clone_can_commit_the_run_but_not_data_and_checkpoints(recorded: tuple[Workspace, str]) -> None:
    workspace, _ = recorded
    tracked = workspace.run("git", "ls-files").splitlines()
    assert "dvc.lock" in tracked
    assert "results/tables/dlsr_table2.md" in tracked
    assert "results/report/tables.tex" in tracked
    # Megabytes of pictures: DVC's cache has the page.
    assert "results/report/index.html" not in tracked
    assert "path: results/report/index.html" in (workspace.path / "dvc.lock").read_text()
    assert any(name.startswith(".snakemake/metadata/") for name in tracked)
    own = [name for name in tracked if not name.startswith("results/zoo/")]
    assert [name for name in own if name.endswith((".safetensors", ".npy"))] == []
    assert workspace.run("git", "status", "--porcelain") == ""


def test_dvc_shows_a_row_a_network(recorded: tuple[Workspace, str]) -> None:
    workspace, _ = recorded
    numbers = json.loads((workspace.path / "results/metrics.json").read_text())
    shown = answer(workspace, "dvc", "metrics", "show", "--json")[""]["data"]
    names = {f"results/metrics/{model}_{scale}.json" for model, scales in numbers.items() for scale in scales}
    assert set(shown) == names
    quality = numbers["dlsr"]["x2"]["EmbeddedTest"]["psnr"]
    assert shown["results/metrics/dlsr_x2.json"]["data"]["EmbeddedTest_psnr"] == round(quality, 2)
    table = workspace.run("dvc", "metrics", "show").splitlines()
    assert max(map(len, table)) <= 100
    assert len(table) == len(names) + 1


def test_dvc_shows_a_number_that_changed(recorded: tuple[Workspace, str]) -> None:
    workspace, _ = recorded
    path = workspace.path / "results" / "metrics" / "dlsr_x2.json"
    before = path.read_text()
    assert answer(workspace, "dvc", "metrics", "diff", "--json", "HEAD") == {}
    numbers = json.loads(before)
    old = numbers["EmbeddedTest_psnr"]
    path.write_text(json.dumps(numbers | {"EmbeddedTest_psnr": old + 1}))
    try:
        changes = answer(workspace, "dvc", "metrics", "diff", "--json", "HEAD")
    finally:
        path.write_text(before)
    change = {"old": old, "new": old + 1, "diff": pytest.approx(1)}
    assert changes == {"results/metrics/dlsr_x2.json": {"EmbeddedTest_psnr": change}}


def test_dvc_plots_the_losses(recorded: tuple[Workspace, str]) -> None:
    workspace, _ = recorded
    pages = workspace.path.parent / "plots"
    workspace.run("dvc", "plots", "show", "--out", str(pages))
    page = (pages / "index.html").read_text()
    drawn = answer(workspace, "dvc", "plots", "show", "--json")
    assert not drawn.get("errors")
    for scale in (2, 3, 4):
        name = f"results/retrain/dlsr/x{scale}.csv"
        assert name in page
        with open(workspace.path / name, newline="") as stream:
            expected = [(row["step"], row["loss"]) for row in csv.DictReader(stream)]
        (plot,) = drawn["data"][name]
        assert [(row["step"], row["loss"]) for row in plot["content"]["data"]["values"]] == expected
    assert "results/figures/dlsr_genotype.svg" in drawn["data"]


def answer(workspace: Workspace, *command: str) -> dict:
    """Run a command and return the JSON that it prints, perhaps after other lines."""
    lines = workspace.run(*command).splitlines()
    return json.loads(next(line for line in lines if line.startswith("{")))


def test_snakemake_report_contains_every_result(finished: Workspace) -> None:
    """The page, every table, plot and panel, each with its caption and in its category."""
    target = finished.path.parent / "report.zip"
    finished.run("snakemake", "--report", str(target))
    with zipfile.ZipFile(target) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        frame = archive.read("report/report.html").decode()
    decoder = json.JSONDecoder()
    found = decoder.raw_decode(frame, _start(frame, "results"))[0]
    categories = decoder.raw_decode(frame, _start(frame, "categories"))[0]
    results = finished.path / "results"
    expected = {
        "Report": ({"report/index.html"}, "Which numbers of the papers hold"),
        "Tables": ({f"tables/{path.name}" for path in results.glob("tables/*.html")}, "Published numbers and this run"),
        "Figures": ({f"figures/{path.name}" for path in results.glob("figures/*_psnr_*.png")}, "PSNR against"),
        "Searched networks": (
            {f"figures/{path.name}" for path in results.glob("figures/*_genotype.png")},
            "The cell and the connections",
        ),
        "Visual comparisons": (
            {f"figures/{path.name}" for path in results.glob("figures/*_visual_*.png")},
            "Crops where networks and bicubic enlargement differ most",
        ),
    }
    assert set(categories) == set(expected)
    for category, (files, caption) in expected.items():
        names = {f"results/{name}" for name in files}
        assert names
        assert {name for group in categories[category].values() for name in group} == names
        for name in names:
            assert caption in found[name]["caption"]
            assert sizes[f"report/{found[name]['data_uri']}"] == (finished.path / name).stat().st_size


def _start(frame: str, name: str) -> int:
    """Return where Snakemake's report has the JSON of its variable ``name``."""
    head = f'<script id="{name}">'
    return frame.index("{", frame.index(head))


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "params.yaml",
            "log_every: 2",
            "log_every: 3",
            {"search": 1, "genotype": 1, "diagram": 1, "retrain": 3, "count_dlsr": 1, **AFTER_RETRAIN},
        ),
        (
            "params.yaml",
            "crop_border: scale",
            "crop_border: 4",
            {**AFTER_MEASURING, "evaluate": 6, "verify": 1, "inspect": 1},
        ),
        (
            "params.yaml",
            "x3: 4\n",
            "x3: 5\n",
            AFTER_X3,
        ),
        ("params.yaml", "device: cpu", "device: auto", {}),
        ("params.yaml", "    devices: 1", "    devices: 2", {**AFTER_RETRAIN, "retrain": 3}),
        ("params.yaml", "# Seed of every random draw.", "# Another comment.", {}),
        ("params.yaml", "lr: 2.0e-3", "lr: 0.0020", {}),
        ("sr/report/figures/scatter.py", "import", "CHANGED = 1\nimport", {"plot": 2, "page": 1}),
        ("sr/report/page/templates/page.css", "margin: 0", "margin: 1px", {"page": 1}),
        ("sr/train/loop.py", "range(done, steps):", "range(done, steps, 1):", {"retrain": 3, "search": 1}),
        ("sr/train/loop.py", '"""Retraining', '"""Training', {}),
        ("data/published.csv", "DRRN", "DRRN2", {"table": 1, "latex": 1, "plot": 2, "page": 1, "verify": 2}),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value and " " not in value else None,
)
def test_a_change_reruns_just_what_depends_on_it(
    finished: Workspace, file: str, old: str, new: str, expected: dict[str, int]
) -> None:
    path = finished.path / file
    before = path.read_text()
    path.write_text(before.replace(old, new, 1))
    assert path.read_text() != before
    try:
        planned = finished.plan()
    finally:
        path.write_text(before)
    if "search" in expected:
        assert expected.items() <= planned.items()
    else:
        assert planned == expected


def test_a_training_asks_for_its_gpus_and_a_search_for_one(finished: Workspace) -> None:
    path = finished.path / "params.yaml"
    before = path.read_text()
    path.write_text(before.replace("device: cpu", "device: auto", 1).replace("    devices: 1", "    devices: 2", 1))
    try:
        # Snakemake cuts what a job asks for down to what there is.
        target = ("--forcerun", "search", "--", "results/weights/dlsr/x4.safetensors")
        planned = finished.run("snakemake", "-n", "--resources", "gpu=4", *target)
    finally:
        path.write_text(before)
    asked = re.findall(r"^rule (search|retrain):\n(?:.+\n)*?    resources: .*gpu=(\d)", planned, re.M)
    assert sorted(asked) == [("retrain", "2"), ("retrain", "2"), ("search", "1")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    lr: 2.0e-3", "    lrr: 2.0e-3", "dlsr.retrain: unknown key 'lrr'; did you mean 'lr'?"),
        ("- EmbeddedTest", "- EmbededTest", "EmbededTest: unknown data set; did you mean 'EmbeddedTest'?"),
    ],
)
def test_both_doors_name_a_wrong_parameter(finished: Workspace, old: str, new: str, message: str) -> None:
    path = finished.path / "params.yaml"
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    try:
        assert message in finished.run("snakemake", "-n", "all", code=1)
    finally:
        path.write_text(before)


def stages(workspace: Workspace) -> dict[str, dict]:
    """Return dvc.yaml's stages, those with foreach once a method."""
    found = {}
    for name, stage in yaml.safe_load((workspace.path / "dvc.yaml").read_text())["stages"].items():
        for method in ("dlsr",) if "foreach" in stage else ("",):
            text = json.dumps(stage.get("do", stage)).replace("${item}", method)
            found[f"{name}@{method}" if method else name] = json.loads(text)
    return found


def records(workspace: Workspace) -> list[dict]:
    """Return Snakemake's records of finished jobs, one an output file."""
    import base64

    found = []
    for path in (workspace.path / ".snakemake" / "metadata").iterdir():
        record = json.loads(path.read_text())
        found.append(record | {"output": base64.b64decode(path.name.replace("_", "/")).decode()})
    return found


def inside(name: str, folders: list[str]) -> bool:
    return any(name == folder or name.startswith(f"{folder}/") for folder in folders)


def covers(params: list, key: str) -> bool:
    """Return whether a stage's params have a key, by itself, with its section, or with the whole file."""
    return {"params.yaml": None} in params or any(key == p or key.startswith(f"{p}.") for p in params)


def test_dvc_yaml_names_no_method(recorded: tuple[Workspace, str]) -> None:
    text = (recorded[0].path / "dvc.yaml").read_text()
    assert not re.search(r"dlsr|mran", text)


def test_dvc_yaml_agrees_with_snakemakes_dag(recorded: tuple[Workspace, str]) -> None:
    """Each output has one stage; a stage's deps and params cover what its jobs read from elsewhere."""
    workspace, _ = recorded
    found = stages(workspace)
    outs = {name: [next(iter(out)) if isinstance(out, dict) else out for out in s["outs"]] for name, s in found.items()}
    seen = set()
    for record in records(workspace):
        output = record["output"]
        if inside(output, ["results/records"]):
            continue
        owners = [name for name, folders in outs.items() if inside(output, folders)]
        assert len(owners) == 1, f"{output} belongs to {owners or 'no stage'}"
        seen.add(owners[0])
        stage = found[owners[0]]
        for source in record["input"]:
            assert inside(source, outs[owners[0]]) or inside(source, stage["deps"]), f"{owners[0]} lacks dep {source}"
        for section in {key for p in record["params"] if p.startswith("'{") for key in json.loads(p[1:-1])}:
            # A model's keys come from its method's sections, changed by a variant.
            needed = {"model": "network", "retrain": "retrain", "networks": "network"}.get(section)
            # Whether all networks of a paper are counted follows from the methods that there are.
            key = "methods" if section == "all" else f"dlsr.{needed}" if needed else section
            if section not in ("code", "source"):
                assert covers(stage["params"], key), f"{owners[0]}: {key}"
    assert seen == set(found)
    assert all(
        {"persist": True}.items() <= next(iter(out.values())).items() for s in found.values() for out in s["outs"]
    )


def test_clone_and_pull_rebuild_tables_without_training(recorded: tuple[Workspace, str], tmp_path: Path) -> None:
    workspace, _ = recorded
    store = tmp_path / "store"
    workspace.run("dvc", "remote", "add", "--local", "--force", "--default", "shelf", str(store))
    workspace.run("dvc", "push")
    workspace.run("git", "clone", "-q", str(workspace.path), str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone", tmp_path)
    clone.run("dvc", "remote", "add", "--local", "--default", "shelf", str(store))
    clone.run("dvc", "pull")
    assert "Nothing to be done" in clone.run("snakemake", "-n", "all")
    assert "Data and pipelines are up to date" in clone.run("dvc", "status")
    shutil.rmtree(clone.path / "results" / "tables")
    profile = ["--workflow-profile", "workflow/profiles/tables"]
    (clone.path / "results" / "report" / "index.html").unlink()
    rules = re.search(r"profiles/tables --forcerun (.*) -- all", (clone.path / "Makefile").read_text())[1].split()
    output = clone.run("snakemake", "--cores", "1", *profile, "--forcerun", *rules, "--", "all")
    assert jobs(output) == {"table": 4, "latex": 1, "plot": 2, "diagram": 1, "crops": 2, "metrics": 1, "page": 1}
    assert (clone.path / "results" / "report" / "index.html").is_file()
    assert (
        clone.run("git", "status", "--porcelain", "--", "results/tables", "results/figures", "results/metrics.json")
        == ""
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("lr: 2.0e-3", "lr: 1.0e-3", {"retrain": 3, **AFTER_RETRAIN}),
        ("x3: 4\n", "x3: 5\n", AFTER_X3),
    ],
)
def test_after_an_edit_both_doors_agree_and_search_nothing(
    recorded: tuple[Workspace, str], old: str, new: str, expected: dict[str, int]
) -> None:
    """Last in this file, for it leaves another finished run behind; of the two plans, one is carried out."""
    workspace, _ = recorded
    path = workspace.path / "params.yaml"
    before = path.read_text()
    path.write_text(before.replace(old, new, 1))
    assert workspace.plan() == expected
    status = workspace.run("dvc", "status", code=None)
    assert "retrain@dlsr" in status
    assert "search@" not in status
    if expected is not AFTER_X3:
        path.write_text(before)
        return
    assert jobs(workspace.run("dvc", "repro")) == expected
    assert "Nothing to be done" in workspace.run("snakemake", "-n", "all")
    assert "Data and pipelines are up to date" in workspace.run("dvc", "status")
    assert "dlsr.retrain.steps.x3" in workspace.run("dvc", "params", "diff")


@pytest.mark.thorough
def test_a_second_method_joins_and_leaves_the_first_alone(recorded: tuple[Workspace, str]) -> None:
    """Last of all: MRAN in the same pipeline, its search, networks, tables, plots and panel."""
    workspace, _ = recorded
    workspace.edit("params.yaml", "  - dlsr\n", "  - dlsr\n  - mran\n")
    planned = workspace.plan()
    assert (planned["search"], planned["retrain"]) == (1, 3)
    workspace.run("snakemake", "--cores", "2", "all")
    results = workspace.path / "results"
    for name in ("tables/mran_table4.html", "tables/mran_calibration.tex", "figures/mran_genotype.svg"):
        assert (results / name).stat().st_size > 500
    assert (results / "figures" / "mran_visual_x4_EmbeddedTest.png").is_file()
    assert set(json.loads((results / "metrics.json").read_text())) == {"bicubic", "dlsr", "mran"}
    assert "Nothing to be done" in workspace.run("snakemake", "-n", "all")
    assert jobs(workspace.run("dvc", "repro")) == {}
    assert "Data and pipelines are up to date" in workspace.run("dvc", "status")
