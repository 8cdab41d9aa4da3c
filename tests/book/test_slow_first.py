"""The order in which files of tests start."""

import re
from pathlib import Path

import pytest
from slow_first import LIVE, SLOW, SlowFirst, place

HERE = Path(__file__).parent


def test_a_file_that_starts_early_is_there_and_named_once():
    assert len(set(SLOW)) == len(SLOW)
    assert [name for name in {*SLOW, *LIVE} if not (HERE / name).exists()] == []


def test_the_slow_come_before_the_rest():
    assert place(f"tests/{SLOW[0]}") < place(f"tests/{SLOW[-1]}") < place("test_ids.py")


def test_the_files_that_ask_for_the_live_methods_are_those_of_the_live_page():
    asks = re.compile(r"^def \w+\([^)]*\blive_(methods|folder)\b", re.MULTILINE)
    texts = {path.name: path.read_text() for path in HERE.glob("test_*.py")}
    asking = [n for n, t in texts.items() if asks.search(t)]
    assert sorted(asking) == sorted(LIVE)


@pytest.mark.parametrize("name", LIVE)
def test_files_of_the_live_page_share_a_worker(name):
    scheduler = SlowFirst.__new__(SlowFirst)
    assert scheduler._split_scope(f"tests/{name}::test_it[a::b]") == "live"
    assert scheduler._split_scope("tests/test_ids.py::test_it") == "tests/test_ids.py"
