"""Every movie a vector, near vectors near movies."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.neighbors import NearestNeighbors

from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.vectors import (
    MovieVectors,
    UnknownMovieError,
    VectorsFileError,
    nearest,
)
from recsys_helpers.vectors.nearest import METRICS

TITLES = ["Toy Story (1995)", "Heat (1995)", "Amélie (2001)", "Alien (1979)"]


@pytest.fixture
def four():
    """Four movies in the plane, worked by hand in the tests below."""
    #  id 10: (1, 0)   length 1
    #  id 20: (4, 3)   length 5
    #  id 30: (0, 2)   length 2
    #  id 40: (0, 0)   length 0
    return MovieVectors(
        [10, 20, 30, 40], [[1.0, 0.0], [4.0, 3.0], [0.0, 2.0], [0.0, 0.0]], TITLES
    )


def random_vectors(n=300, d=16, dtype=np.float64, seed=1):
    matrix = np.random.default_rng(seed).standard_normal((n, d)).astype(dtype)
    return MovieVectors(np.arange(n) + 1, matrix)


def in_small_blocks(monkeypatch, n_scores=20_000):
    monkeypatch.setattr(nearest, "_SCORES_IN_A_BLOCK", n_scores)


@st.composite
def small_vectors(draw):
    """Few distinct whole numbers, so that ties and zero vectors are common."""
    shape = draw(st.tuples(st.integers(2, 14), st.integers(1, 3)))
    matrix = draw(hnp.arrays(np.float64, shape, elements=st.integers(-2, 2)))
    return MovieVectors(np.arange(shape[0]) + 1, matrix)


# Neighbours worked by hand


def test_cosine_neighbours_of_a_hand_worked_example(four):
    # cos((4,3), (1,0)) = 4/5; with (0,2) 6/(5*2) = 3/5; with the zero vector 0.
    found = four.neighbours(20)
    assert found.columns.tolist() == ["movie_id", "title", "similarity"]
    assert found.movie_id.tolist() == [10, 30, 40]
    np.testing.assert_allclose(found.similarity, [0.8, 0.6, 0.0], atol=1e-12)


def test_dot_neighbours_of_a_hand_worked_example(four):
    # (4,3).(1,0) = 4; (4,3).(0,2) = 6; (4,3).(0,0) = 0.
    found = four.neighbours(20, metric="dot")
    assert found.movie_id.tolist() == [30, 10, 40]
    assert found.similarity.tolist() == [6.0, 4.0, 0.0]


def test_euclidean_neighbours_of_a_hand_worked_example(four):
    # (4,3) to (1,0): sqrt(18); to (0,2): sqrt(17); to (0,0): 5.
    found = four.neighbours(20, metric="euclidean")
    assert found.columns.tolist() == ["movie_id", "title", "distance"]
    assert found.movie_id.tolist() == [30, 10, 40]
    np.testing.assert_allclose(found.distance, [17**0.5, 18**0.5, 5])


def test_neighbours_without_titles_have_no_title_column():
    found = MovieVectors([1, 2], [[1.0], [2.0]]).neighbours(1)
    assert found.columns.tolist() == ["movie_id", "similarity"]


@pytest.mark.filterwarnings("error")
def test_a_zero_vector_has_cosine_zero_to_every_movie(four):
    found = four.neighbours(40)
    assert found.similarity.tolist() == [0.0, 0.0, 0.0]
    assert found.movie_id.tolist() == [10, 20, 30]


@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_the_neighbours_of_a_zero_vector_are_the_first_rows(four, metric):
    assert four.neighbours(40, 2, metric).movie_id.tolist() == [10, 20]


@pytest.mark.parametrize("metric", METRICS)
def test_equally_near_movies_come_in_row_order(metric):
    # Ids run against the rows: the row decides.
    matrix = np.ones((200, 3))
    found = MovieVectors(np.arange(200, 0, -1), matrix).neighbours(150, 4, metric)
    assert found.movie_id.tolist() == [200, 199, 198, 197]


@pytest.mark.parametrize("metric", METRICS)
def test_a_duplicate_of_the_query_is_its_neighbour_and_the_query_is_not(metric):
    vectors = MovieVectors([7, 8, 9], [[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]])
    assert vectors.neighbours(9, 1, metric).movie_id.tolist() == [7]
    ids, _ = vectors.neighbours_of_all(1, metric)
    assert ids[[0, 2], 0].tolist() == [9, 7]


def test_more_neighbours_than_there_are_movies_gives_all_others(four):
    ids, scores = four.neighbours_of_all(n=99)
    assert ids.shape == scores.shape == (4, 3)


def test_the_only_movie_has_no_neighbours():
    vectors = MovieVectors([1], [[1.0, 2.0]])
    assert vectors.neighbours(1).empty
    assert vectors.neighbours_of_all()[0].shape == (1, 0)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"metric": "mean"}])
def test_a_wrong_setting_is_refused_by_name(four, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        four.neighbours_of_all(**wrong)


# Against scikit-learn and against itself


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("d", [16, 3000])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_of_all_agree_with_scikit_learn(metric, d, dtype, monkeypatch):
    in_small_blocks(monkeypatch)
    vectors = random_vectors(d=d, dtype=dtype)
    exact = vectors.matrix.astype(np.float64)
    model = NearestNeighbors(n_neighbors=10, metric=metric, algorithm="brute")
    distances, rows = model.fit(exact).kneighbors()  # without the queries themselves
    ids, scores = vectors.neighbours_of_all(10, metric)
    np.testing.assert_array_equal(ids, vectors.movie_ids[rows])
    ours = 1 - scores if metric == "cosine" else scores
    np.testing.assert_allclose(ours, distances, atol=1e-7)


def test_dot_neighbours_of_all_agree_with_the_whole_product(monkeypatch):
    in_small_blocks(monkeypatch)
    vectors = random_vectors(dtype=np.float32)
    product = vectors.matrix.astype(np.float64) @ vectors.matrix.T.astype(np.float64)
    np.fill_diagonal(product, -np.inf)
    rows = np.argsort(-product, axis=1)[:, :10]
    ids, scores = vectors.neighbours_of_all(10, "dot")
    np.testing.assert_array_equal(ids, vectors.movie_ids[rows])
    np.testing.assert_allclose(scores, np.take_along_axis(product, rows, axis=1))


@pytest.mark.parametrize("metric", METRICS)
def test_a_large_catalogue_is_searched_as_exactly_as_a_small_one(metric):
    # Above 2,048 movies the candidates are found by the maxima of groups.
    vectors = random_vectors(n=5000, d=8, dtype=np.float32)
    ids, scores = vectors.neighbours_of_all(12, metric)
    for row in [0, 1234, 4999]:
        alone = vectors.neighbours(row + 1, n=4999, metric=metric)
        assert ids[row].tolist() == alone.movie_id[:12].tolist()
        assert scores[row].tolist() == alone.iloc[:12, 1].tolist()


def test_distances_far_from_the_origin_keep_their_digits():
    # In float32, 1e4**2 leaves steps of 8 between squares; these lie 1 apart.
    matrix = np.array([[1e4], [1e4 + 3], [1e4 + 1], [1e4 + 2]], dtype=np.float32)
    found = MovieVectors([1, 2, 3, 4], matrix).neighbours(1, metric="euclidean")
    assert found.distance.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1e14])
def test_cosine_does_not_depend_on_the_size_of_the_numbers(size):
    vectors = MovieVectors([1, 2, 3], np.array([[1, 0], [3, 4], [4, 3]]) * size)
    np.testing.assert_allclose(vectors.neighbours(1).similarity, [0.8, 0.6])


@given(small_vectors(), st.sampled_from(METRICS), st.integers(1, 15), st.data())
def test_blocks_of_any_size_give_the_same_neighbours(vectors, metric, n, data):
    ids, scores = vectors.neighbours_of_all(n, metric)
    with pytest.MonkeyPatch.context() as monkeypatch:
        in_small_blocks(monkeypatch, data.draw(st.integers(1, len(vectors) ** 2)))
        again, scores_again = vectors.neighbours_of_all(n, metric)
    np.testing.assert_array_equal(ids, again)
    np.testing.assert_array_equal(scores, scores_again)


@given(small_vectors(), st.sampled_from(METRICS), st.integers(1, 15))
def test_no_movie_is_its_own_neighbour(vectors, metric, n):
    ids, _ = vectors.neighbours_of_all(n, metric)
    assert not (ids == vectors.movie_ids[:, None]).any()


@given(small_vectors(), st.sampled_from(METRICS), st.integers(1, 15))
def test_one_movie_at_a_time_gives_what_all_at_once_give(vectors, metric, n):
    ids, scores = vectors.neighbours_of_all(n, metric)
    for row, movie in enumerate(vectors.movie_ids):
        found = vectors.neighbours(movie, n, metric)
        assert found.movie_id.tolist() == ids[row].tolist()
        assert found.iloc[:, -1].tolist() == scores[row].tolist()


@given(small_vectors(), st.sampled_from(METRICS), st.randoms(use_true_random=False))
def test_shuffled_rows_give_the_same_scores(vectors, metric, random):
    order = random.sample(range(len(vectors)), len(vectors))
    shuffled = MovieVectors(vectors.movie_ids[order], vectors.matrix[order])
    _, scores = vectors.neighbours_of_all(5, metric)
    _, shuffled_scores = shuffled.neighbours_of_all(5, metric)
    np.testing.assert_array_equal(scores[order], shuffled_scores)


def test_shuffled_rows_give_the_same_neighbours():
    vectors = random_vectors()
    order = np.random.default_rng(2).permutation(len(vectors))
    shuffled = MovieVectors(vectors.movie_ids[order], vectors.matrix[order])
    np.testing.assert_array_equal(
        vectors.neighbours_of_all()[0][order], shuffled.neighbours_of_all()[0]
    )


@pytest.mark.parametrize("metric", METRICS)
def test_on_the_checkerboard_even_movies_are_near_even_movies(metric):
    # Users of even number rate the even movies, the others the odd ones; a movie's
    # vector is its column of ratings.
    users, movies = np.ogrid[:20, 1:31]
    board = ((users + movies) % 2 == 0).astype(float)
    vectors = MovieVectors(np.arange(1, 31), board.T)
    ids, _ = vectors.neighbours_of_all(14, metric)
    assert (ids % 2 == vectors.movie_ids[:, None] % 2).all()


# Points that are not movies


def test_nearest_to_a_point_includes_the_movie_that_lies_there(four):
    found = four.nearest_to([4, 3], n=1, metric="euclidean")
    assert found.title.tolist() == ["Heat (1995)"]
    assert str(found.distance[0]) == "0.0"  # and not "-0.0"


def test_nearest_to_leaves_out_excluded_movies_by_id_and_title(four):
    found = four.nearest_to([4, 3], exclude=[20, "amelie", 20])
    assert found.movie_id.tolist() == [10, 40]


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ([1.0], "1 .*2"),
        ([np.nan, 1.0], "NaN"),
        ([[1.0, 2.0]], "shape"),
    ],
)
def test_nearest_to_refuses_what_is_no_point_in_the_same_space(four, vector, message):
    with pytest.raises(ValueError, match=message):
        four.nearest_to(vector)


def test_between_unit_vectors_squared_distance_is_two_minus_two_cosines():
    vectors = random_vectors().normalised()
    ids, cosines = vectors.neighbours_of_all(metric="cosine")
    same_ids, distances = vectors.neighbours_of_all(metric="euclidean")
    np.testing.assert_array_equal(ids, same_ids)
    np.testing.assert_allclose(distances**2, 2 - 2 * cosines)


# Which movie is meant


@pytest.mark.parametrize(
    "title",
    ["Amélie (2001)", "amelie  (2001)", "AMÉLIE (2001)", "Ame\u0301lie", "amelie"],
)
def test_a_title_is_found_without_regard_to_case_accents_and_year(four, title):
    assert four.vector(title).tolist() == [0.0, 2.0]


def test_a_title_with_a_range_of_years_is_found_without_them():
    vectors = MovieVectors([1], [[1.0]], ["Fawlty Towers (1975-1979)"])
    assert vectors.vector("Fawlty Towers").tolist() == [1.0]


def test_an_exact_title_goes_before_one_that_is_folded():
    vectors = MovieVectors([1, 2], [[1.0], [2.0]], ["HEAT", "Heat"])
    assert vectors.vector("Heat").tolist() == [2.0]


def test_an_ambiguous_title_names_the_movies_it_could_be():
    vectors = MovieVectors([1, 2], [[1.0], [2.0]], ["Hamlet (1990)", "Hamlet (1996)"])
    with pytest.raises(ValueError, match=r"Hamlet \(1990\).*Hamlet \(1996\)"):
        vectors.vector("hamlet")


def test_an_unknown_title_suggests_the_nearest(four):
    with pytest.raises(UnknownMovieError, match=r"Toy Story \(1995\)"):
        four.vector("Toy Stroy")


def test_a_title_is_no_use_where_there_are_no_titles():
    with pytest.raises(UnknownMovieError, match="titles"):
        MovieVectors([1], [[1.0]]).vector("Heat")


def test_an_unknown_id_says_how_many_there_are_and_which_are_near(four):
    with pytest.raises(UnknownMovieError, match=r"11.*4 movies.*Toy.*\(10\)"):
        four.vector(11)


@pytest.mark.parametrize(
    ("movie", "nearest"),
    [(41, "(40)"), (2**70, "(40)"), (-(2**2000), "(10)")],
    ids=["near", "large", "negative"],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int64])
def test_the_nearest_id_is_right_for_any_number_and_type(four, dtype, movie, nearest):
    vectors = MovieVectors(four.movie_ids.astype(dtype), four.matrix, TITLES)
    with pytest.raises(UnknownMovieError) as caught:
        vectors.vector(movie)
    ids = re.findall(r"\(\d{2}\)", str(caught.value))
    assert ids[0] == nearest


def test_an_unknown_movie_is_an_unknown_id_with_a_readable_message(four):
    with pytest.raises(UnknownIdError, match=r"^movie_id 11"):
        four.vector(11)


@pytest.mark.parametrize("movie", [1.0, True, None])
def test_a_movie_is_an_id_or_a_title_and_nothing_else(four, movie):
    with pytest.raises(TypeError, match="title"):
        four.vector(movie)


# What is let in


@pytest.mark.parametrize(
    ("ids", "matrix", "titles", "message"),
    [
        ([], np.empty((0, 2)), None, "id"),
        ([[1, 2]], np.ones((2, 2)), None, "id"),
        ([1, 1], np.ones((2, 2)), None, "movie_id 1 "),
        ([0, 1], np.ones((2, 2)), None, "0"),
        ([1, 2], np.ones((3, 2)), None, "movie_ids.*matrix"),
        ([1, 2], np.ones(2), None, "shape"),
        ([1, 2], np.ones((2, 0)), None, "shape"),
        ([1, 2], [[1, np.nan], [1, 1]], None, "nan in row 0, column 1"),
        ([1, 2], [[1, 1], [-np.inf, 1]], None, "-inf in row 1, column 0"),
        ([1, 2], [[1, 1], [1e16, 1]], None, "diverged"),
        ([1, 2], np.ones((2, 2)), ["Heat"], "titles"),
        ([1, 2, 3, 4], np.ones((4, 2)), "Heat", "titles"),
    ],
)
def test_bad_parts_are_refused_with_what_is_wrong(ids, matrix, titles, message):
    with pytest.raises(ValueError, match=message):
        MovieVectors(ids, matrix, titles)


@pytest.mark.parametrize(
    ("ids", "matrix", "titles", "message"),
    [
        ([1.0], [[1.0]], None, "movie_ids?"),
        (["1"], [[1.0]], None, "movie_ids?"),
        ([1], [["a"]], None, "numbers"),
        ([1], [[1j]], None, "numbers"),
        ([1], [[1.0]], [None], "[Tt]itles"),
        ([1], [[1.0]], ["nul\0"], "[Tt]itles"),
    ],
)
def test_parts_of_another_kind_are_refused(ids, matrix, titles, message):
    with pytest.raises(TypeError, match=message):
        MovieVectors(ids, matrix, titles)


@pytest.mark.parametrize(
    ("given_as", "kept_as"),
    [("f4", "f4"), ("f8", "f8"), ("i4", "f8"), ("f2", "f8")],
)
def test_floats_keep_their_precision_and_other_numbers_become_float64(
    given_as, kept_as
):
    assert MovieVectors([1], np.ones((1, 2), given_as)).matrix.dtype == kept_as


def test_vectors_cannot_be_changed_from_outside(four):
    matrix = np.ones((1, 2))
    vectors = MovieVectors([1], matrix)
    matrix[:] = 5
    assert vectors.vector(1).tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        vectors.vector(1)[0] = 5


# Files


@pytest.mark.parametrize("titles", [None, TITLES, ["", "'\"<>&", "映画", "a" * 500]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saved_vectors_come_back_the_same(tmp_path, titles, dtype):
    ids = np.array([3, 1, 2, 9], dtype=np.int32)
    matrix = np.random.default_rng(0).standard_normal((4, 5)).astype(dtype)
    MovieVectors(ids, matrix, titles).save(tmp_path / "movies.npz")
    loaded = MovieVectors.load(tmp_path / "movies.npz")
    np.testing.assert_array_equal(loaded.movie_ids, ids, strict=True)
    np.testing.assert_array_equal(loaded.matrix, matrix, strict=True)
    assert loaded.titles == (None if titles is None else tuple(titles))


def test_a_file_that_holds_no_vectors_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "movies.npz"
    for spoilt, reason in (({"movie_ids": [1, 1]}, "movie_id 1 "), ({}, "movie_ids")):
        np.savez(path, format_version=1, matrix=[[1.0], [2.0]], **spoilt)
        with pytest.raises(VectorsFileError, match=rf"movies\.npz.*{reason}"):
            MovieVectors.load(path)
