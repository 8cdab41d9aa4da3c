"""Genres, years and averages of ratings, and averages without the own rating."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys_helpers.features.content import (
    average_features,
    genre_and_year_matrix,
    genre_flags,
    leave_one_out_averages,
    movie_content,
    set_matrix,
)
from recsys_helpers.interactions import UnknownIdError

MOVIES = pd.DataFrame(
    {
        "movie_id": [10, 20, 30],
        "genres": [("Drama", "War"), ("Drama",), ()],
        "year": pd.array([1994, None, 2001], dtype="Int64"),
    }
)
RATINGS = pd.DataFrame(
    {
        "user_id": [1, 1, 1, 2],
        "movie_id": [10, 20, 30, 10],
        "rating": [5.0, 2.0, 3.5, 4.0],
    },
    index=[7, 3, 9, 1],
)
DATED = pd.DataFrame(
    {
        "movie_id": [10, 20, 30, 40],
        "genres": [("Comedy", "Drama"), ("Drama",), (), ("War",)],
        "year": pd.array([1990, 1993, 1995, None], dtype="Int16"),
    }
)


def by_loop(ratings, left_out=None):
    """Averages of each row's user and movie, one row after the other."""
    genres = dict(zip(MOVIES["movie_id"], MOVIES["genres"], strict=True))
    rows = []
    for label, row in ratings.iterrows():
        others = ratings.drop(index=label) if left_out == "itself" else ratings
        mine = others[others["user_id"] == row["user_id"]]
        found = {"n_ratings": len(mine), "average": mine["rating"].mean()}
        for genre in ("Drama", "War"):
            of_genre = mine["movie_id"].map(lambda i, g=genre: g in genres[i])
            found[genre] = mine.loc[of_genre.astype(bool), "rating"].mean()
        its = others[others["movie_id"] == row["movie_id"]]
        found |= {"movie n": len(its), "movie average": its["rating"].mean()}
        rows.append(found)
    return pd.DataFrame(rows, index=ratings.index)


def test_genres_are_flags_in_the_order_of_the_movies():
    flags = genre_flags(MOVIES)
    assert flags.columns.tolist() == ["Drama", "War"]
    assert flags.loc[[10, 20, 30]].to_numpy().tolist() == [[1, 1], [1, 0], [0, 0]]


def test_content_is_genres_and_years_of_every_movie():
    content = movie_content(MOVIES)
    assert content.index.tolist() == [10, 20, 30]
    genres = content[["Drama", "War"]].to_numpy()
    half = np.sqrt(0.5)
    np.testing.assert_allclose(genres, [[half, half], [1, 0], [0, 0]])
    years = content.drop(columns=["Drama", "War"])
    assert years.loc[10, ["1990", "1995"]].tolist() == pytest.approx([0.2, 0.8])
    assert (years.loc[20] == 0).all()


def test_averages_by_hand():
    users, movies = average_features(RATINGS, MOVIES)
    assert users.loc[1].to_dict() == {
        "n_ratings": 3,
        "average": 3.5,
        "Drama": 3.5,
        "War": 5.0,
    }
    assert movies.loc[10].to_dict() == {"n_ratings": 2, "average": 4.5}


def test_a_genre_that_somebody_never_rated_is_unknown_and_not_zero():
    only_drama = RATINGS[RATINGS["movie_id"] == 20]
    users, _ = average_features(only_drama, MOVIES)
    assert np.isnan(users.loc[1, "War"])


def test_leaving_one_out_by_hand():
    users, movies = leave_one_out_averages(RATINGS, MOVIES)
    assert users.loc[7].tolist() == pytest.approx([2, 2.75, 2.0, np.nan], nan_ok=True)
    assert movies.loc[7].tolist() == [1, 4.0]


def test_the_only_rating_of_a_movie_leaves_nothing_known_of_it():
    _, movies = leave_one_out_averages(RATINGS, MOVIES)
    assert movies.loc[9, "n_ratings"] == 0
    assert np.isnan(movies.loc[9, "average"])


@pytest.mark.parametrize("left_out", [None, "itself"])
def test_averages_agree_with_a_loop(left_out):
    rng = np.random.default_rng(0)
    pairs = np.array([(u, i) for u in range(6) for i in (10, 20, 30)])
    pairs = pairs[rng.permutation(len(pairs))[:13]]
    ratings = pd.DataFrame(pairs, columns=["user_id", "movie_id"])
    ratings["rating"] = rng.integers(1, 11, len(ratings)) / 2
    expected = by_loop(ratings, left_out)
    if left_out is None:
        users, movies = average_features(ratings, MOVIES)
        users = users.loc[ratings["user_id"]].set_index(ratings.index)
        movies = movies.loc[ratings["movie_id"]].set_index(ratings.index)
    else:
        users, movies = leave_one_out_averages(ratings, MOVIES)
    found = np.hstack([users.to_numpy(), movies.to_numpy()])
    np.testing.assert_allclose(found, expected.to_numpy(), atol=1e-12)


def test_a_changed_rating_does_not_change_its_own_averages():
    changed = RATINGS.assign(rating=RATINGS["rating"].where(RATINGS.index != 7, 0.5))
    for before, after in zip(
        leave_one_out_averages(RATINGS, MOVIES),
        leave_one_out_averages(changed, MOVIES),
        strict=True,
    ):
        pd.testing.assert_series_equal(before.loc[7], after.loc[7])


@pytest.mark.parametrize("make", [average_features, leave_one_out_averages])
def test_a_rated_movie_without_genres_given_is_named(make):
    with pytest.raises(UnknownIdError, match="movie_id 30 "):
        make(RATINGS, MOVIES[:2])


@pytest.mark.parametrize("make", [average_features, leave_one_out_averages])
@pytest.mark.parametrize("column", ["user_id", "movie_id"])
def test_ids_of_another_type_are_not_unknown(make, column):
    with pytest.raises(ValueError, match=column):
        make(RATINGS.astype({column: str}), MOVIES)
    with pytest.raises(ValueError, match="movie_id"):
        make(RATINGS, MOVIES.astype({"movie_id": str}))


# --- as sparse matrices ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("movie_id", "expected"),
    [
        (10, {"Comedy": np.sqrt(0.5), "Drama": np.sqrt(0.5), "1990": 1.0}),
        (20, {"Drama": 1.0, "1990": 0.4, "1995": 0.6}),
        (30, {"1995": 1.0}),
        (40, {"War": 1.0}),
    ],
)
def test_genres_share_a_length_of_one_and_a_year_its_two_columns(movie_id, expected):
    matrix, names = genre_and_year_matrix(DATED, DATED["movie_id"])
    row = matrix[[movie_id // 10 - 1]].toarray().ravel()
    found = {name: value for name, value in zip(names, row, strict=True) if value}
    assert found == pytest.approx(expected)


def test_rows_follow_the_ids_that_were_asked_for():
    both, _ = genre_and_year_matrix(DATED, [20, 10])
    turned, _ = genre_and_year_matrix(DATED, [10, 20])
    np.testing.assert_array_equal(both.toarray()[::-1], turned.toarray())


@pytest.mark.parametrize(
    ("movie_id", "columns"), [(20, ["Drama", "1990", "1995"]), (40, ["War"])]
)
def test_what_no_asked_movie_has_gets_no_column(movie_id, columns):
    assert genre_and_year_matrix(DATED, [movie_id])[1] == columns


def test_an_unknown_movie_is_named():
    with pytest.raises(UnknownIdError, match="movie_id 99"):
        genre_and_year_matrix(DATED, [10, 99])


def test_movies_of_another_type_are_not_unknown():
    for movies, ids in ((DATED, ["10"]), (DATED.astype({"movie_id": str}), [10])):
        with pytest.raises(ValueError, match="movie_id"):
            genre_and_year_matrix(movies, ids)


@given(st.lists(st.integers(1874, 2100), min_size=1, max_size=20))
def test_the_shares_in_the_years_add_up_to_one(years):
    ids = range(len(years))
    movies = pd.DataFrame({"movie_id": ids, "genres": [()] * len(years), "year": years})
    matrix, names = genre_and_year_matrix(movies, ids)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    # And the mean of the columns, by their shares, is the year again.
    np.testing.assert_allclose(matrix @ np.array(names, dtype=float), years)


def test_each_member_of_a_set_has_one_over_the_root_of_its_size():
    ratings = sparse.csr_array([[1.0, 2, 3, 4], [0, 0, 5, 0], [0, 0, 0, 0]])
    ratings.data[0] = 0  # a rating too
    expected = [[0.5, 0.5, 0.5, 0.5], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert set_matrix(ratings).toarray().tolist() == expected
