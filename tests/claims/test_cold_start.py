"""The parts of the benchmark that starts where a stranger starts."""

import importlib.util
import os
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from sync_notebooks import essence

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux' PSS")


@pytest.fixture(scope="module")
def cold_start():
    path = ROOT / "benchmarks" / "cold_start.py"
    spec = importlib.util.spec_from_file_location("cold_start", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_cache_of_this_machine_is_known(cold_start, tmp_path, monkeypatch):
    monkeypatch.setenv("UV_CACHE_DIR", "/elsewhere")
    monkeypatch.setenv("RECSYS_DATA_DIR", "/elsewhere")
    known = cold_start.environment(tmp_path)
    assert known["HOME"] == str(tmp_path)
    assert "/elsewhere" not in known.values()
    assert known["PATH"] == os.environ["PATH"]


def test_memory_of_all_processes_is_added_up(cold_start, tmp_path):
    hold = "x = bytearray(100 * 2**20); import time; time.sleep(2)"
    two = f'"{sys.executable}" -c "{hold}" & "{sys.executable}" -c "{hold}"; wait'
    run = cold_start.measured(["sh", "-c", two], tmp_path, tmp_path)
    assert 200 <= run.peak_mib < 400
    assert run.wall_s > 1.9


def test_a_command_that_fails_shows_its_last_words(cold_start, tmp_path):
    with pytest.raises(RuntimeError, match="no room here"):
        cold_start.measured(
            ["sh", "-c", "echo no room here; false"], tmp_path, tmp_path
        )


def test_linked_files_take_their_place_once(cold_start, tmp_path):
    (tmp_path / "a").write_bytes(os.urandom(2**20))
    os.link(tmp_path / "a", tmp_path / "b")
    assert cold_start.disk_mib(tmp_path) == pytest.approx(1, abs=0.1)


def test_an_edit_keeps_both_forms_of_the_chapter_in_step(cold_start, tmp_path):
    (tmp_path / "notebooks").mkdir()
    for suffix in (".py", ".ipynb"):
        source = ROOT / f"{cold_start.FIRST}{suffix}"
        (tmp_path / f"{cold_start.FIRST}{suffix}").write_bytes(source.read_bytes())
    cold_start.edit(tmp_path)
    script = jupytext.read(tmp_path / f"{cold_start.FIRST}.py")
    notebook = nbformat.read(tmp_path / f"{cold_start.FIRST}.ipynb", as_version=4)
    assert essence(script) == essence(notebook)
    assert sum(cold_start.ADDED in cell.source for cell in notebook.cells) == 1


def test_the_chapters_that_ran_are_counted(cold_start):
    output = "   3 s: 01_a took 3 s\n 120 s: 02_b took 110 s\nBuilt in 150 s.\n"
    rows = cold_start.rows_of("make book", cold_start.Run(160.0, 900.0, output))
    assert [row["value"] for row in rows] == [160.0, 900.0, 2, 120]
