"""params.yaml has one reader, is frozen while a run lasts, and is the only source of values."""

import shutil

from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace

TARGET = "data/packed/EmbeddedTest/hr.npy"
CODE = """\
__use_yte__: true
__definitions__:
  - import os
  - 'os.system("touch ran")'
"""


def test_nothing_in_the_file_is_evaluated(copy: Workspace) -> None:
    path = copy.path / "params.yaml"
    path.write_text(CODE + path.read_text())
    message = copy.run("snakemake", "--cores", "1", TARGET, code=1)
    assert "params.yaml: (top level): unknown key '__use_yte__'" in message
    assert not (copy.path / "ran").exists()


def test_values_from_elsewhere_are_refused(copy: Workspace) -> None:
    for option in (["--config", "seed=7"], ["--configfile", "workflow/presets/smoke.yaml"]):
        message = copy.run("snakemake", "-n", *option, "--", "all", code=1)
        assert "not read. Edit params.yaml, which holds every number" in message


def test_an_edit_during_a_run_waits_for_the_next(copy: Workspace) -> None:
    command = "python -m sr fetch"
    copy.edit("workflow/rules/data.smk", command, f"sed -i 's/^seed: 0/seed: 1/' params.yaml; {command}")
    message = copy.run("snakemake", "--cores", "1", TARGET, code=1)
    assert "params.yaml: edited during the run, which had the values from before. Run again" in message
    assert '"seed": 0' in (copy.path / "results/records/fetch/EmbeddedTest.json").read_text()
    assert not list((copy.path / "work/params").iterdir())
    # The results are complete, and the next run has the edited values.
    assert "seed: 1" in (copy.path / "params.yaml").read_text()
    assert copy.run("snakemake", "--cores", "1", TARGET).count("up to date") == 1


def test_an_edit_of_the_layout_alone_is_none(copy: Workspace) -> None:
    command = "python -m sr fetch"
    copy.edit("workflow/rules/data.smk", command, f"echo '# remark' >> params.yaml; {command}")
    copy.run("snakemake", "--cores", "1", TARGET)


def test_dvc_runs_no_text_of_the_file(copy: Workspace) -> None:
    shutil.copy2(REPO / "dvc.yaml", copy.path)
    copy.run("git", "init", "-q")
    copy.run("dvc", "init", "-q")
    copy.edit("params.yaml", "methods:\n  - dlsr", 'methods:\n  - "dlsr; touch ran"')
    with (copy.path / "params.yaml").open("a") as stream:
        stream.write('"dlsr; touch ran": {network: 1, search: 1, train: 1, variants: 1}\n')
    (copy.path / "data" / "packed").mkdir()
    # By itself, because the stage data, before it, refuses the file.
    message = copy.run("dvc", "repro", "--single-item", "search@dlsr; touch ran", code=None)
    assert "params.yaml: (top level): unknown key 'dlsr; touch ran'" in message
    assert not (copy.path / "ran").exists()
