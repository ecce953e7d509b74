"""The page for reviewers: complete, the same bytes each time, closed to the network and to what names may hold."""

import dataclasses
import itertools
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sr.core.errors import UserError
from sr.core.files import read_json
from sr.core.formats import load
from sr.plot.style import INK, SOFT
from sr.report.page import page, summary
from sr.report.page.plot_style import DARK, GROUND
from sr.report.run import metrics
from sr.report.run import reader as run
from sr.report.tables.table import Table
from tests.helpers.reporting import hashed, policy
from tests.helpers.runs import change_json, drop, write_run, write_tables

SECTIONS = ["claims", "deviations", "tables", "plots", "latency", "search", "scrutiny", "training"]
SECTIONS += ["pictures", "provenance"]
TABLES = [
    *("dlsr_table1", "dlsr_table2", "dlsr_table3", "dlsr_table4", "dlsr_table5", "dlsr_table6", "dlsr_table7"),
    *("mran_table1", "mran_table2", "mran_table3", "mran_table4", "mran_calibration"),
]
EVIL = "</script><!--<script>\"'><img src=x onerror=alert(1)>&amp;|"


class Elements(HTMLParser):
    """The page's elements with their attributes, the texts of its scripts by id, and all other text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[str | None, str]] = []
        self.text = ""
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.inside = tag if tag in ("script", "style") else ""
        if tag == "script":
            self.scripts.append((dict(attrs).get("id"), ""))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif not self.inside:
            self.text += data

    def ids(self, tag: str) -> list[str | None]:
        return [attributes["id"] for name, attributes in self.found if name == tag and "id" in attributes]


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(write_run(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def text(params: Path) -> str:
    return page.html(run.read(params))


@pytest.fixture(scope="module")
def elements(text: str) -> Elements:
    return Elements(text)


@pytest.fixture
def edited(params: Path, tmp_path: Path) -> Path:
    """Return the run's params.yaml in a copy of its own."""
    shutil.copytree(params.parent, tmp_path / "copy")
    return tmp_path / "copy" / "params.yaml"


class TestWholePage:
    """What a finished run gives."""

    def test_the_same_files_give_the_same_bytes(self, params, text, tmp_path):
        written = page.write_page(params, tmp_path / "report" / "index.html")
        assert written.read_bytes() == text.encode()

    def test_sections_and_tables(self, elements):
        assert [name for name in elements.ids("section") if name] == SECTIONS
        links = [attributes["href"] for tag, attributes in elements.found if tag == "a" and "href" in attributes]
        assert [link for link in dict.fromkeys(links) if link.startswith("#")] == [f"#{name}" for name in SECTIONS]
        shown = [name.removeprefix("table-") for name in elements.ids("table") if name.startswith("table-")]
        assert shown == [*TABLES, "latency"]

    def test_ids_are_unique_and_every_reference_has_its_target(self, elements):
        names = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
        assert len(names) == len(set(names))
        for _, attributes in elements.found:
            for key in ("data-filter", "data-slider"):
                assert attributes.get(key, names[0]) in names

    def test_every_link_and_source_lies_inside(self, elements):
        addresses = [
            attributes[key]
            for _, attributes in elements.found
            for key in ("src", "href", "srcset")
            if key in attributes
        ]
        assert len(addresses) > 40
        assert [a[:60] for a in addresses if not a.startswith(("data:", "#"))] == []
        assert {tag for tag, _ in elements.found} & {"iframe", "object", "embed", "base", "form"} == set()

    def test_style_and_program_load_nothing(self, text):
        style = re.search(r"<style>(.*?)</style>", text, re.S)[1]
        assert "@import" not in style
        assert "url(" not in style
        program = (page.TEMPLATES / "page.js").read_text(encoding="utf-8")
        assert not re.search(r"https?:|fetch\(|XMLHttpRequest|importScripts", program)

    def test_the_policy_allows_the_pages_own_style_and_programs_only(self, text):
        programs = re.findall(r'<script(?: type="module")?>(.*?)</script>', text, re.S)
        assert len(programs) == 3
        assert policy(text) == {
            "default-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "style-src-elem": hashed([re.search(r"<style>(.*?)</style>", text, re.S)[1], ""]),
            "style-src-attr": "'none'",
            "script-src": hashed(programs),
            "img-src": "data:",
        }
        # Where the policy comes first, nothing is loaded before it.
        assert text.index("Content-Security-Policy") < min(text.index(tag) for tag in ("<style", "<script", "<link"))

    def test_embedded_texts_are_those_of_the_files(self, params, elements):
        texts = json.loads(dict(elements.scripts)["texts"])
        assert list(texts) == [*TABLES, "latency"]
        for name in texts:
            stem = params.parent / "results/tables" / name
            files = {kind: stem.with_suffix(f".{kind}") for kind in ("csv", "md", "tex")}
            assert texts[name] == {kind: path.read_text(encoding="utf-8") for kind, path in files.items()}

    def test_every_number_of_a_table_is_on_the_page(self, params, elements):
        table = load(params.parent / "results/tables/dlsr_table2.json", Table)
        for group in table.groups:
            for row in group.rows:
                assert row.label in elements.text
                assert [part.text for cell in row.cells for part in cell if part.text not in elements.text] == []

    def test_every_panel_has_its_pictures(self, params, elements):
        images = [attributes for tag, attributes in elements.found if tag == "img"]
        assert all(attributes["alt"] for attributes in images)
        for path in (params.parent / "results/panels").glob("*.json"):
            for example in read_json(path)["examples"]:
                crops = [example["hr"]["crop"], *(view["crop"] for view in example["views"])]
                sources = {attributes["src"] for attributes in images}
                assert {f"data:image/png;base64,{crop}" for crop in crops} <= sources

    def test_files_to_take_along(self, params, elements):
        names = [attributes["download"] for tag, attributes in elements.found if "download" in attributes]
        assert sorted(names) == sorted(path.name for path in (params.parent / "results/figures").iterdir())

    def test_budget_is_said(self, elements):
        assert "demo, edited: data.test. This is a demonstration budget" in elements.text


class TestAlert:
    """The warning about networks that are not above bicubic."""

    def test_no_reason(self, elements):
        assert "NOT above bicubic" not in elements.text
        assert not [tag for tag, attributes in elements.found if attributes.get("role") == "alert"]

    @pytest.mark.parametrize(("count", "rest"), [(1, ""), (4, ""), (9, " and 5 more")])
    def test_the_worst_are_named(self, params, count, rest):
        given = run.read(params)
        frame = given.metrics.copy()
        worse = frame.index[frame["model"] != "bicubic"][:count]
        frame.loc[worse, "psnr"] = [20.0 + place for place in range(count)]
        above, sentence = summary.against_bicubic(dataclasses.replace(given, metrics=frame))
        assert not above
        assert sentence.startswith(f"{count} of ")
        assert sentence.count(" dB)") == min(count, summary.LISTED)
        assert sentence.endswith(f" dB){rest}.")


class TestForeignText:
    """What files say stays text."""

    @pytest.fixture
    def hostile(self, edited: Path) -> Elements:
        root = edited.parent
        for path in (root / "results/panels").glob("*.json"):
            change_json(path, lambda document: document["examples"][0].update(name=EVIL))
        change_json(root / "data/manifests/Set5.json", lambda facts: facts.update(licence=EVIL))
        change_json(root / "results/records/fetch/Set5.json", lambda facts: facts.update(command=EVIL))
        energy = {"joules": 36.0, "source": EVIL}
        change_json(root / "results/records/search/dlsr.json", lambda facts: facts.update(energy=energy))
        history = root / "results/search/dlsr/history.csv"
        history.write_text(history.read_text().replace("sep_conv_7x7", EVIL.replace('"', "")))
        evil = EVIL.replace('"', "").replace(",", "")
        for path in [root / "data/published.csv", *(root / "results/tables").iterdir()]:
            path.write_text(path.read_text(encoding="utf-8").replace("DRRN", evil), encoding="utf-8")
        return Elements(page.html(run.read(edited)))

    def test_nothing_breaks_out(self, hostile, elements):
        assert [name for name, _ in hostile.scripts] == [name for name, _ in elements.scripts]
        assert [tag for tag, _ in hostile.found].count("img") == [tag for tag, _ in elements.found].count("img")
        assert [(tag, key) for tag, attributes in hostile.found for key in attributes if key.startswith("on")] == []
        assert hostile.text.count("onerror=alert(1)") >= 5
        for name in ("figures", "texts"):
            embedded = dict(hostile.scripts)[name]
            assert "<" not in embedded
            assert "onerror" in json.dumps(json.loads(embedded))

    def test_scripts_of_others_cannot_end_their_element(self, elements):
        for _, script in elements.scripts:
            assert not re.search(r"</script", script, re.IGNORECASE)


class TestPartialRuns:
    """A folder that lacks something gives a page that says so."""

    def test_without_searches_trainings_panels_and_figures(self, edited):
        drop(edited.parent, "search", "genotype", "retrain", "panels", "figures", "records")
        found = Elements(page.html(run.read(edited)))
        for sentence in (
            "This run has no search results yet.",
            "This run has no training curves or records yet.",
            "This run has no visual comparison",
            "This run has no plot files yet.",
            "not recorded",
        ):
            assert sentence in found.text
        assert [name for name in found.ids("section") if name] == SECTIONS
        assert "choices-dlsr" not in found.ids("table")

    def test_published_genotypes_are_no_search(self, tmp_path):
        def published(raw):
            raw["methods"], raw["dlsr"]["variants"] = ["dlsr"], {}
            raw["dlsr"]["retrain"]["genotype"] = "published"
            raw["dlsr"]["search"]["seeds"] = []

        found = page.context(run.read(write_tables(write_run(tmp_path, change=published))))
        assert found["searches"] == {}
        assert found["plots"]["searches"] is False
        assert list(found["tables"]) == ["dlsr_table1", "dlsr_table2", "dlsr_table4"]

    def test_no_metrics(self, edited):
        drop(edited.parent, "evaluate")
        with pytest.raises(UserError, match="no metrics of this run. Create them first: snakemake evaluated") as error:
            page.write_page(edited, edited.parent / "index.html")
        assert "\n" not in str(error.value)
        assert not (edited.parent / "index.html").exists()

    def test_files_of_other_runs_stay_out(self, params, edited):
        folder = edited.parent / "results/evaluate"
        (folder / "gone").mkdir()
        (folder / "gone/x2_Set5.json").write_text("no JSON")
        (folder / "dlsr/x2_Elsewhere.json").write_text("no JSON")
        given = run.read(edited)
        assert set(given.metrics["model"]) == {"bicubic", *given.models}
        assert set(given.metrics["test_set"]) == {"EmbeddedTest", "Set5"}
        assert [key for key in given.records if "gone" in key or key.startswith("page/")] == []

    def test_an_infinite_psnr_is_the_best(self, edited):
        path = edited.parent / "results/panels/dlsr_visual_x2_Set5.json"
        change_json(path, lambda document: document["examples"][0]["views"][1]["whole"].update(psnr=None))
        given = run.read(edited)
        only = dataclasses.replace(given, params=given.params.replace(methods=["dlsr"]))
        assert re.search(r"<b>DLSR</b> \(best\)<br>∞ / 0.9000", page.html(only))


class TestInfinite:
    """Images that bicubic, the networks or all of them reproduce exactly, such as flat ones: their PSNR is infinite."""

    def spoil(self, document: dict) -> None:
        document["images"][0]["values"]["psnr"] = document["mean"]["psnr"] = None

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(
        ("exact", "sentence"),
        [
            (["bicubic"], r"dlsr ×2 on EmbeddedTest \(−∞ dB\)"),
            (["dlsr", "mran"], r"All \d+ measured networks are above bicubic"),
            (["*"], "No network has a finite difference from bicubic"),
        ],
    )
    def test_it_is_shown_and_breaks_nothing(self, tmp_path, exact, sentence):
        params = write_run(tmp_path, change=lambda raw: raw.update(scales=[2]))
        for path in [each for name in exact for each in (tmp_path / "results/evaluate").glob(f"{name}/*.json")]:
            change_json(path, self.spoil)
        write_tables(params)
        files = sorted((tmp_path / "results/evaluate").glob("*/*.json"))
        counts = [tmp_path / "results/counts/dlsr.json"]
        document = metrics.write_metrics(files, counts, tmp_path / "metrics.json", tmp_path / "rows")
        assert document[exact[0].replace("*", "mran")]["x2"]["Set5"]["psnr"] is None
        page.write_page(params, tmp_path / "index.html", tmp_path / "lines.txt", tmp_path / "claims.json")
        assert re.search(sentence, (tmp_path / "lines.txt").read_text(encoding="utf-8"))
        text = (tmp_path / "index.html").read_text(encoding="utf-8")
        assert '<td data-order="Infinity">' in text
        elements = Elements(text)
        figures = json.loads(dict(elements.scripts)["figures"], parse_constant=pytest.fail)
        assert "infinite, so not drawn: " in json.dumps(figures["clouds"]["params_k|2|Set5"])
        for path in tmp_path.rglob("*.json"):
            json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
        tables = [path.read_text(encoding="utf-8") for path in (tmp_path / "results/tables").glob("*.md")]
        for words in [elements.text, json.dumps(figures), *tables]:
            assert re.findall(r"\bnan\b|\binf\b", words) == []


class TestOrder:
    """The key by which a column sorts."""

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("38.04 / 0.9606", "38.04"),
            ("+0.62", "+0.62"),
            ("−280.0", "-280.0"),
            ("6,796.9", "6796.9"),
            ("68.1 G", "68.1"),
            ("33.63 ± 0.01 (n = 3)", "33.63"),
            (" 1", "1"),
            ("12.3 %", "12.3"),
            ("∞ / 1.0000", "Infinity"),
            ("−∞ dB", "-Infinity"),
            ("–", page.NOTHING),
            ("– / 0.9", page.NOTHING),
            ("", page.NOTHING),
            ("not measured by this machine", page.NOTHING),
        ],
    )
    def test_first_number(self, text, key):
        assert page.order(text) == key

    def test_numbers_sort_as_numbers_do(self):
        from random import Random

        from sr.report.tables.table import number

        draw = Random(0)
        values = [round(draw.uniform(-1, 1) * 10 ** draw.randint(0, 6), 2) for _ in range(500)]
        keys = [float(page.order(number(value, 2, signed=draw.random() < 0.5))) for value in values]
        assert keys == values

    def test_a_difference_has_the_keys_of_the_row_above(self, text):
        table = re.search(r'<table id="table-dlsr_table5".*?</table>', text, re.S)[0]
        rows = [
            (re.search(r'class="(\w+)"', row)[1], re.findall(r'data-order="([^"]*)"', row))
            for row in re.findall(r"<tr class=.*?</tr>", table, re.S)
        ]
        pairs = [(above, keys) for (_, above), (source, keys) in itertools.pairwise(rows) if source == "difference"]
        assert len(pairs) == 4
        assert all(above == keys for above, keys in pairs)
        assert {keys[0] for _, keys in pairs} == {
            "DLSR ± s, n = 3 (this run)",  # x2; the further searches have no other scale
            "DLSR (this run)",
            "DLSR-B (this run)",
        }


class TestColours:
    """The variables of page.css."""

    STYLE = (page.TEMPLATES / "page.css").read_text(encoding="utf-8")
    LIGHT, SCREEN = re.findall(r":root \{(.*?)\}", STYLE, re.S)

    def values(self, text: str) -> dict[str, str]:
        return dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", text))

    def test_both_schemes_have_all_colours(self):
        assert set(self.values(self.LIGHT)) == set(self.values(self.SCREEN))
        used = set(re.findall(r"var\(--([\w-]+)\)", self.STYLE))
        assert used == set(self.values(self.LIGHT))

    def test_paper_is_light(self):
        assert "@media screen and (prefers-color-scheme: dark)" in self.STYLE
        assert self.STYLE.count("prefers-color-scheme") == 1

    def test_plots_have_the_ground_and_the_ink_of_the_page(self):
        dark = self.values(self.SCREEN)
        assert (DARK[GROUND], DARK[INK], DARK[SOFT]) == (dark["paper"], dark["ink"], dark["soft"])
