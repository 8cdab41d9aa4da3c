"""A term of the glossary is linked where a chapter first uses it, and nowhere else."""

from pathlib import Path

import pytest
import tiny_site
from bs4 import BeautifulSoup, Tag
from glossary_links import EVERYDAY

ROOT = Path(__file__).resolve().parents[2]
START = """
Start
=====

We speak of dropout.

.. toctree::

   glossary
   notebooks/01_first
"""
GLOSSARY = """
Glossary
========

.. glossary::

   ALS
      Solves in turns.

   Dropout
      Some are set to zero. See chapter 5.

   Latent factor
      A number in a vector.

   Factor
      What is multiplied.

   Principal component
   PCA
      Where vectors differ.

   User
      Somebody.
"""
CHAPTER = """
1 · First
=========

{text}
"""


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "source"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "index.rst").write_text(START)
    (folder / "glossary.rst").write_text(GLOSSARY)
    return folder


def links(source: Path, text: str, page: str = "notebooks/01_first") -> list[Tag]:
    """Build a chapter of this text; find the links that were made on a page."""
    chapter = source / "notebooks" / "01_first.rst"
    chapter.write_text(CHAPTER.format(text=text))
    html = tiny_site.build(
        source, source.parent, ["glossary_links"], glossary_page="glossary"
    )
    made = BeautifulSoup((html / f"{page}.html").read_text(), "html.parser")
    return made.select("a.glossary-link")


def linked(source: Path, text: str) -> list[str]:
    return [link.get_text() for link in links(source, text)]


def test_a_term_leads_to_its_entry_and_says_what_it_means(source):
    [link] = links(source, "It uses dropout here.")
    assert link["href"] == "../glossary.html#term-Dropout"
    assert link["title"] == "Some are set to zero."


def test_only_the_first_use_is_linked(source):
    text = "So Dropout it is.\n\nAnd dropout again."
    assert linked(source, text) == ["Dropout"]


def test_the_words_around_a_link_stay(source):
    [link] = links(source, "Much dropout helps, and ALS too.")[:1]
    assert link.parent.get_text() == "Much dropout helps, and ALS too."


def test_a_plural_is_found_and_the_longer_term_is_taken(source):
    text = "Many latent\nfactors, and a factor."
    assert linked(source, text) == ["latent\nfactors", "factor"]


def test_two_names_of_an_entry_are_one_term(source):
    text = "The principal components (PCA) are two."
    assert linked(source, text) == ["principal components"]


def test_a_part_of_a_word_is_no_term(source):
    assert linked(source, "Refactor the factory, ALS-like, also the x-factor.") == []


def test_capitals_tell_a_name_from_a_word(source):
    assert linked(source, "The als in a word; ALS is a name.") == ["ALS"]


def test_everyday_words_are_not_linked(source):
    assert linked(source, "A user is a user.") == []


@pytest.mark.parametrize(
    "text",
    [
        "Dropout\n-------",
        "Code: ``dropout``.",
        "::\n\n   dropout",
        "A `page of dropout <https://example.org>`_.",
        "A formula: :math:`dropout`.",
        ".. math:: dropout",
        "====  =======\none   dropout\n====  =======",
        ".. figure:: none.svg\n\n   dropout\n\n   More dropout.",
        ".. container:: quiz\n\n   What is dropout?",
        ".. raw:: html\n\n   <p>dropout</p>",
        "The film *Dropout in Paris*.",
        "See :term:`noise <Dropout>`: dropout.",
    ],
)
def test_headings_code_and_the_like_are_left_as_they_are(text, source):
    (source / "notebooks" / "none.svg").write_text("<svg></svg>")
    assert linked(source, text) == []


def test_a_term_that_is_emphasised_is_linked(source):
    assert linked(source, "This is *dropout*, and **ALS**.") == ["dropout", "ALS"]


def test_pages_that_are_no_chapters_have_no_such_links(source):
    assert links(source, "Nothing.", page="index") == []


def test_a_new_term_reaches_a_chapter_that_is_as_it_was(source):
    text = "A penalty."
    assert linked(source, text) == []
    more = GLOSSARY + "\n   Penalty\n      What is added.\n"
    (source / "glossary.rst").write_text(more)
    assert linked(source, text) == ["penalty"]


def test_everyday_words_are_entries_of_the_glossary():
    page = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    entries = {line.lower() for line in page.splitlines() if line[:1].isalnum()}
    assert entries >= EVERYDAY
