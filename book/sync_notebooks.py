"""Derive every chapter's .ipynb from its .py and run it on the reduced data.

    python book/sync_notebooks.py          # the chapters whose .py changed
    python book/sync_notebooks.py --all    # all, after a change in recsys_helpers
    python book/sync_notebooks.py --check  # none: say what is out of step

Where only the text changed, nothing is run: the outputs are kept. A cell's output is
also kept where a new run only took another time, or more or less memory.

The .py is what people edit and review. The .ipynb, with its outputs, is what Colab,
Binder and the site open; what stands in it follows from the .py alone, so that two
people who sync the same source get the same file.

A cell with the tag ``picture-NAME`` also leaves its figure in pictures/NAME.png beside
the notebook: an assignment shows its students there what to draw.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from pathlib import Path

import jupytext
import nbformat
from compare_builds import codes
from nbformat import NotebookNode
from run_chapters import ONE_THREAD, Outcome, run_all

from recsys_helpers._files import write_whole
from recsys_helpers.large.processes import leave_none_behind

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SHARED_METADATA = ("tags", "nbgrader", "mystnb", "jupyter")
# Tags that say whether a cell runs, and whether it may fail.
OF_THE_RUN = {"skip-execution", "raises-exception"}
# What a run took: a number before its unit.
TAKEN = re.compile(r"[\d.,]+(?= (s|ms|seconds?|minutes?|MiB)\b)")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def sources(folder: Path = NOTEBOOKS) -> list[Path]:
    """List the .py files of the notebooks, assignments among them."""
    return sorted(folder.rglob("*.py"))


def essence(notebook: NotebookNode) -> list[tuple]:
    """Reduce a notebook to what its two forms must share: its cells."""
    return [
        (
            cell.cell_type,
            cell.source.strip(),
            {
                key: value
                for key, value in cell.metadata.items()
                if key in SHARED_METADATA
            },
        )
        for cell in notebook.cells
    ]


def is_executed(notebook: NotebookNode) -> bool:
    """Say whether every code cell has been run, top to bottom."""
    counts = [
        cell.execution_count
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip()
    ]
    return counts == list(range(1, len(counts) + 1))


def is_in_step(source: Path) -> bool:
    """Say whether the .ipynb beside ``source`` has its cells and has been run."""
    notebook = existing(source)
    return essence(notebook) == essence(jupytext.read(source)) and is_executed(notebook)


def derive(source: Path) -> NotebookNode:
    """Make the unexecuted notebook of a .py, with cell ids that repeat."""
    notebook = jupytext.read(source)
    language = {"name": "python"}
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info=language)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for position, cell in enumerate(notebook.cells):
        text = f"{position} {cell.cell_type} {cell.source}"
        cell.id = hashlib.sha256(text.encode()).hexdigest()[:8]
    return notebook


def pictures(notebook: NotebookNode) -> dict[str, bytes]:
    """Find the figures of the cells tagged ``picture-NAME``, as PNG, by NAME."""
    found = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("picture-"):
                (png,) = (
                    output["data"]["image/png"]
                    for output in cell.outputs
                    if "image/png" in output.get("data", {})
                )
                found[tag.removeprefix("picture-")] = base64.b64decode(png)
    return found


def write(source: Path, notebook: NotebookNode) -> None:
    """Write the .ipynb of ``source``, with its outputs, and its pictures."""
    text = nbformat.writes(notebook) + "\n"
    write_whole(source.with_suffix(".ipynb"), text.encode())
    for name, png in pictures(notebook).items():
        write_whole(source.parent / "pictures" / f"{name}.png", png)


def existing(source: Path) -> NotebookNode:
    """Read the .ipynb beside ``source``; one without cells if there is none."""
    derived = source.with_suffix(".ipynb")
    if not derived.exists():
        return nbformat.v4.new_notebook()
    return nbformat.read(derived, as_version=4)


def keep_outputs(source: Path) -> bool:
    """Write the .ipynb anew with the outputs that it has; not if its code changed."""
    before, after = existing(source), derive(source)
    runs = [
        [(cell.source, OF_THE_RUN & {*cell.metadata.get("tags", [])}) for cell in cells]
        for cells in (codes(before), codes(after))
    ]
    if runs[0] != runs[1] or not is_executed(before):
        return False
    for old, new in zip(codes(before), codes(after), strict=True):
        new.update(outputs=old.outputs, execution_count=old.execution_count)
    write(source, after)
    return True


def keep(source: Path, outcome: Outcome) -> None:
    """Write the .ipynb of ``source`` from a run."""
    # The kernel reports its exact version; the notebook should not depend on it.
    outcome.notebook.metadata.language_info = NotebookNode(name="python")
    before = {cell.source: cell.outputs for cell in codes(existing(source))}
    for cell in codes(outcome.notebook):
        old = before.get(cell.source, [])
        if _without_times(old) == _without_times(cell.outputs):
            cell.outputs = old
    write(source, outcome.notebook)


def _without_times(outputs: list[NotebookNode]) -> str:
    return TAKEN.sub("", json.dumps(outputs, sort_keys=True))


def sync(scripts: list[Path]) -> list[Path]:
    """Run notebooks on the edition ``sample``; return those with a cell that failed."""
    os.environ.update(
        RECSYS_DATASET="sample",
        CI="true",  # no progress bar among the stored outputs
        PYDEVD_DISABLE_FILE_VALIDATION="1",
        **ONE_THREAD,
    )
    notebooks = {source: derive(source) for source in scripts}
    return run_all(notebooks, keep, say=lambda text: print(text, flush=True))


def main() -> str | None:
    """Sync what is out of step, or everything; return what went wrong, if anything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="all chapters")
    parser.add_argument("--check", action="store_true", help="change nothing")
    arguments = parser.parse_args()
    stale = [path for path in sources() if arguments.all or not is_in_step(path)]
    if arguments.check:
        return f"Run `make sync`: changed are {_names(stale)}." if stale else None
    left = [path for path in stale if arguments.all or not keep_outputs(path)]
    if kept := [path for path in stale if path not in left]:
        print(f"Only the text changed in {_names(kept)}: the outputs are kept.")
    if left:
        print(f"Running {_names(left)} on the sample.", flush=True)
    elif not kept:
        print("Nothing has changed.")
    if failed := sync(left):
        return f"A cell failed, and the .ipynb is as before: {_names(failed)}."
    return None


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)


if __name__ == "__main__":
    with leave_none_behind("Stopped. The notebooks that had ended are written."):
        sys.exit(main())
