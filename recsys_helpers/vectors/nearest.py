"""Exact nearest rows of a matrix, in blocks, so that memory stays bounded.

Comparing all of n movies with each other makes n x n scores: 40 GB in float32 for
100,000 movies, of which ten a movie are wanted. `nearest_rows` compares a block of
queries at a time, at most 64 MiB of scores, and keeps the best of each. It works in two
passes:

1. *Candidates.* One matrix product scores the block against every row, fast and
   slightly rounded. Every row that could still be among the n best, given how far
   rounding can reach, stays.
2. *Order.* The few candidates are scored again, pair by pair, in float64.

So the answer is exact and depends neither on the block size nor on the machine's
matrix product, and rows that are equally near come in row order.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from recsys_helpers._checks import check_choice, check_count

Metric = Literal["cosine", "dot", "euclidean"]
METRICS: tuple[str, ...] = get_args(Metric)

# 8 Mi scores are 32 MiB in float32, and 64 MiB in float64, which "euclidean" takes;
# larger blocks were slower (measured).
_SCORES_IN_A_BLOCK = 8 * 2**20
# 64 Ki float64 are 512 KiB, what a core's cache holds: three times as fast as 8 MiB.
_NUMBERS_IN_A_PASS = 2**16
# Scores that agree in their first 40 bits (12 decimal digits) count as equal.
_TIE_BITS = 40


def nearest_rows(
    queries: NDArray[np.floating],
    matrix: NDArray[np.floating],
    n: int = 10,
    metric: Metric = "cosine",
    *,
    exclude: NDArray[np.integer] | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    r"""Rows of `matrix` nearest to each query, best first.

    * ``"cosine"``: :math:`q \cdot x / (|q|\,|x|)`, the largest first. A zero vector
      has no direction: its similarity to everything is 0 by definition.
    * ``"dot"``: :math:`q \cdot x`, the largest first.
    * ``"euclidean"``: :math:`|q - x|`, the smallest first.

    Parameters
    ----------
    queries : numpy.ndarray of float, shape (n_queries, n_dimensions)
    matrix : numpy.ndarray of float, shape (n_rows, n_dimensions)
    n : int
        How many rows each query gets; fewer where there are not so many.
    metric : {"cosine", "dot", "euclidean"}
    exclude : numpy.ndarray of int, shape (n_queries, n_excluded), optional
        Rows that a query must not get; each once within its query.

    Returns
    -------
    rows : numpy.ndarray of int, shape (n_queries, n)
        Row numbers; equal scores (to 12 digits) in row order.
    scores : numpy.ndarray of float64, shape (n_queries, n)
        Similarities, or distances for ``"euclidean"``.

    Raises
    ------
    ValueError
        If `n` is below 1, or `metric` is not one of the three.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> rows, distances = nearest_rows(square[:1], square, n=2, metric="euclidean")
    >>> rows.tolist(), distances.tolist()
    ([[0, 1]], [[0.0, 5.0]])
    """
    check_choice("metric", metric, METRICS)
    check_count("n", n)
    if exclude is None:
        exclude = np.empty((len(queries), 0), dtype=np.intp)
    n = min(n, len(matrix) - exclude.shape[1])
    rows = np.empty((len(queries), n), dtype=np.intp)
    scores = np.empty((len(queries), n))
    if n == 0:
        return rows, scores
    block_size = max(1, _SCORES_IN_A_BLOCK // len(matrix))
    quick = _Quick(queries, matrix, metric)
    for start in range(0, len(queries), block_size):
        block = slice(start, start + block_size)
        found = quick.candidates(block, n, exclude[block])
        rows[block], scores[block] = best_of_candidates(
            queries[block], matrix, *found, n, metric
        )
    return rows, scores


def best_of_candidates(
    queries: NDArray[np.floating],
    matrix: NDArray[np.floating],
    query: NDArray[np.integer],
    row: NDArray[np.integer],
    n: int,
    metric: Metric,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Score pairs of a query and a row exactly, and keep each query's n best rows.

    `query` and `row` say which are a pair: by query, at least n for each. Returns what
    `nearest_rows` does.
    """
    exact = _score_pairs(queries, matrix, query, row, metric)
    rows, scores = _best(query, row, exact, n)
    return rows, np.abs(scores) if metric == "euclidean" else scores


def unit_rows(matrix: NDArray[np.floating]) -> NDArray[np.floating]:
    """Each row of a matrix divided by its length; a zero row stays zero.

    Shape (n_rows, n_dimensions), in the dtype given.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    # By the largest entry first: the square of a very small number would be zero.
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    scaled = matrix / np.where(largest > 0, largest, 1)
    length = np.sqrt((scaled * scaled).sum(axis=1, keepdims=True))
    return scaled / np.where(length > 0, length, 1)


class _Quick:
    """The first pass: scores by one matrix product, and a bound on their error."""

    def __init__(self, queries, matrix, metric: str) -> None:
        if metric == "euclidean":
            # |q - x|^2 = |q|^2 - 2 (q.x - |x|^2 / 2) subtracts large numbers from
            # each other: in float64, and around the mean, where they are smaller.
            centre = matrix.mean(axis=0, dtype=np.float64)
            self.queries, self.matrix = queries - centre, matrix - centre
            self.offset = -(self.matrix**2).sum(axis=1) / 2
        else:
            # The order of a query's answers does not change with its length.
            self.queries = unit_rows(queries).astype(np.float32, copy=False)
            self.matrix = (
                unit_rows(matrix) if metric == "cosine" else _within_one(matrix)
            ).astype(np.float32, copy=False)
            self.offset = None
        # A sum of d products is off by at most d roundings, and in practice by
        # less than 10 sqrt(d) (Higham and Mary, 2019, "A new approach to
        # probabilistic rounding error analysis": one in 10^20 is not). Twice: in
        # the candidate, and in the score that it is compared with.
        d = matrix.shape[1]
        rounding = np.finfo(self.matrix.dtype).eps * (min(d, 10 * d**0.5) + 8)
        reach = _lengths(self.queries) + _lengths(self.matrix).max()
        self.slack = (rounding + 2.0 ** (2 - _TIE_BITS)) * reach**2

    def candidates(
        self, block: slice, n: int, exclude: NDArray[np.integer]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pairs (query within the block, row) that may be among the n best."""
        scores = self.queries[block] @ self.matrix.T
        if self.offset is not None:
            scores += self.offset
        else:
            # All score 0 against a zero query: the first rows will do.
            zero = ~self.queries[block].any(axis=1)
            scores[zero] = -np.arange(scores.shape[1])
        np.put_along_axis(scores, exclude, -np.inf, axis=1)
        enough = _reached_by(scores, n) - self.slack[block]
        enough = np.maximum(enough, np.finfo(scores.dtype).min)
        within = scores >= enough[:, None].astype(scores.dtype)
        return np.divmod(np.flatnonzero(within), scores.shape[1])


def _reached_by(scores: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    """For each line of scores a number that at least n of them reach."""
    # The n-th largest would do, but to select it from 100,000 costs ten times the
    # matrix product. The n-th largest of the maxima of many groups is close below it.
    n_groups = max(1024, 8 * n)
    per_group = scores.shape[1] // n_groups
    if per_group > 1:
        whole = scores[:, : per_group * n_groups]
        scores = whole.reshape(len(scores), per_group, n_groups).max(axis=1)
    return np.partition(scores, -n, axis=1)[:, -n].astype(np.float64)


def _score_pairs(queries, matrix, query, row, metric: str) -> NDArray[np.float64]:
    """Exact score of each pair, the larger the nearer; some pairs at a time."""
    scores = np.empty(len(row))
    queries = queries.astype(np.float64)
    if metric == "cosine":
        queries = unit_rows(queries)
    step = max(1, _NUMBERS_IN_A_PASS // matrix.shape[1])
    for start in range(0, len(row), step):
        part = slice(start, start + step)
        q = queries[query[part]]
        x = matrix[row[part]].astype(np.float64)
        if metric == "euclidean":
            scores[part] = -_lengths(q - x)
        elif metric == "cosine":
            scores[part] = _cosines(q, x)
        else:
            scores[part] = (q * x).sum(axis=1)
    # Cosines lie between -1 and 1 whatever the vectors; the others have no scale.
    exponent = 0 if metric == "cosine" else np.frexp(scores)[1]
    whole = np.rint(np.ldexp(scores, _TIE_BITS - exponent))
    return np.ldexp(whole, exponent - _TIE_BITS) + 0.0  # no minus zero


def _cosines(units, x) -> NDArray[np.float64]:
    """Cosine of each unit vector with the row of x beside it, 0 for a zero row."""
    lengths = _lengths(x)
    # Squares of very large and very small numbers are infinite and zero.
    extreme = ~((lengths > 1e-100) & (lengths < 1e100))
    if extreme.any():
        x[extreme] = unit_rows(x[extreme])
        lengths[extreme] = 1
    return ((units * x).sum(axis=1) / lengths).clip(-1, 1)


def _best(query, row, scores, n: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Of each query's candidates the n best, equal ones in row order."""
    order = np.lexsort((row, -scores, query))
    first = np.searchsorted(query, np.arange(query[-1] + 1))
    wanted = order[first[:, None] + np.arange(n)]
    return row[wanted], scores[wanted]


def _lengths(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.sqrt((matrix * matrix).sum(axis=1, dtype=np.float64))


def _within_one(matrix: NDArray[np.floating]) -> NDArray[np.floating]:
    """Divide the matrix by the length of its longest row."""
    longest = _lengths(matrix).max()
    return matrix / matrix.dtype.type(longest) if longest > 0 else matrix
