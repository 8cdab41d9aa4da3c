"""Every assignment of the course: its form, its points, and what it gives away.

The reference solution and the untouched student version are graded, which also runs the
notebooks; `make test-notebooks` leaves them out. `make test` grades one assignment.
"""

import ast
import re
import shutil
from pathlib import Path

import course
import grade
import make_assignments
import nbformat
import pytest
import sync_notebooks
from nbformat import NotebookNode

from recsys_helpers.intervals import bootstrap_interval

pytestmark = pytest.mark.classroom

NAMES = make_assignments.names_in()
each_assignment = pytest.mark.parametrize("name", NAMES)


def source_of(name: str) -> NotebookNode:
    return nbformat.read(course.SOURCES / f"{name}.ipynb", as_version=4)


def about(cell: NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def is_check(cell: NotebookNode) -> bool:
    return bool(about(cell).get("grade") and not about(cell).get("solution"))


def secrets_of(notebook: NotebookNode) -> set[str]:
    """Find lines of solutions and hidden tests that stand nowhere else."""
    secret, open_lines, inside = set(), set(), False
    for cell in notebook.cells:
        for line in map(str.strip, cell.source.splitlines()):
            if line.startswith("### "):
                inside = line.startswith("### BEGIN")
            elif len(line) > 12:
                (secret if inside else open_lines).add(line)
    return {s for s in secret if not any(s in line for line in open_lines)}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("assignments") / "built"
    make_assignments.derive(target=folder)
    return folder


def task_marked_by_hand(name: str) -> str:
    (cell,) = (
        cell
        for cell in source_of(name).cells
        if about(cell).get("grade") and about(cell)["solution"]
    )
    return about(cell)["grade_id"]


@pytest.mark.parametrize(
    "name", [NAMES[0], *(pytest.param(n, marks=pytest.mark.slow) for n in NAMES[1:])]
)
def test_the_reference_solution_gets_100_points_and_the_untouched_version_none(
    built, name, tmp_path
):
    for student, folder in {
        "reference": course.SOURCES,
        "untouched": built / "student" / name,
    }.items():
        (tmp_path / "in" / student).mkdir(parents=True)
        shutil.copy(folder / f"{name}.ipynb", tmp_path / "in" / student)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "to_mark.csv").write_text(
        "student,assignment,task,points,max,text\n"
        f"reference,{name},{task_marked_by_hand(name)},10,10,"
    )
    rows = grade.grade_all(tmp_path / "in", tmp_path / "out", built / "instructor")
    reference, untouched = (row for row in rows if row.assignment == name)
    assert (reference.automatic, reference.total) == (90, 100), reference.reason
    assert (reference.max, reference.by_hand_outstanding) == (100, 0)
    assert (untouched.total, untouched.by_hand_outstanding) == (0, 0), untouched.reason
    assert untouched.status == "graded"


@each_assignment
def test_the_student_version_gives_nothing_away(built, name):
    folder = built / "student" / name
    secrets = secrets_of(source_of(name))
    assert len(secrets) > 20
    student = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in student.cells)
    assert [secret for secret in secrets if secret in text] == []
    assert not re.search("### (BEGIN|END)", text)
    for cell in student.cells:
        assert not cell.get("outputs")
        if is_check(cell):
            assert cell.metadata.editable is False


@each_assignment
def test_the_solution_version_holds_no_hidden_test(built, name):
    path = built / "solution" / name / f"{name}.ipynb"
    solution = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in solution.cells)
    assert "### BEGIN" not in text
    hidden = nbformat.v4.new_notebook(
        cells=[cell for cell in source_of(name).cells if is_check(cell)]
    )
    assert [secret for secret in secrets_of(hidden) if secret in text] == []


@each_assignment
def test_every_cell_has_a_name_of_its_own(name):
    names = [about(cell).get("grade_id", "") for cell in source_of(name).cells]
    assert len(set(names)) == len(names)
    for grade_id in names:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", grade_id), grade_id


@each_assignment
def test_what_is_not_to_be_written_is_locked(name):
    for cell in source_of(name).cells:
        assert about(cell)["locked"] != about(cell)["solution"], cell.source


@each_assignment
def test_points_of_the_tasks_are_those_of_the_table(name):
    cells = source_of(name).cells
    table = re.findall(r"^\| (\d) .+ \| (\d+) \|$", cells[0].source, re.MULTILINE)
    points, task = {}, "0"
    for cell in cells:
        if heading := re.search(r"^## Task (\d):.*\((\d+) points\)", cell.source, re.M):
            task = heading[1]
            assert (task, heading[2]) in table
        points[task] = points.get(task, 0) + about(cell).get("points", 0)
    assert {task: n for task, n in points.items() if n} == {
        task: int(n) for task, n in table
    }
    assert 4 <= len(table) <= 8


@each_assignment
def test_the_time_is_that_of_the_tasks_and_ten_minutes(name):
    opening = source_of(name).cells[0].source
    minutes = re.findall(r"^\| \d .+ \| (\d+) \| \d+ \|$", opening, re.MULTILINE)
    (told,) = re.findall(r"^\*\*Time\*\* about (\d+) minutes", opening, re.MULTILINE)
    assert 0 <= int(told) - sum(map(int, minutes)) - 10 < 5


@each_assignment
def test_an_assignment_has_the_parts_that_were_promised(name):
    text = "\n".join(cell.source for cell in source_of(name).cells)
    for part in ["**You need**", "**Time**", "Find the bug", "| points | for |"]:
        assert part in text, part
    assert 'os.environ["RECSYS_DATASET"] = "sample"' in text


# nbgrader takes a number that a check cell shows for a part of its points.
@each_assignment
def test_no_check_ends_in_an_expression(name):
    for cell in source_of(name).cells:
        if is_check(cell):
            last = ast.parse(cell.source).body[-1]
            assert not isinstance(last, ast.Expr), cell.source


@each_assignment
def test_the_pictures_are_what_the_reference_draws(name):
    source = source_of(name)
    shown = re.findall(
        r"!\[([^\]]+)\]\(pictures/([\w-]+)\.png\)",
        "\n".join(cell.source for cell in source.cells),
    )
    drawn = sync_notebooks.pictures(source)
    assert {picture for _, picture in shown} == set(drawn)
    for alt, picture in shown:
        assert len(alt) > 20
        path = course.SOURCES / "pictures" / f"{picture}.png"
        assert path.read_bytes() == drawn[picture]


def test_random_numbers_are_not_told_from_chance_by_so_few_posters(monkeypatch):
    monkeypatch.setenv("RECSYS_DATASET", "sample")  # as the notebook does, for good
    found: dict = {}
    cells = source_of("05_posters_and_comparison").cells
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        exec(cell.source, found)
        if about(cell).get("grade_id") == "agreement-table":
            break
    interval = bootstrap_interval(found["of_poster"]["random"])
    assert interval.low < found["agreement_by_chance"](found["genres"]) < interval.high
