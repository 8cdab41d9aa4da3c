"""Settings of all tests, and what tests of several modules need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from quick import UntilThen
from untouched import Untouched

from recsys_helpers.results import read_results

# A test that fails because the machine is busy says nothing about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_addoption(parser):
    """Let `make test-package` see to it that tests leave the checkout as it was."""
    told = "fail if a file of the checkout changes while the tests run"
    parser.addoption("--untouched", action="store_true", help=told)
    told = "skip the tests that would start after this, in seconds since 1970"
    parser.addoption("--until", type=float, help=told)


def pytest_configure(config):
    """Let `make quick` end in time."""
    if config.option.until:
        config.pluginmanager.register(UntilThen(config.option.until))


def pytest_sessionstart(session):
    """Compare the files in one process only: the one that the workers report to."""
    if session.config.option.untouched and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Untouched(session.config.rootpath))


def pytest_terminal_summary(terminalreporter):
    """Name each test that was left out since Spark cannot run, and say why."""
    skipped = [
        (report.nodeid, report.longrepr[-1])
        for report in terminalreporter.stats.get("skipped", [])
        if "Spark cannot run here" in str(report.longrepr)
    ]
    if not skipped:
        return
    terminalreporter.section(
        f"Tests of Spark that were SKIPPED: {len(skipped)}", red=True
    )
    terminalreporter.line(skipped[0][1])
    for name, _ in skipped:
        terminalreporter.line(f"SKIPPED {name}")


@pytest.fixture
def count_progress(monkeypatch):
    """Put a progress bar into a module that notes its steps in the list returned."""

    def count(module):
        counted = []

        class Bar:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                pass

            update = counted.append

        monkeypatch.setattr(module, "progress_bar", lambda *about: Bar())
        return counted

    return count


@pytest.fixture
def measured_quickly(tmp_path):
    """Run a script of benchmarks/ with ``--quick``, in a folder of its own."""
    benchmarks = Path(__file__).resolve().parent.parent / "benchmarks"

    def measured(name: str, **environment: str):
        output = tmp_path / "results.json"
        run = subprocess.run(
            [sys.executable, benchmarks / f"{name}.py", "--quick", "--output", output],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        return read_results(output)

    return measured


@pytest.fixture(scope="session")
def all_films():
    """The credits of all films."""
    from recsys_helpers.datasets import load_films

    return load_films("all")
