"""Find the nearest of millions of vectors without looking at each of them.

`recsys_helpers.nearest.nearest_rows` compares a query with every row. A `VectorIndex`
walks along a graph in which near vectors are linked, and sees a few hundred: HNSW, the
"hierarchical navigable small world" graphs of Malkov and Yashunin (2020), as the
library voyager builds them. What it finds is mostly, and not always, what is nearest:
how often depends on the vectors, so every index measures it when it is built
(``recall_``). The scores of what it finds are exact.

Three things are done so that it finds more. Equal vectors enter the graph once, and are
listed together: many of them would be linked with nothing but each other. Vectors enter
in random order: sorted ones make poor graphs. And for dot products, where lengths
differ, long vectors enter first (`recsys_helpers.graph_points` says why).
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers import vector_index_file
from recsys_helpers.extras import require
from recsys_helpers.graph_points import GraphPoints
from recsys_helpers.nearest import (
    METRICS,
    Metric,
    best_of_candidates,
    nearest_rows,
)
from recsys_helpers.vector_checks import checked_matrix
from recsys_helpers.vectors import MovieVectors

if TYPE_CHECKING:
    import voyager

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
            Exact for these rows, as from `recsys_helpers.nearest.nearest_rows`.

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
        vector_index_file.write(
            path, self.movies, self.metric, graph, self.graph_ids, self.recall_
        )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote, after its checksum has been found right.

        No pickle is read. But the checksum finds damage, not malice: the graph is read
        by voyager's compiled code, so load an index only if you trust its maker.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        recsys_helpers.vector_index_file.IndexFileError
            If the file is damaged, cut short or holds something else.
        ImportError
            If voyager is not installed.
        """
        content = vector_index_file.read(path)
        movies, metric, graph_bytes, graph_ids, recall = content
        graph = require("voyager", "engines").Index.load(io.BytesIO(graph_bytes))
        index = cls(movies, metric, graph, graph_ids, recall)
        shape = (graph.num_elements, graph.num_dimensions)
        if shape != (len(index._starts) - 1, index._points.n_dimensions):
            raise vector_index_file.IndexFileError(
                path, "its graph belongs to other movies."
            )
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
