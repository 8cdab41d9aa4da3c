"""What is known of a movie by itself, and averages of ratings.

Genres and years come as tables and as sparse matrices, in which a row is a movie and a
column something that it has. What is not known is NaN in a table: it is no rating of
zero stars.

Features that are made of ratings need care. Made of *all* ratings they tell the model
what it shall predict. Made of the training ratings they still tell it about each of
these, for a rating is a part of its own average: `leave_one_out_averages` gives each
training rating averages in which it has no part. `recsys_helpers.features.taste` has
features that do better.
"""

from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from recsys_helpers._checks import check_csr
from recsys_helpers.interactions import UnknownIdError, integer_ids

YEARS_APART = 5


def genre_flags(movies: pd.DataFrame) -> pd.DataFrame:
    """Which genres each movie has.

    Parameters
    ----------
    movies : DataFrame with `movie_id` and `genres` (a tuple of str)

    Returns
    -------
    DataFrame of float, indexed by movie_id
        1 in the columns of its genres, else 0; the columns in alphabetical order.

    Examples
    --------
    >>> movies = pd.DataFrame({"movie_id": [7, 5], "genres": [("War", "Drama"), ()]})
    >>> genre_flags(movies).loc[7].to_dict()
    {'Drama': 1.0, 'War': 1.0}
    """
    matrix, names = _genre_matrix(movies["genres"])
    index = pd.Index(movies["movie_id"], name="movie_id")
    return pd.DataFrame(matrix.toarray(), index=index, columns=names, copy=False)


def movie_content(movies: pd.DataFrame) -> pd.DataFrame:
    """Tell what is known of movies before anybody has rated them: genres and year.

    Parameters
    ----------
    movies : DataFrame with `movie_id`, `genres` (a tuple of str) and `year`

    Returns
    -------
    DataFrame, indexed by movie_id
        A column for each genre and for every fifth year: see `genre_and_year_matrix`.
        Without a year, all columns of years are 0.
    """
    matrix, names = genre_and_year_matrix(movies, movies["movie_id"])
    index = pd.Index(movies["movie_id"], name="movie_id")
    return pd.DataFrame(matrix.toarray(), index=index, columns=names)


def genre_and_year_matrix(
    movies: pd.DataFrame, movie_ids: ArrayLike
) -> tuple[sparse.csr_array, list[str]]:
    """Genres and year of release of some movies.

    There is a column for every fifth year. A movie that was released between two of
    them has a share in both, so that one year more changes little: 1992 is 0.6 of 1990
    and 0.4 of 1995.

    Parameters
    ----------
    movies : DataFrame with `movie_id`, `genres` (a tuple of str) and `year`
        A year can be missing.
    movie_ids : array of int, shape (n_movies,)

    Returns
    -------
    matrix : csr_array, shape (n_movies, n_columns)
        A movie of n genres has 1 / sqrt(n) in each of them.
    names : list of str, length n_columns
        The genres in alphabetical order, then the years.

    Raises
    ------
    UnknownIdError
        If a movie is not in `movies`.
    ValueError
        If ids are not whole numbers.

    Examples
    --------
    >>> movies = pd.DataFrame(
    ...     {
    ...         "movie_id": [1, 2],
    ...         "genres": [("Comedy",), ("Drama",)],
    ...         "year": [1990, 1992],
    ...     }
    ... )
    >>> matrix, names = genre_and_year_matrix(movies, [2, 1])
    >>> names
    ['Comedy', 'Drama', '1990', '1995']
    >>> matrix.toarray().tolist()
    [[0.0, 1.0, 0.6, 0.4], [1.0, 0.0, 1.0, 0.0]]
    """
    movie_ids = integer_ids(movie_ids, "movie_id")
    known = movies.set_index(integer_ids(movies["movie_id"], "movie_id"))
    missing = np.setdiff1d(movie_ids, known.index)
    if missing.size:
        raise UnknownIdError(
            f"movie_id {missing[0]} is not among the {len(known):,} movies whose genre "
            "and year are given."
        )
    asked = known.loc[movie_ids]
    genres, genre_names = _genre_matrix(asked["genres"])
    years, year_names = _year_matrix(asked["year"])
    matrix = sparse.hstack([set_matrix(genres), years], format="csr")
    return matrix, genre_names + year_names


def set_matrix(interactions: sparse.csr_array) -> sparse.csr_array:
    r"""Which columns each row has, and no more than that: whatever the ratings were.

    Parameters
    ----------
    interactions : csr_array, shape (n_rows, n_columns)
        Users by movies gives what each user has rated; transposed, who rated each
        movie. An entry is a member, even if its value is 0.

    Returns
    -------
    csr_array, shape (n_rows, n_columns)
        :math:`1 / \sqrt{|N|}` for each of the row's members, where :math:`|N|` is their
        number: as in Koren, "Factorization meets the neighborhood", KDD 2008, eq. 15.

    Examples
    --------
    >>> set_matrix(sparse.csr_array([[5.0, 0.5, 3.0, 1.0], [0, 2, 0, 0]])).toarray()
    array([[0.5, 0.5, 0.5, 0.5],
           [0. , 1. , 0. , 0. ]])
    """
    check_csr("interactions", interactions)
    n_members = np.diff(interactions.indptr)
    weights = np.repeat(1 / np.sqrt(np.maximum(n_members, 1)), n_members)
    return sparse.csr_array(
        (weights, interactions.indices, interactions.indptr), interactions.shape
    )


class RatedFeatures(NamedTuple):
    """Features that are made of ratings.

    Indexed by user_id and movie_id, or both by the rows of a ratings frame.
    """

    users: pd.DataFrame
    movies: pd.DataFrame


def average_features(ratings: pd.DataFrame, movies: pd.DataFrame) -> RatedFeatures:
    """Average ratings: of each movie, of each user, and of each user by genre.

    Parameters
    ----------
    ratings : DataFrame with `user_id`, `movie_id` and `rating`
    movies : DataFrame with `movie_id` and `genres` (a tuple of str)

    Returns
    -------
    RatedFeatures
        users: `n_ratings`, `average` and a column for each genre, in stars; NaN where
        a user has rated no movie of the genre. movies: `n_ratings` and `average`, for
        the movies that have ratings.

    Raises
    ------
    UnknownIdError
        If a movie that was rated is not in `movies`.
    """
    sums = _Sums.of(ratings, movies)
    users = _averages(sums.users, sums.n_of_users, sums.by_genre, sums.n_by_genre)
    of_movies = _averages(sums.movies, sums.n_of_movies)
    return RatedFeatures(users, of_movies)


def leave_one_out_averages(
    ratings: pd.DataFrame, movies: pd.DataFrame
) -> RatedFeatures:
    """Average ratings as they would be without the rating that they are used for.

    Takes and raises what `average_features` does, and has its columns, with a row for
    each row of `ratings`: the averages of its user and of its movie over all the other
    ratings. NaN where there is no other.
    """
    sums = _Sums.of(ratings, movies)
    stars = ratings["rating"].to_numpy(dtype=np.float64)
    flags = sums.flags_of_rows
    user_ids, movie_ids = ratings["user_id"], ratings["movie_id"]
    users = _averages(
        _rows(sums.users, user_ids) - stars,
        _rows(sums.n_of_users, user_ids) - 1,
        _rows(sums.by_genre, user_ids) - flags.mul(stars, axis=0).to_numpy(),
        _rows(sums.n_by_genre, user_ids) - flags.to_numpy(),
    )
    of_movies = _averages(
        _rows(sums.movies, movie_ids) - stars, _rows(sums.n_of_movies, movie_ids) - 1
    )
    return RatedFeatures(
        users.set_index(ratings.index), of_movies.set_index(ratings.index)
    )


def check_movies_known(ratings: pd.DataFrame, movies: pd.DataFrame) -> None:
    """Raise `UnknownIdError` if a movie that was rated is not in `movies`."""
    integer_ids(ratings["user_id"], "user_id")
    rated = integer_ids(ratings["movie_id"], "movie_id")
    missing = ~np.isin(rated, integer_ids(movies["movie_id"], "movie_id"))
    if missing.any():
        raise UnknownIdError(
            f"movie_id {rated[missing][0]} is not among the "
            f"{len(movies):,} movies whose genres are given."
        )


def _genre_matrix(genres: pd.Series) -> tuple[sparse.csr_array, list[str]]:
    listed = genres.reset_index(drop=True).explode().dropna()
    names, columns = np.unique(listed.to_numpy(dtype=str), return_inverse=True)
    ones = (np.ones(len(columns)), (listed.index.to_numpy(), columns))
    return sparse.csr_array(ones, (len(genres), len(names))), names.tolist()


def _year_matrix(years: pd.Series) -> tuple[sparse.csr_array, list[str]]:
    years = years.to_numpy(dtype=np.float64, na_value=np.nan)
    rows = np.flatnonzero(np.isfinite(years))
    if not rows.size:
        return sparse.csr_array((len(years), 0)), []
    before, years_after = np.divmod(years[rows].astype(int), YEARS_APART)
    share_after = years_after / YEARS_APART
    after = before + (years_after > 0)
    first = before.min()
    matrix = sparse.csr_array(
        (
            np.concatenate([1 - share_after, share_after]),
            (np.concatenate([rows, rows]), np.concatenate([before, after]) - first),
        ),
        (len(years), after.max() - first + 1),
    )
    matrix.eliminate_zeros()
    names = [str(step * YEARS_APART) for step in range(first, after.max() + 1)]
    return matrix, names


class _Sums(NamedTuple):
    """Sums and counts of ratings, from which all averages are made."""

    users: pd.Series
    n_of_users: pd.Series
    by_genre: pd.DataFrame
    n_by_genre: pd.DataFrame
    movies: pd.Series
    n_of_movies: pd.Series
    flags_of_rows: pd.DataFrame

    @classmethod
    def of(cls, ratings: pd.DataFrame, movies: pd.DataFrame) -> Self:
        check_movies_known(ratings, movies)
        flags = (
            genre_flags(movies).reindex(ratings["movie_id"]).set_index(ratings.index)
        )
        by_user = ratings.groupby("user_id")["rating"]
        by_movie = ratings.groupby("movie_id")["rating"]
        user_ids = ratings["user_id"]
        return cls(
            by_user.sum(),
            by_user.size(),
            flags.mul(ratings["rating"], axis=0).groupby(user_ids).sum(),
            flags.groupby(user_ids).sum(),
            by_movie.sum(),
            by_movie.size(),
            flags,
        )


def _averages(sums, counts, by_genre=None, n_by_genre=None) -> pd.DataFrame:
    table = pd.DataFrame({"n_ratings": counts, "average": _ratio(sums, counts)})
    if by_genre is None:
        return table
    return pd.concat([table, _ratio(by_genre, n_by_genre)], axis=1)


def _ratio(sums, counts):
    return (sums / counts.where(counts > 0)).where(counts > 0)


def _rows(of_ids, ids):
    """Values of some ids, one after the other, with a plain index."""
    return of_ids.loc[ids].reset_index(drop=True)
