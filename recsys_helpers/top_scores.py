"""Which scores are the largest, in one definite order."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.checks import check_count

# Similarities that agree in their first 12 decimals count as equal.
DECIMALS = 12


def top_n(
    scores: ArrayLike, n: int, exclude: ArrayLike | None = None
) -> NDArray[np.intp]:
    """Positions of the `n` largest scores, largest first.

    Parameters
    ----------
    scores : array, shape (m,)
    n : int
        At least 1. Fewer come back if fewer are left: a score of -inf marks what is
        left out, as `exclude` does.
    exclude : array, optional
        Positions to leave out, or a boolean mask of shape (m,).

    Returns
    -------
    array of int, shape (min(n, number left),)
        Ties go to the lower position. Positions follow the sorted ids, so a list
        has one definite order and every metric computed from it one value.

    Raises
    ------
    ValueError
        If n is not a whole number of at least 1, or a score is NaN or +inf.

    Examples
    --------
    >>> top_n([0.5, 0.9, 0.5, 0.1], 2).tolist()
    [1, 0]
    >>> top_n([0.5, 0.9, 0.5, 0.1], 9, exclude=[1]).tolist()
    [0, 2, 3]
    """
    scores = np.asarray(scores, dtype=np.float64)
    check_count("n", n)
    if not (scores < np.inf).all():
        raise ValueError(
            "A score is NaN or infinite, which has no place in an order. Has the "
            "training diverged, or something been divided by 0? Give movies without a "
            "score -inf, which leaves them out."
        )
    left = scores > -np.inf
    if exclude is not None and np.size(exclude):
        left[np.asarray(exclude)] = False
    candidates = np.flatnonzero(left)
    if n < len(candidates):
        values = scores[candidates]
        # All ties with the n-th largest stay in, so that the sort decides them.
        candidates = candidates[values >= np.partition(values, -n)[-n]]
    return candidates[np.argsort(-scores[candidates], kind="stable")][:n]


def k_largest(scores: NDArray[np.floating], k: int) -> NDArray[np.float64]:
    """Keep the `k` largest positive scores of each row, and make all others 0.

    Parameters
    ----------
    scores : numpy.ndarray of float, shape (m, p)
    k : int
        At least 1. Rows with fewer positive scores keep what they have.

    Returns
    -------
    numpy.ndarray of float64, shape (m, p)
        Rounded to 12 decimals, so that what is equal but for rounding is a tie; ties
        go to the lower column.

    Raises
    ------
    ValueError
        If `k` is not a whole number of at least 1, or a score is NaN.

    Examples
    --------
    >>> k_largest(np.array([[0.2, 0.5, -0.9, 0.5], [0.0, 0.1, 0.0, 0.0]]), k=1).tolist()
    [[0.0, 0.5, 0.0, 0.0], [0.0, 0.1, 0.0, 0.0]]
    """
    check_count("k", k)
    scores = np.maximum(scores, 0.0).round(DECIMALS)
    kept = np.zeros_like(scores)
    for row, row_scores in enumerate(scores):
        best = top_n(row_scores, k, exclude=row_scores == 0)
        kept[row, best] = row_scores[best]
    return kept
