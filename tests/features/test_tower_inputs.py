import numpy as np
import pandas as pd
import pytest

from recsys_helpers.features.content import RatedFeatures
from recsys_helpers.features.encoder import TowerInputs

MOVIES = pd.DataFrame(
    {"movie_id": [10, 20], "genres": [("War",), ("Drama",)], "year": [1990, 1995]}
)
FEATURES = RatedFeatures(
    pd.DataFrame(
        {"bias": [-0.5, 0.5], "likes War": [1.0, np.nan], "likes Drama": [0.0, 2.0]},
        index=[1, 2],
    ),
    pd.DataFrame({"log_n_ratings": [1.0, 3.0], "bias": [0.1, 0.5]}, index=[10, 20]),
)


@pytest.fixture
def inputs():
    return TowerInputs().fit(FEATURES, MOVIES)


def test_the_sizes_are_those_of_the_inputs(inputs):
    assert inputs.of_users(FEATURES.users).shape == (2, inputs.n_user_inputs)
    of_movies = inputs.of_movies(FEATURES.movies, [10, 20])
    assert of_movies.shape == (2, inputs.n_movie_inputs)
    assert of_movies.dtype == np.float32


def test_a_movie_is_what_was_rated_and_then_its_content(inputs):
    found = inputs.of_movies(FEATURES.movies.loc[[20]], [20])[0]
    content = dict(zip(inputs.content_.columns, found[4:], strict=True))
    assert found[:4].tolist() == [1, 1, 1, 1]
    assert {k: v for k, v in content.items() if v} == {"Drama": 1, "1995": 1}


def test_a_new_movie_has_its_content_only(inputs):
    found = inputs.of_movies(FEATURES.movies.reindex([99]), [10])[0]
    assert (found[:4] == 0).all()
    assert found[4:].any()


def test_of_a_movie_without_content_nothing_is_known(inputs):
    assert not inputs.of_movies(FEATURES.movies.reindex([99]), [99]).any()
    with pytest.raises(ValueError, match="movie_id"):
        inputs.of_movies(FEATURES.movies.reindex([99]), ["10"])


def test_likes_are_one_group_and_the_rest_another(inputs):
    rest, war, drama = inputs.user_groups()[:3]
    assert war == drama != rest


def test_all_that_is_made_of_ratings_is_one_group(inputs):
    assert inputs.movie_groups().tolist() == [0, 0, 0, 0]
