"""Every chapter's two files agree, were run, and have the shape of a chapter."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest
import sync_notebooks
from jupytext.config import load_jupytext_config
from run_chapters import Outcome

SOURCES = sync_notebooks.sources()
ASSIGNMENTS = [path for path in SOURCES if path.parent.name == "assignments"]
CHAPTERS = [path for path in SOURCES if path not in ASSIGNMENTS]

PARTS = [
    *("**You will learn**", "**You need**", "**Time**", "## Why", "What goes wrong"),
    *("## Exercises", "Find the bug", "## Recap", "## References"),
]

each_notebook = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)


def read_derived(source: Path) -> nbformat.NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def test_there_are_chapters_and_assignments():
    assert len(CHAPTERS) >= 2
    assert ASSIGNMENTS


def test_every_notebook_has_a_source():
    derived = {
        path.with_suffix("") for path in sync_notebooks.NOTEBOOKS.rglob("[!.]*.ipynb")
    }
    derived = {path for path in derived if ".ipynb_checkpoints" not in path.parts}
    assert derived == {path.with_suffix("") for path in SOURCES}


@each_notebook
def test_the_notebook_has_the_cells_of_its_source(source):
    assert sync_notebooks.essence(read_derived(source)) == sync_notebooks.essence(
        jupytext.read(source)
    ), f"{source.name} and its .ipynb differ: edit the .py and run `make sync`"


@each_notebook
def test_saving_in_jupyter_would_leave_the_source_as_it_is(source):
    config = load_jupytext_config(str(source))
    written = jupytext.writes(read_derived(source), fmt="py:percent", config=config)
    assert written == source.read_text(encoding="utf-8")


@each_notebook
def test_the_notebook_was_run_from_top_to_bottom(source):
    assert sync_notebooks.is_executed(read_derived(source)), (
        f"{source.stem}.ipynb has cells that were not run in order: run `make sync`"
    )


@each_chapter
def test_every_compared_cell_has_an_output_to_compare_with(source):
    cells = [
        cell
        for cell in read_derived(source).cells
        if "nbval-check-output" in cell.metadata.get("tags", [])
    ]
    assert cells, "no cell's output is compared"
    assert all(cell.outputs for cell in cells)


# A table shows only where its call is the last line of a cell, and not under an `if`.
@each_notebook
def test_every_table_is_shown(source):
    cells = [
        cell
        for cell in read_derived(source).cells
        if re.search(r"^ *display\.\w+\(", cell.source, re.MULTILINE)
    ]
    for cell in cells:
        shown = [output for output in cell.outputs if "data" in output]
        assert shown, cell.source


@each_notebook
def test_no_output_is_what_a_drawing_call_returns(source):
    results = [
        output["data"]["text/plain"]
        for cell in read_derived(source).cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert [text for text in results if re.match(r"\[?(Text\(|<)", text)] == []


@each_notebook
def test_the_stored_outputs_come_from_the_sample(source):
    outputs = "".join(
        output.get("text", "")
        for cell in read_derived(source).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert "edition: sample" in outputs, "run `make sync`, which uses the sample"


@each_notebook
def test_no_stored_output_is_an_error_or_a_warning(source):
    for cell in read_derived(source).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", output.get("text")


@each_notebook
def test_code_cells_are_short(source):
    for cell in jupytext.read(source).cells:
        # Of an assignment, students see neither solutions nor hidden tests.
        if cell.cell_type == "code" and "### BEGIN" not in cell.source:
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= 18, cell.source


@each_chapter
def test_a_chapter_has_the_shape_that_readers_rely_on(source):
    text = source.read_text(encoding="utf-8")
    assert [part for part in PARTS if part not in text] == []


@each_chapter
def test_every_figure_has_alt_text(source):
    for cell in read_derived(source).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
                assert len(alt) > 20, cell.source


@each_chapter
def test_a_solution_is_closed_in_jupyterlab_too(source):
    """From gate to gate: the text and the code, and what the code prints."""
    inside = False
    for cell in jupytext.read(source).cells:
        inside = inside or "{solution-start}" in cell.source
        hidden = cell.metadata.get("jupyter", {})
        assert hidden.get("source_hidden", False) == inside, cell.source
        if inside and cell.cell_type == "code":
            assert hidden.get("outputs_hidden", False), cell.source
        inside = inside and "{solution-end}" not in cell.source


def test_a_tagged_figure_is_found_under_its_name():
    figure = nbformat.v4.new_output("display_data", {"image/png": "cG5n\n"})
    cell = nbformat.v4.new_code_cell(outputs=[figure])
    cell.metadata.tags = ["picture-01_recall"]
    notebook = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_code_cell()])
    assert sync_notebooks.pictures(notebook) == {"01_recall": b"png"}


# --- what `make sync` writes ----------------------------------------------------------

CHAPTER = """# %% [markdown]
# # A chapter

# %% tags=["hide-input"]
print(f"{number} wide, after {seconds} s")
"""


@pytest.fixture
def chapter(tmp_path):
    """Make a source with its .ipynb."""
    source = tmp_path / "01_a.py"
    source.write_text(CHAPTER)
    sync_notebooks.keep(source, ran(source, "7 wide, after 3.1 s\n"))
    return source


def ran(source, said: str) -> Outcome:
    """Pretend that the notebook has been run."""
    notebook = sync_notebooks.derive(source)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, start=1):
        cell.update(execution_count=number)
        cell.outputs = [nbformat.v4.new_output("stream", text=said)]
    return Outcome(notebook, 1.0, "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# # A chapter", "# # Another title"),
        ("# # A chapter", "# # A chapter\n\n# %% [markdown]\n# More text."),
        ('tags=["hide-input"]', 'tags=["hide-input", "nbval-check-output"]'),
        (' tags=["hide-input"]', ""),
    ],
)
def test_an_edit_of_text_gives_what_a_run_would_but_runs_nothing(chapter, old, new):
    chapter.write_text(CHAPTER.replace(old, new))
    assert not sync_notebooks.is_in_step(chapter)
    assert sync_notebooks.keep_outputs(chapter)
    assert sync_notebooks.is_in_step(chapter)
    kept = chapter.with_suffix(".ipynb").read_bytes()
    chapter.with_suffix(".ipynb").unlink()
    sync_notebooks.keep(chapter, ran(chapter, "7 wide, after 3.1 s\n"))
    assert chapter.with_suffix(".ipynb").read_bytes() == kept


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print(", "print( "),
        ('tags=["hide-input"]', 'tags=["hide-input", "raises-exception"]'),
        (CHAPTER, CHAPTER + '\n# %%\nprint("more")\n'),
    ],
)
def test_an_edit_of_code_is_left_to_a_run(chapter, old, new):
    derived = chapter.with_suffix(".ipynb")
    before = derived.read_bytes()
    chapter.write_text(CHAPTER.replace(old, new))
    assert not sync_notebooks.keep_outputs(chapter)
    assert derived.read_bytes() == before


def test_a_notebook_that_was_not_run_or_is_not_there_is_run(chapter):
    derived = chapter.with_suffix(".ipynb")
    nbformat.write(sync_notebooks.derive(chapter), derived)
    assert not sync_notebooks.keep_outputs(chapter)
    derived.unlink()
    assert not sync_notebooks.is_in_step(chapter)
    assert not sync_notebooks.keep_outputs(chapter)


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("7 wide, after 14 s\n", "7 wide, after 3.1 s\n"),
        ("8 wide, after 14 s\n", "8 wide, after 14 s\n"),
    ],
)
def test_a_run_that_only_took_another_time_changes_no_output(chapter, said, stored):
    sync_notebooks.keep(chapter, ran(chapter, said))
    (cell,) = (cell for cell in read_derived(chapter).cells if "outputs" in cell)
    assert cell.outputs[0].text == stored
