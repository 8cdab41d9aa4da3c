"""The chapters run side by side, and only those that changed."""

import re
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache
from run_chapters import ONE_THREAD, chapters_of, run_stale, stale


@pytest.fixture
def book(tmp_path):
    """Make a book of three pages, two of them notebooks that take no time."""
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "notebooks" / "01_short.ipynb", "print('short')")
    write(tmp_path / "notebooks" / "02_long.ipynb", "x = 1", "print('long', x)")
    (tmp_path / "welcome.md").write_text("# Welcome\n")
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: welcome\nparts:\n- caption: All\n  chapters:\n"
        "  - file: notebooks/01_short\n  - file: notebooks/02_long\n"
    )
    return tmp_path


def write(path, *codes: str) -> None:
    cells = [nbformat.v4.new_code_cell(code) for code in codes]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)


def chapters(book):
    return chapters_of(book / "_toc.yml", book)


def outputs(book, name: str) -> str:
    """Read what the cache holds for a chapter, as Sphinx does."""
    cache = get_cache(str(book / "cache"))
    notebook = nbformat.read(book / "notebooks" / f"{name}.ipynb", as_version=4)
    _, merged = cache.merge_match_into_notebook(notebook)
    return "".join(out.text for cell in merged.cells for out in cell.outputs)


def ran(capsys) -> set[str]:
    lines = capsys.readouterr().out.splitlines()
    return {line.split()[2] for line in lines if " took " in line}


def test_the_chapters_are_the_notebooks_of_the_contents(book):
    assert [path.stem for path in chapters(book)] == ["01_short", "02_long"]


def test_long_chapters_start_first(book):
    left = stale(chapters(book), get_cache(str(book / "cache")))
    assert [path.stem for path in left] == ["02_long", "01_short"]


def test_only_what_changed_is_run_again(book, capsys):
    assert run_stale(chapters(book), book / "cache")
    assert ran(capsys) == {"01_short", "02_long"}
    assert outputs(book, "02_long") == "long 1\n"
    assert run_stale(chapters(book), book / "cache")
    assert ran(capsys) == set()
    write(book / "notebooks" / "01_short.ipynb", "print('shorter')")
    assert run_stale(chapters(book), book / "cache")
    assert ran(capsys) == {"01_short"}
    assert outputs(book, "01_short") == "shorter\n"


def test_a_chapter_runs_in_its_own_folder(book):
    write(book / "notebooks" / "01_short.ipynb", "import os; print(os.getcwd())")
    assert run_stale(chapters(book)[:1], book / "cache")
    assert outputs(book, "01_short") == f"{book / 'notebooks'}\n"


def test_a_cell_that_fails_is_shown_and_the_others_are_kept(book, capsys):
    write(book / "notebooks" / "01_short.ipynb", "1 / 0")
    assert not run_stale(chapters(book), book / "cache")
    said = capsys.readouterr()
    assert "ZeroDivisionError: division by zero" in said.out
    assert "\x1b" not in said.out
    assert "01_short.ipynb" in said.err
    assert outputs(book, "02_long") == "long 1\n"
    with pytest.raises(KeyError):
        outputs(book, "01_short")


def test_a_kernel_that_dies_fails_its_chapter(book, capsys):
    write(book / "notebooks" / "01_short.ipynb", "import os; os._exit(1)")
    assert not run_stale(chapters(book), book / "cache")
    assert "DeadKernelError" in capsys.readouterr().out


def test_tests_run_with_as_many_threads_as_the_chapters_do():
    makefile = (Path(__file__).parent.parent / "Makefile").read_text(encoding="utf-8")
    given = makefile.partition("ONE_THREAD := ")[2].partition("\n\n")[0]
    assert dict(re.findall(r"(\w+)=(\w+)", given)) == ONE_THREAD
    for test in ("test-package", "test-notebooks"):
        recipe = makefile.partition(f"\n{test}:")[2].partition("\n\n")[0]
        assert "$(ONE_THREAD) $(BIN)/pytest" in recipe, test
