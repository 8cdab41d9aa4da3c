"""Numbers as short text, for a page that reads them into typed arrays."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import ArrayLike, NDArray

# In place of a position that there is none of.
NOTHING = 65_535
_KINDS = {
    "u8": "<u1",
    "i8": "<i1",
    "u16": "<u2",
    "i16": "<i2",
    "u32": "<u4",
    "i32": "<i4",
    "f32": "<f4",
}


def packed(numbers: ArrayLike, kind: str) -> str:
    """Write numbers as base64 of a little-endian array, row by row.

    >>> packed([1, 2], "u16")
    'AQACAA=='
    """
    numbers = np.asarray(numbers)
    if not np.isfinite(numbers).all():
        raise ValueError("A number is NaN or infinite, and a page can use neither.")
    dtype = np.dtype(_KINDS[kind])
    if dtype.kind != "f":
        limits = np.iinfo(dtype)
        whole = np.rint(numbers) == numbers
        if not (whole & (numbers >= limits.min) & (numbers <= limits.max)).all():
            raise ValueError(
                f"A number does not fit {kind}: whole, from {limits.min:,} to "
                f"{limits.max:,}."
            )
    return base64.b64encode(numbers.astype(dtype).tobytes()).decode("ascii")


def quantised_rows(
    matrix: NDArray[np.floating], bits: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Round each row to whole multiples of a step, its scale; 0 for a row of zeros.

    The largest number of a row becomes 127 (8 bits) or 32,767 (16 bits).

    >>> numbers, scales = quantised_rows(np.array([[0.5, -1.27], [0.0, 0.0]]), bits=8)
    >>> numbers.tolist()
    [[50, -127], [0, 0]]
    >>> scales.round(3).tolist()
    [0.009999999776482582, 0.0]
    """
    largest = 2 ** (bits - 1) - 1
    scales = (np.abs(matrix).max(axis=1) / largest).astype(np.float32)
    steps = np.where(scales > 0, scales, 1).astype(np.float64)[:, None]
    # The scale is rounded too, so the largest can come out a hair above.
    numbers = np.clip(np.rint(matrix / steps), -largest, largest)
    return numbers.astype(np.int64), scales
