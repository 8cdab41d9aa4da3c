"""Retrieval, then ranking; and one search of titles here and on the live page."""

from pathlib import Path

import numpy as np
import pytest
from in_browser import chromium
from served import sample_recommender

from recsys_helpers.datasets import load_movielens
from recsys_helpers.live.catalogue import other_names
from recsys_helpers.serving.ranking import (
    EaseRanker,
    at_most_each,
    recall_of,
    retrieve,
    search_titles,
)
from recsys_helpers.titles import fold_words, spoken_title, year_of
from recsys_helpers.vectors import MovieVectors, UnknownMovieError

FOLD = Path(__file__).resolve().parents[2] / "book" / "_static" / "live" / "fold.js"
# The most famous first, and what is only like the wanted one before that.
TITLES = (
    "Metro (1997)",
    "Napoleon Dynamite (2004)",
    "Seventh Son (2014)",
    "Firewall (2006)",
    "Seven Up! (1964)",
    "Star Trek (2009)",
    "The Amazing Spider-Man (2012)",
    "Spider-Man (2002)",
    "Jules and Jim (Jules et Jim) (1961)",
    "E.T. the Extra-Terrestrial (1982)",
    "WALL·E (2008)",
    "Ocean's Eleven (2001)",
    "Ocean's Eleven (a.k.a. Ocean's 11) (1960)",
    "Schindler's List (1993)",
    "M. Hulot\u2019s Holiday (Mr. Hulot's Holiday) (1953)",
    "Harry Potter and the Goblet of Fire (2005)",
    "Mr. & Mrs. Smith (2005)",
    "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)",
    "Seven (a.k.a. Se7en) (1995)",
    "Amadeus (1984)",
    "1984 (1956)",
    "1984 (Nineteen Eighty-Four) (1984)",
    "2001: A Space Odyssey (1968)",
    "Heat (1995)",
    "Heat (1986)",
    "The Matrix Reloaded (2003)",
    "The Matrix (1999)",
    "L'Avventura (The Adventure) (1960)",
    "À nous la liberté (Freedom for Us) (1931)",
    "Toy Story (1995)",
    "Stargate (1994)",
    "Starter for 10 (2006)",
    "$ (Dollars) (1971)",
    "M*A*S*H (a.k.a. MASH) (1970)",
    "Straße nach Łódź (2000)",
    "ΟΔΥΣΣΕΥΣ (2010)",
)
# What is typed, and how the titles that are found start, the first ones.
FOUND = {
    "wall-e": ["WALL·E"],
    "walle": ["WALL·E"],
    "oceans eleven": ["Ocean's Eleven (2001)", "Ocean's Eleven (a"],
    "Ocean\u2019s 11": ["Ocean's Eleven (a"],
    "schindlers list": ["Schindler"],
    "m hulot's holiday": ["M. Hulot"],
    "harry potter & the goblet": ["Harry"],
    "mr and mrs smith": ["Mr. & Mrs."],
    "spiderman": ["Spider-Man", "The Amazing"],
    "spiderm": ["The Amazing", "Spider-Man"],
    "et": ["E.T.", "Jules", "Metro"],
    "e.t.": ["E.T.", "Jules"],
    "leon": ["Léon", "Napoleon"],
    "LÉON": ["Léon", "Napoleon"],
    "seven": ["Seven (a", "Seven Up", "Seventh"],
    "se7en": ["Seven (a"],
    "1984": ["1984 (1956)", "1984 (N", "Amadeus"],
    "1984 (1956)": ["1984 (1956)"],
    "2001": ["2001:", "Ocean's Eleven (2001)"],
    "heat 1986": ["Heat (1986)"],
    "heat": ["Heat (1995)", "Heat (1986)"],
    "matrix": ["The Matrix (", "The Matrix Reloaded"],
    "the matrix (1999)": ["The Matrix ("],
    "matrix, the": ["The Matrix (", "The Matrix Reloaded"],
    "Matrix, The (1999)": ["The Matrix ("],
    "lavventura": ["L'Avventura"],
    "l\u2019avventura": ["L'Avventura"],
    "avventura": ["L'Avventura"],
    "avventura, l\u2019": ["L'Avventura"],
    "nous la": ["À nous"],
    "STORY toy": ["Toy Story"],
    "toy sto": ["Toy Story"],
    "start": ["Starter", "Star Trek"],
    "$": ["$"],
    "mash": ["M*A*S*H"],
    "STRASSE nach lodz": ["Straße"],
    "οδυσσευς": ["ΟΔΥΣΣΕΥΣ"],
    "Toy Stroy": [],
    "???": [],
}


def found_in_python(query, titles=TITLES):
    return search_titles(query, titles, len(titles), -np.arange(len(titles)))


@pytest.fixture(scope="module")
def found_in_script():
    """Ask the live page's script about many queries at once, in a browser."""

    def ask(queries, titles=TITLES):
        catalogue = {
            "titles": [spoken_title(title) for title in titles],
            "searched": [other_names(title) for title in titles],
            "years": [year_of(title) or 0 for title in titles],
        }
        with chromium() as browser:
            tab = browser.new_page()
            tab.add_script_tag(path=FOLD)
            found = tab.evaluate(
                """([catalogue, queries]) => {
                  const search = fiveWays.finder(catalogue);
                  return queries.map((query) => search(query, 1e6).films);
                }""",
                [catalogue, list(queries)],
            )
        return dict(zip(queries, found, strict=True))

    return ask


@pytest.mark.parametrize(("query", "first"), FOUND.items())
def test_what_a_person_means_is_found_first(query, first):
    rows = found_in_python(query)
    assert len(rows) >= len(first)
    assert bool(rows) == bool(first)
    for row, start in zip(rows, first, strict=False):
        assert TITLES[row].startswith(start)


@pytest.mark.site
def test_the_live_page_finds_the_same_in_the_same_order(found_in_script):
    rng = np.random.default_rng(0)
    titles = tuple(load_movielens("small").movies["title"][:3000])
    whole = [titles[row] for row in rng.choice(len(titles), 60, replace=False)]
    pieces = [fold_words(title)[at : at + 6] for at, title in enumerate(whole)]
    for queries, among in ((FOUND, TITLES), ([*whole, *filter(None, pieces)], titles)):
        for query, films in found_in_script(list(queries), among).items():
            assert films == found_in_python(query, among), query


@pytest.fixture
def vectors():
    return MovieVectors(
        np.arange(1, len(TITLES) + 1), np.ones((len(TITLES), 1)), TITLES
    )


def test_a_title_that_is_not_there_is_answered_with_whole_words_first(vectors):
    with pytest.raises(UnknownMovieError) as told:
        vectors.row("E.T.")
    assert "did you mean 'e.t. the extra" in str(told.value).casefold()


@pytest.mark.parametrize("title", ["1984", "ocean's eleven", "oceans eleven", "Heat"])
def test_a_title_of_several_movies_is_not_chosen_silently(vectors, title):
    with pytest.raises(ValueError, match="2 movies"):
        vectors.row(title)


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("wall-e", "WALL·E"),
        ("spiderman", "Spider-Man"),
        ("mr and mrs smith", "Mr. & Mrs."),
        ("schindlers list", "Schindler"),
        ("1984 (1956)", "1984 (1956)"),
        ("oceans 11", "Ocean's Eleven (a"),
    ],
)
def test_movies_are_looked_up_as_they_are_searched(vectors, typed, start):
    assert TITLES[vectors.row(typed)].startswith(start)


# --- the two steps ------------------------------------------------------------------


def test_retrieval_finds_the_largest_dot_products():
    rng = np.random.default_rng(0)
    vectors, query = rng.normal(size=(50, 4)), rng.normal(size=4)
    found = retrieve(query, vectors, 5, exclude=[0])
    order = np.argsort(-(vectors @ query))
    assert found.tolist() == order[order != 0][:5].tolist()


def test_films_in_no_series_are_never_too_many():
    assert at_most_each([None] * 5, 1) == list(range(5))
    with pytest.raises(ValueError, match="limit"):
        at_most_each(["a"], 0)


def test_recall_of_nothing_is_no_number():
    with pytest.raises(ValueError, match="one"):
        recall_of([1], [])


def test_ease_scores_of_some_movies_do_not_depend_on_the_others():
    model = sample_recommender()
    ranker = EaseRanker(model.likes, model.gram_inverse, model.scale)
    columns, values = np.array([0, 4]), np.array([1.0, 0.5])
    everything = ranker.scores(columns, values, np.arange(len(model.movies)))
    some = ranker.scores(columns, values, np.array([7, 3]))
    np.testing.assert_allclose(some, everything[[7, 3]], atol=1e-12)
