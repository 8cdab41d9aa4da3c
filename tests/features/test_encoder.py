"""Features become numbers, and what is unknown is told from what is average."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from recsys_helpers.features.content import RatedFeatures
from recsys_helpers.features.encoder import FeatureEncoder, TowerInputs

TABLE = pd.DataFrame(
    {
        "stars": [3.0, 5.0, 4.0, np.nan],
        "same": [2.0, 2.0, 2.0, 2.0],
        "never": [np.nan] * 4,
    }
)


@pytest.fixture
def encoder():
    return FeatureEncoder().fit(TABLE)


def test_known_values_are_scaled_as_scikit_learn_does():
    table = pd.DataFrame(np.random.default_rng(0).normal(3, 2, (50, 4)))
    encoded = FeatureEncoder().fit(table).transform(table)
    expected = StandardScaler().fit_transform(table)
    np.testing.assert_allclose(encoded[:, :4], expected, atol=1e-5)
    assert (encoded[:, 4:] == 1).all()


def test_the_unknown_and_what_never_changes_are_zero_and_the_known_is_flagged(encoder):
    assert encoder.columns_ == ["stars", "same"]  # "never" is never known
    encoded = encoder.transform(TABLE)
    assert encoded[3].tolist() == [0, 0, 0, 1]
    assert (encoded[:, 1] == 0).all()
    assert (encoder.transform(TABLE.reindex([99])) == 0).all()


def test_the_average_is_told_from_the_unknown(encoder):
    of_average, of_unknown = encoder.transform(TABLE.iloc[[2, 3]])
    assert of_average[0] == of_unknown[0] == 0
    assert (of_average[2], of_unknown[2]) == (1, 0)


def test_a_value_beyond_all_that_was_seen_is_taken_for_the_nearest(encoder):
    far = pd.DataFrame({"stars": [-100.0, 100.0], "same": 2.0})
    near = pd.DataFrame({"stars": [3.0, 5.0], "same": 2.0})
    np.testing.assert_array_equal(encoder.transform(far), encoder.transform(near))


def test_rows_that_are_encoded_teach_nothing(encoder):
    before = encoder.transform(TABLE)
    encoder.transform(TABLE * 7)
    np.testing.assert_array_equal(encoder.transform(TABLE), before)


def test_a_flag_is_in_the_group_of_its_column():
    table = pd.DataFrame({"a x": [1.0], "b x": [1.0], "a y": [1.0]})
    groups = FeatureEncoder().fit(table).groups(lambda column: column[0])
    assert groups.tolist() == [0, 1, 0, 0, 1, 0]


def test_a_table_without_anything_known_is_refused():
    with pytest.raises(ValueError, match="feature"):
        FeatureEncoder().fit(TABLE[["never"]])


# --- the inputs of two towers ---------------------------------------------------------

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
