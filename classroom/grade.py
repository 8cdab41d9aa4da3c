"""Grade a folder of submissions, whatever is in it.

    python classroom/grade.py DIR       # or `make grade DIR=...`

DIR holds a folder for each student with the notebooks that they handed in:
``DIR/anna/01_metrics_and_splits.ipynb``. Nothing in DIR is changed. Under
_build/grades/ come:

- ``grades.csv``: a line for each student and assignment.
- ``to_mark.csv``: the texts that a person marks. Fill in the column ``points``, run
  this again, and the points are in ``grades.csv``.
- ``feedback/``, with ``--feedback``: a page for each student, without hidden tests.

The code of each submission runs in a sandbox (see sandbox.py). nbgrader puts the hidden
tests in and counts the points.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from autograde import Graded, autograde, write_feedback
from course import BUILT, ROOT
from restore import UnreadableError, read_submission
from sandbox import Limits, check_package, describe_fence

GRADES = ROOT / "_build" / "grades"
LARGEST = 20 * 2**20  # bytes of a notebook that is read at all
TO_MARK = ["student", "assignment", "task", "points", "max", "text"]
Points = dict[tuple[str, str, str], float]


@dataclass
class Row:
    """A line of grades.csv.

    ``status`` is *graded*; *stopped* (graded as far as the code ran); *unrecognised*
    (no task of the assignment was found in it); *not handed in*; *unreadable*; or
    *failed* (our fault: look at the reason). ``recognised`` says which cells to write
    were found, and how.
    """

    student: str
    assignment: str
    automatic: float
    automatic_max: float
    by_hand: float
    by_hand_outstanding: float
    total: float
    max: float
    status: str
    reason: str
    recognised: str


def grade_all(
    submissions: Path,
    output: Path,
    instructor: Path = BUILT / "instructor",
    limits: Limits | None = None,
    feedback: bool = False,
) -> list[Row]:
    """Grade every student's notebooks and write the files.

    Parameters
    ----------
    submissions : Path
        A folder with a folder for each student.
    output : Path
        Where the files go. Points in its ``to_mark.csv`` are counted.
    instructor : Path
        What ``make_assignments.py`` made. It is copied first.
    limits : Limits, optional
        What one submission may use.
    feedback : bool
        Whether to write pages for the students, too.
    """
    students = sorted(
        path.name
        for path in submissions.iterdir()
        if path.is_dir() and not path.name.startswith(".")
    )
    if not students:
        raise ValueError(f"{submissions} has no folder of a student.")
    marks = read_marks(output / "to_mark.csv")
    output.mkdir(parents=True, exist_ok=True)
    rows, texts = [], []
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        course = Path(scratch) / "course"
        shutil.copytree(instructor, course)
        assignments = sorted(path.name for path in (course / "release").iterdir())
        for number, student in enumerate(students):
            for assignment in assignments:
                key = f"s{number}"
                graded = grade_one(
                    course, assignment, key, submissions / student, limits or Limits()
                )
                if feedback and graded.status in ("graded", "stopped"):
                    page = output / "feedback" / student / f"{assignment}.html"
                    problem = write_feedback(course, assignment, key, page)
                    graded.reason = "; ".join(filter(None, [problem, graded.reason]))
                rows.append(row_of(student, assignment, graded, marks))
                texts += to_mark(student, assignment, graded, marks)
                print(summary(rows[-1]), flush=True)
    write_csv(output / "grades.csv", [field.name for field in fields(Row)], rows)
    write_csv(output / "to_mark.csv", TO_MARK, texts)
    return rows


def find(folder: Path, assignment: str) -> Path | None:
    """Find a student's notebook, in their folder or in one named as the assignment."""
    for path in (folder, folder / assignment):
        if (path / f"{assignment}.ipynb").is_file():
            return path / f"{assignment}.ipynb"
    return None


def grade_one(
    course: Path, assignment: str, key: str, folder: Path, limits: Limits
) -> Graded:
    """Grade one notebook; whatever is wrong with it comes back as its status."""
    empty = Graded.nothing(course, assignment)
    handed_in = find(folder, assignment)
    if handed_in is None:
        others = ", ".join(sorted(path.name for path in folder.glob("*.ipynb")))
        there = f"; there are: {others}" if others else ""
        return empty.because("not handed in", f"there is no {assignment}.ipynb{there}")
    try:
        if handed_in.stat().st_size > LARGEST:
            raise UnreadableError(f"it has more than {LARGEST // 2**20} MiB")
        text = handed_in.read_text(encoding="utf-8", errors="replace")
        submission = read_submission(text)
    except (UnreadableError, OSError) as error:
        return empty.because("unreadable", f"it is not a notebook: {error}")
    try:
        return autograde(course, assignment, key, submission, limits)
    except Exception as error:  # one submission must not stop the others
        return empty.because("failed", f"please report this: {error!r}"[:500])


def row_of(student: str, assignment: str, graded: Graded, marks: Points) -> Row:
    """Add what a person gave to what the checks gave."""
    given = [
        marks.get((student, assignment, task), text.given)
        for task, text in graded.texts.items()
    ]
    by_hand = sum(points for points in given if points is not None)
    outstanding = sum(
        text.max
        for text, points in zip(graded.texts.values(), given, strict=True)
        if points is None
    )
    return Row(
        student=student,
        assignment=assignment,
        automatic=graded.automatic,
        automatic_max=graded.automatic_max,
        by_hand=by_hand,
        by_hand_outstanding=outstanding,
        total=graded.automatic + by_hand,
        max=graded.max,
        status=graded.status,
        reason=graded.reason,
        recognised=graded.recognised,
    )


def to_mark(
    student: str, assignment: str, graded: Graded, marks: Points
) -> list[dict[str, object]]:
    """List the texts of a submission that a person marks."""
    return [
        {
            "student": student,
            "assignment": assignment,
            "task": task,
            "points": marks.get((student, assignment, task), ""),
            "max": text.max,
            # A spreadsheet would run a text that begins like a formula.
            "text": f"'{text.text}" if text.text[:1] in "=+-@" else text.text,
        }
        for task, text in graded.texts.items()
        if text.given is None
    ]


def read_marks(path: Path) -> Points:
    """Read the points that a person filled in, if anybody did.

    Raises
    ------
    ValueError
        If something else than a number from 0 to the maximum was filled in.
    """
    if not path.exists():
        return {}
    marks = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if (text := row["points"].strip().replace(",", ".")) == "":
                continue
            key = (row["student"], row["assignment"], row["task"])
            try:
                points = float(text)
            except ValueError:
                points = -1
            if not 0 <= points <= float(row["max"]):
                raise ValueError(
                    f"{path}: {text!r} is not from 0 to {row['max']}: {key}"
                )
            marks[key] = points
    return marks


def write_csv(path: Path, columns: list[str], rows: list) -> None:
    """Write rows, which are dictionaries or of a dataclass."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            values = row if isinstance(row, dict) else asdict(row)
            writer.writerow(
                {k: f"{v:g}" if isinstance(v, float) else v for k, v in values.items()}
            )


def summary(row: Row) -> str:
    """Say in one line how a submission did."""
    points = f"{row.total:g} of {row.max:g}"
    if row.by_hand_outstanding:
        points += f", {row.by_hand_outstanding:g} to mark by hand"
    return f"{row.student:20} {row.assignment:25} {points:30} {row.status}"


def main() -> str | None:
    """Grade what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("submissions", type=Path, metavar="DIR")
    parser.add_argument("--output", type=Path, default=GRADES)
    parser.add_argument("--feedback", action="store_true")
    for field in fields(Limits):
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=int, default=field.default)
    given = parser.parse_args()
    limits = Limits(
        **{field.name: getattr(given, field.name) for field in fields(Limits)}
    )
    print(describe_fence())
    try:
        check_package()
        grade_all(
            given.submissions, given.output, limits=limits, feedback=given.feedback
        )
    except (OSError, ValueError) as error:
        return str(error)
    print(f"See {given.output}/grades.csv and, to mark by hand, to_mark.csv.")
    return None


if __name__ == "__main__":
    sys.exit(main())
