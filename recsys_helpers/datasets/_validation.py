"""Check ratings and movies, and say in plain words what is wrong with them.

Every reader of this package, and every reader who brings data of their own, gets
the same columns and the same guarantees: whole positive ids, ratings from 0.5 to 5
in half steps, no user who rates a movie twice.

Find whether a user rates a movie twice, among tens of millions of ratings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers._checks import LAST_SECOND
from recsys_helpers.titles import YEAR_AT_END

__all__ = [
    "DatasetError",
    "InvalidDataError",
    "validate_movies",
    "validate_ratings",
]

_LOW_32_BITS = 2**32 - 1
# Bounds the memory that comparing neighbours takes.
_BLOCK = 1_000_000


def first_repeated_pair(
    users: NDArray[np.integer], movies: NDArray[np.integer]
) -> tuple[int, int] | None:
    """Positions of the first two rows with the same pair, or None.

    Rows sorted by user and movie, as MovieLens has them, are compared with their
    neighbours, a block at a time. Otherwise one int64 key a row is sorted: 8 bytes
    a rating, 244 MiB for 32 million.

    Parameters
    ----------
    users, movies : array of int, shape (n,)
        Ids from 1 to 2**31 - 1.

    Examples
    --------
    >>> first_repeated_pair(np.array([7, 7, 8, 7]), np.array([1, 2, 1, 1]))
    (0, 3)
    """
    if _sorted_and_distinct(users, movies):
        return None
    keys = _pair_keys(users, movies)
    keys.sort()
    twice = keys[1:][keys[1:] == keys[:-1]]
    if not len(twice):
        return None
    user, movie = int(twice[0]) >> 32, int(twice[0]) & _LOW_32_BITS
    first, second = np.flatnonzero((users == user) & (movies == movie))[:2]
    return int(first), int(second)


def _sorted_and_distinct(
    users: NDArray[np.integer], movies: NDArray[np.integer]
) -> bool:
    for start in range(0, len(users), _BLOCK):
        rows = slice(start, start + _BLOCK + 1)
        keys = _pair_keys(users[rows], movies[rows])
        if not (keys[1:] > keys[:-1]).all():
            return False
    return True


def _pair_keys(
    users: NDArray[np.integer], movies: NDArray[np.integer]
) -> NDArray[np.int64]:
    keys = users.astype(np.int64)
    keys <<= 32
    keys |= movies
    return keys


RATING_DTYPES = {
    "user_id": np.int32,
    "movie_id": np.int32,
    "rating": np.float64,
    "timestamp": np.int64,
}
MOVIE_COLUMNS = ("movie_id", "title", "genres")
NO_GENRES = "(no genres listed)"
LARGEST_ID = int(np.iinfo(np.int32).max)

# How a row is found again: position in the data -> "ratings.csv, line 12".
Locate = Callable[[int], str]

# What GroupLens calls the columns; `our_name` ignores capitals.
_GROUPLENS_NAMES = {
    "userid": "user_id",
    "movieid": "movie_id",
    "imdbid": "imdb_id",
    "tmdbid": "tmdb_id",
}
_OUR_NAMES = {*_GROUPLENS_NAMES.values(), *RATING_DTYPES, *MOVIE_COLUMNS}
_ID_RULE = f"is not a whole number from 1 to {LARGEST_ID:,}"


class DatasetError(RuntimeError):
    """Data that cannot be found, fetched or trusted; the message says what to do."""


class InvalidDataError(DatasetError):
    """Data that breaks a rule of the course; the message names the row and value."""


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

    Examples
    --------
    >>> import pandas as pd
    >>> mine = pd.DataFrame(
    ...     {"userId": [1, 1], "movieId": [31, 1029], "rating": [2.5, 7.0],
    ...      "timestamp": [1260759144, 1260759179]}
    ... )
    >>> validate_ratings(mine)
    Traceback (most recent call last):
    recsys_helpers.datasets.InvalidDataError: ratings.iloc[1]: rating 7.0 is not one \
of 0.5, 1, 1.5, ... 5.
    """
    frame = with_our_names(ratings, tuple(RATING_DTYPES), "ratings")
    locate = _rows_of("ratings")
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
        ``movie_id`` (int32), ``title`` (str, unchanged), ``year`` (nullable Int16,
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
    return checked_movies(frame, _rows_of("movies"))


def checked_movies(frame: pd.DataFrame, locate: Locate) -> pd.DataFrame:
    """Return movies with the types of this course; see :func:`validate_movies`."""
    titles = frame["title"]
    filled = titles.notna() & (titles.astype("str").str.strip() != "")
    require(filled, titles, locate, "is empty")
    genres = [
        _genres(value, locate, position) for position, value in enumerate(frame.genres)
    ]
    return pd.DataFrame(
        {
            "movie_id": checked_movie_ids(frame["movie_id"], locate),
            "title": titles.astype("str"),
            "year": years_of_titles(titles),
            "genres": pd.Series(genres, index=frame.index, dtype=object),
        }
    )


def checked_movie_ids(ids: pd.Series, locate: Locate) -> pd.Series:
    """Return movie ids as int32, each of them valid and once there."""
    numbers = as_numbers(ids, locate)
    require(_is_id(numbers), numbers, locate, _ID_RULE)
    require(~numbers.duplicated(), numbers, locate, "occurs twice")
    return numbers.astype(np.int32)


def as_numbers(column: pd.Series, locate: Locate) -> pd.Series:
    """Return numbers of texts or numbers, or raise for the first that is none."""
    if column.dtype.kind in "mM" or isinstance(column.dtype, pd.PeriodDtype):
        raise InvalidDataError(
            f"{column.name} holds dates ({column.dtype}), and seconds since 1970 are "
            f'wanted: pd.to_datetime(ratings["{column.name}"], utc=True)'
            '.astype("datetime64[s, UTC]").astype("int64")'
        )
    numbers = pd.to_numeric(column, errors="coerce")
    # Neither a like (True) nor a complex number is a number of stars.
    good = numbers.notna() & (numbers.dtype.kind not in "bc")
    require(good, column, locate, "is not a number")
    return numbers


def check_rating_values(
    frame: pd.DataFrame, locate: Locate, as_written: pd.DataFrame | None = None
) -> None:
    """Raise for the first id, rating or timestamp that breaks a rule.

    `as_written` has the values as the message is to show them.
    """
    shown = frame if as_written is None else as_written
    for name in ("user_id", "movie_id"):
        require(_is_id(frame[name]), shown[name], locate, _ID_RULE)
    rating = frame["rating"]
    good = (rating >= 0.5) & (rating <= 5) & _is_whole(rating * 2)
    require(good, shown["rating"], locate, "is not one of 0.5, 1, 1.5, ... 5")
    time = frame["timestamp"]
    good = (time >= 0) & (time <= LAST_SECOND) & _is_whole(time)
    rule = f"is not a whole number of seconds since 1970, at most {LAST_SECOND:,}"
    require(good, shown["timestamp"], locate, rule)


def check_known_movies(
    frame: pd.DataFrame, known: pd.Series, locate: Locate, where: str
) -> None:
    """Raise for the first rating of a movie that ``known`` does not hold."""
    rated = frame["movie_id"]
    good = pd.Series(np.isin(rated.to_numpy(), known.to_numpy()), index=rated.index)
    require(good, rated, locate, f"is not among {where}")


def check_no_duplicates(frame: pd.DataFrame, locate: Locate) -> None:
    """Raise when a user rates a movie twice, naming both rows."""
    users, movies = frame["user_id"].to_numpy(), frame["movie_id"].to_numpy()
    repeated = first_repeated_pair(users, movies)
    if repeated is None:
        return
    first, second = repeated
    raise InvalidDataError(
        f"{locate(second)}: user_id {users[first]} rates movie_id {movies[first]} a "
        f"second time; the first is {locate(first)}. Keep one of the two."
    )


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


def our_name(column: Any) -> Any:
    """Return this course's name of a column: userId and USERID are user_id.

    A column that the course does not know keeps its name.
    """
    if not isinstance(column, str):
        return column
    plain = column.strip().lower()
    name = _GROUPLENS_NAMES.get(plain, plain)
    return name if name in _OUR_NAMES else column


def require_columns(
    found: list[Any],
    wanted: tuple[str, ...],
    what: str,
    theirs: list[Any] | None = None,
) -> None:
    """Raise when a wanted column, by our names, is not among those found, or twice.

    `theirs` are the names of the same columns as the reader wrote them.
    """
    theirs = found if theirs is None else theirs
    missing = [name for name in wanted if name not in found]
    if missing:
        raise InvalidDataError(
            f"{what}: missing column {', '.join(missing)}. "
            f"Found: {', '.join(map(str, theirs)) or 'nothing'}."
        )
    for name in wanted:
        same = [str(t) for t, our in zip(theirs, found, strict=True) if our == name]
        if len(same) > 1:
            raise InvalidDataError(
                f"{what}: there is more than one column {name}: {', '.join(same)} (the "
                "names of GroupLens, as userId, count too, and capitals make no "
                "difference). Keep one of them."
            )


def require(good: pd.Series, values: pd.Series, locate: Locate, rule: str) -> None:
    """Raise for the first value that is not good, saying which rule it breaks."""
    if not good.all():
        position = int(np.argmin(good.to_numpy()))
        value = values.iloc[position]
        text = str(value)
        # What a person would not see is written out: "" or "\xa04.0".
        shown = text if text.strip() and text.isprintable() else repr(value)
        raise InvalidDataError(f"{locate(position)}: {values.name} {shown} {rule}.")


def years_of_titles(titles: pd.Series) -> pd.Series:
    """Return the year at the end of each title as nullable Int16, NA for none."""
    digits = titles.astype("str").str.extract(YEAR_AT_END.pattern, expand=False)
    return pd.to_numeric(digits).astype("Int16")


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


def _is_id(values: pd.Series) -> pd.Series:
    return (values >= 1) & (values <= LARGEST_ID) & _is_whole(values)


def _is_whole(values: pd.Series) -> pd.Series:
    return values == np.floor(values)  # % 1 takes far longer for floats


def _rows_of(name: str) -> Locate:
    return lambda position: f"{name}.iloc[{position}]"
