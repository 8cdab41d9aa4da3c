"""`make quick` runs the tests of what changed, the nearest first, and ends in time."""

import subprocess
import time
from pathlib import Path

import pytest
from quick import UntilThen, changed_files, nearest_tests

FILES = {
    "recsys_helpers/splits.py": "",
    "recsys_helpers/metrics.py": "",
    "recsys_helpers/evaluation.py": "from recsys_helpers import metrics\n",
    "recsys_helpers/tuning.py": "from recsys_helpers import evaluation\n",
    "tests/test_tuning.py": "from recsys_helpers import tuning\n",
    "tests/test_splits.py": "from recsys_helpers import splits\n",
    "tests/test_metrics.py": "from recsys_helpers import metrics\n",
    "tests/test_evaluation.py": "from recsys_helpers import evaluation\n",
    "tests/test_all.py": "from recsys_helpers import metrics, splits\n",
    "tests/book/test_repository.py": "",
    "README.md": "",
}
EMPTY = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for name, value in EMPTY.items():
        monkeypatch.setenv(name, value)
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "add", ".")
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    git(root, *who, "commit", "-q", "-m", "a change")


def nearest(root: Path, *changed: str) -> list[str]:
    return [path.name for path in nearest_tests([root / one for one in changed], root)]


def test_commits_of_the_branch_and_edits_count_as_changes(repository):
    git(repository, "switch", "-q", "-c", "mine")
    (repository / "README.md").write_text("committed")
    commit(repository)
    (repository / "recsys_helpers" / "splits.py").write_text("# edited")
    (repository / "new.md").write_text("not added yet")
    (repository / "tests" / "test_all.py").unlink()
    names = {
        path.relative_to(repository).as_posix() for path in changed_files(repository)
    }
    assert names == {
        "README.md", "recsys_helpers/splits.py", "new.md", "tests/test_all.py"
    }  # fmt: skip


def test_nothing_has_changed_on_main(repository):
    assert changed_files(repository) == []


def test_the_nearest_tests_come_first_and_its_own_before_all(repository):
    assert nearest(repository, "recsys_helpers/metrics.py") == [
        "metrics.py",  # its examples
        "test_metrics.py",
        "test_all.py",
        "test_evaluation.py",
        "test_tuning.py",
    ]


def test_a_test_that_changed_runs(repository):
    assert nearest(repository, "tests/test_splits.py") == ["test_splits.py"]


def test_texts_are_tested_by_those_who_read_them(repository):
    assert nearest(repository, "README.md") == ["test_repository.py"]


def test_the_tests_of_a_module_that_is_gone_run(repository):
    (repository / "recsys_helpers" / "splits.py").unlink()
    found = nearest(repository, "recsys_helpers/splits.py")
    assert found == ["test_splits.py", "test_all.py"]


def test_no_test_starts_when_the_time_is_over():
    UntilThen(time.time() + 60).pytest_runtest_setup()
    with pytest.raises(pytest.skip.Exception):
        UntilThen(time.time() - 1).pytest_runtest_setup()
