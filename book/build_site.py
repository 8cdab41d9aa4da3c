"""Build the site: run the notebooks whose code or package changed, then the pages.

    python book/build_site.py

The chapters are run first, several at a time, by `run_chapters`; then Jupyter Book
makes the pages. It caches a notebook's outputs by the notebook's own code, and a page
by its own text. Outputs also depend on ``recsys_helpers``, the locked versions, the
results files and the dataset edition, and pages on our Sphinx extensions and the
quizzes: this script remembers fingerprints of those and drops what is stale. The data
of the live page is written first, into ``_build/live``, when what it depends on has
changed. If nothing at all has changed, nothing is done. A warning is an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from run_chapters import ONE_THREAD, chapters_of, run_stale

from recsys_helpers.datasets import DatasetError, load_movielens

ROOT = Path(__file__).resolve().parent.parent
CONTENTS = ROOT / "book" / "_toc.yml"
BUILD = ROOT / "_build"
CACHE = BUILD / ".jupyter_cache"
LIVE = BUILD / "live"
DOCTREES = BUILD / ".doctrees"
FINGERPRINTS = BUILD / "fingerprints.json"
PAGE = BUILD / "html" / "index.html"


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
    tests = [*root.glob("tests/test_*.py")]
    everything = [*code, *results, *tests, *_sources(root)]
    return {
        "site": _hash_of(root, everything, edition),
        "outputs": _hash_of(root, [*code, *results], edition),
        # A page does not know of a quiz that it has not had yet, and the page on
        # faults is made from the tests.
        "pages": _hash_of(root, [*extensions, *quizzes, *tests], ""),
        "live": _hash_of(root, code, edition),
    }


def drop_stale(current: dict[str, str]) -> None:
    """Remove cached outputs and pages that were made by other code."""
    old = _remembered()
    if old.get("outputs") != current["outputs"]:
        print("Running every notebook: this takes a while.", flush=True)
        shutil.rmtree(CACHE, ignore_errors=True)
    # Sphinx itself knows which of the other sources have changed.
    if any(old.get(part) != current[part] for part in ("outputs", "pages", "live")):
        shutil.rmtree(DOCTREES, ignore_errors=True)
    # What is made from here on is of this code, also if the build is interrupted. The
    # pages are known to be good only when it has ended without a warning.
    _remember({"outputs": current["outputs"], "live": old.get("live")})


def export_live(edition: str, current: dict[str, str]) -> int:
    """Write the data of the live page if it is missing or stale; return the status."""
    remembered = _remembered()
    manifest = LIVE / "static" / "live-data" / "manifest.js"
    if manifest.exists() and remembered.get("live") == current["live"]:
        return 0
    print("Exporting the data of the live page.", flush=True)
    # In a process of its own: what TensorFlow takes is given back when it ends.
    module = [sys.executable, "-m", "recsys_helpers.export"]
    options = ["--edition", edition, "--out", str(LIVE)]
    environment = os.environ | {"CI": "true"}
    status = subprocess.run([*module, *options], cwd=ROOT, env=environment).returncode
    if status == 0:
        # Sphinx adds files to the site, and takes none away.
        shutil.rmtree(BUILD / "html" / "_static" / "live-data", ignore_errors=True)
        _remember(remembered | {"live": current["live"]})
    return status


def main() -> int:
    """Build and return the exit status: 0 only if there was no warning."""
    started = time.perf_counter()
    try:
        edition = load_movielens().edition
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Building the site on the edition {edition!r}.", flush=True)
    current = fingerprints(ROOT, edition)
    if _remembered() == current and PAGE.exists():
        print(f"Nothing has changed. Open {PAGE.relative_to(ROOT)}, or `make serve`.")
        return 0
    drop_stale(current)
    if status := export_live(edition, current):
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
    if not run_stale(chapters_of(CONTENTS, ROOT), CACHE):
        return 1
    command = [
        *(str(Path(sys.executable).parent / "jupyter-book"), "build", "."),
        *("--config", "_config.yml", "--toc", "book/_toc.yml"),
        *("--path-output", ".", "-W", "-n", "--keep-going", "--quiet"),
    ]
    status = subprocess.run(command, cwd=ROOT).returncode
    if status:
        print("The site has warnings or errors: see above.", file=sys.stderr)
        return status
    _remember(current)
    seconds = time.perf_counter() - started
    print(f"Built in {seconds:.0f} s. Open {PAGE.relative_to(ROOT)}, or `make serve`.")
    return 0


def _sources(root: Path) -> list[Path]:
    paths = [*root.glob("_config.yml"), *root.glob("book/**/*")]
    paths += root.glob("notebooks/**/*")
    return [path for path in paths if path.is_file() and not _is_by_product(path, root)]


def _is_by_product(path: Path, root: Path) -> bool:
    folders_and_name = path.relative_to(root).parts
    return any(part.startswith((".", "__pycache__")) for part in folders_and_name)


def _remembered() -> dict[str, str]:
    return json.loads(FINGERPRINTS.read_text()) if FINGERPRINTS.exists() else {}


def _remember(current: dict[str, str]) -> None:
    FINGERPRINTS.parent.mkdir(exist_ok=True)
    FINGERPRINTS.write_text(json.dumps(current))


def _hash_of(root: Path, paths: Iterable[Path], edition: str) -> str:
    digest = hashlib.sha256(edition.encode())
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
