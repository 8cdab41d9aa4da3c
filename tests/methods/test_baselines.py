"""The baselines against values worked by hand and the course's published numbers."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers import metrics, splits
from recsys_helpers.datasets import load_movielens
from recsys_helpers.methods.baselines import (
    BiasModel,
    GlobalMean,
    MeanRating,
    Popularity,
    RandomChoice,
)


@pytest.fixture
def train():
    """Movie 10 is rated most, movie 30 best, movie 20 worst."""
    rows = [(1, 10, 4.0), (2, 10, 3.0), (3, 10, 2.0), (1, 20, 1.0), (2, 30, 5.0)]
    return pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])


def test_the_global_mean_is_the_mean(train):
    assert GlobalMean().fit(train).predict([1, 9], [20, 99]).tolist() == [3, 3]


def test_one_round_of_biases_worked_by_hand(train):
    # mu = 3, so the rest is 1, 0, -1, -2, 2.
    # Movies first (shrinkage 1): 10: 0 / 4; 20: -2 / 2 = -1; 30: 2 / 2 = 1.
    # Users (shrinkage 2): 1: (1 - 0 + -2 + 1) / 4 = 0; 2: (0 - 0 + 2 - 1) / 4 = 1/4;
    # 3: (-1 - 0) / 3 = -1/3.
    model = BiasModel(user_shrinkage=2, movie_shrinkage=1, n_iterations=1).fit(train)
    assert model.movie_biases_ == pytest.approx([0, -1, 1])
    assert model.user_biases_ == pytest.approx([0, 1 / 4, -1 / 3])


def test_biases_without_shrinkage_reproduce_additive_ratings():
    # rating = 3 + user + movie, with user in (-1, 0, 1) and movie in (-0.5, 0, 0.5)
    grid = [(u, m, 3 + u + m / 2) for u in (-1, 0, 1) for m in (-1, 0, 1)]
    rows = [(u + 2, m + 2, rating) for u, m, rating in grid]
    additive = pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])
    model = BiasModel(user_shrinkage=0, movie_shrinkage=0).fit(additive)
    predicted = model.predict(additive["user_id"], additive["movie_id"])
    assert predicted == pytest.approx(additive["rating"])


def test_the_biases_are_where_the_penalised_error_is_least():
    rng = np.random.default_rng(0)
    ratings = pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(6), 5),
            "movie_id": np.concatenate([rng.permutation(8)[:5] for _ in range(6)]),
            "rating": rng.integers(1, 11, 30) / 2,
        }
    )
    model = BiasModel(n_iterations=200).fit(ratings)
    # The same minimum as one linear system: (X'X + diag(shrinkage)) b = X'y.
    X = np.zeros((30, 6 + 8))
    X[np.arange(30), ratings["user_id"]] = 1
    X[np.arange(30), 6 + ratings["movie_id"]] = 1
    penalty = np.diag([5.0] * 6 + [3.0] * 8)
    y = ratings["rating"] - ratings["rating"].mean()
    solved = np.linalg.solve(X.T @ X + penalty, X.T @ y)
    found = np.concatenate([model.user_biases_, model.movie_biases_])
    assert found == pytest.approx(solved, abs=1e-8)


def test_an_unknown_user_or_movie_has_no_bias(train):
    model = BiasModel().fit(train)
    predicted = model.predict([99, 99, 2], [88, 30, 88])
    above_mean = predicted - 3
    of_movie, of_user = model.movie_biases_[2], model.user_biases_[1]
    assert above_mean == pytest.approx([0, of_movie, of_user])


def test_predictions_stay_within_half_a_star_and_five(train):
    extreme = train.assign(rating=[5.0, 5.0, 5.0, 0.5, 5.0])
    model = BiasModel(user_shrinkage=0, movie_shrinkage=0).fit(extreme)
    predicted = model.predict(np.repeat([1, 2, 3], 3), np.tile([10, 20, 30], 3))
    assert (predicted.min(), predicted.max()) == (0.5, 5.0)


@pytest.mark.parametrize(
    ("method", "setting", "value"),
    [
        (BiasModel, "user_shrinkage", -1),
        (BiasModel, "movie_shrinkage", np.nan),
        (BiasModel, "n_iterations", 0),
        (MeanRating, "shrinkage", -1),
        (RandomChoice, "seed", -1),
    ],
)
def test_settings_that_cannot_be_are_refused(train, method, setting, value):
    with pytest.raises(ValueError, match=setting):
        method(**{setting: value}).fit(train)


def test_popularity_counts_ratings(train):
    best = Popularity().fit(train).recommend(user_id=99)
    assert best.to_dict("list") == {"movie_id": [10, 20, 30], "score": [3, 1, 1]}


def test_popularity_counts_likes_if_there_is_a_threshold(train):
    best = Popularity(like_threshold=5).fit(train).recommend(user_id=99)
    counts = train[train["rating"] >= 5].groupby("movie_id").size()
    scores = dict(best.to_numpy().tolist())
    assert scores == {10: 0, 20: 0, 30: 0} | counts.to_dict()


def test_mean_rating_without_shrinkage_loves_a_single_five_stars(train):
    best = MeanRating().fit(train).recommend(user_id=99)
    assert best.to_dict("list") == {"movie_id": [30, 10, 20], "score": [5, 3, 1]}


def test_mean_rating_is_drawn_towards_the_mean_by_shrinkage(train):
    # mu = 3 and shrinkage 1: (5 + 3) / 2, (9 + 3) / 4, (1 + 3) / 2
    model = MeanRating(shrinkage=1).fit(train)
    assert model.predict([1, 1, 1], [30, 10, 20]).tolist() == [4, 3, 2]


def test_random_choice_does_not_depend_on_the_order_of_questions(train):
    model = RandomChoice(seed=1).fit(train)
    first = model.recommend(7)
    model.recommend(8)
    pd.testing.assert_frame_equal(model.recommend(7), first)


def test_random_choice_differs_between_seeds():
    movies = pd.DataFrame({"user_id": 1, "movie_id": range(50), "rating": 3.0})
    one, two = (RandomChoice(seed).fit(movies).recommend(7) for seed in (1, 2))
    assert one["movie_id"].tolist() != two["movie_id"].tolist()


def test_random_choice_draws_every_movie_about_equally_often():
    movies = pd.DataFrame({"user_id": 1, "movie_id": range(10), "rating": 3.0})
    model = RandomChoice().fit(movies)
    firsts = [model.recommend(u, n=1)["movie_id"][0] for u in range(1000, 2000)]
    # 100 expected each; a fair draw leaves 60 to 140 once in many thousand.
    assert np.bincount(firsts, minlength=10) == pytest.approx(100, abs=40)


# --- published numbers (TARGETS), on `small` --------------------------------------


@pytest.fixture(scope="module")
def ratings():
    return load_movielens("small").ratings


def rmse_and_mae(model, split):
    model.fit(split.train)
    predicted = model.predict(split.test["user_id"], split.test["movie_id"])
    actual = split.test["rating"]
    return metrics.rmse(actual, predicted), metrics.mae(actual, predicted)


def test_the_bias_model_reaches_its_published_error_at_random(ratings):
    error = rmse_and_mae(BiasModel(), splits.random_split(ratings))
    assert error == pytest.approx((0.8858, 0.6821), abs=5e-5)


def test_the_bias_model_reaches_its_published_error_in_time(ratings):
    rmse, _ = rmse_and_mae(BiasModel(), splits.user_temporal_split(ratings))
    assert rmse == pytest.approx(0.9046, abs=5e-5)


def test_the_bias_model_reaches_its_published_error_over_five_folds(ratings):
    errors = [rmse_and_mae(BiasModel(), s)[0] for s in splits.cross_validation(ratings)]
    assert np.mean(errors) == pytest.approx(0.8856, abs=5e-5)


def test_the_global_mean_has_its_published_error(ratings):
    error = rmse_and_mae(GlobalMean(), splits.random_split(ratings))
    assert error == pytest.approx((1.0621, 0.8515), abs=5e-5)


def test_a_long_id_is_named_to_its_last_digit(train):
    large = train.assign(movie_id=2**53 + 1)
    with pytest.raises(ValueError, match=str(2**53 + 1)):
        Popularity().fit(pd.concat([large, large]))
    with pytest.raises(ValueError, match=str(2**53 + 1)):
        Popularity().fit(large.assign(rating=9.0))
