"""What a file of ratings may look like, and how it is opened and read in pieces.

These rules hold for ``ratings.csv``, ``movies.csv`` and ``links.csv``, and for each
engine of :func:`recsys_helpers.large.out_of_core.prepare_ratings`:

- It is text in UTF-8 with commas between the fields, and its last line is ended: else
  nobody could tell whether it was cut short. Lines end in LF, CRLF or CR. By its first
  bytes an empty file, a web page, an archive, a spreadsheet or text in UTF-16 is told,
  and refused (:func:`kind_of`).
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
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers._checks import LAST_SECOND
from recsys_helpers.datasets._errors import InvalidDataError

# How a row is found again: position in the data -> "ratings.csv, line 12".
Locate = Callable[[int], str]
OpenFile = Callable[[str], io.BufferedReader]

#: The columns of ratings, and their types in memory.
RATING_DTYPES = {
    "user_id": np.int32,
    "movie_id": np.int32,
    "rating": np.float64,
    "timestamp": np.int64,
}
MOVIE_COLUMNS = ("movie_id", "title", "genres")
LARGEST_ID = int(np.iinfo(np.int32).max)
# What GroupLens calls the columns; `our_name` ignores capitals.
_GROUPLENS_NAMES = {
    "userid": "user_id",
    "movieid": "movie_id",
    "imdbid": "imdb_id",
    "tmdbid": "tmdb_id",
}
_OUR_NAMES = {*_GROUPLENS_NAMES.values(), *RATING_DTYPES, *MOVIE_COLUMNS}

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

_HEAD = 2**16
_SLOW_CHUNK = 50_000
# Bounds the memory that comparing neighbours takes.
_BLOCK = 1_000_000
_LOW_32_BITS = 2**32 - 1
# Alone in a column, pandas would take these for the numbers 1 and 0.
_NO_NUMBERS = ["", "True", "TRUE", "true", "False", "FALSE", "false"]


class StumbledError(Exception):
    """A quick reader met what it cannot read; the slow one tells whether it may be."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[set[str], OpenFile]]:
    """Open a folder or zip for reading, unpacking nothing.

    Yields the names of the files, without the folders they are in, and what opens one
    by its name. An InvalidDataError says what is wrong with an archive; damage is
    noticed at the latest where a member's checksum stands, at its end.
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


def kind_of(start: bytes) -> str:
    """Say what a file is that is no plain text, and what to do; "" for plain text.

    `start` are its first bytes, some hundreds or more; all of a shorter file.
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


def table_head(
    stream: io.BufferedReader, columns: tuple[str, ...]
) -> tuple[list[str], bool]:
    """Look at the start of a table of `opened`, and take nothing of it.

    Returns our name of each column in the file, "" for one that is not wanted; and
    whether the header is the first line, and ends as quick readers understand.
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


def slow_ratings(stream: io.BufferedReader) -> Iterator[pd.DataFrame]:
    """Read ratings row by row, by the definition at the top of this module."""
    for texts, locate in tables(stream, tuple(RATING_DTYPES), _SLOW_CHUNK):
        numbers = texts.apply(as_numbers, locate=locate)
        check_rating_values(numbers, locate, as_written=texts)
        yield numbers.astype(RATING_DTYPES)


def quick_ratings(
    stream: io.BufferedReader, n_rows: int | None = None
) -> Iterator[pd.DataFrame]:
    """Read ratings with pandas' parser, `n_rows` at a time, or all at once.

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


def records(
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


def tables(
    stream: io.BufferedReader, columns: tuple[str, ...], n_rows: int | None = None
) -> Iterator[tuple[pd.DataFrame, Locate]]:
    """Yield `n_rows` rows of texts at a time, each with what tells a row's line."""
    file = file_of(stream)
    found = records(stream, columns)
    while batch := list(islice(found, n_rows)):
        lines, rows = zip(*batch, strict=True)
        yield pd.DataFrame(list(rows), columns=list(columns)), _lines_of(file, lines)


def no_row(file: str) -> InvalidDataError:
    """Return the error for a table of which only the header is there."""
    return InvalidDataError(f"{file} has a header and no row.")


def file_of(stream: io.BufferedReader) -> str:
    """Name the file that a stream of :func:`opened` reads."""
    return cast("_Watch", stream.raw).file


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
    require_good(good, column, locate, "is not a number")
    return numbers


def check_rating_values(
    frame: pd.DataFrame, locate: Locate, as_written: pd.DataFrame | None = None
) -> None:
    """Raise for the first id, rating or timestamp that breaks a rule.

    `as_written` has the values as the message is to show them.
    """
    shown = frame if as_written is None else as_written
    for name in ("user_id", "movie_id"):
        require_ids(frame[name], locate, shown[name])
    rating = frame["rating"]
    good = (rating >= 0.5) & (rating <= 5) & _is_whole(rating * 2)
    require_good(good, shown["rating"], locate, "is not one of 0.5, 1, 1.5, ... 5")
    time = frame["timestamp"]
    good = (time >= 0) & (time <= LAST_SECOND) & _is_whole(time)
    rule = f"is not a whole number of seconds since 1970, at most {LAST_SECOND:,}"
    require_good(good, shown["timestamp"], locate, rule)


def check_known_movies(
    frame: pd.DataFrame, known: pd.Series, locate: Locate, where: str
) -> None:
    """Raise for the first rating of a movie that ``known`` does not hold."""
    rated = frame["movie_id"]
    good = pd.Series(np.isin(rated.to_numpy(), known.to_numpy()), index=rated.index)
    require_good(good, rated, locate, f"is not among {where}")


def check_no_duplicates(frame: pd.DataFrame, locate: Locate) -> None:
    """Raise when a user rates a movie twice, naming both rows."""
    users, movies = frame["user_id"].to_numpy(), frame["movie_id"].to_numpy()
    repeated = _first_repeated_pair(users, movies)
    if repeated is None:
        return
    first, second = repeated
    raise InvalidDataError(
        f"{locate(second)}: user_id {users[first]} rates movie_id {movies[first]} a "
        f"second time; the first is {locate(first)}. Keep one of the two."
    )


def require_ids(
    ids: pd.Series, locate: Locate, as_written: pd.Series | None = None
) -> None:
    """Raise for the first that is no id: a whole number from 1 to `LARGEST_ID`."""
    good = (ids >= 1) & (ids <= LARGEST_ID) & _is_whole(ids)
    rule = f"is not a whole number from 1 to {LARGEST_ID:,}"
    require_good(good, ids if as_written is None else as_written, locate, rule)


def require_good(good: pd.Series, values: pd.Series, locate: Locate, rule: str) -> None:
    """Raise for the first value that is not good, saying which rule it breaks."""
    if not good.all():
        position = int(np.argmin(good.to_numpy()))
        value = values.iloc[position]
        text = str(value)
        # What a person would not see is written out: "" or "\xa04.0".
        shown = text if text.strip() and text.isprintable() else repr(value)
        raise InvalidDataError(f"{locate(position)}: {values.name} {shown} {rule}.")


def _first_repeated_pair(
    users: NDArray[np.integer], movies: NDArray[np.integer]
) -> tuple[int, int] | None:
    """Positions of the first two rows with the same pair, or None."""
    # Rows sorted by user and movie, as MovieLens has them, need no more than a block.
    # Others take 8 bytes a rating: 244 MiB for 32 million.
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


def _is_whole(values: pd.Series) -> pd.Series:
    return values == np.floor(values)  # % 1 takes far longer for floats


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


def _watched(stream: IO[bytes], file: str) -> io.BufferedReader:
    return io.BufferedReader(_Watch(stream, file), buffer_size=2**18)


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


def _lines_of(file: str, lines: tuple[int, ...]) -> Locate:
    return lambda position: f"{file}, line {lines[position]}"


@contextmanager
def _warnings_as_errors() -> Iterator[None]:
    # A first line with too many fields is no more than a warning to pandas, and with
    # `usecols` it says nothing of any line.
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        yield
