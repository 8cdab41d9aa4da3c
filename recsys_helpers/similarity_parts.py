"""The sparse products behind `recsys_helpers.similarity`, and what they are made of."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.checks import check_csr


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
