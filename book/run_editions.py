"""Run all chapters on other editions of MovieLens: those that RECSYS_DATA_DIR holds.

The site shows `small`. Students come with the edition that their class uses; here one
sees whether every cell runs on it. Nothing is written: outputs go nowhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from run_chapters import ONE_THREAD, Outcome, chapters_of, run_all

from recsys_helpers.datasets import EDITIONS, GROUPLENS, DatasetError, known_edition
from recsys_helpers.large.processes import leave_none_behind

ROOT = Path(__file__).resolve().parents[1]
DEFAULT = ("latest-small", "100k")
# For one cell; on `1m` some take ten times as long as on `small`.
TIMEOUT = 3600


def missing(edition: str, folder: Path | None) -> str:
    """Say how to get an edition that is not in a folder; empty if it is there."""
    archive = EDITIONS[edition].archive
    if archive is None:
        return ""
    places = (folder / archive, folder / f"{archive}.zip") if folder else ()
    if any(place.exists() for place in places):
        return ""
    return (
        f"{edition} is not in {folder or 'a folder that RECSYS_DATA_DIR names'}: put "
        f"{GROUPLENS}{archive}.zip there, unopened or unpacked."
    )


def main(editions: list[str]) -> int:
    """Run the chapters on each edition; return 0 if those asked for ran, and well."""
    try:
        wanted = [known_edition(name) for name in editions or DEFAULT]
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 2
    folder = None
    if own := os.environ.get("RECSYS_DATA_DIR"):
        folder = Path(own).expanduser().resolve()
        os.environ["RECSYS_DATA_DIR"] = str(folder)  # a kernel has its own folder
    os.environ.update(ONE_THREAD, CI="true")
    os.environ.pop("TMDB_API_KEY", None)  # with a key chapter 8 keeps posters beside it
    chapters = chapters_of(ROOT / "book" / "_toc.yml", ROOT)
    at_once = int(os.environ.get("AT_ONCE") or min(4, os.cpu_count() or 1))
    ran, failed = [], []
    for edition in wanted:
        if how := missing(edition, folder):
            print(how, file=sys.stderr)
            continue
        print(f"Running {len(chapters)} chapters on {edition}.", flush=True)
        os.environ["RECSYS_DATASET"] = edition
        notebooks = {path: nbformat.read(path, as_version=4) for path in chapters}
        left = run_all(notebooks, _forget, at_once=at_once, timeout=TIMEOUT, say=_say)
        ran.append(edition)
        failed += [f"{path.name} fails on {edition}: see above." for path in left]
    print(
        "\n".join(failed) or f"All chapters run on: {', '.join(ran) or 'no edition'}."
    )
    is_all = len(ran) == len(wanted) or not editions
    return int(bool(failed) or not ran or not is_all)


def _forget(path: Path, outcome: Outcome) -> None:
    """Keep no output: what counts is that there is one."""


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    with leave_none_behind():
        sys.exit(main(sys.argv[1:]))
