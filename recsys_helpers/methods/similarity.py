"""How alike two rows of ratings are, and which rows are the nearest.

The rows are movies (whose columns are users) or users (whose columns are movies). In
a sparse matrix of ratings an empty cell and a stored zero are two things: nobody has
said anything about an empty cell, while a rating that equals the mean becomes a zero
once the mean is taken off. So leave the zeros in: no ``eliminate_zeros()``.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import check_csr, check_number
from recsys_helpers.interactions import k_largest

# 4 Mi similarities are 32 MiB; a block needs about five times that while it is made.
_NUMBERS_IN_A_BLOCK = 4 * 2**20


def similarity(
    A: sparse.csr_array,
    B: sparse.csr_array,
    *,
    shrinkage: float = 0.0,
    common_only: bool = False,
) -> NDArray[np.float64]:
    r"""Similarity of each row of `A` with each row of `B`.

    .. math::
        s_{ij} = \frac{n_{ij}}{n_{ij} + \lambda} \cdot
        \frac{\sum_u a_{iu} b_{ju}}
             {\sqrt{\sum_u a_{iu}^2} \sqrt{\sum_u b_{ju}^2}}

    where :math:`n_{ij}` is the number of columns in which both have a rating and
    :math:`\lambda` the `shrinkage`, which makes little of an agreement that rests on
    few ratings (Koren, "Factorization meets the neighborhood", KDD 2008, section 2.2).

    What the fraction is called depends on what has been taken off the ratings:
    nothing, and it is the cosine; each user's mean, with movies as rows, and it is
    the adjusted cosine of Sarwar et al., "Item-based collaborative filtering
    recommendation algorithms", WWW 2001, section 3.1; each row's own mean, and it is
    Pearson's correlation, which strictly takes the means, too, over the common
    columns alone.

    Parameters
    ----------
    A, B : scipy.sparse.csr_array, shape (m, n), (p, n)
        Ratings, raw or centred. A stored zero is a rating, an empty cell is none.
    shrinkage : float
        At least 0, in ratings.
    common_only : bool
        Take the two sums of squares over the columns that both rows have, as the
        papers do, and not over all that each has. Then the similarity of two rows
        with a single column in common is always 1 or -1 (or 0, if one has a zero).

    Returns
    -------
    numpy.ndarray of float64, shape (m, p)
        Within [-1, 1]. It is 0 where two rows have no column in common, or where one
        of them is zero in all that count.

    Raises
    ------
    TypeError
        If `A` or `B` is not sparse in csr format: a transpose, say, is csc.

    Examples
    --------
    >>> movies = sparse.csr_array(np.array([[2.0, 1, 0], [2, 0, 3]]))
    >>> similarity(movies[[0]], movies[[1]]).round(2).tolist()  # 4 / (5 * 13)**0.5
    [[0.5]]
    >>> similarity(movies[[0]], movies[[1]], common_only=True).round(2).tolist()
    [[1.0]]
    >>> similarity(movies[[0]], movies[[1]], shrinkage=1).round(2).tolist()
    [[0.25]]
    """
    A, B = _checked("A", A), _checked("B", B)
    if A.shape[1] != B.shape[1]:
        raise ValueError(
            f"A has {A.shape[1]:,} columns and B has {B.shape[1]:,}; rows can be "
            "compared if their columns are the same users (or movies)."
        )
    return _compare(_parts_of(A), _turned(_parts_of(B)), shrinkage, common_only)


def similarity_in_blocks(
    A: sparse.csr_array,
    rows: NDArray[np.integer],
    *,
    shrinkage: float = 0.0,
    common_only: bool = False,
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Similarities of some rows of `A` with all its rows, a block at a time.

    Memory grows with the rows of `A`, and not with their square. What comes is which of
    `rows` these are, and their similarities, 0 of a row with itself, shape (rows in the
    block, rows of A).
    """
    size = max(1, _NUMBERS_IN_A_BLOCK // A.shape[0])
    parts = _parts_of(A)
    everyone = _turned(parts)
    for start in range(0, len(rows), size):
        block = slice(start, start + size)
        asked = _Parts(*(part[rows[block]] for part in parts))
        scores = _compare(asked, everyone, shrinkage, common_only)
        scores[np.arange(len(scores)), rows[block]] = 0
        yield block, scores


def nearest_by_similarity(
    A: sparse.csr_array, k: int, *, shrinkage: float = 0.0
) -> sparse.csr_array:
    """Similarities of each row of `A` with its `k` nearest other rows.

    Returns
    -------
    scipy.sparse.csr_array, shape (m, m)
        Row i has at most `k` entries, all above 0 and never its own: rows that
        disagree, or have nothing in common, are no neighbours. Equal similarities
        (to 12 decimals) go to the lower row.

    Examples
    --------
    >>> rows = sparse.csr_array(np.array([[1.0, 0], [1, 1], [0, 1]]))
    >>> nearest_by_similarity(rows, k=1).toarray().round(2).tolist()
    [[0.0, 0.71, 0.0], [0.71, 0.0, 0.0], [0.0, 0.71, 0.0]]
    """
    blocks = similarity_in_blocks(A, np.arange(A.shape[0]), shrinkage=shrinkage)
    nearest = [sparse.csr_array(k_largest(scores, k)) for _, scores in blocks]
    return sparse.vstack(nearest, format="csr")


class _Parts(NamedTuple):
    """What the similarities of some rows with others are made of."""

    unit: sparse.csr_array
    squares: sparse.csr_array
    ones: sparse.csr_array


def _parts_of(matrix: sparse.csr_array) -> _Parts:
    # The length of a row does not change its similarities, and between rows of
    # length 1 no product can overflow.
    unit = _unit_rows(matrix)
    return _Parts(unit, unit.power(2), _with_values(matrix, np.ones(matrix.nnz)))


def _turned(parts: _Parts) -> _Parts:
    """Transpose the parts, so that the products with others can be taken."""
    return _Parts(*(part.T.tocsr() for part in parts))


def _compare(
    a: _Parts, b: _Parts, shrinkage: float, common_only: bool
) -> NDArray[np.float64]:
    """Compute `similarity` from the parts of `A` and the turned parts of `B`."""
    check_number("shrinkage", shrinkage)
    scores = (a.unit @ b.unit).toarray()
    if common_only:
        squares = (a.squares @ b.ones).toarray()
        squares *= (a.ones @ b.squares).toarray()
        norms = np.sqrt(squares, out=squares)
        scores = np.divide(scores, norms, out=np.zeros_like(scores), where=norms > 0)
    if shrinkage > 0:
        n = (a.ones @ b.ones).toarray()
        scores *= n
        scores /= np.add(n, shrinkage, out=n)
    return scores.clip(-1, 1, out=scores)


def _unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Divide each row by its length; a row of zeros stays as it is."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    # By the largest entry first: the square of a very large number would overflow.
    largest = np.zeros(matrix.shape[0])
    np.maximum.at(largest, rows, np.abs(matrix.data))
    values = matrix.data / np.where(largest > 0, largest, 1)[rows]
    length = np.sqrt(np.bincount(rows, values**2, minlength=matrix.shape[0]))
    return _with_values(matrix, values / np.where(length > 0, length, 1)[rows])


def _with_values(
    matrix: sparse.csr_array, values: NDArray[np.float64]
) -> sparse.csr_array:
    parts = (values, matrix.indices, matrix.indptr)
    return sparse.csr_array(parts, shape=matrix.shape)


def _checked(name: str, matrix: Any) -> sparse.csr_array:
    """Make sure that the rows can be read off, each column once a row."""
    check_csr(name, matrix)
    if not matrix.has_canonical_format:
        # A cell that is stored twice holds the sum, for scipy too.
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix
