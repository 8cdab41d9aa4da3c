"""Read MovieLens files, from a folder or straight from a zip, in bounded memory.

`ratings.csv` is read in chunks into one typed array a column (24 bytes a rating), so
32 million ratings fit a laptop. `movies.csv` and `links.csv` are small and are read
row by row. Every value is checked; an error names the file, the line and the value.

**What a file may look like.** These rules hold for the three files, and for each engine
of :func:`recsys_helpers.out_of_core.prepare_ratings`:

- It is text in UTF-8 with commas between the fields, and its last line is ended: else
  nobody could tell whether it was cut short. Lines end in LF, CRLF or CR. By its first
  bytes an empty file, a web page, an archive, a spreadsheet or text in UTF-16 is told,
  and refused (:func:`recsys_helpers.archives.kind_of`).
- The first line names the columns, in any order, as GroupLens does (``userId``) or this
  course (``user_id``). Capitals and spaces around a name make no difference, so a file
  with ``userId`` and ``USERID`` has a column twice, and is refused. Other columns are
  not read. They may have no name, or all the same, and hold what they like.
- A line in which all columns that are read are empty is left out, wherever it stands:
  a blank line, or one of commas. Any other line must have a value in each. It may lack
  further fields, or have more if they are empty: spreadsheets write such lines.
- A number may be quoted, have spaces around it, and be written ``1``, ``1.0``, ``+1``
  or ``1e0``. ``1_000``, ``1,000``, ``0x1``, ``NA`` and ``True`` are no numbers.

The definition is the slow reader, `slow_ratings`. What is quick must give the same, or
raise `StumbledError`: then the slow reader has the last word, and the line of an error.
"""

from __future__ import annotations

import csv
import io
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.archives import (
    OpenFile,
    file_of,
    kind_of,
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
    as_numbers,
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
_SLOW_CHUNK = 50_000
_HEAD = 2**16
# Alone in a column, pandas would take these for the numbers 1 and 0.
_NO_NUMBERS = ["", "True", "TRUE", "true", "False", "FALSE", "false"]


class StumbledError(Exception):
    """A quick reader met what it cannot read; the slow one tells whether it may be."""


def read_movielens(
    path: str | Path, n_ratings: int | None = None, n_movies: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Read ratings, movies and links from a folder or a zip in MovieLens' format.

    Nothing is unpacked: a zip's members are read as streams.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with ``ratings.csv``, ``movies.csv`` and, if there is one,
        ``links.csv``, or with one folder that holds them; or a zip that holds them, at
        any depth. What the files may look like stands at the top of this module.
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
    needed = ["ratings.csv", "movies.csv"] + ["links.csv"] * (n_movies is not None)
    with files_in(Path(path), needed) as (names, open_file):
        movies = _read_movies(open_file("movies.csv"))
        require_rows("movies.csv", movies, n_movies)
        links = None
        if "links.csv" in names:
            links = _read_links(open_file("links.csv"))
            require_rows("links.csv", links, n_movies)
        ratings = _read_ratings(open_file, movies["movie_id"], n_ratings)
        require_rows("ratings.csv", ratings, n_ratings)
    return ratings, movies, links


@contextmanager
def files_in(path: Path, needed: Sequence[str]) -> Iterator[tuple[set[str], OpenFile]]:
    """Open a folder or a zip with the files that are needed.

    "Extract all" makes a folder in another: the only one with the first file is opened.

    Yields
    ------
    names, open_file
        As `recsys_helpers.archives.opened` does.

    Raises
    ------
    InvalidDataError
        If a file is missing, or as there.
    """
    if path.is_dir() and needed[0] not in os.listdir(path):
        # isfile: a folder that nobody may look into has none for us.
        inner = [p for p in path.iterdir() if os.path.isfile(p / needed[0])]
        path = inner[0] if len(inner) == 1 else path
    with opened(path) as (names, open_file):
        missing = [name for name in needed if name not in names]
        if missing:
            raise InvalidDataError(
                f"{path} has no file {' and no '.join(missing)}. {_holds(path, names)}"
            )
        yield names, open_file


def _holds(path: Path, names: set[str]) -> str:
    """List some of what a folder or zip holds in place of what was looked for."""
    inside = sorted(names)
    if path.is_dir():
        inside = sorted(f"{p.name}/" if p.is_dir() else p.name for p in path.iterdir())
    more = ", ..." if len(inside) > 8 else ""
    return f"It holds: {', '.join(inside[:8]) or 'nothing'}{more}."


def require_rows(file: str, frame: pd.DataFrame, expected: int | None) -> None:
    """Raise unless a table has as many rows as its edition."""
    if expected is not None and len(frame) != expected:
        raise InvalidDataError(
            f"{file} has {len(frame):,} rows where this edition has {expected:,}: it "
            "was cut short, or it belongs to another edition. Fetch it again; read "
            "data of your own with recsys_helpers.datasets.read_movielens(path)."
        )


def table_head(
    stream: io.BufferedReader, columns: tuple[str, ...]
) -> tuple[list[str], bool]:
    """Look at the start of a table, and take nothing of it.

    Parameters
    ----------
    stream : io.BufferedReader
        Of `recsys_helpers.archives`, at its start.
    columns : tuple of str
        Those that are wanted, by our names.

    Returns
    -------
    names : list of str
        Of each column in the file, our name; "" for one that is not wanted.
    is_plain : bool
        Whether the header is the first line, and ends as quick readers understand.

    Raises
    ------
    InvalidDataError
        If it is no table of text, or lacks a column or has it twice.
    """
    file = file_of(stream)
    start = stream.peek(_HEAD)[:_HEAD]
    if kind := kind_of(start):
        raise InvalidDataError(f"{file} is {kind}.")
    text = io.StringIO(start.decode("utf-8-sig", errors="replace"), newline="")
    rows = csv.reader(text, skipinitialspace=True)
    header = next((row for row in rows if any(map(str.strip, row))), [])
    if not header:
        raise InvalidDataError(f"{file} is empty: it has blank lines only.")
    if len(header) == 1 and (other := next((c for c in ";\t|:" if c in header[0]), "")):
        raise InvalidDataError(
            f"{file} seems to have {other!r} between its columns, and commas are "
            f"wanted. Its first line: {header[0][:80]}"
        )
    ours = [our_name(name) for name in header]
    require_columns(ours, columns, file, header)
    first_line, line_break, _ = start.partition(b"\n")
    one_line = rows.line_num == 1 and b"\r" not in first_line.removesuffix(b"\r")
    return (
        [name if name in columns else "" for name in ours],
        one_line and bool(line_break),
    )


def _records(
    stream: io.BufferedReader, columns: tuple[str, ...]
) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and wanted fields of each row, slowly and with all checks."""
    file = file_of(stream)
    ours, _ = table_head(stream, columns)
    wanted = [ours.index(name) for name in columns]
    # What stray quotes mean to a number is plain, to a title it is not.
    is_text = "title" in columns
    text = _Lines(stream)
    rows = csv.reader(text, strict=is_text, skipinitialspace=not is_text)
    has_header = False
    try:
        while True:
            line = rows.line_num + 1
            if (row := next(rows, None)) is None:
                break
            if text.is_at_end:
                raise csv.Error("a quotation mark is never closed")
            if not has_header:
                has_header = any(map(str.strip, row))
                continue
            fields = [row[column] for column in wanted if column < len(row)]
            _require_utf_8(",".join(fields), file, line)
            if not any(map(str.strip, fields)):
                continue
            if len(fields) < len(wanted) or any(map(str.strip, row[len(ours) :])):
                shown = ",".join(row)[:80].encode(errors="replace").decode()
                cut = " If it is the last line, the file was cut short."
                raise InvalidDataError(
                    f"{file}, line {line}: {len(row)} fields where {len(ours)} are "
                    f"expected: {shown!r}.{cut if len(row) < len(ours) else ''}"
                )
            yield line, fields
    except csv.Error as error:
        raise InvalidDataError(
            f"{file} cannot be read from line {line} on: {error}."
        ) from error
    require_final_line_break(stream)


class _Lines:
    """The lines of a stream, whatever they end in, and whether there are no more."""

    def __init__(self, stream: io.BufferedReader) -> None:
        # Bytes that are no UTF-8 are kept apart, to be named where they matter.
        self.text = io.TextIOWrapper(
            stream, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        self.is_at_end = False

    def __iter__(self) -> Iterator[str]:
        yield from self.text
        self.is_at_end = True


def _require_utf_8(text: str, file: str, line: int) -> None:
    if text.isascii():
        return
    content = text.encode("utf-8", errors="surrogateescape")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        seen = content.decode("cp1252", errors="replace")[:80]
        raise InvalidDataError(
            f"{file}, line {line} is not in UTF-8. It may be in Latin-1 (ISO 8859-1 or "
            f"Windows-1252), since read so it is {seen!r}. Save the file as UTF-8: a "
            'spreadsheet calls that "CSV UTF-8", an editor has it among its encodings.'
        ) from error


def _tables(
    stream: io.BufferedReader, columns: tuple[str, ...], n_rows: int | None = None
) -> Iterator[tuple[pd.DataFrame, Locate]]:
    """Yield `n_rows` rows of texts at a time, each with what tells a row's line."""
    file = file_of(stream)
    records = _records(stream, columns)
    while batch := list(islice(records, n_rows)):
        lines, rows = zip(*batch, strict=True)
        yield pd.DataFrame(list(rows), columns=list(columns)), _lines_of(file, lines)


def _lines_of(file: str, lines: tuple[int, ...]) -> Locate:
    return lambda position: f"{file}, line {lines[position]}"


def _small_table(
    stream: io.BufferedReader, columns: tuple[str, ...]
) -> tuple[pd.DataFrame, Locate]:
    """Read a CSV of texts, with a function that tells the line of a row."""
    with stream:
        table = next(_tables(stream, columns), None)
    if table is None:
        raise no_row(file_of(stream))
    return table


def no_row(file: str) -> InvalidDataError:
    """Return the error for a table of which only the header is there."""
    return InvalidDataError(f"{file} has a header and no row.")


def _read_movies(stream: io.BufferedReader) -> pd.DataFrame:
    return checked_movies(*_small_table(stream, MOVIE_COLUMNS))


def _read_links(stream: io.BufferedReader) -> pd.DataFrame:
    frame, locate = _small_table(stream, _LINK_COLUMNS)
    # IMDb's ids have at least seven digits; spreadsheets drop the leading zeros.
    imdb = frame["imdb_id"].str.extract(r"^(?:tt)?([0-9]+)$", expand=False)
    require(imdb.notna(), frame["imdb_id"], locate, "is not an IMDb id")
    tmdb = frame["tmdb_id"].str.extract(r"^([0-9]*)(?:\.0)?$", expand=False)
    # "coerce": pandas 2 raises an error of its own for a number of 31 digits.
    numbers = pd.to_numeric(tmdb.replace("", None), errors="coerce")
    good = tmdb.notna() & (numbers.isna() | (numbers <= LARGEST_ID))
    require(good, frame["tmdb_id"], locate, "is not a TMDB id")
    return pd.DataFrame(
        {
            "movie_id": checked_movie_ids(frame["movie_id"], locate),
            "imdb_id": "tt" + imdb.str.zfill(7),
            "tmdb_id": numbers.astype("Int32"),
        }
    )


def slow_ratings(stream: io.BufferedReader) -> Iterator[pd.DataFrame]:
    """Read ratings row by row, by the definition at the top of this module.

    Parameters
    ----------
    stream : io.BufferedReader
        Of `recsys_helpers.archives`, at its start.

    Yields
    ------
    pandas.DataFrame
        Some of the rows: ``user_id, movie_id, rating, timestamp``, all checked.

    Raises
    ------
    InvalidDataError
        For the first line that breaks a rule.
    """
    for texts, locate in _tables(stream, tuple(RATING_DTYPES), _SLOW_CHUNK):
        numbers = texts.apply(as_numbers, locate=locate)
        check_rating_values(numbers, locate, as_written=texts)
        yield numbers.astype(RATING_DTYPES)


def quick_ratings(
    stream: io.BufferedReader, n_rows: int | None = None
) -> Iterator[pd.DataFrame]:
    """Read ratings with pandas' parser, ``n_rows`` at a time, or all at once.

    As `slow_ratings`, but it raises `StumbledError` for a wrong value, and may do so
    where there is nothing to refuse.
    """
    ours, is_plain = table_head(stream, tuple(RATING_DTYPES))
    if not is_plain:
        raise StumbledError("the header is not one line that ends in LF or CRLF")
    stream.readline()
    names = [our or f"other {i}" for i, our in enumerate(ours)]
    # pandas 2 says nothing of a chunk whose first line has too many fields.
    beyond = [] if n_rows is None else ["beyond"]
    try:
        with _warnings_as_errors():
            read = pd.read_csv(
                stream,
                header=None,
                names=names + beyond,
                index_col=False,
                # All numbers up to the largest timestamp are exact as floats.
                dtype=dict.fromkeys(names + beyond, object)
                | dict.fromkeys([*RATING_DTYPES, *beyond], np.float64),
                # A blank line is a row of NaN then.
                skip_blank_lines=False,
                keep_default_na=False,
                na_values=_NO_NUMBERS,
                encoding_errors="replace",
                chunksize=n_rows,
            )
        chunks = iter([read] if n_rows is None else read)
        while True:
            with _warnings_as_errors():
                chunk = next(chunks, None)
            if chunk is None:
                break
            if chunk[beyond].notna().any(axis=None):
                raise StumbledError("a line has too many fields")
            numbers = chunk[list(RATING_DTYPES)]
            if numbers["rating"].hasnans:
                numbers = numbers.dropna(how="all")
            check_rating_values(numbers, str)
            yield numbers.astype(RATING_DTYPES)
    except pd.errors.EmptyDataError:
        pass
    except (ValueError, pd.errors.ParserWarning, InvalidDataError) as error:
        raise StumbledError(str(error)) from error
    require_final_line_break(stream)


@contextmanager
def _warnings_as_errors() -> Iterator[None]:
    # A first line with too many fields is no more than a warning to pandas, and with
    # `usecols` it says nothing of any line.
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        yield


def _read_ratings(
    open_file: OpenFile, movie_ids: pd.Series, n_ratings: int | None
) -> pd.DataFrame:
    def locate(position: int) -> str:
        # Rows are not lines where a line is blank or a field has a line break in it.
        with open_file("ratings.csv") as stream:
            records = _records(stream, tuple(RATING_DTYPES))
            line, _ = next(islice(records, position, None))
        return f"ratings.csv, line {line}"

    try:
        with open_file("ratings.csv") as stream:
            chunks = quick_ratings(stream, _CHUNK)
            return _collected(chunks, movie_ids, n_ratings, locate)
    except StumbledError:
        with open_file("ratings.csv") as stream:
            return _collected(slow_ratings(stream), movie_ids, n_ratings, locate)


def _collected(
    chunks: Iterator[pd.DataFrame],
    movie_ids: pd.Series,
    n_ratings: int | None,
    locate: Locate,
) -> pd.DataFrame:
    """Join chunks to one frame of ratings, whose movies are known and no pair twice."""
    columns = {name: np.empty(0, dtype) for name, dtype in RATING_DTYPES.items()}
    n_rows = 0
    with progress_bar(n_ratings, "Reading ratings", "rating") as bar:
        for chunk in chunks:
            of_chunk = _shifted(locate, n_rows)
            check_known_movies(chunk, movie_ids, of_chunk, "the movies of movies.csv")
            for name, column in columns.items():
                # Growing in place never holds a column twice, as joining would.
                column.resize(n_rows + len(chunk), refcheck=False)
                column[n_rows:] = chunk[name]
            n_rows += len(chunk)
            bar.update(len(chunk))
    if not n_rows:
        raise no_row("ratings.csv")
    ratings = pd.DataFrame(columns, copy=False)
    check_no_duplicates(ratings, locate)
    return ratings


def _shifted(locate: Locate, n_rows: int) -> Locate:
    return lambda position: locate(n_rows + position)
