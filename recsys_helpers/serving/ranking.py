"""Retrieval, then ranking: pure functions on arrays.

To score every movie with the best method costs too much where there are millions. So a
cheap score finds a few hundred candidates, a better one orders these, and rules that no
score knows choose what is shown.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers._checks import check_count
from recsys_helpers.interactions import top_n
from recsys_helpers.titles import NO_MATCH, match_titles, series_name

Rows = NDArray[np.intp]

SHORTEST_SERIES = 3  # letters; "M" is no series


def retrieve(
    vector: NDArray[np.floating],
    movie_vectors: NDArray[np.floating],
    n: int,
    exclude: ArrayLike | None = None,
) -> Rows:
    """Rows of the movies, but `exclude`, whose vectors point furthest along a vector.

    The largest dot product comes first, ties by row. Fewer than `n` come back where
    there are not so many.
    """
    # As `@` would, but on one thread: requests come side by side as it is.
    scores = np.einsum("if,f->i", movie_vectors, vector)
    return top_finite(scores, n, exclude)


def top_finite(
    scores: NDArray[np.floating], n: int, exclude: ArrayLike | None = None
) -> Rows:
    """Rows of the largest scores, as `top_n` gives them, without any NaN or infinity.

    JSON has no way to write these, and nobody can be told what they mean.
    """
    finite = np.isfinite(scores)
    best = top_n(np.where(finite, scores, -np.inf), n, exclude)
    return best[finite[best]]


@dataclass(eq=False)
class EaseRanker:
    """EASE's score of some movies only: see `recsys_helpers.methods.ease`.

    Parameters
    ----------
    likes, gram_inverse, scale
        X, K and ``l2 * diag(P)``, as in `recsys_helpers.serving.recommender`.
    """

    likes: sparse.csr_array
    gram_inverse: NDArray[np.float64]
    scale: NDArray[np.float64]

    def __post_init__(self) -> None:
        # A movie's likes lie side by side in this one.
        self._by_movie = self.likes.T.tocsr()

    def scores(
        self, columns: Rows, values: NDArray[np.float64], candidates: Rows
    ) -> NDArray[np.float64]:
        """Score the candidates for somebody who likes movies (`columns`) so much."""
        query = np.zeros(len(self.scale))
        query[columns] = values
        alike = self._by_movie[columns].T @ values
        through = self._by_movie[candidates] @ np.einsum(
            "uv,v->u", self.gram_inverse, alike
        )
        asked = query[candidates]
        return asked - (asked - through) / self.scale[candidates]


def at_most_each(groups: Sequence[Hashable], limit: int) -> list[int]:
    """Positions to keep so that no group has more than `limit` of them.

    `groups` has the group of each entry of a list, best first; None, in no group, is
    always kept. The order of the list stays.
    """
    check_count("limit", limit)
    seen: dict[Hashable, int] = {}
    kept = []
    for position, group in enumerate(groups):
        seen[group] = seen.get(group, 0) + 1
        if group is None or seen[group] <= limit:
            kept.append(position)
    return kept


def recall_of(candidates: ArrayLike, wanted: ArrayLike) -> float:
    """Share, 0 to 1, of what ranking would choose from everything that retrieval found.

    `wanted` are the best of all by the score that ranks; a ValueError without any.

    Examples
    --------
    >>> recall_of([5, 1, 7], [1, 2])
    0.5
    """
    if not np.size(wanted):
        raise ValueError("Recall needs at least one movie that is wanted.")
    return float(np.isin(wanted, candidates).mean())


def search_titles(
    query: str, titles: Sequence[str], n: int, counts: ArrayLike | None = None
) -> list[int]:
    """Rows of at most n titles that a query finds, best first.

    Of two that are found equally well (see `recsys_helpers.titles.match_titles`), the
    one with more ratings, `counts`, goes first; without these the shorter one.
    """
    far = match_titles(query, titles)
    fame = [-len(title) for title in titles] if counts is None else np.asarray(counts)
    order = np.lexsort((np.negative(fame), far))
    return order[: min(n, np.count_nonzero(far < NO_MATCH))].tolist()


def row_of(
    matrix: sparse.csr_array, row: int
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """Columns and values of one row, without a matrix being made."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part], matrix.data[part]


def series_of(title: str) -> str | None:
    """Name the series that a movie may be a part of, as far as its title tells."""
    name = series_name(title)
    return name.stem if len(name.stem) >= SHORTEST_SERIES else None
