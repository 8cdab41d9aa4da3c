"""A reader who searches in American spelling finds what is written in British."""

import in_browser
import pytest
import tiny_site
from search_spelling import EitherSpelling, british

PAIRS = [
    ("neighbor", "neighbours"),
    ("Color", "colour"),
    ("center", "centre"),
    ("centering", "centring"),
    ("recognize", "recognises"),
    ("favorite", "favourite"),
    ("behavior", "behaviour"),
    ("normalized", "normalised"),
    ("regularization", "regularisation"),
    ("analyze", "analyse"),
    ("optimizer", "optimiser"),
    ("modeling", "modelling"),
    ("catalog", "catalogue"),
    ("catalogs", "catalogues"),
    ("math", "maths"),
]


@pytest.mark.parametrize(("american", "ours"), PAIRS)
def test_both_spellings_are_one_word(american, ours):
    language = EitherSpelling({})
    assert language.stem(american) == language.stem(ours)


@pytest.mark.parametrize("word", ["size", "prize", "chorus", "score", "model", "or"])
def test_other_words_stay(word):
    assert british(word) == word


@pytest.mark.site
def test_the_browser_takes_the_same_endings_off(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.rst").write_text("Start\n=====\n\nNeighbours.\n")
    html = tiny_site.build(source, tmp_path, ["search_spelling"])
    words = [word.lower() for pair in PAIRS for word in pair]
    with in_browser.chromium() as browser:
        tab = in_browser.new_tab(browser.new_context())
        tab.goto((html / "search.html").as_uri())
        stem = "words => words.map(word => new Stemmer().stemWord(word))"
        stems = tab.evaluate(stem, words)
    language = EitherSpelling({})
    assert stems == [language.stem(word) for word in words]
