"""When the progress bar shows."""

import sys
from types import SimpleNamespace

import pytest

from recsys_helpers.progress import progress_bar


@pytest.mark.parametrize(
    ("terminal", "notebook", "ci", "shows"),
    [
        (True, False, False, True),
        (False, True, False, True),
        (False, False, False, False),
        (True, True, True, False),
    ],
)
def test_the_bar_shows_where_somebody_watches(
    terminal, notebook, ci, shows, monkeypatch
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    shell = SimpleNamespace(kernel=object()) if notebook else None
    ipython = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setenv("CI", "true" if ci else "")
    with progress_bar(1, "Waiting") as bar:
        assert bar.disable != shows
