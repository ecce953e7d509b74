"""Code digests: a change of wording reruns nothing, a change of what is computed reruns what computes it."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from sr.core import digest
from tests.conftest import REPO

METHOD = "sr.methods.dlsr.network"
# The verbs with a code digest in the rules.
STEPS = {
    "fetch": ("sr.cli.fetch",),
    "degrade": ("sr.cli.degrade",),
    "search": ("sr.cli.search", METHOD),
    "genotype": ("sr.cli.genotype", METHOD),
    "retrain": ("sr.cli.retrain", METHOD),
    "evaluate": ("sr.cli.evaluate", METHOD),
    "count": ("sr.cli.count", METHOD),
    "panel": ("sr.cli.panel", METHOD),
}
# Where the first string after the pattern is text for people.
WORDINGS = {
    "a message of the core": ("sr/core/memory.py", r"raise UserError\(\s*f?"),
    "a message of training": ("sr/train/launch.py", r"raise \w+\(\s*f?"),
    "a message of a method": ("sr/methods/weights.py", r"raise UserError\(\s*f?"),
    "a message of the data": ("sr/data/degrade.py", r"raise UserError\(\s*f?"),
    "a message of the evaluation": ("sr/evaluate/benchmark.py", r"raise UserError\(\s*f?"),
    "a line of the log": ("sr/cli/evaluate.py", r"help="),
    "a printed line": ("sr/train/launch.py", r"print\(\s*f?"),
    "a remedy": ("sr/stages/retrain.py", r"memory\(\s*f?"),
    "a description of a parameter": ("sr/methods/dlsr/schema.py", r"description="),
    "a description of a file": ("sr/data/formats.py", r"description="),
    "a docstring": ("sr/nas/bilevel.py", r"\A"),
    "a citation": ("sr/methods/dlsr/tables.py", r"CITATION = \(\s*"),
    "a footnote": ("sr/report/tables/footnotes.py", r"yield "),
    "a caption": ("sr/report/figures/panels.py", r"set_\w+\(\s*f?"),
}
# A statement more in a module: which of the steps must run again, and some that need not.
COMPUTING = {
    "sr/train/losses.py": ({"search", "retrain"}, {"fetch", "degrade", "evaluate"}),
    "sr/nas/bilevel.py": ({"search"}, {"retrain", "evaluate", "fetch"}),
    "sr/methods/dlsr/network.py": (
        {"search", "genotype", "retrain", "evaluate", "count", "panel"},
        {"fetch", "degrade"},
    ),
    "sr/evaluate/metrics.py": ({"evaluate", "panel"}, {"search", "retrain", "fetch"}),
    "sr/data/degrade.py": ({"degrade"}, {"fetch"}),
    "sr/ops/residual.py": (set(), {"fetch", "degrade"}),
    "sr/core/memory.py": (set(), set(STEPS)),
    "sr/report/tables/footnotes.py": (set(), set(STEPS)),
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the root of a copy of the package, whose code the digests are of."""
    root = tmp_path_factory.mktemp("package")
    shutil.copytree(REPO / "sr", root / "sr", ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digest, "ROOT", root)
        yield root
    _forget()


@pytest.fixture(scope="module")
def unchanged(package: Path) -> dict[str, str]:
    """Return the digests of the copy as it is."""
    return digests()


def _forget() -> None:
    digest._read.cache_clear()


def digests() -> dict[str, str]:
    _forget()
    return {step: digest.code_digest(*modules) for step, modules in STEPS.items()}


@contextmanager
def edited(path: Path, change: Callable[[str], str]) -> Iterator[None]:
    """Change a file for as long as the block runs."""
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before, f"{path}: nothing to change"
    yield
    path.write_text(before)


def test_rewording_reruns_nothing(package: Path, unchanged: dict[str, str]) -> None:
    with ExitStack() as stack:
        for file, pattern in WORDINGS.values():
            reword = partial(re.sub, rf'({pattern}"+)', r"\1Reworded: ", count=1)
            stack.enter_context(edited(package / file, lambda text, reword=reword: reword(string=text)))
        assert digests() == unchanged


@pytest.mark.parametrize("file", COMPUTING)
def test_another_computation_reruns_what_computes_it(package: Path, unchanged: dict[str, str], file: str) -> None:
    with edited(package / file, lambda text: text + "\n_ANOTHER = 2\n"):
        changed = {step for step, value in digests().items() if value != unchanged[step]}
    must, must_not = COMPUTING[file]
    assert must <= changed
    assert not must_not & changed
