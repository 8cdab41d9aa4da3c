"""From a table of ratings to a user by movie matrix, and what its shape tells.

Ids and row numbers are two different things. An *id* comes with the data
(``movie_id`` 1 is Toy Story, and ids have gaps); a *row* is a position in an array
and has none. `IdIndex` turns one into the other; `Interactions` is the user by movie
matrix with the index of its rows and that of its columns. `top_n` tells which scores
are the largest, in one definite order.
"""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr

# Similarities that agree in their first 12 decimals count as equal.
_DECIMALS = 12


class UnknownIdError(KeyError):
    """An id that the index has never seen."""

    def __str__(self) -> str:
        # KeyError would show the message in quotes, with its line breaks escaped.
        return str(self.args[0])


@dataclass(frozen=True, eq=False)
class IdIndex:
    """Sorted unique ids; the row of an id is its position among them.

    Build one with `IdIndex.of`.

    Attributes
    ----------
    ids : numpy.ndarray of int, shape (n,)
        Ascending, each once, read-only.
    name : str
        What the ids are called in messages, for example ``"movie_id"``.

    Examples
    --------
    >>> movies = IdIndex.of([50, 1, 50, 318], name="movie_id")
    >>> movies.ids.tolist()
    [1, 50, 318]
    >>> movies.rows([318, 1]).tolist()
    [2, 0]
    """

    ids: NDArray[np.integer]
    name: str = "id"

    @classmethod
    def of(cls, ids: ArrayLike, name: str = "id") -> Self:
        """Index the distinct values of `ids`.

        Raises
        ------
        ValueError
            If there are no ids, or they are not whole numbers.
        """
        ids = integer_ids(ids, name)
        if ids.size == 0:
            raise ValueError(f"No {name} to index: the table of ratings is empty.")
        unique = np.unique(ids)
        unique.flags.writeable = False
        return cls(unique, name)

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: ArrayLike) -> NDArray[np.intp]:
        """Rows of `ids`, with -1 for an id that is not in the index."""
        ids = integer_ids(ids, self.name)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self) - 1)
        return np.where(self.ids[rows] == ids, rows, -1)

    def rows(self, ids: ArrayLike) -> NDArray[np.intp]:
        """Rows of `ids`, in the same shape.

        Raises
        ------
        UnknownIdError
            If one is not in the index; the message names the first such id.
        """
        rows = self.find(ids)
        if np.any(rows < 0):
            unknown = int(np.asarray(ids)[rows < 0].flat[0])
            raise UnknownIdError(self._unknown(unknown))
        return rows

    def _unknown(self, unknown: int) -> str:
        position = int(np.searchsorted(self.ids, unknown))
        near = self.ids[max(position - 1, 0) : position + 1]
        return (
            f"{self.name} {unknown} is not among the {len(self):,} known here "
            f"(nearest: {' and '.join(str(i) for i in near)}). "
            f"Either it has no rating in these rows, or {unknown} is a position "
            "(of a row or column) and an id was wanted."
        )


@dataclass(frozen=True, eq=False)
class Interactions:
    """The user by movie matrix, with the ids of its rows and columns.

    Build one with `Interactions.from_ratings`.

    Attributes
    ----------
    users, movies : IdIndex
    matrix : scipy.sparse.csr_array, shape (n_users, n_movies)
        Row ``users.rows(user_id)``, column ``movies.rows(movie_id)``.

    Raises
    ------
    TypeError
        If `matrix` is not a sparse matrix in csr format with two axes.
    ValueError
        If an axis of `matrix` has another length than its index, or an index is one
        of movies where users belong; the message names the axis.
    """

    users: IdIndex
    movies: IdIndex
    matrix: sparse.csr_array

    def __post_init__(self) -> None:
        check_csr("The matrix", self.matrix)
        problem = misfit(self.matrix.shape, self.users, self.movies)
        if problem:
            raise ValueError(problem)

    @classmethod
    def from_ratings(
        cls,
        ratings: pd.DataFrame,
        values: str | None = "rating",
        users: IdIndex | None = None,
        movies: IdIndex | None = None,
    ) -> Self:
        """Build the matrix of a ratings frame.

        Parameters
        ----------
        ratings : DataFrame with `user_id`, `movie_id` and the column `values`
        values : str or None
            The column stored in the matrix; None stores 1.0 for every row.
        users, movies : IdIndex, optional
            Take these rows and columns and not just the ids that occur, so that
            two matrices fit each other (train and test, say).

        Raises
        ------
        ValueError
            If a (user, movie) pair occurs twice: the matrix would add the two.
        UnknownIdError
            If `ratings` holds an id that the given `users` or `movies` lack.

        Examples
        --------
        >>> import pandas as pd
        >>> ratings = pd.DataFrame(
        ...     {"user_id": [7, 7, 9], "movie_id": [50, 1, 50], "rating": [4.0, 5, 3]}
        ... )
        >>> Interactions.from_ratings(ratings).matrix.toarray()
        array([[5., 4.],
               [0., 3.]])
        """
        if users is None:
            users = IdIndex.of(ratings["user_id"], "user_id")
        if movies is None:
            movies = IdIndex.of(ratings["movie_id"], "movie_id")
        stored = np.ones(len(ratings)) if values is None else ratings[values].to_numpy()
        # With int32 positions the matrix takes a third less memory than with int64.
        rows = users.rows(ratings["user_id"]).astype(np.int32)
        columns = movies.rows(ratings["movie_id"]).astype(np.int32)
        shape = (len(users), len(movies))
        matrix = sparse.csr_array((stored, (rows, columns)), shape=shape)
        # The constructor has added up the values of pairs that occur twice.
        if matrix.nnz < len(ratings):
            pairs = ratings[["user_id", "movie_id"]]
            user, movie = pairs[pairs.duplicated()].iloc[0]
            raise ValueError(
                f"User {user} rated movie {movie} more than once, and a matrix has one "
                "cell for the pair. Keep one of the rows, for example "
                'ratings.drop_duplicates(["user_id", "movie_id"], keep="last").'
            )
        return cls(users, movies, matrix)

    @property
    def n_ratings_of_movies(self) -> NDArray[np.intp]:
        """How many ratings each movie has, shape (n_movies,)."""
        return np.bincount(self.matrix.indices, minlength=len(self.movies))

    def seen_by(self, user_id: int) -> NDArray[np.integer]:
        """Columns of the movies that a user rated; none for an unknown user."""
        row = int(self.users.find(user_id))
        if row < 0:
            return np.empty(0, dtype=np.intp)
        start, stop = self.matrix.indptr[row : row + 2]
        return self.matrix.indices[start:stop]

    def best_movies(
        self, user_id: int, scores: ArrayLike, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Turn a user's scores of all movies into a list of recommendations.

        Parameters
        ----------
        user_id : int
            Whose seen movies are left out.
        scores : array, shape (n_movies,)
            One score a column of `matrix`; larger is better, and -inf leaves a movie
            out.
        n : int
            Length of the list. It is shorter if fewer movies are left.
        exclude_seen : bool
            Leave out what the user has already rated.

        Returns
        -------
        DataFrame with `movie_id` and `score`, best first, ties by lower movie id.

        Raises
        ------
        ValueError
            If there is not one score a movie, one is NaN or +inf, or `n` is below 1.
        """
        scores = np.asarray(scores)
        if scores.shape != (len(self.movies),):
            raise ValueError(
                f"Expected one score for each of {len(self.movies):,} movies, "
                f"got an array of shape {scores.shape}."
            )
        best = top_n(scores, n, self.seen_by(user_id) if exclude_seen else None)
        return pd.DataFrame({"movie_id": self.movies.ids[best], "score": scores[best]})


def positives(ratings: pd.DataFrame, threshold: float | None = 4.0) -> pd.DataFrame:
    """Rows in which the user liked the movie: rating >= `threshold` (in stars).

    Parameters
    ----------
    ratings : DataFrame with `rating`
    threshold : float or None
        None: every rating is a like.

    Returns
    -------
    DataFrame
        The rows keep their order and get a fresh index. There may be none.

    Raises
    ------
    ValueError
        If the threshold is not a number: NaN would be reached by no rating.
    """
    if threshold is None:
        return ratings.reset_index(drop=True)
    if not isinstance(threshold, Real) or np.isnan(threshold):
        raise ValueError(
            "The threshold of a like is a number of stars, or None for every rating; "
            f"got {threshold!r}."
        )
    return ratings[ratings["rating"] >= threshold].reset_index(drop=True)


def long_tail(ratings: pd.DataFrame) -> pd.DataFrame:
    """Count the ratings of every movie, most rated first.

    Returns
    -------
    DataFrame with one row a movie:
        `movie_id`; `n_ratings`; `rank` (1 is the most rated, ties by lower id);
        `share` of all ratings, 0 to 1; `cumulative_share` of the movies down to
        this rank.

    Examples
    --------
    >>> import pandas as pd
    >>> long_tail(pd.DataFrame({"movie_id": [3, 8, 8, 8]}))
       movie_id  n_ratings  rank  share  cumulative_share
    0         8          3     1   0.75              0.75
    1         3          1     2   0.25              1.00
    """
    rated = integer_ids(ratings["movie_id"], "movie_id")
    movies, counts = np.unique(rated, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    n_ratings = counts[order]
    return pd.DataFrame(
        {
            "movie_id": movies[order],
            "n_ratings": n_ratings,
            "rank": np.arange(1, len(movies) + 1),
            "share": n_ratings / len(ratings),
            "cumulative_share": np.cumsum(n_ratings) / len(ratings),
        }
    )


def sparsity(ratings: pd.DataFrame) -> float:
    """Share of the cells of the user by movie matrix that are empty, 0 to 1.

    ``1 - n_ratings / (n_users * n_movies)``, counting the users and movies that
    have at least one rating.

    Raises
    ------
    ValueError
        If there are no ratings.
    """
    cells = _n_different(ratings, "user_id") * _n_different(ratings, "movie_id")
    if cells == 0:
        raise ValueError("Sparsity needs at least one rating; this table is empty.")
    return 1 - len(ratings) / cells


def top_n(
    scores: ArrayLike, n: int, exclude: ArrayLike | None = None
) -> NDArray[np.intp]:
    """Positions of the `n` largest scores, largest first.

    Parameters
    ----------
    scores : array, shape (m,)
    n : int
        At least 1. Fewer come back if fewer are left: a score of -inf marks what is
        left out, as `exclude` does.
    exclude : array, optional
        Positions to leave out, or a boolean mask of shape (m,).

    Returns
    -------
    array of int, shape (min(n, number left),)
        Ties go to the lower position. Positions follow the sorted ids, so a list
        has one definite order and every metric computed from it one value.

    Raises
    ------
    ValueError
        If n is not a whole number of at least 1, or a score is NaN or +inf.

    Examples
    --------
    >>> top_n([0.5, 0.9, 0.5, 0.1], 2).tolist()
    [1, 0]
    >>> top_n([0.5, 0.9, 0.5, 0.1], 9, exclude=[1]).tolist()
    [0, 2, 3]
    """
    scores = np.asarray(scores, dtype=np.float64)
    check_count("n", n)
    if not (scores < np.inf).all():
        raise ValueError(
            "A score is NaN or infinite, which has no place in an order. Has the "
            "training diverged, or something been divided by 0? Give movies without a "
            "score -inf, which leaves them out."
        )
    left = scores > -np.inf
    if exclude is not None and np.size(exclude):
        left[np.asarray(exclude)] = False
    candidates = np.flatnonzero(left)
    if n < len(candidates):
        values = scores[candidates]
        # All ties with the n-th largest stay in, so that the sort decides them.
        candidates = candidates[values >= np.partition(values, -n)[-n]]
    return candidates[np.argsort(-scores[candidates], kind="stable")][:n]


def k_largest(scores: NDArray[np.floating], k: int) -> NDArray[np.float64]:
    """Keep the `k` largest positive scores of each row, and make all others 0.

    Rows with fewer positive scores keep what they have. Scores of shape (m, p) are
    rounded to 12 decimals, so that what is equal but for rounding is a tie; ties go to
    the lower column. Raises as `top_n` does.

    Examples
    --------
    >>> k_largest(np.array([[0.2, 0.5, -0.9, 0.5], [0.0, 0.1, 0.0, 0.0]]), k=1).tolist()
    [[0.0, 0.5, 0.0, 0.0], [0.0, 0.1, 0.0, 0.0]]
    """
    check_count("k", k)
    scores = np.maximum(scores, 0.0).round(_DECIMALS)
    kept = np.zeros_like(scores)
    for row, row_scores in enumerate(scores):
        best = top_n(row_scores, k, exclude=row_scores == 0)
        kept[row, best] = row_scores[best]
    return kept


def integer_ids(ids: ArrayLike, name: str) -> NDArray[np.signedinteger]:
    """Ids as an array, in their shape: the check that all ids of the course pass.

    Whole numbers in a column of objects are ids too. A ValueError names the first that
    is not a whole number of at most 64 bits (text, a fraction, NaN, True). 1.0 is none
    either: other such columns would hold a NaN.
    """
    ids = np.asarray(ids)
    if ids.dtype.kind == "i":
        return ids
    # Unsigned ids would be compared with signed ones as floats, which confuses large
    # ones; Python's own whole numbers are of any size.
    objects = ids.astype(object) if ids.dtype == np.uint64 else ids
    kind = objects.dtype.kind
    if kind == "u" or not ids.size:
        return ids.astype(np.int64)
    if kind == "O" and all(_is_whole(one) for one in objects.flat):
        try:
            return objects.astype(np.int64)
        except OverflowError:
            largest = max(objects.flat, key=abs)
            raise ValueError(f"{name} {largest} is too large for an id.") from None
    raise ValueError(_no_id(ids, name))


def misfit(shape: tuple[int, ...], users: IdIndex, movies: IdIndex) -> str | None:
    """Say which axis of a user by movie matrix does not fit, if one does not."""
    axes = [("rows", "users", users), ("columns", "movies", movies)]
    for axis, ((place, whose, index), length) in enumerate(
        zip(axes, shape, strict=True)
    ):
        if length != len(index):
            turned = shape == (len(movies), len(users))
            hint = " It looks transposed: pass matrix.T.tocsr()." if turned else ""
            return (
                f"Axis {axis} of the matrix has {length:,} {place}, and there are "
                f"{len(index):,} {whose}.{hint}"
            )
        # With as many users as movies only the names can tell.
        foreign = {"user_id", "movie_id"} - {f"{whose[:-1]}_id"}
        if index.name in foreign:
            return (
                f"Axis {axis} of the matrix should be {whose}, and its index is one "
                f"of {index.name}. Swap users and movies."
            )
    return None


def _n_different(ratings: pd.DataFrame, column: str) -> int:
    return len(np.unique(integer_ids(ratings[column], column)))


def _no_id(ids: NDArray, name: str) -> str:
    values = ids.ravel().tolist()
    wrong = (
        place
        for place, one in enumerate(values)
        if not (_is_whole(one) or (isinstance(one, float) and one.is_integer()))
    )
    place = next(wrong, 0)
    value, hint = values[place], ""
    if isinstance(value, float):
        hint = (
            " A merge that finds no partner for a row fills in NaN and makes ids "
            'floats: drop those rows, then .astype("int64").'
        )
    elif isinstance(value, str):
        hint = (
            ' .astype("int64") makes numbers of digits; names become numbers by '
            "pd.factorize, of all rows at once."
        )
    where = f" at position {place}" if len(values) > 1 else ""
    kind = "text" if ids.dtype.kind == "U" else ids.dtype
    return f"{name} must be whole numbers, not {kind}: got {value!r}{where}.{hint}"


def _is_whole(one: object) -> bool:
    return isinstance(one, Integral) and not isinstance(one, bool)
