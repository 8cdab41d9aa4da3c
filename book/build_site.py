"""Build the site: run the notebooks that a change concerns, then make the pages.

    python book/build_site.py           # the site that is published, in _build/html
    python book/build_site.py --stored  # for `make test`: no chapter is run

The data of the live page is written first, into ``_build/live``; then the chapters are
run, several at a time, by `run_chapters`; then Jupyter Book makes the pages. Each is
done only where what it depends on has changed. Jupyter Book caches a notebook's outputs
by the notebook's own code; `made_of` knows what else they were made of. Sphinx knows
the files that a page is made of, but for the outputs and our extensions: a page whose
cells a change concerns is read again, and after a change in the extensions every page.
A warning is an error.

If nothing at all has changed, nothing is done: of what was built, the path and size of
each file are remembered, and what is missing or has another size is built anew. After
Ctrl-C no process of it is left, and the next build goes on from the chapters that had
ended.

With ``--stored`` the pages show the outputs that stand in the notebooks, which are
those of the edition ``sample``. That site has a folder of its own, `STORED`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from made_of import MadeOf, hash_of, surroundings
from run_chapters import (
    ONE_THREAD,
    chapters_of,
    run_stale,
    take_stored,
    text_pages_of,
)
from sphinx_external_toc.parsing import parse_toc_yaml

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
        self.export = root / "recsys_helpers" / "live" / "export.py"
        self.made_of = self.build / "made_of"
        self.remembered = self.build / "fingerprints.json"


def fingerprints(root: Path, edition: str) -> dict[str, str]:
    """Hash all that the site depends on, and what every page does."""
    locks = [*root.glob("requirements*.lock")]
    everything = [
        *locks,
        *root.glob("recsys_helpers/**/*.py"),
        *root.glob("benchmarks/vectors/*.npz"),
        *root.glob("benchmarks/results/*.json"),
        *_sources(root),
    ]
    return {
        **surroundings(edition),
        "site": hash_of(root, everything),
        "pages": hash_of(root, [*locks, *root.glob("book/_ext/*.py")]),
    }


def drop_stale(folders: Folders, current: dict[str, str], made: MadeOf) -> None:
    """Remove pages made by other extensions, and pages and data that are damaged."""
    old = _remembered(folders)
    damaged = _damaged(folders, old)
    for path in damaged:
        print(f"{path} is missing, or not as it was built.", flush=True)
    manifest = folders.live / "static" / "live-data" / "manifest.js"
    if any(path.startswith("live/") for path in damaged) or not manifest.exists():
        made.forget(folders.export)
    if old.get("pages") != current["pages"] or damaged:
        shutil.rmtree(folders.doctrees, ignore_errors=True)


def export_live(folders: Folders, made: MadeOf) -> int:
    """Write the data of the live page if it is missing or stale; return the status."""
    change = made.change(folders.export)
    if not change:
        return 0
    print(f"Exporting the data of the live page: {change}.", flush=True)
    made.forget(folders.export)
    # Sphinx adds files to the site, and takes none away.
    shutil.rmtree(folders.html / "_static" / "live-data", ignore_errors=True)
    # In a process of its own: what TensorFlow takes is given back when it ends.
    module = [sys.executable, "-m", "recsys_helpers.live.export"]
    options = ["--edition", made.edition, "--out", str(folders.live)]
    environment = os.environ | {"CI": "true"}
    run = subprocess.run([*module, *options], cwd=folders.root, env=environment)
    if run.returncode == 0:
        read_again(folders, folders.root / "book" / "live.md")
        made.note(folders.export)
    return run.returncode


def run_changed(folders: Folders, made: MadeOf) -> bool:
    """Run the chapters that a change concerns; return whether every cell ran.

    Pages in Markdown with cells are run by Sphinx, when it reads them.
    """
    chapters, pages = _pages_with_cells(folders)
    concerned = defaultdict(list)
    for path in pages if folders.stored else [*pages, *chapters]:
        if change := made.change(path):
            concerned[change].append(path)
    for change, paths in concerned.items():
        names = ", ".join(path.stem for path in paths)
        print(f"To run again, since {change}: {names}.", flush=True)
    changed = [path for paths in concerned.values() for path in paths]
    for page in {*pages} & {*changed}:
        made.forget(page)
        read_again(folders, page)

    def kept(path: Path) -> None:
        read_again(folders, path)
        made.note(path)

    if folders.stored:
        take_stored(chapters, folders.cache, changed=changed)
        return True
    return run_stale(chapters, folders.cache, changed=changed, kept=kept)


def drop_removed(folders: Folders) -> None:
    """Remove pages that the contents no longer have: Sphinx takes none away."""
    pages = parse_toc_yaml(folders.root / "book" / "_toc.yml")
    kept = {folders.html / f"{page}.html" for page in pages}
    for folder in ("book", "notebooks"):
        for path in (folders.html / folder).rglob("*.html"):
            if path not in kept:
                path.unlink()


def read_again(folders: Folders, source: Path) -> None:
    """Have Sphinx read a page again, though its source is as it was."""
    page = source.relative_to(folders.root).with_suffix(".doctree")
    (folders.doctrees / page).unlink(missing_ok=True)


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
    made = MadeOf(folders.root, folders.made_of, edition)
    drop_stale(folders, current, made)
    if status := export_live(folders, made):
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
    if not run_changed(folders, made):
        return 1
    # Sphinx keeps pages with warnings, too: they are known to be good only at the end.
    folders.remembered.unlink(missing_ok=True)
    command = [
        *(str(Path(sys.executable).parent / "jupyter-book"), "build", "."),
        *("--config", "_config.yml", "--toc", "book/_toc.yml"),
        *("--path-output", str(folders.output), "-W", "-n", "--keep-going", "--quiet"),
    ]
    status = subprocess.run(command, cwd=folders.root).returncode
    if status:
        print("The site has warnings or errors: see above.", file=sys.stderr)
        return status
    drop_removed(folders)
    for path in _pages_with_cells(folders)[1]:
        made.note(path)
    built = current | {"files": _sizes(folders)}
    write_whole(folders.remembered, json.dumps(built).encode())
    seconds = time.perf_counter() - started
    print(f"Built in {seconds:.0f} s. {where}")
    return 0


def _pages_with_cells(folders: Folders) -> tuple[list[Path], list[Path]]:
    """List the chapters, and the pages in Markdown that have cells."""
    contents = folders.root / "book" / "_toc.yml"
    return chapters_of(contents, folders.root), text_pages_of(contents, folders.root)


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stored", action="store_true", help="run no chapter")
    with leave_none_behind("Stopped. The chapters that had ended are not run again."):
        sys.exit(build(Folders(stored=parser.parse_args().stored)))
