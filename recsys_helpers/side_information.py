"""What else is known of a movie or a user, as sparse matrices for a model.

A row is a movie or a user, a column something that it has: a genre, a decade, a
person who rated it. `recsys_helpers.keras_parts.SetEmbedding` gives each column a
vector and adds up those of a row.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from recsys_helpers.checks import check_count, check_csr
from recsys_helpers.ids import UnknownIdError, integer_ids


def genre_and_year_matrix(
    movies: pd.DataFrame, movie_ids: ArrayLike, years_apart: int = 5
) -> tuple[sparse.csr_array, list[str]]:
    """Genres and year of release of some movies.

    Parameters
    ----------
    movies : DataFrame with `movie_id`, `genres` (a tuple of str) and `year`
        A year can be missing.
    movie_ids : array of int, shape (n_movies,)
    years_apart : int
        There is a column for every so many years. A movie that was released between
        two of them has a share in both, so that one year more changes little: with
        columns for 1990 and 1995, 1992 is 0.6 of the first and 0.4 of the second.

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
    check_count("years_apart", years_apart)
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
    years, year_names = _year_matrix(asked["year"], years_apart)
    return sparse.hstack([genres, years], format="csr"), genre_names + year_names


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


def _genre_matrix(genres: pd.Series) -> tuple[sparse.csr_array, list[str]]:
    listed = genres.reset_index(drop=True).explode().dropna()
    names, columns = np.unique(listed.to_numpy(dtype=str), return_inverse=True)
    ones = (np.ones(len(columns)), (listed.index.to_numpy(), columns))
    matrix = sparse.csr_array(ones, (len(genres), len(names)))
    return set_matrix(matrix), names.tolist()


def _year_matrix(
    years: pd.Series, years_apart: int
) -> tuple[sparse.csr_array, list[str]]:
    years = years.to_numpy(dtype=np.float64, na_value=np.nan)
    rows = np.flatnonzero(np.isfinite(years))
    if not rows.size:
        return sparse.csr_array((len(years), 0)), []
    before, years_after = np.divmod(years[rows].astype(int), years_apart)
    share_after = years_after / years_apart
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
    names = [str(step * years_apart) for step in range(first, after.max() + 1)]
    return matrix, names
