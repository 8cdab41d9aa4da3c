"""Several processes of one program run and end together, and none is left behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from recsys_helpers.large.processes import (
    WorkerError,
    free_ports,
    leave_none_behind,
    run_workers,
)

# One waits for a process that has started another, in a group of its own; two are bare.
PROGRAM = """
import subprocess, sys
from recsys_helpers.large.processes import leave_none_behind
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
    if signal.getsignal(signal.Signals[name]) is signal.SIG_IGN:
        pytest.skip(f"{name} is ignored here, as under nohup")
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


def test_workers_know_their_number_and_what_they_print_comes_back():
    code = "import os; print('I am', os.environ['RANK'])"
    printed = run_workers([["-c", code]] * 3, lambda rank: {"RANK": str(rank)})
    assert printed == ["I am 0\n", "I am 1\n", "I am 2\n"]


def test_a_worker_that_fails_is_named_with_what_it_printed():
    good, bad = "print('fine')", "raise SystemExit('no such file')"
    with pytest.raises(WorkerError, match="1 of 2") as caught:
        run_workers([["-c", good], ["-c", bad]])
    assert "fine" in str(caught.value)
    assert "no such file" in str(caught.value)


def test_when_the_time_is_up_no_worker_goes_on(tmp_path):
    code = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text("
    code += "str(os.getpid())); time.sleep(600)"
    with pytest.raises(WorkerError, match="3 s"):
        run_workers([["-c", code, str(tmp_path / "pid")]], timeout_s=3)
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_free_ports_are_different():
    assert len(set(free_ports(20))) == 20
