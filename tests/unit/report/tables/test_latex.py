"""The tables in LaTeX: read strictly, and built where LaTeX is installed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pylatexenc.latexwalker import LatexEnvironmentNode, LatexMacroNode, LatexSpecialsNode, LatexWalker

from sr.cli.main import main
from sr.core import config
from sr.core.errors import UserError
from sr.core.files import ROOT, read_json, write_json
from sr.methods import papers
from sr.report.tables import build as tables
from sr.report.tables.latex import write_collection
from tests.helpers.reporting import HOSTILE_NAME, PUBLISHED, complexity_file, metrics_file

PARAMS = ROOT / "params.yaml"


def run_files(folder: Path, models: list[str], scales: tuple[int, ...]) -> dict[str, list[str]]:
    """Write metrics and counts of ``models`` as a run would, the longest genotypes included."""
    folder.mkdir(exist_ok=True)
    metrics = [metrics_file(folder, "bicubic", scale, "EmbeddedTest", 29.4) for scale in scales]
    counts = []
    for model in models:
        method = model.partition("_")[0]
        genotype = json.loads((ROOT / "data" / "genotypes" / f"{method}.json").read_text())
        changes = {"genotype": genotype, "method": method, "model": model}
        counts.append(complexity_file(folder, name=model, **changes))
        metrics += [metrics_file(folder, model, scale, "EmbeddedTest", 30.1) for scale in scales]
    return {"metrics": metrics, "complexity": counts}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every table of both papers in LaTeX, with a run that has every model."""
    folder = tmp_path_factory.mktemp("tables")
    known = config.load(PARAMS).models
    (folder / "counts.json").write_text(json.dumps({"method": "dlsr", "channels": 50, "operations": {}}))
    (folder / "rows.json").write_text(json.dumps({"method": "mran", "genotype": "g.json", "rows": []}))
    paths = []
    for name, table in papers.tables(papers.PAPERS).items():
        inputs = {
            "comparison": run_files(folder / name, [model for model in table.models if model in known], table.scales),
            "operations": {"counts": [folder / "counts.json"]},
            "reference": {"counts": [folder / "rows.json"]},
            "costs": {"records": []},
        }[table.kind]
        inputs = {key: inputs.get(key) for key in ("metrics", "complexity", "records", "counts")}
        files = tables.write_table(name, PARAMS, ROOT / table.published, inputs, folder / "out" / name)
        paths += [path for path in files if path.suffix == ".tex"]
    return paths


def nodes(parsed: list):
    """Yield every node of a parsed document, depth first."""
    for node in parsed or []:
        yield node
        arguments = getattr(node, "nodeargd", None)
        yield from nodes(arguments.argnlist if arguments else [])
        yield from nodes(getattr(node, "nodelist", None))


def environments(text: str, name: str) -> list[LatexEnvironmentNode]:
    """Parse LaTeX strictly, so that what does not balance is an error; return the environments ``name``."""
    parsed, position, length = LatexWalker(text, tolerant_parsing=False).get_latex_nodes()
    assert (position, length) == (0, len(text))
    return [node for node in nodes(parsed) if isinstance(node, LatexEnvironmentNode) and node.environmentname == name]


def widths(tabular: LatexEnvironmentNode) -> list[int]:
    """Return how many cells each row of a tabular has."""
    rows = [1]
    for node in tabular.nodelist:
        if isinstance(node, LatexMacroNode) and node.macroname == "\\":
            rows.append(1)
        rows[-1] += isinstance(node, LatexSpecialsNode) and node.specials_chars == "&"
    # After the last row stands only its rule.
    return rows[:-1]


def test_every_table_is_sound(written: list[Path]) -> None:
    assert len(written) == len(papers.tables(papers.PAPERS))
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert text.isascii(), path.name
        (tabular,) = environments(text, "tabular")
        columns = re.search(r"\\begin{tabular}{(l+r+)}", text)
        assert columns
        assert set(widths(tabular)) == {len(columns[1])}, path.name
        macros = [node.macroname for node in tabular.nodelist if isinstance(node, LatexMacroNode)]
        rules = [name for name in macros if name.endswith("rule")]
        assert (rules[0], rules[-1]) == ("toprule", "bottomrule")
        groups = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith(" &")]
        assert rules[1:-1] == ["midrule"] * (len(groups) - 1), path.name


def test_names_are_no_commands(tmp_path: Path) -> None:
    inputs = run_files(tmp_path, ["dlsr"], (2, 3, 4))
    for file in inputs["metrics"]:
        write_json(file, read_json(file) | {"test_set": HOSTILE_NAME, "data_digest": None})
    inputs |= {"records": None, "counts": None}
    paths = tables.write_table("dlsr_table2", PARAMS, PUBLISHED, inputs, tmp_path / "t")
    (tex,) = (path for path in paths if path.suffix == ".tex")
    text = tex.read_text(encoding="utf-8")
    assert r"\$a\_\{b\$\textbackslash{}x\textasciicircum{}\%s\textasciitilde{}\#\&" in text
    assert len(environments(text, "tabular")) == 1


def test_the_collection_holds_all_in_order(written: list[Path], tmp_path: Path) -> None:
    line = ["latex", "--params", PARAMS, "--out", tmp_path / "tables.tex", "--tables", *reversed(written)]
    assert main([str(word) for word in line]) == 0
    text = (tmp_path / "tables.tex").read_text(encoding="utf-8")
    assert re.findall(r"^% (\w+_\w+)$", text, re.M) == [path.stem for path in reversed(written)]
    assert text.count(r"\documentclass") == 1
    assert "preset demo" in text
    assert len(environments(text, "table")) == len(written)
    assert write_collection(reversed(written), "demo", tmp_path / "again.tex") == text


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.tex: no such table"):
        write_collection([tmp_path / "a.tex"], "demo", tmp_path / "tables.tex")
    (tmp_path / "a.tex").write_text("words")
    with pytest.raises(UserError, match=r"a\.tex: not a LaTeX table"):
        write_collection([tmp_path / "a.tex"], "demo", tmp_path / "tables.tex")
    assert not (tmp_path / "tables.tex").exists()


def test_latex_builds_the_collection(written: list[Path], tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex, which is not installed")
    write_collection(written, "with_underscore", tmp_path / "tables.tex")
    line = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "tables.pdf").read_bytes().startswith(b"%PDF")
    log = (tmp_path / "tables.log").read_text(encoding="latin-1")
    wide = [float(points) for points in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt", log)]
    assert [points for points in wide if points > 20] == []
    assert not re.search(r"undefined|Float too large|Missing character", log)
    pages = re.search(r"Output written on tables\.pdf \((\d+) pages", log)
    assert pages
    assert int(pages[1]) == len(written)
