"""Chapters 10 to 12 run where nothing of what only they need is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsys_helpers.extras import EXTRAS

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
RUN = """
import runpy
import sys

HIDDEN = set(sys.argv[2:])


class AllBut:
    '''What a finder finds, without the hidden packages.'''

    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            return None
        return self.finder.find_spec(name, path, target)


sys.meta_path[:] = map(AllBut, sys.meta_path)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.mark.parametrize(
    ("chapter", "extras"),
    [
        ("10_when_one_machine_is_not_enough", ["engines", "spark", "workers"]),
        ("11_nearest_among_millions", ["engines"]),
        ("12_in_production", ["serve"]),
    ],
)
def test_a_chapter_runs_without_its_extras_and_says_how_to_get_them(chapter, extras):
    hidden = [package for extra in extras for package in EXTRAS[extra]]
    quiet = {"RECSYS_DATASET": "sample", "MPLBACKEND": "agg", "CI": "true"}
    run = subprocess.run(
        [sys.executable, "-c", RUN, NOTEBOOKS / f"{chapter}.py", *hidden],
        env=os.environ | quiet,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert "This run: " in run.stdout
    asked = [extra for extra in extras if extra != "workers"]  # nothing live needs it
    assert all(f".[{extra}]" in run.stdout for extra in asked)
