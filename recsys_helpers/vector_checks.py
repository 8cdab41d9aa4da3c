"""Check what a `MovieVectors` is made from, and say in plain words what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.checks import as_list

# Beyond this the squares overflow in float32; a model that got there has diverged.
LARGEST_VALUE = 1e15


def checked_ids(movie_ids: ArrayLike) -> NDArray[np.integer]:
    """Take a read-only copy of 1-D, positive, unique whole ids."""
    ids = np.array(movie_ids)
    if ids.ndim != 1 or not ids.size:
        raise ValueError(
            f"movie_ids is a list of at least one id; this has shape {ids.shape}."
        )
    if ids.dtype.kind not in "iu":
        raise TypeError(f"movie_ids are whole numbers; these are {ids.dtype}.")
    if ids.min() < 1:
        raise ValueError(f"movie_ids are positive; {ids.min()} is among these.")
    unique, counts = np.unique(ids, return_counts=True)
    if len(unique) < len(ids):
        repeated = unique[counts.argmax()]
        raise ValueError(
            f"Every movie has one vector; movie_id {repeated} occurs {counts.max()} "
            "times."
        )
    ids.flags.writeable = False
    return ids


def checked_matrix(matrix: ArrayLike, name: str = "matrix") -> NDArray[np.floating]:
    """Take a read-only copy: 2-D, not empty, finite, float32 or float64."""
    matrix = np.array(matrix)
    if matrix.dtype.kind not in "iuf":
        raise TypeError(f"The {name} holds numbers; this one is {matrix.dtype}.")
    if matrix.dtype not in (np.float32, np.float64):
        matrix = matrix.astype(np.float64)
    if matrix.ndim != 2 or not matrix.size:
        raise ValueError(
            f"The {name} needs one row a movie and at least one column; "
            f"this one has shape {matrix.shape}."
        )
    wrong = ~(np.abs(matrix) <= LARGEST_VALUE)  # NaN is not below anything
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"The {name} has {wrong.sum():,} values that are NaN, infinite or above "
            f"{LARGEST_VALUE:.0e}, the first {matrix[row, column]} in row {row}, "
            f"column {column}. Has the training diverged?"
        )
    matrix.flags.writeable = False
    return matrix


def checked_titles(titles: Sequence[str]) -> tuple[str, ...]:
    """Take the titles as a tuple of text."""
    titles = tuple(as_list(titles))
    for row, title in enumerate(titles):
        if not isinstance(title, str) or "\0" in title:
            raise TypeError(f"Titles are text; {title!r} in row {row} is not.")
    return titles


def check_length(name: str, length: int, unit: str, n_movies: int) -> None:
    """Refuse another length than there are movies."""
    if length != n_movies:
        raise ValueError(
            f"There are {n_movies:,} movie_ids, but the {name} has {length:,} {unit}."
        )
