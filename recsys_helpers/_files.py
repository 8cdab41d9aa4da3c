"""Files that are written whole, and archives of arrays that are read safely."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray


class ArraysFileError(ValueError):
    """A file that does not hold the arrays that it should.

    Each kind of file has a class of its own, which says what it `holds` and what to do;
    ``{path}`` in `remedy` stands for the file.
    """

    holds = "these arrays"
    remedy = "Take another copy."

    def __init__(self, path: str | Path, reason: str) -> None:
        remedy = self.remedy.format(path=path)
        super().__init__(f"{path} does not hold {self.holds}: {reason} {remedy}")


def write_npz(
    path: str | Path,
    arrays: Mapping[str, ArrayLike],
    *,
    version: int | None = None,
    compress: bool = False,
) -> None:
    """Write a numpy archive as `write_whole` does, with the version of its format."""
    if version is not None:
        arrays = {"format_version": np.int64(version), **arrays}
    content = io.BytesIO()
    save = np.savez_compressed if compress else np.savez
    save(content, **arrays)  # type: ignore[arg-type]
    write_whole(path, content.getvalue())


def read_npz(
    path: str | Path,
    error: type[ArraysFileError] = ArraysFileError,
    *,
    version: int | None = None,
    names: Iterable[str] = (),
) -> dict[str, NDArray]:
    """Read all arrays that `write_npz` wrote, and no pickle. Checksums are compared.

    An `error` is raised unless it is a whole archive of plain arrays, with all `names`
    among them and this version; where there is no file, a FileNotFoundError.
    """
    with open(path, "rb") as file:
        try:
            if not zipfile.is_zipfile(file):
                raise ValueError("it is not a complete .npz archive")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            if no_arrays := [n for n, a in arrays.items() if isinstance(a, bytes)]:
                raise ValueError(f"{no_arrays[0]} is no array")
        # On bytes that are not theirs, numpy and zipfile raise what comes: a KeyError,
        # MemoryError, RuntimeError, SyntaxError, zlib.error ...
        except Exception as problem:
            raise error(path, f"it cannot be read ({problem}).") from problem
    needed = {*names} if version is None else {*names, "format_version"}
    missing = needed - arrays.keys()
    if missing:
        raise error(path, f"it has no {', '.join(sorted(missing))}.")
    if version is not None:
        found = arrays.pop("format_version")
        if found.shape or found != version:
            raise error(
                path, f"its format is {found} and this recsys_helpers reads {version}."
            )
    return arrays


def write_whole(path: str | Path, content: bytes) -> None:
    """Write under a temporary name beside `path`, then move into place in one step.

    Its folder is made when it does not exist; a file that is there is replaced. What
    was at `path` is still there when an OSError is raised.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
