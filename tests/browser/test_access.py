"""Accessibility of the page: wide and narrow screens, keyboard, axe, light and dark, motion, wide tables."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE

FOCUSABLE = "a[href], button, select, input, summary, [tabindex='0']"
# Texts that are seen and smaller than 11 pixels. The marks' shapes repeat what colour and weight say.
SMALL = """() => [...document.querySelectorAll("body *")].filter((node) => {
  const own = [...node.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim());
  const box = node.getBoundingClientRect();
  const hidden = node.closest("script, style, [hidden], .unseen, [aria-hidden=true]");
  return own && box.width > 1 && box.height > 1 && !hidden && parseFloat(getComputedStyle(node).fontSize) < 11;
}).map((node) => `${node.tagName} ${getComputedStyle(node).fontSize} ${node.textContent.slice(0, 40)}`)"""


def test_no_scrolling_sideways(screen):
    width, room = screen.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= room
    # Nor after every plot has fitted itself to the screen.
    screen.page.mouse.wheel(0, 4000)
    screen.page.wait_for_timeout(200)
    assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_text_is_too_small(screen):
    assert sorted(set(screen.page.evaluate(SMALL))) == []


# On a narrow screen axe and the keyboard meet the same elements.
SCREENS = pytest.mark.parametrize(
    "screen",
    [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone", marks=pytest.mark.thorough)],
    indirect=True,
)


@SCREENS
def test_axe_finds_nothing(screen):
    assert violations(screen.page, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]) == []


@SCREENS
def test_contrast_in_the_dark(screen):
    screen.page.emulate_media(color_scheme="dark")
    reported = violations(screen.page, ["color-contrast"])
    screen.page.emulate_media(color_scheme="light")
    assert reported == []


def violations(page: Page, rules: list[str]) -> list[str]:
    """Return what axe finds by ``rules``, colours among them."""
    response = Axe().run(page, options={"runOnly": rules}).response
    assert "color-contrast" in {rule["id"] for rule in response["passes"]}
    return [
        f"{rule['id']}: {rule['help']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for rule in response["violations"]
        for node in rule["nodes"][:3]
    ]


@SCREENS
def test_tab_reaches_everything_and_focus_is_seen(screen):
    page = screen.page
    page.evaluate(
        f"""() => {{
        window.focusable = [...document.querySelectorAll("{FOCUSABLE}")].filter((node) => node.getClientRects().length);
        window.left = new Set(window.focusable);
        window.unseen = [];
        window.look = () => {{
          const node = document.activeElement;
          const style = getComputedStyle(node);
          if (window.left.delete(node) && (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2))
            window.unseen.push(node.outerHTML.slice(0, 100));
          return node === document.body;
        }};
        document.activeElement.blur();
        window.scrollTo(0, 0);
        }}"""
    )
    count = page.evaluate("window.focusable.length")
    assert count > 60
    for step in range(2 * count):
        page.keyboard.press("Tab")
        if page.evaluate("window.look()") and step > count / 2:
            break
    assert page.evaluate("[...window.left].map((node) => node.outerHTML.slice(0, 120))") == []
    assert page.evaluate("window.unseen") == []


def test_the_skip_link_shows_and_leads_to_the_results(fresh):
    page = fresh().page
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("(link) => link === document.activeElement")
    box = skip.bounding_box()
    assert box["x"] >= 0
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#claims")


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_motion(fresh, motion, behaviour):
    page = fresh(reduced_motion=motion).page
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == behaviour
    if motion == "reduce":
        moving = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((node) => {
              const style = getComputedStyle(node);
              return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
            }).map((node) => node.outerHTML.slice(0, 100))"""
        )
        assert moving == []


# Whether the hint above a box is seen, and whether the box fades out at the right.
HINT = """(box) => {
  const style = getComputedStyle(box.previousElementSibling);
  const fades = getComputedStyle(box).maskImage !== "none";
  return [style.display !== "none" && style.visibility === "visible", fades];
}"""


def test_a_wide_table_says_that_it_scrolls_until_its_end(fresh):
    page = fresh().page
    box = page.locator(".scroll:has(#table-mran_table4)")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(box).to_have_attribute("data-more", "yes")
    assert box.evaluate(HINT) == [True, True]
    assert "scroll sideways" in box.locator("xpath=preceding-sibling::*[1]").text_content()
    box.evaluate("(box) => { box.scrollLeft = box.scrollWidth; }")
    expect(box).to_have_attribute("data-more", "no")
    assert box.evaluate(HINT) == [False, False]
    # The names of the rows have stayed.
    name = box.locator("tbody th").first
    assert name.bounding_box()["x"] == pytest.approx(box.bounding_box()["x"], abs=1)
    box.evaluate("(box) => { box.scrollLeft = 0; }")
    expect(box).to_have_attribute("data-more", "yes")
    page.set_viewport_size({"width": 1600, "height": 900})
    expect(box).to_have_attribute("data-more", "no")
    assert box.evaluate(HINT) == [False, False]
