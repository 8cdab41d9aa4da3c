"""How to compare two recommenders on people, and how to fool yourself doing it.

In an A/B test chance decides, user by user, who gets recommender A and who gets B.
The functions here ask beforehand how many users it takes, and measure how often a
way to analyse the test raises a false alarm: says "different" in an *A/A test*, where
both sides get the same.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from recsys_helpers._checks import check_count

Floats = NDArray[np.float64]


class Comparison(NamedTuple):
    """Difference B - A of two rates, its standard error, z and two-sided p-value."""

    difference: float
    standard_error: float
    z: float
    p: float


def users_per_side(
    rate_a: float, rate_b: float, level: float = 0.05, power: float = 0.8
) -> int:
    r"""How many users a side it takes to tell two rates apart.

    .. math::
        n = (z_{1 - \alpha/2} + z_{1 - \beta})^2 \,
            \frac{p_A (1 - p_A) + p_B (1 - p_B)}{(p_A - p_B)^2}

    with the quantiles z of the normal distribution, rounded up. Chow, Shao and Wang,
    "Sample Size Calculations in Clinical Research" (2008), section 4.2. Others pool
    the two rates for the first quantile, and get a few users more or less.

    Parameters
    ----------
    rate_a, rate_b : float
        Share of the users who do it (click, come back), between 0 and 1, not equal.
    level : float
        Chance of a false alarm that you accept.
    power : float
        Chance to notice the difference, if it is there.

    Raises
    ------
    ValueError
        If an argument is not between 0 and 1, or the rates are equal.

    Examples
    --------
    >>> users_per_side(0.10, 0.12)
    3839
    """
    for name, value in (
        ("rate_a", rate_a),
        ("rate_b", rate_b),
        ("level", level),
        ("power", power),
    ):
        if not 0 < value < 1:
            raise ValueError(f"{name} is between 0 and 1, both left out; got {value}.")
    if rate_a == rate_b:
        raise ValueError("No number of users tells two equal rates apart.")
    quantiles = stats.norm.ppf(1 - level / 2) + stats.norm.ppf(power)
    variance = rate_a * (1 - rate_a) + rate_b * (1 - rate_b)
    return int(np.ceil(quantiles**2 * variance / (rate_a - rate_b) ** 2))


def compare_per_user(
    clicks: ArrayLike, shown: ArrayLike, in_b: ArrayLike
) -> Comparison:
    r"""Compare click rates with the user as the unit: the delta method.

    The rate r of a side is clicks over impressions. As if every impression were a user
    of its own, its variance would be that of a share; but chance dealt out users. With
    :math:`\bar n` the mean number of impressions, the variance is that of
    :math:`(c_u - r \, n_u) / \bar n` over the side's users, divided by their number.
    Deng, Knoblich and Lu, "Applying the delta method in metric analytics", KDD 2018.

    Parameters
    ----------
    clicks, shown : array, shape (n_users,)
        What each user clicked, of how much they were shown.
    in_b : bool array, shape (n_users,)
        Who got B.

    Raises
    ------
    ValueError
        If the shapes differ, a side has fewer than two users or was shown nothing, or
        a user has more clicks than impressions.
    """
    clicks, shown, in_b = (np.asarray(a) for a in (clicks, shown, in_b))
    _check_table(clicks, shown, in_b)
    rates, variances = [], []
    for side in (~in_b, in_b):
        c, n = clicks[side], shown[side]
        rate = c.sum() / n.sum()
        rates.append(rate)
        variances.append(np.var((c - rate * n) / n.mean(), ddof=1) / len(n))
    difference = float(rates[1] - rates[0])
    error = float(np.sqrt(sum(variances)))
    if error > 0:
        z = difference / error
    else:  # nobody differs from anybody on the same side
        z = np.copysign(np.inf, difference) if difference else 0.0
    return Comparison(difference, error, float(z), float(2 * stats.norm.sf(abs(z))))


def peeking_false_alarms(
    n_looks: int, n_tests: int = 10_000, threshold: float = 1.96, seed: int = 0
) -> Floats:
    """Share of A/A tests that have looked different by each look.

    Every look comes after the same number of new users, and an alarm is raised at the
    first look at which the absolute z reaches `threshold`. The mean of many users is
    normal, so the users between two looks are drawn as one normal number. Armitage,
    McPherson and Rowe, "Repeated significance tests on accumulating data", JRSS A
    132(2), 1969.

    Parameters
    ----------
    n_looks, n_tests : int
        At least 1.
    threshold : float
        1.96 for a false alarm in 5 % of the tests that are looked at once.

    Returns
    -------
    array, shape (n_looks,)
        From 0 to 1, never falling.
    """
    return (_largest_z(n_looks, n_tests, seed) >= threshold).mean(axis=0)


def threshold_for_looks(
    n_looks: int, level: float = 0.05, n_tests: int = 100_000, seed: int = 0
) -> float:
    """Threshold of the absolute z that keeps false alarms over all looks at `level`.

    Pocock, "Group sequential methods in the design and analysis of clinical trials",
    Biometrika 64(2), 1977; here by simulation.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is between 0 and 1, for example 0.05, not {level}.")
    largest = _largest_z(n_looks, n_tests, seed)[:, -1]
    return float(np.quantile(largest, 1 - level))


def _largest_z(n_looks: int, n_tests: int, seed: int) -> Floats:
    """Largest absolute z up to each look of A/A tests, shape (n_tests, n_looks)."""
    check_count("n_looks", n_looks)
    check_count("n_tests", n_tests)
    news = np.random.default_rng(seed).normal(size=(n_tests, n_looks))
    z = np.cumsum(news, axis=1) / np.sqrt(np.arange(1, n_looks + 1))
    return np.maximum.accumulate(np.abs(z), axis=1)


def _check_table(clicks: NDArray, shown: NDArray, in_b: NDArray) -> None:
    if not clicks.shape == shown.shape == in_b.shape or in_b.dtype != bool:
        raise ValueError(
            "Expected clicks, impressions and a bool for each user; got shapes "
            f"{clicks.shape}, {shown.shape} and {in_b.shape}, the last {in_b.dtype}."
        )
    if (clicks > shown).any():
        raise ValueError("A user has more clicks than impressions.")
    if min(in_b.sum(), (~in_b).sum()) < 2:
        raise ValueError("A side needs at least two users to tell how they vary.")
    if not (shown[in_b].sum() > 0 and shown[~in_b].sum() > 0):
        raise ValueError("A side was shown nothing, so it has no click rate.")
