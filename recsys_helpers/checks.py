"""Checks of settings and matrices that several modules need."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse

from recsys_helpers.ids import IdIndex


def as_list(one_or_several: Any) -> list[Any]:
    """List several names or ids, or the one: a text is an iterable of letters.

    Examples
    --------
    >>> as_list("Heat"), as_list(6), as_list(("Heat", 6))
    (['Heat'], [6], ['Heat', 6])
    """
    is_one = isinstance(one_or_several, str | Integral)
    return [one_or_several] if is_one else list(one_or_several)


def check_count(name: str, count: int, at_least: int = 1) -> None:
    """Raise a ValueError unless `count` is a whole number of at least `at_least`."""
    if not (isinstance(count, Integral) and count >= at_least):
        raise ValueError(
            f"{name} must be at least {at_least}, in whole numbers; got {count!r}."
        )


def check_number(name: str, number: float) -> None:
    """Raise a ValueError unless `number` is finite and at least 0."""
    if not (isinstance(number, Real) and 0 <= number < np.inf):
        raise ValueError(f"{name} must be a number of at least 0; got {number!r}.")


def check_positive(name: str, number: float) -> None:
    """Raise a ValueError unless `number` is finite and above 0."""
    if not (isinstance(number, Real) and 0 < number < np.inf):
        raise ValueError(f"{name} must be a number above 0; got {number!r}.")


def check_share(name: str, share: float) -> None:
    """Raise a ValueError unless `share` is a number from 0 to below 1."""
    if not (isinstance(share, Real) and 0 <= share < 1):
        raise ValueError(f"{name} must be from 0 to below 1; got {share!r}.")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise a ValueError unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}; got {value!r}.")


def check_csr(name: str, matrix: Any) -> None:
    """Raise a TypeError unless `matrix` is sparse, held row by row, with two axes."""
    if not sparse.issparse(matrix):
        what = type(matrix).__name__
        remedy = "For an array with two axes: scipy.sparse.csr_array(matrix)"
    elif matrix.ndim != 2:
        what = "a sparse array with one axis"
        remedy = "For a single row: .reshape(1, -1).tocsr()"
    elif matrix.format != "csr":
        what, remedy = f"in {matrix.format} format", "Use .tocsr()"
    else:
        return
    raise TypeError(f"{name} must be sparse, in csr format; this is {what}. {remedy}.")


def misfit(shape: tuple[int, ...], users: IdIndex, movies: IdIndex) -> str | None:
    """Say which axis of a user by movie matrix does not fit, if one does not."""
    axes = [("rows", "users", users), ("columns", "movies", movies)]
    for axis, ((place, whose, index), length) in enumerate(
        zip(axes, shape, strict=True)
    ):
        if length != len(index):
            turned = shape == (len(movies), len(users))
            hint = " It looks transposed: pass matrix.T.tocsr()." if turned else ""
            return (
                f"Axis {axis} of the matrix has {length:,} {place}, and there are "
                f"{len(index):,} {whose}.{hint}"
            )
        # With as many users as movies only the names can tell.
        foreign = {"user_id", "movie_id"} - {f"{whose[:-1]}_id"}
        if index.name in foreign:
            return (
                f"Axis {axis} of the matrix should be {whose}, and its index is one "
                f"of {index.name}. Swap users and movies."
            )
    return None
