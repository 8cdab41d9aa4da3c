"""How alike two rows of ratings are, and which rows are the nearest.

The rows are movies (whose columns are users) or users (whose columns are movies). In
a sparse matrix of ratings an empty cell and a stored zero are two things: nobody has
said anything about an empty cell, while a rating that equals the mean becomes a zero
once the mean is taken off. `n_common` counts stored cells, zeros too. So leave the
zeros in: no ``eliminate_zeros()``.

"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr
from recsys_helpers.interactions import IdIndex, k_largest, top_n


class Parts(NamedTuple):
    """What the similarities of some rows with others are made of."""

    unit: sparse.csr_array
    squares: sparse.csr_array
    ones: sparse.csr_array


def parts_of(matrix: sparse.csr_array) -> Parts:
    """Make the parts of all rows of a matrix."""
    # The length of a row does not change its similarities, and between rows of
    # length 1 no product can overflow.
    unit = _unit_rows(matrix)
    return Parts(unit, unit.power(2), ones(matrix))


def turned(parts: Parts) -> Parts:
    """Transpose the parts, so that the products with others can be taken."""
    return Parts(*(part.T.tocsr() for part in parts))


def compare(
    a: Parts, b: Parts, shrinkage: float, common_only: bool
) -> NDArray[np.float64]:
    """Compute `similarity` from the parts of `A` and the turned parts of `B`."""
    if not shrinkage >= 0:
        raise ValueError(f"shrinkage must be at least 0, not {shrinkage}.")
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


def checked(name: str, matrix: Any) -> sparse.csr_array:
    """Make sure that the rows can be read off, each column once a row."""
    check_csr(name, matrix)
    if not matrix.has_canonical_format:
        # A cell that is stored twice holds the sum, for scipy too.
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix


def check_widths(A: sparse.csr_array, B: sparse.csr_array) -> None:
    """Raise a ValueError unless the columns can be the same."""
    if A.shape[1] != B.shape[1]:
        raise ValueError(
            f"A has {A.shape[1]:,} columns and B has {B.shape[1]:,}; rows can be "
            "compared if their columns are the same users (or movies)."
        )


def _unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Divide each row by its length; a row of zeros stays as it is."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    # By the largest entry first: the square of a very large number would overflow.
    largest = np.zeros(matrix.shape[0])
    np.maximum.at(largest, rows, np.abs(matrix.data))
    values = matrix.data / np.where(largest > 0, largest, 1)[rows]
    length = np.sqrt(np.bincount(rows, values**2, minlength=matrix.shape[0]))
    return _with_values(matrix, values / np.where(length > 0, length, 1)[rows])


def ones(matrix: sparse.csr_array) -> sparse.csr_array:
    """Put a one wherever the matrix stores a value, a stored zero too."""
    return _with_values(matrix, np.ones(matrix.nnz))


def _with_values(
    matrix: sparse.csr_array, values: NDArray[np.float64]
) -> sparse.csr_array:
    parts = (values, matrix.indices, matrix.indptr)
    return sparse.csr_array(parts, shape=matrix.shape)


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
    ValueError
        If their columns are not equally many, or the shrinkage is negative or not a
        number.

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
    A, B = checked("A", A), checked("B", B)
    check_widths(A, B)
    return compare(parts_of(A), turned(parts_of(B)), shrinkage, common_only)


def n_common(A: sparse.csr_array, B: sparse.csr_array) -> NDArray[np.float64]:
    """Count the columns in which a row of `A` and one of `B` both hold a rating.

    Parameters
    ----------
    A, B : scipy.sparse.csr_array, shape (m, n), (p, n)

    Returns
    -------
    numpy.ndarray of float64, shape (m, p)
        Whole numbers.

    Raises
    ------
    TypeError, ValueError
        As in `similarity`.
    """
    A, B = checked("A", A), checked("B", B)
    check_widths(A, B)
    return (ones(A) @ ones(B).T).toarray()


def similarity_in_blocks(
    A: sparse.csr_array,
    rows: NDArray[np.integer],
    *,
    shrinkage: float = 0.0,
    common_only: bool = False,
    block_size: int | None = None,
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Similarities of some rows of `A` with all its rows, a block at a time.

    Parameters
    ----------
    A : scipy.sparse.csr_array, shape (m, n)
    rows : numpy.ndarray of int, shape (r,)
    shrinkage, common_only
        As in `similarity`.
    block_size : int, optional
        How many of `rows` to compare at a time. The default holds 32 MiB of
        similarities, so memory grows with m and not with r * m.

    Yields
    ------
    block : slice
        Which of `rows` these are.
    scores : numpy.ndarray of float64, shape (at most block_size, m)
        As `similarity` gives them, but 0 of a row with itself.

    Raises
    ------
    TypeError, ValueError
        As in `similarity`; and if `A` has no rows or `block_size` is below 1.
    """
    A = checked("A", A)
    if A.shape[0] == 0:
        raise ValueError("A has no rows, so there is nothing to compare.")
    if block_size is None:
        block_size = max(1, _NUMBERS_IN_A_BLOCK // A.shape[0])
    check_count("block_size", block_size)
    parts = parts_of(A)
    everyone = turned(parts)
    for start in range(0, len(rows), block_size):
        block = slice(start, start + block_size)
        asked = Parts(*(part[rows[block]] for part in parts))
        scores = compare(asked, everyone, shrinkage, common_only)
        scores[np.arange(len(scores)), rows[block]] = 0
        yield block, scores


def nearest_by_similarity(
    A: sparse.csr_array,
    k: int,
    *,
    shrinkage: float = 0.0,
    common_only: bool = False,
    block_size: int | None = None,
) -> sparse.csr_array:
    """Similarities of each row of `A` with its `k` nearest other rows.

    Parameters
    ----------
    A : scipy.sparse.csr_array, shape (m, n)
    k : int
        At least 1.
    shrinkage, common_only
        As in `similarity`.
    block_size : int, optional
        As in `similarity_in_blocks`. The answer does not depend on it.

    Returns
    -------
    scipy.sparse.csr_array, shape (m, m)
        Row i has at most `k` entries, all above 0 and never its own: rows that
        disagree, or have nothing in common, are no neighbours. Equal similarities
        (to 12 decimals) go to the lower row.

    Raises
    ------
    TypeError, ValueError
        As in `similarity`; and if `A` has no rows, or `k` or `block_size` is not a
        whole number of at least 1.

    Examples
    --------
    >>> rows = sparse.csr_array(np.array([[1.0, 0], [1, 1], [0, 1]]))
    >>> nearest_by_similarity(rows, k=1).toarray().round(2).tolist()
    [[0.0, 0.71, 0.0], [0.71, 0.0, 0.0], [0.0, 0.71, 0.0]]
    """
    check_count("k", k)
    blocks = similarity_in_blocks(
        A,
        np.arange(np.shape(A)[0]),
        shrinkage=shrinkage,
        common_only=common_only,
        block_size=block_size,
    )
    nearest = [sparse.csr_array(k_largest(scores, k)) for _, scores in blocks]
    return sparse.vstack(nearest, format="csr")


def most_similar(
    A: sparse.csr_array,
    index: IdIndex,
    row_id: int,
    n: int = 10,
    *,
    shrinkage: float = 0.0,
    common_only: bool = False,
) -> pd.DataFrame:
    """Rows most similar to one row, as ids, best first.

    Parameters
    ----------
    A : scipy.sparse.csr_array, shape (m, n_columns)
    index : IdIndex of m ids
        What the rows of `A` are.
    row_id : int
        The id of the row that is asked about.
    n : int
        At least 1. Fewer come back if fewer have a similarity above 0.
    shrinkage, common_only
        As in `similarity`.

    Returns
    -------
    DataFrame with the ids, `similarity` and `n_common`
        The first column is called ``index.name``; ties go to the lower id.

    Raises
    ------
    UnknownIdError
        If `row_id` is not in `index`.
    TypeError, ValueError
        As in `similarity`; and if `index` and `A` are not equally long, or `n` is
        not a whole number of at least 1.
    """
    check_count("n", n)
    A = checked("A", A)
    if A.shape[0] != len(index):
        raise ValueError(
            f"A has {A.shape[0]:,} rows and the index {len(index):,} ids: it must hold "
            f"the {index.name} of each row of A."
        )
    row = index.rows([row_id])
    settings: dict[str, Any] = {"shrinkage": shrinkage, "common_only": common_only}
    _, scores = next(similarity_in_blocks(A, row, **settings))
    scores = k_largest(scores, n)[0]
    best = top_n(scores, n, exclude=scores == 0)
    common = n_common(A[row], A[best])[0].astype(np.int64)
    return pd.DataFrame(
        {index.name: index.ids[best], "similarity": scores[best], "n_common": common}
    )
