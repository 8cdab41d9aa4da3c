"""Grade a folder of submissions, whatever is in it.

    python classroom/grade.py DIR       # or `make grade DIR=...`
    python classroom/grade.py --count   # or `make grade COUNT=1`: runs nothing

DIR holds a folder for each student with the notebooks that they handed in:
``DIR/anna/01_metrics_and_splits.ipynb``. A zip or a notebook that lies loose is a
submission, too, named after the file. Nothing in DIR is changed. Under grades/ come:

- ``grades.csv``: a line for each student and assignment.
- ``to_mark.csv``: the texts that a person marks. Fill in the column ``points``, run
  this with ``--count``, and the points are in ``grades.csv``.
- ``feedback/``, with ``--feedback``: a page for each student, without hidden tests.
- ``backups/``: the two files as they were before each run.

What is not in DIR this time keeps its lines. The code of each submission runs in a
sandbox (see sandbox.py). nbgrader puts the hidden tests in and counts the points.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

import nbformat
from autograde import Graded, Text, autograde, write_feedback
from course import BUILT, ROOT
from handed_in import (
    choose,
    find,
    lay_out,
    name_of,
    read_notebook,
    submissions_in,
    unused,
)
from marks import Grades, Row, code_of
from nbformat import NotebookNode
from restore import UnreadableError
from sandbox import Limits, check_package, describe_fence, end_everything, remove

from recsys_helpers.large.processes import leave_none_behind

__all__ = ["find", "grade_all", "grade_one"]

GRADES = ROOT / "grades"  # not in _build: `make clean` would take the marks with it
GRADES_OF_1_0 = ROOT / "_build" / "grades"


def grade_all(
    submissions: Path,
    output: Path,
    instructor: Path = BUILT / "instructor",
    limits: Limits | None = None,
    feedback: bool = False,
) -> list[Row]:
    """Grade every submission and write the files, after each of them.

    Parameters
    ----------
    submissions : Path
        A folder with a folder for each student, or zips, or notebooks.
    output : Path
        Where the files go. Points in its ``to_mark.csv`` are counted, and lines of
        what is not among the submissions are kept.
    instructor : Path
        What ``make_assignments.py`` made. It is copied first.
    limits : Limits, optional
        What one submission may use.
    feedback : bool
        Whether to write pages for the students, too.

    Raises
    ------
    ValueError
        If there is nothing to grade, if points in ``to_mark.csv`` belong to nobody, or
        if a file was left as it is.
    """
    found, others = submissions_in(submissions)
    if others:
        print(f"Passed over: {', '.join(name_of(Path(p.name)) for p in others)}")
    if not found:
        raise ValueError(f"{submissions} has no folder of a student, zip or notebook.")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        course = Path(scratch) / "course"
        shutil.copytree(instructor, course)
        empty = _empty(course)
        students = [name_of(Path(path.name)) for path in found]
        grades = Grades(output, students, _texts(empty))
        for number, (student, path) in enumerate(zip(students, found, strict=True)):
            key = f"s{number}"
            folder = Path(scratch) / key
            try:
                problems = lay_out(path, folder)
                for assignment, nothing in empty.items():
                    graded = _graded(
                        course, assignment, key, folder, limits or Limits(), nothing
                    )
                    if problems and graded.status == "not handed in":
                        graded = _with_reason(graded, *problems)
                    if feedback and graded.status in ("graded", "stopped"):
                        page = output / "feedback" / student / f"{assignment}.html"
                        graded = _with_page(course, assignment, key, page, graded)
                    row = row_of(student, assignment, graded)
                    row = grades.add(row, graded.texts, str(submissions))
                    rows.append(row)
                    print(summary(row), flush=True)
                if left := "; ".join([*unused(folder, _given(course)), *problems]):
                    print(f"{student:20} not looked at: {left}")
            except KeyboardInterrupt:
                print(f"Stopped: {number} of {len(found)} submissions are graded.")
                raise
            finally:
                grades.save()
                shutil.rmtree(folder, ignore_errors=True)
    _tell(grades)
    return rows


def count(output: Path, instructor: Path = BUILT / "instructor") -> list[Row]:
    """Count what was filled in in ``to_mark.csv``, and grade nothing.

    Parameters
    ----------
    output : Path
        Where the files are.
    instructor : Path
        What ``make_assignments.py`` made, if it has.

    Raises
    ------
    ValueError
        If there are no grades, if points in ``to_mark.csv`` belong to nobody, or if a
        file was left as it is.
    """
    grades = Grades(output, [], _texts(_empty(instructor)))
    if not grades.rows:
        raise ValueError(f"There are no grades in {output}: grade a folder first.")
    grades.save()
    rows = list(grades.rows.values())
    for row in rows:
        print(summary(row))
    _tell(grades)
    return rows


def _tell(grades: Grades) -> None:
    """Say what a person should look at; raise if a file was left as it is."""
    if changed := grades.changed():
        print("Another text than that which got the points (see `note`):")
        print("\n".join(f"  {name}" for name in changed))
    if grades.has_replaced:
        print(
            "grades.csv was changed by somebody else and is now written anew: what it "
            "held before is in its newest copy in backups/."
        )
    if grades.left:
        raise ValueError(
            "\n".join(grades.left)
            + "\nNothing is lost. Save and close it where it is open, then run `make "
            "grade COUNT=1` (classroom/grade.py --count), which runs no submission."
        )


def grade_one(
    course: Path, assignment: str, key: str, folder: Path, limits: Limits
) -> Graded:
    """Grade one notebook; whatever is wrong with it comes back as its status."""
    empty = Graded.nothing(course, assignment)
    handed_in, note = choose(folder, _given(course), assignment)
    if handed_in is None:
        return empty.because("not handed in", note)
    try:
        submission = read_notebook(handed_in)
    except UnreadableError as error:
        unreadable = empty.because("unreadable", f"it is not a notebook: {error}")
        return _with_reason(unreadable, note)
    graded = autograde(course, assignment, key, submission, limits)
    return graded.because(graded.status, "; ".join(filter(None, [note, graded.reason])))


def row_of(student: str, assignment: str, graded: Graded) -> Row:
    """Write down what the checks gave; `Grades` knows what a person gave."""
    return Row(
        code=code_of(student),
        student=student,
        assignment=assignment,
        automatic=graded.automatic,
        automatic_max=graded.automatic_max,
        by_hand=0,
        by_hand_outstanding=0,
        total=graded.automatic,
        max=graded.max,
        status=graded.status,
        reason=graded.reason,
        recognised=graded.recognised,
    )


def summary(row: Row) -> str:
    """Say in one line how a submission did."""
    points = f"{row.total:g} of {row.max:g}"
    if row.by_hand_outstanding:
        points += f", {row.by_hand_outstanding:g} to mark by hand"
    return f"{row.student:20} {row.assignment:25} {points:30} {row.status}"


def _empty(course: Path) -> dict[str, Graded]:
    """Give no points, in each of the assignments."""
    return {
        path.name: Graded.nothing(course, path.name)
        for path in sorted((course / "release").glob("*"))
    }


def _texts(empty: dict[str, Graded]) -> dict[str, dict[str, Text]]:
    return {assignment: graded.texts for assignment, graded in empty.items()}


def _given(course: Path) -> dict[str, NotebookNode]:
    """Read the notebooks as they were given out."""
    return {
        path.stem: nbformat.read(path, as_version=4)
        for path in sorted((course / "release").glob("*/*.ipynb"))
    }


def _graded(course, assignment, key, folder, limits, nothing: Graded) -> Graded:
    """Grade one notebook; whatever is raised becomes its reason."""
    try:
        return grade_one(course, assignment, key, folder, limits)
    except (Exception, SystemExit) as error:  # one submission must not stop the others
        return nothing.because("failed", f"please report this: {error!r}"[:500])


def _with_page(course, assignment, key, page: Path, graded: Graded) -> Graded:
    """Write the page of feedback; say in the reason if that is not possible."""
    try:
        problem = write_feedback(course, assignment, key, page)
    except (Exception, SystemExit) as error:
        problem = f"no feedback page: {error!r}"[:500]
    return _with_reason(graded, problem)


def _with_reason(graded: Graded, *more: str) -> Graded:
    reason = "; ".join(filter(None, [graded.reason, *more]))
    return graded.because(graded.status, reason[:2000])


def main() -> str | None:
    """Grade what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("submissions", type=Path, metavar="DIR", nargs="?")
    parser.add_argument(
        "--count",
        action="store_true",
        help="count what was filled in in to_mark.csv; run nothing",
    )
    parser.add_argument("--output", type=Path, default=GRADES)
    parser.add_argument("--feedback", action="store_true")
    for field in fields(Limits):
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=int, default=field.default)
    given = parser.parse_args()
    if given.count == bool(given.submissions):
        parser.error("Name the folder to grade, or --count, which grades nothing.")
    limits = Limits(
        **{field.name: getattr(given, field.name) for field in fields(Limits)}
    )
    try:
        if not given.count:
            print(describe_fence())
            check_package()
        if given.output == GRADES and GRADES_OF_1_0.is_dir() and not GRADES.exists():
            shutil.move(GRADES_OF_1_0, GRADES)
            print(f"The grades of before were moved to {GRADES}.")
        if given.count:
            count(given.output)
        else:
            grade_all(
                given.submissions, given.output, limits=limits, feedback=given.feedback
            )
    except (OSError, ValueError) as error:
        return str(error)
    print(f"See {given.output}/grades.csv and, to mark by hand, to_mark.csv.")
    return None


def run() -> str | None:
    """Run `main`, and leave nothing behind that it started, however it ends."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names have all kinds of letters
            stream.reconfigure(errors="backslashreplace")
    with leave_none_behind("What was graded is kept. Run this again for the rest."):
        # All temporary folders, of nbgrader too, lie in one. (Sockets: a short name.)
        tempfile.tempdir = tempfile.mkdtemp(prefix="g-")
        try:
            return main()
        finally:
            end_everything()
            remove(Path(tempfile.tempdir))


if __name__ == "__main__":
    sys.exit(run())
