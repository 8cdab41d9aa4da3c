"""Submissions of every bad kind are graded, and hurt neither others nor the grader.

Each starts a kernel: so all of them are graded in one run, those that get a page in
another, and a test looks at its part.
"""

import csv
import hashlib
import os
from pathlib import Path

import autograde
import fence
import grade
import make_assignments
import nbformat
import pytest
from sandbox import Limits
from tiny_assignment import NAME, SOLVED, hand_in, write, write_sources

pytestmark = pytest.mark.classroom

LIMITS = Limits(seconds=60, cell_seconds=6, memory_mib=1500, cell_kib=50)
NOISY = """\
import warnings
def double(x):
    warnings.warn("hm")
    print("y" * 10**7)
    return 2 * x"""
RAISES = "raise ValueError('no')"
EXITS = "import sys\nsys.exit('bye')"
LOOPS = "def double(x):\n    while True:\n        pass"
PRINTS = "def double(x):\n    print('y' * 10**7)\n    return 0"
SHOWS = "def double(x):\n    print('called with', x)\n    return 2 * x"
RENAMED = "def twice(x):\n    return 2 * x"
HUNGRY = "hoard = bytearray(2**32)"
ENDS = "import os\nos._exit(0)"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """What `make assignments` would make of the tiny assignment."""
    folder = tmp_path_factory.mktemp("assignments")
    make_assignments.derive(write_sources(folder / "sources"), folder / "built")
    return folder / "built"


@pytest.fixture(scope="module")
def given(built):
    return nbformat.read(built / "student" / NAME / f"{NAME}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def submissions(built, given, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("submissions")
    hand_in(folder / "anna", given, SHOWS, answer="Because I say so.")
    write(folder / "untouched", given)
    noisy = hand_in(folder / "noisy", given, NOISY, first=RAISES)
    noisy.cells.insert(0, nbformat.v4.new_code_cell(EXITS))
    write(folder / "noisy", noisy)
    hand_in(folder / "loops", given, LOOPS)
    hand_in(folder / "renamed", given, RENAMED)
    hand_in(folder / "ends", given, code=f"{SOLVED}\n{ENDS}")
    hand_in(folder / "hungry", given, first=HUNGRY)
    hand_in(folder / "deletes", given, first=deletes(folder, built))
    edit_checks(folder / "edits checks", given)
    delete_checks(folder / "deletes checks", given)
    write(folder / "another", another_notebook(given))
    for name, content in {
        "not json": b"this is {no notebook",
        "no cells": b'{"cells": 5, "nbformat": 4, "nbformat_minor": 5}',
        "binary": bytes(range(256)),
        "empty": b"",
    }.items():
        (folder / name).mkdir()
        (folder / name / f"{NAME}.ipynb").write_bytes(content)
    (folder / "nothing").mkdir()
    return folder


def deletes(*folders: Path) -> str:
    paths = [".", "..", os.path.expanduser("~/of-no-use")]
    # Without Landlock the folders by their full names would be gone.
    paths += map(str, folders) if fence.landlock_version() else []
    return f"import shutil\nfor path in {paths}:\n    shutil.rmtree(path, True)"


def edit_checks(folder, given):
    notebook = hand_in(folder, given, "def double(x):\n    return 0")
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade and cell.cell_type == "code":
            cell.source = "pass"
            cell.metadata.nbgrader.points = 1000
    write(folder, notebook)


def delete_checks(folder, given):
    notebook = hand_in(folder, given, "def double(x):\n    return 0")
    notebook.cells = [c for c in notebook.cells if not c.metadata.nbgrader.locked]
    write(folder, notebook)


def another_notebook(given):
    """All that it has of ours is the words of an answer."""
    cells = [nbformat.v4.new_code_cell("1 + 1"), given.cells[-1]]
    cells[-1].source = "Because."
    return nbformat.v4.new_notebook(cells=cells)


def paste_pictures(folder, given):
    """One picture is there and one is missing; and a note has a marker of ours."""
    notebook = hand_in(folder, given, answer="![a dot](attachment:my%20dot.png)")
    notebook.cells[-1].attachments = {"my dot.png": {"image/png": "ZG90"}}
    for text in ["![gone](attachment:gone.png)", "### BEGIN HIDDEN TESTS"]:
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text))
    write(folder, notebook)


def digest(*folders: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def graded(built, submissions, tmp_path_factory):
    """The rows by student, the output folder, and what changed in the inputs."""
    output = tmp_path_factory.mktemp("grades")
    before = digest(built, submissions)
    rows = grade.grade_all(submissions, output, built / "instructor", LIMITS)
    after = digest(built, submissions)
    return {row.student: row for row in rows}, output, (before, after)


@pytest.fixture(scope="module")
def rows(graded):
    return graded[0]


# What is given out


def test_the_student_version_holds_no_solution_and_no_hidden_test(built):
    text = (built / "student" / NAME / f"{NAME}.ipynb").read_text()
    for secret in ["BEGIN", "END", "twice_as_much", "7341", "reference"]:
        assert secret not in text
    assert "raise NotImplementedError" in text
    assert "twice 1 is 2" in text


def test_checks_are_locked_and_have_no_output(given):
    checks = [cell for cell in given.cells if cell.metadata.nbgrader.grade]
    for cell in checks:
        assert cell.metadata.deletable is False
    for cell in checks[:2]:
        assert cell.metadata.editable is False
        assert cell.outputs == []


def test_a_student_gets_a_page_that_says_what_to_do_and_the_pictures(built):
    folder = built / "student" / NAME
    text = (folder / "README.md").read_text()
    assert text.startswith("# A tiny assignment\n")
    assert "It takes two minutes." in text
    assert f"`{NAME}.ipynb`" in text
    assert (folder / "pictures" / "dot.png").read_bytes() == b"a picture"


def test_the_solution_version_has_solutions_and_no_hidden_test(built):
    text = (built / "solution" / NAME / f"{NAME}.ipynb").read_text()
    assert "twice_as_much" in text
    for secret in ["BEGIN", "END SOLUTION", "7341", "nbgrader"]:
        assert secret not in text


def test_points_that_are_not_100_are_refused(built, tmp_path):
    sources = write_sources(tmp_path / "sources")
    path = sources / f"{NAME}.ipynb"
    path.write_text(path.read_text().replace('"points": 60', '"points": 50'))
    with pytest.raises(ValueError, match="90"):
        make_assignments.derive(sources, tmp_path / "built")


# What comes back


def test_a_solution_gets_all_points_of_the_checks_and_a_text_waits(rows):
    anna = rows["anna"]
    assert (anna.automatic, anna.automatic_max, anna.max) == (90, 90, 100)
    assert (anna.by_hand, anna.by_hand_outstanding, anna.total) == (0, 10, 90)
    assert (anna.status, anna.reason) == ("graded", "")


def test_the_untouched_version_gets_nothing_and_has_nothing_to_mark(rows):
    untouched = rows["untouched"]
    assert (untouched.total, untouched.by_hand_outstanding) == (0, 0)
    assert "double-visible: NotImplementedError" in untouched.reason


def test_every_student_has_a_row(rows, submissions):
    assert list(rows) == sorted(path.name for path in submissions.iterdir())


def test_noise_and_errors_elsewhere_cost_no_points(rows):
    assert rows["noisy"].automatic == 90


def test_a_loop_costs_its_own_points_only_and_is_named(rows):
    assert rows["loops"].automatic == 0
    assert rows["loops"].status == "graded"
    assert "ran for more than 6 seconds" in rows["loops"].reason


def test_a_renamed_function_is_missed_by_its_name(rows):
    assert rows["renamed"].automatic == 0
    assert "name 'double' is not defined" in rows["renamed"].reason


def test_code_that_ends_the_kernel_loses_what_comes_after_it(rows):
    assert rows["ends"].automatic == 0
    assert rows["ends"].status == "stopped"
    assert rows["ends"].reason.startswith("the code ended the kernel")


@pytest.mark.skipif(not Path("/proc").exists(), reason="Linux limits memory")
def test_too_much_memory_is_refused_and_the_rest_is_graded(rows):
    assert rows["hungry"].automatic == 90


def test_deleting_files_hurts_nobody(rows, graded):
    before, after = graded[2]
    assert after == before
    assert rows["deletes"].automatic == 90
    assert rows["untouched"].status == "graded"  # it comes later


@pytest.mark.parametrize("student", ["edits checks", "deletes checks"])
def test_edited_and_deleted_checks_are_put_back(rows, student):
    assert (rows[student].automatic, rows[student].automatic_max) == (0, 90)
    assert "twice 1 is 2" in rows[student].reason
    assert "twice 7341" in rows[student].reason


def test_what_was_recognised_how_is_said(rows):
    assert rows["anna"].recognised == "all by nbgrader's metadata"


def test_a_notebook_in_which_no_task_is_recognised_is_left_to_a_person(rows, graded):
    another = rows["another"]
    assert (another.status, another.total) == ("unrecognised", 0)
    assert another.by_hand_outstanding == 10
    assert "not found: double-solution" in another.recognised
    with (graded[1] / "to_mark.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = {row["student"]: row["text"] for row in csv.DictReader(file)}
    assert texts["another"] == "Because."


@pytest.mark.parametrize("student", ["not json", "no cells", "binary", "empty"])
def test_what_is_no_notebook_is_said_to_be_none(rows, student):
    assert (rows[student].total, rows[student].max) == (0, 100)
    assert rows[student].status == "unreadable"
    assert rows[student].reason.startswith("it is not a notebook: ")


def test_a_missing_notebook_is_named(rows):
    assert rows["nothing"].status == "not handed in"
    assert rows["nothing"].reason == f"there is no {NAME}.ipynb"
    assert (rows["nothing"].total, rows["nothing"].max) == (0, 100)


# The files


def test_the_grades_are_in_a_csv_file(graded, rows):
    with (graded[1] / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        written = {row["student"]: row for row in csv.DictReader(file)}
    assert list(written) == list(rows)
    assert written["anna"]["automatic"] == "90"
    assert written["anna"]["by_hand_outstanding"] == "10"
    assert written["loops"]["reason"] == rows["loops"].reason


def test_points_given_by_hand_are_counted_the_next_time_and_feedback_is_made(
    graded, submissions, built, given, tmp_path
):
    three = tmp_path / "submissions"
    three.mkdir()
    (three / "anna").symlink_to(submissions / "anna")
    paste_pictures(three / "pastes", given)
    hand_in(three / "prints and fails", given, PRINTS)
    marks = (graded[1] / "to_mark.csv").read_text(encoding="utf-8-sig")
    assert f"anna,{NAME},why-answer,,10,Because I say so." in marks
    assert "untouched" not in marks
    output = tmp_path / "grades"
    output.mkdir()
    marked = marks.replace("why-answer,,10,Because", "why-answer,7.5,10,Because")
    (output / "to_mark.csv").write_text(marked)
    row, _, fails = grade.grade_all(
        three, output, built / "instructor", LIMITS, feedback=True
    )
    assert (row.by_hand, row.by_hand_outstanding, row.total) == (7.5, 0, 97.5)
    assert "why-answer,7.5,10" in (output / "to_mark.csv").read_text()

    assert fails.automatic == 0
    assert "AssertionError: twice 1 is 2" in fails.reason
    page = (output / "feedback" / "prints and fails" / f"{NAME}.html").read_text()
    assert "twice 1 is 2" in page
    assert "secret_number" not in page
    assert len(page) < 1e6

    page = (output / "feedback" / "anna" / f"{NAME}.html").read_text()
    assert "called with 1\n" in page
    assert "7341" not in page

    page = (output / "feedback" / "pastes" / f"{NAME}.html").read_text()
    assert "data:image/png;base64,ZG90" in page
    assert 'src="gone.png"' in page
    assert "BEGIN HIDDEN TESTS" in page
    assert "secret_number" not in page


def test_a_page_that_cannot_be_made_is_a_reason_and_no_end(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("of an earlier run")
    reason = autograde.write_feedback(tmp_path / "none", NAME, "s0", page)
    assert reason.startswith("no feedback page: ")
    assert not page.exists()


@pytest.mark.parametrize("broken", ["autograde", "write_feedback"])
def test_what_fails_for_one_submission_is_in_its_row_and_the_others_are_graded(
    built, given, tmp_path, monkeypatch, broken
):
    hand_in(tmp_path / "in" / "anna", given)
    hand_in(tmp_path / "in" / "ben", given)
    course = built / "instructor"
    whole = autograde.Graded(90, 90, 100)

    def fails_for_anna(course, assignment, key, *rest):
        if key == "s0":
            raise SystemExit("our fault")
        return whole if broken == "autograde" else None

    monkeypatch.setattr(grade, "autograde", lambda *given: whole)
    monkeypatch.setattr(grade, "write_feedback", lambda *given: None)
    monkeypatch.setattr(grade, broken, fails_for_anna)
    anna, ben = grade.grade_all(
        tmp_path / "in", tmp_path / "out", course, LIMITS, feedback=True
    )
    assert "our fault" in anna.reason
    assert (ben.total, ben.status, ben.reason) == (90, "graded", "")
    written = (tmp_path / "out" / "grades.csv").read_text(encoding="utf-8-sig")
    assert "our fault" in written
