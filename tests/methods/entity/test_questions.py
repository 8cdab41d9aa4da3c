import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_helpers.datasets import Films
from recsys_helpers.methods import NotFittedError
from recsys_helpers.methods.entity.questions import (
    QUESTIONS,
    FilmQuestion,
    FilmTaste,
    compare_regressions,
    critics_scores,
    held_out_pairs,
    neighbour_rows,
)
from recsys_helpers.vectors import MovieVectors, UnknownMovieError

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


# --- a reader's taste -----------------------------------------------------------------


@pytest.fixture
def vectors():
    """40 films; those with an even id point up, the others down."""
    ids = np.arange(1, 41)
    rng = np.random.default_rng(0)
    up = np.where(ids % 2 == 0, 1.0, -1.0)
    matrix = np.column_stack([up, rng.normal(size=(40, 2)) / 4])
    return MovieVectors(ids, matrix, [f"Film {i}" for i in ids])


LIKED, DISLIKED = [2, 4, 6, 8, 10], [1, 3, 5, 7, 9]


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_what_is_like_the_liked_comes_first(kernel, vectors):
    taste = FilmTaste(kernel=kernel).fit(vectors, LIKED, DISLIKED)
    assert (taste.recommend(15)["movie_id"] % 2 == 0).all()
    assert (taste.avoid(15)["movie_id"] % 2 == 1).all()
    assert taste.accuracy_ == 1


def test_examples_are_not_recommended(vectors):
    taste = FilmTaste().fit(vectors, LIKED, DISLIKED)
    listed = taste.recommend(99)
    assert len(listed) == 30
    assert not set(listed["movie_id"]) & {*LIKED, *DISLIKED}
    assert listed["score"].is_monotonic_decreasing


def test_films_can_be_given_by_title(vectors):
    by_title = FilmTaste().fit(vectors, ["film 2", "film 4"], ["film 1", "film 3"])
    by_id = FilmTaste().fit(vectors, [2, 4], [1, 3])
    pd.testing.assert_frame_equal(by_title.recommend(), by_id.recommend())
    assert by_id.recommend().columns.tolist() == ["movie_id", "title", "score"]


def test_a_taste_that_is_chance_is_told_by_chance(vectors):
    rng = np.random.default_rng(1)
    found = []
    for _ in range(10):
        films = rng.permutation(np.arange(1, 41)).tolist()
        found.append(FilmTaste().fit(vectors, films[:20], films[20:]).accuracy_)
    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


def test_two_films_of_each_kind_are_enough(vectors):
    assert FilmTaste().fit(vectors, [2, 4], [1, 3]).accuracy_ == 1


@pytest.mark.parametrize(
    ("liked", "disliked", "message"),
    [
        ([2], [1, 3], r"\bliked"),
        ([2, 4], [], "disliked"),
        ([2, 4], [1, 4], r"\b4\b"),
    ],
)
def test_examples_that_say_too_little_are_refused(liked, disliked, message, vectors):
    with pytest.raises(ValueError, match=message):
        FilmTaste().fit(vectors, liked, disliked)


def test_an_unknown_film_is_named(vectors):
    with pytest.raises(UnknownMovieError, match="99"):
        FilmTaste().fit(vectors, [2, 99], DISLIKED)


@pytest.mark.parametrize("setting", [{"kernel": "poly"}, {"C": 0}])
def test_settings_that_cannot_be_are_refused(setting, vectors):
    with pytest.raises(ValueError, match=next(iter(setting))):
        FilmTaste(**setting).fit(vectors, LIKED, DISLIKED)


def test_without_examples_there_is_no_taste():
    with pytest.raises(NotFittedError, match="liked, disliked"):
        FilmTaste().recommend()


# --- critics --------------------------------------------------------------------------


def films_with(**columns):
    table = pd.DataFrame({"film_id": np.array([7, 3, 5], dtype="int32")})
    table = table.assign(title=["A", "B", "C"], year=pd.array([2000] * 3, "Int16"))
    links = pd.DataFrame({"film_id": [7], "kind": ["genre"], "name": ["War"]})
    return Films("tiny", table.assign(**columns), links, {}, "this test")


def test_scores_are_those_of_films_that_have_one():
    scores = critics_scores(films_with(metascore=pd.array([60, None, 80])), "metascore")
    assert scores.to_dict() == {5: 80.0, 7: 60.0}
    assert scores.index.tolist() == [5, 7]


def test_films_without_scores_say_so():
    with pytest.raises(ValueError, match="tomato_meter"):
        critics_scores(films_with())
    with pytest.raises(ValueError, match="metascore, tomato_meter"):
        critics_scores(films_with(), "imdb")


def regression_data(n=400):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3))
    return X, X @ [2.0, -1, 0.5] + rng.normal(size=n)


def test_features_that_tell_are_better_than_those_that_do_not():
    X, y = regression_data()
    noise = np.random.default_rng(1).normal(size=X.shape)
    table = compare_regressions({"told": X, "noise": noise}, y).set_index("features")
    assert table.index.tolist() == ["mean", "told", "noise"]
    assert table["r2"]["mean"] == 0
    assert table["r2"]["told"] == pytest.approx(1 - 1 / 6.25, abs=0.03)
    assert table["r2"]["noise"] < 0.02
    assert table["rmse"]["told"] == pytest.approx(1, abs=0.1)
    assert table["rmse"]["mean"] == pytest.approx(y.std(), abs=0.02)
    assert (table["low"] < table["rmse"]).all()
    assert (table["n"] == 400).all()


def test_sparse_features_give_what_dense_ones_give():
    X, y = regression_data()
    table = compare_regressions({"dense": X, "sparse": sparse.csr_array(X)}, y)
    assert table["rmse"][1] == pytest.approx(table["rmse"][2], rel=1e-3)


def test_a_film_is_predicted_while_it_is_left_out():
    rng = np.random.default_rng(0)
    memory = np.eye(60)  # each film by itself: nothing to learn for others
    table = compare_regressions({"memory": memory}, rng.normal(size=60))
    assert table["r2"][1] < 0.05


def test_the_same_seed_gives_the_same_table():
    X, y = regression_data(60)
    one, same, other = (compare_regressions({"X": X}, y, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert one["rmse"][1] != other["rmse"][1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": {"X": np.eye(3)}}, "X .*3 .*60"),
        ({"target": np.full(60, np.nan)}, "finite"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused(change, message):
    X, y = regression_data(60)
    arguments = {"features": {"X": X}, "target": y} | change
    with pytest.raises(ValueError, match=message):
        compare_regressions(**arguments)
