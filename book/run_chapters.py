"""Run notebooks, several at a time: those whose outputs are not cached, for the site.

Sphinx would run them one after another while it reads the pages. Here several kernels
work at once, and what a chapter put out goes into the cache in which Sphinx then finds
it, as soon as the chapter has ended: `jupyter_cache` knows a notebook by its code.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from _ext.imports import CODE_CELL
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import single_nb_execution
from nbformat import NotebookNode
from sphinx_external_toc.parsing import parse_toc_yaml

# For each of the processes that share the cores: threads of one would get in the way of
# the others, and sums come out the same however many cores there are.
ONE_THREAD = dict.fromkeys(
    (
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
        *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
    ),
    "1",
)
COLOURS = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True)
class Outcome:
    """What became of a chapter: its outputs, or the traceback of the cell that failed.

    Parameters
    ----------
    notebook : NotebookNode
        With the outputs so far.
    seconds : float
        From the start of the kernel to its end.
    problem : str
        Empty if every cell ran.
    """

    notebook: NotebookNode
    seconds: float
    problem: str


def chapters_of(contents: Path, root: Path) -> list[Path]:
    """List the notebooks in the table of contents, in its order."""
    pages = parse_toc_yaml(contents)
    notebooks = (root / f"{page}.ipynb" for page in pages)
    return [path for path in notebooks if path.exists()]


def text_pages_of(contents: Path, root: Path) -> list[Path]:
    """List the pages in Markdown that have cells: Sphinx runs these while it reads."""
    paths = (root / f"{page}.md" for page in parse_toc_yaml(contents))
    return [
        path
        for path in paths
        if path.exists() and CODE_CELL in path.read_text(encoding="utf-8")
    ]


def stale(
    chapters: list[Path], cache: JupyterCacheAbstract
) -> dict[Path, NotebookNode]:
    """Read the chapters that the cache has no outputs for; raise if it is damaged."""
    left = {}
    for path in chapters:
        notebook = nbformat.read(path, as_version=4)
        try:
            record = cache.match_cache_notebook(notebook)
        except KeyError:
            left[path] = notebook
        else:
            cache.get_cache_bundle(record.pk)  # as Sphinx will
    return left


def run(notebook: NotebookNode, folder: Path, timeout: int) -> Outcome:
    """Run a notebook in ``folder``; ``timeout`` is in seconds, for one cell."""
    # Into how many messages a kernel cuts what a cell prints is chance.
    settings = {"coalesce_streams": True}
    result = single_nb_execution(notebook, str(folder), timeout, False, **settings)
    problem = "" if result.err is None else COLOURS.sub("", str(result.err))
    return Outcome(notebook, result.time, problem)


def run_all(
    notebooks: Mapping[Path, NotebookNode],
    keep: Callable[[Path, Outcome], None],
    *,
    at_once: int | None = None,
    timeout: int = 900,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Run notebooks in their folders, the longest code first.

    Parameters
    ----------
    notebooks : mapping of pathlib.Path to NotebookNode
    keep : callable
        Is given what a notebook put out as soon as it has ended well, so that nothing
        is lost when those after it are interrupted.
    at_once : int, optional
        So many at a time; one for each core, up to four, without it.
    timeout : int
        Seconds that one cell may take.
    say : callable
        Is told how long each took, and the traceback of a cell that failed.

    Returns
    -------
    list of pathlib.Path
        The notebooks with a cell that failed.
    """
    failed = []
    started = time.perf_counter()
    at_once = at_once or min(4, os.cpu_count() or 1)
    # A long chapter that starts last would keep everybody waiting.
    order = sorted(notebooks, key=lambda path: -_lines_of_code(notebooks[path]))
    # A kernel is a process of its own; a thread waits for it. Not the main one, in
    # which nbclient takes Ctrl-C for a kernel that has died.
    pool = ThreadPoolExecutor(at_once)
    try:
        running = {
            pool.submit(run, notebooks[path], path.parent, timeout): path
            for path in order
        }
        for future in as_completed(running):
            path = running[future]
            outcome = _outcome_of(future)
            now = time.perf_counter() - started
            say(f"{now:4.0f} s: {path.stem} took {outcome.seconds:.0f} s")
            if outcome.problem:
                say(f"{path.name} failed.\n{outcome.problem}")
                failed.append(path)
            else:
                keep(path, outcome)
    finally:
        pool.shutdown(cancel_futures=True)
    return failed


def run_stale(
    chapters: list[Path],
    folder: Path,
    *,
    changed: Collection[Path] = (),
    kept: Callable[[Path], object] = lambda path: None,
) -> bool:
    """Bring the cache in ``folder`` up to date; return whether every cell ran.

    Parameters
    ----------
    chapters : list of pathlib.Path
    folder : pathlib.Path
    changed : collection of pathlib.Path
        Chapters, and other pages, whose outputs are not to be used any more, though
        their code is as it was.
    kept : callable
        Is given each chapter that has run, when its outputs are in the cache.
    """
    cache = get_cache(str(folder))
    try:
        forget(changed, cache)
        left = stale(chapters, cache)
    except Exception as error:  # whatever a file raises that is cut short or gone
        print(f"Running every notebook: the outputs kept are damaged ({error}).")
        shutil.rmtree(folder)
        cache = get_cache(str(folder))
        left = stale(chapters, cache)

    def keep(path: Path, outcome: Outcome) -> None:
        data = {"execution_seconds": outcome.seconds}
        bundle = CacheBundleIn(outcome.notebook, str(path), data=data)
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        kept(path)

    if not left:
        return True
    print(f"Running {len(left)} chapters.", flush=True)
    failed = run_all(left, keep, say=lambda text: print(text, flush=True))
    for path in failed:
        print(f"{path.name} has a cell that failed: see above.", file=sys.stderr)
    return not failed


def forget(pages: Collection[Path], cache: JupyterCacheAbstract) -> None:
    """Remove what pages have put out, with other code or under another name, too."""
    names = {path.stem for path in pages}
    for record in cache.list_cache_records():
        if Path(record.uri).stem in names:
            cache.remove_cache(record.pk)
    for path in pages:
        if path.suffix == ".ipynb":
            with suppress(KeyError):
                notebook = nbformat.read(path, as_version=4)
                cache.remove_cache(cache.match_cache_notebook(notebook).pk)


def take_stored(
    chapters: list[Path], folder: Path, changed: Collection[Path] = ()
) -> None:
    """Take into the cache in ``folder`` the outputs that stand in the notebooks.

    The outputs of other pages that have ``changed`` are removed.
    """
    cache = get_cache(str(folder))
    forget(changed, cache)
    for path in chapters:
        bundle = CacheBundleIn(nbformat.read(path, as_version=4), str(path), data={})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _outcome_of(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # whatever the kernel's machinery raises
        return Outcome(NotebookNode(), 0.0, f"{type(error).__name__}: {error}")


def _lines_of_code(notebook: NotebookNode) -> int:
    return sum(
        len(cell.source.splitlines())
        for cell in notebook.cells
        if cell.cell_type == "code"
    )
