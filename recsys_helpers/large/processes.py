"""Processes of this machine: start several of one program, and leave none behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from recsys_helpers._checks import check_count, check_positive

# So long the others may take to notice that one has failed, and to say what they saw.
_GRACE_S = 30.0
_TAIL = 2_000
_POLL_S = 0.05


class WorkerError(RuntimeError):
    """A worker failed; the message says which, how, and what each of them printed."""


def run_workers(
    commands: Sequence[Sequence[str]],
    environment: Callable[[int], dict[str, str]] = lambda rank: {},
    timeout_s: float = 300.0,
) -> list[str]:
    """Run one process for each command, and wait for all of them.

    Parameters
    ----------
    commands : sequence of sequences of str
        Arguments of Python: those of worker 0, of worker 1, and so on.
    environment : callable
        What a worker's environment has beside this one's, by the worker's number.
    timeout_s : float
        So long they have together.

    Returns
    -------
    list of str
        What each has printed.

    Raises
    ------
    WorkerError
        If a worker ends with an error or is killed, or the time is up. The others get
        half a minute to notice it, and are killed then.
    ValueError
        If there is no command, or no time.
    """
    check_count("The number of workers", len(commands))
    check_positive("timeout_s", timeout_s)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="workers_"))
        outputs = [Path(folder, f"{rank}.txt") for rank in range(len(commands))]
        workers: list[subprocess.Popen] = []
        # Whatever happens, an interrupt included, no worker goes on.
        stack.callback(_kill, workers)
        for rank, (command, output) in enumerate(zip(commands, outputs, strict=True)):
            file = stack.enter_context(output.open("wb"))
            workers.append(
                subprocess.Popen(
                    [sys.executable, *command],
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env=os.environ | environment(rank),
                )
            )
        problem = _wait(workers, timeout_s)
        printed = [
            path.read_text(encoding="utf-8", errors="replace") for path in outputs
        ]
    if problem:
        tails = (
            f"Worker {rank} printed last:\n{text[-_TAIL:].strip() or 'nothing'}"
            for rank, text in enumerate(printed)
        )
        raise WorkerError("\n".join([problem, *tails]))
    return printed


@contextmanager
def leave_none_behind(said: str = "Stopped.") -> Iterator[None]:
    """End this program on a signal with all that it has started, at once.

    The kernel of a notebook does not hear a Ctrl-C, and a pool of processes goes on to
    its next task. Here every process that this one has started, and what that has
    started, is killed until nothing is left. On Ctrl-C, SIGTERM and SIGHUP alike
    `KeyboardInterrupt` is raised, for whoever has something to put away; then `said` is
    printed, and the program exits with the status that shells give to a signal (130,
    143, 129). For the main thread.
    """
    status = 0

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        nonlocal status
        status = 128 + number
        for one in before:
            signal.signal(one, signal.SIG_IGN)  # a second one changes nothing
        # At once, while it is known who started whom; then what is started meanwhile.
        _kill_all_started()
        threading.Thread(target=_keep_killing, daemon=True).start()
        raise KeyboardInterrupt

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    hung_up = getattr(signal, "SIGHUP", None)  # not on Windows
    if hung_up and signal.getsignal(hung_up) != signal.SIG_IGN:  # as nohup has it
        before[hung_up] = signal.getsignal(hung_up)
    try:
        for one in before:
            signal.signal(one, stop)
        yield
    except BaseException as error:
        if not status:
            raise
        print(said, file=sys.stderr)
        _wait_until(lambda: not _kill_all_started(), _GRACE_S)
        raise SystemExit(status) from error
    finally:
        for one, handler in before.items():
            signal.signal(one, signal.SIG_IGN if status else handler)


def free_ports(n: int) -> list[int]:
    """Find `n` ports of the loopback interface that nobody listens on at the moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait(workers: Sequence[subprocess.Popen], timeout_s: float) -> str | None:
    """Wait for all; return what went wrong, if something did."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        states = [worker.poll() for worker in workers]
        failed = next((rank for rank, state in enumerate(states) if state), None)
        if failed is not None:
            code = workers[failed].returncode
            ending = f"was killed by signal {-code}"
            if code > 0:
                ending = f"ended with status {code}"
            _wait_until(lambda: all(w.poll() is not None for w in workers), _GRACE_S)
            return f"Worker {failed} of {len(workers)} {ending}."
        if all(state == 0 for state in states):
            return None
        time.sleep(_POLL_S)
    return f"The workers were not done after {timeout_s:g} s, and were killed."


def _wait_until(done: Callable[[], bool], timeout_s: float) -> None:
    ends = time.monotonic() + timeout_s
    while not done() and time.monotonic() < ends:
        time.sleep(_POLL_S)


def _kill(workers: Sequence[subprocess.Popen]) -> None:
    for worker in workers:
        if worker.poll() is None:
            worker.kill()
        worker.wait()


def _kill_all_started() -> bool:
    """Kill what this process started, and what that did; say if anything was alive."""
    import psutil

    was_alive = False
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                process.kill()
                was_alive = True
    return was_alive


def _keep_killing() -> NoReturn:
    while True:
        _kill_all_started()
        time.sleep(_POLL_S)
