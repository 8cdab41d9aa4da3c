import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys_helpers.features.content import genre_and_year_matrix, set_matrix
from recsys_helpers.interactions import UnknownIdError

MOVIES = pd.DataFrame(
    {
        "movie_id": [10, 20, 30, 40],
        "genres": [("Comedy", "Drama"), ("Drama",), (), ("War",)],
        "year": pd.array([1990, 1993, 1995, None], dtype="Int16"),
    }
)


def row(movie_id, **options):
    matrix, names = genre_and_year_matrix(MOVIES, [10, 20, 30, 40], **options)
    found = matrix[[[10, 20, 30, 40].index(movie_id)]].toarray().ravel()
    return {name: value for name, value in zip(names, found, strict=True) if value}


def test_two_genres_share_a_length_of_one():
    found = row(10)
    assert found["Comedy"] == found["Drama"] == pytest.approx(np.sqrt(0.5))


def test_a_year_between_two_columns_has_a_share_in_both():
    assert row(20) == pytest.approx({"Drama": 1.0, "1990": 0.4, "1995": 0.6})


def test_a_year_on_a_column_has_that_column_only():
    assert row(30) == {"1995": 1.0}


def test_a_movie_without_a_year_has_genres_only():
    assert row(40) == {"War": 1.0}


def test_the_columns_can_be_every_year():
    assert row(20, years_apart=1) == {"Drama": 1.0, "1993": 1.0}


def test_rows_follow_the_ids_that_were_asked_for():
    both, _ = genre_and_year_matrix(MOVIES, [20, 10])
    turned, _ = genre_and_year_matrix(MOVIES, [10, 20])
    np.testing.assert_array_equal(both.toarray()[::-1], turned.toarray())


def test_genres_that_no_asked_movie_has_get_no_column():
    _, names = genre_and_year_matrix(MOVIES, [20])
    assert names == ["Drama", "1990", "1995"]


def test_without_any_year_there_are_only_genres():
    _, names = genre_and_year_matrix(MOVIES, [40])
    assert names == ["War"]


def test_an_unknown_movie_is_named():
    with pytest.raises(UnknownIdError, match="movie_id 99 "):
        genre_and_year_matrix(MOVIES, [10, 99])


def test_movies_of_another_type_are_not_unknown():
    for movies, ids in ((MOVIES, ["10"]), (MOVIES.astype({"movie_id": str}), [10])):
        with pytest.raises(ValueError, match="movie_id"):
            genre_and_year_matrix(movies, ids)


@pytest.mark.parametrize("years_apart", [0, -5, 2.5])
def test_columns_are_whole_years_apart(years_apart):
    with pytest.raises(ValueError, match="years_apart"):
        genre_and_year_matrix(MOVIES, [10], years_apart)


@given(
    st.lists(st.integers(1874, 2100), min_size=1, max_size=20),
    st.integers(1, 30),
)
def test_the_shares_in_the_years_add_up_to_one(years, years_apart):
    movies = pd.DataFrame(
        {
            "movie_id": range(len(years)),
            "genres": [()] * len(years),
            "year": years,
        }
    )
    matrix, names = genre_and_year_matrix(movies, movies["movie_id"], years_apart)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    # And the mean of the columns, by their shares, is the year again.
    np.testing.assert_allclose(matrix @ np.array(names, dtype=float), years)


def test_each_member_of_a_set_has_one_over_the_root_of_its_size():
    found = set_matrix(sparse.csr_array([[1.0, 2, 3, 4], [0, 0, 5, 0]])).toarray()
    assert found.tolist() == [[0.5, 0.5, 0.5, 0.5], [0, 0, 1, 0]]


def test_a_set_does_not_know_what_the_ratings_were():
    one, two = sparse.csr_array([[5.0, 0.5]]), sparse.csr_array([[1.0, 4.0]])
    np.testing.assert_array_equal(set_matrix(one).toarray(), set_matrix(two).toarray())


def test_an_entry_of_zero_is_a_member():
    zero = sparse.csr_array(([0.0], ([0], [1])), (1, 2))
    assert set_matrix(zero).toarray().tolist() == [[0, 1]]


def test_an_empty_row_is_an_empty_set():
    assert set_matrix(sparse.csr_array((2, 3))).nnz == 0


def test_a_set_matrix_needs_rows():
    with pytest.raises(TypeError, match=r"\.tocsr\(\)"):
        set_matrix(sparse.csc_array([[1.0]]))
