"""The file that `MovieVectors.save` writes: a numpy archive without pickles.

Arrays in it: ``format_version`` (1), ``movie_ids``, ``matrix`` and, if there are
titles, ``titles`` (unicode).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.whole_files import write_whole

FORMAT_VERSION = 1

#: What numpy and zipfile raise on bytes that are not theirs, besides ValueError.
UNREADABLE = (
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class VectorsFileError(ValueError):
    """A file that does not hold movie vectors."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(
            f"{path} does not hold movie vectors: {reason} "
            "If MovieVectors.save wrote it, the file has been damaged since: save it "
            "again or take another copy."
        )


def write(
    path: str | Path,
    movie_ids: NDArray[np.integer],
    matrix: NDArray[np.floating],
    titles: Sequence[str] | None,
) -> None:
    """Write under a temporary name beside `path`, then move into place."""
    arrays: dict[str, Any] = {
        "format_version": np.int64(FORMAT_VERSION),
        "movie_ids": movie_ids,
        "matrix": matrix,
    }
    if titles is not None:
        arrays["titles"] = np.array(titles, dtype=str)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_whole(path, content.getvalue())


def read(
    path: str | Path,
) -> tuple[NDArray, NDArray, list[str] | None]:
    """Ids, matrix and titles of a file, not yet checked against each other.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    VectorsFileError
        If it cannot be read, or another version of the format is in it.
    """
    with open(path, "rb") as file:
        try:
            arrays = read_arrays(file)
        except UNREADABLE as error:
            raise VectorsFileError(path, f"it cannot be read ({error}).") from error
    missing = {"format_version", "movie_ids", "matrix"} - arrays.keys()
    if missing:
        raise VectorsFileError(path, f"it has no {', '.join(sorted(missing))}.")
    version = arrays["format_version"]
    if version.shape or version != FORMAT_VERSION:
        raise VectorsFileError(
            path,
            f"its format is {version} and this recsys_helpers reads {FORMAT_VERSION}.",
        )
    titles = arrays.get("titles")
    return (
        arrays["movie_ids"],
        arrays["matrix"],
        None if titles is None else titles.tolist(),
    )


def read_arrays(file: BinaryIO) -> dict[str, NDArray]:
    """All arrays of an ``.npz`` archive. No pickle is read.

    Raises
    ------
    Exception
        One of :data:`UNREADABLE`, if it is not a whole archive of plain arrays.
    """
    if not zipfile.is_zipfile(file):
        raise ValueError("it is not a complete .npz archive")
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
