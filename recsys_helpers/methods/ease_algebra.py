"""What EASE's weights follow from: likes, and an inverse in users by users.

In users and not in movies, since there are fewer of them here.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from recsys_helpers.interactions import Interactions

Floats = NDArray[np.float64]

HALF_LIKE = 0.5
_NUMBERS_IN_A_BLOCK = 4 * 2**20


def like_values(
    stars: Floats, like_threshold: float | None, half_like_from: float | None
) -> Floats:
    """Say how much of a like each rating is.

    Parameters
    ----------
    stars : array of float, shape (n,)
    like_threshold : float or None
        A rating of at least this many stars is 1; None: every rating is.
    half_like_from : float or None
        A rating from here up to below `like_threshold` is 0.5; None: nothing is.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)

    Examples
    --------
    >>> like_values(np.array([2.0, 3.5, 4.0]), 4.0, 3.0).tolist()
    [0.0, 0.5, 1.0]
    """
    if like_threshold is None:
        return np.ones(len(stars))
    liked = (stars >= like_threshold).astype(np.float64)
    if half_like_from is not None:
        liked[(stars >= half_like_from) & (liked == 0)] = HALF_LIKE
    return liked


def gram_inverse(X: sparse.csr_array, l2: float) -> Floats:
    r"""Invert the users by users matrix from which EASE's weights follow.

    :math:`K = (X X^T + \lambda I)^{-1}`. By the Woodbury identity the movies by
    movies matrix is :math:`P = (X^T X + \lambda I)^{-1} = (I - X^T K X) / \lambda`.

    Parameters
    ----------
    X : scipy.sparse.csr_array, shape (n_users, n_movies)
    l2 : float
        Above 0.

    Returns
    -------
    numpy.ndarray of float64, shape (n_users, n_users)
        Symmetric. Little more memory than for this is needed on the way.

    Raises
    ------
    ValueError
        If `l2` is so small that the inverse cannot be computed.

    Examples
    --------
    >>> gram_inverse(sparse.csr_array([[1.0, 1.0, 0.0]]), l2=2).round(12).tolist()
    [[0.25]]
    """
    n = X.shape[0]
    step = max(1, _NUMBERS_IN_A_BLOCK // n)
    blocks = [slice(start, start + step) for start in range(0, n, step)]
    gram, columns = np.empty((n, n)), X.T.tocsr()
    for block in blocks:
        gram[block] = (X[block] @ columns).toarray()
    gram[np.diag_indices(n)] += l2
    # LAPACK wants columns one after the other, so it is given the transpose, and what
    # is its lower half is the upper one here. Both steps write into `gram`.
    factor, failed = lapack.dpotrf(gram.T, lower=1, clean=0, overwrite_a=1)
    if not failed:
        inverse, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError(f"l2={l2} is too small: the matrix cannot be inverted.")
    inverse = inverse.T
    for block in blocks:
        corner = np.triu(inverse[block, block])
        inverse[block, block] = corner + np.triu(corner, 1).T
        inverse[block.stop :, block] = inverse[block, block.stop :].T
    return inverse


def inverse_diagonal(X: sparse.csr_array, K: Floats) -> Floats:
    """Diagonal of ``l2 * P``, that is 1 - x'Kx for each column x of X.

    Parameters
    ----------
    X : scipy.sparse.csr_array, shape (n_users, n_movies)
    K : numpy.ndarray, shape (n_users, n_users)
        From `gram_inverse`.

    Returns
    -------
    numpy.ndarray of float64, shape (n_movies,)
        Above 0 and at most 1. It is 1 for a movie that nobody likes.
    """
    columns = X.T.tocsr()
    step = max(1, _NUMBERS_IN_A_BLOCK // len(K))
    parts = []
    for start in range(0, columns.shape[0], step):
        block = columns[start : start + step]
        parts.append(block.multiply(block @ K).sum(axis=1))
    return 1 - np.concatenate(parts)


def matrix_of_values(
    train: pd.DataFrame, values: Floats, rated: Interactions
) -> sparse.csr_array:
    """Put the values above 0 into a matrix with the rows and columns of `rated`."""
    liked = train.assign(value=values)[values > 0]
    return Interactions.from_ratings(liked, "value", rated.users, rated.movies).matrix
