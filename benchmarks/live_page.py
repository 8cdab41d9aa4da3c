"""Measure the live page: how large its data is, and how soon it answers.

    python benchmarks/live_page.py [--output FILE]

Opens the built site (`make book`) in Chromium or Chrome, served from this machine, and
rates 20 films one after another. An update is measured in the browser, from the rating
until the new lists are in the document; to the frame, until the browser has drawn them.
"""

import argparse
import functools
import gzip
import http.server
import shutil
import threading
from pathlib import Path

import numpy as np

from recsys_helpers.results import versions, write_results

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
DATA = SITE / "_static" / "live-data"
RESULTS = ROOT / "benchmarks" / "results" / "live_page.json"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
N_RATINGS = 20
N_OPENINGS = 5
# Rates the next film of a list of other films, so that none is rated twice, and waits
# for the frame after the one in which the lists have changed.
RATE = """
() => new Promise(resolve => {
  const start = performance.now();
  document.querySelector("#live-ratings .fw-list:last-child .fw-card").click();
  const update = fiveWays.lastUpdateMs;
  requestAnimationFrame(() => requestAnimationFrame(() =>
    resolve([update, performance.now() - start])));
})
"""
FIRST_LIST = """
() => new Promise(resolve => {
  const look = () => document.querySelector("#live-film .fw-card")
    ? resolve(performance.now()) : requestAnimationFrame(look);
  look();
})
"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line on stderr for each."""

    def log_message(self, *_):
        """Say nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    output = parser.parse_args().output
    if not (DATA / "manifest.js").exists():
        parser.error("there is no site with a live page: run `make book` first")
    manifest = (DATA / "manifest.js").read_text(encoding="utf-8")
    edition = manifest.split('"edition":"')[1].split('"')[0]
    handler = functools.partial(QuietHandler, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        measured, browser = of_the_page(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
    measured = [*of_the_data(), *measured]
    used = versions("playwright") | {"chromium": browser}
    common = {"edition": edition, "versions": used}
    records = [
        {"method": method, "metric": metric, "value": float(value), "n": n, **common}
        for method, metric, value, n in measured
    ]
    for record in records:
        print(f"{record['method']}, {record['metric']}: {record['value']:,.4g}")
    write_results(records, output)


def of_the_data() -> list[tuple[str, str, int, int]]:
    """Bytes of each file, as it is and compressed, and of all of them."""
    sizes = {}
    for file in sorted(DATA.glob("*.js")):
        content = file.read_bytes()
        part = file.name.partition(".")[0]
        sizes[part] = len(content), len(gzip.compress(content, 9))
    sizes["all"] = tuple(map(sum, zip(*sizes.values(), strict=True)))
    n_files = len(sizes) - 1
    return [
        (f"data, {part}", metric, value, n_files if part == "all" else 1)
        for part, both in sizes.items()
        for metric, value in zip(("bytes", "gzip_bytes"), both, strict=True)
    ]


def of_the_page(address: str) -> tuple[list[tuple[str, str, float, int]], str]:
    """Milliseconds to the first lists and of updates; and the browser's version."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)))
    page = f"{address}/book/live.html"
    opened = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(N_OPENINGS):
            # A context of its own has nothing in its cache.
            context = browser.new_context()
            tab = context.new_page()
            tab.goto(page, wait_until="commit")
            opened.append(tab.evaluate(FIRST_LIST))
            context.close()
        tab = browser.new_page()
        tab.goto(page)
        tab.evaluate("document.getElementById('live-ratings').scrollIntoView()")
        tab.wait_for_selector("#live-ratings[data-state=ready]")
        taken = np.array([tab.evaluate(RATE) for _ in range(N_RATINGS)])
        assert tab.locator("#live-ratings .fw-rated > li").count() == N_RATINGS
        version = browser.version
        browser.close()
    found = [("first lists", "median_ms", np.median(opened), N_OPENINGS)]
    for method, times in zip(("update", "update to the frame"), taken.T, strict=True):
        found.append((method, "median_ms", np.median(times), N_RATINGS))
        found.append((method, "largest_ms", times.max(), N_RATINGS))
    return found, version


if __name__ == "__main__":
    main()
