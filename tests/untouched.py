"""Which tests changed the checkout: with ``--untouched`` the run fails then.

Files are compared before and after the run, those of ``_build`` included. When a file
changed, its own time or that of its folder tells which tests ran at that moment.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

# What tools leave by themselves.
BY_PRODUCTS = {
    *(".git", ".venv", ".scratch", "__pycache__", ".hypothesis"),
    *(".pytest_cache", ".ruff_cache", ".mypy_cache"),
}


def files_of(root: Path) -> dict[Path, tuple[int, int]]:
    """Give the time (in ns) and the size of every file of a checkout."""
    found = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in BY_PRODUCTS]
        for name in names:
            path = Path(folder, name)
            if not name.startswith(".coverage"):
                about = path.lstat()
                found[path] = about.st_mtime_ns, about.st_size
    return found


def when_changed(path: Path) -> float:
    """Give the time of a file in seconds, or of the folder that it is gone from."""
    while not path.exists():
        path = path.parent
    return path.stat().st_mtime


class Untouched:
    """Compare the files of ``root`` before and after the tests: a plug-in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.before = files_of(root)
        self.times: dict[str, tuple[float, float]] = {}
        self.changed: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note from when to when a test ran, its fixtures included."""
        start, stop = self.times.get(report.nodeid, (report.start, report.stop))
        span = min(start, report.start), max(stop, report.stop)
        self.times[report.nodeid] = span

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run if a file came, went or changed."""
        after = files_of(self.root)
        for path in sorted(self.before.keys() | after.keys()):
            if self.before.get(path) != after.get(path):
                name = path.relative_to(self.root).as_posix()
                self.changed[name] = list(self._running_at(when_changed(path)))
        if self.changed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        """Say what changed, and while which tests."""
        if self.changed:
            terminalreporter.section("Files of the checkout that CHANGED", red=True)
        for name, tests in self.changed.items():
            terminalreporter.line(f"{name}, while there ran:")
            for test in tests or ["no test"]:
                terminalreporter.line(f"    {test}")

    def _running_at(self, when: float) -> Iterable[str]:
        # Clocks of file systems are coarse.
        for test, (start, stop) in self.times.items():
            if start - 0.02 <= when <= stop + 0.02:
                yield test
