"""Accessibility of the page: wide and narrow screens, keyboard, axe, reduced motion, print."""

import pytest
from axe_playwright_python.sync_playwright import Axe

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
    response = Axe().run(screen.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response
    # Axe ran, and checked colours too.
    assert "color-contrast" in {rule["id"] for rule in response["passes"]}
    violations = [
        f"{rule['id']}: {rule['help']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for rule in response["violations"]
        for node in rule["nodes"][:3]
    ]
    assert violations == []


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


def test_printed_without_controls(fresh):
    page = fresh().page
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.locator(".bar").first.is_hidden()
    assert page.locator("#claims-table").is_visible()
