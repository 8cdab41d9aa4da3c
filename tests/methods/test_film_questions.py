import numpy as np
import pandas as pd
import pytest

from recsys_helpers.datasets import Films
from recsys_helpers.methods.entity.questions import (
    QUESTIONS,
    FilmQuestion,
    held_out_pairs,
    neighbour_rows,
)
from recsys_helpers.vectors import MovieVectors

# Bo directs 1 to 4 and plays in 1 and 9; Cy directs 5, writes 6 and has no other film
# that he directs; 9 comes first in the table, and its id is the last.
FILMS = [
    (9, "Heat"),
    *((i, f"Saw {i}" if i < 4 else f"Big {i} Fish") for i in range(1, 9)),
]
LINKS = [
    *((i, "director", "Bo") for i in range(1, 5)),
    (1, "cast", "Bo"),
    (9, "cast", "Bo"),
    (5, "director", "Cy"),
    (5, "writer", "Cy"),
    (6, "writer", "Cy"),
    (1, "genre", "War"),
    (1, "genre", "Drama"),
    (2, "genre", "War"),
    (3, "genre", "Comedy"),
    *((i, "country", "Peru") for i in range(1, 9)),
]


@pytest.fixture
def films():
    table = pd.DataFrame(FILMS, columns=["film_id", "title"]).astype(
        {"film_id": "int32"}
    )
    links = pd.DataFrame(LINKS, columns=["film_id", "kind", "name"])
    links = links.astype({"film_id": "int32", "kind": "category"})
    table["year"] = pd.array([2000] * len(table), dtype="Int16")
    return Films("tiny", table, links, {}, "this test")


def lists(first_of_one=()):
    """Neighbours: the next films in a ring, but for film 1, whose first are given."""
    ring = (np.arange(9)[:, None] + np.arange(1, 5)) % 9
    ring[0, : len(first_of_one)] = first_of_one
    return ring


def named(pairs):
    return set(pairs.itertuples(index=False, name=None))


# --- what a model may learn from ------------------------------------------------------


def test_sequels_are_looked_for_with_all_links(films):
    expected = films.pairs(min_films=1)
    found = held_out_pairs(films, "franchise", min_films=1)
    pd.testing.assert_frame_equal(found, expected)


def test_who_directs_a_film_is_held_out_whatever_else_they_do_in_it(films):
    found = named(held_out_pairs(films, "director", min_films=1))
    gone = named(films.pairs(min_films=1)) - found
    assert gone == {*((i, "person: Bo") for i in range(1, 5)), (5, "person: Cy")}
    assert (9, "person: Bo") in found  # plays, and does not direct
    assert (6, "person: Cy") in found


def test_genres_are_held_out(films):
    found = named(held_out_pairs(films, "genre", min_films=1))
    gone = named(films.pairs(min_films=1)) - found
    assert {entity for _, entity in gone} == {
        "genre: War",
        "genre: Drama",
        "genre: Comedy",
    }


def test_another_question_is_refused(films):
    for ask in (held_out_pairs, FilmQuestion.of):
        with pytest.raises(ValueError, match="franchise, director, genre"):
            ask(films, "year")


def test_films_without_directors_cannot_be_asked_about_them(films):
    links = films.links[films.links["kind"] == "genre"].astype({"kind": "str"})
    pages = Films("tiny", films.films, links, {}, "this test")
    for ask in (held_out_pairs, FilmQuestion.of):
        with pytest.raises(ValueError, match=r"director.*genre"):
            ask(pages, "director")


# --- scores ---------------------------------------------------------------------------


def test_rows_are_in_the_order_of_ids(films):
    assert FilmQuestion.of(films, "genre").films.ids.tolist() == list(range(1, 10))


def test_sequels_found_are_a_share_of_those_there_are(films):
    question = FilmQuestion.of(films, "franchise")
    scores = question.scores(lists(first_of_one=[7, 2]))
    assert scores.index.tolist() == [1, 2, 3]
    # 1 finds film 3, and film 4 in its ring; 2 finds 3; 3 finds neither 1 nor 2.
    assert scores["recall@10"].tolist() == [0.5, 0.5, 0]


def test_films_of_the_director_are_counted(films):
    question = FilmQuestion.of(films, "director")
    scores = question.scores(lists())
    assert scores.index.tolist() == [1, 2, 3, 4]  # Cy directs one alone
    assert scores["precision@10"].tolist() == [0.3, 0.2, 0.1, 0]
    np.testing.assert_allclose(scores["recall@10"], [1, 2 / 3, 1 / 3, 0])


def test_who_only_plays_is_no_director(films):
    question = FilmQuestion.of(films, "director")
    assert question.scores(lists([8, 8, 8, 8])).loc[1, "precision@10"] == 0


def test_genres_are_compared_as_sets(films):
    question = FilmQuestion.of(films, "genre")
    scores = question.scores(lists())
    assert scores.index.tolist() == [1, 2, 3]
    # {War, Drama} beside {War} is one of two; missing places are wrong.
    assert scores["jaccard@10"].tolist() == [0.05, 0, 0]


def test_perfect_lists_have_recall_one(films):
    question = FilmQuestion.of(films, "franchise")
    perfect = lists()
    perfect[:3, :2] = [[1, 2], [0, 2], [0, 1]]
    assert (question.scores(perfect)["recall@10"] == 1).all()


def test_only_the_first_ten_count(films):
    long = np.full((9, 12), 8)
    long[:, 10:] = [1, 2]
    question = FilmQuestion.of(films, "franchise")
    assert (question.scores(long)["recall@10"] == 0).all()


def test_estimates_are_means_with_intervals(films):
    question = FilmQuestion.of(films, "director")
    found = question.estimates(lists()).set_index("metric")
    assert found["value"]["precision@10"] == pytest.approx(0.15)
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()
    assert (found["n"] == 4).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((3, 10), dtype=int), "row"),
        (np.full((9, 10), 9), "8.*9"),
        (np.zeros((9, 10)), "numbers"),
    ],
)
def test_lists_that_do_not_fit_are_refused(wrong, message, films):
    with pytest.raises(ValueError, match=message):
        FilmQuestion.of(films, "genre").scores(wrong)


# --- from vectors ---------------------------------------------------------------------


def test_neighbours_of_vectors_are_rows():
    vectors = MovieVectors([10, 20, 40], [[1, 0], [0, 1], [1, 0.1]])
    assert neighbour_rows(vectors, n=1).tolist() == [[2], [2], [0]]


def test_vectors_out_of_order_are_refused():
    with pytest.raises(ValueError, match="order"):
        neighbour_rows(MovieVectors([20, 10], [[1, 0], [0, 1]]))


def test_there_are_three_questions(films):
    for question in QUESTIONS:
        asked = FilmQuestion.of(films, question)
        assert list(asked.scores(lists())) == list(asked.metrics)
