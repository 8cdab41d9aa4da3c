"""How Lighthouse judges five pages of the built site.

    make book && python benchmarks/lighthouse.py

Needs Node.js, whose npx fetches Lighthouse, and Chromium or Chrome. The pages come from
a small server on this machine, as a phone on a slow line would load them (Lighthouse's
own simulation).
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys_helpers.results import versions, write_results

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
RESULTS = ROOT / "benchmarks" / "results" / "lighthouse.json"
VERSION = "12"
PAGES = [
    "book/welcome.html",
    "notebooks/01_the_data_and_its_long_tail.html",
    "notebooks/08_posters.html",
    "notebooks/09_five_methods.html",
    "book/live.html",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder for the length of a ``with`` block; give its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def judged(address: str, browser: str) -> dict:
    """Give Lighthouse's report of one page."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "report.json")
        command = ["npx", "--yes", f"lighthouse@{VERSION}", address, "--quiet"]
        command += ["--output=json", f"--output-path={output}"]
        command += [f"--chrome-flags={FLAGS}"]
        environment = os.environ | {"CHROME_PATH": browser}
        subprocess.run(command, check=True, env=environment, cwd=folder)
        return json.loads(output.read_text(encoding="utf-8"))


def rows_of(page: str, report: dict) -> list[dict]:
    """Write the scores, 0 to 100, and what was loaded, as results."""
    scores = {
        kind: round(100 * category["score"])
        for kind, category in report["categories"].items()
    }
    loaded = report["audits"]["total-byte-weight"]["numericValue"]
    about = {"method": page, "versions": versions() | _version_of(report)}
    return [
        *({**about, "metric": kind, "value": score} for kind, score in scores.items()),
        {**about, "metric": "bytes loaded", "value": loaded},
    ]


def _version_of(report: dict) -> dict[str, str]:
    return {"lighthouse": report["lighthouseVersion"]}


def failed_audits(report: dict) -> list[str]:
    """Name what costs points in accessibility, best practices and SEO."""
    return [
        f"{kind}: {report['audits'][audit['id']]['title']}"
        for kind, category in report["categories"].items()
        if kind != "performance"
        for audit in category["auditRefs"]
        if audit["weight"] and report["audits"][audit["id"]]["score"] == 0
    ]


def main() -> str | None:
    """Judge the pages, print and write; return what is missing, if anything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--site", type=Path, default=SITE, help="a built site")
    site = parser.parse_args().site
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not (site / PAGES[0]).exists():
        return "There is no site. Build it first: make book"
    if browser is None or shutil.which("npx") is None:
        return "This needs Chromium or Chrome, and Node.js (for npx)."
    rows = []
    with served(site) as address:
        for page in PAGES:
            report = judged(f"{address}/{page}", browser)
            rows += rows_of(page, report)
            scores = {row["metric"]: row["value"] for row in rows[-5:]}
            print(page, scores, *failed_audits(report), sep="\n  ", flush=True)
    write_results(rows, RESULTS)
    return None


if __name__ == "__main__":
    sys.exit(main())
