"""Every movie becomes a vector, and near vectors are near movies.

All five methods of the course end here, whatever they learn from: ratings, links or
posters. `MovieVectors` holds one vector a movie and answers the questions that all
of them are asked: which movies are near this one, what lies between two, and how
do I keep the answer for later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers import vectors_file
from recsys_helpers.ids import UnknownIdError
from recsys_helpers.nearest import Metric, nearest_rows, unit_rows
from recsys_helpers.titles import nearest_titles, rows_of_title
from recsys_helpers.vector_checks import (
    check_length,
    checked_ids,
    checked_matrix,
    checked_titles,
)

if TYPE_CHECKING:  # it imports this module
    from recsys_helpers.vector_index import VectorIndex


class UnknownMovieError(UnknownIdError):
    """No vector for this movie."""


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
        """Vector of one movie, shape (n_dimensions,).

        Raises
        ------
        UnknownMovieError
            If there is no such movie; the message names the nearest ones.
        ValueError
            If several movies have this title.
        """
        return self.matrix[self.row(movie)]

    def row(self, movie: int | str) -> int:
        """Row of a movie in the matrix, of its id or its title.

        Raises
        ------
        UnknownMovieError
            If there is none; the message names the nearest.
        """
        if isinstance(movie, str):
            return self._row_of_title(movie)
        if not isinstance(movie, Integral) or isinstance(movie, bool):
            raise TypeError(f"A movie is an id or a title, not {movie!r}.")
        found = np.flatnonzero(self.movie_ids == movie)
        if not found.size:
            # Python's whole numbers neither wrap around nor overflow, as numpy's do.
            distances = [abs(other - int(movie)) for other in self.movie_ids.tolist()]
            nearest = sorted(range(len(self)), key=distances.__getitem__)[:3]
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
        n : int
            Fewer come back where there are not so many other movies.
        metric : {"cosine", "dot", "euclidean"}
            See `recsys_helpers.nearest.nearest_rows`. Under cosine a zero vector
            has similarity 0 to every movie.

        Returns
        -------
        pandas.DataFrame
            Columns movie_id, title (if there are titles), and similarity or, for
            ``"euclidean"``, distance. Equally near movies come in row order.

        Raises
        ------
        UnknownMovieError
            If there is no such movie.
        ValueError
            If the title is ambiguous, `n` is below 1 or the metric unknown.
        """
        return self.nearest_to(self.vector(movie), n, metric, exclude=(movie,))

    def nearest_to(
        self,
        vector: ArrayLike,
        n: int = 10,
        metric: Metric = "cosine",
        exclude: Iterable[int | str] = (),
    ) -> pd.DataFrame:
        """Movies nearest to a point, which need not be a movie.

        Parameters
        ----------
        vector : array_like of float, shape (n_dimensions,)
            For example a user's vector.
        n, metric
            As in `neighbours`.
        exclude : iterable of movies
            Not to be returned.

        Returns
        -------
        pandas.DataFrame
            As in `neighbours`.

        Raises
        ------
        ValueError
            If the vector has another length or values that are not finite.
        """
        query = checked_matrix(np.asarray(vector)[np.newaxis], "vector")
        if query.shape[1] != self.n_dimensions:
            raise ValueError(
                f"The vector has {query.shape[1]} dimensions and the movies have "
                f"{self.n_dimensions}."
            )
        skipped = np.unique([self.row(movie) for movie in _listed(exclude)])
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
        n, metric
            As in `neighbours`.
        block_size : int, optional
            Movies to compare with all others at a time: memory grows with it, the
            answer is the same. The default takes blocks of at most 64 MiB.

        Returns
        -------
        movie_ids : numpy.ndarray of int, shape (n_movies, min(n, n_movies - 1))
            Line i are the neighbours of ``self.movie_ids[i]``, best first, never
            that movie itself.
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

        Parameters
        ----------
        positive, negative : iterables of movies
        n : int

        Returns
        -------
        pandas.DataFrame
            As in `neighbours`, without the movies named.

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
        positive, negative = _listed(positive), _listed(negative)
        if not positive:
            raise ValueError("combine() needs at least one positive movie.")
        signs = np.repeat([1.0, -1.0], [len(positive), len(negative)])
        named = positive + negative
        rows = [self.row(movie) for movie in named]
        result = signs @ unit_rows(self.matrix[rows].astype(np.float64))
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
        self,
        metric: Metric = "cosine",
        *,
        seed: int,
        n_links: int = 16,
        build_ef: int = 100,
        n_threads: int = 1,
    ) -> VectorIndex:
        """Build an index that finds neighbours without looking at every movie.

        Worth it from about 100,000 movies; below, `neighbours` is quick enough and
        always right. Needs the package voyager (extra ``engines``).

        Parameters
        ----------
        metric, seed, n_links, build_ef, n_threads
            See `recsys_helpers.vector_index.VectorIndex.build`.

        Returns
        -------
        recsys_helpers.vector_index.VectorIndex
        """
        from recsys_helpers.vector_index import VectorIndex

        return VectorIndex.build(
            self,
            metric,
            seed=seed,
            n_links=n_links,
            build_ef=build_ef,
            n_threads=n_threads,
        )

    def save(self, path: str | Path) -> None:
        """Write to an ``.npz`` file, which takes its place only when complete."""
        vectors_file.write(path, self.movie_ids, self.matrix, self.titles)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. No pickle is read, so a foreign file is safe.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        recsys_helpers.vectors_file.VectorsFileError
            If the file is damaged, cut short or holds something else.
        """
        parts = vectors_file.read(path)
        try:
            return cls(*parts)
        except (TypeError, ValueError) as error:
            raise vectors_file.VectorsFileError(path, str(error)) from error

    def table(
        self, rows: NDArray[np.integer], scores: NDArray[np.floating], metric: Metric
    ) -> pd.DataFrame:
        """Show these rows of the matrix and their scores, as `neighbours` does."""
        columns = {"movie_id": self.movie_ids[rows]}
        if self.titles:
            columns["title"] = [self.titles[row] for row in rows]
        name = "distance" if metric == "euclidean" else "similarity"
        return pd.DataFrame({**columns, name: scores})

    def _row_of_title(self, title: str) -> int:
        if self.titles is None:
            raise UnknownMovieError(
                f"These vectors have no titles, so {title!r} cannot be looked up. "
                "Give a movie_id, or pass titles= to MovieVectors."
            )
        rows = rows_of_title(title, self.titles)
        if not rows:
            raise UnknownMovieError(
                f"No movie among these {len(self):,} is called {title!r}. Did you "
                f"mean {self._listing(nearest_titles(title, self.titles))}?"
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


def _listed(movies: Iterable[int | str]) -> list[int | str]:
    # One title is an iterable too, of letters.
    return [movies] if isinstance(movies, (str, Integral)) else list(movies)
