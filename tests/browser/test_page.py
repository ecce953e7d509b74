"""The page as its readers use it: sorting, choosing, copying, sliding, by pointer and by keyboard."""

import itertools
import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import until

TABLE = "table-dlsr_table2"
FORMATS = {"LaTeX": ".tex", "Markdown": ".md", "CSV": ".csv"}


def head(page: Page, table: str, column: int):
    """Return the head of a column."""
    return page.locator(f"#{table} thead th").nth(column)


def title(page: Page, plot: str) -> str:
    """Return the title of a plot that is shown."""
    return page.locator(f"[data-plot={plot}] .gtitle").text_content()


def subtitle(page: Page) -> str:
    """Return the subtitle of the plot of quality against size."""
    return page.locator("[data-plot=clouds] .gtitle-subtitle").text_content()


def numbers_first(keys: list[float | None]) -> list[float]:
    """Return the numbers of a sorted column; whatever its direction, cells without one must come last."""
    numbers = [key for key in keys if key is not None]
    assert keys[: len(numbers)] == numbers
    return numbers


def clip(page: Page, slider: str) -> str:
    """Return how the slider's upper image is cut."""
    return page.eval_on_selector(f"#{slider} .after", "(image) => getComputedStyle(image).clipPath")


class TestLoading:
    """Nothing fails, nothing leaves the file."""

    def test_no_complaint_and_no_request_outside(self, desk):
        for _ in range(20):
            desk.page.mouse.wheel(0, 900)
        desk.page.wait_for_timeout(300)
        assert desk.complaints == []
        assert desk.outside() == []
        # The page itself, which shows that requests are heard.
        assert desk.requests == [desk.page.url]

    def test_the_policy_forbids_what_the_page_does_not_need(self, fresh, hostile_file):
        opened = fresh(hostile_file)
        element = "document.body.append(Object.assign(document.createElement('{}'), {{ {} }}))"
        attempts = {
            "script-src-elem": element.format("script", "textContent: 'window.stolen = 1'"),
            "script-src-attr": "document.body.insertAdjacentHTML('beforeend', '<b onclick=window.stolen=1>x</b>');"
            "document.body.lastChild.click()",
            "style-src-attr": "document.body.insertAdjacentHTML('beforeend', '<b style=display:none>x</b>')",
            "style-src-elem": element.format("style", "textContent: 'body { display: none }'"),
            "img-src": element.format("img", "src: 'https://example.org/x.png'"),
            "connect-src": "fetch('https://example.org/').catch(() => {})",
            "frame-src": element.format("iframe", "src: 'https://example.org/'"),
            # Later, because what the browser's driver runs itself may do so.
            "script-src": "setTimeout(() => { Function('window.stolen = 1')(); })",
        }
        listener = "(event) => refused.push(event.effectiveDirective)"
        opened.page.evaluate(f"window.refused = []; addEventListener('securitypolicyviolation', {listener})")
        for directive, attempt in attempts.items():
            opened.page.evaluate(attempt)
            until(opened.page, f"refused.includes('{directive}')")
        assert opened.page.evaluate("window.stolen") is None

    def test_every_image_loads(self, screen):
        sizes = screen.page.eval_on_selector_all("img", "(images) => images.map((i) => [i.alt, i.naturalWidth])")
        assert len(sizes) > 20
        assert [alt for alt, width in sizes if not width] == []

    def test_no_alert_without_a_reason(self, desk):
        assert desk.page.locator(".alert").count() == 0

    def test_every_plot_is_drawn(self, desk):
        assert desk.page.locator(".plot .main-svg").count() >= desk.page.locator(".plot").count() == 6

    def test_foreign_text_stays_text(self, fresh, hostile_file):
        opened = fresh(hostile_file)
        assert opened.page.evaluate("window.stolen") is None
        assert opened.page.locator("img[onerror], img[src=x]").count() == 0
        assert "onerror" in opened.page.locator(f"#{TABLE}").text_content()
        select = opened.page.locator("[data-plot=choices] select").nth(1)
        select.select_option("alpha_1")
        assert opened.page.evaluate("window.stolen") is None
        assert opened.complaints == []
        assert opened.outside() == []


class TestTables:
    """Sorting and filtering."""

    @pytest.fixture(autouse=True)
    def as_made(self, desk):
        for select in desk.page.locator("select[data-filter]").all():
            select.select_option("")

    def test_a_click_sorts_by_number_and_another_reverses(self, desk):
        column = head(desk.page, TABLE, 2)
        column.click()
        expect(column).to_have_attribute("aria-sort", "ascending")
        rising = numbers_first(desk.keys(TABLE, 2))
        assert rising == sorted(rising)
        column.click()
        expect(column).to_have_attribute("aria-sort", "descending")
        assert numbers_first(desk.keys(TABLE, 2)) == sorted(rising, reverse=True)
        # Numbers, not their digits.
        assert sorted(rising, key=str) != rising

    def test_keys_sort_too(self, desk):
        column = head(desk.page, TABLE, 3)
        for _ in range(200):
            desk.page.keyboard.press("Tab")
            if column.evaluate("(head) => head.contains(document.activeElement)"):
                break
        else:
            pytest.fail("Tab never reaches the column's head")
        desk.page.keyboard.press("Enter")
        expect(column).to_have_attribute("aria-sort", "ascending")
        keys = numbers_first(desk.keys(TABLE, 3))
        assert keys == sorted(keys)
        desk.page.keyboard.press("Enter")
        expect(column).to_have_attribute("aria-sort", "descending")

    @pytest.mark.parametrize(
        "table", ["table-mran_table4", pytest.param("table-dlsr_table5", marks=pytest.mark.thorough)]
    )
    def test_differences_stay_below_their_rows_and_dashes_below_numbers(self, desk, table):
        rows = desk.rows(table)
        # By scale and label: a difference and the label of its row.
        pairs = {(row[0], row[1]): above[1] for above, row in itertools.pairwise(rows) if "this run − paper" in row[1]}
        assert set(pairs.values()) == {label for _, label, *_ in rows if label.endswith("(this run)")}
        for place in range(len(rows[0])):
            for direction in ("ascending", "descending"):
                column = head(desk.page, table, place)
                column.click()
                expect(column).to_have_attribute("aria-sort", direction)
                ordered = desk.rows(table)
                assert sorted(ordered) == sorted(rows)
                below = [(above, row) for above, row in itertools.pairwise(ordered) if (row[0], row[1]) in pairs]
                assert {(row[0], row[1]): above[1] for above, row in below if above[0] == row[0]} == pairs
                own = [row[place] for row in ordered if (row[0], row[1]) not in pairs]
                assert set(own[own.index("–") :] if "–" in own else "–") == {"–"}

    @pytest.mark.parametrize(
        ("grade", "word"), [("B", "holds"), ("B", "cannot be judged"), ("D", "measured"), ("D", "opposite direction")]
    )
    def test_grades(self, desk, grade, word):
        place = "ABCD".index(grade)
        whole = [row for row in desk.rows("claims-table") if re.match(rf"\S {word}", row[2 + place])]
        desk.page.locator("#claims .bar select").nth(2 + place).select_option(word)
        assert desk.rows("claims-table") == whole
        counted = desk.page.locator(".tiles li").nth(place).locator(".pill").all_text_contents()
        assert [text for text in counted if text.endswith(f"{word} {len(whole)}")]

    def test_each_paper_has_a_sentence_a_grade_on_the_first_screen(self, desk):
        for paper in ("DLSR", "MRAN"):
            rows = desk.page.locator(f"article[aria-label={paper}] li")
            assert [text[0] for text in rows.all_text_contents()] == list("ABCD")
            box = rows.last.bounding_box()
            assert box["y"] + box["height"] < desk.page.viewport_size["height"]

    def test_scales_and_papers(self, desk):
        every = desk.rows("claims-table")
        bar = desk.page.locator("#claims .bar")
        bar.locator("select").nth(1).select_option("×4")
        assert desk.rows("claims-table") == [row for row in every if row[8] == "×4"]
        bar.locator("select").nth(0).select_option("MRAN")
        found = desk.rows("claims-table")
        assert found == [row for row in every if row[7:9] == ["MRAN", "×4"]]
        assert found
        bar.locator("select").nth(1).select_option("all")
        bar.locator("select").nth(0).select_option("all")
        assert desk.rows("claims-table") == every

    def test_groups_of_a_table(self, desk):
        desk.page.locator(f"select[data-filter={TABLE}]").select_option("×3")
        rows = desk.rows(TABLE)
        assert {row[0] for row in rows} == {"×3"}
        assert "DLSR (this run)" in [row[1] for row in rows]

    def test_claims_sort_by_the_printed_number(self, desk):
        column = head(desk.page, "claims-table", 1)
        column.click()
        expect(column).to_have_attribute("aria-sort", "ascending")
        keys = numbers_first(desk.keys("claims-table", 1))
        assert keys == sorted(keys)


@pytest.fixture(scope="module")
def expected(small_folder):
    """Return the texts of one table as its files have them."""
    stem = small_folder / "results/tables/mran_table4"
    return {suffix: stem.with_suffix(suffix).read_text(encoding="utf-8") for suffix in FORMATS.values()}


class TestCopy:
    """The clipboard gets the file's text."""

    def test_with_a_clipboard(self, fresh, expected):
        opened = fresh(permissions=("clipboard-read", "clipboard-write"))
        for text, suffix in FORMATS.items():
            button = opened.page.locator(f"button[data-copy='mran_table4|{suffix[1:]}']")
            assert button.text_content() == text
            button.click()
            until(opened.page, "document.getElementById('status').textContent.includes('copied as')")
            assert opened.page.evaluate("navigator.clipboard.readText()") == expected[suffix]
            assert opened.page.locator("#status").text_content() == f"mran_table4 copied as {text}."
            opened.page.evaluate("document.getElementById('status').textContent = ''")
        assert opened.complaints == []

    @pytest.mark.parametrize(
        "script",
        [
            "Object.defineProperty(navigator, 'clipboard', { value: undefined });",
            "navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));",
        ],
        ids=["no clipboard", "refused"],
    )
    def test_without(self, fresh, expected, script):
        opened = fresh(script=script)
        opened.page.evaluate(
            "document.addEventListener('copy', () => { window.copied = document.activeElement.value; })"
        )
        for text, suffix in FORMATS.items():
            button = opened.page.locator(f"button[data-copy='mran_table4|{suffix[1:]}']")
            button.click()
            until(opened.page, f"document.getElementById('status').textContent.endsWith('copied as {text}.')")
            assert opened.page.evaluate("window.copied") == expected[suffix]
            assert opened.page.evaluate("document.querySelectorAll('textarea').length") == 0
        assert opened.complaints == []

    def test_a_refusal_is_reported(self, fresh):
        opened = fresh(
            script="Object.defineProperty(navigator, 'clipboard', { value: undefined });"
            " document.execCommand = () => false;"
        )
        button = opened.page.locator("button[data-copy='mran_table4|csv']")
        button.click()
        until(opened.page, "document.getElementById('status').textContent === 'The browser refused to copy.'")
        # The button gets its name back, even after two clicks at once.
        button.dblclick()
        opened.page.wait_for_timeout(1500)
        assert button.text_content() == "CSV"


class TestPlots:
    """Choosing and hovering."""

    def test_selects_change_the_figure(self, desk):
        axis, scale, test_set = (desk.page.locator("[data-plot=clouds] select").nth(place) for place in range(3))
        assert title(desk.page, "clouds") == "PSNR on Set5, ×2"
        scale.select_option("4")
        test_set.select_option("EmbeddedTest")
        assert title(desk.page, "clouds") == "PSNR on EmbeddedTest, ×4"
        assert subtitle(desk.page).endswith("Dot area: Mult-Adds")
        axis.select_option("mult_adds_g")
        # The other choices stay.
        assert title(desk.page, "clouds") == "PSNR on EmbeddedTest, ×4"
        assert subtitle(desk.page).endswith("Dot area: Params")

    def test_it_opens_where_this_run_has_a_point(self, fresh, poor_file):
        page = fresh(poor_file).page
        assert title(page, "clouds") == "PSNR on EmbeddedTest, ×2"
        assert subtitle(page).startswith("This run: dlsr 33.14 dB, mran 32.41 dB, 2 others")
        test_set = page.locator("[data-plot=clouds] select").nth(2)
        # Sets with published numbers only can still be chosen.
        assert test_set.locator("option").all_text_contents() == [
            *(f"{name} (published only)" for name in ("Set5", "Set14", "B100", "Urban100")),
            "EmbeddedTest",
        ]
        test_set.select_option("Set14")
        assert title(page, "clouds") == "PSNR on Set14, ×2"
        assert subtitle(page).startswith("This run: no network on this set")
        page.locator("[data-plot=clouds] select").nth(1).select_option("4")
        assert title(page, "clouds") == "PSNR on Set14, ×4"

    def test_a_later_select_offers_what_there_is(self, desk):
        model, choice = (desk.page.locator("[data-plot=choices] select").nth(place) for place in range(2))
        model.select_option("mran")
        offered = choice.locator("option").all_text_contents()
        assert offered == ["osb_0_1", "asb_0_1"]
        assert title(desk.page, "choices") == "mran: osb_0_1"
        choice.select_option("asb_0_1")
        assert title(desk.page, "choices") == "mran: asb_0_1"
        model.select_option("dlsr")
        assert title(desk.page, "choices") == "dlsr: alpha_1"

    def test_every_choice_has_its_figure(self, desk):
        keys = {
            plot: list(figures) for plot, figures in json.loads(desk.page.locator("#figures").text_content()).items()
        }
        for plot in ("searches", "training"):
            for key in keys[plot]:
                desk.page.locator(f"[data-plot={plot}] select").select_option(key)
                assert title(desk.page, plot).endswith(f" of {key}")
        assert desk.complaints == []

    def test_hovering_a_dot_shows_its_row(self, desk):
        for place, value in enumerate(("params_k", "2", "Set5")):
            desk.page.locator("[data-plot=clouds] select").nth(place).select_option(value)
        plot = desk.page.locator("[data-plot=clouds] .plot")
        plot.scroll_into_view_if_needed()
        names = plot.evaluate("(plot) => plot.data.map((trace) => trace.text)")
        trace = next(place for place, labels in enumerate(names) if "dlsr (this run)" in labels)
        point = (
            plot.locator(".scatterlayer .trace")
            .nth(trace)
            .locator("path.point")
            .nth(names[trace].index("dlsr (this run)"))
        )
        box = point.bounding_box()
        desk.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        shown = plot.locator(".hoverlayer .hovertext")
        shown.wait_for()
        text = shown.text_content()
        assert re.search(
            r"\(this run\)PSNR \d+\.\d\d dBSSIM .*Params [\d.]+ KMult-Adds [\d.]+ Gthis run, preset demo", text
        )


class TestSlider:
    """The whole image beside bicubic's."""

    def test_keys_and_pointer(self, desk):
        control = desk.page.locator("input[data-slider]").first
        slider = control.get_attribute("data-slider")
        assert clip(desk.page, slider) == "inset(0px 0px 0px 50%)"
        control.focus()
        desk.page.keyboard.press("ArrowRight")
        assert clip(desk.page, slider) == "inset(0px 0px 0px 51%)"
        desk.page.keyboard.press("Home")
        assert clip(desk.page, slider) == "inset(0px 0px 0px 0%)"
        frame = desk.page.locator(f"#{slider}")
        frame.scroll_into_view_if_needed()
        box = frame.bounding_box()
        desk.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 10)
        # Passing over it moves nothing; dragging and a click do.
        assert control.input_value() == "0"
        desk.page.mouse.down()
        desk.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 60, steps=8)
        desk.page.mouse.up()
        assert control.input_value() == "75"
        assert clip(desk.page, slider) == "inset(0px 0px 0px 75%)"
        desk.page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + 10)
        assert control.input_value() == "25"

    def test_it_has_a_name_and_a_size(self, desk):
        control = desk.page.locator("input[data-slider]").first
        assert "bicubic" in control.get_attribute("aria-label")
        box = desk.page.locator(f"#{control.get_attribute('data-slider')}").bounding_box()
        assert box["width"] / box["height"] == pytest.approx(64 / 48, rel=0.02)
