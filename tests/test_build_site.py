"""The site's build knows when the notebooks' outputs or the pages are stale."""

import json
import subprocess

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
    (tmp_path / "book" / "welcome.md").write_text("# Welcome\n")
    (tmp_path / "_config.yml").write_text("title: A book\n")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01.ipynb").write_text("{}\n")
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "results" / "speed.json").write_text("[]\n")
    (tmp_path / "benchmarks" / "vectors").mkdir()
    (tmp_path / "benchmarks" / "vectors" / "posters.npz").write_text("1 2\n")
    return tmp_path


@pytest.fixture
def built(project, monkeypatch):
    """Pretend that the project's site was built."""
    monkeypatch.setattr(build_site, "CACHE", project / "cache")
    monkeypatch.setattr(build_site, "DOCTREES", project / "doctrees")
    monkeypatch.setattr(build_site, "FINGERPRINTS", project / "fingerprints.json")
    build_site.CACHE.mkdir()
    build_site.DOCTREES.mkdir()
    monkeypatch.setattr(build_site, "LIVE", project / "live")
    (project / "live" / "static" / "live-data").mkdir(parents=True)
    (project / "live" / "static" / "live-data" / "manifest.js").write_text("{}")
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
        "benchmarks/vectors/posters.npz",
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


# --- nothing to do ------------------------------------------------------------------


@pytest.fixture
def whole(built, monkeypatch):
    """Pretend that the build has ended, with a page; give what was run afterwards."""
    monkeypatch.setattr(build_site, "ROOT", built)
    monkeypatch.setattr(build_site, "PAGE", built / "_build" / "html" / "index.html")
    build_site.PAGE.parent.mkdir(parents=True)
    build_site.PAGE.write_text("<p>Welcome</p>")
    monkeypatch.setenv("RECSYS_DATASET", "small")
    ran = []
    monkeypatch.setattr(build_site, "run_stale", lambda *a: ran.append(a) or False)
    monkeypatch.setattr(build_site, "chapters_of", lambda *a: [])
    return built, ran


def test_an_unchanged_site_is_left_alone(whole, capsys):
    assert build_site.main() == 0
    assert whole[1] == []
    assert "Nothing has changed" in capsys.readouterr().out
    assert build_site.CACHE.exists()


@pytest.mark.parametrize(
    "changed", ["_config.yml", "book/welcome.md", "notebooks/01.ipynb"]
)
def test_a_page_that_changed_is_built_and_others_stay(whole, changed):
    project, ran = whole
    (project / changed).write_text("another text\n")
    build_site.main()
    assert len(ran) == 1
    assert build_site.CACHE.exists()
    assert build_site.DOCTREES.exists()


def test_a_build_that_did_not_end_well_is_done_again(whole):
    project, ran = whole
    (project / "book" / "welcome.md").write_text("# A reference to {doc}`nowhere`\n")
    assert build_site.main() == 1
    assert build_site.main() == 1
    assert len(ran) == 2


def test_a_site_that_was_removed_is_built_again(whole):
    build_site.PAGE.unlink()
    build_site.main()
    assert len(whole[1]) == 1


# --- the data of the live page ------------------------------------------------------


@pytest.fixture
def exports(monkeypatch):
    """Commands that would export the data; each ends with the next status."""
    commands, statuses = [], []

    def run(command, **options):
        commands.append(command)
        status = statuses.pop() if statuses else 0
        return subprocess.CompletedProcess(command, status)

    monkeypatch.setattr(build_site.subprocess, "run", run)
    return commands, statuses


def export(project, edition="small") -> int:
    return build_site.export_live(edition, build_site.fingerprints(project, edition))


def test_live_data_is_not_written_again_when_nothing_changed(built, exports):
    assert export(built) == 0
    assert exports[0] == []


@pytest.mark.parametrize(
    "changed",
    [
        "requirements.lock",
        "recsys_helpers/metrics.py",
        "benchmarks/vectors/posters.npz",
    ],
)
def test_live_data_is_written_once_after_a_change(built, exports, changed):
    (built / changed).write_text("another text\n")
    assert (export(built), export(built)) == (0, 0)
    assert len(exports[0]) == 1


def test_live_data_is_written_for_another_edition(built, exports):
    export(built, "sample")
    assert exports[0][0][-4:] == ["--edition", "sample", "--out", str(built / "live")]


def test_live_data_is_not_written_for_another_result(built, exports):
    (built / "benchmarks" / "results" / "speed.json").write_text("[1]\n")
    build_site.drop_stale(build_site.fingerprints(built, "small"))
    export(built)
    assert exports[0] == []


def test_live_data_that_is_missing_is_written(built, exports):
    (built / "live" / "static" / "live-data" / "manifest.js").unlink()
    export(built)
    assert len(exports[0]) == 1


def test_an_export_that_failed_is_tried_again(built, exports):
    (built / "requirements.lock").write_text("another text\n")
    exports[1].append(2)
    assert (export(built), export(built)) == (2, 0)


def test_no_page_is_built_without_live_data(exports, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(build_site, "LIVE", tmp_path / "live")
    monkeypatch.setattr(build_site, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(build_site, "DOCTREES", tmp_path / "doctrees")
    monkeypatch.setattr(build_site, "FINGERPRINTS", tmp_path / "fingerprints.json")
    exports[1].append(2)
    assert build_site.main() == 2
    assert len(exports[0]) == 1
    assert "live page was not written" in capsys.readouterr().err
