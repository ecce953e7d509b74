"""The page on paper: nothing is cut, nothing is closed, always light."""

import json

import pytest

from tests.browser.conftest import Opened

# Between the margins of an A4 page, in CSS pixels.
A4 = round((210 - 2 * 12) / 25.4 * 96)
# What sticks out of its box or of the page.
CUT = """() => [...document.querySelectorAll("th, td, .plot svg, img, dd, pre")].filter((node) => {
  const box = node.getBoundingClientRect();
  const scroll = node.closest(".scroll")?.getBoundingClientRect();
  return box.right > Math.min(innerWidth, scroll?.right ?? innerWidth) + 1 || box.left < -1;
}).map((node) => node.outerHTML.slice(0, 100))"""
WHITE = "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def paper(chromium, file):
    """Return the page as it is printed on A4 from a dark screen."""
    context = chromium.new_context(viewport={"width": A4, "height": 1000}, color_scheme="dark")
    opened = Opened(context, file)
    opened.page.emulate_media(media="print", color_scheme="dark")
    # The plots are drawn again when the browser says that the medium has changed.
    opened.page.wait_for_selector(".plot .main-svg[width='680']")
    yield opened.page
    context.close()


def test_no_column_is_cut(paper):
    assert paper.locator("#table-dlsr_table2 thead th").count() == 9
    assert paper.evaluate(CUT) == []
    assert paper.evaluate("document.documentElement.scrollWidth") <= A4


def test_a_wider_table_would_be_found(paper):
    cell = paper.locator("#table-dlsr_table2 tbody tr").first.locator("td").last
    before = cell.text_content()
    cell.evaluate("(cell) => { cell.textContent = 'x'.repeat(200); }")
    assert paper.evaluate(CUT) != []
    cell.evaluate("(cell, text) => { cell.textContent = text; }", before)


def test_notes_are_open(paper):
    assert paper.locator("details:not([open])").count() == 0
    heights = paper.eval_on_selector_all("details dd", "(notes) => notes.map((note) => note.offsetHeight)")
    assert len(heights) > 100
    assert min(heights) > 0


def test_controls_are_left_out(paper):
    for control in ("nav", ".bar", ".hint", ".downloads", "input", "button", "select"):
        assert not any(node.is_visible() for node in paper.locator(control).all()), control


def test_paper_is_light(paper):
    assert paper.evaluate("getComputedStyle(document.body).backgroundColor") == WHITE
    papers = paper.eval_on_selector_all(".plot", "(plots) => plots.map((plot) => plot.layout.paper_bgcolor)")
    assert set(papers) == {"#ffffff"}


def test_the_whole_image_is_printed_by_both(paper):
    boxes = paper.eval_on_selector_all(
        ".slider:first-of-type img",
        "(images) => images.slice(0, 2).map((image) => image.getBoundingClientRect().toJSON())",
    )
    assert boxes[0]["right"] <= boxes[1]["left"]
    clip = paper.eval_on_selector(".slider .after", "(image) => getComputedStyle(image).clipPath")
    assert clip == "none"


def test_after_printing_the_page_is_as_before(fresh):
    page = fresh(color_scheme="dark").page
    state = """() => JSON.stringify([document.querySelectorAll("details:not([open])").length,
      ...[...document.querySelectorAll(".plot")].map((plot) => [plot.layout.paper_bgcolor, plot.offsetWidth])])"""
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = ({state})(); }})")
    before = page.evaluate(state)
    assert json.loads(before)[0] > 0
    assert page.pdf(format="A4").startswith(b"%PDF")
    closed, *plots = json.loads(page.evaluate("window.printed"))
    assert closed == 0
    assert {colour for colour, _ in plots} == {"#ffffff"}
    assert page.evaluate(state) == before
