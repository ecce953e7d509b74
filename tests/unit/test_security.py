"""What no file of the project may do: run what it reads. Found in the syntax trees, so that no call is overlooked."""

import ast
from pathlib import Path

import pytest

from tests.conftest import REPO

FILES = sorted(
    path
    for pattern in ("sr/**/*.py", "workflow/**/*.py", "benchmarks/**/*.py")
    for path in REPO.glob(pattern)
    if "__pycache__" not in path.parts
)
# Calls that run text, or unpack what others packed; all names of the standard ways to call them.
NEVER = {
    *("eval", "exec", "compile", "__import__", "breakpoint"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "cPickle.load", "dill.load", "joblib.load", "shelve.open"),
    *("marshal.load", "marshal.loads", "pandas.read_pickle", "pd.read_pickle"),
    *("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "pty.spawn"),
    *("yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "yaml.unsafe_load_all"),
    *("torch.hub.load", "torch.jit.script_method", "tempfile.mktemp", "shutil.unpack_archive"),
}
LAST = {"extractall", "extract"}  # of an archive: sr.data.archives copies bytes under names of its own
LOADERS = {"yaml.SafeLoader", "_UniqueKeyLoader"}  # the latter is a SafeLoader, as a test below says


def findings(source: str) -> list[str]:
    """Return "line: what" of each forbidden call in Python source."""
    tree = ast.parse(source)
    # What a name stands for: `from pickle import loads as x` makes x pickle.loads.
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [f"{call.lineno}: {wrong}" for call in calls for wrong in _wrong(call, names)]


def _wrong(call: ast.Call, names: dict[str, str]) -> list[str]:
    first, dot, rest = ast.unparse(call.func).partition(".")
    name = names.get(first, first) + dot + rest
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    found = [name] if name in NEVER else []
    if isinstance(call.func, ast.Attribute) and call.func.attr in LAST:
        found.append(name)
    if name == "torch.load" and given.get("weights_only") != "True":
        found.append("torch.load without weights_only=True")
    if name in ("numpy.load", "np.load") and given.get("allow_pickle", "False") != "False":
        found.append("np.load with allow_pickle")
    if name == "yaml.load" and {*map(ast.unparse, call.args[1:]), given.get("Loader")} & LOADERS == set():
        found.append("yaml.load without a safe loader")
    if given.get("shell", "False") != "False":
        found.append(f"{name} with shell")
    return found


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 100
    assert {"sr", "workflow", "benchmarks"} == {path.relative_to(REPO).parts[0] for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPO)))
def test_no_file_runs_what_it_reads(path: Path) -> None:
    assert findings(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "eval(x)",
        "exec(open(x).read())",
        "import pickle; pickle.loads(x)",
        "from pickle import load as get; get(x)",
        "import pickle as p; p.load(x)",
        "torch.load(x)",
        "torch.load(x, weights_only=False)",
        "np.load(x, allow_pickle=True)",
        "import numpy; numpy.load(x, allow_pickle=flag)",
        "yaml.load(x)",
        "yaml.load(x, yaml.Loader)",
        "yaml.load(x, Loader=yaml.FullLoader)",
        "yaml.unsafe_load(x)",
        "tar.extractall(x)",
        "tarfile.open(x).extractall(y, filter='fully_trusted')",
        "zipfile.ZipFile(x).extract(y)",
        "subprocess.run(x, shell=True)",
        "os.system(x)",
        "from os import system; system(x)",
        "shutil.unpack_archive(x)",
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
        "yaml.load(x, _UniqueKeyLoader)",
        "yaml.safe_load(x)",
        "subprocess.run([x], check=True)",
        "re.compile(x)",
    ],
)
def test_harmless_calls_are_not(line: str) -> None:
    assert findings(line) == []


def test_the_projects_own_loader_is_a_safe_one() -> None:
    import yaml

    from sr.core.schema import _UniqueKeyLoader

    assert issubclass(_UniqueKeyLoader, yaml.SafeLoader)


def test_rules_quote_what_users_name() -> None:
    """Only paths below the project and names with a bounded alphabet stand in shell lines as they are."""
    rules = "".join(path.read_text() for path in sorted((REPO / "workflow" / "rules").glob("*.smk")))
    assert "{input.weights}" not in rules
    assert "quote(str(input.weights))" in rules
