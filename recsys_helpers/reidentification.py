"""What a user's vector gives away: whether its owner can be found again.

Somebody publishes the vectors of users, without names. Somebody else knows a few
likes of a person from elsewhere (a blog, another site), folds them in, and looks for
the nearest vector. Narayanan and Shmatikov, "Robust de-anonymization of large sparse
datasets", IEEE Symposium on Security and Privacy 2008, did it with ratings
themselves.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.checks import check_csr, check_number
from recsys_helpers.nearest import nearest_rows

Floats = NDArray[np.float64]


def halves(
    likes: sparse.csr_array, seed: int = 0
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Deal the stored cells of each row out to two matrices at random.

    Parameters
    ----------
    likes : scipy.sparse.csr_array, shape (n_users, n_movies)
    seed : int

    Returns
    -------
    two csr_arrays of the same shape
        Disjoint; together they hold every cell. A row with n cells has ``n // 2`` of
        them in the second.

    Raises
    ------
    TypeError
        If `likes` is not sparse, in csr format.
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
    seed : int

    Returns
    -------
    array, shape (n_users, f)
        A new one.
    """
    check_number("noise", noise)
    median = np.median(np.linalg.norm(vectors, axis=1))
    drawn = np.random.default_rng(seed).normal(size=vectors.shape)
    return vectors + drawn * noise * median / np.sqrt(vectors.shape[1])
