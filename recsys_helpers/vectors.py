"""Every movie becomes a vector, and near vectors are near movies.

All five methods of the course end here, whatever they learn from: ratings, links or
posters. `MovieVectors` holds one vector a movie and answers the questions that all
of them are asked: which movies are near this one, what lies between two, and how
do I keep the answer for later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers import vectors_file
from recsys_helpers.checks import as_list
from recsys_helpers.movie_lookup import UnknownMovieError, row_of_movie
from recsys_helpers.nearest import Metric, nearest_rows, unit_rows
from recsys_helpers.vector_checks import (
    check_length,
    checked_ids,
    checked_matrix,
    checked_titles,
)

if TYPE_CHECKING:  # it imports this module
    from recsys_helpers.vector_index import VectorIndex


__all__ = ["MovieVectors", "UnknownMovieError"]


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
            See `recsys_helpers.nearest.nearest_rows`. Under cosine a zero vector
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
        `recsys_helpers.vector_index.VectorIndex.build`.
        """
        from recsys_helpers.vector_index import VectorIndex

        return VectorIndex.build(self, metric, seed=seed, **settings)

    def save(self, path: str | Path) -> None:
        """Write to an ``.npz`` file, which takes its place only when complete."""
        vectors_file.write(path, self.movie_ids, self.matrix, self.titles)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. No pickle is read, so a foreign file is safe.

        Raises
        ------
        FileNotFoundError, recsys_helpers.vectors_file.VectorsFileError
            If there is no such file; or it is damaged or holds something else.
        """
        movie_ids, matrix, titles = vectors_file.read(path)
        try:
            return cls(movie_ids, matrix, None if titles is None else tuple(titles))
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
