import itertools
import re

import numpy as np
import pandas as pd
import pytest

from recsys_helpers import tuning
from recsys_helpers.evaluation import Evaluation
from recsys_helpers.methods.baselines import BiasModel, MeanRating, Popularity
from recsys_helpers.splits import Split, user_temporal_split
from recsys_helpers.tuning import best_settings, inner_splits, sample_settings, search

SPACE = {"user_shrinkage": [0, 5, 50], "movie_shrinkage": [0, 3]}


@pytest.fixture
def inner():
    """Movie 10 has five stars from one user, movie 20 four from each of three."""
    train = pd.DataFrame(
        {
            "user_id": [1, 2, 3, 4, 4],
            "movie_id": [10, 20, 20, 20, 30],
            "rating": [5.0, 4.0, 4.0, 4.0, 1.0],
            "timestamp": 0,
        }
    )
    test = pd.DataFrame(
        {"user_id": [1], "movie_id": [20], "rating": [4.0], "timestamp": [1]}
    )
    return Split("by hand", train, test)


def test_settings_are_different_combinations_of_the_space():
    drawn = sample_settings(SPACE, 4, seed=1)
    assert len({tuple(one.values()) for one in drawn}) == 4
    assert all(one[name] in SPACE[name] for one in drawn for name in SPACE)


@pytest.mark.parametrize("seed", [1, 7])
def test_the_draws_number_the_combinations_with_the_last_setting_fastest(seed):
    # The published results hang on these draws.
    combinations = list(itertools.product(*SPACE.values()))
    order = np.random.default_rng(seed).permutation(6)[:4]
    expected = [dict(zip(SPACE, combinations[i], strict=True)) for i in order]
    assert sample_settings(SPACE, 4, seed) == expected


def test_a_space_without_settings_has_one_combination():
    assert sample_settings({}, 3, seed=0) == [{}]


@pytest.mark.parametrize(
    ("space", "n", "named"),
    [({"k": [1, 2, 1]}, 2, "k"), ({"k": []}, 1, "k"), (SPACE, 0, "n")],
)
def test_a_space_that_cannot_be_drawn_from_is_refused(space, n, named):
    with pytest.raises(ValueError, match=rf"\b{named}\b"):
        sample_settings(space, n, seed=0)


def test_arrays_can_be_values_though_nobody_can_compare_them():
    drawn = sample_settings({"years": [None, np.zeros(2), np.zeros(2)]}, 9, seed=0)
    assert len(drawn) == 3


def test_a_small_space_is_tried_as_a_whole():
    assert len(sample_settings(SPACE, 100, seed=0)) == 6


@pytest.mark.parametrize("metric", ["rmse", "mae"])
def test_the_lowest_error_comes_first(inner, metric):
    # The one test rating is 4.0, and the mean of the training ratings is 3.6: with
    # the mean of movie 20's own ratings the error is 0, the more shrunk the larger.
    settings = [{"shrinkage": 100}, {"shrinkage": 0}, {"shrinkage": 3}]
    trials = search(MeanRating, settings, [inner], metric)
    assert trials["shrinkage"].tolist() == [0, 3, 100]
    assert trials[metric][0] == pytest.approx(0)


def test_equally_good_models_stay_in_their_order(inner):
    # More than 16 of each: shorter lists are sorted stably by any method.
    settings = [{"sign": sign, "seed": seed} for seed in range(20) for sign in (-1, 1)]
    trials = search(lambda sign, seed: Signed(sign), settings, [inner])
    assert trials["sign"].tolist() == [1] * 20 + [-1] * 20
    assert trials["seed"].tolist() == [*range(20), *range(20)]


def test_the_highest_ndcg_comes_first(inner):
    def make(popular):
        return Popularity() if popular else MeanRating()

    # User 1 has seen movie 10. Popularity and the mean both put movie 20 first...
    tied = search(make, [{"popular": False}, {"popular": True}], [inner])
    assert tied["popular"].tolist() == [False, True]

    def reverse(sign):
        return Signed(sign)

    # ...and turned round it comes second: nDCG 1 / log2(3).
    trials = search(reverse, [{"sign": -1}, {"sign": 1}], [inner])
    assert trials["sign"].tolist() == [1, -1]
    assert trials["ndcg@10"].tolist() == pytest.approx([1, 0.6309], abs=1e-4)


class Signed(Popularity):
    """Popularity, or its opposite."""

    def __init__(self, sign):
        self.sign = sign

    def fit(self, train):
        super().fit(train)
        self.counts_ = self.sign * self.counts_
        return self


def test_the_time_of_each_model_is_told(inner):
    assert (search(MeanRating, [{"shrinkage": 1}], [inner])["cpu_s"] > 0).all()


def test_the_time_is_that_of_all_splits_together(inner, monkeypatch):
    measured = pd.DataFrame({"metric": ["rmse"], "value": [1.0], "cpu_s": [2.5]})
    found = Evaluation(measured, pd.DataFrame())
    monkeypatch.setattr(tuning, "evaluate", lambda *_, **__: found)
    trials = search(MeanRating, [{}], [inner, inner, inner], "rmse")
    assert trials["cpu_s"].tolist() == [7.5]


def test_settings_with_different_names_are_refused(inner):
    settings = [{"shrinkage": 1}, {"shrinkage": 2, "k": 3}]
    with pytest.raises(ValueError, match=r"\bk\b"):
        search(MeanRating, settings, [inner], "rmse")


def test_the_order_of_the_names_does_not_matter(inner):
    settings = [
        {"user_shrinkage": 1, "movie_shrinkage": 2},
        {"movie_shrinkage": 3, "user_shrinkage": 4},
    ]
    trials = search(BiasModel, settings, [inner], "rmse")
    found = trials[["user_shrinkage", "movie_shrinkage"]].to_numpy().tolist()
    assert sorted(found) == [[1, 2], [4, 3]]


@pytest.mark.parametrize("name", ["rmse", "cpu_s"])
def test_a_setting_called_like_a_column_of_the_results_is_refused(inner, name):
    with pytest.raises(ValueError, match=name):
        search(lambda **_: MeanRating(), [{name: 1}], [inner], "rmse")


def test_settings_keep_their_types(inner):
    def make(n_iterations, nothing):
        return BiasModel(n_iterations=n_iterations)

    settings = [
        {"n_iterations": 2, "nothing": None},
        {"n_iterations": 1, "nothing": 0.5},
    ]
    found = best_settings(search(make, settings, [inner], "rmse"))
    assert found in settings
    assert type(found["n_iterations"]) is int


def test_several_splits_count_alike(inner):
    # Movie 20 is rated 4.0 here and 2.0 there; without shrinkage 4.0 is predicted.
    other = Split("other", inner.train, inner.test.assign(rating=2.0))
    trials = search(MeanRating, [{"shrinkage": 0}], [inner, other], "rmse")
    assert trials["rmse"].tolist() == pytest.approx([(0 + 2) / 2])


def test_nothing_to_try_it_on_is_refused():
    with pytest.raises(ValueError, match="splits"):
        search(BiasModel, [{}], [])


def test_inner_splits_go_back_in_time_and_share_no_test_row():
    train = pd.DataFrame(
        {"user_id": 1, "movie_id": range(25), "rating": 4.0, "timestamp": range(25)}
    )
    inner = inner_splits(train, user_temporal_split, 3)
    # A fifth of 25 is 5, of 20 it is 4, of 16 it is 3.
    assert [split.test["movie_id"].tolist() for split in inner] == [
        [20, 21, 22, 23, 24],
        [16, 17, 18, 19],
        [13, 14, 15],
    ]
    assert inner[2].train["movie_id"].tolist() == list(range(13))


def test_no_inner_split_is_refused():
    with pytest.raises(ValueError, match=r"\bn\b"):
        inner_splits(pd.DataFrame(), user_temporal_split, 0)


def test_no_settings_are_refused(inner):
    with pytest.raises(ValueError, match="settings"):
        search(BiasModel, [], [inner])


@pytest.mark.parametrize(
    "metric", ["auc", "fit_cpu_s", "gini@10", "novelty@10", "ndcg", "ndcg@10 (all)"]
)
def test_a_metric_without_a_better_direction_is_refused(inner, metric):
    with pytest.raises(ValueError, match=re.escape(metric)):
        search(Popularity, [{}], [inner], metric)


@pytest.mark.parametrize("metric", ["hit rate@20", "recall@10 (any)"])
def test_every_metric_of_lists_can_choose(inner, metric):
    assert search(Popularity, [{}], [inner], metric)[metric].tolist() == [1]


def test_a_metric_that_was_not_measured_is_told_those_that_were(inner):
    # Popularity makes lists and predicts no stars.
    with pytest.raises(ValueError, match=r"rmse.*precision"):
        search(Popularity, [{}], [inner], "rmse")


def test_lists_of_any_length_can_be_judged(inner):
    # User 1 has one liked movie and it comes first: a third of a list of three.
    trials = search(Popularity, [{}], [inner], "precision@3")
    assert trials["precision@3"].tolist() == pytest.approx([1 / 3])


def test_a_test_without_relevant_movies_cannot_choose(inner):
    nobody = Split("disliked", inner.train, inner.test.assign(rating=1.0))
    with pytest.raises(ValueError, match="ndcg"):
        search(Popularity, [{}], [nobody])


def test_movies_that_nobody_has_rated_may_be_recommended_if_they_are_named(inner):
    unrated = pd.DataFrame({"movie_id": [999, *inner.train["movie_id"].unique()]})

    class Lists999:
        def fit(self, train):
            return self

        def recommend(self, user_id, n=10, exclude_seen=True):
            return pd.DataFrame({"movie_id": [999], "score": [1.0]})

    with pytest.raises(ValueError, match="catalogue"):
        search(Lists999, [{}], [inner])
    assert len(search(Lists999, [{}], [inner], movies=unrated)) == 1
