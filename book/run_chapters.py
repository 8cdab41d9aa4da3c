"""Run the chapters whose outputs are not cached, several at a time.

Sphinx would run them one after another while it reads the pages. Here each has a
process of its own, and what it put out goes into the cache in which Sphinx then finds
it: `jupyter_cache` knows a notebook by its code.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import nbformat
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


def stale(chapters: list[Path], cache: JupyterCacheAbstract) -> list[Path]:
    """Keep the chapters that the cache has no outputs for, the longest code first."""
    left = []
    for path in chapters:
        notebook = nbformat.read(path, as_version=4)
        try:
            cache.match_cache_notebook(notebook)
        except KeyError:
            left.append((_lines_of_code(notebook), path))
    # A long chapter that starts last would keep everybody waiting.
    return [path for _, path in sorted(left, key=lambda pair: -pair[0])]


def run(path: Path, timeout: int) -> Outcome:
    """Run a notebook in its own folder; ``timeout`` is in seconds, for one cell."""
    notebook = nbformat.read(path, as_version=4)
    result = single_nb_execution(notebook, str(path.parent), timeout, False)
    problem = "" if result.err is None else COLOURS.sub("", str(result.err))
    return Outcome(notebook, result.time, problem)


def run_all(
    chapters: list[Path],
    cache: JupyterCacheAbstract,
    *,
    at_once: int,
    timeout: int = 900,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Run the chapters and cache the outputs of those that end well.

    Returns
    -------
    list of pathlib.Path
        The chapters with a cell that failed; ``say`` was given the traceback.
    """
    failed = []
    started = time.perf_counter()
    # A forked process would share what this one has loaded, and its locks.
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(run, path, timeout): path for path in chapters}
        for future in as_completed(running):
            path = running[future]
            outcome = _outcome_of(future)
            now = time.perf_counter() - started
            say(f"{now:4.0f} s: {path.stem} took {outcome.seconds:.0f} s")
            if outcome.problem:
                say(f"{path.name} failed.\n{outcome.problem}")
                failed.append(path)
            else:
                cache.cache_notebook_bundle(
                    CacheBundleIn(
                        outcome.notebook,
                        str(path),
                        data={"execution_seconds": outcome.seconds},
                    ),
                    check_validity=False,
                    overwrite=True,
                )
    return failed


def run_stale(chapters: list[Path], folder: Path, at_once: int | None = None) -> bool:
    """Bring the cache in ``folder`` up to date; return whether every cell ran."""
    cache = get_cache(str(folder))
    left = stale(chapters, cache)
    if not left:
        return True
    at_once = at_once or min(4, os.cpu_count() or 1, len(left))
    print(f"Running {len(left)} chapters, {at_once} at a time.", flush=True)
    failed = run_all(
        left, cache, at_once=at_once, say=lambda text: print(text, flush=True)
    )
    for path in failed:
        print(f"{path.name} has a cell that failed: see above.", file=sys.stderr)
    return not failed


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
