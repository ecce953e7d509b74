"""Light and dark screens, and the warning on the first screen in both."""

import json

import pytest

from tests.browser.conftest import DESK, PHONE, until

LIGHT = {"paper": "rgb(255, 255, 255)", "plot": "#ffffff"}
DARK = {"paper": "rgb(20, 24, 29)", "plot": "#14181d"}
SHOWN = """() => ({ paper: getComputedStyle(document.body).backgroundColor,
  plot: [...new Set([...document.querySelectorAll(".plot")].map((plot) => plot.layout.paper_bgcolor))].join() })"""


def test_the_page_follows_the_screen(fresh):
    page = fresh(color_scheme="dark").page
    assert page.evaluate(SHOWN) == DARK
    page.locator("[data-plot=choices] select").first.select_option("mran")
    assert page.evaluate(SHOWN) == DARK
    # What was chosen is outlined in the ink.
    outline = page.eval_on_selector("[data-plot=choices] .plot", "(plot) => plot.data.at(-1).marker.line.color")
    assert outline == "#e4e8ec"
    for scheme, expected in (("light", LIGHT), ("dark", DARK)):
        page.emulate_media(color_scheme=scheme)
        until(page, f"JSON.stringify(({SHOWN})()) === '{json.dumps(expected, separators=(',', ':'))}'")


@pytest.mark.parametrize(
    ("scheme", "screen"),
    [
        ("light", DESK),
        ("dark", PHONE),
        pytest.param("light", PHONE, marks=pytest.mark.thorough),
        pytest.param("dark", DESK, marks=pytest.mark.thorough),
    ],
)
def test_a_network_below_bicubic_is_on_the_first_screen(fresh, poor_file, scheme, screen):
    page = fresh(poor_file, color_scheme=scheme).page
    page.set_viewport_size(screen)
    alert = page.locator(".alert")
    assert "1 of 4 networks are NOT above bicubic: mran ×2 on EmbeddedTest (−0.59 dB)." in alert.text_content()
    box = alert.bounding_box()
    assert box["y"] > 0
    assert box["y"] + box["height"] < screen["height"]
    assert box["x"] + box["width"] <= screen["width"]
