import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_helpers.datasets import Films
from recsys_helpers.methods import NotFittedError
from recsys_helpers.methods.entity.questions import (
    FilmTaste,
    compare_regressions,
    critics_scores,
)
from recsys_helpers.vectors import MovieVectors, UnknownMovieError


@pytest.fixture
def vectors():
    """40 films; those with an even id point up, the others down."""
    ids = np.arange(1, 41)
    rng = np.random.default_rng(0)
    up = np.where(ids % 2 == 0, 1.0, -1.0)
    matrix = np.column_stack([up, rng.normal(size=(40, 2)) / 4])
    return MovieVectors(ids, matrix, [f"Film {i}" for i in ids])


LIKED, DISLIKED = [2, 4, 6, 8, 10], [1, 3, 5, 7, 9]


# --- a reader's taste -----------------------------------------------------------------


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


@pytest.mark.parametrize("setting", [{"kernel": "poly"}, {"C": 0}, {"n_folds": 1}])
def test_settings_that_cannot_be_are_refused(setting, vectors):
    with pytest.raises(ValueError, match=next(iter(setting))):
        FilmTaste(**setting).fit(vectors, LIKED, DISLIKED)


def test_without_examples_there_is_no_taste():
    with pytest.raises(NotFittedError, match="examples"):
        FilmTaste().recommend()


# --- critics --------------------------------------------------------------------------


def films(**columns):
    table = pd.DataFrame({"film_id": np.array([7, 3, 5], dtype="int32")})
    table = table.assign(title=["A", "B", "C"], year=pd.array([2000] * 3, "Int16"))
    links = pd.DataFrame({"film_id": [7], "kind": ["genre"], "name": ["War"]})
    return Films("tiny", table.assign(**columns), links, {}, "this test")


def test_scores_are_those_of_films_that_have_one():
    scores = critics_scores(films(metascore=pd.array([60, None, 80])), "metascore")
    assert scores.to_dict() == {5: 80.0, 7: 60.0}
    assert scores.index.tolist() == [5, 7]


def test_films_without_scores_say_so():
    with pytest.raises(ValueError, match="tomato_meter"):
        critics_scores(films())
    with pytest.raises(ValueError, match="metascore, tomato_meter"):
        critics_scores(films(), "imdb")


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
    table = compare_regressions({"memory": memory}, rng.normal(size=60), alphas=[0.1])
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
        ({"alphas": []}, "alphas"),
        ({"alphas": [0]}, "alphas"),
        ({"n_folds": 1}, "n_folds"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused(change, message):
    X, y = regression_data(60)
    arguments = {"features": {"X": X}, "target": y} | change
    with pytest.raises(ValueError, match=message):
        compare_regressions(**arguments)
