"""Who stops a program stops all that it has started."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from recsys_helpers.large.workers import leave_none_behind

# One waits for a process that has started another, in a group of its own; two are bare.
PROGRAM = """
import subprocess, sys
from recsys_helpers.large.workers import leave_none_behind
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]]
CHILD = f"import subprocess; subprocess.run({SLEEP}, start_new_session=True)"
with leave_none_behind("What was done is kept."):
    for _ in range(2):
        subprocess.Popen(SLEEP)
    print("ready", flush=True)
    subprocess.run([sys.executable, "-c", CHILD, sys.argv[1]])
"""


def alive(word: str) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if word in (process.info["cmdline"] or [])
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_nothing_is_left_when_the_program_has_ended(name, tmp_path):
    word = str(tmp_path)
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, word],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert program.stdout.readline() == "ready\n"
    while len(alive(word)) < 5:  # the program, two, the one that it waits for, its own
        assert program.poll() is None
        time.sleep(0.05)
    program.send_signal(signal.Signals[name])
    _, said = program.communicate(timeout=60)
    assert alive(word) == []
    assert program.returncode == 128 + signal.Signals[name]
    assert said == "What was done is kept.\n"


def test_an_error_is_raised_as_it_was():
    with pytest.raises(KeyError), leave_none_behind():
        raise KeyError
