"""Put back what belongs to the assignment; keep what the student wrote.

Of a submission, only the sources of the cells "to write" and the cells that the student
added count. Everything else, text, data, checks, and all metadata, comes from the
version that was given out, whether it was edited, moved, stripped of its metadata, or
deleted.
"""

from __future__ import annotations

import copy

import nbformat
from nbformat import NotebookNode

NEW_CELL = {
    "code": nbformat.v4.new_code_cell,
    "markdown": nbformat.v4.new_markdown_cell,
    "raw": nbformat.v4.new_raw_cell,
}


class UnreadableError(ValueError):
    """The file is not a notebook."""


def read_submission(text: str) -> NotebookNode:
    """Read a submission.

    Raises
    ------
    UnreadableError
        Whatever is wrong with the file.
    """
    try:
        notebook = nbformat.reads(text, as_version=4)
        is_whole = all(
            cell.cell_type in NEW_CELL
            and isinstance(cell.source, str)
            and isinstance(cell.metadata, dict)
            for cell in notebook.cells
        )
    except Exception as error:  # the file may hold anything
        problem = (str(error) or repr(error)).splitlines()[0][:200]
        raise UnreadableError(problem) from error
    if not is_whole:
        raise UnreadableError("one of its cells is not whole")
    return notebook


def restore(submission: NotebookNode, given: NotebookNode) -> NotebookNode:
    """Return the given notebook with what the student wrote and added.

    Parameters
    ----------
    submission, given : NotebookNode
        What was handed in, and the student version as it was given out.
    """
    name_of_id = {cell.id: _grade_id(cell) for cell in given.cells}
    names = [_grade_id(cell) for cell in given.cells]
    cell_of_name = dict(zip(names, given.cells, strict=True))

    restored, seen = [], set()
    for cell in submission.cells:
        name = _grade_id(cell)
        if name not in cell_of_name:
            # Some editors drop metadata and keep the cell's id.
            name = name_of_id.get(cell.get("id"))
        if name is None:
            restored.append(_added(cell))
        elif name not in seen:
            seen.add(name)
            restored.append(_given_back(cell, cell_of_name[name]))
        elif _is_to_write(cell_of_name[name]):
            restored.append(_added(cell))  # a copy of the cell: it runs in its place

    for position, name in enumerate(names):
        if name not in seen:
            before = names[position - 1] if position else None
            restored.insert(_place_after(before, restored), cell_of_name[name])

    notebook = copy.deepcopy(given)
    notebook.cells = copy.deepcopy(restored)
    for position, cell in enumerate(notebook.cells):
        cell.id = f"cell-{position}"
    return notebook


def _grade_id(cell: NotebookNode) -> str | None:
    about = cell.metadata.get("nbgrader")
    return about.get("grade_id") if isinstance(about, dict) else None


def _is_to_write(cell: NotebookNode) -> bool:
    return cell.metadata.nbgrader.solution


def _given_back(cell: NotebookNode, given: NotebookNode) -> NotebookNode:
    given = copy.deepcopy(given)
    if _is_to_write(given):
        given.source = cell.source
    return given


def _added(cell: NotebookNode) -> NotebookNode:
    return NEW_CELL[cell.cell_type](cell.source)


def _place_after(name: str | None, cells: list[NotebookNode]) -> int:
    """Find the place after the named cell, which stands among the cells."""
    for position, cell in enumerate(cells):
        if name is not None and _grade_id(cell) == name:
            return position + 1
    return 0
