"""BPR: what was liked comes before what was not, and biases stay apart from vectors."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.methods.bpr import Bpr


@pytest.fixture
def train():
    """Users 1 to 20 like movie 1, half of them 2, and two movie 3; nobody likes 4."""
    rows = [(user, 1, 5.0) for user in range(1, 21)]
    rows += [(user, 2, 4.0) for user in range(1, 11)]
    rows += [(user, 3, 4.0) for user in (1, 11)]
    rows += [(user, 4, 1.0) for user in (2, 12)]
    return pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])


@pytest.fixture
def model(train):
    return Bpr(n_factors=4, learning_rate=0.05, like_threshold=4).fit(train)


def test_the_more_people_like_a_movie_the_higher_its_bias(model):
    of_liked = model.movie_biases_[:3]
    assert (np.diff(of_liked) < 0).all()


def test_a_score_is_the_product_of_the_vectors_and_the_bias(model):
    listed = model.recommend(5, exclude_seen=False).set_index("movie_id")["score"]
    x = model.user_factors_[4]
    by_hand = model.movie_factors_ @ x + model.movie_biases_
    np.testing.assert_allclose(listed.loc[[1, 2, 3, 4]], by_hand, rtol=1e-5)


def test_what_nobody_likes_scores_zero(model):
    listed = model.recommend(5, exclude_seen=False).set_index("movie_id")["score"]
    assert listed[4] == 0


def test_vectors_are_of_liked_movies_and_hold_no_bias(model):
    vectors = model.movie_vectors()
    assert vectors.movie_ids.tolist() == [1, 2, 3]
    assert vectors.matrix.shape == (3, 4)


def test_a_seed_gives_the_same_numbers_and_another_gives_others(model, train):
    again = Bpr(n_factors=4, learning_rate=0.05, like_threshold=4).fit(train)
    other = Bpr(n_factors=4, learning_rate=0.05, like_threshold=4, seed=1).fit(train)
    np.testing.assert_array_equal(again.movie_factors_, model.movie_factors_)
    assert not np.array_equal(other.movie_factors_, model.movie_factors_)
