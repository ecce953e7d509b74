"""The doors to params.yaml, Snakemake's and ``python -m sr``'s: the same values, or the same refusal, for any file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sr.core import config
from sr.core.errors import UserError
from sr.core.files import digest
from sr.data.dataset_id import dataset_id
from sr.data.peers import resolve as resolve_peers
from sr.data.releases import resolve
from tests.fuzz.fuzzing import damaged, fuzzed, scrambled
from tests.helpers.repository import REPO

TEXT = (REPO / "workflow" / "presets" / "smoke.yaml").read_bytes()
# Ends before any rule: what is asked is what the workflow read.
SNAKEFILE = """\
include: "workflow/rules/common.smk"

from sr.core.files import digest

print("READ", digest(PARAMS.raw))


rule all:
    input:
        [],
"""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what common.smk includes, and a workflow that says which values it read."""
    folder = tmp_path_factory.mktemp("door")
    for name in ("sr", "workflow", "data"):
        (folder / name).symlink_to(REPO / name)
    (folder / "Snakefile").write_text(SNAKEFILE)
    return folder


def through_snakemake(folder: Path) -> str:
    """Return the digest of the values that Snakemake's door gives, or its message without Snakemake's own words."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "snakemake"), "-n", "--nocolor", "all"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPO)},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
    output = done.stdout + done.stderr
    match = re.search(r"^READ (\w+)$", output, re.M)
    assert (match is None) == bool(done.returncode), output[-2000:]
    assert "Traceback" not in output, output[-2000:]
    return match[1] if match else output


def through_ours(folder: Path) -> str:
    """Return the digest of the values that our door gives, or the message of its refusal."""
    try:
        params = config.load(folder / "params.yaml")
        resolve(params.data.releases, params.methods)
        resolve_peers(params.data.peers)
        names = dict.fromkeys([*(name for model in params.models.values() for name in model.train), *params.data.test])
        for name in names:
            dataset_id(name, params.data.folders.get(name))
    except UserError as error:
        return str(error)
    return digest(params.raw)


def assert_agreement(folder: Path) -> None:
    ours, theirs = through_ours(folder), through_snakemake(folder)
    # Ours names the file by its whole path.
    assert ours.replace(f"{folder}/", "") in theirs, theirs[-2000:]


@fuzzed(4)
@given(st.data())
def test_damaged_values(door: Path, data: st.DataObject) -> None:
    raw = data.draw(damaged(yaml.safe_load(TEXT), 1))
    (door / "params.yaml").write_text(yaml.safe_dump(raw, allow_unicode=False), encoding="utf-8")
    assert_agreement(door)


@fuzzed(4)
@given(st.data())
def test_damaged_text(door: Path, data: st.DataObject) -> None:
    (door / "params.yaml").write_bytes(data.draw(scrambled(TEXT, 1)))
    assert_agreement(door)


HOSTILE = {
    "YTE": b"__use_yte__: true\n__definitions__:\n  - import os\n  - 'os.system(\"touch ran\")'\n" + TEXT,
    "an expression of YTE": TEXT.replace(b"seed: 0\n", b"seed: ?0 + 7\n", 1),
    "octal": TEXT.replace(b"seed: 0\n", b"seed: 010\n", 1),
    "sexagesimal": TEXT.replace(b"seed: 0\n", b"seed: 1:30\n", 1),
    "a key twice": TEXT.replace(b"seed: 0\n", b"seed: 0\nseed: 1\n", 1),
    "nothing": b"",
    "another seed": TEXT.replace(b"seed: 0\n", b"seed: 7\n", 1),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_files_that_readers_of_yaml_take_differently(door: Path, content: bytes) -> None:
    assert content != TEXT
    (door / "params.yaml").write_bytes(content)
    assert_agreement(door)
    assert not (door / "ran").exists()
