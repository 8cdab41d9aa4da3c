"""Who stops the grading keeps what is done, and finds nothing left of it."""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import make_assignments
import nbformat
import psutil
import pytest
from tiny_assignment import NAME, hand_in, write_sources

pytestmark = pytest.mark.classroom

# As `python classroom/grade.py DIR`, with the tiny assignment in place of the course.
GRADE = """\
import functools, pathlib, sys
import grade
grade.check_package = lambda: None
instructor = pathlib.Path(sys.argv.pop())
grade.grade_all = functools.partial(grade.grade_all, instructor=instructor)
sys.exit(grade.run())
"""
# Something that leaves its session and (Linux finds it) its environment, and code that
# never ends.
SLOW = """\
import subprocess, sys
marker = [sys.executable, "-c", "import time; time.sleep(600)", {marker!r}]
env = {{}} if sys.platform == "linux" else None
subprocess.Popen(marker, env=env, start_new_session=True)
while True:
    try:
        while True: pass
    except KeyboardInterrupt: pass
"""


def processes_with(word: str) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if word in " ".join(process.info["cmdline"] or [])
        or word in " ".join((process.info["environ"] or {}).values())
    ]


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_signal_keeps_what_is_done_and_leaves_nothing_behind(number, tmp_path):
    make_assignments.derive(write_sources(tmp_path / "sources"), tmp_path / "built")
    path = tmp_path / "built" / "student" / NAME / f"{NAME}.ipynb"
    given = nbformat.read(path, as_version=4)
    # Not below tmp_path: names of sockets must be short.
    with tempfile.TemporaryDirectory(prefix="stop-") as temporary:
        path = os.pathsep.join(sys.path)
        environment = {**os.environ, "TMPDIR": temporary, "PYTHONPATH": path}
        slow = SLOW.format(marker=f"marker {temporary}")
        hand_in(tmp_path / "in" / "anna", given, answer="Because I say so.")
        hand_in(tmp_path / "in" / "ben", given, first=slow)
        grading = subprocess.Popen(
            [
                *(sys.executable, "-c", GRADE, "--output", tmp_path / "out"),
                *(tmp_path / "in", tmp_path / "built" / "instructor"),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            end = time.monotonic() + 120
            while not processes_with("marker " + temporary):
                assert time.monotonic() < end
                assert grading.poll() is None, grading.stdout.read()
                time.sleep(0.2)
            grading.send_signal(number)
            said = grading.communicate(timeout=60)[0]
        finally:
            grading.kill()
        assert grading.returncode == 128 + number
        assert "Stopped: 1 of 2 submissions" in said
        assert processes_with(temporary) == []
        assert list(Path(temporary).iterdir()) == []
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert (row["student"], row["automatic"], row["status"]) == ("anna", "90", "graded")
    assert "Because I say so." in (tmp_path / "out" / "to_mark.csv").read_text()
