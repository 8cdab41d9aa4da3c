"""Derive what students, instructors and readers of solutions get from one source.

    python classroom/make_assignments.py     # or `make assignments`

A source is an executed notebook under notebooks/assignments/, with its solutions and
its hidden tests. From it come, under _build/assignments/:

- ``student/NAME/``: no solution, no hidden test, no output; cells with checks are
  locked. This folder is what you give out.
- ``solution/NAME/``: solutions and outputs, no hidden test. To give out afterwards.
- ``instructor/``: a course folder of nbgrader, with the sources and the gradebook that
  holds the hidden tests. ``grade.py`` works on copies of it.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import nbformat
from course import BUILT, ROOT, SOURCES, course_config, nbgrader_errors
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory

HIDDEN = re.compile(
    r"^### BEGIN HIDDEN TESTS\n.*?^### END HIDDEN TESTS\n?", re.M | re.S
)
MARKER = re.compile(r"^\s*### (?:BEGIN|END) SOLUTION\n?", re.M)
README = """\
# {title}

Open `{name}.ipynb` in JupyterLab, in the environment of the course, and work through
it from top to bottom. {time}

**Data.** Nothing to download: the ratings come with the course's package
`recsys_helpers`. The assignment needs no network.

**Hand in** the one file `{name}.ipynb`, under that name, saved after *Restart Kernel
and Run All Cells*. Write where it says `Your code here`, and keep the names of the
functions. You can add cells. Cells with checks are locked; they are put back as they
were before your work is graded.
"""


def names_in(sources: Path = SOURCES) -> list[str]:
    """List the names of the assignments in a folder of sources."""
    return sorted(path.stem for path in sources.glob("[0-9]*.ipynb"))


def derive(sources: Path = SOURCES, target: Path = BUILT) -> list[str]:
    """Make the three versions of every source; return the names of the assignments.

    What was in `target` before is replaced, once everything has been made.

    Raises
    ------
    ValueError
        If there are no sources, or points don't add up to 100.
    """
    names = names_in(sources)
    if not names:
        raise ValueError(f"There is no assignment in {sources}.")
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    course = part / "instructor"
    for name in names:
        source = nbformat.read(sources / f"{name}.ipynb", as_version=4)
        check_points(name, source)
        copy_with_pictures(source, name, sources, course / "source" / name)
        solution = solution_version(source)
        copy_with_pictures(solution, name, sources, part / "solution" / name)
        generate(course, name)
        student = part / "student" / name
        shutil.copytree(course / "release" / name, student)
        (student / "README.md").write_text(readme(name, source), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    return names


def check_points(name: str, notebook: NotebookNode) -> None:
    """Refuse an assignment whose points are not 100."""
    points = sum(
        cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells
    )
    if points != 100:
        raise ValueError(f"The points of {name} add up to {points}, not to 100.")


def copy_with_pictures(
    notebook: NotebookNode, name: str, sources: Path, folder: Path
) -> None:
    """Write a notebook, and beside it the pictures that it shows."""
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    text = "\n".join(cell.source for cell in notebook.cells)
    for picture in set(re.findall(r"\]\((pictures/[\w.-]+)\)", text)):
        (folder / "pictures").mkdir(exist_ok=True)
        shutil.copy(sources / picture, folder / picture)


def generate(course: Path, name: str) -> None:
    """Let nbgrader make the student version and fill the gradebook."""
    config = course_config(course, name)
    coursedir = CourseDirectory(config=config)
    with nbgrader_errors():
        GenerateAssignment(coursedir=coursedir, config=config).start()


def solution_version(source: NotebookNode) -> NotebookNode:
    """Copy a source without its hidden tests, markers and grading metadata."""
    solution = nbformat.from_dict(source)
    for cell in solution.cells:
        cell.source = MARKER.sub("", HIDDEN.sub("", cell.source)).rstrip("\n")
        cell.metadata.pop("nbgrader", None)
    return solution


def readme(name: str, source: NotebookNode) -> str:
    """Write what a student needs to know, with the title and the time of the source."""
    opening = source.cells[0].source
    title = re.search(r"^# (.+)$", opening, re.M)
    time = re.search(r"^\*\*Time\*\* (.+?)\n\n", f"{opening}\n\n", re.M | re.S)
    return README.format(
        name=name,
        title=title[1] if title else name,
        time=f"It takes {time[1]}".replace("\n", " ") if time else "",
    )


def main() -> None:
    """Derive the assignments and say where they are."""
    names = derive()
    print(f"{len(names)} assignments in {BUILT.relative_to(ROOT)}/:")
    for name in names:
        print(f"  student/{name}   solution/{name}")


if __name__ == "__main__":
    sys.exit(main())
