"""Pages built once for all browser tests, and the Chromium of this machine that opens them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sr.report.page.page import write_page
from tests.helpers.reporting import metrics_file
from tests.helpers.runs import change_json, write_run, write_tables

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ROWS = "#{} > tbody > tr"
DESK, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
# A name that would run a program if the page took it for anything but text.
EVIL = "</script><!--<script>\"'><img src=x onerror=window.stolen=1>"


class Opened:
    """A page in a browser and all that went wrong or left the file since it was opened."""

    def __init__(self, context: BrowserContext, path: Path) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready=yes]", timeout=120_000)
        self.page.set_default_timeout(30_000)

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def outside(self) -> list[str]:
        """Return the requests that went anywhere but to the file itself."""
        return [address for address in self.requests if not address.startswith(("file:", "data:", "blob:"))]

    def rows(self, table: str) -> list[list[str]]:
        """Return the texts of the rows of a table that are shown, hidden columns among them."""
        read = "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim()))"
        return self.page.eval_on_selector_all(ROWS.format(table), read)

    def keys(self, table: str, column: int) -> list[float | None]:
        """Return the sort keys of a column in the order of the rows; None for a cell without a number."""
        read = "(rows, column) => rows.map((row) => row.cells[column].dataset.order).map((key) => key && Number(key))"
        return [None if key == "" else key for key in self.page.eval_on_selector_all(ROWS.format(table), read, column)]


def until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true; playwright's own way needs eval, which the page's policy forbids."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never true: {expression}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return this machine's Chromium; without one the tests skip, or fail if REQUIRE_BROWSER=1."""
    given = os.environ.get("CHROMIUM")
    found = [path for name in ([given] if given else NAMES) if (path := shutil.which(name))]
    if not found:
        reason = f"needs {'CHROMIUM=' + given if given else ' or '.join(NAMES)}, which is not here: make test-browser"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found[0], args=OPTIONS, timeout=120_000)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small finished run and of its page."""
    params = write_tables(write_run(tmp_path_factory.mktemp("run")))
    write_page(params, params.parent / "results/report/index.html")
    return params.parent


@pytest.fixture(scope="session")
def file(run_folder: Path) -> Path:
    return run_folder / "results/report/index.html"


def without_variants(raw: dict[str, Any]) -> None:
    """Leave one scale and each method's own model: every kind of element remains, with fewer rows."""
    raw["scales"] = [2]
    for method in raw["methods"]:
        raw[method]["variants"] = {}


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that has fewer models, and of its page, which loads faster."""
    params = write_tables(write_run(tmp_path_factory.mktemp("small"), change=without_variants))
    write_page(params, params.parent / "results/report/index.html")
    return params.parent


@pytest.fixture(scope="session")
def small_file(small_folder: Path) -> Path:
    return small_folder / "results/report/index.html"


@pytest.fixture(scope="session")
def poor_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a run on a set that no paper reports, with a network that is worse than bicubic."""

    def change(raw: dict[str, Any]) -> None:
        without_variants(raw)
        raw["data"]["test"] = ["EmbeddedTest"]

    params = write_run(tmp_path_factory.mktemp("poor"), change=change)
    folder = params.parent / "results/evaluate/mran"
    Path(metrics_file(folder, "mran", 2, "EmbeddedTest", 32.41)).rename(folder / "x2_EmbeddedTest.json")
    return write_page(write_tables(params), params.parent / "index.html")


@pytest.fixture(scope="session")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a run whose names try to break out."""
    params = write_run(tmp_path_factory.mktemp("hostile"))
    root = params.parent
    for path in (root / "results/panels").glob("*.json"):
        change_json(path, lambda document: document["examples"][0].update(name=EVIL))
    printed = root / "data/published.csv"
    printed.write_text(printed.read_text().replace("DRRN", EVIL.replace('"', "")))
    history = root / "results/search/dlsr/history.csv"
    history.write_text(history.read_text().replace("sep_conv_7x7", EVIL.replace('"', "")))
    write_tables(params)
    return write_page(params, root / "index.html")


@pytest.fixture(scope="module")
def desk(chromium: Browser, file: Path) -> Iterator[Opened]:
    """Return the page on a wide screen; the tests of one module share it."""
    with_context = chromium.new_context(viewport=DESK)
    yield Opened(with_context, file)
    with_context.close()


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"], scope="module")
def screen(request: pytest.FixtureRequest, chromium: Browser, small_file: Path) -> Iterator[Opened]:
    """Return the small page on a wide and on a narrow screen, all details open."""
    context = chromium.new_context(viewport=request.param)
    opened = Opened(context, small_file)
    opened.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    yield opened
    context.close()


@pytest.fixture
def fresh(chromium: Browser, small_file: Path) -> Iterator[Any]:
    """Return a function that opens the small page in its own context with the given options."""
    contexts: list[BrowserContext] = []

    def opens(path: Path = small_file, script: str = "", permissions: tuple[str, ...] = (), **options: Any) -> Opened:
        contexts.append(chromium.new_context(viewport=DESK, permissions=list(permissions), **options))
        if script:
            contexts[-1].add_init_script(script)
        return Opened(contexts[-1], path)

    yield opens
    for context in contexts:
        context.close()
