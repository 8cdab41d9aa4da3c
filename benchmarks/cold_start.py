"""What people wait for: the commands in a fresh clone, with empty caches, and again.

    python benchmarks/cold_start.py              # three rounds of 22 minutes
    python benchmarks/cold_start.py --rounds 1

A round is a clone in a temporary folder that is also the home folder, so that nothing
that was downloaded or built before can help. It is set up; `make test` and `make book`
run for the first time; then one module and one sentence change. What a stranger waits
for is the set-up and the first command together, and is written so. Of the rounds the
file keeps the median, the least and the most. Beside each time stands the load of the
machine (the mean number of processes that wanted a core in the minute before): times
of a busy one say little.

Memory is the largest sum over all processes, with shared pages counted once (PSS),
looked at twice a second. Needs psutil, a browser, and Linux.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

from recsys_helpers.results import commit, write_results

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "cold_start.json"
FIRST = "notebooks/01_the_data_and_its_long_tail"
MODULE = "recsys_helpers/methods/ease.py"
ADDED = "One more sentence."
LOCKS = ("requirements.lock", "requirements-dev.lock")
RAN = re.compile(r"^ *(\d+) s: (\S+) took \d+ s$", flags=re.MULTILINE)
# As pytest's --durations lists them.
SLOW = re.compile(r"^([\d.]+)s (?:call|setup|teardown) +(\S.*)$", flags=re.MULTILINE)


class Run(NamedTuple):
    """What a command took, and what it said."""

    wall_s: float
    peak_mib: float
    output: str


def environment(home: Path) -> dict[str, str]:
    """Make an environment that knows no cache: all of them lie in `home`."""
    kept = {"PATH", "LANG", "LC_ALL", "TERM", "SSL_CERT_FILE", "RECSYS_REQUIRE_BROWSER"}
    # How a workplace reaches its registry, and computes, is not ours to know.
    known = ("PIP_", "UV_", "PYENV", "OPENBLAS_")
    kept |= {name for name in os.environ if name.startswith(known)}
    ours = {name: os.environ[name] for name in kept if name in os.environ}
    caches = {"PIP_CACHE_DIR": home / "pip", "UV_CACHE_DIR": home / "uv"}
    folders = {"HOME": home, "XDG_CACHE_HOME": home / "cache", **caches}
    return ours | {name: str(folder) for name, folder in folders.items()}


def measured(command: list[str], folder: Path, home: Path) -> Run:
    """Run a command and watch the memory of all its processes.

    Raises
    ------
    RuntimeError
        If the command fails; the message has what it said.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output}")
    return Run(time.perf_counter() - started, peak[0] / 2**20, output)


def _watch(pid: int, peak: list[float]) -> None:
    while psutil.pid_exists(pid):
        try:
            parent = psutil.Process(pid)
            if parent.status() == psutil.STATUS_ZOMBIE:
                return
            family = [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        peak[0] = max(peak[0], sum(map(_pss, family)))
        time.sleep(0.5)


def _pss(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # it has ended meanwhile
        return 0


def disk_mib(*folders: Path) -> float:
    """Add up the files of some folders, linked ones once."""
    sizes = {}
    for folder in folders:
        for path in folder.rglob("*"):
            status = path.lstat()
            sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values()) / 2**20


def chapters_run(output: str) -> list[str]:
    r"""Name the chapters that a build says it has run.

    >>> chapters_run("  12 s: 01_the_data took 3 s\nBuilt in 40 s.")
    ['01_the_data']
    """
    return [name for _, name in RAN.findall(output)]


def execution_s(output: str) -> int:
    r"""Say how many seconds the chapters took, side by side.

    >>> execution_s("  12 s: 02_b took 12 s\n  15 s: 01_a took 9 s")
    15
    """
    return max((int(seconds) for seconds, _ in RAN.findall(output)), default=0)


def slowest_tests(output: str, n: int = 10) -> dict[str, float]:
    r"""Name the slowest tests of a run, with their seconds.

    >>> slowest_tests("2.10s call     tests/test_a.py::test_b\n0.30s setup  c::d")
    {'tests/test_a.py::test_b': 2.1, 'c::d': 0.3}
    """
    seconds: dict[str, float] = {}
    for taken, test in SLOW.findall(output):
        seconds[test] = seconds.get(test, 0) + float(taken)
    return dict(sorted(seconds.items(), key=lambda item: -item[1])[:n])


def change_a_module(clone: Path) -> None:
    """Add a sentence to the docstring of a module of the package."""
    path = clone / MODULE
    docstring, end, code = path.read_text(encoding="utf-8").partition('\n"""\n')
    path.write_text(f"{docstring}\n\n{ADDED}{end}{code}", encoding="utf-8")


def change_a_sentence(clone: Path) -> None:
    """Add a sentence to the last text of the first chapter."""
    import jupytext

    notebook = jupytext.read(clone / f"{FIRST}.py")
    text = [cell for cell in notebook.cells if cell.cell_type == "markdown"][-1]
    text.source += f"\n\n{ADDED}"
    jupytext.write(notebook, clone / f"{FIRST}.py")


def nothing(clone: Path) -> None:
    """Leave all as it is."""


class Stage(NamedTuple):
    """A target of make, and what is changed before it."""

    target: str
    change: Callable[[Path], None] = nothing


SET_UP = "set-up"
STAGES = {
    SET_UP: Stage(".venv/ready"),
    "make test": Stage("test"),
    "make book": Stage("book"),
    "make book, unchanged": Stage("book"),
    "make book, one module changed": Stage("book", change_a_module),
    "make quick, one module changed": Stage("quick"),
    "make sync, one sentence changed": Stage("sync", change_a_sentence),
    "make book, one sentence changed": Stage("book"),
}


def one_round(folder: Path) -> dict[str, dict[str, float]]:
    """Measure each stage once, in a clone below `folder`; by stage, then metric."""
    found: dict[str, dict[str, float]] = {}
    home, clone = folder / "home", folder / "clone"
    home.mkdir()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    for name, stage in STAGES.items():
        stage.change(clone)
        load = os.getloadavg()[0]
        run = measured(["make", stage.target], clone, home)
        found[name] = {"wall_s": run.wall_s, "peak MiB": run.peak_mib, "load": load}
        if stage.target == "book":
            found[name]["chapters run"] = len(chapters_run(run.output))
            found[name]["execution s"] = execution_s(run.output)
        if stage.target == "test":
            for test, seconds in slowest_tests(run.output).items():
                found[name][f"{test} s"] = seconds
        if name in ("make test", "make book"):
            seconds = found[SET_UP]["wall_s"] + run.wall_s
            found[f"{name}, set-up included"] = {"wall_s": seconds}
        print(f"{name}: {run.wall_s:.0f} s, load {load:.1f} before it", flush=True)
    found["clone with environment"] = {"disk MiB": disk_mib(clone)}
    found["caches"] = {"disk MiB": disk_mib(home)}
    return found


def installed(folder: Path) -> dict[str, dict[str, float]]:
    """Install each lock on top of the one before, and weigh what is installed.

    Bytecode, which Python or pip make of it, adds a tenth.
    """
    found = {}
    python = folder / "environment" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    for number, lock in enumerate(LOCKS, start=1):
        command = [str(Path(sys.executable).parent / "uv"), "pip", "sync", "--quiet"]
        command += ["--system-certs", "--python", str(python)]
        subprocess.run([*command, *LOCKS[:number]], cwd=ROOT, check=True)
        size = disk_mib(python.parents[1])
        found["an environment of " + " and ".join(LOCKS[:number])] = {"disk MiB": size}
        print(f"{lock}: {size:,.0f} MiB so far", flush=True)
    return found


def summary(rounds: list[dict[str, dict[str, float]]]) -> list[dict]:
    """Make results of the rounds: median, least and most.

    >>> rounds = [{"make": {"wall_s": 3.0}}, {"make": {"wall_s": 5.0}}]
    >>> [row["value"] for row in summary(rounds)]
    [4.0]
    """
    values: dict[tuple[str, str], list[float]] = {}
    for found in rounds:
        for what, metrics in found.items():
            for metric, value in metrics.items():
                values.setdefault((what, metric), []).append(value)
    return [
        {
            "method": what,
            "metric": metric,
            "value": median(several),
            "low": min(several),
            "high": max(several),
            "n": len(several),
        }
        for (what, metric), several in values.items()
    ]


def main() -> None:
    """Measure, print and write the results file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="work below this one")
    arguments = parser.parse_args()
    rows: list[dict] = []
    commit_of_code = commit()
    rounds = []
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            found = one_round(Path(folder))
            if not rounds:
                found |= installed(Path(folder))
            rounds.append(found)
        # What was measured is kept, should a later round fail.
        rows = [row | {"commit": commit_of_code} for row in summary(rounds)]
        write_results(rows, RESULTS)


if __name__ == "__main__":
    main()
