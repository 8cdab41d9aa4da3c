"""Build the site: run the notebooks whose code or package changed, then the pages.

    python book/build_site.py           # the site that is published, in _build/html
    python book/build_site.py --stored  # for `make test`: no notebook is run

The chapters are run first, several at a time, by `run_chapters`; then Jupyter Book
makes the pages. It caches a notebook's outputs by the notebook's own code, and a page
by its own text. Outputs also depend on ``recsys_helpers``, the locked versions, the
results files and the dataset edition, and pages on our Sphinx extensions and the
quizzes: this script remembers fingerprints of those and drops what is stale. The data
of the live page is written first, into ``_build/live``, when what it depends on has
changed. A warning is an error.

If nothing at all has changed, nothing is done: of what was built, the path and size of
each file are remembered, and what is missing or has another size is built anew. After
Ctrl-C no process of it is left, and the next build goes on from the chapters that had
ended.

With ``--stored`` the pages show the outputs that stand in the notebooks: those of the
edition ``sample``. That site has a folder of its own, `STORED`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from run_chapters import ONE_THREAD, chapters_of, run_stale, take_stored

from recsys_helpers._files import write_whole
from recsys_helpers.datasets import DatasetError, load_movielens
from recsys_helpers.large.processes import leave_none_behind

ROOT = Path(__file__).resolve().parent.parent
STORED = Path("_build", "stored")


class Folders:
    """Where a build reads and writes: in the checkout, or in a test's own folder."""

    def __init__(self, root: Path = ROOT, *, stored: bool = False) -> None:
        self.root = root
        self.stored = stored
        self.output = root / STORED if stored else root
        self.build = self.output / "_build"  # Jupyter Book wants this name
        self.cache = self.build / ".jupyter_cache"
        self.doctrees = self.build / ".doctrees"
        self.html = self.build / "html"
        self.live = self.build / "live"
        self.remembered = self.build / "fingerprints.json"


def fingerprints(root: Path, edition: str) -> dict[str, str]:
    """Hash what outputs, pages and live data depend on besides their own source."""
    code = [
        *sorted(root.glob("requirements*.lock")),
        *root.glob("recsys_helpers/**/*.py"),
        *root.glob("benchmarks/vectors/*.npz"),
    ]
    results = [*root.glob("benchmarks/results/*.json")]
    extensions = root.glob("book/_ext/*.py")
    quizzes = root.glob("book/quizzes/*.yml")
    everything = [*code, *results, *_sources(root)]
    return {
        "site": _hash_of(root, everything, edition),
        "outputs": _hash_of(root, [*code, *results], edition),
        # A page does not know of a quiz that it has not had yet.
        "pages": _hash_of(root, [*extensions, *quizzes], ""),
        "live": _hash_of(root, code, edition),
    }


def drop_stale(folders: Folders, current: dict[str, str]) -> None:
    """Remove cached outputs, pages and live data made by other code, or damaged."""
    old = _remembered(folders)
    if old.get("outputs") != current["outputs"]:
        shutil.rmtree(folders.cache, ignore_errors=True)
    damaged = _damaged(folders, old)
    for path in damaged:
        print(f"{path} is missing, or not as it was built.", flush=True)
    # Sphinx itself knows which of the other sources have changed.
    stale = any(old.get(part) != current[part] for part in ("outputs", "pages", "live"))
    if stale or damaged:
        shutil.rmtree(folders.doctrees, ignore_errors=True)
    # What is made from here on is of this code, also if the build is interrupted. The
    # pages are known to be good only when it has ended without a warning.
    live_is_whole = not any(path.startswith("live/") for path in damaged)
    live = old.get("live") if live_is_whole else None
    _remember(folders, {"outputs": current["outputs"], "live": live})


def export_live(folders: Folders, edition: str, current: dict[str, str]) -> int:
    """Write the data of the live page if it is missing or stale; return the status."""
    remembered = _remembered(folders)
    manifest = folders.live / "static" / "live-data" / "manifest.js"
    if manifest.exists() and remembered.get("live") == current["live"]:
        return 0
    print("Exporting the data of the live page.", flush=True)
    # In a process of its own: what TensorFlow takes is given back when it ends.
    module = [sys.executable, "-m", "recsys_helpers.live.export"]
    options = ["--edition", edition, "--out", str(folders.live)]
    environment = os.environ | {"CI": "true"}
    run = subprocess.run([*module, *options], cwd=folders.root, env=environment)
    if run.returncode == 0:
        # Sphinx adds files to the site, and takes none away.
        shutil.rmtree(folders.html / "_static" / "live-data", ignore_errors=True)
        _remember(folders, remembered | {"live": current["live"]})
    return run.returncode


def build(folders: Folders) -> int:
    """Build and return the exit status: 0 only if there was no warning."""
    started = time.perf_counter()
    try:
        edition = load_movielens("sample" if folders.stored else None).edition
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Building the site on the edition {edition!r}.", flush=True)
    current = fingerprints(folders.root, edition)
    page = (folders.html / "index.html").relative_to(folders.root)
    where = f"Open {page}." if folders.stored else f"Open {page}, or `make serve`."
    old = _remembered(folders)
    as_built = "files" in old and not _damaged(folders, old)
    if as_built and all(old.get(part) == current[part] for part in current):
        print(f"Nothing has changed. {where}")
        return 0
    drop_stale(folders, current)
    if status := export_live(folders, edition, current):
        print("The data of the live page was not written: see above.", file=sys.stderr)
        return status
    # The kernels, and the processes of Sphinx, take it from here.
    os.environ.update(
        RECSYS_DATASET=edition,
        CI="true",  # nobody watches: a page must not hold a progress bar
        # Python warns about its debugger, which no reader of ours has started.
        PYDEVD_DISABLE_FILE_VALIDATION="1",
        **ONE_THREAD,
    )
    chapters = chapters_of(folders.root / "book" / "_toc.yml", folders.root)
    if folders.stored:
        take_stored(chapters, folders.cache)
    elif not run_stale(chapters, folders.cache):
        return 1
    command = [
        *(str(Path(sys.executable).parent / "jupyter-book"), "build", "."),
        *("--config", "_config.yml", "--toc", "book/_toc.yml"),
        *("--path-output", str(folders.output), "-W", "-n", "--keep-going", "--quiet"),
    ]
    status = subprocess.run(command, cwd=folders.root).returncode
    if status:
        print("The site has warnings or errors: see above.", file=sys.stderr)
        return status
    _remember(folders, current | {"files": _sizes(folders)})
    seconds = time.perf_counter() - started
    print(f"Built in {seconds:.0f} s. {where}")
    return 0


def _sources(root: Path) -> list[Path]:
    paths = [*root.glob("_config.yml"), *root.glob("book/**/*")]
    paths += root.glob("notebooks/**/*")
    return [path for path in paths if path.is_file() and not _is_by_product(path, root)]


def _is_by_product(path: Path, root: Path) -> bool:
    folders_and_name = path.relative_to(root).parts
    return any(part.startswith((".", "__pycache__")) for part in folders_and_name)


def _sizes(folders: Folders) -> dict[str, int]:
    """Give the size of every file that was built, by its path in the build's folder."""
    return {
        path.relative_to(folders.build).as_posix(): path.stat().st_size
        for part in (folders.html, folders.live)
        for path in part.rglob("*")
        if path.is_file()
    }


def _damaged(folders: Folders, remembered: dict) -> list[str]:
    """List what was built and is missing now, or has another size."""
    now = _sizes(folders)
    built = remembered.get("files", {})
    return [path for path, size in built.items() if now.get(path) != size]


def _remembered(folders: Folders) -> dict:
    """Read what the last build has left; nothing if it can't be read."""
    try:
        return json.loads(folders.remembered.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _remember(folders: Folders, current: dict) -> None:
    write_whole(folders.remembered, json.dumps(current).encode())


def _hash_of(root: Path, paths: Iterable[Path], edition: str) -> str:
    digest = hashlib.sha256(edition.encode())
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stored", action="store_true", help="run no notebook")
    with leave_none_behind("Stopped. The chapters that had ended are not run again."):
        sys.exit(build(Folders(stored=parser.parse_args().stored)))
