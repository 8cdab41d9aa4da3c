"""What is checked before any method learns or answers, and what that says."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.interactions import IdIndex, Interactions, UnknownIdError
from recsys_helpers.methods import (
    NotFittedError,
    as_stars,
    check_ratings_frame,
    checked_pairs,
    require_fitted,
)
from recsys_helpers.methods._base import (
    NEW_USER,
    check_watched,
    checked_new_ratings,
    of_known_movies,
    titled_vectors,
)
from recsys_helpers.methods.baselines import Popularity

RATINGS = pd.DataFrame(
    {"user_id": [1, 1, 2], "movie_id": [7, 9, 7], "rating": [5.0, 0.5, 3.0]}
)

# --- training ratings -----------------------------------------------------------------


def test_ratings_may_have_more_columns_and_any_order():
    check_ratings_frame(RATINGS.assign(timestamp=0)[::-1])


@pytest.mark.parametrize("turned", [False, True], ids=["upright", "transposed"])
def test_a_matrix_is_no_ratings_frame(turned):
    matrix = Interactions.from_ratings(RATINGS).matrix
    with pytest.raises(TypeError, match=r"learns from a DataFrame.*transposed"):
        check_ratings_frame(matrix.T if turned else matrix)


def test_no_ratings_at_all_are_refused():
    with pytest.raises(ValueError, match="no training ratings"):
        check_ratings_frame(RATINGS[:0])


@pytest.mark.parametrize("column", ["user_id", "movie_id", "rating"])
def test_a_missing_column_is_named(column):
    with pytest.raises(ValueError, match=rf"lack {column}; their columns are "):
        check_ratings_frame(RATINGS.drop(columns=column))


@pytest.mark.parametrize("rating", [np.nan, 0.0, 0.4, 5.1, np.inf])
def test_a_rating_that_is_none_is_refused(rating):
    bad = RATINGS.assign(rating=[5.0, rating, 3.0])
    with pytest.raises(ValueError, match=f"Movie 9 has a rating of {rating} by user 1"):
        check_ratings_frame(bad)


@pytest.mark.parametrize("kind", [str, object])
def test_ratings_of_text_are_refused(kind):
    with pytest.raises(ValueError, match=r"must be numbers.*pd\.to_numeric"):
        check_ratings_frame(RATINGS.astype({"rating": kind}))


@pytest.mark.parametrize("column", ["user_id", "movie_id"])
@pytest.mark.parametrize("kind", [str, float])
def test_ids_of_another_type_are_refused_before_ratings_are_looked_at(column, kind):
    bad = RATINGS.assign(rating=10.0)
    with pytest.raises(ValueError, match=f"{column} must be whole numbers"):
        check_ratings_frame(bad.astype({column: kind}))


def test_ratings_to_be_watched_are_checked_too():
    check_watched(None, None)
    check_watched(RATINGS, None)
    with pytest.raises(ValueError, match=r"fit\(train, valid\)"):
        check_watched(None, 3)
    with pytest.raises(ValueError, match="lack rating"):
        check_watched(RATINGS.drop(columns="rating"), 3)


# --- ratings of a new user ------------------------------------------------------------


def test_the_ratings_of_a_new_user_come_back_as_they_are():
    rated = pd.DataFrame({"movie_id": [50, 1], "rating": [0.5, 5.0]})
    with_more = rated.assign(title=["Fifty", "One"])
    pd.testing.assert_frame_equal(checked_new_ratings(with_more), rated)


@pytest.mark.parametrize(
    ("ratings", "named"),
    [
        ({"movie_id": ["1"], "rating": [9]}, "movie_id must be whole numbers"),
        ({"movie_id": [1.5], "rating": [4]}, "movie_id must be whole numbers"),
        ({"movie_id": [1], "rating": ["5"]}, "ratings must be numbers"),
        ({"movie_id": [1, 2**53 + 1], "rating": [4, 9]}, f"{2**53 + 1} has .* of 9"),
        ({"movie_id": [1], "rating": [np.nan]}, "Movie 1 has a rating of nan;"),
        ({"movie_id": [1, 1], "rating": [4, 5]}, "movie 1 more than once"),
        ({"movie_id": [], "rating": []}, "no ratings; at least one"),
        ({"movie_id": [1]}, "for example"),
        ({"movie_id": 1, "rating": 5}, "for example"),
        ({"movie_id": [1, 2], "rating": [5]}, "for example"),
        ({"movie_id": {1}, "rating": {5}}, "for example"),
        ([(1, 5.0)], "for example"),
        (None, "for example"),
    ],
)
def test_what_is_wrong_with_the_ratings_of_a_new_user_is_named(ratings, named):
    with pytest.raises(ValueError, match=named):
        checked_new_ratings(ratings)


def test_a_new_user_has_a_row_of_all_movies_that_the_model_knows():
    movies = IdIndex.of([1, 50, 60], "movie_id")
    frame, row = of_known_movies({"movie_id": [60, 1], "rating": [5, 2]}, movies)
    assert frame["user_id"].tolist() == [NEW_USER, NEW_USER]
    assert row.matrix.toarray().tolist() == [[2, 0, 5]]


def test_all_movies_that_the_model_does_not_know_are_named():
    movies = IdIndex.of([1, 50], "movie_id")
    with pytest.raises(UnknownIdError, match=r"leave them out: 60, 70\."):
        of_known_movies({"movie_id": [60, 1, 70], "rating": [5, 2, 3]}, movies)


# --- answers --------------------------------------------------------------------------


def test_who_is_asked_before_fit_says_to_fit():
    with pytest.raises(NotFittedError, match=r"This Popularity.*Call fit first"):
        require_fitted(Popularity(), "counts_")


@pytest.mark.parametrize(
    ("users", "movies", "shapes"),
    [([1, 2], [7], r"\(2,\) and \(1,\)"), ([[1]], [[7]], r"\(1, 1\) and \(1, 1\)")],
)
def test_users_and_movies_are_flat_and_pair_up(users, movies, shapes):
    with pytest.raises(ValueError, match=rf"flat arrays of the same length.*{shapes}"):
        checked_pairs(users, movies)


@pytest.mark.parametrize("rating", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_become_stars(rating):
    with pytest.raises(ValueError, match=f"predicted rating is {rating}"):
        as_stars([3.0, rating])


def test_vectors_with_titles_follow_the_ids_and_a_missing_title_is_named():
    titles = pd.Series({1: "Heat", 3: "Ronin", 9: "Clueless"})
    assert titled_vectors([3, 1], np.eye(2), titles).titles == ("Ronin", "Heat")
    assert titled_vectors([3, 4], np.eye(2), None).titles is None
    with pytest.raises(ValueError, match="no title for movie_id 4"):
        titled_vectors([3, 4], np.eye(2), titles)
