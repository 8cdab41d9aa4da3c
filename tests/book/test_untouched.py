"""A run of tests that changes the checkout fails, and says which test did it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import subprocess, sys, time

def test_that_is_innocent():
    time.sleep(0.1)

def test_that_writes():
    time.sleep(0.1)
    {0}
    time.sleep(0.1)

def test_that_is_innocent_too():
    time.sleep(0.1)
"""
CODE = 'from pathlib import Path; Path("_build", "html", "page").{0}'


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "_build" / "html").mkdir(parents=True)
    (tmp_path / "_build" / "html" / "page").write_text("as it was")
    return tmp_path


def run(checkout, code: str, *options: str) -> subprocess.CompletedProcess:
    (checkout / "test_it.py").write_text(TESTS.format(code))
    (checkout / "conftest.py").write_text(
        "from pathlib import Path\n"
        "from untouched import Untouched\n"
        "def pytest_sessionstart(session):\n"
        "    if not hasattr(session.config, 'workerinput'):\n"
        "        session.config.pluginmanager.register(Untouched(Path.cwd()))\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, "test_it.py"],
        cwd=checkout,
        env=os.environ
        | {"PYTHONPATH": str(Path(__file__).parents[1])}
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # half of its start
        capture_output=True,
        text=True,
    )


def test_tests_that_leave_all_as_it_was_pass(checkout):
    assert run(checkout, "pass").returncode == 0


@pytest.mark.parametrize(
    ("what", "options"),
    [('write_text("other")', ("-p", "xdist", "-n", "2")), ("unlink()", ())],
)
def test_the_test_that_changed_a_file_is_named(checkout, what, options):
    # In a process of its own, as the scripts of the book are run.
    code = f"subprocess.run([sys.executable, '-c', {CODE.format(what)!r}], check=True)"
    ran = run(checkout, code, *options)
    assert ran.returncode == 1
    named = ran.stdout.partition("_build/html/page")[2]
    assert "test_that_writes" in named
    if not options:
        assert "innocent" not in named.partition("passed")[0]
