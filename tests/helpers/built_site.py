"""The built site: that of `make test`, or the one whose folder RECSYS_SITE names."""

import os
from pathlib import Path

STORED = "_build/stored/_build/html"
SITE = Path(__file__).resolve().parents[2] / os.environ.get("RECSYS_SITE", STORED)
# index.html only sends the reader on to the welcome page.
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts and path != SITE / "index.html"
)


def read(page: str) -> str:
    """Read the HTML of a page."""
    return (SITE / page).read_text(encoding="utf-8")
