"""Find whether a user rates a movie twice, among tens of millions of ratings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LOW_32_BITS = 2**32 - 1
# Bounds the memory that comparing neighbours takes.
_BLOCK = 1_000_000


def first_repeated_pair(
    users: NDArray[np.integer], movies: NDArray[np.integer]
) -> tuple[int, int] | None:
    """Positions of the first two rows with the same pair, or None.

    Rows sorted by user and movie, as MovieLens has them, are compared with their
    neighbours, a block at a time. Otherwise one int64 key a row is sorted: 8 bytes
    a rating, 244 MiB for 32 million.

    Parameters
    ----------
    users, movies : array of int, shape (n,)
        Ids from 1 to 2**31 - 1.

    Examples
    --------
    >>> first_repeated_pair(np.array([7, 7, 8, 7]), np.array([1, 2, 1, 1]))
    (0, 3)
    """
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
