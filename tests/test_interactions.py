"""Ids and rows, the matrix, the long tail, and the best n of some scores."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from recsys_helpers.interactions import (
    IdIndex,
    Interactions,
    UnknownIdError,
    integer_ids,
    long_tail,
    positives,
    sparsity,
    top_n,
)

ids = st.lists(st.integers(1, 10**6), min_size=1, max_size=50)


@pytest.fixture
def ratings():
    """Three users, four movies, six ratings; movie 50 is the famous one."""
    return pd.DataFrame(
        {
            "user_id": [7, 7, 7, 9, 9, 4],
            "movie_id": [50, 1, 318, 50, 2, 50],
            "rating": [4.0, 5.0, 0.5, 3.0, 3.5, 4.5],
            "timestamp": [10, 20, 30, 40, 50, 60],
        }
    ).astype({"user_id": "int32", "movie_id": "int32"})


def test_rows_are_positions_in_the_sorted_distinct_ids():
    index = IdIndex.of([50, 1, 318, 50])
    assert len(index) == 3
    assert index.rows([318, 1, 50]).tolist() == [2, 0, 1]
    assert index.rows(50) == 1


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ([1, 99, 50], r"movie_id 99 .*50.*318"),
        (2, "position"),  # perhaps of a row or a column
        (999, "318"),
    ],
)
def test_an_unknown_id_is_named_with_its_neighbours(asked, named):
    with pytest.raises(UnknownIdError, match=named):
        IdIndex.of([1, 50, 318], name="movie_id").rows(asked)


def test_find_marks_an_unknown_id_with_minus_one():
    assert IdIndex.of([1, 50]).find([50, 51, 0]).tolist() == [1, -1, -1]


def test_the_ids_of_an_index_cannot_be_overwritten():
    with pytest.raises(ValueError, match="read-only"):
        IdIndex.of([1, 50]).ids[0] = 3


def test_no_ids_and_ids_that_are_not_whole_numbers_are_refused():
    for none in (np.array([], dtype=int), [1.0, np.nan]):
        with pytest.raises(ValueError, match="movie_id"):
            IdIndex.of(none, name="movie_id")
    for other in ([1.0, 50.0], [2**70]):
        with pytest.raises(ValueError, match=f"movie_id.*{other[0]}"):
            IdIndex.of([1, 50], name="movie_id").rows(other)


@given(ids)
def test_rows_and_ids_undo_each_other(values):
    index = IdIndex.of(values)
    assert index.ids[index.rows(values)].tolist() == values


def test_the_matrix_holds_each_rating_in_its_cell_or_ones(ratings):
    # rows: users 4, 7, 9; columns: movies 1, 2, 50, 318
    assert Interactions.from_ratings(ratings).matrix.toarray().tolist() == [
        [0, 0, 4.5, 0],
        [5, 0, 4, 0.5],
        [0, 3.5, 3, 0],
    ]
    assert set(Interactions.from_ratings(ratings, values=None).matrix.data) == {1.0}


def test_a_rating_outside_a_given_index_is_refused(ratings):
    movies = IdIndex.of([1, 2, 318], name="movie_id")
    with pytest.raises(UnknownIdError, match="movie_id 50"):
        Interactions.from_ratings(ratings, movies=movies)


def test_a_pair_that_occurs_twice_is_refused_and_named(ratings):
    twice = pd.concat([ratings, ratings.iloc[[1]]])
    with pytest.raises(ValueError, match=r"7 .*movie 1 "):
        Interactions.from_ratings(twice)


def test_the_ratings_of_each_movie_are_counted_those_of_zero_too(ratings):
    # movies 1, 2, 50, 318, and 527, which nobody rated
    movies = IdIndex.of([1, 2, 50, 318, 527])
    centred = ratings.assign(rating=ratings["rating"] - 4)
    rated = Interactions.from_ratings(centred, movies=movies)
    assert rated.matrix.shape == (3, 5)
    assert rated.n_ratings_of_movies.tolist() == [1, 1, 3, 1, 0]


def test_seen_by_gives_the_columns_a_user_rated(ratings):
    interactions = Interactions.from_ratings(ratings)
    assert sorted(interactions.seen_by(7)) == [0, 2, 3]
    assert len(interactions.seen_by(12345)) == 0


def test_best_movies_leaves_out_what_was_seen(ratings):
    best = Interactions.from_ratings(ratings).best_movies(9, [1, 4, 3, 2])
    assert best["movie_id"].tolist() == [318, 1]


def test_best_movies_keeps_what_was_seen_when_asked(ratings):
    interactions = Interactions.from_ratings(ratings)
    best = interactions.best_movies(9, [1, 4, 3, 2], n=2, exclude_seen=False)
    assert best.to_dict("list") == {"movie_id": [2, 50], "score": [4, 3]}


def test_best_movies_wants_one_score_a_movie(ratings):
    with pytest.raises(ValueError, match="score"):
        Interactions.from_ratings(ratings).best_movies(9, [1, 2])


def test_positives_hold_the_threshold_itself_and_get_a_fresh_index(ratings):
    assert positives(ratings)["rating"].to_dict() == {0: 4.0, 1: 5.0, 2: 4.5}


def test_without_a_threshold_every_rating_is_a_like(ratings):
    assert len(positives(ratings, None)) == len(ratings)


@pytest.mark.parametrize("threshold", [np.nan, "4"])
def test_a_threshold_that_is_no_number_is_refused(ratings, threshold):
    with pytest.raises(ValueError, match="threshold"):
        positives(ratings, threshold)


def test_the_long_tail_starts_with_the_most_rated_movie(ratings):
    # Movie 50 has 3 of 6 ratings; the rest have one each and follow by id.
    tail = long_tail(ratings)
    assert tail["movie_id"].tolist() == [50, 1, 2, 318]
    assert tail["n_ratings"].tolist() == [3, 1, 1, 1]
    assert tail["rank"].tolist() == [1, 2, 3, 4]
    assert tail["cumulative_share"].tolist() == [3 / 6, 4 / 6, 5 / 6, 1]


@given(ids)
def test_the_shares_of_the_long_tail_add_up_to_one(movie_ids):
    tail = long_tail(pd.DataFrame({"movie_id": movie_ids}))
    assert tail["share"].sum() == pytest.approx(1)
    assert tail["share"].is_monotonic_decreasing


def test_sparsity_is_the_share_of_empty_cells(ratings):
    assert sparsity(ratings) == 1 - 6 / (3 * 4)


def test_sparsity_of_nothing_is_refused(ratings):
    with pytest.raises(ValueError, match="rating"):
        sparsity(ratings[:0])


def test_top_n_takes_a_mask_to_exclude():
    exclude = [True, False, False]
    assert top_n([3.0, 2.0, 1.0], 2, exclude=exclude).tolist() == [1, 2]


def test_top_n_leaves_out_minus_infinity():
    assert top_n([-np.inf, 0.0, -5.0], 3).tolist() == [1, 2]


@pytest.mark.parametrize("score", [np.nan, np.inf])
def test_top_n_refuses_what_is_no_score(score):
    with pytest.raises(ValueError, match="NaN"):
        top_n([1.0, score], 1)


@pytest.mark.parametrize("n", [0, -1, 1.5, np.nan])
def test_top_n_wants_at_least_one(n):
    with pytest.raises(ValueError, match=r"\bn\b"):
        top_n([1.0], n)


@given(
    hnp.arrays(float, st.integers(1, 30), elements=st.integers(0, 5).map(float)),
    st.integers(1, 35),
    st.sets(st.integers(0, 29)),
)
def test_top_n_is_a_full_stable_sort_cut_short(scores, n, excluded):
    excluded = [i for i in excluded if i < len(scores)]
    in_full = [i for i in np.argsort(-scores, kind="stable") if i not in excluded]
    assert top_n(scores, n, exclude=excluded).tolist() == in_full[:n]


# --- a matrix that does not fit ------------------------------------------------------


def test_a_matrix_that_does_not_fit_its_ids_is_refused():
    users, movies = IdIndex.of([1, 2], "user_id"), IdIndex.of([10, 20], "movie_id")
    square = sparse.csr_array(np.eye(2))
    assert Interactions(users, movies, square).matrix is square
    with pytest.raises(ValueError, match="Axis 1"):
        Interactions(users, movies, sparse.csr_array((2, 7)))
    with pytest.raises(ValueError, match=r"Axis 0 .*users.*movie_id"):
        Interactions(movies, users, square)
    with pytest.raises(ValueError, match=r"Axis 1 .*movies.*user_id"):
        Interactions(users, users, square)
    with pytest.raises(TypeError, match="csc"):
        Interactions(users, movies, square.tocsc())


# What passes for an id


def test_whole_numbers_in_a_column_of_objects_are_ids():
    ids = integer_ids(np.array([2, np.int32(7)], dtype=object), "user_id")
    assert (ids.dtype, ids.tolist()) == (np.int64, [2, 7])


def test_ids_in_a_column_of_objects_find_their_rows():
    index = IdIndex.of([7, 2, 9])
    assert index.rows(np.array([9, 2], dtype=object)).tolist() == [2, 0]


@pytest.mark.parametrize("huge", [2**64, -(2**63) - 1])
def test_a_number_beyond_64_bits_is_too_large_for_an_id(huge):
    with pytest.raises(ValueError, match=f"user_id {huge} "):
        integer_ids(np.array([2, huge], dtype=object), "user_id")


@pytest.mark.parametrize("other", ["7", 7.0, None, True])
def test_anything_else_in_a_column_of_objects_is_no_id(other):
    with pytest.raises(ValueError, match="user_id"):
        integer_ids(np.array([2, other], dtype=object), "user_id")


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        ([1, 2.5], r"2\.5 .*1"),
        ([1.0, np.nan], "nan .*1"),
        ([1.0, 2.0], r"1\.0 .*0"),
        (["1", "2"], "'1' .*0"),
        (pd.Series([7, pd.NA], dtype="Int64"), "1"),
        (np.array([[1, 2], [3, None]]), "None .*3"),
        ([True, False], "True"),
        ("7", "'7'"),
    ],
)
def test_the_first_that_is_no_id_is_named(ids, named):
    with pytest.raises(ValueError, match=f"user_id.*{named}"):
        integer_ids(ids, "user_id")


def test_unsigned_ids_are_compared_exactly_and_not_as_floats():
    index = IdIndex.of([2**62, 2**62 + 1])
    assert index.find(np.array([2**62 + 1, 2**62 + 2], dtype=np.uint64)).tolist() == [
        1,
        -1,
    ]
    with pytest.raises(ValueError, match=str(2**63)):
        index.find(np.array([2**63], dtype=np.uint64))


def test_no_ids_at_all_may_have_any_type():
    for empty in ([], pd.Series([], dtype=object)):
        assert integer_ids(empty, "user_id").dtype == np.int64
