"""The parts of the benchmark that starts where a stranger starts."""

import ast
import doctest
import importlib.util
import os
import sys
from pathlib import Path

import jupytext
import pytest

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


def test_a_sentence_changes_no_cell(cold_start, tmp_path):
    source = (ROOT / cold_start.FIRST).with_suffix(".py")
    (tmp_path / "notebooks").mkdir()
    copy = tmp_path / "notebooks" / source.name
    copy.write_bytes(source.read_bytes())
    cold_start.change_a_sentence(tmp_path)
    before, after = jupytext.read(source), jupytext.read(copy)
    assert code_of(before) == code_of(after)
    assert sum(cold_start.ADDED in cell.source for cell in after.cells) == 1


def code_of(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_a_module_changes_and_its_code_does_not(cold_start, tmp_path):
    copy = tmp_path / cold_start.MODULE
    copy.parent.mkdir(parents=True)
    copy.write_bytes((ROOT / cold_start.MODULE).read_bytes())
    cold_start.change_a_module(tmp_path)
    before, after = (
        ast.parse(path.read_text(encoding="utf-8"))
        for path in (ROOT / cold_start.MODULE, copy)
    )
    assert ast.dump(ast.Module(before.body[1:])) == ast.dump(ast.Module(after.body[1:]))
    assert ast.get_docstring(after).endswith(cold_start.ADDED)


def test_what_the_commands_say_is_understood(cold_start):
    assert doctest.testmod(cold_start).attempted > 3
    assert doctest.testmod(cold_start).failed == 0


def test_several_rounds_give_their_middle_and_their_ends(cold_start):
    rounds = [{"make test": {"wall_s": seconds}} for seconds in (700.0, 500.0, 600.0)]
    (row,) = cold_start.summary(rounds)
    assert (row["value"], row["low"], row["high"], row["n"]) == (600, 500, 700, 3)
