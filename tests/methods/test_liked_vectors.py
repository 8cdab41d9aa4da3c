"""Lists from vectors: the mean cosine with what is liked, for new movies too."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.methods.liked_vectors import LikedVectors
from recsys_helpers.vectors import MovieVectors

# In an order of their own, which is not that of the ids.
VECTORS = MovieVectors([9, 2, 7, 4], [[3.0, 4.0], [1.0, 0.0], [0.0, 2.0], [5.0, 5.0]])


def ratings(*rows):
    return pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])


def scores_of(model, user_id=1):
    listed = model.recommend(user_id, exclude_seen=False)
    return dict(zip(listed["movie_id"], listed["score"], strict=True))


def test_a_score_is_the_mean_cosine_with_the_liked_movies():
    train = ratings((1, 2, 5.0), (1, 9, 4.0), (1, 7, 1.0))
    scores = scores_of(LikedVectors(vectors=VECTORS).fit(train))
    assert scores[7] == pytest.approx((0.0 + 0.8) / 2)
    assert scores[4] == pytest.approx((0.5**0.5 + 7 / 5 * 0.5**0.5) / 2)


def test_a_movie_that_nobody_rated_is_listed():
    train = ratings((1, 2, 5.0))
    listed = LikedVectors(vectors=VECTORS).fit(train).recommend(1)
    assert listed["movie_id"].tolist() == [4, 9, 7]


def test_a_liked_movie_without_a_vector_counts_for_nothing():
    with_it = ratings((1, 2, 5.0), (1, 500, 5.0))
    without = ratings((1, 2, 5.0))
    first, second = (
        scores_of(LikedVectors(vectors=VECTORS).fit(rows))
        for rows in (with_it, without)
    )
    assert first == second


def test_people_do_not_disturb_each_other():
    alone = ratings((1, 7, 5.0))
    both = ratings((3, 2, 5.0), (1, 7, 5.0), (2, 9, 4.0))
    first, second = (
        scores_of(LikedVectors(vectors=VECTORS).fit(rows)) for rows in (alone, both)
    )
    assert first == pytest.approx(second)


@pytest.mark.parametrize(("threshold", "first"), [(4.0, 2), (None, 4)])
def test_the_threshold_says_what_is_liked(threshold, first):
    train = ratings((1, 2, 4.0), (1, 7, 3.5))
    model = LikedVectors(vectors=VECTORS, like_threshold=threshold).fit(train)
    # Movie 4 lies between the two, and is nearest to both where both count.
    assert model.recommend(1, exclude_seen=False)["movie_id"][0] == first


def test_float32_vectors_will_do():
    single = MovieVectors(VECTORS.movie_ids, VECTORS.matrix.astype(np.float32))
    train = ratings((1, 2, 5.0))
    model = LikedVectors(vectors=single).fit(train)
    assert model.recommend(1)["movie_id"].tolist() == [4, 9, 7]
