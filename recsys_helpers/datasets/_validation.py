"""Check ratings and movies, and say in plain words what is wrong with them.

Every reader of this package, and every reader who brings data of their own, gets
the same columns and the same guarantees: whole positive ids, ratings from 0.5 to 5
in half steps, no user who rates a movie twice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_helpers.datasets._errors import InvalidDataError
from recsys_helpers.datasets.ratings_files import (
    MOVIE_COLUMNS,
    RATING_DTYPES,
    Locate,
    as_numbers,
    check_known_movies,
    check_no_duplicates,
    check_rating_values,
    our_name,
    require_columns,
    require_good,
    require_ids,
)
from recsys_helpers.titles import natural_title, year_of

NO_GENRES = "(no genres listed)"


def validate_ratings(
    ratings: pd.DataFrame, movies: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Check a frame of ratings and return it with the columns of this course.

    Parameters
    ----------
    ratings : pandas.DataFrame
        One row a rating, with the columns ``user_id, movie_id, rating, timestamp``
        or ``userId, movieId, rating, timestamp``. Other columns are left out. Dates
        are refused: their number depends on the unit that pandas keeps them in.
    movies : pandas.DataFrame, optional
        Movies as :func:`validate_movies` returns them; every rated movie must be
        one of them.

    Returns
    -------
    pandas.DataFrame
        ``user_id, movie_id`` (int32), ``rating`` (float64, 0.5 to 5), ``timestamp``
        (int64, seconds since 1970), in the order and with the index of ``ratings``.

    Raises
    ------
    InvalidDataError
        For a missing column or one that is there twice, no row at all, a value that
        is no number, an id that is not a whole number from 1 to 2,147,483,647, a
        rating outside 0.5 to 5 or between half steps, a timestamp that is a date or
        not a whole number of seconds from 1970 to the year 9999, a movie that is not
        in ``movies``, or a (user, movie) pair that occurs twice.
    """
    frame = with_our_names(ratings, tuple(RATING_DTYPES), "ratings")
    locate = rows_of("ratings")
    numbers = pd.DataFrame(
        {name: as_numbers(frame[name], locate) for name in RATING_DTYPES}
    )
    check_rating_values(numbers, locate)
    if movies is not None:
        check_known_movies(numbers, movies["movie_id"], locate, "the movies")
    checked = numbers.astype(RATING_DTYPES)
    check_no_duplicates(checked, locate)
    return checked


def validate_movies(movies: pd.DataFrame) -> pd.DataFrame:
    """Check a frame of movies and return it with the columns of this course.

    Parameters
    ----------
    movies : pandas.DataFrame
        One row a movie, with ``movie_id`` (or ``movieId``), ``title`` and
        ``genres``: a tuple or list of names, or one text such as
        ``"Comedy|Drama"``.

    Returns
    -------
    pandas.DataFrame
        ``movie_id`` (int32), ``title`` (str, articles in front: see
        :func:`recsys_helpers.titles.natural_title`), ``year`` (nullable Int16,
        read from the end of the title, the first year of a range), ``genres``
        (tuple of str, empty for "(no genres listed)").

    Raises
    ------
    InvalidDataError
        For a missing column or one that is there twice, no row at all, a movie id
        that is not a whole number from 1 to 2,147,483,647 or occurs twice, an empty
        title, or genres that are neither text nor a list of texts.

    Examples
    --------
    >>> import pandas as pd
    >>> mine = pd.DataFrame(
    ...     {"movieId": [1], "title": ["Toy Story (1995)"], "genres": ["Comedy|Drama"]}
    ... )
    >>> validate_movies(mine).iloc[0].to_dict()
    {'movie_id': 1, 'title': 'Toy Story (1995)', 'year': 1995, \
'genres': ('Comedy', 'Drama')}
    """
    frame = with_our_names(movies, MOVIE_COLUMNS, "movies")
    return checked_movies(frame, rows_of("movies"))


def checked_movies(frame: pd.DataFrame, locate: Locate) -> pd.DataFrame:
    """Return movies as `validate_movies` does, of columns with our names."""
    titles = frame["title"]
    filled = titles.notna() & (titles.astype("str").str.strip() != "")
    require_good(filled, titles, locate, "is empty")
    titles = titles.astype("str").map(natural_title)
    genres = [
        _genres(value, locate, position) for position, value in enumerate(frame.genres)
    ]
    return pd.DataFrame(
        {
            "movie_id": checked_movie_ids(frame["movie_id"], locate),
            "title": titles,
            "year": titles.map(year_of).astype("Int16"),
            "genres": pd.Series(genres, index=frame.index, dtype=object),
        }
    )


def checked_movie_ids(ids: pd.Series, locate: Locate) -> pd.Series:
    """Return movie ids as int32, each of them valid and once there."""
    numbers = as_numbers(ids, locate)
    require_ids(numbers, locate)
    require_good(~numbers.duplicated(), numbers, locate, "occurs twice")
    return numbers.astype(np.int32)


def with_our_names(
    frame: pd.DataFrame, columns: tuple[str, ...], what: str
) -> pd.DataFrame:
    """Return the named columns, by either name, of a frame with at least one row."""
    theirs = list(frame.columns)
    renamed = frame.set_axis([our_name(name) for name in theirs], axis=1)
    require_columns(list(renamed.columns), columns, what, theirs)
    if renamed.empty:
        raise InvalidDataError(f"{what}: there is no row at all.")
    return renamed[list(columns)]


def _genres(value: object, locate: Locate, position: int) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split("|")
    if not isinstance(value, tuple | list) or not all(
        isinstance(name, str) for name in value
    ):
        raise InvalidDataError(
            f"{locate(position)}: genres {value} is neither text such as "
            '"Comedy|Drama" nor a list of texts.'
        )
    names = (name.strip() for name in value)
    return tuple(name for name in names if name and name != NO_GENRES)


def rows_of(name: str) -> Locate:
    return lambda position: f"{name}.iloc[{position}]"
