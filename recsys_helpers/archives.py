"""Open the files of a folder or of a zip, safely and without unpacking anything."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, cast

from recsys_helpers.validation import InvalidDataError

__all__ = ["OpenFile", "opened", "require_final_line_break"]

OpenFile = Callable[[str], io.BufferedReader]

_ENCRYPTED = 1  # bit 0 of a member's flags


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
        a member is encrypted or would land outside the folder it is unpacked in.
    """
    if path.is_dir():
        names = {file.name for file in path.iterdir() if file.is_file()}
        yield names, lambda name: _watched((path / name).open("rb", buffering=0), name)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            try:
                yield (
                    set(members),
                    lambda name: _watched(archive.open(members[name]), name),
                )
            except InvalidDataError:
                # Damage looks like nonsense in a line until the member's end, where
                # its checksum stands.
                if damaged := archive.testzip():
                    raise zipfile.BadZipFile(f"wrong checksum of {damaged}") from None
                raise
    except FileNotFoundError:
        raise InvalidDataError(f"There is no file or folder {path}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InvalidDataError(
            f"{path} is damaged or is not a zip archive ({error}). "
            "Delete it and fetch it again."
        ) from error


def require_final_line_break(stream: io.BufferedReader) -> None:
    """Raise when the last byte read from a stream of :func:`opened` ends no line."""
    # Without it the last number may have lost digits, and nobody could tell.
    watch = cast("_Watch", stream.raw)
    if watch.last not in (b"\n", b"\r"):
        raise InvalidDataError(
            f"{watch.file} ends in the middle of a line: it was cut short. Fetch "
            "it again; if it is complete, add a line break at its end."
        )


def file_of(stream: io.BufferedReader) -> str:
    """Name the file that a stream of :func:`opened` reads."""
    return cast("_Watch", stream.raw).file


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        # orig_filename: zipfile has cleaned up the other one on some systems.
        as_windows = PureWindowsPath(member.orig_filename)
        if as_windows.drive or as_windows.root or ".." in as_windows.parts:
            raise InvalidDataError(
                f"{path} holds {member.orig_filename!r}, which would be unpacked "
                "outside its folder. No honest archive does: don't use it."
            )
        if member.flag_bits & _ENCRYPTED:
            raise InvalidDataError(
                f"{path} is encrypted: {member.filename} needs a password. The "
                "archives of GroupLens are not; unpack it into a folder yourself."
            )
        name = PurePosixPath(member.filename).name
        if name in members and name.endswith(".csv"):
            raise InvalidDataError(f"{path} holds more than one {name}.")
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
