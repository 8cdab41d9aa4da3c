"""Read the editions `100k` and `1m`, which papers and classes still use.

They have formats of their own: no header, Latin-1, whole stars, no links. In `100k`
tabs stand between the fields of ``u.data``, pipes between those of ``u.item``, and a
film's genres are 19 flags; `1m` puts ``::`` between fields. Errors name file, line
and value.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from recsys_helpers.archives import OpenFile, require_final_line_break
from recsys_helpers.movielens_files import files_in, require_rows
from recsys_helpers.validation import (
    NO_GENRES,
    RATING_DTYPES,
    InvalidDataError,
    Locate,
    check_known_movies,
    check_no_duplicates,
    check_rating_values,
    checked_movies,
)

__all__ = ["read_1m", "read_100k"]

# The flags of u.item, by the names that genres have in newer editions.
_FLAGS = (
    *(NO_GENRES, "Action", "Adventure", "Animation", "Children", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)

Tables = tuple[pd.DataFrame, pd.DataFrame, None]


def read_100k(
    path: str | Path, n_ratings: int | None = None, n_movies: int | None = None
) -> Tables:
    """Read the edition `100k` from a folder or a zip.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with ``u.data`` and ``u.item``, or a zip that holds them, at any depth.
    n_ratings, n_movies : int, optional
        The number of rows that the files must have.

    Returns
    -------
    ratings, movies, links
        As :func:`~recsys_helpers.movielens_files.read_movielens` returns them, genres
        by the names of newer editions; links are None.

    Raises
    ------
    InvalidDataError
        As for :func:`~recsys_helpers.movielens_files.read_movielens`, and for a genre's
        flag that is neither 0 nor 1.
    """
    with files_in(Path(path), ["u.data", "u.item"]) as (_, open_file):
        movies = _read_movies(open_file, "u.item", "|", 5 + len(_FLAGS), _flagged)
        require_rows("u.item", movies, n_movies)
        ratings = _read_ratings(open_file, "u.data", "\t", movies["movie_id"])
        require_rows("u.data", ratings, n_ratings)
    return ratings, movies, None


def read_1m(
    path: str | Path, n_ratings: int | None = None, n_movies: int | None = None
) -> Tables:
    """Read the edition `1m` from a folder or a zip.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with ``ratings.dat`` and ``movies.dat``, or a zip that holds them.
    n_ratings, n_movies : int, optional
        The number of rows that the files must have.

    Returns
    -------
    ratings, movies, links
        As :func:`read_100k` returns them.

    Raises
    ------
    InvalidDataError
        As for :func:`~recsys_helpers.movielens_files.read_movielens`.
    """
    with files_in(Path(path), ["ratings.dat", "movies.dat"]) as (_, open_file):
        movies = _read_movies(open_file, "movies.dat", "::", 3, _named)
        require_rows("movies.dat", movies, n_movies)
        ratings = _read_ratings(open_file, "ratings.dat", "::", movies["movie_id"])
        require_rows("ratings.dat", ratings, n_ratings)
    return ratings, movies, None


def _rows(
    open_file: OpenFile, file: str, separator: str, n_fields: int
) -> Iterator[list[str]]:
    n_rows = 0
    with open_file(file) as stream:
        for line in io.TextIOWrapper(stream, encoding="latin-1"):
            fields = line.removesuffix("\n").split(separator)
            n_rows += 1
            if len(fields) != n_fields:
                raise InvalidDataError(
                    f"{file}, line {n_rows}: {len(fields)} fields where {n_fields} are "
                    f"expected, with {separator!r} between them: {line[:80]!r}. If it "
                    "is the last line, the file was cut short."
                )
            yield fields
        if not n_rows:
            raise InvalidDataError(f"{file} is empty. Fetch it again.")
        require_final_line_break(stream)


def _read_movies(
    open_file: OpenFile,
    file: str,
    separator: str,
    n_fields: int,
    genres_of: Callable[[list[str], str], list[str]],
) -> pd.DataFrame:
    rows = [
        (fields[0], fields[1], genres_of(fields, f"{file}, line {line}"))
        for line, fields in enumerate(_rows(open_file, file, separator, n_fields), 1)
    ]
    frame = pd.DataFrame(rows, columns=["movie_id", "title", "genres"])
    return checked_movies(frame, _lines_of(file))


def _flagged(fields: list[str], where: str) -> list[str]:
    flags = fields[-len(_FLAGS) :]
    for name, flag in zip(_FLAGS, flags, strict=True):
        if flag not in ("0", "1"):
            raise InvalidDataError(
                f"{where}: the flag of the genre {name} is {flag!r}, neither 0 nor 1."
            )
    return [name for name, flag in zip(_FLAGS, flags, strict=True) if flag == "1"]


def _named(fields: list[str], where: str) -> list[str]:
    return fields[-1].replace("Children's", "Children").split("|")


def _read_ratings(
    open_file: OpenFile, file: str, separator: str, movie_ids: pd.Series
) -> pd.DataFrame:
    columns = {name: array("q") for name in RATING_DTYPES}
    rows = _rows(open_file, file, separator, len(columns))
    for line, fields in enumerate(rows, 1):
        for (name, column), field in zip(columns.items(), fields, strict=True):
            # int() would take "1_0", too, and more digits than a column can hold.
            if not field.isdecimal() or len(field) > 18:
                raise InvalidDataError(
                    f"{file}, line {line}: {name} {field!r} is not a whole number."
                )
            column.append(int(field))
    frame = pd.DataFrame(columns)
    locate = _lines_of(file)
    check_rating_values(frame, locate)
    check_known_movies(frame, movie_ids, locate, "the movies of this edition")
    ratings = frame.astype(RATING_DTYPES)
    check_no_duplicates(ratings, locate)
    return ratings


def _lines_of(file: str) -> Locate:
    return lambda position: f"{file}, line {position + 1}"
