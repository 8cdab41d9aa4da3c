"""When the progress bar shows."""

import sys
from types import SimpleNamespace

import pytest

from recsys_helpers.progress import progress_bar


@pytest.fixture(autouse=True)
def _neither_ci_nor_notebook(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delitem(sys.modules, "IPython", raising=False)


def is_silent():
    with progress_bar(1, "Waiting") as bar:
        return bar.disable


def in_terminal(monkeypatch, is_one=True):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_one, raising=False)


def in_notebook(monkeypatch):
    shell = SimpleNamespace(kernel=object())
    ipython = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)


def test_the_bar_shows_in_a_terminal(monkeypatch):
    in_terminal(monkeypatch)
    assert not is_silent()


def test_the_bar_shows_in_a_notebook(monkeypatch):
    in_terminal(monkeypatch, False)
    in_notebook(monkeypatch)
    assert not is_silent()


def test_the_bar_is_silent_where_nobody_watches(monkeypatch):
    in_terminal(monkeypatch, False)
    assert is_silent()


def test_the_bar_is_silent_in_continuous_integration(monkeypatch):
    in_terminal(monkeypatch)
    in_notebook(monkeypatch)
    monkeypatch.setenv("CI", "true")
    assert is_silent()
