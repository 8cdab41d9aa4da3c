"""What a student wrote is found again, whatever a notebook went through.

The cells that come back are run one after another, as a kernel would run them.
"""

import copy
import json
from collections.abc import Callable

import nbformat
import pytest
from nbformat import NotebookNode
from restore import Restored, read_submission, restore
from tiny_assignment import CHECK, GIVEN, TEXT, TO_WRITE

pytestmark = pytest.mark.classroom

STUB = "# Your code here\nraise NotImplementedError"
LETTER = "Dear Amina,\n\ntake the first."
CHECKED = ["double-check", "paper-check", "pair-check"]
SOLUTIONS = {
    "double-solution": "def double(x):\n    return 2 * x",
    "paper-solution": "on_paper = 3.5",
    "pair-solution": "def first(x):\n    return x[0]\n\ndef last(x):\n    return x[-1]",
    "letter-answer": LETTER,
}
CELLS = [
    ("opening-text", "# An assignment", GIVEN),
    ("double-text", "## Task 1\n\nWrite `double(x)`.", GIVEN),
    ("double-data", "numbers = [1, 2]", GIVEN),
    (
        "double-solution",
        "def double(x):\n    # Your code here\n    raise NotImplementedError",
        TO_WRITE,
    ),
    ("double-check", "assert [double(n) for n in numbers] == [2, 4]", CHECK),
    ("paper-text", "## Task 2\n\nA number.", GIVEN),
    ("paper-solution", f"# on_paper = a number\n{STUB}", TO_WRITE),
    ("paper-check", "assert on_paper == 3.5", CHECK),
    ("paper-hidden", "# More checks run here.", CHECK),
    ("pair-text", "## Task 3\n\nWrite `first` and `last`.", GIVEN),
    (
        "pair-solution",
        f"def first(x):\n    {STUB}\n\ndef last(x):\n    {STUB}".replace(
            "\nr", "\n    r"
        ),
        TO_WRITE,
    ),
    ("pair-check", "assert (first('ab'), last('ab')) == ('a', 'b')", CHECK),
    ("pair-hidden", "# More checks run here.", CHECK),
    ("letter-text", "## Task 4\n\nWrite to Amina.", GIVEN),
    ("letter-answer", "Your answer here.", TEXT),
]


@pytest.fixture
def given() -> NotebookNode:
    cells = []
    for name, source, about in CELLS:
        cell = new(source, code=not name.endswith(("-text", "-answer")))
        cell.id = f"id-{name}"
        cell.metadata["nbgrader"] = {**about, "grade_id": name}
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def solved(given) -> NotebookNode:
    notebook = copy.deepcopy(given)
    for name, source in SOLUTIONS.items():
        cell_of(notebook, name).source = source
    return notebook


def new(source: str, code: bool = True) -> NotebookNode:
    kind = nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell
    return kind(source)


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    (cell,) = (
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name
    )
    return cell


def passed(restored: Restored) -> list[str]:
    """Run the cells; name the checks that pass."""
    names, good = {}, []
    for cell in restored.notebook.cells:
        if cell.cell_type != "code":
            continue
        try:
            exec(cell.source, names)
        except Exception:
            continue
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in CHECKED:
            good.append(name)
    return good


def text_of(restored: Restored) -> str:
    return cell_of(restored.notebook, "letter-answer").source


# What happens to a notebook on its way


def lose_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()


def lose_ids(notebook):
    for cell in notebook.cells:
        cell.id = nbformat.v4.new_code_cell().id


def lose_both(notebook):
    lose_metadata(notebook)
    lose_ids(notebook)


def keep_ids_in_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode(id=cell.pop("id"))


def odd_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode(nbgrader={"grade_id": ["a"]}, id=["b"])


def lose_spaces(notebook):
    lose_both(notebook)
    for cell in notebook.cells:
        cell.source = f"\n{cell.source.replace(chr(10), ' ' + chr(10))}\n"


def edit_texts(notebook):
    lose_both(notebook)
    for cell in notebook.cells:
        if cell.source.startswith("#"):
            cell.source += "\n\n"


def write_below(notebook):
    """Leave the cells to write as they were, and write into new ones below them."""
    stubs = {name: source for name, source, _ in CELLS}
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if (name := cell.metadata.nbgrader.grade_id) in SOLUTIONS:
            cells.append(new(cell.source, cell.cell_type == "code"))
            cell.source = stubs[name]
    notebook.cells = cells


def write_at_the_end(notebook):
    write_below(notebook)
    notebook.cells.sort(key=lambda cell: "nbgrader" not in cell.metadata)


def write_below_and_lose_both(notebook):
    write_below(notebook)
    lose_both(notebook)


def write_all_into_one_cell(notebook):
    """The first cell of all does it, and the cells to write are left as they were."""
    write_below(notebook)
    code = [c.source for c in notebook.cells if "nbgrader" not in c.metadata]
    letter = code.pop()
    notebook.cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    notebook.cells.insert(0, new("\n\n".join(code)))
    notebook.cells.append(new(letter, code=False))


def write_all_into_one_cell_and_delete_the_others(notebook):
    write_all_into_one_cell(notebook)
    names = set(SOLUTIONS)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") not in names
    ]
    lose_both(notebook)


def hand_in_nothing_else(notebook):
    names = set(SOLUTIONS)
    notebook.cells = [
        cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id in names
    ]
    lose_both(notebook)


def write_into_the_checks(notebook):
    """Join each cell to write with the check below it, which keeps its metadata."""
    for task in ["double", "paper", "pair"]:
        solution = cell_of(notebook, f"{task}-solution")
        check = cell_of(notebook, f"{task}-check")
        check.source = f"{solution.source}\n\n{check.source}"
        notebook.cells.remove(solution)


def copy_cells(notebook):
    notebook.cells = [copy.deepcopy(c) for cell in notebook.cells for c in [cell] * 2]


def keep_copies_of_what_was_given(notebook):
    """Keep the stub below the solution; run as it stands, it would undo it."""
    write_below(notebook)
    cells = notebook.cells
    for place, cell in enumerate(cells):
        if "nbgrader" not in cell.metadata:
            cells[place - 1].source, cell.source = cell.source, cells[place - 1].source


def split_a_cell(notebook):
    lose_both(notebook)
    (place,) = (n for n, c in enumerate(notebook.cells) if "def last" in c.source)
    first, last = notebook.cells[place].source.split("\n\n")
    notebook.cells[place].source = first
    notebook.cells.insert(place + 1, new(last))


def move_solutions_to_the_end(notebook):
    """Each has a helper above it, which moves along."""
    for task in ["pair", "double"]:
        cell = cell_of(notebook, f"{task}-solution")
        notebook.cells.remove(cell)
        notebook.cells += [new(f"def {task}_helper():\n    pass"), cell]
        cell.source = f"{task}_helper()\n{cell.source}"


def move_checks_to_the_top(notebook):
    check = cell_of(notebook, "double-check")
    notebook.cells.remove(check)
    notebook.cells.insert(0, check)


def move_a_solution_up(notebook):
    """The check of the first task needs what the third defines."""
    cell = cell_of(notebook, "pair-solution")
    notebook.cells.remove(cell)
    notebook.cells.insert(2, cell)
    code = "def double(x):\n    return 2 * first([x])"
    cell_of(notebook, "double-solution").source = code


def comment_in_place_of_the_code(notebook):
    """Say where the solutions are: at the end."""
    write_at_the_end(notebook)
    comments = {"double": "", "paper": "# see below\n\n", "pair": "# below\npass"}
    for task, comment in comments.items():
        cell_of(notebook, f"{task}-solution").source = comment


def set_data_for_a_try(notebook):
    """And set it again as it was given: the solution uses it."""
    place = notebook.cells.index(cell_of(notebook, "double-solution"))
    tries = [new("numbers = [5]"), new("numbers = [1, 2]")]
    notebook.cells[place:place] = tries
    code = "def double(x):\n    return numbers[1] * x"
    cell_of(notebook, "double-solution").source = code


def write_into_the_data(notebook):
    """An import and a helper are new there, and the data are others."""
    helper = "def helper(x):\n    return prod([2, x])"
    data = cell_of(notebook, "double-data")
    data.source = f"%cd x\nfrom math import prod\nnumbers = []\n{helper}"
    code = "def double(x):\n    return helper(x) if numbers else None"
    cell_of(notebook, "double-solution").source = code


def delete_what_was_given(notebook):
    notebook.cells = [
        cell for cell in notebook.cells if not cell.metadata.nbgrader.locked
    ]


ON_THE_WAY = [
    lambda notebook: None,
    lose_metadata,
    lose_ids,
    lose_both,
    keep_ids_in_metadata,
    odd_metadata,
    lose_spaces,
    edit_texts,
    write_below,
    write_at_the_end,
    write_below_and_lose_both,
    write_all_into_one_cell,
    write_all_into_one_cell_and_delete_the_others,
    hand_in_nothing_else,
    write_into_the_checks,
    copy_cells,
    keep_copies_of_what_was_given,
    split_a_cell,
    move_solutions_to_the_end,
    move_checks_to_the_top,
    move_a_solution_up,
    comment_in_place_of_the_code,
    set_data_for_a_try,
    write_into_the_data,
    delete_what_was_given,
]


@pytest.mark.parametrize("change", ON_THE_WAY, ids=lambda change: change.__name__)
def test_right_work_passes_and_the_letter_is_read(given, solved, change):
    change(solved)
    restored = restore(solved, given)
    assert restored.is_recognised
    assert passed(restored) == CHECKED
    assert text_of(restored).split()[:5] == LETTER.split()
    assert all(restored.how.values())


def test_what_was_recognised_by_what_is_said(given, solved):
    assert restore(solved, given).describe() == "all by nbgrader's metadata"
    lose_both(solved)
    cell = next(c for c in solved.cells if "def double" in c.source)
    cell.source = "def triple(x):\n    return 3 * x"
    restored = restore(solved, given)
    assert restored.how["double-solution"] == ""
    assert "not found: double-solution" in restored.describe()
    assert passed(restored) == CHECKED[1:]


def test_only_what_is_new_in_an_edited_cell_with_data_is_run(given, solved):
    write_into_the_data(solved)
    cell_of(solved, "pair-check").source = "print('is not run')"
    restored = restore(solved, given)
    assert restored.edited == ["double-data", "pair-check"]
    assert "double-data, pair-check" in restored.describe()
    place = restored.notebook.cells.index(cell_of(restored.notebook, "double-data"))
    data, added = (c.source for c in restored.notebook.cells[place : place + 2])
    assert data == "numbers = [1, 2]"
    assert added.startswith("from math import prod\ndef helper")
    assert len(restored.notebook.cells) == len(given.cells) + 1


@pytest.mark.parametrize("code", ["(" * 10**4, "-" * 10**5, "a\0b", "x = !ls"])
def test_data_that_became_no_python_are_put_back(given, solved, code):
    cell_of(solved, "double-data").source = code
    restored = restore(solved, given)
    assert passed(restored) == CHECKED
    assert restored.edited == ["double-data"]


def test_copies_of_checks_are_not_run_twice(given, solved):
    solved.cells.insert(2, new(cell_of(given, "double-check").source))
    assert len(restore(solved, given).notebook.cells) == len(given.cells)


@pytest.mark.parametrize("change", [lambda notebook: None, lose_both, copy_cells])
def test_an_untouched_notebook_is_recognised_and_holds_no_text(given, change):
    notebook = copy.deepcopy(given)
    change(notebook)
    notebook.cells.append(new(" \n"))
    notebook.cells.append(new(" \n", code=False))
    restored = restore(notebook, given)
    assert restored.is_recognised
    assert passed(restored) == []
    assert text_of(restored) == "Your answer here."


def test_a_second_try_further_down_does_not_undo_the_first(given, solved):
    lose_both(solved)
    solved.cells.append(new("def double(x):\n    return 0"))
    assert passed(restore(solved, given)) == CHECKED


# Where a letter may stand


def below(notebook):
    notebook.cells.append(new(LETTER, code=False))


def in_place_of_the_cell(notebook):
    notebook.cells[-1] = new(LETTER, code=False)


def in_a_code_cell(notebook):
    notebook.cells.append(new(LETTER))


def in_the_question(notebook):
    notebook.cells[-2].source += f"\n\n{LETTER}"


def at_the_top(notebook):
    notebook.cells.insert(0, new(LETTER, code=False))


def half_of_it_below(notebook):
    first, rest = LETTER.split("\n\n")
    notebook.cells[-1].source = first
    notebook.cells.append(new(rest, code=False))


@pytest.mark.parametrize("lost", [lambda notebook: None, lose_both])
@pytest.mark.parametrize(
    "write",
    [
        below,
        in_place_of_the_cell,
        in_a_code_cell,
        in_the_question,
        at_the_top,
        half_of_it_below,
    ],
)
def test_a_letter_is_found_where_the_student_wrote_it(given, write, lost):
    notebook = copy.deepcopy(given)
    write(notebook)
    lost(notebook)
    assert text_of(restore(notebook, given)).strip() == LETTER


def test_code_added_elsewhere_is_no_letter(given):
    notebook = copy.deepcopy(given)
    notebook.cells.insert(3, new("1 + 1"))
    assert text_of(restore(notebook, given)) == "Your answer here."


# What is no submission of this assignment


def other_assignment(notebook: NotebookNode) -> None:
    """Some of nbgrader's names are in every assignment."""
    for cell in notebook.cells:
        cell.id = nbformat.v4.new_code_cell().id
        if cell.source not in ("# More checks run here.", LETTER):
            cell.source = cell.source.replace("double", "triple").replace(" ", "  ")
            cell.source = cell.source.replace("first", "one").replace("last", "two")
            cell.source = cell.source.replace("on_paper", "with_pencil")


def only_a_letter(notebook: NotebookNode) -> None:
    notebook.cells = [new(LETTER, code=False)]


def no_cell(notebook: NotebookNode) -> None:
    notebook.cells = []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (other_assignment, LETTER),
        (only_a_letter, LETTER),
        (no_cell, "Your answer here."),
    ],
)
def test_what_holds_no_task_is_not_recognised(given, solved, change: Callable, text):
    change(solved)
    restored = restore(solved, given)
    assert not restored.is_recognised
    assert text_of(restored).endswith(text)


def test_half_an_emoji_can_be_written_again(solved):
    solved.cells[-1].source = "Dear \ud83d"
    read = read_submission(json.dumps(solved))
    assert read.cells[-1].source == "Dear ?"


# Pictures in a cell


PICTURES = {
    "my drawing.png": {"image/png": "aGVsbG8="},
    "page.html": {"text/html": "aGVsbG8="},
    "odd.png": {"image/png": '"><script>'},
    "list.png": ["aGVsbG8="],
}


def test_pasted_pictures_are_kept_and_nothing_else_is(given, solved):
    solved.cells[-1].attachments = nbformat.from_dict(PICTURES)
    own = new("![a](attachment:my%20drawing.png)", code=False)
    own.attachments = nbformat.from_dict(PICTURES)
    solved.cells.append(own)
    restored = restore(solved, given).notebook
    nbformat.validate(restored)
    for cell in restored.cells[-2:]:
        assert list(cell.attachments) == ["my drawing.png"]
