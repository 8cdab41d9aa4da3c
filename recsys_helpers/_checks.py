"""Checks of settings, times and matrices that several modules need."""

from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

# The end of the year 9999. Milliseconds, taken for seconds, lie beyond.
LAST_SECOND = 253_402_300_799


def as_list(one_or_several: Any) -> list[Any]:
    """List several names or ids, or the one: a text is an iterable of letters."""
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


def check_share(name: str, share: float, closed: bool = False) -> None:
    """Raise a ValueError unless `share` is from 0 to below 1, or to 1 if `closed`."""
    is_below = isinstance(share, Real) and 0 <= share < 1
    if not (is_below or (closed and share == 1)):
        end = "1" if closed else "below 1"
        raise ValueError(f"{name} must be from 0 to {end}; got {share!r}.")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise a ValueError unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}; got {value!r}.")


def checked_times(ratings: pd.DataFrame, needed_by: str) -> NDArray[np.number]:
    """Give the times of ratings in seconds since 1970, which can be put in order.

    Dates, text ("9" comes after "10"), what is missing, milliseconds and numbers that a
    spreadsheet has rounded raise a ValueError, which names the first row.
    """
    problem = f"{needed_by} needs to know when each rating was given, and "
    if "timestamp" not in ratings:
        raise ValueError(f"{problem}the ratings have no column timestamp.")
    column = ratings["timestamp"]
    kind = column.dtype.kind
    if kind in "mM" or isinstance(column.dtype, pd.PeriodDtype):
        raise ValueError(
            f"{problem}wants seconds since 1970; these are dates ({column.dtype}): "
            'pd.to_datetime(ratings["timestamp"], utc=True)'
            '.astype("datetime64[s, UTC]").astype("int64")'
        )
    if kind in "iu" and not column.hasnans:
        times = column.to_numpy(dtype=np.int64)
    elif kind in "iuf":
        times = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        is_number = [isinstance(t, Real) and not isinstance(t, bool) for t in column]
        times = np.array(np.where(is_number, column, np.nan), dtype=np.float64)
    good = (times >= 0) & (times <= LAST_SECOND)
    if not good.all():
        row = int(np.argmin(good))
        value = column.iloc[[row]].tolist()[0]
        raise ValueError(
            f"{problem}ratings.iloc[{row}] has the timestamp {value!r}, which is no "
            "number of seconds since 1970. Of text pd.to_numeric makes numbers, and "
            "// 1000 seconds of milliseconds; rows without a time must go."
        )
    if _looks_rounded(times):
        raise ValueError(
            f"{problem}all timestamps are rounded to six digits, the first to "
            f"{times[0]:.5E}, as a spreadsheet shows and saves them. Take the original "
            "file, or show the column there as numbers without decimals and save again."
        )
    return times


def _looks_rounded(times: NDArray[np.number]) -> bool:
    # Of small numbers, which are no times of today, six digits are all there are; and
    # a few can be round by chance.
    some = np.unique(times[:: max(1, len(times) // 1000)])
    if len(some) < 20 or times.min() < 1e8:
        return False
    return not (times % 10.0 ** (np.floor(np.log10(times)) - 5)).any()


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
