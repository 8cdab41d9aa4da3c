"""The site's build knows when the notebooks' outputs are stale."""

import build
import pytest


@pytest.fixture
def project(tmp_path):
    (tmp_path / "recsys_helpers").mkdir()
    (tmp_path / "requirements.lock").write_text("numpy==2.0\n")
    (tmp_path / "recsys_helpers" / "metrics.py").write_text("x = 1\n")
    return tmp_path


def test_the_fingerprint_repeats(project):
    assert build.fingerprint(project, "small") == build.fingerprint(project, "small")


def test_the_fingerprint_changes_with_the_edition(project):
    assert build.fingerprint(project, "small") != build.fingerprint(project, "sample")


@pytest.mark.parametrize("changed", ["requirements.lock", "recsys_helpers/metrics.py"])
def test_the_fingerprint_changes_with_the_code(project, changed):
    before = build.fingerprint(project, "small")
    (project / changed).write_text("another text\n")
    assert build.fingerprint(project, "small") != before


def test_the_fingerprint_changes_when_a_module_is_renamed(project):
    before = build.fingerprint(project, "small")
    old = project / "recsys_helpers" / "metrics.py"
    old.rename(old.with_name("measures.py"))
    assert build.fingerprint(project, "small") != before


def test_stale_outputs_are_dropped_and_fresh_ones_kept(project, monkeypatch):
    monkeypatch.setattr(build, "CACHE", project / "cache")
    monkeypatch.setattr(build, "DOCTREES", project / "doctrees")
    monkeypatch.setattr(build, "FINGERPRINT", project / "fingerprint")
    (project / "cache").mkdir()
    (project / "fingerprint").write_text("old")
    assert not build.drop_stale_outputs("old")
    assert (project / "cache").exists()
    assert build.drop_stale_outputs("new")
    assert not (project / "cache").exists()
