"""Turn nearest by cosine or by dot product into nearest by distance.

A graph of neighbours wants a distance. Cosine is one among vectors of length 1. For dot
products, Bachrach et al. (2014), "Speeding up the Xbox recommender system using a
Euclidean transformation for inner-product spaces", give every vector one more
coordinate that brings all to the same length, and every query a zero there.

In which order the points enter a graph matters, because a point can only be linked with
what is there already. Sorted data, such as cluster after cluster, make poor graphs. And
after the reduction short vectors lie close together, all nearly at (0, ..., 0, 1), far
from every query: walks end among them unless the long vectors have been linked first.
`insertion_order` mends both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.nearest import Metric, unit_rows

# Vectors whose lengths differ by less are of one length, as float32 rounds.
_SAME_LENGTH = 1e-5
# In steps of a quarter of a power of two, 19 %: in strict order vectors of one cluster,
# which are about equally long, would enter one after the other (measured).
_STEPS_PER_DOUBLING = 4
_SHORTEST = 2.0**-40  # as good as zero, which has no logarithm


class GraphPoints:
    r"""Points whose distance orders movies as the metric does.

    With :math:`L` the length of the longest vector, a movie is at
    :math:`(x / L, \sqrt{1 - |x|^2 / L^2})` and a query at :math:`(q / |q|, 0)`, so that
    their squared distance is :math:`2 - 2 \, q \cdot x / (L |q|)`. For cosine the same
    is done with vectors of length 1; a zero vector then keeps its similarity of 0 to
    all. Where all lengths are equal the last coordinate is left out.

    Parameters
    ----------
    matrix : numpy.ndarray of float, shape (n_movies, n_dimensions)
    metric : {"cosine", "dot", "euclidean"}

    Examples
    --------
    >>> matrix = np.array([[3.0, 4.0], [3.0, 0.0]])
    >>> points = GraphPoints(matrix, "dot")
    >>> points.of_movies(matrix).round(1)
    array([[0.6, 0.8, 0. ],
           [0.6, 0. , 0.8]], dtype=float32)
    >>> points.of_queries(matrix[1:])
    array([[1., 0., 0.]], dtype=float32)
    """

    def __init__(self, matrix: NDArray[np.floating], metric: Metric) -> None:
        self.metric = metric
        # Around the centre, numbers are smaller and float32 is finer.
        self.centre = matrix.mean(axis=0, dtype=np.float64)
        lengths = np.linalg.norm(self._placed(matrix), axis=1)
        self.longest = float(lengths.max()) or 1.0
        self.has_extra = (
            metric != "euclidean" and lengths.min() < (1 - _SAME_LENGTH) * self.longest
        )
        self.n_dimensions = matrix.shape[1] + self.has_extra

    def of_movies(self, matrix: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points of the movies, shape (n_movies, n_dimensions or one more)."""
        points = (self._placed(matrix) / self.longest).astype(np.float32, copy=False)
        lengths = np.linalg.norm(points, axis=1)
        return self._with_extra(points, np.sqrt(np.maximum(0, 1 - lengths**2)))

    def of_queries(self, queries: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points of queries, shape (n_queries, n_dimensions or one more)."""
        if self.metric == "euclidean":
            placed = self._placed(queries) / self.longest
        else:
            placed = unit_rows(queries)
        with np.errstate(over="ignore"):  # becomes infinite
            points = placed.astype(np.float32, copy=False)
        return self._with_extra(points, np.zeros(len(points)))

    def insertion_order(
        self, points: NDArray[np.float32], seed: int
    ) -> NDArray[np.intp]:
        """Rows of `points` in random order; for dot products, long ones go first."""
        order = np.random.default_rng(seed).permutation(len(points))
        if self.metric != "dot" or not self.has_extra:
            return order
        lengths = np.linalg.norm(points[order, :-1], axis=1)
        steps = np.floor(_STEPS_PER_DOUBLING * np.log2(np.maximum(lengths, _SHORTEST)))
        return order[np.argsort(-steps, kind="stable")]

    def _placed(self, matrix: NDArray[np.floating]) -> NDArray[np.floating]:
        if self.metric == "cosine":
            return unit_rows(matrix)
        return matrix - self.centre if self.metric == "euclidean" else matrix

    def _with_extra(self, points, extra) -> NDArray[np.float32]:
        if not self.has_extra:
            return np.ascontiguousarray(points)
        return np.column_stack([points, extra.astype(np.float32)])
