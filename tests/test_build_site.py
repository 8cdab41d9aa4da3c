"""The site's build knows when the notebooks' outputs or the pages are stale."""

import json

import build
import pytest


@pytest.fixture
def project(tmp_path):
    (tmp_path / "recsys_helpers").mkdir()
    (tmp_path / "book" / "_ext").mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("numpy==2.0\n")
    (tmp_path / "recsys_helpers" / "metrics.py").write_text("x = 1\n")
    (tmp_path / "book" / "_ext" / "role.py").write_text("y = 1\n")
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "results" / "speed.json").write_text("[]\n")
    return tmp_path


@pytest.fixture
def built(project, monkeypatch):
    """Pretend that the project's site was built."""
    monkeypatch.setattr(build, "CACHE", project / "cache")
    monkeypatch.setattr(build, "DOCTREES", project / "doctrees")
    monkeypatch.setattr(build, "FINGERPRINTS", project / "fingerprints.json")
    build.CACHE.mkdir()
    build.DOCTREES.mkdir()
    now = build.fingerprints(project, "small")
    build.FINGERPRINTS.write_text(json.dumps(now))
    return project


def kept(project, edition="small") -> tuple[bool, bool]:
    """Say whether the outputs and whether the pages survive the next build."""
    build.drop_stale(build.fingerprints(project, edition))
    return build.CACHE.exists(), build.DOCTREES.exists()


def test_nothing_is_dropped_when_nothing_changed(built):
    assert kept(built) == (True, True)


@pytest.mark.parametrize(
    "changed",
    [
        "requirements.lock",
        "recsys_helpers/metrics.py",
        "benchmarks/results/speed.json",
    ],
)
def test_outputs_and_pages_are_dropped_when_the_code_changed(built, changed):
    (built / changed).write_text("another text\n")
    assert kept(built) == (False, False)


def test_outputs_are_dropped_when_a_module_is_renamed(built):
    old = built / "recsys_helpers" / "metrics.py"
    old.rename(old.with_name("measures.py"))
    assert kept(built) == (False, False)


def test_outputs_are_dropped_for_another_edition(built):
    assert kept(built, "sample") == (False, False)


def test_only_pages_are_dropped_when_an_extension_changed(built):
    (built / "book" / "_ext" / "role.py").write_text("y = 2\n")
    assert kept(built) == (True, False)


def test_what_an_unknown_build_left_is_dropped(built):
    build.FINGERPRINTS.unlink()
    assert kept(built) == (False, False)
