"""A graph in which near vectors are linked: HNSW, as the library voyager builds it.

`nearest_rows` compares a query with every row. A walk along the links of such a graph
sees a few hundred: the "hierarchical navigable small world" of Malkov and Yashunin
(2020). How much it finds depends on the vectors, and three things are done for it:

* Equal vectors enter once, and are listed together: many of them would be linked with
  nothing but each other.
* Vectors enter in random order: a point can only be linked with what is there already,
  and sorted ones make poor graphs.
* For dot products, where lengths differ, long vectors enter first. voyager gives every
  vector one more coordinate that brings all to the same length (Bachrach et al., 2014,
  "Speeding up the Xbox recommender system using a Euclidean transformation for
  inner-product spaces"). For that it has to have seen the longest; and short vectors
  then lie close together, far from every query: walks end among them unless the long
  ones have been linked first.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Self, cast

import numpy as np
from numpy.typing import NDArray

from recsys_helpers._checks import check_choice, check_count
from recsys_helpers.extras import require
from recsys_helpers.vectors.nearest import (
    METRICS,
    Metric,
    best_of_candidates,
    nearest_rows,
    unit_rows,
)

if TYPE_CHECKING:
    import voyager

# How many candidates a walk keeps in view, unless it is told otherwise.
QUERY_EF = 100
# More candidates than asked for: scores that differ by less than float32 can tell
# are put in order afterwards.
_SURPLUS = 5
_QUERIES_IN_A_BLOCK = 1024
# The recall is measured on this many rows.
_SAMPLE = 200
_ROUNDING = 1e-6  # nearly equal scores are one to a graph of float32
# Vectors whose lengths differ by less are of one length, as float32 rounds.
_SAME_LENGTH = 1e-5
# In steps of a quarter of a power of two, 19 %: in strict order vectors of one cluster,
# which are about equally long, would enter one after the other (measured).
_STEPS_PER_DOUBLING = 4
_SHORTEST = 2.0**-40  # as good as zero, which has no logarithm


class Graph:
    """The rows of a matrix, each different one at a place of voyager's graph, `links`.

    `places`, shape (n_rows,), says where in there each row is: equal rows at one place.
    """

    ARRAYS = ("metric", "links", "places")

    def __init__(
        self,
        matrix: NDArray[np.floating],
        metric: Metric,
        links: voyager.Index,
        places: NDArray[np.integer],
    ) -> None:
        self.matrix, self.metric = matrix, metric
        self.links, self.places = links, places
        self._placed = _Placed(matrix, metric)
        # Rows by place, and where in there each place begins.
        self._by_place = np.argsort(places, kind="stable")
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(places))])

    @classmethod
    def build(
        cls,
        matrix: NDArray[np.floating],
        metric: Metric,
        seed: int,
        n_links: int,
        build_ef: int,
    ) -> Self:
        """Link every row with rows near to it."""
        check_choice("metric", metric, METRICS)
        check_count("seed", seed, at_least=0)
        check_count("n_links", n_links, at_least=2)
        check_count("build_ef", build_ef, at_least=n_links)
        voyager = require("voyager", "engines")
        points = _Placed(matrix, metric).rows(matrix)
        first, which = _different_rows(points)
        points = points[first]
        lengths = np.linalg.norm(points, axis=1)
        of_one_length = lengths.min() >= (1 - _SAME_LENGTH) * lengths.max()
        order = np.random.default_rng(seed).permutation(len(points))
        space = voyager.Space.Euclidean
        if metric != "euclidean" and not of_one_length:
            space = voyager.Space.InnerProduct
            steps = np.log2(np.maximum(lengths[order], _SHORTEST)) * _STEPS_PER_DOUBLING
            order = order[np.argsort(-np.floor(steps), kind="stable")]
        links = voyager.Index(
            space,
            num_dimensions=points.shape[1],
            M=n_links,
            ef_construction=build_ef,
            random_seed=seed + 1,  # its generator takes 0 for 1
            max_elements=len(order),
        )
        links.add_items(points[order], num_threads=1)  # more would be up to chance
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return cls(matrix, metric, links, place[which])

    def arrays(self) -> dict[str, NDArray]:
        """Give what `load` needs besides the matrix, by the names in `ARRAYS`."""
        links = np.frombuffer(self.links.as_bytes(), dtype=np.uint8)
        return {"metric": np.array(self.metric), "links": links, "places": self.places}

    @classmethod
    def load(cls, matrix: NDArray[np.floating], arrays: dict[str, NDArray]) -> Self:
        """Take what `arrays` gave, or raise a ValueError if it fits no such matrix."""
        metric, places = str(arrays["metric"]), arrays["places"]
        check_choice("metric", metric, METRICS)
        if places.shape != (len(matrix),) or places.dtype.kind != "i":
            raise ValueError("its graph belongs to other movies.")
        voyager = require("voyager", "engines")
        links = voyager.Index.load(io.BytesIO(arrays["links"].tobytes()))
        graph = cls(matrix, cast(Metric, metric), links, places)
        shape = (links.num_elements, links.num_dimensions)
        if shape != (len(graph._starts) - 1, matrix.shape[1]):
            raise ValueError("its graph belongs to other movies.")
        return graph

    def nearest(
        self,
        queries: NDArray[np.floating],
        n: int,
        query_ef: int = QUERY_EF,
        exclude: NDArray[np.integer] | None = None,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Rows and scores as of `nearest_rows`, but for what a walk does not find."""
        if exclude is None:
            exclude = np.empty((len(queries), 0), dtype=np.intp)
        n = min(n, len(self.matrix) - exclude.shape[1])
        answers = []
        for start in range(0, len(queries), _QUERIES_IN_A_BLOCK):
            block = slice(start, start + _QUERIES_IN_A_BLOCK)
            answers.append(self._of_block(queries[block], n, query_ef, exclude[block]))
        rows, scores = zip(*answers, strict=True)
        return np.concatenate(rows), np.concatenate(scores)

    def recall(self, seed: int) -> float:
        """Share of the ten nearest of a sample of rows that come, or are as near."""
        n = min(10, len(self.matrix) - 1)
        if n == 0:
            return 1.0
        size = min(_SAMPLE, len(self.matrix))
        rng = np.random.default_rng(seed)
        sample = rng.choice(len(self.matrix), size, replace=False)
        queries, itself = self.matrix[sample], sample[:, None]
        _, found = self.nearest(queries, n, exclude=itself)
        _, exact = self._exactly(queries, n, itself)
        worse = exact[:, -1:] - found
        if self.metric == "euclidean":
            worse = -worse
        return float((worse <= _ROUNDING * np.abs(exact[:, -1:])).mean())

    def _of_block(self, queries, n: int, query_ef: int, exclude):
        """Answer some queries; by looking at every row where the graph can't."""
        wanted = n + exclude.shape[1] + _SURPLUS
        points = self._placed.queries(queries)
        # A zero vector has no direction, and one too far away no float32.
        walkable = points.any(axis=1) & np.isfinite(points).all(axis=1)
        if not walkable.all() or wanted > len(self.matrix):
            return self._exactly(queries, n, exclude)
        voyager = require("voyager", "engines")
        try:
            places, _ = self.links.query(
                points,
                min(wanted, len(self._starts) - 1),
                num_threads=1,
                query_ef=max(query_ef, wanted),
            )
        except voyager.RecallError:  # fewer than wanted can be reached
            return self._exactly(queries, n, exclude)
        query, row = self._rows_at(places.astype(np.intp), wanted)
        kept = ~(row[:, None] == exclude[query]).any(axis=1)
        return best_of_candidates(
            queries, self.matrix, query[kept], row[kept], n, self.metric
        )

    def _rows_at(self, places, wanted: int):
        """Pairs (query, row): rows at each query's places, until there are enough."""
        starts = self._starts[places]
        sizes = np.minimum(self._starts[places + 1] - starts, wanted)
        sizes[np.cumsum(sizes, axis=1) - sizes >= wanted] = 0
        query = np.repeat(np.arange(len(places)), sizes.sum(axis=1))
        starts, sizes = starts.ravel(), sizes.ravel()
        shift = starts - (np.cumsum(sizes) - sizes)
        return query, self._by_place[np.arange(len(query)) + np.repeat(shift, sizes)]

    def _exactly(self, queries, n: int, exclude):
        n = max(n, 1)  # also where nothing is left to find
        return nearest_rows(queries, self.matrix, n, self.metric, exclude=exclude)


class _Placed:
    """Points in float32 whose distance, or dot product, orders rows as the metric."""

    def __init__(self, matrix: NDArray[np.floating], metric: Metric) -> None:
        self.metric = metric
        # Around the centre, numbers are smaller and float32 is finer.
        self.centre = matrix.mean(axis=0, dtype=np.float64)
        lengths = np.linalg.norm(self._moved(matrix), axis=1)
        self.longest = float(lengths.max()) or 1.0

    def rows(self, matrix: NDArray[np.floating]) -> NDArray[np.float32]:
        return _in_float32(self._moved(matrix) / self.longest)

    def queries(self, queries: NDArray[np.floating]) -> NDArray[np.float32]:
        if self.metric == "euclidean":
            return _in_float32(self._moved(queries) / self.longest)
        return _in_float32(unit_rows(queries))

    def _moved(self, matrix: NDArray[np.floating]) -> NDArray[np.floating]:
        if self.metric == "cosine":
            return unit_rows(matrix)
        return matrix - self.centre if self.metric == "euclidean" else matrix


def _in_float32(points: NDArray[np.floating]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # a query that is too far away becomes infinite
        return np.ascontiguousarray(points, dtype=np.float32)


def _different_rows(points: NDArray[np.float32]):
    """First of each different row, and which of these every row equals."""
    rows = points + np.float32(0)  # there is a -0, too
    as_bytes = rows.view(f"V{rows.itemsize * rows.shape[1]}")
    _, first, which = np.unique(as_bytes, return_index=True, return_inverse=True)
    return first, which.ravel()
