"""The site's build knows when outputs or pages are stale, damaged or missing."""

import os
import shutil
import subprocess
from unittest import mock

import build_site
import pytest

MANIFEST = "live/static/live-data/manifest.js"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "recsys_helpers").mkdir()
    (tmp_path / "book" / "_ext").mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("numpy==2.0\n")
    (tmp_path / "recsys_helpers" / "metrics.py").write_text("x = 1\n")
    (tmp_path / "book" / "_ext" / "role.py").write_text("y = 1\n")
    (tmp_path / "book" / "quizzes").mkdir()
    (tmp_path / "book" / "welcome.md").write_text("# Welcome\n")
    (tmp_path / "book" / "_toc.yml").write_text("format: jb-book\nroot: welcome\n")
    (tmp_path / "_config.yml").write_text("title: A book\n")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01.ipynb").write_text("{}\n")
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "results" / "speed.json").write_text("[]\n")
    (tmp_path / "benchmarks" / "vectors").mkdir()
    (tmp_path / "benchmarks" / "vectors" / "posters.npz").write_text("1 2\n")
    return tmp_path


@pytest.fixture
def folders(project):
    return build_site.Folders(project)


class Commands:
    """What the build would run; each command ends with the next status, or with 0."""

    def __init__(self, folders):
        self.folders = folders
        self.commands = []
        self.statuses = []

    def run(self, command, **options):
        status = self.statuses.pop() if self.statuses else 0
        self.commands.append(command)
        made = {
            "recsys_helpers.live.export": self.folders.build / MANIFEST,
            "_config.yml": self.folders.html / "index.html",
        }
        for word, file in made.items():
            if word in command and status == 0:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("as it was built")
                self.folders.doctrees.mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, status)

    @property
    def exports(self):
        return [one for one in self.commands if "recsys_helpers.live.export" in one]

    @property
    def pages(self):
        return [one for one in self.commands if "_config.yml" in one]


@pytest.fixture
def ran(folders, monkeypatch):
    """Note what is run, in place of running it."""
    commands = Commands(folders)
    monkeypatch.setattr(build_site.subprocess, "run", commands.run)
    with mock.patch.dict(os.environ, RECSYS_DATASET="sample"):
        yield commands


@pytest.fixture
def built(project, folders, ran):
    """Build the project's site, and forget the commands."""
    assert build_site.build(folders) == 0
    folders.cache.mkdir(exist_ok=True)
    ran.commands.clear()
    return project


def kept(folders, edition="sample") -> tuple[bool, bool]:
    """Say whether the outputs and whether the pages survive the next build."""
    build_site.drop_stale(folders, build_site.fingerprints(folders.root, edition))
    return folders.cache.exists(), folders.doctrees.exists()


def test_nothing_is_dropped_when_nothing_changed(built, folders):
    assert kept(folders) == (True, True)


CODE = [
    "requirements.lock",
    "recsys_helpers/metrics.py",
    "benchmarks/vectors/posters.npz",
]


@pytest.mark.parametrize("changed", [*CODE, "benchmarks/results/speed.json"])
def test_outputs_and_pages_are_dropped_when_the_code_changed(built, folders, changed):
    (built / changed).write_text("another text\n")
    assert kept(folders) == (False, False)


def test_outputs_are_dropped_when_a_module_is_renamed(built, folders):
    old = built / "recsys_helpers" / "metrics.py"
    old.rename(old.with_name("measures.py"))
    assert kept(folders) == (False, False)


def test_outputs_are_dropped_for_another_edition(built, folders):
    assert kept(folders, "small") == (False, False)


@pytest.mark.parametrize(
    "changed", ["book/_ext/role.py", "book/quizzes/03_neighbours.yml"]
)
def test_only_pages_are_dropped_when_what_makes_them_changed(built, folders, changed):
    (built / changed).write_text("y = 2\n")
    assert kept(folders) == (True, False)


def test_an_interrupted_build_leaves_no_page_of_another_edition(built, folders):
    build_site.drop_stale(folders, build_site.fingerprints(built, "small"))
    folders.cache.mkdir()  # the first notebook was run, then came Ctrl-C
    assert kept(folders) == (False, False)


def test_outputs_of_an_interrupted_build_are_used_by_the_next(built, folders):
    build_site.drop_stale(folders, build_site.fingerprints(built, "small"))
    folders.cache.mkdir()
    folders.doctrees.mkdir()
    assert kept(folders, "small") == (True, False)


def test_a_wrong_edition_is_refused_before_anything_is_built(folders, ran, capsys):
    os.environ["RECSYS_DATASET"] = "smal"
    assert build_site.build(folders) == 2
    assert ran.commands == []
    assert "did you mean 'small'" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "", '{"site": '])
def test_what_an_unknown_build_left_is_dropped(built, folders, text):
    folders.remembered.unlink()
    if text is not None:
        folders.remembered.write_text(text)
    assert kept(folders) == (False, False)


# --- nothing to do, and what is missing -----------------------------------------------


def test_an_unchanged_site_is_left_alone(built, folders, ran, capsys):
    assert build_site.build(folders) == 0
    assert ran.commands == []
    assert "Nothing has changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "changed", ["_config.yml", "book/welcome.md", "notebooks/01.ipynb"]
)
def test_a_page_that_changed_is_built_and_others_stay(built, folders, ran, changed):
    (built / changed).write_text((built / changed).read_text() + "\n")
    assert build_site.build(folders) == 0
    assert (len(ran.exports), len(ran.pages)) == (0, 1)
    assert folders.cache.exists()
    assert folders.doctrees.exists()


def test_a_build_that_did_not_end_well_is_done_again(built, folders, ran):
    (built / "book" / "welcome.md").write_text("# A reference to {doc}`nowhere`\n")
    ran.statuses += [1, 1]
    assert build_site.build(folders) == 1
    assert build_site.build(folders) == 1
    assert build_site.build(folders) == 0
    assert len(ran.pages) == 3


@pytest.mark.parametrize(
    "lost", ["html/index.html", "live/static/live-data/manifest.js"]
)
@pytest.mark.parametrize("how", ["removed", "cut short"])
def test_what_was_built_and_is_damaged_is_mended(
    built, folders, ran, capsys, lost, how
):
    file = folders.build / lost
    file.unlink() if how == "removed" else file.write_text("as it")
    assert build_site.build(folders) == 0
    assert file.read_text() == "as it was built"
    assert lost in capsys.readouterr().out
    assert folders.cache.exists()
    assert (len(ran.exports), len(ran.pages)) == (int(lost.startswith("live/")), 1)
    build_site.build(folders)
    assert "Nothing has changed" in capsys.readouterr().out


def test_a_site_whose_folder_is_gone_is_built_again(built, folders, ran):
    shutil.rmtree(folders.html)
    assert build_site.build(folders) == 0
    assert len(ran.pages) == 1


# --- pages from the stored outputs ---------------------------------------------------


def test_pages_of_stored_outputs_are_built_beside_the_site(built, folders, ran):
    os.environ["RECSYS_DATASET"] = "small"
    stored = ran.folders = build_site.Folders(built, stored=True)
    before = build_site._sizes(folders)
    assert build_site.build(stored) == 0
    assert ran.exports[0][-4:] == ["--edition", "sample", "--out", str(stored.live)]
    assert (stored.html / "index.html").exists()
    assert build_site._sizes(folders) == before
    assert build_site.build(stored) == 0
    assert (len(ran.exports), len(ran.pages)) == (1, 1)


# --- the data of the live page --------------------------------------------------------


@pytest.mark.parametrize("changed", CODE)
def test_live_data_is_written_once_after_a_change(built, folders, ran, changed):
    (built / changed).write_text("another text\n")
    build_site.build(folders)
    build_site.build(folders)
    assert len(ran.exports) == 1


def test_live_data_is_written_for_another_edition(built, folders, ran):
    os.environ["RECSYS_DATASET"] = "small"
    build_site.build(folders)
    (command,) = ran.exports
    assert command[-4:] == ["--edition", "small", "--out", str(folders.live)]


def test_live_data_is_not_written_for_another_result(built, folders, ran):
    (built / "benchmarks" / "results" / "speed.json").write_text("[1]\n")
    assert build_site.build(folders) == 0
    assert (len(ran.exports), len(ran.pages)) == (0, 1)


def test_no_page_is_built_without_live_data(built, folders, ran, capsys):
    (built / "requirements.lock").write_text("another text\n")
    ran.statuses.append(2)
    assert build_site.build(folders) == 2
    assert ran.pages == []
    assert "live page was not written" in capsys.readouterr().err
    assert build_site.build(folders) == 0
    assert len(ran.exports) == 2
