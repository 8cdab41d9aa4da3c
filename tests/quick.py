"""Run the tests of what changed since main, the nearest first, for as long as is left.

    python tests/quick.py --seconds 40      # `make quick` does, after style and types

A test is near to a change when its file imports what changed; it is farther away when
it does so through other modules. That is read from the source (`imports.py`), and not
from a record of an earlier run, as pytest-testmon has it: a record needs all tests to
run first, slowly, and does not see the programs that tests start. The price is that
too many tests count as changed. They come last, and when the time is over they are
left out; the last line says how many.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "book" / "_ext"))

from imports import Imports, imported_names  # noqa: E402, it lies beside the extensions of the site

TOO_LATE = "the time is over"
# What is slow, or needs the site, waits for `make test`.
QUICK = "not (claims or classroom or site or slow or spark)"


class UntilThen:
    """Skip the tests that would start after a moment: a plug-in."""

    def __init__(self, moment: float) -> None:
        self.moment = moment  # in seconds since 1970

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Leave a test out, before its fixtures are made."""
        if time.time() > self.moment:
            pytest.skip(TOO_LATE)

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, str] | None:
        """Count what was left out by itself, and without a letter for each."""
        too_late = report.skipped and TOO_LATE in str(report.longrepr)
        return ("left for make test", "", TOO_LATE) if too_late else None


def changed_files(root: Path = ROOT) -> list[Path]:
    """List what differs from where this branch left main, edits and commits alike."""
    origin = _git(root, "rev-parse", "--verify", "--quiet", "origin/main")
    base = _git(root, "merge-base", "HEAD", "origin/main" if origin else "main")
    names = [
        *_git(root, "diff", "--name-only", "--relative", *(base or ["HEAD"])),
        *_git(root, "ls-files", "--others", "--exclude-standard"),
    ]
    return sorted({root / name for name in names})


def nearest_tests(changed: Iterable[Path], root: Path = ROOT) -> list[Path]:
    """List the files with tests, or examples, of what changed, the nearest first."""
    imports = Imports(root)
    changed = set(changed)
    names = {f"test_{path.stem}" for path in changed}
    gone = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in changed
        if not path.exists()
    }
    changed = {path for path in changed if path.exists()}
    near: dict[Path, float] = {}
    for test in sorted(root.glob("tests/**/test_*.py")):
        near[test] = _steps(imports, test, changed)
        if gone & imported_names(test.read_text(encoding="utf-8")):
            near[test] = 1
    # The texts of the course are read by tests that import none of them.
    if any(path.suffix != ".py" or "notebooks" in path.parts for path in changed):
        for test in root.glob("tests/book/test_*.py"):
            near[test] = min(near[test], 2)
    package = root / "recsys_helpers"
    examples = [path for path in changed if path.is_relative_to(package)]
    nearest_first = sorted(near, key=lambda test: (near[test], test.stem not in names))
    return sorted(examples) + [path for path in nearest_first if near[path] < math.inf]


def main() -> int:
    """Run them; return pytest's exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=40)
    until = time.time() + parser.parse_args().seconds
    changed = changed_files()
    files = nearest_tests(changed)
    if not files:
        print("Nothing that has tests has changed since main.")
        return 0
    print(f"{len(changed)} files changed since main: {len(files)} files have tests.")
    # Dealt out one by one, so that the nearest come first in both processes.
    options = ["-q", "-n", "2", "--dist", "load", "--maxschedchunk", "1"]
    options += ["--until", str(until), "-m", QUICK]
    run = subprocess.run([sys.executable, "-m", "pytest", *options, *files], cwd=ROOT)
    return 0 if run.returncode == pytest.ExitCode.NO_TESTS_COLLECTED else run.returncode


def _steps(imports: Imports, test: Path, changed: set[Path]) -> float:
    """Count the imports between a test and what changed; inf if there is no way."""
    found, edge, steps = {test}, {test}, 0
    while edge and not edge & changed:
        edge = {new for path in edge for new in imports.direct(path)} - found
        found |= edge
        steps += 1
    return steps if edge else math.inf


def _git(root: Path, *arguments: str) -> list[str]:
    run = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    return run.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
