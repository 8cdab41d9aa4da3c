"""Whom a recommender serves well, whom it passes by, and who can be found again.

A mean over users is a mean over the many. `popularity_classes` and
`shares_of_profiles` tell whose taste lies outside of the mainstream, and
`calibrated_lists` gives lists the proportions of a user's own history.

And what does a user's vector give away? Somebody publishes the vectors of users,
without names. Somebody else knows a few likes of a person from elsewhere (a blog,
another site), folds them in, and looks for the nearest vector: `found_again`. Narayanan
and Shmatikov, "Robust de-anonymization of large sparse datasets", IEEE Symposium on
Security and Privacy 2008, did it with ratings themselves.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr, check_number
from recsys_helpers.vectors.nearest import nearest_rows

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


def halves(
    likes: sparse.csr_array, seed: int = 0
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Deal the stored cells of each row out to two matrices at random.

    Parameters
    ----------
    likes : scipy.sparse.csr_array, shape (n_users, n_movies)

    Returns
    -------
    two csr_arrays of the same shape
        Disjoint; together they hold every cell. A row with n cells has ``n // 2`` of
        them in the second.
    """
    check_csr("likes", likes)
    n = np.diff(likes.indptr)
    rows = np.repeat(np.arange(len(n)), n)
    keys = np.random.default_rng(seed).random(likes.nnz)
    order = np.lexsort((keys, rows))
    place = np.empty(likes.nnz, dtype=np.int64)
    place[order] = np.arange(likes.nnz) - np.repeat(likes.indptr[:-1], n)
    in_second = place < n[rows] // 2
    return tuple(
        sparse.csr_array(
            (likes.data[part], (rows[part], likes.indices[part])), shape=likes.shape
        )
        for part in (~in_second, in_second)
    )


def found_again(
    published: NDArray[np.floating], folded_in: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Tell for each user whether the nearest published vector, by cosine, is their own.

    Parameters
    ----------
    published, folded_in : array, shape (n_users, f)
        Row u of both is user u; their other half's, in the second.

    Returns
    -------
    bool array, shape (n_users,)
        By guessing, one in n_users would be True. A user whose second vector is zero
        has no direction and is not found.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> found_again(np.array([[1.0, 0], [0, 1]]), np.array([[2.0, 1], [3, 0]])).tolist()
    [True, False]
    """
    if published.shape != folded_in.shape:
        raise ValueError(
            "Both need a vector for each user, in the same order; got shapes "
            f"{published.shape} and {folded_in.shape}."
        )
    nearest, _ = nearest_rows(folded_in, published, n=1)
    return (nearest[:, 0] == np.arange(len(published))) & folded_in.any(axis=1)


def with_noise(vectors: NDArray[np.floating], noise: float, seed: int = 0) -> Floats:
    """Add normal noise of `noise` times the median length of the vectors.

    Ad hoc: it hides somewhat, and promises nothing. Differential privacy asks for
    noise that fits the most that one rating can change, wherever it enters.

    Parameters
    ----------
    vectors : array, shape (n_users, f)
    noise : float
        At least 0. At 1 the noise is, in the root mean square, as long as the median
        vector.
    """
    check_number("noise", noise)
    median = np.median(np.linalg.norm(vectors, axis=1))
    drawn = np.random.default_rng(seed).normal(size=vectors.shape)
    return vectors + drawn * noise * median / np.sqrt(vectors.shape[1])
