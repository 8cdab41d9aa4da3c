"""How sure a mean over users is, and how sure a difference between two methods.

A metric is a mean over the users who happen to be in the data. The bootstrap asks
how much it would move with other users like them: draw as many users with
replacement, take the mean, repeat, and keep the middle 95 % of the means.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._checks import check_count


class Estimate(NamedTuple):
    """A mean over users, the ends of its interval, and the number of users."""

    value: float
    low: float
    high: float
    n: int


def bootstrap_interval(
    per_user: ArrayLike,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
    *,
    weights: ArrayLike | None = None,
) -> Estimate:
    """Percentile bootstrap interval of a mean over users.

    Parameters
    ----------
    per_user : array, shape (n_users,)
        One value a user; users with NaN are left out.
    level : float
        Between 0 and 1: the share of resampled means that the interval holds.
    n_resamples : int
    seed : int
        The same seed and number of users draws the same users, whatever the values.
    weights : array, shape (n_users,), optional
        Take the weighted mean; weights are above 0. With a user's mean squared error
        as value and number of test ratings as weight this is the error over all
        ratings, and whole users are drawn: the ratings of one user are not independent.

    Returns
    -------
    Estimate
        ``(value, low, high, n)``; NaN and n = 0 if no user has a value.

    Raises
    ------
    ValueError
        If `level` or `n_resamples` is out of range, the shapes differ, or a user with
        a value has a weight that is not above 0.

    Notes
    -----
    Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3.

    Examples
    --------
    >>> bootstrap_interval([0.25, 0.25, 0.25])
    Estimate(value=0.25, low=0.25, high=0.25, n=3)
    """
    if not 0 < level < 1:
        raise ValueError(f"level is between 0 and 1, for example 0.95, not {level}.")
    check_count("n_resamples", n_resamples)
    values = np.asarray(per_user, dtype=np.float64)
    weights = np.ones_like(values) if weights is None else np.asarray(weights)
    if values.ndim != 1 or weights.shape != values.shape:
        raise ValueError(
            "Expected one value (and one weight) a user, got shapes "
            f"{values.shape} and {weights.shape}."
        )
    defined = ~np.isnan(values)
    values, weights = values[defined], weights[defined]
    if not (weights > 0).all():
        bad = weights[~(weights > 0)][0]
        raise ValueError(
            f"A weight is {bad}; weights are above 0, for example a user's number of "
            "ratings. Leave a user without any out, or give them NaN as value."
        )
    if values.size == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    means = _resampled_means(values, weights, n_resamples, seed)
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    value = (values @ weights) / weights.sum()
    return Estimate(float(value), float(low), float(high), values.size)


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
    *,
    weights: ArrayLike | None = None,
) -> Estimate:
    """Bootstrap interval of ``mean(a - b)`` for two methods on the same users.

    Users differ more than methods do. Taking the difference user by user removes
    what is hard or easy about a user, so this interval is narrower than the two
    methods' own intervals let one fear: they may overlap and the difference be sure.

    Parameters
    ----------
    a, b : array, shape (n_users,)
        The same metric of two methods, user by user. A user with NaN in either is
        left out. For the rest see `bootstrap_interval`.

    Examples
    --------
    >>> paired_difference([0.75, 0.25, 0.5], [0.5, 0.0, 0.25])
    Estimate(value=0.25, low=0.25, high=0.25, n=3)
    """
    a = np.asarray(a, dtype=np.float64)
    b = np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(
            f"A paired comparison needs the same users in the same order, got "
            f"{a.size} and {b.size} values."
        )
    return bootstrap_interval(a - b, level, n_resamples, seed, weights=weights)


def _resampled_means(
    values: NDArray, weights: NDArray, n_resamples: int, seed: int
) -> NDArray:
    rng = np.random.default_rng(seed)
    products = values * weights
    means = np.empty(n_resamples)
    # One resample at a time: all at once would take n_resamples x n_users of memory.
    for i in range(n_resamples):
        drawn = rng.integers(values.size, size=values.size)
        means[i] = products[drawn].sum() / weights[drawn].sum()
    return means
