"""What a stranger waits for: the two commands on a fresh clone, with empty caches.

    python benchmarks/cold_start.py            # make book: cold, again, after an edit
    python benchmarks/cold_start.py --tests    # make test too (needs a browser)

Everything happens in a temporary folder that is also the home folder, so nothing that
was downloaded or built before can help. Memory is the largest sum over all processes,
with shared pages counted once (PSS), looked at twice a second. Needs psutil (extra
``bench``) and Linux.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from recsys_helpers.results import commit, write_results

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "cold_start.json"
FIRST = "notebooks/01_the_data_and_its_long_tail"
ADDED = "# One more line."
RAN = re.compile(r"^ *(\d+) s: (\S+) took \d+ s$", flags=re.MULTILINE)


class Run(NamedTuple):
    """What a command took, and what it said."""

    wall_s: float
    peak_mib: float
    output: str


def environment(home: Path) -> dict[str, str]:
    """Make an environment that knows no cache: all of them lie in `home`."""
    kept = {"PATH", "LANG", "LC_ALL", "TERM", "SSL_CERT_FILE", "RECSYS_REQUIRE_BROWSER"}
    # How a workplace reaches its package registry is not ours to know.
    kept |= {name for name in os.environ if name.startswith(("PIP_", "UV_", "PYENV"))}
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


def edit(clone: Path) -> None:
    """Add a comment to the last code cell of the first chapter, in both its forms."""
    import jupytext
    import nbformat

    for suffix, read, write in (
        (".py", jupytext.read, lambda nb, path: jupytext.write(nb, path)),
        (".ipynb", lambda path: nbformat.read(path, 4), nbformat.write),
    ):
        path = clone / f"{FIRST}{suffix}"
        notebook = read(path)
        last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
        last.source += f"\n{ADDED}"
        write(notebook, path)


def rows_of(what: str, run: Run) -> list[dict]:
    """Write what a run took as results."""
    values = {"wall_s": run.wall_s, "peak MiB": run.peak_mib}
    chapters = len(chapters_run(run.output))
    if "test" not in what:
        values |= {"chapters run": chapters, "execution s": execution_s(run.output)}
    return [
        {"method": what, "metric": metric, "value": value, "edition": "small"}
        for metric, value in values.items()
    ]


def disk_rows(folders: dict[str, Path]) -> list[dict]:
    """Write and print what folders take on the disk."""
    sizes = {what: disk_mib(folder) for what, folder in folders.items()}
    for what, size in sizes.items():
        print(f"{what}: {size:,.0f} MiB", flush=True)
    return [
        {"method": what, "metric": "disk MiB", "value": size}
        for what, size in sizes.items()
    ]


@contextmanager
def folder_for(given: Path | None) -> Iterator[Path]:
    """Give the folder, which stays, or a temporary one, which does not."""
    if given is not None:
        given.mkdir(parents=True)
        yield given.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="cold-start-") as folder:
            yield Path(folder)


def main() -> None:
    """Measure, print and write the results file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tests", action="store_true", help="make test too")
    parser.add_argument("--folder", type=Path, help="work here, and leave it")
    arguments = parser.parse_args()
    with_tests = arguments.tests
    rows: list[dict] = []
    commit_of_code = commit()
    with folder_for(arguments.folder) as folder:
        home, clone = Path(folder, "home"), Path(folder, "clone")
        home.mkdir()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        stages = ["make book, cold", "make book, unchanged", "make book, one edit"]
        for stage in [*stages, "make test, after it"] if with_tests else stages:
            if "edit" in stage:
                edit(clone)
            elif "test" in stage:
                subprocess.run(["git", "checkout", "-q", "."], cwd=clone, check=True)
            target = "test" if "test" in stage else "book"
            run = measured(["make", target], clone, home)
            rows += rows_of(stage, run)
            print(f"{stage}: {run.wall_s:.0f} s, {run.peak_mib:,.0f} MiB", flush=True)
            for chapter in chapters_run(run.output):
                print(f"  ran {chapter}", flush=True)
            if stage == stages[0]:
                for what, where in (
                    ("clone with environment", clone),
                    ("caches", home),
                ):
                    rows.append(
                        {"method": what, "metric": "disk MiB", "value": disk_mib(where)}
                    )
                    print(f"{what}: {rows[-1]['value']:,.0f} MiB", flush=True)
            write_results([row | {"commit": commit_of_code} for row in rows], RESULTS)


if __name__ == "__main__":
    main()
