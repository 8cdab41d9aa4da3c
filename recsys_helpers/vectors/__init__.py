"""Every movie becomes a vector, and near vectors are near movies.

All five methods of the course end here, whatever they learn from: ratings, links or
posters. `MovieVectors` holds one vector a movie and answers the questions that all
of them are asked: which movies are near this one, what lies between two, and how
do I keep the answer for later.

Check what a `MovieVectors` is made from, and say in plain words what is wrong.

The file that `MovieVectors.save` writes: a numpy archive without pickles.

Arrays in it: ``format_version`` (1), ``movie_ids``, ``matrix`` and, if there are
titles, ``titles`` (unicode).

Which row a movie has, of its id or its title; and what to say if there is none.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._checks import as_list
from recsys_helpers._files import write_whole
from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.titles import nearest_titles, rows_of_title
from recsys_helpers.vectors.nearest import Metric, nearest_rows, unit_rows

if TYPE_CHECKING:  # it imports this module
    from recsys_helpers.vectors.index import VectorIndex

__all__ = [
    "MovieVectors",
    "UnknownMovieError",
]

# Beyond this the squares overflow in float32; a model that got there has diverged.
LARGEST_VALUE = 1e15


def checked_ids(movie_ids: ArrayLike) -> NDArray[np.integer]:
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


def checked_matrix(matrix: ArrayLike, name: str = "matrix") -> NDArray[np.floating]:
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


def checked_titles(titles: Sequence[str]) -> tuple[str, ...]:
    """Take the titles as a tuple of text."""
    titles = tuple(as_list(titles))
    for row, title in enumerate(titles):
        if not isinstance(title, str) or "\0" in title:
            raise TypeError(f"Titles are text; {title!r} in row {row} is not.")
    return titles


def check_length(name: str, length: int, unit: str, n_movies: int) -> None:
    """Refuse another length than there are movies."""
    if length != n_movies:
        raise ValueError(
            f"There are {n_movies:,} movie_ids, but the {name} has {length:,} {unit}."
        )


FORMAT_VERSION = 1

#: What numpy and zipfile raise on bytes that are not theirs, besides ValueError.
UNREADABLE = (
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class VectorsFileError(ValueError):
    """A file that does not hold movie vectors."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(
            f"{path} does not hold movie vectors: {reason} "
            "If MovieVectors.save wrote it, the file has been damaged since: save it "
            "again or take another copy."
        )


def write(
    path: str | Path,
    movie_ids: NDArray[np.integer],
    matrix: NDArray[np.floating],
    titles: Sequence[str] | None,
) -> None:
    """Write under a temporary name beside `path`, then move into place."""
    arrays: dict[str, Any] = {
        "format_version": np.int64(FORMAT_VERSION),
        "movie_ids": movie_ids,
        "matrix": matrix,
    }
    if titles is not None:
        arrays["titles"] = np.array(titles, dtype=str)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_whole(path, content.getvalue())


def read(
    path: str | Path,
) -> tuple[NDArray, NDArray, list[str] | None]:
    """Ids, matrix and titles of a file, not yet checked against each other.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    VectorsFileError
        If it cannot be read, or another version of the format is in it.
    """
    with open(path, "rb") as file:
        try:
            arrays = read_arrays(file)
        except UNREADABLE as error:
            raise VectorsFileError(path, f"it cannot be read ({error}).") from error
    missing = {"format_version", "movie_ids", "matrix"} - arrays.keys()
    if missing:
        raise VectorsFileError(path, f"it has no {', '.join(sorted(missing))}.")
    version = arrays["format_version"]
    if version.shape or version != FORMAT_VERSION:
        raise VectorsFileError(
            path,
            f"its format is {version} and this recsys_helpers reads {FORMAT_VERSION}.",
        )
    titles = arrays.get("titles")
    return (
        arrays["movie_ids"],
        arrays["matrix"],
        None if titles is None else titles.tolist(),
    )


def read_arrays(file: BinaryIO) -> dict[str, NDArray]:
    """All arrays of an ``.npz`` archive. No pickle is read.

    Raises
    ------
    Exception
        One of :data:`UNREADABLE`, if it is not a whole archive of plain arrays.
    """
    if not zipfile.is_zipfile(file):
        raise ValueError("it is not a complete .npz archive")
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


Titles = tuple[str, ...] | None


class UnknownMovieError(UnknownIdError):
    """No vector for this movie."""


def row_of_movie(
    movie: int | str, movie_ids: NDArray[np.integer], titles: Titles
) -> int:
    """Find the row of a movie.

    Parameters
    ----------
    movie : int or str
        An id, or a title: see `recsys_helpers.titles.rows_of_title`.
    movie_ids : array of int, shape (n_movies,)
    titles : tuple of str, length n_movies, or None

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
        return _row_of_title(movie, movie_ids, titles)
    if not isinstance(movie, Integral) or isinstance(movie, bool):
        raise TypeError(f"A movie is an id or a title, not {movie!r}.")
    found = np.flatnonzero(movie_ids == movie)
    if not found.size:
        # Python's whole numbers neither wrap around nor overflow, as numpy's do.
        distances = [abs(other - int(movie)) for other in movie_ids.tolist()]
        nearest = sorted(range(len(movie_ids)), key=distances.__getitem__)[:3]
        raise UnknownMovieError(
            f"movie_id {movie} is not among these {len(movie_ids):,} movies. "
            f"The nearest ids: {_listing(nearest, movie_ids, titles)}."
        )
    return int(found[0])


def _row_of_title(title: str, movie_ids: NDArray[np.integer], titles: Titles) -> int:
    if titles is None:
        raise UnknownMovieError(
            f"These vectors have no titles, so {title!r} cannot be looked up. "
            "Give a movie_id, or pass titles= to MovieVectors."
        )
    rows = rows_of_title(title, titles)
    if not rows:
        near = _listing(nearest_titles(title, titles), movie_ids, titles)
        raise UnknownMovieError(
            f"No movie among these {len(movie_ids):,} is called {title!r}. Did you "
            f"mean {near}?"
        )
    if len(rows) > 1:
        some = _listing(rows[:5], movie_ids, titles)
        raise ValueError(
            f"{len(rows)} movies are called {title!r}: {some}. "
            "Give the whole title or the movie_id."
        )
    return rows[0]


def _listing(
    rows: Iterable[int], movie_ids: NDArray[np.integer], titles: Titles
) -> str:
    if titles is None:
        return ", ".join(str(movie_ids[row]) for row in rows)
    return ", ".join(f"{titles[row]!r} ({movie_ids[row]})" for row in rows)


@dataclass(frozen=True, eq=False, repr=False)
class MovieVectors:
    """One vector for each movie.

    Wherever a method takes a *movie*, it takes an id (``1``) or a title, with its year
    or without: ``"the matrix"`` finds ``"Matrix, The (1999)"``, and ``"Se7en"`` finds
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

    movie_ids: NDArray[np.integer]
    matrix: NDArray[np.floating]
    titles: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        # A frozen dataclass sets its own fields this way.
        object.__setattr__(self, "movie_ids", checked_ids(self.movie_ids))
        object.__setattr__(self, "matrix", checked_matrix(self.matrix))
        check_length("matrix", len(self.matrix), "rows", len(self))
        if self.titles is not None:
            object.__setattr__(self, "titles", checked_titles(self.titles))
            check_length("titles", len(self.titles), "entries", len(self))

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
        """
        return row_of_movie(movie, self.movie_ids, self.titles)

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
        query = checked_matrix(np.asarray(vector)[np.newaxis], "vector")
        if query.shape[1] != self.n_dimensions:
            raise ValueError(
                f"The vector has {query.shape[1]} dimensions and the movies have "
                f"{self.n_dimensions}."
            )
        skipped = np.unique([self.row(movie) for movie in as_list(exclude)])
        rows, scores = nearest_rows(
            query, self.matrix, n, metric, exclude=skipped[None].astype(np.intp)
        )
        return self.table(rows[0], scores[0], metric)

    def neighbours_of_all(
        self, n: int = 10, metric: Metric = "cosine", block_size: int | None = None
    ) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
        """Nearest movies of every movie, a block at a time.

        Parameters
        ----------
        block_size : int, optional
            Movies to compare with all others at a time: memory grows with it, the
            answer is the same. The default takes blocks of at most 64 MiB.

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
            block_size=block_size,
        )
        return self.movie_ids[rows], scores

    def combine(
        self,
        positive: Iterable[int | str],
        negative: Iterable[int | str] = (),
        n: int = 10,
    ) -> pd.DataFrame:
        """Add and subtract movies, and see which are nearest to the result.

        The sum of the positive vectors less the sum of the negative ones, each
        brought to length 1 first so that none outweighs the others; nearest by
        cosine. Mikolov, Yih and Zweig (2013), "Linguistic regularities in
        continuous space word representations", did so with words.

        Returns what `neighbours` does, without the movies named.

        Raises
        ------
        ValueError
            If `positive` is empty, or the vectors cancel each other out.

        Examples
        --------
        >>> vectors = MovieVectors(
        ...     [1, 2, 3], [[1, 1], [0, 3], [5, 0]], ["Space Jam", "Space", "Jam"]
        ... )
        >>> vectors.combine(["Space Jam"], ["Space"]).title.tolist()
        ['Jam']
        """
        positive, negative = as_list(positive), as_list(negative)
        if not positive:
            raise ValueError("combine() needs at least one positive movie.")
        named = positive + negative
        vectors = self.matrix[[self.row(movie) for movie in named]].astype(np.float64)
        signs = np.repeat([1.0, -1.0], [len(positive), len(negative)])
        result = signs @ unit_rows(vectors)
        if np.allclose(result, 0):
            raise ValueError(
                "These movies cancel each other out: nothing is left to be near to."
            )
        return self.nearest_to(result, n, "cosine", exclude=named)

    def normalised(self) -> MovieVectors:
        r"""Give the same movies vectors of length 1 (zero vectors stay zero).

        Between vectors of length 1 all three metrics agree on who is nearer:
        :math:`|q - x|^2 = 2 - 2 \cos(q, x)`.
        """
        return MovieVectors(self.movie_ids, unit_rows(self.matrix), self.titles)

    def to_index(
        self, metric: Metric = "cosine", *, seed: int, **settings: int
    ) -> VectorIndex:
        """Build an index that finds neighbours without looking at every movie.

        Worth it from about 100,000 movies; below, `neighbours` is quick enough and
        always right. What it finds depends on the vectors: ``recall_`` of the index
        says how much, and there is a warning if that is below 0.9. Needs the package
        voyager (extra ``engines``). For the settings see
        `recsys_helpers.vectors.index.VectorIndex.build`.
        """
        from recsys_helpers.vectors.index import VectorIndex

        return VectorIndex.build(self, metric, seed=seed, **settings)

    def save(self, path: str | Path) -> None:
        """Write to an ``.npz`` file, which takes its place only when complete."""
        write(path, self.movie_ids, self.matrix, self.titles)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. No pickle is read, so a foreign file is safe.

        Raises
        ------
        FileNotFoundError, recsys_helpers.vectors.VectorsFileError
            If there is no such file; or it is damaged or holds something else.
        """
        movie_ids, matrix, titles = read(path)
        try:
            return cls(movie_ids, matrix, None if titles is None else tuple(titles))
        except (TypeError, ValueError) as error:
            raise VectorsFileError(path, str(error)) from error

    def table(
        self, rows: NDArray[np.integer], scores: NDArray[np.floating], metric: Metric
    ) -> pd.DataFrame:
        """Show these rows of the matrix and their scores, as `neighbours` does."""
        columns = {"movie_id": self.movie_ids[rows]}
        if self.titles:
            columns["title"] = [self.titles[row] for row in rows]
        name = "distance" if metric == "euclidean" else "similarity"
        return pd.DataFrame({**columns, name: scores})
