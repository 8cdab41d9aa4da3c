"""Every movie becomes a vector, and near vectors are near movies.

All five methods of the course end here, whatever they learn from: ratings, links or
posters. `MovieVectors` holds one vector a movie and answers the questions that all
of them are asked: which movies are near this one or that point, and how do I keep the
answer for later. `VectorIndex` answers without looking at every movie, and mostly as
well: for millions.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._checks import as_list, check_count
from recsys_helpers._files import ArraysFileError, read_npz, write_npz
from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.titles import nearest_titles, rows_of_title
from recsys_helpers.vectors._graph import QUERY_EF, Graph
from recsys_helpers.vectors.nearest import Metric, nearest_rows, unit_rows

__all__ = [
    "IndexFileError",
    "MovieVectors",
    "UnknownMovieError",
    "VectorIndex",
    "VectorsFileError",
]

# Beyond this the squares overflow in float32; a model that got there has diverged.
LARGEST_VALUE = 1e15
# Below this recall an index warns.
_LOW_RECALL = 0.9
_INDEX_VERSION = 3


class UnknownMovieError(UnknownIdError):
    """No vector for this movie."""


class VectorsFileError(ArraysFileError):
    """A file that does not hold movie vectors."""

    holds = "movie vectors"
    remedy = (
        "If MovieVectors.save wrote it, the file has been damaged since: save it again "
        "or take another copy."
    )


class IndexFileError(ArraysFileError):
    """A file that does not hold an index that this version reads."""

    holds = "an index"
    remedy = (
        "If VectorIndex.save wrote it, the file is of another version or has been "
        "damaged since: take another copy or build it again, from the same vectors."
    )


class MovieVectors:
    """One vector for each movie.

    Wherever a method takes a *movie*, it takes an id (``1``) or a title, with its year
    or without: ``"Matrix, The"`` finds ``"The Matrix (1999)"``, and ``"Se7en"`` finds
    ``"Seven (a.k.a. Se7en) (1995)"``; see `recsys_helpers.titles.rows_of_title`.

    Parameters
    ----------
    movie_ids : array_like of int, shape (n_movies,)
        Positive, each once, in any order.
    matrix : array_like of float, shape (n_movies, n_dimensions)
        Row i is the vector of ``movie_ids[i]``. float32 and float64 are kept as they
        are, other numbers become float64. It is copied, and the copy is read-only.
    titles : sequence of str, length n_movies, optional

    Raises
    ------
    ValueError
        If the lengths differ, an id is repeated or not positive, or the matrix is
        empty, not 2-D or has a value that is not finite or above 1e15.
    TypeError
        If an id is not a whole number, a value not a number or a title not text.

    Examples
    --------
    >>> vectors = MovieVectors(
    ...     [1, 2, 3], [[1, 0], [4, 3], [0, 2]], ["Heat", "Ronin", "Clueless"]
    ... )
    >>> vectors
    MovieVectors(3 movies, 2 dimensions, float64, with titles)
    >>> vectors.neighbours("Heat", n=2)
       movie_id     title  similarity
    0         2     Ronin         0.8
    1         3  Clueless         0.0
    """

    def __init__(
        self,
        movie_ids: ArrayLike,
        matrix: ArrayLike,
        titles: Sequence[str] | None = None,
    ) -> None:
        self.movie_ids = _checked_ids(movie_ids)
        self.matrix = _checked_matrix(matrix)
        self.titles = None if titles is None else _checked_titles(titles)
        self._check_length("matrix", len(self.matrix), "rows")
        if self.titles is not None:
            self._check_length("titles", len(self.titles), "entries")

    def __len__(self) -> int:
        return len(self.movie_ids)

    def __repr__(self) -> str:
        named = "with" if self.titles else "without"
        return (
            f"MovieVectors({len(self):,} movies, {self.n_dimensions} dimensions, "
            f"{self.matrix.dtype}, {named} titles)"
        )

    @property
    def n_dimensions(self) -> int:
        """Length of each vector."""
        return self.matrix.shape[1]

    def vector(self, movie: int | str) -> NDArray[np.floating]:
        """Vector of one movie, shape (n_dimensions,); errors as of `row`."""
        return self.matrix[self.row(movie)]

    def row(self, movie: int | str) -> int:
        """Row of a movie in the matrix, of its id or its title.

        Raises
        ------
        UnknownMovieError
            If there is no such movie; the message names the nearest ones.
        ValueError
            If several movies have this title.
        TypeError
            If it is neither an id nor a title.
        """
        if isinstance(movie, str):
            return self._row_of_title(movie)
        if not isinstance(movie, Integral) or isinstance(movie, bool):
            raise TypeError(f"A movie is an id or a title, not {movie!r}.")
        found = np.flatnonzero(self.movie_ids == movie)
        if not found.size:
            # Python's whole numbers neither wrap around nor overflow, as numpy's do.
            distances = np.abs(self.movie_ids.astype(object) - int(movie))
            nearest = np.argsort(distances, kind="stable")[:3]
            raise UnknownMovieError(
                f"movie_id {movie} is not among these {len(self):,} movies. "
                f"The nearest ids: {self._listing(nearest)}."
            )
        return int(found[0])

    def neighbours(
        self, movie: int | str, n: int = 10, metric: Metric = "cosine"
    ) -> pd.DataFrame:
        """Movies nearest to a movie, best first, without the movie itself.

        Parameters
        ----------
        movie : int or str
        n : int, of which there may be fewer
        metric : {"cosine", "dot", "euclidean"}
            See `vectors.nearest.nearest_rows`. Under cosine a zero vector
            has similarity 0 to every movie.

        Returns
        -------
        pandas.DataFrame
            Columns movie_id, title (if there are titles), and similarity or, for
            ``"euclidean"``, distance. Equally near movies come in row order.

        Raises
        ------
        ValueError
            If `n` is below 1 or the metric unknown; other errors as of `row`.
        """
        return self.nearest_to(self.vector(movie), n, metric, exclude=(movie,))

    def nearest_to(
        self,
        vector: ArrayLike,
        n: int = 10,
        metric: Metric = "cosine",
        exclude: Iterable[int | str] = (),
    ) -> pd.DataFrame:
        """Movies nearest to a point, which need not be a movie: as `neighbours` does.

        Parameters
        ----------
        vector : array_like of float, shape (n_dimensions,)
            For example a user's vector.
        exclude : iterable of movies
            Not to be returned.

        Raises
        ------
        ValueError
            If its length is another, or a value not finite.
        """
        query = self._checked_queries("vector", np.asarray(vector)[np.newaxis])
        skipped = np.unique([self.row(movie) for movie in as_list(exclude)])
        rows, scores = nearest_rows(
            query, self.matrix, n, metric, exclude=skipped[None].astype(np.intp)
        )
        return self._table(rows[0], scores[0], metric)

    def neighbours_of_all(
        self, n: int = 10, metric: Metric = "cosine"
    ) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
        """Nearest movies of every movie, in blocks of at most 64 MiB.

        Returns
        -------
        movie_ids : numpy.ndarray of int, shape (n_movies, min(n, n_movies - 1))
            Line i are the neighbours of ``self.movie_ids[i]``, best first.
        scores : numpy.ndarray of float64, same shape
            Similarities, or distances for ``"euclidean"``.
        """
        rows, scores = nearest_rows(
            self.matrix,
            self.matrix,
            n,
            metric,
            exclude=np.arange(len(self))[:, None],
        )
        return self.movie_ids[rows], scores

    def normalised(self) -> MovieVectors:
        r"""Give the same movies vectors of length 1 (zero vectors stay zero).

        Between vectors of length 1 all three metrics agree on who is nearer:
        :math:`|q - x|^2 = 2 - 2 \cos(q, x)`.
        """
        return MovieVectors(self.movie_ids, unit_rows(self.matrix), self.titles)

    def to_index(
        self,
        metric: Metric = "cosine",
        *,
        seed: int,
        n_links: int = 16,
        build_ef: int = 100,
    ) -> VectorIndex:
        """Build an index that finds neighbours without looking at every movie.

        Worth it from about 100,000 movies; below, `neighbours` is quick enough and
        always right. What it finds depends on the vectors: ``recall_`` of the index
        says how much, and there is a warning if that is below 0.9.

        Parameters
        ----------
        metric : {"cosine", "dot", "euclidean"}
        seed : int
            0 or more. Same seed, same index.
        n_links : int
            Links of a movie on each level of the graph, 2 or more. More take more
            memory and find more.
        build_ef : int
            Candidates held while the links of a movie are chosen, at least `n_links`.
            More take longer, once, and find more ever after.

        Raises
        ------
        ImportError
            If voyager is not installed; the message says how to install it.
        ValueError
            If a setting is out of its range.
        """
        graph = Graph.build(self.matrix, metric, seed, n_links, build_ef)
        recall = graph.recall(seed)
        if recall < _LOW_RECALL:
            warnings.warn(
                f"This index finds {recall:.0%} of the ten nearest of its own movies. "
                f"More effort finds more: query_ef above {QUERY_EF} for a query, or "
                "more n_links and build_ef for the index. To find all, ask the "
                "MovieVectors themselves.",
                stacklevel=2,
            )
        return VectorIndex(self, graph, recall)

    def save(self, path: str | Path) -> None:
        """Write to an ``.npz`` file, which takes its place only when complete."""
        write_npz(path, self._arrays(), version=1, compress=True)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. No pickle is read, so a foreign file is safe.

        Raises
        ------
        FileNotFoundError, recsys_helpers.vectors.VectorsFileError
            If there is no such file; or it is damaged or holds something else.
        """
        names = ("movie_ids", "matrix")
        arrays = read_npz(path, VectorsFileError, version=1, names=names)
        try:
            return cls._from(arrays)
        except (TypeError, ValueError) as error:
            raise VectorsFileError(path, str(error)) from error

    @classmethod
    def _from(cls, arrays: dict[str, NDArray]) -> Self:
        titles = arrays["titles"].tolist() if "titles" in arrays else None
        return cls(arrays["movie_ids"], arrays["matrix"], titles)

    def _arrays(self) -> dict[str, NDArray]:
        arrays: dict[str, NDArray] = {
            "movie_ids": self.movie_ids,
            "matrix": self.matrix,
        }
        if self.titles is not None:
            arrays["titles"] = np.array(self.titles, dtype=str)
        return arrays

    def _row_of_title(self, title: str) -> int:
        if self.titles is None:
            raise UnknownMovieError(
                f"These vectors have no titles, so {title!r} cannot be looked up. "
                "Give a movie_id, or pass titles= to MovieVectors."
            )
        rows = rows_of_title(title, self.titles)
        if not rows:
            near = self._listing(nearest_titles(title, self.titles))
            raise UnknownMovieError(
                f"No movie among these {len(self):,} is called {title!r}. Did you "
                f"mean {near}?"
            )
        if len(rows) > 1:
            raise ValueError(
                f"{len(rows)} movies are called {title!r}: {self._listing(rows[:5])}. "
                "Give the whole title or the movie_id."
            )
        return rows[0]

    def _listing(self, rows: Iterable[int]) -> str:
        if self.titles is None:
            return ", ".join(str(self.movie_ids[row]) for row in rows)
        return ", ".join(
            f"{self.titles[row]!r} ({self.movie_ids[row]})" for row in rows
        )

    def _table(
        self, rows: NDArray[np.integer], scores: NDArray[np.floating], metric: str
    ) -> pd.DataFrame:
        columns: dict[str, ArrayLike] = {"movie_id": self.movie_ids[rows]}
        if self.titles:
            columns["title"] = [self.titles[row] for row in rows]
        name = "distance" if metric == "euclidean" else "similarity"
        return pd.DataFrame({**columns, name: scores})

    def _checked_queries(self, name: str, queries: ArrayLike) -> NDArray[np.floating]:
        queries = _checked_matrix(queries, name)
        if queries.shape[1] != self.n_dimensions:
            raise ValueError(
                f"The {name} has {queries.shape[1]} dimensions and the movies have "
                f"{self.n_dimensions}."
            )
        return queries

    def _check_length(self, name: str, length: int, unit: str) -> None:
        if length != len(self):
            raise ValueError(
                f"There are {len(self):,} movie_ids, but the {name} has {length:,} "
                f"{unit}."
            )


class VectorIndex:
    """Approximate neighbours of movies. Build it with `MovieVectors.to_index`.

    What it finds is mostly, and not always, what is nearest; the scores of what it
    finds are exact. It holds the movies as they were: a movie that is added or trained
    anew later is not in it until a new index is built. And it answers for no other
    metric than the one it was built for.

    Attributes
    ----------
    movies : MovieVectors
    metric : {"cosine", "dot", "euclidean"}
    recall_ : float
        Share of the ten nearest that it finds, measured when it was built: at the
        default effort, for a sample of its own movies as queries, against exact search.
        What is as near as the tenth counts. Other queries may do better or worse:
        users' vectors do well under ``"dot"`` and badly under ``"euclidean"``.
    """

    def __init__(self, movies: MovieVectors, graph: Graph, recall: float) -> None:
        self.movies, self.metric, self.recall_ = movies, graph.metric, recall
        self._graph = graph

    def __repr__(self) -> str:
        return (
            f"VectorIndex({self.metric}, {self.movies!r}, recall@10 {self.recall_:.2f})"
        )

    def neighbours(
        self, movie: int | str, n: int = 10, *, query_ef: int = QUERY_EF
    ) -> pd.DataFrame:
        """Movies nearest to a movie, as `MovieVectors.neighbours` returns them.

        `n` and `query_ef` are as in `nearest`.
        """
        row = self.movies.row(movie)
        rows, scores = self.nearest(
            self.movies.matrix[[row]], n, query_ef=query_ef, exclude=np.array([[row]])
        )
        return self.movies._table(rows[0], scores[0], self.metric)

    def nearest(
        self,
        queries: ArrayLike,
        n: int = 10,
        *,
        query_ef: int = QUERY_EF,
        exclude: NDArray[np.integer] | None = None,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Nearest movies of many vectors at once.

        Takes and gives what `recsys_helpers.vectors.nearest.nearest_rows` does: rows of
        ``movies``, and their scores, which are exact.

        Parameters
        ----------
        query_ef : int
            Effort: how many candidates the walk keeps in view, 1 or more; raised to
            as many as are needed for `n`. More finds more, and takes longer.

        Raises
        ------
        ValueError
            If `n` or `query_ef` is below 1, or the queries are empty, not finite or of
            another length than the movies' vectors.
        """
        check_count("n", n)
        check_count("query_ef", query_ef)
        queries = self.movies._checked_queries("matrix of queries", queries)
        return self._graph.nearest(queries, n, query_ef, exclude)

    def save(self, path: str | Path) -> None:
        """Write movies and graph to one file, which takes its place when complete."""
        arrays = self._graph.arrays() | {"recall": np.array(self.recall_)}
        write_npz(path, self.movies._arrays() | arrays, version=_INDEX_VERSION)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote, after its checksums have been found right.

        No pickle is read. But checksums find damage, not malice: the graph is read
        by voyager's compiled code, so load an index only if you trust its maker.

        Raises
        ------
        FileNotFoundError, recsys_helpers.vectors.IndexFileError
            If there is no such file; or it is damaged or holds something else.
        ImportError
            If voyager is not installed.
        """
        names = ("movie_ids", "matrix", "recall", *Graph.ARRAYS)
        arrays = read_npz(path, IndexFileError, version=_INDEX_VERSION, names=names)
        try:
            movies = MovieVectors._from(arrays)
            graph = Graph.load(movies.matrix, arrays)
            return cls(movies, graph, float(arrays["recall"]))
        except (RuntimeError, TypeError, ValueError) as error:
            raise IndexFileError(path, str(error)) from error


def _checked_ids(movie_ids: ArrayLike) -> NDArray[np.integer]:
    """Take a read-only copy of 1-D, positive, unique whole ids."""
    ids = np.array(movie_ids)
    if ids.ndim != 1 or not ids.size:
        raise ValueError(
            f"movie_ids is a list of at least one id; this has shape {ids.shape}."
        )
    if ids.dtype.kind not in "iu":
        raise TypeError(f"movie_ids are whole numbers; these are {ids.dtype}.")
    if ids.min() < 1:
        raise ValueError(f"movie_ids are positive; {ids.min()} is among these.")
    unique, counts = np.unique(ids, return_counts=True)
    if len(unique) < len(ids):
        repeated = unique[counts.argmax()]
        raise ValueError(
            f"Every movie has one vector; movie_id {repeated} occurs {counts.max()} "
            "times."
        )
    ids.flags.writeable = False
    return ids


def _checked_matrix(matrix: ArrayLike, name: str = "matrix") -> NDArray[np.floating]:
    """Take a read-only copy: 2-D, not empty, finite, float32 or float64."""
    matrix = np.array(matrix)
    if matrix.dtype.kind not in "iuf":
        raise TypeError(f"The {name} holds numbers; this one is {matrix.dtype}.")
    if matrix.dtype not in (np.float32, np.float64):
        matrix = matrix.astype(np.float64)
    if matrix.ndim != 2 or not matrix.size:
        raise ValueError(
            f"The {name} needs one row a movie and at least one column; "
            f"this one has shape {matrix.shape}."
        )
    wrong = ~(np.abs(matrix) <= LARGEST_VALUE)  # NaN is not below anything
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"The {name} has {wrong.sum():,} values that are NaN, infinite or above "
            f"{LARGEST_VALUE:.0e}, the first {matrix[row, column]} in row {row}, "
            f"column {column}. Has the training diverged?"
        )
    matrix.flags.writeable = False
    return matrix


def _checked_titles(titles: Sequence[str]) -> tuple[str, ...]:
    titles = tuple(as_list(titles))
    for row, title in enumerate(titles):
        if not isinstance(title, str) or "\0" in title:
            raise TypeError(f"Titles are text; {title!r} in row {row} is not.")
    return titles
