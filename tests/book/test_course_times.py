"""The table of the teaching guide says what was measured, and by this build."""

import pytest
import tiny_site
from bs4 import BeautifulSoup
from sphinx.environment import BuildEnvironment

START = """
Start
=====

.. toctree::
   :glob:

   guide
   notebooks/*
"""
GUIDE = """
Guide
=====

.. course-times::
"""
EXERCISE = """
.. admonition:: Exercise
   :class: exercise

   Try.
"""
PEAK = (
    "\n::\n\n   This run: 3 s of CPU time, 1,026 MiB of memory at most, on 2 cores.\n"
)


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Write two chapters, of which the first was run."""
    folder = tmp_path / "source"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "index.rst").write_text(START)
    (folder / "guide.rst").write_text(GUIDE)
    first = "1 · First\n=========\n\n" + "word " * 900 + "\n" + EXERCISE + PEAK
    (folder / "notebooks" / "01_first.rst").write_text(first)
    second = "2 · Second\n==========\n\nShort.\n"
    (folder / "notebooks" / "02_second.rst").write_text(second)
    ran = {"notebooks/01_first": {"exec_data": {"runtime": 12.3}}}
    monkeypatch.setattr(BuildEnvironment, "nb_metadata", ran, raising=False)
    return folder


def rows(source) -> list:
    """Build, and find the rows of the guide's table."""
    html = tiny_site.build(source, source.parent, ["course_times"])
    page = BeautifulSoup((html / "guide.html").read_text(), "html.parser")
    return page.select("table.course-times tbody tr")


def table(source) -> list[list[str]]:
    """Build, and read the guide's table."""
    return [
        [cell.get_text(strip=True) for cell in row.find_all("td")]
        for row in rows(source)
    ]


def test_each_chapter_has_a_row_and_all_of_them_a_sum(source):
    assert table(source) == [
        ["1 · First", "10", "12 seconds", "1,026 MiB", "1", "0"],
        ["2 · Second", "5", "not run", "not known", "0", "0"],
        ["All of them", "15", "not run", "1,026 MiB", "1", "0"],
    ]


def test_a_chapter_is_one_click_away(source):
    assert rows(source)[0].find("a", href="notebooks/01_first.html")


def test_a_change_in_a_chapter_alone_reaches_the_table(source):
    table(source)
    chapter = source / "notebooks" / "02_second.rst"
    chapter.write_text(chapter.read_text() + EXERCISE)
    assert table(source)[1][4] == "1"
