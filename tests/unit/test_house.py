"""The house's rules: one set of versions, dependencies that point one way, a code digest that sees what matters."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from sr.core import digest as code
from sr.core.method_folders import method_names
from tests.helpers.repository import REPO

PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
FILES = [
    path
    for folder in ("sr", "benchmarks")
    for path in sorted((REPO / folder).rglob("*.py"))
    if path.name != "__init__.py"
]
EXTRAS = PROJECT["optional-dependencies"]
DIRECT = {re.split(r"[\[<>=! ]", entry)[0] for entry in sum(EXTRAS.values(), PROJECT["dependencies"])}
# What no lock can pin, because it depends on the build of torch: spandrel's torchvision.
UNLOCKED = {"spandrel"}


def locked() -> dict[str, str]:
    pairs = (line.split("==") for line in (REPO / "requirements.lock").read_text().splitlines() if "==" in line)
    return {name.lower().replace("_", "-"): version.strip() for name, version in pairs}


def test_environment_yml_lock_and_pyproject_agree() -> None:
    environment = yaml.safe_load((REPO / "environment.yml").read_text())
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    versions = dict(entry.split("==") for entry in pip if "==" in entry)
    assert set(versions) == DIRECT - UNLOCKED
    assert {name: locked().get(name) for name in versions} == versions
    assert "--constraint requirements.lock" in pip
    minor = re.search(r">=(3\.\d+)", PROJECT["requires-python"])
    assert minor is not None
    assert f"python={minor[1]}" in environment["dependencies"]


def test_lock_pins_every_direct_dependency_and_no_build_of_torch() -> None:
    assert set(locked()) >= DIRECT - UNLOCKED
    assert not set(locked()) & {*UNLOCKED, "torchvision"}
    assert locked()["torch"] == "2.13.0"
    # CUDA comes with a GPU's wheel of torch; nvidia-ml-py is a few lines of Python that ask the driver.
    assert {name for name in locked() if name.startswith(("nvidia", "triton"))} == {"nvidia-ml-py"}


def test_every_locked_package_but_torch_has_hashes() -> None:
    """`make hashes` writes them; without torch, what needs it could not be installed with dependencies."""
    text = (REPO / "requirements.hashes").read_text()
    entries = re.findall(r"^([\w.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", text, re.M)
    assert text.count("==") == len(entries)
    pinned = {re.sub("[-_.]+", "-", name).lower(): version for name, version, _ in entries}
    expected = {re.sub("[-_.]+", "-", name): version for name, version in locked().items()}
    assert pinned == {name: version for name, version in expected.items() if name != "torch"}
    (rule,) = re.findall(r"\.complete: (.*\n(?:\t.*\n)+)", (REPO / "Makefile").read_text())
    assert "requirements.hashes" in rule.splitlines()[0]
    first, second = (line for line in rule.splitlines() if "pip install" in line)
    assert first.endswith("--require-hashes --no-deps --requirement requirements.hashes")
    assert second.endswith("--requirement requirements.lock")


def test_pip_understands_the_hashes() -> None:
    """Without a network: everything is installed already, so nothing is asked for."""
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--dry-run", "--quiet", "--require-hashes"]
    done = subprocess.run([*command, "--no-deps", "-r", "requirements.hashes"], cwd=REPO, check=False)
    assert done.returncode == 0


def test_every_import_is_a_declared_dependency() -> None:
    module_of = {"nvidia-ml-py": "pynvml", "pillow": "PIL", "scikit-image": "skimage", "pyyaml": "yaml"}
    declared = {module_of.get(name, name.replace("-", "_")) for name in DIRECT}
    for path in [path for room in ("sr", "tests", "benchmarks") for path in REPO.glob(f"{room}/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for name in {name.split(".")[0] for name in names}:
                known = declared | {"benchmarks", "sr", "tests", "workflow"} | set(sys.stdlib_module_names)
                assert name in known, f"{path}: {name}"


# Which rooms a room may use besides itself. An arrow only points down this list.
ALLOWED = {
    "cli": {"report", "use", "stages", "methods", "evaluate", "nas", "train", "data", "plot", "ops", "core"},
    "report": {"methods", "nas", "evaluate", "data", "plot", "core"},
    "use": {"stages", "methods", "evaluate", "train", "data", "plot", "ops", "core"},
    "stages": {"methods", "nas", "evaluate", "train", "data", "ops", "core"},
    "methods": {"nas", "evaluate", "data", "plot", "ops", "core"},
    "nas": {"train", "ops", "core"},
    "evaluate": {"data", "ops", "core"},
    "train": {"data", "core"},
    "data": {"core"},
    "plot": {"core"},
    "ops": {"core"},
    "console": {"core"},
    "core": set(),
}

# The same within the report.
REPORT: dict[str, set[str]] = {
    "page": {"scrutiny", "claims", "figures", "tables", "run"},
    "scrutiny": {"claims", "tables", "run"},
    "claims": {"tables", "run"},
    "figures": {"tables", "run"},
    "tables": {"run"},
    "run": set(),
}


def test_every_module_is_in_a_room() -> None:
    assert {path.name for path in (REPO / "sr").glob("*.py")} == {"__init__.py", "__main__.py"}
    rooms = {path.name for path in (REPO / "sr").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(ALLOWED)


@pytest.mark.parametrize("room", ALLOWED)
def test_dependencies_point_one_way(room: str) -> None:
    for path in (REPO / "sr" / room).rglob("*.py"):
        module = ".".join(path.relative_to(REPO).with_suffix("").parts)
        used = {name.split(".")[1] for name in code._imports(module)}
        assert used <= ALLOWED[room] | {room}, f"{module} imports {used - ALLOWED[room]}"


@pytest.mark.parametrize("part", REPORT)
def test_parts_of_the_report_build_on_one_another(part: str) -> None:
    for path in (REPO / "sr" / "report" / part).rglob("*.py"):
        module = ".".join(path.relative_to(REPO).with_suffix("").parts)
        used = {name.split(".")[2] for name in code._imports(module) if name.startswith("sr.report.")}
        assert used <= REPORT[part] | {part}, f"{module} imports {used - REPORT[part]}"


def test_no_module_imports_itself_through_others() -> None:
    """Imports inside functions count, too."""
    modules = [".".join(path.relative_to(REPO).with_suffix("").parts) for path in FILES if "sr" in path.parts]
    graph = {name: code._imports(name) for name in modules if name.startswith("sr.")}
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)


def test_unit_tests_mirror_the_rooms() -> None:
    tests, rooms = (
        {str(path.relative_to(root)) for path in root.rglob("*") if path.is_dir() and path.name != "__pycache__"}
        for root in (REPO / "tests" / "unit", REPO / "sr")
    )
    assert tests <= rooms, tests - rooms


def test_no_test_module_imports_another() -> None:
    """What they share is in tests/helpers, and fixtures are in a conftest.py."""
    shared = re.compile(r"^\s*(?:from|import) tests\.[\w.]*test_", re.M)
    assert [str(path) for path in (REPO / "tests").rglob("*.py") if shared.search(path.read_text())] == []


def test_building_blocks_of_the_search_know_no_method() -> None:
    for name in ("bilevel", "derive", "genotype", "mixed", "relaxation"):
        assert not [n for n in code.closure(f"sr.nas.{name}") if n.startswith("sr.methods")], name


def test_a_method_that_was_added_is_known_to_its_folder_alone() -> None:
    """What is added by the recipe of docs/extending.md changes nothing else in the package or the rules."""
    sources = [*(REPO / "sr").rglob("*.py"), *(REPO / "sr").rglob("*.j2"), *(REPO / "workflow" / "rules").glob("*.smk")]
    for name in {*method_names()} - {"dlsr", "mran"}:
        folder = REPO / "sr" / "methods" / name
        assert {"network.py", "schema.py"} <= {path.name for path in folder.iterdir()}
        knowing = [
            path for path in sources if folder not in path.parents and re.search(rf"\b{name}\b", path.read_text())
        ]
        assert knowing == []


def test_no_verb_imports_snakemake_or_dvc() -> None:
    for path in (REPO / "sr").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) (snakemake|dvc)\b", path.read_text(), re.M), path


def test_code_digest_covers_what_a_verb_imports() -> None:
    retrain = code.closure("sr.cli.retrain", "sr.methods.dlsr.network")
    assert {
        "sr.train.loop",
        "sr.train.losses",
        "sr.methods.dlsr.network",
        "sr.ops.attention",
        "sr.data.sampler",
    } <= retrain
    assert not [name for name in retrain if name.startswith("sr.report")]
    assert not {"sr.core.config", "sr.core.checkpointer"} & retrain
    assert "sr.data.degrade" in code.closure("sr.cli.degrade")


def test_code_digest_ignores_comments_and_docstrings_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "sr" / "a.py"
    module.parent.mkdir()

    def digest(text: str) -> str:
        module.write_text(text)
        code._read.cache_clear()
        return code.code_digest("sr.a")

    monkeypatch.setattr(code, "ROOT", tmp_path)
    first = digest('"""Doc."""\n\ndef f(x):\n    """Say."""\n    return x + 1\n')
    assert digest("# new\n\ndef f(x):\n    # why\n    return x + 1\n") == first
    assert digest("def f(x):\n    return x + 2\n") != first
    code._read.cache_clear()


def test_rooms_keep_their_size() -> None:
    assert len((REPO / "Snakefile").read_text().splitlines()) < 45
    assert len((REPO / "workflow" / "rules" / "common.smk").read_text().splitlines()) < 120
    long = {str(path): n for path in FILES if (n := len(path.read_text().splitlines())) > 250}
    assert long == {}


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield (file:line name, syntax tree) of every function and method of the project."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(REPO)}:{node.lineno} {node.name}", node


def test_functions_are_short() -> None:
    lines = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in functions()}
    assert {name: count for name, count in lines.items() if count > 50} == {}
    assert statistics.median(lines.values()) <= 6


def test_every_function_is_annotated() -> None:
    bare = []
    for name, node in functions():
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        missing = [each.arg for each in arguments if each.annotation is None and each.arg not in ("self", "cls")]
        bare += [f"{name}({', '.join(missing)})"] if missing or node.returns is None else []
    assert bare == []


def test_everything_public_has_a_docstring() -> None:
    """Modules, classes, functions and methods; not what a function defines, nor the names that torch calls."""
    bare = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        for node in [tree, *tree.body, *(each for owner in classes for each in owner.body)]:
            name = getattr(node, "name", path.stem)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and not ast.get_docstring(node):
                bare += [] if name.startswith("_") or name in ("forward", "backward") else [f"{path}: {name}"]
    assert bare == []


def test_repository_ships_without_run_outputs() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    tracked = done.stdout.splitlines()
    assert "dvc.lock" not in tracked
    assert [name for name in tracked if name.startswith((".snakemake/", "data/packed/", "data/manifests/"))] == []
    kept = ("results/zoo/", "results/benchmarks/", "results/README")
    assert [name for name in tracked if name.startswith("results/") and not name.startswith(kept)] == []
