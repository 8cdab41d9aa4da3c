"""The exercises of the chapters, their solutions, and that the two belong together."""

import ast
import re
from dataclasses import dataclass, field

import nbformat
import pytest
import sync_notebooks
from nbformat import NotebookNode

CHAPTERS = sorted(sync_notebooks.NOTEBOOKS.glob("[0-9]*.ipynb"))
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)

EXERCISE = re.compile(r"^`{3,}\{exercise(?:-start)?\}.*\n:label: (\S+)", re.MULTILINE)
ASKED = re.compile(r"[Ww]rite\s(?:a\s)?(?:function\s)?`(\w+)\(([^`]*)\)`")
SOLUTION = re.compile(r"^`{3,}\{solution-start\} (\S+)", re.MULTILINE)


@dataclass
class Exercise:
    """An exercise and what follows it: the reader's cells, and the solution."""

    label: str
    text: str
    given: list[NotebookNode] = field(default_factory=list)
    solved: list[NotebookNode] = field(default_factory=list)
    solution_label: str = ""
    is_closed: bool = False


def exercises_of(notebook: NotebookNode) -> list[Exercise]:
    """Read the exercises of a chapter, in order, each up to the next one."""
    found = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        for match in EXERCISE.finditer(cell.source):
            end = EXERCISE.search(cell.source, match.end())
            text = cell.source[match.start() : end.start() if end else None]
            found.append(Exercise(match[1], text))
        if not found:
            continue
        if start := SOLUTION.search(cell.source):
            found[-1].solution_label = start[1]
        found[-1].is_closed |= "{solution-end}" in cell.source
        if "exercise" in tags:
            found[-1].given.append(cell)
        if "solution" in tags:
            found[-1].solved.append(cell)
    return found


def problems_of(notebook: NotebookNode) -> list[str]:
    """Say what is wrong with the exercises of a chapter, in sentences."""
    problems = []
    for exercise in exercises_of(notebook):
        problems += [f"{exercise.label}: {text}" for text in faults_of(exercise)]
    return problems


def faults_of(exercise: Exercise) -> list[str]:
    code = [cell for cell in exercise.solved if cell.cell_type == "code"]
    prose = "".join(c.source for c in exercise.solved if c.cell_type == "markdown")
    words = re.sub(r"^`{3,}.*$|^:class:.*$", "", prose, flags=re.MULTILINE).split()
    faults = {
        "has no solution": not exercise.solution_label,
        "is followed by the solution of another": exercise.solution_label
        not in ("", exercise.label),
        "has a solution that does not end": not exercise.is_closed,
        "has no cell for the reader": not exercise.given,
        "has an empty solution": not (words or any(c.source.strip() for c in code)),
        # The notebooks of the chapters are run by nbval in `make test-notebooks`,
        # their solutions too; these counts show that the stored ones were.
        "has a solution that was not run": any(
            c.execution_count is None for c in code if c.source.strip()
        ),
    }
    return [text for text, is_so in faults.items() if is_so] + drift_of(exercise)


def drift_of(exercise: Exercise) -> list[str]:
    """Compare functions that the exercise and its solution both define."""
    given = functions_in(exercise.given)
    solved = functions_in([c for c in exercise.solved if c.cell_type == "code"])
    asked = dict(ASKED.findall(exercise.text))
    return [
        f"asks for {name}({wanted[name]}) and solves {name}({solved[name]})"
        for wanted in (given, asked)
        for name in wanted.keys() & solved.keys()
        if wanted[name] != solved[name]
    ] + [
        f"leaves {name}(...) unsolved, which it asks for"
        for name in (stubs_in(exercise.given) | asked.keys()) - solved.keys()
    ]


def functions_in(cells: list[NotebookNode]) -> dict[str, str]:
    """Map the functions that cells define to their arguments."""
    return {
        node.name: ast.unparse(node.args)
        for cell in cells
        for node in ast.walk(parsed(cell.source))
        if isinstance(node, ast.FunctionDef)
    }


def stubs_in(cells: list[NotebookNode]) -> set[str]:
    """Name the functions of which the reader has to write the body."""
    empty = (ast.Pass, ast.Raise)
    return {
        node.name
        for cell in cells
        for node in ast.walk(parsed(cell.source))
        if isinstance(node, ast.FunctionDef)
        and (isinstance(node.body[-1], empty) or is_text_or_dots(node.body[-1]))
    }


def is_text_or_dots(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def parsed(source: str) -> ast.Module:
    lines = [line for line in source.splitlines() if not line.startswith(("%", "!"))]
    return ast.parse("\n".join(lines))


@each_chapter
def test_every_exercise_is_solved_and_no_solution_drifts(chapter):
    assert problems_of(nbformat.read(chapter, as_version=4)) == []


@each_chapter
def test_all_exercises_of_a_chapter_are_found(chapter):
    notebook = nbformat.read(chapter, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert len(exercises_of(notebook)) == text.count("{exercise") >= 3


def chapter_of(given: str, solved: str, end: str = "ex-one") -> NotebookNode:
    new_text, new_code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    solution = {"tags": ["solution"]}
    return nbformat.v4.new_notebook(
        cells=[
            new_text("# A chapter"),
            new_text("```{exercise} One\n:label: ex-one\n\nWrite `f(a, b=1)`.\n```"),
            new_code(given, metadata={"tags": ["exercise"]}),
            new_text(
                f"````{{solution-start}} {end}\n:class: dropdown\n````",
                metadata=solution,
            ),
            new_code(solved, metadata=solution, execution_count=4),
            new_text("````{solution-end}\n````", metadata=solution),
        ]
    )


STUB = 'def f(a, b=1):\n    """Add."""\n    ...'
SOLVED = "def f(a, b=1):\n    return a + b"


def test_a_solved_exercise_has_no_problem():
    assert problems_of(chapter_of(STUB, SOLVED)) == []
    assert problems_of(chapter_of("# Your answer", SOLVED)) == []


@pytest.mark.parametrize(
    ("given", "solved", "problem"),
    [
        (STUB, "def f(a):\n    return a", "asks for f(a, b=1) and solves f(a)"),
        (STUB, "def g(a, b=1):\n    return a", "leaves f(...) unsolved"),
        ("# Yours", "def f(a):\n    return a", "asks for f(a, b=1) and solves f(a)"),
        ("# Yours", "1 + 1", "leaves f(...) unsolved"),
        ("# Yours", "", "has an empty solution"),
    ],
)
def test_drift_and_empty_solutions_are_found(given, solved, problem):
    assert problem in str(problems_of(chapter_of(given, solved)))


def test_an_exercise_without_a_solution_is_found():
    chapter = chapter_of(STUB, SOLVED)
    del chapter.cells[3:]
    assert "ex-one: has no solution" in problems_of(chapter)


def test_the_solution_of_another_exercise_is_found():
    (found,) = problems_of(chapter_of(STUB, SOLVED, end="ex-two"))
    assert "the solution of another" in found


def test_a_solution_that_was_not_run_is_found():
    chapter = chapter_of(STUB, SOLVED)
    chapter.cells[4].execution_count = None
    assert problems_of(chapter) == ["ex-one: has a solution that was not run"]
