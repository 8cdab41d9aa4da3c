"""An assignment of a few cells, and submissions of every kind, for tests."""

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

NAME = "01_tiny"
GIVEN = {"grade": False, "locked": True, "solution": False}
TO_WRITE = {"grade": False, "locked": False, "solution": True}
CHECK = {"grade": True, "locked": True, "solution": False}
TEXT = {"grade": True, "locked": False, "solution": True}

OPENING = "# A tiny assignment\n\n**Time** two minutes.\n\n![A dot](pictures/dot.png)"
SOLUTION = """\
def double(x):
    ### BEGIN SOLUTION
    twice_as_much = x + x
    return twice_as_much
    ### END SOLUTION"""
VISIBLE = 'assert double(1) == 2, "twice 1 is 2"'
HIDDEN = """\
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
secret_number = 7341
assert double(secret_number) == 14682, "twice 7341"
### END HIDDEN TESTS"""
ANSWER = "### BEGIN SOLUTION\nBecause of the reference.\n### END SOLUTION"
SOLVED = "def double(x):\n    return 2 * x"


def write_sources(folder: Path) -> Path:
    """Write the source of the assignment, as `make sync` would leave it."""
    cells = [
        _cell("opening-text", OPENING, GIVEN, code=False),
        _cell("opening-data", "start = 1", GIVEN),
        _cell("double-solution", SOLUTION, TO_WRITE),
        _cell("double-visible", VISIBLE, CHECK, points=30),
        _cell("double-hidden", HIDDEN, CHECK, points=60),
        _cell("why-answer", ANSWER, TEXT, points=10, code=False),
    ]
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "dot.png").write_bytes(b"a picture")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    return folder


def _cell(name, source, about, code=True, **more) -> NotebookNode:
    new = nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell
    about = {**about, "grade_id": name, "schema_version": 3, "task": False, **more}
    return new(source, metadata={"nbgrader": about})


def hand_in(
    folder: Path,
    given: NotebookNode,
    code: str = SOLVED,
    answer: str | None = None,
    first: str | None = None,
) -> NotebookNode:
    """Write a submission with this code and answer, and a cell of the student's own."""
    notebook = nbformat.from_dict(json.loads(nbformat.writes(given)))
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells}
    cells["double-solution"].source = code
    if answer is not None:
        cells["why-answer"].source = answer
    if first is not None:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
    write(folder, notebook)
    return notebook


def write(folder: Path, notebook: NotebookNode) -> None:
    """Write a notebook as the one handed in by the student of this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
