"""A box says how long a page takes, by the rule that the teaching guide states."""

from pathlib import Path

import pytest
import tiny_site
from bs4 import BeautifulSoup
from chapter_time import (
    ESTIMATED,
    LEFT_OUT,
    minutes,
    minutes_to_read,
    rule_in_words,
)
from docutils import nodes
from sphinx.errors import SphinxWarning

START = """
Start
=====

Read `notebooks/01_first`:minutes:, or `notebooks/01_first#a-part`:minutes:, or
`notebooks/01_first#a-part, plan`:minutes:; `above`:minutes: in all.

We reckon with `it`:reading-rule:.

.. toctree::

   notebooks/01_first
   plan
"""
CHAPTER = """
1 · First
=========

Time: `an hour`:chapter-time:.

.. container:: cell

   .. code-block:: python

{code}

A part
------

{part}
"""
CODE = "      x = 1\n" * 60
PLAN = "Plan\n====\n\nShort.\n"


@pytest.fixture
def source(tmp_path) -> Path:
    """Write a chapter of 60 lines of code and, in its second section, 900 words."""
    folder = tmp_path / "source"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "index.rst").write_text(START)
    (folder / "plan.rst").write_text(PLAN)
    write_chapter(folder)
    return folder


def write_chapter(source: Path, words: int = 900) -> None:
    part = "word " * words
    text = CHAPTER.format(code=CODE, part=part)
    (source / "notebooks" / "01_first.rst").write_text(text)


def said(source: Path, page: str) -> str:
    """Build, and read a page."""
    html = tiny_site.build(source, source.parent, ["chapter_time"])
    text = (html / f"{page}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").find("div", class_="body").get_text(" ")


def test_the_rule_is_near_what_a_reader_said():
    for chapter in ESTIMATED:
        reckoned = minutes(chapter.words, chapter.lines)
        assert reckoned == pytest.approx(chapter.minutes, rel=0.11)


def test_the_box_says_what_the_rule_gives(source):
    assert minutes(900, 60) == 20
    assert "about 20 minutes to read" in said(source, "notebooks/01_first")


@pytest.mark.parametrize("kind", sorted(LEFT_OUT))
def test_what_is_folded_or_answered_is_not_counted(kind):
    left_out = nodes.container("", *read_in_ten_minutes(), classes=[kind])
    page = nodes.section("", *read_in_ten_minutes(), left_out)
    assert minutes_to_read(page) == 10


def read_in_ten_minutes() -> list[nodes.Node]:
    cell = nodes.container("", nodes.literal_block("", "x = 1\n" * 30))
    return [nodes.paragraph("", "word " * 450), cell]


def test_another_page_says_the_minutes_of_pages_and_sections(source):
    text = " ".join(said(source, "index").split())
    assert "Read 20 min, or 10 min, or 15 min; 45 min in all." in text


def test_a_change_in_a_chapter_reaches_the_page_that_says_its_minutes(source):
    said(source, "index")
    write_chapter(source, words=1800)
    assert "Read 30\xa0min" in said(source, "index")


def test_the_rule_can_be_read(source):
    assert rule_in_words() in said(source, "index")


@pytest.mark.parametrize("place", ["notebooks/09_gone", "plan#gone"])
def test_a_place_that_is_gone_fails_the_build(place, source):
    text = START.replace("notebooks/01_first#a-part, plan", place)
    (source / "index.rst").write_text(text)
    with pytest.raises(SphinxWarning):
        said(source, "index")
