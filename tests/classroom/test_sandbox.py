"""What the code of a submission can't do, seen from inside and from outside."""

import json
from types import SimpleNamespace

import fence
import psutil
import pytest
import sandbox
from sandbox import Limits

pytestmark = pytest.mark.classroom

needs_landlock = pytest.mark.skipif(
    not fence.landlock_version(), reason="this system has no Landlock"
)


TRIES = {
    "look for secrets": "import os; print(dict(os.environ))",
    "read and remove what is not its own": """\
import pathlib
other = pathlib.Path({other!r})
pathlib.Path("mine").write_text("here")
for action in [other.read_text, other.unlink]:
    try:
        print(action())
    except PermissionError:
        print("refused")""",
    "connect": "import socket\nsocket.create_connection(('127.0.0.1', 80), 2)",
    "print a lot": "for _ in range(3000): print('y' * 1000)",
}


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    path = tmp_path_factory.mktemp("other") / "other"
    path.write_text("of somebody else")
    return path


@pytest.fixture(scope="module")
def outputs(other) -> dict[str, str]:
    """What came of each of the `TRIES`, in one kernel."""
    cells = dict(enumerate(code.format(other=str(other)) for code in TRIES.values()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOME_API_KEY", "hunter2")
        run = sandbox.run_cells(cells, None, Limits(cell_seconds=10, cell_kib=30))
    assert run.outputs.keys() == cells.keys()
    return {name: json.dumps(run.outputs[n]) for n, name in enumerate(TRIES)}


def test_no_secret_of_ours_is_in_the_environment(outputs):
    assert "RECSYS_DATASET" in outputs["look for secrets"]
    assert "hunter2" not in outputs["look for secrets"]


def test_a_submission_finds_the_package_of_this_checkout():
    sandbox.check_package()


def test_the_package_of_another_checkout_is_noticed_before_anything_is_graded(
    monkeypatch, tmp_path
):
    elsewhere = SimpleNamespace(__file__=str(tmp_path / "recsys_helpers/__init__.py"))
    monkeypatch.setattr(sandbox, "recsys_helpers", elsewhere)
    with pytest.raises(ValueError, match="make grade"):
        sandbox.check_package()


def test_what_cannot_be_interrupted_is_killed_with_its_children(monkeypatch, tmp_path):
    here = str(tmp_path)
    monkeypatch.setattr(sandbox, "_new_token", lambda: "of this test")
    code = (
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"sleep = [sys.executable, '-c', 'import time; time.sleep(1000)', {here!r}]\n"
        "child = subprocess.Popen(sleep, start_new_session=True)\n"
        "if sys.platform == 'linux':\n"
        "    subprocess.Popen(sleep, start_new_session=True, env={})\n"
        "while True: pass"
    )
    cells = {3: "print('early')", 5: code, 7: "print('late')"}
    run = sandbox.run_cells(cells, None, Limits(seconds=6, cell_seconds=2))
    assert run.stopped == "it ran for more than 6 seconds"
    assert "early" in str(run.outputs[3])
    assert 7 not in run.outputs
    assert sandbox.processes_of("of this test") == []
    command_lines = [p.info["cmdline"] for p in psutil.process_iter(["cmdline"])]
    assert not [line for line in command_lines if here in (line or [])]


@needs_landlock
def test_a_submission_writes_and_reads_in_its_own_folder_only(outputs, other):
    assert outputs["read and remove what is not its own"].count("refused") == 2
    assert other.exists()


@pytest.mark.skipif(fence.landlock_version() < 4, reason="Linux refuses TCP since 6.7")
def test_a_submission_opens_no_connection(outputs):
    assert "PermissionError" in outputs["connect"]


def test_what_is_kept_of_an_output_is_limited_and_says_so(outputs):
    text = outputs["print a lot"]
    assert len(text) < 60_000
    assert "the rest was dropped" in text
