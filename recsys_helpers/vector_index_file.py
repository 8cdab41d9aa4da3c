"""The file that `VectorIndex.save` writes: a header, then a numpy archive.

The header is one line with the format's version and one with the SHA-256 of what
follows, as hexadecimal digits. The arrays are ``movie_ids``, ``matrix``, ``titles`` (if
there are titles), ``metric``, ``graph`` (voyager's own bytes), ``graph_ids`` and
``recall``. The checksum is compared before anything else is read, so that a damaged
graph never gets to compiled code.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.nearest import METRICS, Metric
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors_file import UNREADABLE, read_arrays
from recsys_helpers.whole_files import write_whole

_NAME = b"recsys_helpers VectorIndex "
_VERSION = b"2"


class IndexFileError(ValueError):
    """A file that does not hold an index."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(
            f"{path} does not hold an index: {reason} If VectorIndex.save wrote it, "
            "the file has been damaged since: take another copy or build it again."
        )


def write(
    path: str | Path,
    movies: MovieVectors,
    metric: Metric,
    graph: bytes,
    graph_ids: NDArray[np.integer],
    recall: float,
) -> None:
    """Write under a temporary name beside `path`, then move into place."""
    arrays: dict[str, Any] = {
        "movie_ids": movies.movie_ids,
        "matrix": movies.matrix,
        "metric": np.array(metric),
        "graph": np.frombuffer(graph, dtype=np.uint8),
        "graph_ids": graph_ids,
        "recall": np.array(recall),
    }
    if movies.titles is not None:
        arrays["titles"] = np.array(movies.titles, dtype=str)
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    write_whole(path, _header(archive.getbuffer()) + archive.getbuffer())


def read(
    path: str | Path,
) -> tuple[MovieVectors, Metric, bytes, NDArray[np.integer], float]:
    """Return what `write` was given, of a file whose checksum is right.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IndexFileError
        If it is not an index, of another version, or not as it was written.
    """
    with open(path, "rb") as file:
        name, checksum = file.readline(100), file.readline(100)
        content = file.read()
    if not name.startswith(_NAME):
        raise IndexFileError(path, "it begins in another way.")
    if name != _NAME + _VERSION + b"\n":
        raise IndexFileError(
            path,
            f"this course reads version {_VERSION.decode()} of the format. An index "
            "of another version has to be built again, from the same vectors.",
        )
    if name + checksum != _header(content):
        raise IndexFileError(path, "its checksum is wrong.")
    try:
        arrays = read_arrays(io.BytesIO(content))
        titles = arrays["titles"].tolist() if "titles" in arrays else None
        movies = MovieVectors(arrays["movie_ids"], arrays["matrix"], titles)
        metric, graph = arrays["metric"].item(), arrays["graph"].tobytes()
        graph_ids, recall = arrays["graph_ids"], arrays["recall"].item()
    except UNREADABLE as error:
        raise IndexFileError(path, f"it cannot be read ({error}).") from error
    if metric not in METRICS:
        raise IndexFileError(path, f"its metric is {metric!r}.")
    if graph_ids.shape != (len(movies),) or graph_ids.dtype.kind != "i":
        raise IndexFileError(path, "its graph belongs to other movies.")
    return movies, metric, graph, graph_ids, recall


def _header(content: bytes | memoryview) -> bytes:
    checksum = hashlib.sha256(content).hexdigest().encode()
    return _NAME + _VERSION + b"\n" + checksum + b"\n"
