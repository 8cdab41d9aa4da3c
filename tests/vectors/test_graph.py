"""An index finds what looking at every movie finds, and its file is safe to read."""

import sys

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.datasets import load_movielens
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.vectors import (
    IndexFileError,
    MovieVectors,
    UnknownMovieError,
    VectorIndex,
)
from recsys_helpers.vectors._graph import Graph
from recsys_helpers.vectors.nearest import METRICS, nearest_rows

N_MOVIES, N_DIMENSIONS = 2_000, 16
LARGE_ID = 2**62


def clustered(seed: int, n: int = N_MOVIES) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(40, N_DIMENSIONS))
    spread = 0.4 * rng.normal(size=(n, N_DIMENSIONS))
    return centres[rng.integers(0, 40, n)] + spread


def named(matrix: np.ndarray) -> MovieVectors:
    ids = np.arange(LARGE_ID, LARGE_ID + len(matrix))
    return MovieVectors(ids, matrix, [f"Film {row}" for row in range(len(matrix))])


@pytest.fixture(scope="module")
def movies() -> MovieVectors:
    matrix = clustered(1)
    matrix[3] = 0  # a movie that nobody rated
    matrix[10:14] = matrix[20]  # equally near to everything
    return named(matrix)


@pytest.fixture(scope="module")
def indexes(movies) -> dict[str, VectorIndex]:
    return {metric: movies.to_index(metric, seed=0) for metric in METRICS}


@pytest.fixture
def saved(indexes, tmp_path):
    path = tmp_path / "films.index"
    indexes["cosine"].save(path)
    return path


@pytest.mark.parametrize("metric", METRICS)
def test_with_enough_effort_it_finds_exactly_the_nearest(metric, movies, indexes):
    queries = clustered(2, 300)
    rows, scores = indexes[metric].nearest(queries, 10, query_ef=1000)
    exact_rows, exact_scores = nearest_rows(queries, movies.matrix, 10, metric)
    np.testing.assert_array_equal(rows, exact_rows)
    np.testing.assert_array_equal(scores, exact_scores)


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_of_a_movie_are_those_of_the_vectors(metric, movies, indexes):
    for movie in (LARGE_ID + 5, "Film 20", "Film 3"):
        found = indexes[metric].neighbours(movie, 10, query_ef=1000)
        pd.testing.assert_frame_equal(found, movies.neighbours(movie, 10, metric))


def test_more_effort_finds_more():
    rng = np.random.default_rng(3)
    index = named(rng.normal(size=(N_MOVIES, 64))).to_index(seed=0)
    queries = rng.normal(size=(200, 64))
    exact, _ = nearest_rows(queries, index.movies.matrix, 10)

    def recall(query_ef):
        rows, _ = index.nearest(queries, 10, query_ef=query_ef)
        return np.mean(
            [np.isin(row, best) for row, best in zip(rows, exact, strict=True)]
        )

    assert recall(16) + 0.1 < recall(1000)
    assert recall(1000) > 0.99


def share_found(index, queries, exclude=None) -> float:
    _, found = index.nearest(queries, 10, exclude=exclude)
    matrix, metric = index.movies.matrix, index.metric
    _, exact = nearest_rows(queries, matrix, 10, metric, exclude=exclude)
    sign = -1 if metric == "euclidean" else 1
    tenth = sign * exact[:, -1:]
    return float((sign * found >= tenth - 1e-6 * np.abs(tenth)).mean())


@pytest.mark.parametrize("sigma", [0.3, 1, 2])
@pytest.mark.parametrize("structured", [True, False])
def test_the_largest_dot_products_are_found_however_lengths_differ(structured, sigma):
    rng = np.random.default_rng(8)
    matrix = clustered(8) if structured else rng.normal(size=(N_MOVIES, N_DIMENSIONS))
    matrix *= rng.lognormal(sigma=sigma, size=(N_MOVIES, 1))
    index = named(matrix.astype(np.float32)).to_index("dot", seed=0)
    rows = np.arange(0, N_MOVIES, 10)
    assert share_found(index, index.movies.matrix[rows], rows[:, None]) >= 0.95
    assert share_found(index, clustered(9, 200)) >= 0.95


def test_users_and_movies_of_als_find_their_largest_dot_products():
    als = Als(**CHOSEN_ALS).fit(load_movielens("small").ratings)
    index = als.movie_vectors().to_index("dot", seed=0)
    users = als.user_factors_[als.user_factors_.any(axis=1)]
    rows = np.arange(0, len(index.movies), 10)
    assert share_found(index, users) >= 0.99
    # .936 to .971 with five seeds of ALS, each on two kinds of processor.
    assert share_found(index, index.movies.matrix[rows], rows[:, None]) >= 0.9


@pytest.mark.parametrize("metric", METRICS)
def test_many_equal_vectors_do_not_hide_the_others(metric):
    matrix = np.random.default_rng(10).normal(size=(N_MOVIES, N_DIMENSIONS))
    rest = np.arange(1_400, N_MOVIES)
    matrix[:1_400] = matrix[0]
    index = named(matrix).to_index(metric, seed=0)
    assert share_found(index, matrix[rest], rest[:, None]) >= 0.95
    # And they are all there, in row order, but for those that are not wanted.
    rows, _ = index.nearest(matrix[:1], 1_000, exclude=np.array([[0, 2]]))
    if metric != "dot":
        assert rows[0].tolist() == [1, *range(3, 1_002)]
    np.testing.assert_array_equal(
        rows,
        nearest_rows(matrix[:1], matrix, 1_000, metric, exclude=np.array([[0, 2]]))[0],
    )


@pytest.mark.parametrize("metric", ["dot", "cosine"])
def test_vectors_may_be_stored_column_by_column(metric):
    rows = clustered(3, 200)
    rows[0] = 0
    by_columns = named(np.asfortranarray(rows)).to_index(metric, seed=0)
    by_rows = named(np.ascontiguousarray(rows)).to_index(metric, seed=0)
    assert by_columns.neighbours("Film 5").equals(by_rows.neighbours("Film 5"))


def test_sorted_movies_are_found_as_well_as_others():
    centres = np.random.default_rng(11).normal(size=(100, 64))
    spread = 0.25 * np.random.default_rng(12).normal(size=(10_000, 64))
    index = named(centres.repeat(100, axis=0) + spread).to_index(seed=0)
    rows = np.arange(0, 10_000, 50)
    assert share_found(index, index.movies.matrix[rows], rows[:, None]) >= 0.98


def test_an_index_says_what_it_finds(movies, indexes):
    for index in indexes.values():
        assert index.recall_ > 0.95
        assert f"{index.recall_:.2f}" in repr(index)


def test_an_index_that_finds_little_warns():
    unstructured = named(np.random.default_rng(13).normal(size=(N_MOVIES, 64)))
    with pytest.warns(UserWarning, match="n_links") as warned:
        index = unstructured.to_index(seed=0, n_links=4, build_ef=8)
    assert index.recall_ < 0.9
    assert warned[0].filename == __file__


def test_the_seed_decides_the_graph(movies, indexes):
    def graph(index):
        return index._graph.links.as_bytes()

    assert graph(movies.to_index(seed=0)) == graph(indexes["cosine"])
    assert graph(movies.to_index(seed=1)) != graph(indexes["cosine"])


@pytest.mark.parametrize("n_movies", [30, 1])
@pytest.mark.parametrize("metric", METRICS)
def test_asked_for_more_than_there_are_it_gives_all(metric, n_movies):
    movies = named(clustered(4, n_movies))
    index = movies.to_index(metric, seed=0)
    pd.testing.assert_frame_equal(
        index.neighbours("Film 0", 100), movies.neighbours("Film 0", 100, metric)
    )


@pytest.mark.parametrize("metric", METRICS)
def test_a_zero_query_is_answered_as_by_the_vectors(metric, movies, indexes):
    zero = np.zeros((1, N_DIMENSIONS))
    for ours, theirs in zip(
        indexes[metric].nearest(zero, 5, query_ef=1000),
        nearest_rows(zero, movies.matrix, 5, metric),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_only_zero_vectors_are_all_equally_near():
    index = named(np.zeros((50, 4))).to_index(seed=0)
    rows, scores = index.nearest(np.ones((1, 4)), 3)
    assert len(set(rows[0])) == 3
    assert (scores == 0).all()


def test_what_is_excluded_does_not_come(movies, indexes):
    queries = movies.matrix[[50, 60]]
    exclude = np.array([[50, 1], [60, 2]])
    rows, scores = indexes["cosine"].nearest(queries, 5, query_ef=1000, exclude=exclude)
    expected = nearest_rows(queries, movies.matrix, 5, exclude=exclude)
    np.testing.assert_array_equal(rows, expected[0])
    np.testing.assert_array_equal(scores, expected[1])


def test_where_the_graph_reaches_too_few_every_movie_is_looked_at(movies, indexes):
    import voyager

    class Unreachable:
        def query(self, *_, **__):
            raise voyager.RecallError("only found 3 of 15")

    graph = Graph(movies.matrix, "cosine", Unreachable(), np.arange(len(movies)))
    queries = movies.matrix[:4]
    found = graph.nearest(queries, 10)
    np.testing.assert_array_equal(found[0], nearest_rows(queries, movies.matrix)[0])


@pytest.mark.parametrize(
    ("queries", "said"),
    [
        (np.full((1, N_DIMENSIONS), np.nan), "NaN"),
        (np.empty((0, N_DIMENSIONS)), "quer"),
        (np.ones((1, N_DIMENSIONS + 1)), "17"),
        (np.ones(N_DIMENSIONS), "shape"),
    ],
)
def test_queries_that_are_no_vectors_are_refused(queries, said, indexes):
    with pytest.raises(ValueError, match=said):
        indexes["cosine"].nearest(queries)


@pytest.mark.parametrize("name", ["n", "query_ef"])
def test_an_effort_below_one_is_refused(name, movies, indexes):
    with pytest.raises(ValueError, match=name):
        indexes["cosine"].nearest(movies.matrix[:1], **{name: 0})


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"n_links": 1}, {"build_ef": 8}, {"metric": "manhattan"}]
)
def test_settings_out_of_their_range_are_refused(wrong, movies):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        movies.to_index(**{"seed": 0} | wrong)


def test_an_unknown_movie_is_refused(indexes):
    with pytest.raises(UnknownMovieError, match="Film"):
        indexes["cosine"].neighbours(7)


def test_without_voyager_it_says_how_to_install_it(movies, monkeypatch):
    monkeypatch.setitem(sys.modules, "voyager", None)
    with pytest.raises(ImportError, match="voyager"):
        movies.to_index(seed=0)


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_loaded_answers_as_what_was_saved(metric, indexes, tmp_path):
    path = tmp_path / "films.index"
    indexes[metric].save(path)
    loaded = VectorIndex.load(path)
    assert repr(loaded) == repr(indexes[metric])
    assert loaded.recall_ == indexes[metric].recall_
    assert loaded.movies.movie_ids.dtype == np.int64
    pd.testing.assert_frame_equal(
        loaded.neighbours(LARGE_ID + 9, query_ef=20),
        indexes[metric].neighbours(LARGE_ID + 9, query_ef=20),
    )
    assert [file.name for file in tmp_path.iterdir()] == ["films.index"]


def refused_before_voyager(path, monkeypatch):
    # The compiled loader must not see the file at all.
    monkeypatch.setitem(sys.modules, "voyager", None)
    with pytest.raises(IndexFileError, match=path.name):
        VectorIndex.load(path)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_file_with_one_other_byte_is_refused(place, saved, monkeypatch):
    content = bytearray(saved.read_bytes())
    content[int(place * len(content))] ^= 1
    saved.write_bytes(content)
    refused_before_voyager(saved, monkeypatch)


def test_movie_vectors_are_no_index(movies, tmp_path, monkeypatch):
    movies.save(tmp_path / "vectors.npz")
    refused_before_voyager(tmp_path / "vectors.npz", monkeypatch)


def test_the_graph_of_other_movies_is_refused(indexes, tmp_path):
    path = tmp_path / "mixed.index"
    fewer = named(clustered(6, 100))
    links = indexes["cosine"]._graph.links
    graph = Graph(fewer.matrix, "cosine", links, np.arange(len(fewer)))
    VectorIndex(fewer, graph, 1.0).save(path)
    with pytest.raises(IndexFileError, match="movies"):
        VectorIndex.load(path)
