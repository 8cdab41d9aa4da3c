"""Open the files of a folder or of a zip, safely and without unpacking anything.

And say what a file is that should have been another: :func:`kind_of`.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from recsys_helpers.validation import InvalidDataError

__all__ = ["OpenFile", "kind_of", "opened", "opened_file"]

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
