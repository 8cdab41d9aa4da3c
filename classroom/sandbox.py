"""Run the code of one submission apart from everything else.

Each run has a process group, a working folder, a home and an environment of its own,
and limits on time, memory, processor time, output and the size of files. `fence.py`
says what Linux adds. Whatever happens in there, `run_cells` returns: with the outputs
of the cells that ran, and in plain words why the others didn't.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from fence import landlock_version

import recsys_helpers

# A submission sees these variables of ours and no others: no key, no token.
KEPT = ("LANG", "LC_ALL", "LC_CTYPE", "PATH", "SYSTEMROOT", "TZ")
START_SECONDS = 180  # until a kernel is up: that is not the submission's time
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
NOWHERE = "http://127.0.0.1:9"  # the discard port: a proxy that refuses


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    seconds, cell_seconds : int
        Wall-clock time of all cells, and of one. A cell that takes longer is
        interrupted and the next one runs.
    memory_mib, file_mib : int
        Of each process, and of each file that it writes.
    cell_kib : int
        Output that is kept of a cell; the rest is dropped.
    """

    seconds: int = 600
    cell_seconds: int = 120
    memory_mib: int = 4096
    file_mib: int = 200
    cell_kib: int = 500


@dataclass
class Run:
    """What came of running the cells.

    Attributes
    ----------
    outputs : dict
        From the index of a cell to its outputs, in the form of a notebook.
    stopped : str
        Why not all cells ran; empty if they did.
    fence : int
        The version of Landlock that was in force, 0 for none.
    """

    outputs: dict[int, list[dict]] = field(default_factory=dict)
    stopped: str = ""
    fence: int = 0


def run_cells(cells: dict[int, str], files: Path | None, limits: Limits) -> Run:
    """Run code cells in a kernel of their own, in order.

    Parameters
    ----------
    cells : dict
        From the index of a cell to its source.
    files : Path or None
        A folder of which the working folder gets a copy (without notebooks).
    limits : Limits

    Raises
    ------
    RuntimeError
        If our own part fails, before any of the cells is run.
    """
    token = _new_token()
    before = set(_adopted())
    # resolve(): on a Mac the temporary folder is a link.
    folder = Path(tempfile.mkdtemp(prefix="grade-")).resolve()
    try:
        work = folder / "work"
        if files is None:
            work.mkdir()
        else:
            shutil.copytree(files, work, ignore=shutil.ignore_patterns("*.ipynb"))
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        # These files have no name, so that nothing in there can open them.
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as order,
            tempfile.TemporaryFile("w+b") as report,
            tempfile.TemporaryFile("w+b") as errors,
        ):
            json.dump(_order(cells, folder, limits, report.fileno()), order)
            order.seek(0)
            streams = (order, report, errors)
            late = _start_and_wait(folder, token, before, limits, streams)
            report.seek(0)
            told = report.read()
            if not told:
                errors.seek(0)
                raise RuntimeError(errors.read()[-2000:].decode(errors="replace"))
            run = _read(told)
            if late:
                run.stopped = f"it ran for more than {limits.seconds} seconds"
            elif run.stopped is None:
                run.stopped = "the code ended what runs it"
            return run
    finally:
        _end_all(token, before)
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder, although a submission made folders there that nobody enters."""
    for path, folders, _ in os.walk(folder):
        for name in folders:
            if not (inside := Path(path, name)).is_symlink():
                inside.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def end_everything() -> None:
    """End every process that this one started, for one that is about to end itself."""
    _end_all("", set())


def environment(folder: Path, token: str) -> dict[str, str]:
    """Build the environment of a submission: few variables, and folders of its own."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    proxies = dict.fromkeys(
        ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"], NOWHERE
    )
    home, temporary = str(folder / "home"), str(folder / "tmp")
    return {
        **kept,
        **proxies,
        "HOME": home,
        "USERPROFILE": home,
        "TMPDIR": temporary,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "RECSYS_DATASET": "sample",
        "CI": "true",  # no progress bars
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "GRADING_TOKEN": token,  # by which `_end_all` knows its processes
    }


def check_package() -> None:
    """Check that a submission would import the package that it is allowed to read.

    It does not where this Python has the package of another checkout installed: then
    every import fails, and with it all points.

    Raises
    ------
    ValueError
        If it would find another one, or none.
    """
    ours = Path(recsys_helpers.__file__).resolve()
    say = "import recsys_helpers; print(recsys_helpers.__file__)"
    with tempfile.TemporaryDirectory() as folder:
        asked = subprocess.run(
            [sys.executable, "-c", say],
            cwd=folder,
            env=environment(Path(folder), token=""),
            capture_output=True,
            text=True,
        )
    found = asked.stdout.strip()
    if not found or Path(found).resolve() != ours:
        raise ValueError(
            f"A submission would import recsys_helpers from {found or 'nowhere'}, and "
            f"this command has it from {ours}. Grade with the Python in which this "
            "checkout is installed: `make grade` does."
        )


def describe_fence() -> str:
    """Say in one sentence what the system protects from here."""
    version = landlock_version()
    if not version:
        return "No Landlock here: a submission can write wherever you can."
    network = "and opens no TCP connection" if version >= 4 else "but has the network"
    return f"Each submission writes to its own folder only, {network}."


def _order(cells: dict[int, str], folder: Path, limits: Limits, report: int) -> dict:
    helpers = Path(recsys_helpers.__file__).resolve().parent
    readable = [sys.prefix, sys.base_prefix, helpers]
    readable.append(helpers.parent / "benchmarks" / "results")
    return {
        "cells": [{"index": index, "source": text} for index, text in cells.items()],
        "folder": str(folder),
        "readable": [str(path) for path in readable],
        "report": report,
        "cell_seconds": limits.cell_seconds,
        "cell_bytes": limits.cell_kib * 1024,
        "limits": {
            "memory_mib": limits.memory_mib,
            "cpu_seconds": limits.seconds * (os.cpu_count() or 1),
            "file_mib": limits.file_mib,
        },
    }


def _start_and_wait(folder, token, before, limits, streams) -> bool:
    """Run `runner.py`; return whether the submission took too long."""
    order, report, errors = streams
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("runner.py"))],
        cwd=folder / "work",
        env=environment(folder, token),
        stdin=order,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        pass_fds=[report.fileno()],
        start_new_session=True,
    )
    seconds, end = limits.seconds, time.monotonic() + START_SECONDS
    is_up = False
    try:
        while process.poll() is None and time.monotonic() < end:
            if not is_up and os.fstat(report.fileno()).st_size > 0:
                is_up, end = True, time.monotonic() + seconds
            time.sleep(0.1)
        return process.poll() is None and is_up
    finally:
        _end_all(token, before)
        process.kill()
        process.wait()


def _read(report: bytes) -> Run:
    """Read what the runner told; ``stopped`` is None if it didn't come to an end."""
    run = Run(stopped=None)
    for line in report.splitlines():
        try:
            told = json.loads(line)
        except ValueError:  # killed in the middle of a line
            break
        if "index" in told:
            run.outputs[told["index"]] = told["outputs"]
        run.fence = told.get("fence", run.fence)
        if "done" in told:
            run.stopped = ""
        run.stopped = told.get("stopped", run.stopped)
    return run


def _end_all(token: str, before: set[psutil.Process]) -> None:
    """End every process of a run; they may have left its group and environment."""
    for _ in range(10):  # one that is just starting another may be quicker
        alive = {*processes_of(token), *_adopted()} - before
        if not alive:
            return
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=2)


def processes_of(token: str) -> list[psutil.Process]:
    """List the processes of a run, wherever they went."""
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("GRADING_TOKEN") == token
    ]


def _adopted() -> list[psutil.Process]:
    """List what this process started, and all that those have started."""
    if platform.system() == "Linux":
        # Whose parent has ended becomes our child, not that of the system.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return psutil.Process().children(recursive=True)


def _new_token() -> str:
    return uuid.uuid4().hex
