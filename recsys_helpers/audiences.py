"""Whom a recommender serves well, and whom it passes by.

A mean over users is a mean over the many. `popularity_classes` and
`shares_of_profiles` tell whose taste lies outside of the mainstream, and
`calibrated_lists` gives lists the proportions of a user's own history.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.checks import check_count

Floats = NDArray[np.float64]


def popularity_classes(n_ratings: ArrayLike) -> NDArray[np.int64]:
    """Class of each movie: 0 head, 1 middle, 2 tail, with a third of the ratings each.

    Movies are taken from the most rated down; one belongs to the third in which its
    first rating lies.

    Parameters
    ----------
    n_ratings : array of int, shape (n_movies,)
        At least one movie has a rating.

    Raises
    ------
    ValueError
        If there are no ratings.

    Examples
    --------
    >>> popularity_classes([1, 4, 1, 3, 1, 1, 1]).tolist()
    [1, 0, 2, 1, 2, 2, 2]
    """
    n_ratings = np.asarray(n_ratings)
    if not n_ratings.sum() > 0:
        raise ValueError("There are no ratings.")
    order = np.argsort(-n_ratings, kind="stable")
    in_order = n_ratings[order]
    # In whole numbers: a third is no binary fraction.
    before = 3 * (np.cumsum(in_order) - in_order)
    classes = np.empty(len(order), dtype=np.int64)
    classes[order] = np.minimum(before // n_ratings.sum(), 2)
    return classes


def shares_of_profiles(profiles: NDArray[np.bool_], features: Floats) -> Floats:
    """Mix of features in each user's movies: the mean of the movies' rows.

    Parameters
    ----------
    profiles : bool array, shape (n_users, n_movies)
    features : array, shape (n_movies, n_features)
        A movie's features add up to 1 (one class each, or a share for each genre).

    Returns
    -------
    array, shape (n_users, n_features)
        Zeros for a user without movies.
    """
    total = profiles.astype(np.float64) @ features
    n = profiles.sum(axis=1, keepdims=True)
    return total / np.maximum(n, 1)


def miscalibration(wanted: Floats, listed: Floats, smoothing: float = 0.01) -> Floats:
    r"""How far the mix of a list is from the mix of the user's history.

    Kullback-Leibler divergence :math:`\sum_g p_g \log(p_g / \tilde q_g)` with the
    history's shares p, the list's q, and
    :math:`\tilde q = (1 - \alpha) q + \alpha p`, which keeps it finite. Steck,
    "Calibrated recommendations", RecSys 2018.

    Parameters
    ----------
    wanted, listed : array, shape (..., n_features)
        Shares that add up to 1.
    smoothing : float
        The alpha, between 0 and 1.

    Returns
    -------
    array, shape (...)
        0 for equal shares, at most ``-log(smoothing)``.

    Examples
    --------
    >>> miscalibration(np.array([0.5, 0.5]), np.array([0.5, 0.5])).item()
    0.0
    """
    if not 0 < smoothing < 1:
        raise ValueError(f"smoothing is between 0 and 1, not {smoothing}.")
    mixed = (1 - smoothing) * listed + smoothing * wanted
    # Where nothing is wanted nothing is added, whatever the list has.
    ratio = np.divide(wanted, mixed, out=np.ones(mixed.shape), where=wanted > 0)
    return (wanted * np.log(ratio)).sum(axis=-1)


def calibrated_lists(
    candidates: NDArray[np.integer],
    scores: Floats,
    features: Floats,
    wanted: Floats,
    weight: float,
    n: int = 10,
) -> NDArray[np.intp]:
    r"""Fill lists place by place: good movies, in the proportions that are wanted.

    Each place goes to the candidate with the largest
    :math:`(1 - w) s - w \, \mathrm{KL}(p, q)`, where s is its score and q the mix of
    the list with it. Greedy, as in Steck (RecSys 2018).

    Parameters
    ----------
    candidates : int array, shape (n_users, n_candidates)
        Columns of movies, each once a user, best first.
    scores : array, shape (n_users, n_candidates)
        Theirs; on a scale of about 0 to 1, to be weighed against the divergence.
    features : array, shape (n_movies, n_features)
    wanted : array, shape (n_users, n_features)
        From `shares_of_profiles`.
    weight : float
        The w, from 0 (scores only) to 1.
    n : int
        Length of the lists.

    Returns
    -------
    int array, shape (n_users, n)
        Columns of movies.

    Raises
    ------
    ValueError
        If `weight` is out of range, there are fewer candidates than `n`, or a number
        is NaN or infinite.
    """
    check_count("n", n)
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is from 0 to 1, not {weight}.")
    if candidates.shape != scores.shape or candidates.shape[1] < n:
        raise ValueError(
            f"Lists of {n} need at least as many candidates, with a score each; got "
            f"shapes {candidates.shape} and {scores.shape}."
        )
    for name, numbers in (("score", scores), ("feature", features), ("share", wanted)):
        if not np.isfinite(numbers).all():
            raise ValueError(f"A {name} is NaN or infinite, and nothing goes by it.")
    everyone = np.arange(len(candidates))
    taken = np.zeros(candidates.shape, dtype=bool)
    lists = np.empty((len(candidates), n), dtype=np.intp)
    so_far = np.zeros(wanted.shape)
    of_candidates = features[candidates]
    for place in range(n):
        mix = (so_far[:, np.newaxis] + of_candidates) / (place + 1)
        far = miscalibration(wanted[:, np.newaxis], mix)
        worth = (1 - weight) * scores - weight * far
        best = np.argmax(np.where(taken, -np.inf, worth), axis=1)
        lists[:, place] = candidates[everyone, best]
        so_far += of_candidates[everyone, best]
        taken[everyone, best] = True
    return lists
