"""Coverage, novelty, diversity and popularity, worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from recsys_helpers import beyond_accuracy as beyond
from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.vectors import MovieVectors


@pytest.fixture
def train():
    """Four users; movie 1 has 4 ratings, movie 2 has 2, movie 3 has 1."""
    pairs = [(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 3)]
    return pd.DataFrame(pairs, columns=["user_id", "movie_id"])


def test_coverage_counts_a_movie_once_and_padding_never():
    assert beyond.catalogue_coverage([[1, 2], [2, 3]], n_movies=6) == 3 / 6
    assert beyond.catalogue_coverage([[1, -1], [-1, -1]], n_movies=4) == 1 / 4


def test_a_catalogue_smaller_than_what_is_recommended_is_refused():
    with pytest.raises(ValueError, match="movies"):
        beyond.catalogue_coverage([[1, 2, 3]], n_movies=2)


def test_novelty_is_the_mean_information_of_the_list(train):
    # Movie 1: 4 of 4 users, 0 bits. Movie 2: 2 of 4, 1 bit. Movie 3: 1 of 4, 2 bits,
    # and as many where nobody rated it.
    lists = [[1, 2], [3, -1], [99, -1], [-1, -1]]
    np.testing.assert_array_equal(beyond.novelty(lists, train), [0.5, 2, 2, np.nan])


@pytest.fixture
def vectors():
    """Movies 1 and 2 point the same way, 3 at a right angle, 4 nowhere."""
    return MovieVectors(
        np.array([1, 2, 3, 4]), np.array([[1.0, 0], [2, 0], [0, 5], [0, 0]])
    )


@pytest.mark.parametrize(
    ("movies", "expected"),
    [
        ([1, 2, -1], 0),
        ([1, 3, -1], 1),
        # Pairs: cos(1, 2) = 1, cos(1, 3) = 0, cos(2, 3) = 0.
        ([1, 2, 3], 1 - 1 / 3),
        ([1, 4, -1], 1),
    ],
)
def test_diversity_is_one_less_the_mean_cosine(vectors, movies, expected):
    assert beyond.intra_list_diversity([movies], vectors) == pytest.approx([expected])


@pytest.mark.parametrize("movies", [[1, -1], [-1, -1]])
def test_a_list_without_a_pair_has_no_diversity(vectors, movies):
    assert np.isnan(beyond.intra_list_diversity([movies], vectors)).all()


def test_a_movie_without_a_vector_is_named(vectors):
    with pytest.raises(UnknownIdError, match="movie_id 9"):
        beyond.intra_list_diversity([[1, 9]], vectors)


def test_diversity_agrees_with_all_cosines_by_scikit_learn():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(30, 8))
    movie_ids = rng.permutation(np.arange(1, 31))  # vectors need not be sorted
    rows = np.array([rng.permutation(30)[:6] for _ in range(5)])
    cosines = cosine_similarity(matrix)
    pairs = ~np.eye(6, dtype=bool)
    expected = [1 - cosines[np.ix_(row, row)][pairs].mean() for row in rows]
    vectors = MovieVectors(movie_ids, matrix)
    found = beyond.intra_list_diversity(movie_ids[rows], vectors)
    assert found == pytest.approx(expected)


def test_genre_vectors_have_a_column_a_genre():
    movies = pd.DataFrame(
        {"movie_id": [5, 6, 7], "genres": [("Drama", "Comedy"), ("Drama",), ()]}
    )
    assert beyond.genre_vectors(movies).matrix.tolist() == [[1, 1], [0, 1], [0, 0]]


def test_average_popularity_is_the_mean_number_of_ratings(train):
    lists = [[1, 2], [3, -1], [99, -1], [-1, -1]]
    found = beyond.average_popularity(lists, train)
    np.testing.assert_array_equal(found, [3, 1, 0, np.nan])


def test_popularity_lift_compares_lists_with_profiles(train):
    # User 1 rated movies 1 and 2: (4 + 2) / 2 = 3. User 3: movies 1 and 3, 2.5.
    # Lists: 2 (movie 2) and 4 (movie 1). (3 - 2.75) / 2.75
    lift = beyond.popularity_lift([[2], [1]], train, users=[1, 3])
    assert lift == pytest.approx(0.25 / 2.75)


def test_the_own_profile_as_a_list_has_no_lift(train):
    assert beyond.popularity_lift([[1, 2], [1, 3]], train, users=[2, 3]) == 0


def test_users_without_profile_or_list_have_no_say_in_the_lift(train):
    lift = beyond.popularity_lift([[2], [1], [-1]], train, users=[1, 99, 3])
    assert lift == beyond.popularity_lift([[2]], train, users=[1])


def test_the_lift_of_nobody_is_undefined(train):
    assert np.isnan(beyond.popularity_lift([[2]], train, users=[99]))


def test_gini_of_an_even_spread_is_zero():
    assert beyond.gini([[1, 2], [3, 4]], n_movies=4) == 0


def test_gini_worked_by_hand():
    # Counts 0, 1, 3 of n = 3: (-2 * 0 + 0 * 1 + 2 * 3) / (3 * 4)
    assert beyond.gini([[1, 2], [1, -1], [1, -1]], n_movies=3) == 0.5


def test_gini_of_no_recommendation_is_undefined():
    assert np.isnan(beyond.gini([[-1]], n_movies=3))


@given(
    st.lists(
        st.lists(st.integers(1, 8), unique=True, min_size=3, max_size=3), min_size=1
    )
)
def test_gini_is_half_the_mean_difference_over_the_mean(lists):
    counts = np.bincount(np.ravel(lists), minlength=9)[1:]
    mean_difference = np.abs(counts[:, None] - counts).mean()
    expected = mean_difference / (2 * counts.mean())
    assert beyond.gini(lists, n_movies=8) == pytest.approx(expected)


@pytest.mark.parametrize("genres", ["Drama|Comedy", None, float("nan")])
def test_genres_that_are_no_list_are_refused_with_what_to_do(genres):
    movies = pd.DataFrame({"movie_id": [5, 6], "genres": [("Drama",), genres]})
    with pytest.raises(
        TypeError, match=rf"{genres!r}.*validate_movies".replace("|", r"\|")
    ):
        beyond.genre_vectors(movies)


@pytest.mark.parametrize(
    "change", [{"users": ["1", "2"]}, {"users": [1.0, 2.0]}, {"train": "user_id"}]
)
def test_the_lift_of_users_of_another_type_is_refused(change):
    train = pd.DataFrame({"user_id": [1, 1, 2], "movie_id": [1, 2, 1]})
    if "train" in change:
        train = train.astype({change["train"]: str})
    with pytest.raises(ValueError, match="user_id"):
        beyond.popularity_lift([[1], [2]], train, change.get("users", [1, 2]))


@pytest.mark.parametrize("users", [[1], [1, 1], [1, 2, 3]])
def test_the_lift_needs_as_many_users_as_lists(users):
    train = pd.DataFrame({"user_id": [1, 1, 2], "movie_id": [1, 2, 1]})
    with pytest.raises(ValueError, match="users"):
        beyond.popularity_lift([[1], [2]], train, users)


@pytest.mark.parametrize("measure", [beyond.novelty, beyond.average_popularity])
def test_movies_of_another_type_are_not_unpopular(measure):
    train = pd.DataFrame({"user_id": [1, 1, 2], "movie_id": ["1", "2", "1"]})
    with pytest.raises(ValueError, match="movie_id"):
        measure([[1]], train)
