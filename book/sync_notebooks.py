"""Derive every chapter's .ipynb from its .py and run it on the reduced data.

    python book/sync_notebooks.py          # the chapters whose .py changed
    python book/sync_notebooks.py --all    # all, after a change in recsys_helpers
    python book/sync_notebooks.py --check  # none: say what is out of step

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
import os
import sys
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from run_chapters import ONE_THREAD, Outcome, run_all

from recsys_helpers._files import write_whole
from recsys_helpers.large.processes import leave_none_behind

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SHARED_METADATA = ("tags", "nbgrader", "mystnb", "jupyter")
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
    derived = source.with_suffix(".ipynb")
    if not derived.exists():
        return False
    notebook = nbformat.read(derived, as_version=4)
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


def keep(source: Path, outcome: Outcome) -> None:
    """Write the executed .ipynb of ``source``, and its pictures."""
    # The kernel reports its exact version; the notebook should not depend on it.
    outcome.notebook.metadata.language_info = NotebookNode(name="python")
    text = nbformat.writes(outcome.notebook) + "\n"
    write_whole(source.with_suffix(".ipynb"), text.encode())
    for name, png in pictures(outcome.notebook).items():
        write_whole(source.parent / "pictures" / f"{name}.png", png)


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
    names = ", ".join(path.name for path in stale) or "nothing"
    if arguments.check:
        return f"Run `make sync`: changed are {names}." if stale else None
    print(f"Running {names} on the sample.", flush=True)
    if failed := sync(stale):
        names = ", ".join(path.name for path in failed)
        return f"A cell failed, and the .ipynb is as before: {names}."
    return None


if __name__ == "__main__":
    with leave_none_behind("Stopped. The notebooks that had ended are written."):
        sys.exit(main())
