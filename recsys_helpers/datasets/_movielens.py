"""Read MovieLens files, from a folder or straight from a zip, in bounded memory.

`ratings.csv` is read in chunks into one typed array a column (24 bytes a rating), so
32 million ratings fit a laptop. `movies.csv` and `links.csv` are small and are read
row by row. Every value is checked; an error names the file, the line and the value.

**What a file may look like.** These rules hold for the three files, and for each engine
of :func:`recsys_helpers.large.out_of_core.prepare_ratings`:

- It is text in UTF-8 with commas between the fields, and its last line is ended: else
  nobody could tell whether it was cut short. Lines end in LF, CRLF or CR. By its first
  bytes an empty file, a web page, an archive, a spreadsheet or text in UTF-16 is told,
  and refused (:func:`recsys_helpers.datasets.kind_of`).
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

Open the files of a folder or of a zip, safely and without unpacking anything.

And say what a file is that should have been another: :func:`kind_of`.

Read the editions `100k` and `1m`, which papers and classes still use.

They have formats of their own: no header, Latin-1, whole stars, no links. In `100k`
tabs stand between the fields of ``u.data``, pipes between those of ``u.item``, and a
film's genres are 19 flags; `1m` puts ``::`` between fields. Errors name file, line
and value.
"""

from __future__ import annotations

import csv
import io
import os
import warnings
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn, cast

import numpy as np
import pandas as pd

from recsys_helpers.datasets._validation import (
    LARGEST_ID,
    MOVIE_COLUMNS,
    NO_GENRES,
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
from recsys_helpers.progress import progress_bar

__all__ = [
    "OpenFile",
    "kind_of",
    "opened",
    "opened_file",
    "read_1m",
    "read_100k",
    "read_movielens",
]

OpenFile = Callable[[str], io.BufferedReader]

_UTF_16 = (
    "in the encoding UTF-16 (some programs call it Unicode). Save it as UTF-8: a "
    'spreadsheet calls that "CSV UTF-8"'
)
_UNPACK = "Unpack it, and give the path of what comes out"
_KINDS = {
    b"PK\x03\x04": "a zip archive, as a spreadsheet in the form xlsx is too. "
    f"{_UNPACK}; save a spreadsheet as CSV",
    b"\x1f\x8b": f"an archive packed with gzip, as a .tar.gz is too. {_UNPACK}",
    b"BZh": f"an archive packed with bzip2. {_UNPACK}",
    b"\xfd7zXZ": f"an archive packed with xz. {_UNPACK}",
    b"7z\xbc\xaf": f"an archive of 7-Zip. {_UNPACK}",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet (xls). Save it as CSV",
    b"PAR1": "a parquet file. Only prepare_ratings reads one, with a name that ends in "
    ".parquet",
    b"version https://git-lfs": "what Git LFS leaves in place of a large file. Get the "
    'file itself with "git lfs pull"',
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
}


def kind_of(start: bytes) -> str:
    """Say what a file is that is no plain text, and what to do.

    Parameters
    ----------
    start : bytes
        The first bytes of the file, some hundreds or more; all of a shorter file.

    Returns
    -------
    str
        What follows "the file is", without the full stop. Empty for plain text.

    Examples
    --------
    >>> kind_of(b"<!DOCTYPE html><html>")
    'a web page. Open it in a browser: it may say what is the matter'
    >>> kind_of(b"userId,movieId,rating,timestamp")
    ''
    """
    if not start:
        return "empty. Get it again"
    for first_bytes, kind in _KINDS.items():
        if start.startswith(first_bytes):
            return kind
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return "a web page. Open it in a browser: it may say what is the matter"
    if b"\0" in start:
        # Text in UTF-16 without its mark has a zero beside each plain letter.
        many = start.count(b"\0") > len(start) // 4
        return _UTF_16 if many else "damaged or no text: it holds bytes of value 0"
    return ""


@contextmanager
def opened(path: Path) -> Iterator[tuple[set[str], OpenFile]]:
    """Open a folder or zip for reading, unpacking nothing.

    Parameters
    ----------
    path : pathlib.Path
        A folder, or a zip archive.

    Yields
    ------
    names : set of str
        The names of the files, without the folders they are in.
    open_file : callable
        Opens a file by its name, as a buffered stream of bytes.

    Raises
    ------
    InvalidDataError
        When there is nothing at ``path``, when it is not a zip or is damaged
        (noticed at the latest where a member's checksum stands, at its end), or when
        a member is encrypted or packed in an unknown way.
    """
    if path.is_dir():
        names = {file.name for file in path.iterdir() if file.is_file()}
        yield names, lambda name: opened_file(path / name)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            try:
                yield set(members), lambda name: _member(archive, members[name], name)
            except InvalidDataError:
                # Damage looks like nonsense in a line until the member's end, where
                # its checksum stands.
                if damaged := archive.testzip():
                    raise zipfile.BadZipFile(f"wrong checksum of {damaged}") from None
                raise
    except FileNotFoundError:
        raise InvalidDataError(f"There is no file or folder {path}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        _refuse_archive(path, error)


def opened_file(path: Path) -> io.BufferedReader:
    """Open one file for reading, as the streams of :func:`opened` are."""
    return _watched(path.open("rb", buffering=0), path.name)


def require_final_line_break(stream: io.BufferedReader) -> None:
    """Raise when the last byte read from a stream of :func:`opened` ends no line."""
    watch = cast("_Watch", stream.raw)
    require_line_end(watch.last, watch.file)


def require_line_end(last: bytes, file: str) -> None:
    """Raise when the last byte of a file ends no line."""
    # Without it the last number may have lost digits, and nobody could tell.
    if last not in (b"\n", b"\r"):
        raise InvalidDataError(
            f"{file} ends in the middle of a line: it was cut short. Get it again; if "
            "it is complete, add a line break at its end."
        )


def file_of(stream: io.BufferedReader) -> str:
    """Name the file that a stream of :func:`opened` reads."""
    return cast("_Watch", stream.raw).file


def _refuse_archive(path: Path, error: Exception) -> NoReturn:
    """Say what a file is that was taken for a zip. It may be the reader's own work."""
    with path.open("rb") as file:
        start = file.read(1024)
    if start.startswith(b"PK"):
        said = (
            f"a zip archive, and damaged, not a whole one or locked ({error}). Get it "
            "again, or unpack it and give the folder"
        )
    else:
        said = kind_of(start) or (
            "a file of text, and a folder or a zip archive is wanted. Give the folder "
            f"that it is in: {path.parent}"
        )
    raise InvalidDataError(f"{path} is {said}.") from error


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str
) -> io.BufferedReader:
    try:
        return _watched(archive.open(member), name)
    except RuntimeError as error:  # it needs a password, or an unknown way of packing
        raise zipfile.BadZipFile(str(error)) from error


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Find the files in a zip by their names, without the folders they are in."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        # Some programs of Windows write "\\" where a zip should have "/".
        name = member.filename.replace("\\", "/").rpartition("/")[2]
        if not name:
            continue
        if name in members and name.endswith((".csv", ".dat", ".data", ".item")):
            raise InvalidDataError(
                f"{path} holds more than one {name}: {members[name].filename} and "
                f"{member.filename}. Unpack it, and give the folder that you mean."
            )
        members[name] = member
    return members


class _Watch(io.RawIOBase):
    """A stream that knows its file's name and the last byte it gave."""

    def __init__(self, stream: IO[bytes], file: str) -> None:
        self.stream = stream
        self.file = file
        self.last = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        self.last = data[-1:] or self.last
        return len(data)

    def close(self) -> None:
        self.stream.close()
        super().close()


def _watched(stream: IO[bytes], file: str) -> io.BufferedReader:
    return io.BufferedReader(_Watch(stream, file), buffer_size=2**18)


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
        :func:`~recsys_helpers.datasets.validate_ratings` and
        :func:`~recsys_helpers.datasets.validate_movies` refuse.
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
        As `recsys_helpers.datasets.opened` does.

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
        Of `recsys_helpers.datasets`, at its start.
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
        Of `recsys_helpers.datasets`, at its start.

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
        As :func:`~recsys_helpers.datasets.read_movielens` returns them, genres
        by the names of newer editions; links are None.

    Raises
    ------
    InvalidDataError
        As for :func:`~recsys_helpers.datasets.read_movielens`, and for a genre's
        flag that is neither 0 nor 1.
    """
    with files_in(Path(path), ["u.data", "u.item"]) as (_, open_file):
        movies = _read_old_movies(open_file, "u.item", "|", 5 + len(_FLAGS), _flagged)
        require_rows("u.item", movies, n_movies)
        ratings = _read_old_ratings(open_file, "u.data", "\t", movies["movie_id"])
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
        As for :func:`~recsys_helpers.datasets.read_movielens`.
    """
    with files_in(Path(path), ["ratings.dat", "movies.dat"]) as (_, open_file):
        movies = _read_old_movies(open_file, "movies.dat", "::", 3, _named)
        require_rows("movies.dat", movies, n_movies)
        ratings = _read_old_ratings(open_file, "ratings.dat", "::", movies["movie_id"])
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


def _read_old_movies(
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
    return checked_movies(frame, _lines_of_old(file))


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


def _read_old_ratings(
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
    locate = _lines_of_old(file)
    check_rating_values(frame, locate)
    check_known_movies(frame, movie_ids, locate, "the movies of this edition")
    ratings = frame.astype(RATING_DTYPES)
    check_no_duplicates(ratings, locate)
    return ratings


def _lines_of_old(file: str) -> Locate:
    return lambda position: f"{file}, line {position + 1}"
