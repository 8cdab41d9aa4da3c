"""Find the nearest of millions of vectors without looking at each of them.

`vectors.nearest.nearest_rows` compares a query with every row. A `VectorIndex`
walks along a graph in which near vectors are linked, and sees a few hundred: HNSW, the
"hierarchical navigable small world" graphs of Malkov and Yashunin (2020), as the
library voyager builds them. What it finds is mostly, and not always, what is nearest:
how often depends on the vectors, so every index measures it when it is built
(``recall_``). The scores of what it finds are exact.

Three things are done so that it finds more. Equal vectors enter the graph once, and are
listed together: many of them would be linked with nothing but each other. Vectors enter
in random order: sorted ones make poor graphs. And for dot products, where lengths
differ, long vectors enter first (`recsys_helpers.vectors.index` says why).

The file that `VectorIndex.save` writes: a header, then a numpy archive.

The header is one line with the format's version and one with the SHA-256 of what
follows, as hexadecimal digits. The arrays are ``movie_ids``, ``matrix``, ``titles`` (if
there are titles), ``metric``, ``graph`` (voyager's own bytes), ``graph_ids`` and
``recall``. The checksum is compared before anything else is read, so that a damaged
graph never gets to compiled code.

Turn nearest by cosine or by dot product into nearest by distance.

A graph of neighbours wants a distance. Cosine is one among vectors of length 1. For dot
products, Bachrach et al. (2014), "Speeding up the Xbox recommender system using a
Euclidean transformation for inner-product spaces", give every vector one more
coordinate that brings all to the same length, and every query a zero there.

In which order the points enter a graph matters, because a point can only be linked with
what is there already. Sorted data, such as cluster after cluster, make poor graphs. And
after the reduction short vectors lie close together, all nearly at (0, ..., 0, 1), far
from every query: walks end among them unless the long vectors have been linked first.
`insertion_order` mends both.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._files import write_whole
from recsys_helpers.extras import require
from recsys_helpers.vectors import UNREADABLE, MovieVectors, checked_matrix, read_arrays
from recsys_helpers.vectors.nearest import (
    METRICS,
    Metric,
    best_of_candidates,
    nearest_rows,
    unit_rows,
)

if TYPE_CHECKING:
    import voyager

_NAME = b"recsys_helpers VectorIndex "
_VERSION = b"2"


class IndexFileError(ValueError):
    """A file that does not hold an index."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(
            f"{path} does not hold an index: {reason} If VectorIndex.save wrote it, "
            "the file has been damaged since: take another copy or build it again."
        )


def write(
    path: str | Path,
    movies: MovieVectors,
    metric: Metric,
    graph: bytes,
    graph_ids: NDArray[np.integer],
    recall: float,
) -> None:
    """Write under a temporary name beside `path`, then move into place."""
    arrays: dict[str, Any] = {
        "movie_ids": movies.movie_ids,
        "matrix": movies.matrix,
        "metric": np.array(metric),
        "graph": np.frombuffer(graph, dtype=np.uint8),
        "graph_ids": graph_ids,
        "recall": np.array(recall),
    }
    if movies.titles is not None:
        arrays["titles"] = np.array(movies.titles, dtype=str)
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    write_whole(path, _header(archive.getbuffer()) + archive.getbuffer())


def read(
    path: str | Path,
) -> tuple[MovieVectors, Metric, bytes, NDArray[np.integer], float]:
    """Return what `write` was given, of a file whose checksum is right.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IndexFileError
        If it is not an index, of another version, or not as it was written.
    """
    with open(path, "rb") as file:
        name, checksum = file.readline(100), file.readline(100)
        content = file.read()
    if not name.startswith(_NAME):
        raise IndexFileError(path, "it begins in another way.")
    if name != _NAME + _VERSION + b"\n":
        raise IndexFileError(
            path,
            f"this course reads version {_VERSION.decode()} of the format. An index "
            "of another version has to be built again, from the same vectors.",
        )
    if name + checksum != _header(content):
        raise IndexFileError(path, "its checksum is wrong.")
    try:
        arrays = read_arrays(io.BytesIO(content))
        titles = arrays["titles"].tolist() if "titles" in arrays else None
        movies = MovieVectors(arrays["movie_ids"], arrays["matrix"], titles)
        metric, graph = arrays["metric"].item(), arrays["graph"].tobytes()
        graph_ids, recall = arrays["graph_ids"], arrays["recall"].item()
    except UNREADABLE as error:
        raise IndexFileError(path, f"it cannot be read ({error}).") from error
    if metric not in METRICS:
        raise IndexFileError(path, f"its metric is {metric!r}.")
    if graph_ids.shape != (len(movies),) or graph_ids.dtype.kind != "i":
        raise IndexFileError(path, "its graph belongs to other movies.")
    return movies, metric, graph, graph_ids, recall


def _header(content: bytes | memoryview) -> bytes:
    checksum = hashlib.sha256(content).hexdigest().encode()
    return _NAME + _VERSION + b"\n" + checksum + b"\n"


# Vectors whose lengths differ by less are of one length, as float32 rounds.
_SAME_LENGTH = 1e-5
# In steps of a quarter of a power of two, 19 %: in strict order vectors of one cluster,
# which are about equally long, would enter one after the other (measured).
_STEPS_PER_DOUBLING = 4
_SHORTEST = 2.0**-40  # as good as zero, which has no logarithm


class GraphPoints:
    r"""Points whose distance orders movies as the metric does.

    With :math:`L` the length of the longest vector, a movie is at
    :math:`(x / L, \sqrt{1 - |x|^2 / L^2})` and a query at :math:`(q / |q|, 0)`, so that
    their squared distance is :math:`2 - 2 \, q \cdot x / (L |q|)`. For cosine the same
    is done with vectors of length 1; a zero vector then keeps its similarity of 0 to
    all. Where all lengths are equal the last coordinate is left out.

    Parameters
    ----------
    matrix : numpy.ndarray of float, shape (n_movies, n_dimensions)
    metric : {"cosine", "dot", "euclidean"}

    Examples
    --------
    >>> matrix = np.array([[3.0, 4.0], [3.0, 0.0]])
    >>> points = GraphPoints(matrix, "dot")
    >>> points.of_movies(matrix).round(1)
    array([[0.6, 0.8, 0. ],
           [0.6, 0. , 0.8]], dtype=float32)
    >>> points.of_queries(matrix[1:])
    array([[1., 0., 0.]], dtype=float32)
    """

    def __init__(self, matrix: NDArray[np.floating], metric: Metric) -> None:
        self.metric = metric
        # Around the centre, numbers are smaller and float32 is finer.
        self.centre = matrix.mean(axis=0, dtype=np.float64)
        lengths = np.linalg.norm(self._placed(matrix), axis=1)
        self.longest = float(lengths.max()) or 1.0
        self.has_extra = (
            metric != "euclidean" and lengths.min() < (1 - _SAME_LENGTH) * self.longest
        )
        self.n_dimensions = matrix.shape[1] + self.has_extra

    def of_movies(self, matrix: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points of the movies, shape (n_movies, n_dimensions or one more)."""
        points = (self._placed(matrix) / self.longest).astype(np.float32, copy=False)
        lengths = np.linalg.norm(points, axis=1)
        return self._with_extra(points, np.sqrt(np.maximum(0, 1 - lengths**2)))

    def of_queries(self, queries: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points of queries, shape (n_queries, n_dimensions or one more)."""
        if self.metric == "euclidean":
            placed = self._placed(queries) / self.longest
        else:
            placed = unit_rows(queries)
        with np.errstate(over="ignore"):  # becomes infinite
            points = placed.astype(np.float32, copy=False)
        return self._with_extra(points, np.zeros(len(points)))

    def insertion_order(
        self, points: NDArray[np.float32], seed: int
    ) -> NDArray[np.intp]:
        """Rows of `points` in random order; for dot products, long ones go first."""
        order = np.random.default_rng(seed).permutation(len(points))
        if self.metric != "dot" or not self.has_extra:
            return order
        lengths = np.linalg.norm(points[order, :-1], axis=1)
        steps = np.floor(_STEPS_PER_DOUBLING * np.log2(np.maximum(lengths, _SHORTEST)))
        return order[np.argsort(-steps, kind="stable")]

    def _placed(self, matrix: NDArray[np.floating]) -> NDArray[np.floating]:
        if self.metric == "cosine":
            return unit_rows(matrix)
        return matrix - self.centre if self.metric == "euclidean" else matrix

    def _with_extra(self, points, extra) -> NDArray[np.float32]:
        if not self.has_extra:
            return np.ascontiguousarray(points)
        return np.column_stack([points, extra.astype(np.float32)])


# More candidates than asked for: scores that differ by less than float32 can tell
# are put in order afterwards.
_SURPLUS = 5
_QUERIES_IN_A_BLOCK = 1024
_QUERY_EF = 100
# recall_ is measured on this many movies; below the limit there is a warning.
_SAMPLE = 200
_LOW_RECALL = 0.9
_ROUNDING = 1e-6  # nearly equal scores are one to a graph of float32


@dataclass(frozen=True, eq=False, repr=False)
class VectorIndex:
    """Approximate neighbours of movies. Build it with `MovieVectors.to_index`.

    It holds the movies as they were: a movie that is added or trained anew later is
    not in it until a new index is built.

    Parameters
    ----------
    movies : MovieVectors
    metric : {"cosine", "dot", "euclidean"}
        What the index was built for; it answers for no other.
    graph : voyager.Index
        Of the `GraphPoints` of the movies, each different point once.
    graph_ids : numpy.ndarray of int, shape (n_movies,)
        Where in the graph each movie is; movies with equal vectors are at one place.
    recall_ : float
        Share of the ten nearest that it finds, measured when it was built: at the
        default effort, for a sample of its own movies as queries, against exact search.
        What is as near as the tenth counts. Other queries may do better or worse:
        users' vectors do well under ``"dot"`` and badly under ``"euclidean"``.
    """

    movies: MovieVectors
    metric: Metric
    graph: voyager.Index
    graph_ids: NDArray[np.integer]
    recall_: float = np.nan
    _points: GraphPoints = field(init=False)
    # Movies by place, and where in there each place begins.
    _by_place: NDArray[np.intp] = field(init=False)
    _starts: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        set_field = object.__setattr__  # a frozen dataclass sets its own fields so
        set_field(self, "_points", GraphPoints(self.movies.matrix, self.metric))
        set_field(self, "_by_place", np.argsort(self.graph_ids, kind="stable"))
        sizes = np.bincount(self.graph_ids)
        set_field(self, "_starts", np.concatenate([[0], np.cumsum(sizes)]))

    @classmethod
    def build(
        cls,
        movies: MovieVectors,
        metric: Metric = "cosine",
        *,
        seed: int,
        n_links: int = 16,
        build_ef: int = 100,
        n_threads: int = 1,
    ) -> Self:
        """Link every movie with movies near to it, and measure what it finds.

        Warns if ``recall_`` is below 0.9.

        Parameters
        ----------
        movies : MovieVectors
        metric : {"cosine", "dot", "euclidean"}
        seed : int
            0 or more. Same seed, same index, if `n_threads` is 1.
        n_links : int
            Links of a movie on each level of the graph, 2 or more. More take more
            memory and find more.
        build_ef : int
            Candidates held while the links of a movie are chosen, at least `n_links`.
            More take longer, once, and find more ever after.
        n_threads : int
            With more than one, the order of insertion, and so the graph, is up to
            chance.

        Returns
        -------
        VectorIndex

        Raises
        ------
        ImportError
            If voyager is not installed; the message says how to install it.
        ValueError
            If a setting is out of its range.
        """
        if metric not in METRICS:
            raise ValueError(f"metric is one of {', '.join(METRICS)}; got {metric!r}.")
        if seed < 0 or n_threads < 1 or not 2 <= n_links <= build_ef:
            raise ValueError(
                "An index needs a seed of 0 or more, n_threads of 1 or more and "
                f"2 <= n_links <= build_ef; got seed={seed}, n_threads={n_threads}, "
                f"n_links={n_links}, build_ef={build_ef}."
            )
        voyager = require("voyager", "engines")
        graph_points = GraphPoints(movies.matrix, metric)
        points = graph_points.of_movies(movies.matrix)
        first, of_movie = _different_rows(points)
        order = graph_points.insertion_order(points[first], seed)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        graph = voyager.Index(
            voyager.Space.Euclidean,
            num_dimensions=points.shape[1],
            M=n_links,
            ef_construction=build_ef,
            random_seed=seed + 1,  # its generator takes 0 for 1
            max_elements=len(order),
        )
        graph.add_items(points[first[order]], num_threads=n_threads)
        graph_ids = place[of_movie]
        recall = cls(movies, metric, graph, graph_ids)._measured_recall(seed)
        if recall < _LOW_RECALL:
            warnings.warn(
                f"This index finds {recall:.0%} of the ten nearest of its own movies. "
                f"More effort finds more: query_ef above {_QUERY_EF} for a query, or "
                "more n_links and build_ef for the index. To find all, ask the "
                "MovieVectors themselves.",
                stacklevel=3,  # the call of MovieVectors.to_index
            )
        return cls(movies, metric, graph, graph_ids, recall)

    def __len__(self) -> int:
        return len(self.movies)

    def __repr__(self) -> str:
        return (
            f"VectorIndex({self.metric}, {self.movies!r}, recall@10 {self.recall_:.2f})"
        )

    def neighbours(
        self, movie: int | str, n: int = 10, *, query_ef: int = _QUERY_EF
    ) -> pd.DataFrame:
        """Movies nearest to a movie, best first, without the movie itself.

        Parameters
        ----------
        movie : int or str
            An id or a title, as everywhere in `MovieVectors`.
        n, query_ef
            As in `nearest`.

        Returns
        -------
        pandas.DataFrame
            As `MovieVectors.neighbours` returns it.

        Raises
        ------
        UnknownMovieError
            If there is no such movie.
        """
        row = self.movies.row(movie)
        rows, scores = self.nearest(
            self.movies.matrix[[row]],
            n,
            query_ef=query_ef,
            exclude=np.array([[row]]),
        )
        return self.movies.table(rows[0], scores[0], self.metric)

    def nearest(
        self,
        queries: ArrayLike,
        n: int = 10,
        *,
        query_ef: int = _QUERY_EF,
        exclude: NDArray[np.integer] | None = None,
        n_threads: int = 1,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Nearest movies of many vectors at once.

        Parameters
        ----------
        queries : array_like of float, shape (n_queries, n_dimensions)
        n : int
            How many rows each query gets; fewer where there are not so many.
        query_ef : int
            Effort: how many candidates the walk keeps in view, 1 or more; raised to
            as many as are needed for `n`. More finds more, and takes longer.
        exclude : numpy.ndarray of int, shape (n_queries, n_excluded), optional
            Rows that a query must not get; each once within its query.
        n_threads : int
            The answers do not depend on it.

        Returns
        -------
        rows : numpy.ndarray of int, shape (n_queries, n)
            Of ``movies``, best first.
        scores : numpy.ndarray of float64, same shape
            Exact for these rows, as from `recsys_helpers.vectors.nearest.nearest_rows`.

        Raises
        ------
        ValueError
            If `n`, `query_ef` or `n_threads` is below 1, or the queries are empty,
            not finite or of another length than the movies' vectors.
        """
        if min(n, query_ef, n_threads) < 1:
            raise ValueError(
                "n, query_ef and n_threads are 1 or more; "
                f"got n={n}, query_ef={query_ef}, n_threads={n_threads}."
            )
        queries = checked_matrix(queries, "matrix of queries")
        if queries.shape[1] != self.movies.n_dimensions:
            raise ValueError(
                f"The queries have {queries.shape[1]} dimensions and the movies have "
                f"{self.movies.n_dimensions}."
            )
        if exclude is None:
            exclude = np.empty((len(queries), 0), dtype=np.intp)
        n = min(n, len(self) - exclude.shape[1])
        blocks = [
            slice(start, start + _QUERIES_IN_A_BLOCK)
            for start in range(0, len(queries), _QUERIES_IN_A_BLOCK)
        ]
        answers = [
            self._of_block(queries[block], n, query_ef, exclude[block], n_threads)
            for block in blocks
        ]
        rows, scores = zip(*answers, strict=True)
        return np.concatenate(rows), np.concatenate(scores)

    def save(self, path: str | Path) -> None:
        """Write movies and graph to one file, which takes its place when complete."""
        graph = self.graph.as_bytes()
        write(path, self.movies, self.metric, graph, self.graph_ids, self.recall_)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote, after its checksum has been found right.

        No pickle is read. But the checksum finds damage, not malice: the graph is read
        by voyager's compiled code, so load an index only if you trust its maker.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        recsys_helpers.vectors.index.IndexFileError
            If the file is damaged, cut short or holds something else.
        ImportError
            If voyager is not installed.
        """
        content = read(path)
        movies, metric, graph_bytes, graph_ids, recall = content
        graph = require("voyager", "engines").Index.load(io.BytesIO(graph_bytes))
        index = cls(movies, metric, graph, graph_ids, recall)
        shape = (graph.num_elements, graph.num_dimensions)
        if shape != (len(index._starts) - 1, index._points.n_dimensions):
            raise IndexFileError(path, "its graph belongs to other movies.")
        return index

    def _of_block(self, queries, n: int, query_ef: int, exclude, n_threads: int):
        """Answer some queries; by looking at every movie where the graph can't."""
        wanted = n + exclude.shape[1] + _SURPLUS
        points = self._points.of_queries(queries)
        # A zero vector has no direction, and one too far away no float32.
        walkable = points.any(axis=1) & np.isfinite(points).all(axis=1)
        if not walkable.all() or wanted > len(self):
            return self._exactly(queries, n, exclude)
        voyager = require("voyager", "engines")
        try:
            places, _ = self.graph.query(
                points,
                min(wanted, len(self._starts) - 1),
                num_threads=n_threads,
                query_ef=max(query_ef, wanted),
            )
        except voyager.RecallError:  # fewer than wanted can be reached
            return self._exactly(queries, n, exclude)
        query, row = self._movies_at(places.astype(np.intp), wanted)
        kept = ~(row[:, None] == exclude[query]).any(axis=1)
        return best_of_candidates(
            queries, self.movies.matrix, query[kept], row[kept], n, self.metric
        )

    def _movies_at(self, places, wanted: int):
        """Pairs (query, row): movies at each query's places, until there are enough."""
        starts = self._starts[places]
        sizes = np.minimum(self._starts[places + 1] - starts, wanted)
        sizes[np.cumsum(sizes, axis=1) - sizes >= wanted] = 0
        query = np.repeat(np.arange(len(places)), sizes.sum(axis=1))
        starts, sizes = starts.ravel(), sizes.ravel()
        shift = starts - (np.cumsum(sizes) - sizes)
        return query, self._by_place[np.arange(len(query)) + np.repeat(shift, sizes)]

    def _measured_recall(self, seed: int) -> float:
        """Share of the ten nearest of a sample of movies that come, or are as near."""
        n = min(10, len(self) - 1)
        if n == 0:
            return 1.0
        size = min(_SAMPLE, len(self))
        sample = np.random.default_rng(seed).choice(len(self), size, replace=False)
        queries, itself = self.movies.matrix[sample], sample[:, None]
        _, found = self.nearest(queries, n, exclude=itself)
        _, exact = self._exactly(queries, n, itself)
        worse = (
            found - exact[:, -1:]
            if self.metric == "euclidean"
            else exact[:, -1:] - found
        )
        return float((worse <= _ROUNDING * np.abs(exact[:, -1:])).mean())

    def _exactly(self, queries, n: int, exclude):
        if n == 0:
            empty = np.empty((len(queries), 0))
            return empty.astype(np.intp), empty
        return nearest_rows(
            queries, self.movies.matrix, n, self.metric, exclude=exclude
        )


def _different_rows(points: NDArray[np.float32]):
    """First of each different row, and which of these every row equals."""
    rows = np.ascontiguousarray(points + np.float32(0))  # + 0: there is a -0, too
    as_bytes = rows.view(f"V{rows.itemsize * rows.shape[1]}")
    _, first, which = np.unique(as_bytes, return_index=True, return_inverse=True)
    return first, which.ravel()
