"""The site's build knows when the notebooks' outputs or the pages are stale."""

import json

import build_site
import pytest


@pytest.fixture
def project(tmp_path):
    (tmp_path / "recsys_helpers").mkdir()
    (tmp_path / "book" / "_ext").mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("numpy==2.0\n")
    (tmp_path / "recsys_helpers" / "metrics.py").write_text("x = 1\n")
    (tmp_path / "book" / "_ext" / "role.py").write_text("y = 1\n")
    (tmp_path / "book" / "quizzes").mkdir()
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "results" / "speed.json").write_text("[]\n")
    return tmp_path


@pytest.fixture
def built(project, monkeypatch):
    """Pretend that the project's site was built."""
    monkeypatch.setattr(build_site, "CACHE", project / "cache")
    monkeypatch.setattr(build_site, "DOCTREES", project / "doctrees")
    monkeypatch.setattr(build_site, "FINGERPRINTS", project / "fingerprints.json")
    build_site.CACHE.mkdir()
    build_site.DOCTREES.mkdir()
    now = build_site.fingerprints(project, "small")
    build_site.FINGERPRINTS.write_text(json.dumps(now))
    return project


def kept(project, edition="small") -> tuple[bool, bool]:
    """Say whether the outputs and whether the pages survive the next build."""
    build_site.drop_stale(build_site.fingerprints(project, edition))
    return build_site.CACHE.exists(), build_site.DOCTREES.exists()


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


def test_only_pages_are_dropped_when_a_chapter_gets_a_quiz(built):
    (built / "book" / "quizzes" / "03_neighbours.yml").write_text("[]\n")
    assert kept(built) == (True, False)


def test_an_interrupted_build_leaves_no_page_of_another_edition(built):
    build_site.drop_stale(build_site.fingerprints(built, "sample"))
    build_site.CACHE.mkdir()  # the first notebook was run, then came Ctrl-C
    assert kept(built, "small") == (False, False)


def test_outputs_of_an_interrupted_build_are_used_by_the_next(built):
    build_site.drop_stale(build_site.fingerprints(built, "sample"))
    build_site.CACHE.mkdir()
    build_site.DOCTREES.mkdir()
    assert kept(built, "sample") == (True, False)


def test_a_wrong_edition_is_refused_before_anything_is_built(capsys, monkeypatch):
    monkeypatch.setenv("RECSYS_DATASET", "smal")
    monkeypatch.setattr(build_site.subprocess, "run", None)
    assert build_site.main() == 2
    assert "did you mean 'small'" in capsys.readouterr().err


def test_what_an_unknown_build_left_is_dropped(built):
    build_site.FINGERPRINTS.unlink()
    assert kept(built) == (False, False)
