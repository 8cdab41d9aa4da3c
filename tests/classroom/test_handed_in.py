"""Notebooks are found whatever they are called, and what is left is named."""

import io
import json
import os
import zipfile
from pathlib import Path

import handed_in
import make_assignments
import nbformat
import pytest
from tiny_assignment import NAME, SOLVED, hand_in, write_sources

pytestmark = pytest.mark.classroom


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """What students got, by the name of the assignment."""
    folder = tmp_path_factory.mktemp("assignments")
    make_assignments.derive(write_sources(folder / "sources"), folder / "built")
    path = folder / "built" / "instructor" / "release" / NAME / f"{NAME}.ipynb"
    return {NAME: nbformat.read(path, as_version=4), "02_other": other()}


def other():
    about = {"grade_id": "x", "locked": True, "grade": False, "solution": False}
    cell = nbformat.v4.new_code_cell("x = 3", metadata={"nbgrader": about})
    return nbformat.v4.new_notebook(cells=[cell])


@pytest.fixture
def solved(given, tmp_path) -> str:
    return nbformat.writes(hand_in(tmp_path / "solved", given[NAME], SOLVED))


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(name, text)
    return content.getvalue()


def put(folder: Path, files: dict) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def chosen(submission: Path, given, assignment=NAME):
    """Return the source of what is chosen, the note, and what could not be used."""
    folder = submission.parent / "laid out"
    problems = handed_in.lay_out(submission, folder)
    path, note = handed_in.choose(folder, given, assignment)
    return path and handed_in.read_notebook(path), note, problems


@pytest.mark.parametrize(
    "name",
    [
        f"{NAME}.ipynb",
        f"{NAME}/{NAME}.ipynb",
        f"Abgabe/{NAME}/{NAME}.ipynb",
        f"{NAME}.IPYNB",
        f"{NAME}.ipynb.txt",
        f"{NAME}.json",
        f"{NAME} (1).ipynb",
        f"Copy of {NAME}.ipynb",
        f"ben_12345_{NAME}-1.ipynb",
        "01 Tiny FINAL.ipynb",
        "Assignment 1 - Ben Schmidt.ipynb",
    ],
)
def test_a_notebook_is_found_by_its_name_or_by_what_is_in_it(
    name, given, solved, tmp_path
):
    junk = {"__MACOSX/._x.ipynb": "x", f".ipynb_checkpoints/{NAME}.ipynb": "x"}
    notebook, note, problems = chosen(
        put(tmp_path / "ben", {name: solved, **junk}), given
    )
    assert SOLVED in [cell.source for cell in notebook.cells]
    assert problems == []
    as_asked_for = name in (f"{NAME}.ipynb", f"{NAME}/{NAME}.ipynb")
    assert note == ("" if as_asked_for else f"taken: {name}")


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_loose_notebook_and_a_zip_are_submissions(as_zip, given, solved, tmp_path):
    content = zipped(**{f"x/{NAME}.ipynb": solved}) if as_zip else solved
    folder = put(tmp_path / "in", {"ben.zip" if as_zip else "ben.ipynb": content})
    ((submission,), others) = handed_in.submissions_in(folder)
    assert others == []
    assert chosen(submission, given)[0] is not None


def test_what_is_no_submission_is_named(tmp_path):
    folder = put(tmp_path, {"a/x": "", "b.rar": "", "list.xlsx": "", "__MACOSX/y": ""})
    submissions, others = handed_in.submissions_in(folder)
    assert [path.name for path in submissions] == ["a", "b.rar"]
    assert [path.name for path in others] == ["__MACOSX", "list.xlsx"]


def test_the_reason_names_what_lies_there(given, tmp_path):
    files = {"solution.py": "x", "b/essay.pdf": "x", "02_other.ipynb": "{}"}
    notebook, note, _ = chosen(put(tmp_path / "ben", files), given)
    assert notebook is None
    assert note == f"there is no {NAME}.ipynb; there are: b/essay.pdf, solution.py"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_notebook_in_another_encoding_is_read(encoding, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("'für'")])
    text = json.dumps(notebook, ensure_ascii=False)
    (tmp_path / "x.ipynb").write_bytes(text.encode(encoding))
    assert handed_in.read_notebook(tmp_path / "x.ipynb").cells[0].source == "'für'"


def test_of_several_notebooks_the_one_that_was_worked_on_is_taken(
    given, solved, tmp_path
):
    untouched = nbformat.writes(given[NAME])
    files = {f"{NAME}.ipynb": untouched, f"{NAME} (1).ipynb": solved}
    notebook, note, _ = chosen(put(tmp_path / "ben", files), given)
    assert SOLVED in [cell.source for cell in notebook.cells]
    assert note == f"taken: {NAME} (1).ipynb; not taken: {NAME}.ipynb"


def test_the_right_name_counts_if_both_were_worked_on(given, solved, tmp_path):
    other = solved.replace("2 * x", "3 * x")
    files = {f"{NAME}.ipynb": solved, f"{NAME} (1).ipynb": other}
    notebook, note, _ = chosen(put(tmp_path / "ben", files), given)
    assert SOLVED in [cell.source for cell in notebook.cells]
    assert note == f"not taken: {NAME} (1).ipynb"


def test_none_is_taken_where_it_is_not_clear_which(given, solved, tmp_path):
    other = solved.replace("2 * x", "3 * x")
    files = {f"anna/{NAME}.ipynb": solved, f"ben/{NAME}.ipynb": other}
    notebook, note, _ = chosen(put(tmp_path / "all", files), given)
    assert notebook is None
    assert f"anna/{NAME}.ipynb, ben/{NAME}.ipynb" in note


@pytest.mark.parametrize("name", ["../x.ipynb", "/x.ipynb", "a/../../x.ipynb", "..\\x"])
def test_a_zip_writes_nowhere_else(name, given, solved, tmp_path):
    zips = {"ben.zip": zipped(**{name: solved, f"{NAME}.ipynb": solved})}
    folder = put(tmp_path / "ben", zips)
    notebook, _, problems = chosen(folder, given)
    assert notebook is not None
    assert "elsewhere" in problems[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ben",
        "laid out",
        "solved",
    ]


def test_a_zip_bomb_is_not_unpacked(given, monkeypatch, tmp_path):
    monkeypatch.setattr(handed_in, "LARGEST", 10_000)
    monkeypatch.setattr(handed_in, "MOST_UNZIPPED", 25_000)
    files = {f"{i}.ipynb": "y" * 9_000 for i in range(5)}
    bomb = zipped(**{f"{NAME}.ipynb": "y" * 10**7}, **files)
    _, _, problems = chosen(put(tmp_path / "ben", {"b.zip": bomb}), given)
    assert f"{NAME}.ipynb is too large" in problems[0]
    laid_out = [p for p in (tmp_path / "laid out").rglob("*") if p.is_file()]
    assert sum(path.stat().st_size for path in laid_out) <= 25_000


def test_a_broken_zip_is_named(given, tmp_path):
    broken = zipped(x="y")[:-30]
    notebook, _, problems = chosen(put(tmp_path / "ben", {"b.zip": broken}), given)
    assert notebook is None
    assert problems[0].startswith("b.zip can't be opened")


def test_what_is_wrong_with_one_file_of_a_zip_costs_no_other(given, solved, tmp_path):
    files = {"a.ipynb": "x", "b": "a file", "b/c": "below it", f"{NAME}.ipynb": solved}
    broken = zipped(**files).replace(b"PK\3\4", b"PK\0\0", 1)  # of the first file
    notebook, _, problems = chosen(put(tmp_path / "ben", {"b.zip": broken}), given)
    assert SOLVED in [cell.source for cell in notebook.cells]
    assert [problem.split()[1] for problem in problems] == ["a.ipynb", "b/c"]


def test_links_and_pipes_are_not_followed(given, tmp_path):
    folder = tmp_path / "ben"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").symlink_to("/etc/hostname")
    (folder / "more").symlink_to("/etc")
    os.mkfifo(folder / "pipe.ipynb")
    notebook, _, problems = chosen(folder, given)
    assert notebook is None
    assert len(problems) == 3


def test_the_bytes_of_an_old_zip_program_are_a_name():
    name = Path(os.fsdecode("Müller".encode("cp1252")))
    assert handed_in.name_of(name) == "Müller"


def test_too_many_files_are_said_to_be(given, monkeypatch, tmp_path):
    monkeypatch.setattr(handed_in, "MOST_FILES", 3)
    files = {f"{i}.py": "" for i in range(5)}
    _, _, problems = chosen(put(tmp_path / "ben", files), given)
    assert "more than 3 files" in problems[0]
