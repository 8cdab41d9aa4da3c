"""What tests need that open a page in a browser.

They take Chromium or Chrome; without one they are skipped, with a line that says so,
except in CI, where they fail.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

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


@contextmanager
def chromium() -> Iterator:
    """Start the browser. As long as it runs, nobody else can use asyncio here."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        message = "NO PAGE WAS OPENED: install Chromium to run the tests of the site"
        if os.environ.get("RECSYS_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


def new_tab(context):
    """Open a tab that notes what goes wrong on its page, and what the page asks for."""
    tab = context.new_page()
    tab.set_default_timeout(120_000)  # a busy machine says nothing about the page
    tab.problems, tab.requested = [], []
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.on(
        "console",
        lambda entry: (
            tab.problems.append(entry.text) if entry.type == "error" else None
        ),
    )
    tab.on("request", lambda request: tab.requested.append(request.url))
    return tab


def asked_elsewhere(tab, address: str) -> list[str]:
    """List the requests that left the site at this address (``file:`` for the disk)."""
    own = (address, "data:", "blob:")
    return [url for url in tab.requested if not url.startswith(own)]


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


def show_theme(tab, theme: str) -> None:
    """Let the reader's system ask for a theme, and wait until the page has it."""
    tab.emulate_media(color_scheme=theme)
    tab.wait_for_function(
        "theme => document.documentElement.dataset.theme === theme", arg=theme
    )


def barriers(tab, *also: str, context: str | None = None) -> list[str]:
    """List what axe finds that would keep somebody from using the page."""
    from axe_playwright_python.sync_playwright import Axe

    options = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", *also],
        "resultTypes": ["violations"],
        # No rule that runs reads style sheets; axe would ask for them at wrong places.
        "preload": {"assets": ["media"]},
    }
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for violation in Axe().run(tab, context, options).response["violations"]
        for node in violation["nodes"]
    ]
