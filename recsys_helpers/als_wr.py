r"""ALS with a penalty that grows with the ratings, as Spark has it, from scratch.

Spark's ALS multiplies lambda by the number of ratings of the row that it solves for.
Zhou, Wilkinson, Schreiber and Pan, "Large-scale parallel collaborative filtering for
the Netflix Prize", AAIM 2008, call this ALS-WR, with *weighted regularisation*. For
stars :math:`r_{ui}`, over the known cells only:

.. math::
    \sum_{u, i} (r_{ui} - x_u \cdot y_i)^2
    + \lambda \Bigl(\sum_u n_u |x_u|^2 + \sum_i n_i |y_i|^2\Bigr)

and for likes, over all cells, the same penalty with the loss of
`recsys_helpers.factorisation`, where the confidence of a stored cell is one more than
what is stored, and :math:`n_u` counts the stored cells.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.checks import check_count, check_csr, check_positive

Floats = NDArray[np.floating]


def als_wr_step(
    R: sparse.csr_array, Y: Floats, regularization: float, *, implicit: bool
) -> Floats:
    r"""One half-step: the best vector of every row of R, with `Y` held fixed.

    .. math::
        (Y_u^T Y_u + \lambda n_u I) \, x_u = Y_u^T r_u

    for stars, and for likes, with :math:`c_{ui} = 1 + r_{ui}`,

    .. math::
        (Y^T Y + Y_u^T (C_u - I) Y_u + \lambda n_u I) \, x_u = Y_u^T c_u

    Parameters
    ----------
    R : scipy.sparse.csr_array, shape (n_rows, n_columns)
        Stars, or what the confidence of a like is above 1 (Spark's alpha times the
        rating); all above 0.
    Y : array, shape (n_columns, n_factors)
    regularization : float
        The lambda, above 0.
    implicit : bool
        Whether R holds likes.

    Returns
    -------
    array of float64, shape (n_rows, n_factors)
        Zeros for an empty row.

    Raises
    ------
    TypeError
        If R is not a csr matrix.
    ValueError
        If `regularization` is not above 0, or Y does not have a row for each column.

    Examples
    --------
    One factor, movies at 1 and 2, a user who gave both 4 stars: two ratings, so
    (1 + 4 + 0.5 * 2) x = 1 * 4 + 2 * 4, and x is 2.

    >>> R = sparse.csr_array([[4.0, 4.0]])
    >>> als_wr_step(R, np.array([[1.0], [2.0]]), 0.5, implicit=False)
    array([[2.]])
    """
    check_csr("R", R)
    check_positive("regularization", regularization)
    if R.shape[1] != len(Y):
        raise ValueError(f"R has {R.shape[1]:,} columns, and Y {len(Y):,} vectors.")
    Y = np.asarray(Y, dtype=np.float64)
    n_factors = Y.shape[1]
    of_all = Y.T @ Y if implicit else 0.0
    X = np.zeros((R.shape[0], n_factors))
    for u, (start, stop) in enumerate(zip(R.indptr[:-1], R.indptr[1:], strict=True)):
        if start == stop:
            continue
        Y_u, r_u = Y[R.indices[start:stop]], R.data[start:stop]
        weights, targets = (r_u, 1 + r_u) if implicit else (1.0, r_u)
        penalty = regularization * (stop - start) * np.eye(n_factors)
        X[u] = np.linalg.solve(
            of_all + (Y_u.T * weights) @ Y_u + penalty, Y_u.T @ targets
        )
    return X


def als_wr(
    R: sparse.csr_array,
    X: Floats,
    n_iterations: int,
    regularization: float,
    *,
    implicit: bool,
) -> tuple[Floats, Floats]:
    """Alternate from given vectors of the users, in Spark's order: movies first.

    Parameters
    ----------
    R, regularization, implicit
        As in `als_wr_step`; the rows of R are users.
    X : array, shape (n_users, n_factors)
        What the users' vectors start from. Spark's own:
        ``spark_factors(..., n_iterations=0)``.
    n_iterations : int
        At least 1.

    Returns
    -------
    X, Y : array of float32, shape (n_users, n_factors), (n_movies, n_factors)
        Spark keeps its vectors as 32-bit numbers, so they are rounded after each
        half-step here, too.
    """
    check_count("n_iterations", n_iterations)
    by_movie = R.T.tocsr()
    for _ in range(n_iterations):
        Y = als_wr_step(by_movie, X, regularization, implicit=implicit)
        Y = Y.astype(np.float32)
        X = als_wr_step(R, Y, regularization, implicit=implicit).astype(np.float32)
    return X, Y
