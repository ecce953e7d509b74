"""Safe reading: no file of the project runs what it reads.

Ruff's rules S and a list of banned calls in pyproject.toml find nearly all ways to do so; the rest is found here in
the syntax trees, so that no call is overlooked.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sr.core.yaml_files import _StrictLoader
from tests.helpers.repository import REPO

FILES = sorted(
    path
    for pattern in ("sr/**/*.py", "workflow/**/*.py", "benchmarks/**/*.py")
    for path in REPO.glob(pattern)
    if "__pycache__" not in path.parts
)
# Built-in functions that run text, and methods that unpack an archive under its own names unless they filter.
BUILTINS = {"compile", "__import__"}
UNPACKING = {"extractall", "extract"}


def findings(source: str) -> list[str]:
    """Return "line: call" of each forbidden call in Python source that Ruff has no rule for."""
    tree = ast.parse(source)
    # `from torch import load as x` makes x torch.load.
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [f"{call.lineno}: {ast.unparse(call.func)}" for call in calls if _is_forbidden(call, names)]


def _is_forbidden(call: ast.Call, names: dict[str, str]) -> bool:
    first, *rest = ast.unparse(call.func).split(".")
    name = ".".join([names.get(first, first), *rest])
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name == "torch.load":
        return options.get("weights_only") != "True"
    if name in ("numpy.load", "np.load"):
        return options.get("allow_pickle", "False") != "False"
    if isinstance(call.func, ast.Attribute) and call.func.attr in UNPACKING:
        return options.get("filter") != "'data'"
    return name in BUILTINS


def ruff(line: str, folder: Path) -> str:
    """Return what Ruff finds, by the project's settings, in a module of the project with this content."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "S,T100,TID251", "--output-format", "concise"]
    command += [
        "--no-cache",
        "--config",
        str(REPO / "pyproject.toml"),
        "--stdin-filename",
        str(REPO / "sr" / "x.py"),
        "-",
    ]
    text = line.replace("; ", "\n")
    return subprocess.run(command, input=text, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_all_rooms_are_scanned() -> None:
    assert len(FILES) > 100
    assert {"sr", "workflow", "benchmarks"} == {path.relative_to(REPO).parts[0] for path in FILES}


def test_no_file_runs_what_it_reads() -> None:
    """Ruff's share of this is in test_lint."""
    assert {str(path): wrong for path in FILES if (wrong := findings(path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(x)",
        "torch.load(x, weights_only=False)",
        "from torch import load as get; get(x)",
        "np.load(x, allow_pickle=True)",
        "import numpy; numpy.load(x, allow_pickle=flag)",
        "tar.extractall(x)",
        "tarfile.open(x).extractall(y, filter='fully_trusted')",
        "zipfile.ZipFile(x).extract(y)",
        "compile(x, 'a', 'exec')",
        "__import__(x)",
    ],
)
def test_planted_calls_are_found(line: str) -> None:
    assert len(findings(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "network.eval()",
        "torch.load(x, map_location='cpu', weights_only=True)",
        "np.load(x, mmap_mode='r')",
        "tar.extractall(x, filter='data')",
        "re.compile(x)",
    ],
)
def test_harmless_calls_are_not(line: str) -> None:
    assert findings(line) == []


def test_ruff_finds_planted_calls(tmp_path: Path) -> None:
    planted = {
        "eval(x)": "S307",
        "exec(open(x).read())": "S102",
        "import pickle; pickle.loads(x)": "S301",
        "from pickle import load as get; get(x)": "S301",
        "import marshal; marshal.loads(x)": "S302",
        "import shelve; shelve.open(x)": "S301",
        "import dill; dill.load(x)": "S301",
        "import joblib; joblib.load(x)": "TID251",
        "import pandas as pd; pd.read_pickle(x)": "S301",
        "import yaml; yaml.load(x)": "S506",
        "import yaml; yaml.load(x, Loader=yaml.FullLoader)": "S506",
        "import yaml; yaml.unsafe_load(x)": "TID251",
        "import tarfile; tarfile.open(x).extractall(y, filter='fully_trusted')": "S202",
        "import subprocess; subprocess.run(x, shell=True)": "S602",
        "import os; os.system(x)": "S605",
        "import os; os.popen(x)": "S605",
        "from os import system; system(x)": "S605",
        "import subprocess; subprocess.getoutput(x)": "S605",
        "import shutil; shutil.unpack_archive(x)": "TID251",
        "import torch; torch.hub.load(x, y)": "TID251",
        "import pty; pty.spawn(x)": "TID251",
        "import tempfile; tempfile.mktemp()": "S306",
        "breakpoint()": "T100",
    }
    assert [line for line, rule in planted.items() if f" {rule} " not in ruff(line, tmp_path)] == []


def test_the_projects_own_loader_is_a_safe_one() -> None:
    assert issubclass(_StrictLoader, yaml.SafeLoader)


def test_rules_quote_what_users_name() -> None:
    """Only paths below the project and names with a bounded alphabet appear unquoted in shell lines."""
    rules = "".join(path.read_text() for path in sorted((REPO / "workflow" / "rules").glob("*.smk")))
    assert "{input.weights}" not in rules
    assert "quote(str(input.weights))" in rules
