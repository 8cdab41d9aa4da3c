"""The site's build knows when outputs or pages are stale, damaged or missing."""

import os
import shutil
import subprocess
from types import SimpleNamespace
from unittest import mock

import build_site
import pytest
import tiny_site

from recsys_helpers.datasets import known_edition

MANIFEST = "live/static/live-data/manifest.js"


FILES = {
    "requirements.lock": "numpy==2.0\n",
    "requirements-serve.lock": "uvicorn==1.0\n",
    "recsys_helpers/metrics.py": "x = 1\n",
    "recsys_helpers/posters.py": "from recsys_helpers import metrics\n",
    "recsys_helpers/results.py": "",
    "recsys_helpers/unused.py": "",
    "recsys_helpers/live/export.py": "from recsys_helpers import metrics\n",
    "book/_ext/role.py": "y = 1\n",
    "book/quizzes/01_data.yml": "",
    "book/welcome.md": "```{code-cell}\nimport recsys_helpers.metrics\n```\n",
    "book/_toc.yml": "format: jb-book\nroot: book/welcome\nchapters:\n"
    "- file: notebooks/01_data\n- file: notebooks/02_posters\n",
    "_config.yml": "title: A book\n",
    "notebooks/01_data.py": "from recsys_helpers.results import published_results\n"
    "published_results('speed')\n",
    "notebooks/01_data.ipynb": "{}\n",
    "notebooks/02_posters.py": "import recsys_helpers.posters\nopen('posters.npz')\n",
    "notebooks/02_posters.ipynb": "{}\n",
    "benchmarks/results/speed.json": "[]\n",
    "benchmarks/results/other.json": "[]\n",
    "benchmarks/vectors/posters.npz": "1 2\n",
}
BOTH = {"01_data", "02_posters"}
LIVE = {"book/live.doctree"}
PAGES = {
    *LIVE,
    "book/welcome.doctree",
    *("notebooks/01_data.doctree", "notebooks/02_posters.doctree"),
}


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
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
        self.chapters = set()
        self.ends = BOTH  # the chapters that end before the build is stopped
        self.read = set()

    def run(self, command, **options):
        status = self.statuses.pop() if self.statuses else 0
        self.commands.append(command)
        if "_config.yml" in command:
            self.read = {p for p in PAGES if not (self.folders.doctrees / p).exists()}
        made = {
            "recsys_helpers.live.export": self.folders.build / MANIFEST,
            "_config.yml": self.folders.html / "index.html",
        }
        for word, file in made.items():
            if word in command and status == 0:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("as it was built")
        if "_config.yml" in command and status == 0:
            for page in PAGES:
                (self.folders.doctrees / page).parent.mkdir(parents=True, exist_ok=True)
                (self.folders.doctrees / page).touch()
        return subprocess.CompletedProcess(command, status)

    def run_stale(self, chapters, folder, *, changed, kept):
        self.chapters = {path.stem for path in changed if path in chapters}
        for path in chapters:
            if path.stem in self.chapters & set(self.ends):
                kept(path)
        return self.chapters <= set(self.ends)

    def forget(self) -> set[str]:
        """Forget what was run; name the chapters that were."""
        self.commands.clear()
        return self.chapters

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
    monkeypatch.setattr(build_site, "run_stale", commands.run_stale)
    monkeypatch.setattr(build_site, "take_stored", lambda *_, **__: None)
    # What counts is the name of the edition; its ratings take a while to read.
    loaded = lambda name: SimpleNamespace(edition=known_edition(name))  # noqa: E731
    monkeypatch.setattr(build_site, "load_movielens", loaded)
    with mock.patch.dict(os.environ, RECSYS_DATASET="sample"):
        yield commands


@pytest.fixture
def built(project, folders, ran):
    """Build the project's site, and forget what was run."""
    assert build_site.build(folders) == 0
    assert ran.forget() == BOTH
    return project


# --- outputs --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "run"),
    [
        ("requirements.lock", BOTH),
        ("requirements-serve.lock", set()),
        ("recsys_helpers/metrics.py", {"02_posters"}),
        ("recsys_helpers/posters.py", {"02_posters"}),
        ("recsys_helpers/unused.py", set()),
        ("benchmarks/vectors/posters.npz", {"02_posters"}),
        ("benchmarks/results/speed.json", {"01_data"}),
        ("benchmarks/results/other.json", set()),
        ("book/_ext/role.py", set()),
    ],
)
def test_chapters_that_a_change_concerns_are_run(built, folders, ran, changed, run):
    (built / changed).write_text("z = 2\n")
    assert build_site.build(folders) == 0
    assert ran.chapters == run
    assert len(ran.pages) == 1


def test_what_is_run_again_is_said_with_the_reason(built, folders, ran, capsys):
    (built / "recsys_helpers" / "metrics.py").write_text("x = 2\n")
    assert build_site.build(folders) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "02_posters" in x]
    assert "recsys_helpers/metrics.py" in line
    assert "01_data" not in line


def test_a_chapter_whose_module_is_gone_is_run(built, folders, ran):
    (built / "recsys_helpers" / "posters.py").unlink()
    assert build_site.build(folders) == 0
    assert ran.chapters == {"02_posters"}


def test_prose_of_a_chapter_does_not_concern_its_outputs(built, folders, ran):
    path = built / "notebooks" / "01_data.py"
    path.write_text(path.read_text() + "# More.\n")
    assert build_site.build(folders) == 0
    assert (ran.chapters, len(ran.pages)) == (set(), 1)


def test_outputs_are_dropped_for_another_edition(built, folders, ran):
    os.environ["RECSYS_DATASET"] = "small"
    assert build_site.build(folders) == 0
    assert ran.chapters == BOTH


def test_outputs_are_dropped_for_another_backend(built, folders, ran):
    with mock.patch.dict(os.environ, KERAS_BACKEND="jax"):
        assert build_site.build(folders) == 0
    assert ran.chapters == BOTH


def test_an_interrupted_build_goes_on_and_leaves_no_page_of_another_edition(
    built, folders, ran
):
    os.environ["RECSYS_DATASET"] = "small"
    ran.ends = ["01_data"]
    assert build_site.build(folders) == 1
    ran.forget()
    ran.ends = BOTH
    assert build_site.build(folders) == 0
    assert ran.forget() == {"02_posters"}
    os.environ["RECSYS_DATASET"] = "sample"
    assert build_site.build(folders) == 0
    assert ran.chapters == BOTH


@pytest.mark.parametrize("text", [None, "", '{"site": '])
def test_what_an_unknown_build_left_is_dropped(built, folders, ran, text):
    for path in [folders.remembered, *folders.made_of.iterdir()]:
        path.unlink() if text is None else path.write_text(text)
    assert build_site.build(folders) == 0
    assert ran.chapters == BOTH
    assert ran.read == PAGES


# --- pages ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ("recsys_helpers/posters.py", {"notebooks/02_posters.doctree"}),
        ("recsys_helpers/metrics.py", PAGES - {"notebooks/01_data.doctree"}),
        ("recsys_helpers/unused.py", set()),
        ("benchmarks/results/speed.json", {"notebooks/01_data.doctree"}),
        ("book/_ext/role.py", PAGES),
        ("requirements-serve.lock", PAGES),
    ],
)
def test_pages_whose_outputs_or_makers_changed_are_read(
    built, folders, ran, changed, read
):
    (built / changed).write_text("z = 2\n")
    assert build_site.build(folders) == 0
    assert ran.read == read


@pytest.mark.parametrize(
    "changed",
    [
        *("_config.yml", "book/welcome.md", "notebooks/01_data.ipynb"),
        *("book/quizzes/01_data.yml", "book/quizzes/02_posters.yml"),
    ],
)
def test_which_pages_are_read_for_their_own_sources_is_left_to_sphinx(
    built, folders, ran, changed
):
    (built / changed).write_text("another text\n")
    assert build_site.build(folders) == 0
    assert (ran.chapters, ran.exports, len(ran.pages)) == (set(), [], 1)
    assert ran.read == set()


def test_pages_that_the_contents_no_longer_have_are_removed(built, folders, ran):
    for name in ("welcome", "removed"):
        path = folders.html / "book" / f"{name}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text("as it was built")
    (built / "_config.yml").write_text("title: Another book\n")
    assert build_site.build(folders) == 0
    assert [path.name for path in folders.html.glob("book/*")] == ["welcome.html"]


def test_a_wrong_edition_is_refused_before_anything_is_built(folders, ran, capsys):
    os.environ["RECSYS_DATASET"] = "smal"
    assert build_site.build(folders) == 2
    assert ran.commands == []
    assert "did you mean 'small'" in capsys.readouterr().err


def test_sphinx_reads_the_page_that_it_is_told_to_and_no_other(tmp_path):
    source, folders = tmp_path / "source", build_site.Folders(tmp_path / "source")
    source.mkdir()
    (source / "index.rst").write_text(".. toctree::\n   :glob:\n\n   ?\n")
    for name in "ab":
        (source / f"{name}.rst").write_text(f"{name}\n=\n")
    tiny_site.build(source, tmp_path, [])
    folders.doctrees = tmp_path / "doctrees"
    a, b = (folders.doctrees / f"{name}.doctree" for name in "ab")
    as_it_was = b.stat().st_mtime_ns
    build_site.read_again(folders, source / "a.ipynb")
    assert not a.exists()
    tiny_site.build(source, tmp_path, [])
    assert a.exists()
    assert b.stat().st_mtime_ns == as_it_was


# --- nothing to do, and what is missing -----------------------------------------------


def test_an_unchanged_site_is_left_alone(built, folders, ran, capsys):
    assert build_site.build(folders) == 0
    assert ran.commands == []
    assert "Nothing has changed" in capsys.readouterr().out


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
    assert ran.chapters == set()
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


@pytest.mark.parametrize(
    "changed",
    [
        *("requirements.lock", "recsys_helpers/metrics.py"),
        "recsys_helpers/live/export.py",
    ],
)
def test_live_data_is_written_once_after_a_change(built, folders, ran, changed):
    (built / changed).write_text("z = 2\n")
    build_site.build(folders)
    build_site.build(folders)
    assert len(ran.exports) == 1


def test_live_data_is_written_for_another_edition(built, folders, ran):
    os.environ["RECSYS_DATASET"] = "small"
    build_site.build(folders)
    (command,) = ran.exports
    assert command[-4:] == ["--edition", "small", "--out", str(folders.live)]


@pytest.mark.parametrize(
    "changed", ["benchmarks/results/speed.json", "recsys_helpers/posters.py"]
)
def test_live_data_is_not_written_for_what_does_not_concern_it(
    built, folders, ran, changed
):
    (built / changed).write_text("z = 2\n")
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
