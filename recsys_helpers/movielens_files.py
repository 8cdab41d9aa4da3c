"""Read MovieLens files, from a folder or straight from a zip, in bounded memory.

`ratings.csv` is read in chunks into one typed array a column (24 bytes a rating), so
32 million ratings fit a laptop. `movies.csv` and `links.csv` are small and are read
row by row. Every value is checked; an error names the file, the line and the value.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.archives import (
    OpenFile,
    file_of,
    opened,
    require_final_line_break,
)
from recsys_helpers.progress import progress_bar
from recsys_helpers.validation import (
    LARGEST_ID,
    MOVIE_COLUMNS,
    RATING_DTYPES,
    InvalidDataError,
    Locate,
    check_known_movies,
    check_no_duplicates,
    check_rating_values,
    checked_movie_ids,
    checked_movies,
    our_name,
    require,
    require_columns,
)

__all__ = ["read_movielens"]

_LINK_COLUMNS = ("movie_id", "imdb_id", "tmdb_id")
_CHUNK = 500_000
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.0*)?")
_DECIMAL_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_movielens(
    path: str | Path, n_ratings: int | None = None, n_movies: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Read ratings, movies and links from a folder or a zip in MovieLens' format.

    Nothing is unpacked: a zip's members are read as streams.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with ``ratings.csv``, ``movies.csv`` and, if there is one,
        ``links.csv``; or a zip that holds them, at any depth.
    n_ratings, n_movies : int, optional
        The number of rows that the files must have. A file cut at the end of a line
        shows in nothing else. With ``n_movies``, ``links.csv`` must be there and have
        as many rows.

    Returns
    -------
    ratings : pandas.DataFrame
        ``user_id, movie_id, rating, timestamp``, in the order of the file.
    movies : pandas.DataFrame
        ``movie_id, title, year, genres``.
    links : pandas.DataFrame or None
        ``movie_id`` (int32), ``imdb_id`` (str: "tt" and at least seven digits),
        ``tmdb_id`` (nullable Int32). None when there is no ``links.csv``.

    Raises
    ------
    InvalidDataError
        For a missing or damaged file, an archive whose member would land outside the
        folder it is unpacked in, a line that is cut short, and all that
        :func:`~recsys_helpers.validation.validate_ratings` and
        :func:`~recsys_helpers.validation.validate_movies` refuse.
    """
    path = Path(path)
    with opened(path) as (names, open_file):
        needed = ["ratings.csv", "movies.csv"] + ["links.csv"] * (n_movies is not None)
        missing = [name for name in needed if name not in names]
        if missing:
            raise InvalidDataError(f"{path} has no file {' and no '.join(missing)}.")
        movies = _read_movies(open_file("movies.csv"))
        _require_rows("movies.csv", movies, n_movies)
        links = None
        if "links.csv" in names:
            links = _read_links(open_file("links.csv"))
            _require_rows("links.csv", links, n_movies)
        ratings = _read_ratings(open_file, movies["movie_id"], n_ratings)
        _require_rows("ratings.csv", ratings, n_ratings)
    return ratings, movies, links


def _require_rows(file: str, frame: pd.DataFrame, expected: int | None) -> None:
    if expected is not None and len(frame) != expected:
        raise InvalidDataError(
            f"{file} has {len(frame):,} rows where this edition has {expected:,}: it "
            "was cut short, or it belongs to another edition. Fetch it again; read "
            "data of your own with recsys_helpers.datasets.read_movielens(path)."
        )


def _records(
    stream: io.BufferedReader, columns: tuple[str, ...]
) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and wanted fields of each row, slowly and with all checks."""
    file = file_of(stream)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    rows = csv.reader(text, strict=True)
    try:
        header = _our_header(next(rows, []), columns, file)
        wanted = [header.index(name) for name in columns]
        for row in rows:
            if len(row) != len(header):
                raise InvalidDataError(
                    f"{file}, line {rows.line_num}: {len(row)} fields where "
                    f"{len(header)} are expected: {','.join(row)[:80]!r}. If it is the "
                    "last line, the file was cut short."
                )
            yield rows.line_num, [row[field] for field in wanted]
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidDataError(
            f"{file} cannot be read after line {rows.line_num}: {error}."
        ) from error
    require_final_line_break(stream)


def _our_header(header: list[str], columns: tuple[str, ...], file: str) -> list[str]:
    if not header:
        raise InvalidDataError(f"{file} is empty. Fetch it again.")
    names = [our_name(name) for name in header]
    require_columns(names, columns, file)
    return names


def _small_table(
    stream: io.BufferedReader, columns: tuple[str, ...]
) -> tuple[pd.DataFrame, Locate]:
    """Read a CSV of texts, with a function that tells the line of a row."""
    file = file_of(stream)
    with stream:
        records = list(_records(stream, columns))
    if not records:
        raise InvalidDataError(f"{file} has a header and no row.")
    lines, rows = zip(*records, strict=True)
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame, lambda position: f"{file}, line {lines[position]}"


def _read_movies(stream: io.BufferedReader) -> pd.DataFrame:
    return checked_movies(*_small_table(stream, MOVIE_COLUMNS))


def _read_links(stream: io.BufferedReader) -> pd.DataFrame:
    frame, locate = _small_table(stream, _LINK_COLUMNS)
    # IMDb's ids have at least seven digits; spreadsheets drop the leading zeros.
    imdb = frame["imdb_id"].str.extract(r"^(?:tt)?([0-9]+)$", expand=False)
    require(imdb.notna(), frame["imdb_id"], locate, "is not an IMDb id")
    tmdb = frame["tmdb_id"].str.extract(r"^([0-9]*)(?:\.0)?$", expand=False)
    numbers = pd.to_numeric(tmdb.replace("", None))
    good = tmdb.notna() & (numbers.isna() | (numbers <= LARGEST_ID))
    require(good, frame["tmdb_id"], locate, "is not a TMDB id")
    return pd.DataFrame(
        {
            "movie_id": checked_movie_ids(frame["movie_id"], locate),
            "imdb_id": "tt" + imdb.str.zfill(7),
            "tmdb_id": numbers.astype("Int32"),
        }
    )


def _read_ratings(
    open_file: OpenFile, movie_ids: pd.Series, n_ratings: int | None
) -> pd.DataFrame:
    try:
        with open_file("ratings.csv") as stream, warnings.catch_warnings():
            # A first line with too many fields is no more than a warning to pandas.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return _read_in_chunks(stream, movie_ids, n_ratings)
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        # The quick parser does not say where it stumbled: look for the place.
        with open_file("ratings.csv") as stream:
            _require_numbers(stream)
        raise InvalidDataError(f"ratings.csv cannot be read: {error}.") from error


def _read_in_chunks(
    stream: io.BufferedReader, movie_ids: pd.Series, n_ratings: int | None
) -> pd.DataFrame:
    first_line = stream.readline(2**16).decode("utf-8-sig").rstrip("\r\n")
    if "\r" in first_line:
        raise InvalidDataError(
            "ratings.csv ends its lines with CR alone, as old programs on a Mac do. "
            "Save it with the line ends of Unix (LF) or of Windows (CRLF)."
        )
    header = next(csv.reader([first_line]), [])
    names = _our_header(header, tuple(RATING_DTYPES), "ratings.csv")
    columns = {name: np.empty(0, dtype) for name, dtype in RATING_DTYPES.items()}
    n_rows = 0
    with progress_bar(n_ratings, "Reading ratings", "rating") as bar:
        for chunk in _chunks(stream, names):
            locate = _line_after(n_rows)
            check_rating_values(chunk, locate)
            check_known_movies(chunk, movie_ids, locate, "the movies of movies.csv")
            for name, column in columns.items():
                # Growing in place never holds a column twice, as joining would.
                column.resize(n_rows + len(chunk), refcheck=False)
                column[n_rows:] = chunk[name]
            n_rows += len(chunk)
            bar.update(len(chunk))
    require_final_line_break(stream)
    if not n_rows:
        raise InvalidDataError("ratings.csv has a header and no row.")
    ratings = pd.DataFrame(columns, copy=False)
    check_no_duplicates(ratings, _line_after(0))
    return ratings


def _chunks(stream: io.BufferedReader, names: list[str]) -> Iterator[pd.DataFrame]:
    # Ids are read as int64: pandas would wrap larger numbers into an int32 silently.
    dtypes = {
        name: np.float64 if name == "rating" else np.int64 for name in RATING_DTYPES
    }
    return pd.read_csv(
        stream,
        header=None,
        names=names,
        index_col=False,
        dtype=dtypes,
        skip_blank_lines=False,
        chunksize=_CHUNK,
    )


def _line_after(n_rows: int) -> Locate:
    # Line 1 is the header and positions start at 0.
    return lambda position: f"ratings.csv, line {n_rows + position + 2}"


def _require_numbers(stream: io.BufferedReader) -> None:
    """Raise for the first value of ratings.csv that is not the number it should be."""
    for line, values in _records(stream, tuple(RATING_DTYPES)):
        for name, text in zip(RATING_DTYPES, values, strict=True):
            pattern = _DECIMAL_NUMBER if name == "rating" else _WHOLE_NUMBER
            if not pattern.fullmatch(text.strip()):
                kind = "number" if name == "rating" else "whole number"
                raise InvalidDataError(
                    f"ratings.csv, line {line}: {name} {text!r} is not a {kind}."
                )
