"""What users like and watch, by their ratings or by what they say."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.features.content import average_features
from recsys_helpers.features.taste import (
    LIKES_SHRINKAGE,
    WATCHES_SHRINKAGE,
    out_of_fold,
    shorten_histories,
    taste_features,
    tastes_from_likes,
    user_tastes,
)
from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods.baselines import BiasModel

MOVIES = pd.DataFrame(
    {
        "movie_id": [1, 2, 3, 4],
        "genres": [("War",), ("War",), ("Comedy",), ()],
        "year": pd.array([1990, 2000, None, 1890], dtype="Int64"),
    }
)


@pytest.fixture
def ratings():
    """Users 1 to 6: the odd ones like war, the even ones comedy; 6 has rated one."""
    users, movies = np.meshgrid(np.arange(1, 7), np.arange(1, 5), indexing="ij")
    frame = pd.DataFrame({"user_id": users.ravel(), "movie_id": movies.ravel()})
    likes_war = frame["user_id"] % 2 == 1
    is_war = frame["movie_id"] <= 2
    frame["rating"] = np.where(likes_war == is_war, 4.5, 2.5)
    return frame[(frame["user_id"] < 6) | (frame["movie_id"] == 3)]


# --- what users and movies are told apart by ------------------------------------------


def test_who_rates_a_genre_above_expectation_likes_it(ratings):
    users, _ = taste_features(ratings, MOVIES)
    assert (users.loc[[1, 3, 5], "likes War"] > 0).all()
    assert (users.loc[[2, 4], "likes War"] < 0).all()
    assert (users.loc[[2, 4], "likes Comedy"] > 0).all()


def test_a_genre_that_somebody_has_not_rated_is_unknown(ratings):
    users, _ = taste_features(ratings, MOVIES)
    assert np.isnan(users.loc[6, "likes War"])
    assert np.isfinite(users.loc[6, "likes Comedy"])


def test_a_liking_is_the_shrunk_mean_of_what_the_biases_leave(ratings):
    model = BiasModel().fit(ratings)
    users = user_tastes(ratings, MOVIES, model)
    mine = ratings[(ratings["user_id"] == 1) & (ratings["movie_id"] <= 2)]
    movie_biases = model.movie_biases_[model.interactions_.movies.rows([1, 2])]
    rest = mine["rating"] - model.mean_ - movie_biases - users.loc[1, "bias"]
    expected = rest.sum() / (2 + LIKES_SHRINKAGE)
    assert users.loc[1, "likes War"] == pytest.approx(expected)


def test_what_is_watched_is_pulled_towards_what_all_watch(ratings):
    users, _ = taste_features(ratings, MOVIES)
    usual = ratings["movie_id"].eq(3).mean()
    expected = (1 + WATCHES_SHRINKAGE * usual) / (1 + WATCHES_SHRINKAGE)
    assert users.loc[6, "watches Comedy"] == pytest.approx(expected)


def test_the_biases_are_those_of_the_bias_model(ratings):
    model = BiasModel(n_iterations=200).fit(ratings)
    users = user_tastes(ratings, MOVIES, model)
    np.testing.assert_allclose(users["bias"], model.user_biases_, atol=1e-6)
    _, movies = taste_features(ratings, MOVIES)
    of_model = BiasModel().fit(ratings)
    np.testing.assert_allclose(movies["bias"], of_model.movie_biases_)


def test_counts_are_logarithms(ratings):
    users, movies = taste_features(ratings, MOVIES)
    assert users.loc[6, "log_n_ratings"] == pytest.approx(np.log(2))
    assert movies.loc[3, "log_n_ratings"] == pytest.approx(np.log(7))


def test_a_movie_knows_who_rated_it(ratings):
    _, movies = taste_features(ratings, MOVIES)
    biases = BiasModel().fit(ratings).user_biases_
    assert movies.loc[4, "raters_bias"] == pytest.approx(biases[:5].mean())


def test_a_movie_without_ratings_has_no_features(ratings):
    _, movies = taste_features(ratings[ratings["movie_id"] != 4], MOVIES)
    assert movies.index.tolist() == [1, 2, 3]


def test_a_movie_without_a_year_does_not_tell_who_likes_newer_ones(ratings):
    users, _ = taste_features(ratings, MOVIES)
    assert np.isnan(users.loc[6, "likes newer"])
    assert users.loc[:5, "likes newer"].notna().all()


def test_users_are_described_by_the_histories_given(ratings):
    short = ratings[ratings["movie_id"] != 1]
    users, movies = taste_features(ratings, MOVIES, short)
    all_users, all_movies = taste_features(ratings, MOVIES)
    pd.testing.assert_frame_equal(movies, all_movies)
    assert users.loc[1, "log_n_ratings"] < all_users.loc[1, "log_n_ratings"]


def test_a_new_user_is_described_as_a_known_one_would_be(ratings):
    model = BiasModel().fit(ratings)
    known = user_tastes(ratings, MOVIES, model).loc[2]
    as_new = ratings[ratings["user_id"] == 2].assign(user_id=77)
    described = user_tastes(as_new, MOVIES, model).loc[77]
    np.testing.assert_allclose(described, known, atol=1e-12)


def test_a_movie_that_the_bias_model_does_not_know_is_average(ratings):
    model = BiasModel().fit(ratings[ratings["movie_id"] != 4])
    new = pd.DataFrame({"user_id": [9], "movie_id": [4], "rating": [5.0]})
    users = user_tastes(new, MOVIES, model)
    expected = (5 - model.mean_) / (1 + model.user_shrinkage)
    assert users.loc[9, "bias"] == pytest.approx(expected)


def test_a_rated_movie_without_content_is_named(ratings):
    with pytest.raises(UnknownIdError, match="movie_id 4"):
        taste_features(ratings, MOVIES[:3])


# --- what somebody says ---------------------------------------------------------------


@pytest.fixture
def users(ratings):
    return taste_features(ratings, MOVIES)[0]


def test_a_liking_is_said_in_standard_deviations_and_the_rest_is_unknown(users):
    said = tastes_from_likes({"War": 2}, users)
    assert said.columns.tolist() == users.columns.tolist()
    known = said.columns[said.notna().any()].tolist()
    assert known == ["likes War", "watches War"]
    for column in known:
        expected = users[column].mean() + 2 * users[column].std(ddof=0)
        assert said[column].item() == pytest.approx(expected)


def test_what_nobody_can_like_is_named_with_what_can_be_liked(users):
    with pytest.raises(ValueError, match=r"'Opera'.*Comedy, War"):
        tastes_from_likes({"Opera": 1}, users)


@pytest.mark.parametrize("strength", [np.nan, np.inf, "much", None])
def test_a_liking_that_is_no_number_is_refused(strength, users):
    with pytest.raises(ValueError, match="War"):
        tastes_from_likes({"War": strength}, users)


# --- short histories ------------------------------------------------------------------


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"user_id": rng.integers(0, 300, 30_000), "movie_id": 1})


def test_nobody_or_everybody_is_shortened(many):
    rng = np.random.default_rng(0)
    pd.testing.assert_frame_equal(shorten_histories(many, 0, rng), many)
    kept = shorten_histories(many, 1, rng).groupby("user_id").size()
    assert (kept < 100).mean() > 0.9


def test_a_shortened_history_can_have_any_length(many):
    kept = shorten_histories(many, 1, np.random.default_rng(0))
    share = kept.groupby("user_id").size().reindex(range(300), fill_value=0)
    share /= many.groupby("user_id").size()
    # The logarithm of the share is uniform between 1 and 100 per cent.
    assert 0.4 < (share < 0.1).mean() < 0.6


def test_the_share_is_of_the_users(many):
    kept = shorten_histories(many, 0.3, np.random.default_rng(0))
    left = kept.groupby("user_id").size().reindex(range(300), fill_value=0)
    whole = left == many.groupby("user_id").size()
    assert 0.65 < whole.mean() < 0.75


# --- out of fold ----------------------------------------------------------------------


def test_each_row_is_described_by_the_other_folds(ratings):
    users, movies = out_of_fold(ratings, MOVIES, average_features, n_folds=4, seed=0)
    dealt = np.random.default_rng(0).permutation(len(ratings)) % 4
    for place, (label, row) in enumerate(ratings.iterrows()):
        others = ratings[dealt != dealt[place]]
        mine = others.loc[others["user_id"] == row["user_id"], "rating"]
        its = others.loc[others["movie_id"] == row["movie_id"], "rating"]
        assert users.loc[label, "average"] == pytest.approx(mine.mean(), nan_ok=True)
        assert movies.loc[label, "average"] == pytest.approx(its.mean(), nan_ok=True)


def test_the_ratings_of_a_fold_are_not_in_its_features(ratings):
    dealt = np.random.default_rng(0).permutation(len(ratings)) % 5
    changed = ratings.assign(rating=ratings["rating"].where(dealt != 2, 0.5))
    before = out_of_fold(ratings, MOVIES, n_folds=5, seed=0)
    after = out_of_fold(changed, MOVIES, n_folds=5, seed=0)
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one[dealt == 2], other[dealt == 2])
        assert not one[dealt != 2].equals(other[dealt != 2])


def test_rows_keep_their_order_and_their_labels(ratings):
    turned = ratings[::-1]
    for table in out_of_fold(turned, MOVIES, n_folds=3):
        assert table.index.equals(turned.index)


def test_who_is_in_one_fold_only_is_unknown(ratings):
    users, _ = out_of_fold(ratings, MOVIES, n_folds=5)
    assert users[ratings["user_id"] == 6].isna().all(axis=None)


def test_the_dealing_follows_the_seed(ratings):
    one, same, other = (out_of_fold(ratings, MOVIES, seed=s).users for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


@pytest.mark.parametrize("n_folds", [1, 0, 2.5])
def test_one_fold_is_not_enough(n_folds, ratings):
    with pytest.raises(ValueError, match="n_folds"):
        out_of_fold(ratings, MOVIES, n_folds=n_folds)


def test_more_folds_than_ratings_are_refused(ratings):
    with pytest.raises(ValueError, match=r"3 .*10"):
        out_of_fold(ratings[:3], MOVIES)
