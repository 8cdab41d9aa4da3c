"""Let nbgrader grade one submission, with our sandbox in the place of its kernel."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

import nbformat
from course import course_config, nbgrader_errors
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from restore import Restored, restore
from sandbox import Limits, run_cells
from traitlets import Instance

from recsys_helpers._files import write_whole

ATTACHMENT = re.compile(r"attachment:([^\s()<>\"']+)")
COLOURS = re.compile(r"\x1b\[[\d;]*m")


@dataclass
class Text:
    """A free text: what was written, and what it can and did get."""

    text: str
    max: float
    given: float | None  # None: a person has to mark it


@dataclass
class Graded:
    """What came of grading one notebook."""

    automatic: float
    automatic_max: float
    max: float
    texts: dict[str, Text] = field(default_factory=dict)
    status: str = "graded"
    reason: str = ""
    recognised: str = ""  # which cells to write were recognised, and how

    @classmethod
    def nothing(cls, course: Path, assignment: str) -> Graded:
        """Give no points of those that the assignment has."""
        given = _given(course, assignment)
        checked = [c for c in given.cells if _is_check(c)]
        texts = {_grade_id(c): c for c in given.cells if _is_text(c)}
        automatic_max = sum(cell.metadata.nbgrader.points for cell in checked)
        by_hand_max = sum(cell.metadata.nbgrader.points for cell in texts.values())
        return cls(
            automatic=0,
            automatic_max=automatic_max,
            max=automatic_max + by_hand_max,
            texts={
                name: Text("", cell.metadata.nbgrader.points, given=0)
                for name, cell in texts.items()
            },
        )

    def because(self, status: str, reason: str) -> Graded:
        """Return a copy with another status and reason."""
        return replace(self, status=status, reason=reason)


class SandboxedExecute(NbGraderPreprocessor):
    """Fills in the outputs of the code cells, as nbgrader's Execute does."""

    limits = Instance(Limits).tag(config=True)

    def preprocess(self, nb, resources):
        """Run the cells apart from this process."""
        code = {
            index: cell.source
            for index, cell in enumerate(nb.cells)
            if cell.cell_type == "code"
        }
        run = run_cells(code, Path(resources["metadata"]["path"]), self.limits)
        for index in code:
            outputs = run.outputs.get(index, [_not_run(run.stopped)])
            nb.cells[index].outputs = [
                nbformat.from_dict(_harmless(o)) for o in outputs
            ]
        nb.metadata["stopped"] = run.stopped
        return nb, resources


class WithoutHiddenTests(ClearHiddenTests):
    """Takes hidden tests, and outputs that would show them, out of feedback."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Leave only an error's last line; a student's cell may say anything."""
        if not _is_check(cell):
            return cell, resources
        is_hidden = self.begin_test_delimeter in cell.source
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if is_hidden:  # the student's code may print what it is called with
            cell.outputs = [o for o in cell.outputs if o.output_type == "error"]
            for output in cell.outputs:
                output.traceback = [_message(output)]
        return cell, resources


class WithPictures(NbGraderPreprocessor):
    """Gives pasted pictures names that the page finds; one that is missing stays so."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Put numbers in the place of their names."""
        names = {name: str(n) for n, name in enumerate(cell.get("attachments", {}))}

        def number(link: re.Match) -> str:
            name = unquote(link[1])
            return f"attachment:{names[name]}" if name in names else name

        if cell.cell_type == "markdown":
            # "<...>" is how Markdown writes an address with spaces.
            cell.source = ATTACHMENT.sub(number, cell.source)
        if names:
            cell.attachments = {names[k]: v for k, v in cell.attachments.items()}
        return cell, resources


def autograde(
    course: Path, assignment: str, key: str, submission: NotebookNode, limits: Limits
) -> Graded:
    """Grade a notebook that was read.

    Parameters
    ----------
    course : Path
        A copy of the instructor's folder, to work in.
    assignment : str
    key : str
        A name for the student without odd characters.
    submission : NotebookNode
    limits : Limits
    """
    restored = restore(submission, _given(course, assignment))
    if not restored.is_recognised:
        return _unrecognised(course, assignment, restored)
    folder = course / "submitted" / key / assignment
    folder.mkdir(parents=True)
    nbformat.write(restored.notebook, folder / f"{assignment}.ipynb")

    config = course_config(course, assignment)
    config.CourseDirectory.student_id = key
    config.SandboxedExecute.limits = limits
    config.Autograde.autograde_preprocessors = [
        SandboxedExecute,
        LimitOutput,
        SaveAutoGrades,
        CheckCellMetadata,
    ]
    with nbgrader_errors():
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    path = course / "autograded" / key / assignment / f"{assignment}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    graded = _collect(course, assignment, key, notebook)
    return replace(graded, recognised=restored.describe())


def write_feedback(course: Path, assignment: str, key: str, page: Path) -> str:
    """Write the page that a student gets, after `autograde`.

    Returns
    -------
    str
        Why there is none; empty if there is one.
    """
    config = course_config(course, assignment)
    config.CourseDirectory.student_id = key
    preprocessors = [
        WithoutHiddenTests,
        WithPictures,
        *GenerateFeedback.preprocessors.default_args[0],
    ]
    config.GenerateFeedback.preprocessors = preprocessors
    try:
        with nbgrader_errors():
            GenerateFeedback(
                coursedir=CourseDirectory(config=config), config=config
            ).start()
    except Exception as error:  # one page must not stop the grading of the others
        page.unlink(missing_ok=True)  # of an earlier run, which is no longer true
        return f"no feedback page: {_line(error)}"
    made = course / "feedback" / key / assignment / f"{assignment}.html"
    write_whole(page, made.read_bytes())
    return ""


def _unrecognised(course: Path, assignment: str, restored: Restored) -> Graded:
    """Leave all to a person: no point is given, and no code is run."""
    graded = Graded.nothing(course, assignment)
    for cell in restored.notebook.cells:
        if (text := graded.texts.get(_grade_id(cell))) and restored.how[
            _grade_id(cell)
        ]:
            text.text, text.given = cell.source, None
    reason = (
        f"none of its cells is one of {assignment}: look whether it is another file"
    )
    return replace(
        graded.because("unrecognised", reason), recognised=restored.describe()
    )


def _collect(course: Path, assignment: str, key: str, notebook: NotebookNode) -> Graded:
    """Read the points from the gradebook, and the reasons from the notebook."""
    graded = Graded.nothing(course, assignment)
    cells = {_grade_id(cell): cell for cell in notebook.cells}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        (submitted,) = gradebook.find_submission(assignment, key).notebooks
        for grade in submitted.grades:
            if grade.name in graded.texts:
                text = graded.texts[grade.name]
                text.text = cells[grade.name].source
                text.given = grade.auto_score
            else:
                graded.automatic += grade.auto_score
    failed = [
        f"{name}: {_message(output)[:150]}"
        for name, cell in cells.items()
        if name and _is_check(cell)
        for output in cell.outputs
        if output.output_type == "error"
    ]
    if stopped := notebook.metadata["stopped"]:
        return graded.because("stopped", "; ".join([stopped, *failed])[:2000])
    return graded.because("graded", "; ".join(failed)[:2000])


def _given(course: Path, assignment: str) -> NotebookNode:
    path = course / "release" / assignment / f"{assignment}.ipynb"
    return nbformat.read(path, as_version=4)


def _grade_id(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _is_check(cell: NotebookNode) -> bool:
    about = cell.metadata.get("nbgrader", {})
    return about.get("grade", False) and not about["solution"]


def _is_text(cell: NotebookNode) -> bool:
    about = cell.metadata.get("nbgrader", {})
    return about.get("grade", False) and about["solution"]


def _not_run(stopped: str) -> dict:
    return {
        "output_type": "error",
        "ename": "NotRun",
        "evalue": stopped,
        "traceback": [f"This cell was not run: {stopped}."],
    }


def _harmless(output: dict) -> dict:
    """Rename stderr: nbgrader gives no points where a warning was printed."""
    return {**output, "name": "stdout"} if output.get("name") == "stderr" else output


def _message(error: NotebookNode) -> str:
    text = COLOURS.sub("", f"{error.ename}: {error.evalue}")
    return text.splitlines()[0].removesuffix(": ")


def _line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[-1][:200]
