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
import re
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from run_chapters import ONE_THREAD

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


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run a notebook in place on the edition ``sample``."""
    os.environ["RECSYS_DATASET"] = "sample"
    os.environ["CI"] = "true"  # no progress bar among the stored outputs
    os.environ.update(ONE_THREAD)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    client = NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )
    client.execute()
    # The kernel reports its exact version; the notebook should not depend on it.
    notebook.metadata.language_info = NotebookNode(name="python")


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


def sync(source: Path) -> None:
    """Write the executed .ipynb of ``source``, or leave the old one if a cell fails."""
    notebook = derive(source)
    execute(notebook, source.parent)
    derived = source.with_suffix(".ipynb")
    temporary = derived.with_suffix(".ipynb.part")
    nbformat.write(notebook, temporary)
    for name, png in pictures(notebook).items():
        (source.parent / "pictures").mkdir(exist_ok=True)
        (source.parent / "pictures" / f"{name}.png").write_bytes(png)
    os.replace(temporary, derived)


def main() -> str | None:
    """Sync what is out of step, or everything; return what went wrong, if anything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="all chapters")
    parser.add_argument("--check", action="store_true", help="change nothing")
    arguments = parser.parse_args()
    if arguments.check:
        stale = [path.name for path in sources() if not is_in_step(path)]
        return f"Run `make sync`: changed are {', '.join(stale)}." if stale else None
    for source in sources():
        if arguments.all or not is_in_step(source):
            print(f"running {source.name} on the sample", flush=True)
            try:
                sync(source)
            except CellExecutionError as error:
                # The traceback of the kernel is for notebooks: coloured, and long.
                plain = re.sub(r"\x1b\[[\d;]*m", "", str(error))
                return (
                    f"{plain}\n{source.name}: a cell failed, the .ipynb is as before."
                )
        else:
            print(f"in step {source.name}")
    return None


if __name__ == "__main__":
    sys.exit(main())
