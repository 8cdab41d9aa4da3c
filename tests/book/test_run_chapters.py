"""The chapters run side by side, and only those that changed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_cache import get_cache
from run_chapters import (
    ONE_THREAD,
    chapters_of,
    run_all,
    run_stale,
    stale,
    take_stored,
)


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
    ended = []
    run_all(left, lambda path, outcome: ended.append(path.stem), at_once=1)
    assert ended == ["02_long", "01_short"]


def test_outputs_are_taken_as_they_stand_in_the_notebooks(book, capsys):
    path = book / "notebooks" / "01_short.ipynb"
    for stored in ("first\n", "then\n"):
        notebook = nbformat.read(path, as_version=4)
        output = nbformat.v4.new_output("stream", text=stored)
        notebook.cells[0].outputs = [output]
        nbformat.write(notebook, path)
        take_stored(chapters(book), book / "cache")
        assert outputs(book, "01_short") == stored
    assert run_stale(chapters(book), book / "cache")
    assert ran(capsys) == set()


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


def test_outputs_of_what_changed_are_dropped_under_whatever_code(book, capsys):
    short, long = chapters(book)
    first = short.read_text()
    run_stale([short, long], book / "cache")
    write(short, "print('shorter')")
    run_stale([short], book / "cache")
    capsys.readouterr()
    kept = []
    assert run_stale([short, long], book / "cache", changed=[short], kept=kept.append)
    assert ran(capsys) == {"01_short"}
    assert kept == [short]
    short.write_text(first)
    assert run_stale([short, long], book / "cache")
    assert ran(capsys) == {"01_short"}


@pytest.mark.parametrize("how", ["gone", "cut short"])
@pytest.mark.parametrize("what", ["global.db", "executed/*/base.ipynb"])
def test_outputs_that_are_damaged_are_made_anew(book, capsys, what, how):
    assert run_stale(chapters(book), book / "cache")
    for path in (book / "cache").glob(what):
        path.unlink() if how == "gone" else path.write_bytes(path.read_bytes()[:50])
    assert run_stale(chapters(book), book / "cache")
    assert outputs(book, "01_short") == "short\n"
    assert outputs(book, "02_long") == "long 1\n"


def test_a_chapter_runs_in_its_own_folder(book):
    write(book / "notebooks" / "01_short.ipynb", "import os; print(os.getcwd())")
    assert run_stale(chapters(book)[:1], book / "cache")
    assert outputs(book, "01_short") == f"{book / 'notebooks'}\n"


def test_what_a_cell_prints_bit_by_bit_is_one_output(book):
    code = "import sys\nfor i in 'abc':\n    print(i); sys.stdout.flush()"
    write(book / "notebooks" / "01_short.ipynb", code)
    assert run_stale(chapters(book)[:1], book / "cache")
    notebook = nbformat.read(book / "notebooks" / "01_short.ipynb", as_version=4)
    _, merged = get_cache(str(book / "cache")).merge_match_into_notebook(notebook)
    assert [output.text for output in merged.cells[0].outputs] == ["a\nb\nc\n"]


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


def test_old_outputs_are_not_taken_for_those_of_a_chapter_with_a_new_name(book, capsys):
    assert run_stale(chapters(book), book / "cache")
    ran(capsys)
    old = book / "notebooks" / "01_short.ipynb"
    new = old.rename(old.with_stem("01_brief"))
    kept = []
    assert run_stale([new], book / "cache", changed=[new], kept=kept.append)
    assert kept == [new]


def test_a_kernel_that_dies_fails_its_chapter(book, capsys):
    write(book / "notebooks" / "01_short.ipynb", "import os; os._exit(1)")
    assert not run_stale(chapters(book), book / "cache")
    assert "DeadKernelError" in capsys.readouterr().out


BUILD = """
import sys
from pathlib import Path
from run_chapters import chapters_of, run_stale
from recsys_helpers.large.processes import leave_none_behind
book = Path(sys.argv[1])
with leave_none_behind():
    run_stale(chapters_of(book / "_toc.yml", book), book / "cache")
"""
# Its kernel has started a process that no signal to a group reaches.
SLOW = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(1000)"]
other = subprocess.Popen(sleep, start_new_session=True)
with open("../slow", "w") as file:
    file.write(f"{os.getpid()} {other.pid}\\n")
time.sleep(1000)
"""


def until(is_so, patience_s: float = 60) -> None:
    ends = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_stopped_leaves_no_process_and_goes_on_later(
    book, capsys, number
):
    write(book / "notebooks" / "01_short.ipynb", SLOW)
    path = os.pathsep.join(sys.path)
    build = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(book)], env=os.environ | {"PYTHONPATH": path}
    )
    slow = book / "slow"
    until(lambda: slow.exists() and slow.read_text().endswith("\n"))
    until(lambda: not stale(chapters(book)[1:], get_cache(str(book / "cache"))))
    build.send_signal(number)
    assert build.wait(60) == 128 + number
    for pid in slow.read_text().split():
        until(lambda pid=pid: not is_running(int(pid)))
    write(book / "notebooks" / "01_short.ipynb", "print('quick')")
    assert run_stale(chapters(book), book / "cache")
    assert ran(capsys) == {"01_short"}


def test_tests_run_with_as_many_threads_as_the_chapters_do():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    given = makefile.partition("ONE_THREAD := ")[2].partition("\n\n")[0]
    assert dict(re.findall(r"(\w+)=(\w+)", given)) == ONE_THREAD
    for test in ("test-package", "test-notebooks"):
        recipe = makefile.partition(f"\n{test}:")[2].partition("\n\n")[0]
        assert "$(ONE_THREAD) $(BIN)/pytest" in recipe, test
