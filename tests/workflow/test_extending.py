"""docs/extending.md, done to the letter in a copy of the project."""

import re
import subprocess

from tests.conftest import REPO
from tests.helpers.workspace import Workspace

PAGE = (REPO / "docs" / "extending.md").read_text()


def block(header: str) -> str:
    """Return the code under a first line ``# header``."""
    found = re.search(rf"```\w+\n# {re.escape(header)}\n(.*?)```", PAGE, re.S)
    assert found, header
    return found[1]


def python(workspace: Workspace, code: str) -> str:
    return subprocess.run(
        ["python", "-c", code],
        cwd=workspace.path,
        env=workspace.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_an_operation_is_one_factory_and_one_line(copy: Workspace) -> None:
    with open(copy.path / "sr" / "ops" / "conv.py", "a") as stream:
        stream.write("\n\n" + block("file: sr/ops/conv.py (append)"))
    copy.edit(
        "sr/methods/dlsr/network.py",
        "PRIMITIVES = {\n",
        "PRIMITIVES = {\n" + block("file: sr/methods/dlsr/network.py (line in PRIMITIVES)"),
    )
    copy.edit("sr/methods/dlsr/network.py", "import conv,", "import asymmetric, conv,")
    listed = python(
        copy,
        "from sr.methods.dlsr.network import GENOTYPE_SCHEMA as s; print(s['properties']['cell']['items']['enum'])",
    )
    assert "asym_conv_3x3" in listed
    assert "passed" in copy.run("python", "-m", "pytest", "-q", "tests/unit/methods/test_contract.py", "-k", "dlsr")


def test_a_method_is_one_module_and_one_section(copy: Workspace) -> None:
    (copy.path / "sr" / "methods" / "plain.py").write_text(block("file: sr/methods/plain.py"))
    section = block("section of params.yaml")
    for path in [copy.path / "params.yaml", *(copy.path / "workflow" / "presets").glob("*.yaml")]:
        path.write_text(path.read_text() + "\n" + section)
    copy.edit("workflow/presets/smoke.yaml", "methods:\n", "methods:\n  - plain\n")
    contract = copy.run("python", "-m", "pytest", "-q", "tests/unit/methods/test_contract.py", "-k", "plain")
    assert re.search(r"1\d passed", contract)
    copy.run("cp", "workflow/presets/smoke.yaml", "params.yaml")
    copy.run("snakemake", "--cores", "1", "results/evaluate/plain/x2_EmbeddedTest.json")
    assert (copy.path / "results" / "genotype" / "plain.json").is_file()
