"""Draw pairs of a film and an entity that are not linked, many at a time.

A model that is told what is linked only can learn that everything is. So it is shown
pairs that are not linked, too, and these have to be drawn: of 17,472 films and 21,267
entities there are 371 million pairs, of which 0.07 % are links.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr, check_number

_PAIRS_IN_A_ROUND = 2**20
_BITS_IN_A_FILTER = 2**22


class NegativeSampler:
    r"""Draws pairs that are not links: uniformly, or popular entities more often.

    A pair is drawn by chance; if it is a link it is thrown away, and another one is
    drawn in its place. So what is left is distributed as it was drawn, without the
    links. An entity is drawn in proportion to

    .. math::
        n_e^p

    where :math:`n_e` is the number of films that link to it and p is the `popularity`.
    With 0 all pairs that are not links are equally likely. An entity that is rare
    then serves as a wrong answer as often as a common one, and the common ones, which
    are nearly always shown as right, end up near every film. With 3/4, which Mikolov
    et al., "Distributed representations of words and phrases and their
    compositionality", NIPS 2013, section 2.2, found best for words, the common ones
    are wrong answers more often, and the model has to know whose.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, shape (n_films, n_entities)
        What is stored in it is a link.
    popularity : float
        p, at least 0.

    Examples
    --------
    >>> links = sparse.csr_array(np.array([[1, 0], [1, 1]]))
    >>> films, entities = NegativeSampler(links).draw(3, np.random.default_rng(0))
    >>> films.tolist(), entities.tolist()
    ([0, 0, 0], [1, 1, 1])
    """

    def __init__(self, matrix: sparse.csr_array, popularity: float = 0.0):
        check_csr("matrix", matrix)
        check_number("popularity", popularity)
        self._shape = matrix.shape
        n_films, n_entities = self._shape
        counts = np.bincount(matrix.indices, minlength=n_entities)
        weights = (counts / max(counts.max(initial=0), 1)) ** popularity
        # How many of the pairs that are drawn are no links, on average.
        free = weights @ (n_films - counts)
        if not free > 0:
            raise ValueError(
                "There is no pair of a film and an entity to draw that is not a link: "
                f"of {n_films * n_entities:,} pairs {matrix.nnz:,} are links."
            )
        self._accepted = free / (weights.sum() * n_films)
        self._heaped = np.cumsum(weights) / weights.sum() if popularity else None
        rows = np.repeat(np.arange(n_films), np.diff(matrix.indptr))
        self._links = np.unique(rows * np.int64(n_entities) + matrix.indices)
        # Most pairs are no links, and a look into this table proves it for most of
        # them. It holds True for the last bits of each link.
        self._may_be_link = np.zeros(_BITS_IN_A_FILTER, dtype=bool)
        self._may_be_link[self._links & (_BITS_IN_A_FILTER - 1)] = True

    def draw(
        self, n: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw n pairs that are not links, as rows and columns; one can come twice."""
        check_count("n", n, at_least=0)
        pairs = np.empty(n, dtype=np.int64)
        n_found = 0
        while n_found < n:
            # As many as will be enough, as a rule, in one or two rounds.
            n_tries = int((n - n_found) / self._accepted * 1.02) + 8
            tried = self._any_pairs(min(n_tries, _PAIRS_IN_A_ROUND), rng)
            good = tried[~self.are_links(tried)][: n - n_found]
            pairs[n_found : n_found + len(good)] = good
            n_found += len(good)
        films = pairs // self._shape[1]
        return films, pairs - films * self._shape[1]

    def are_links(self, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which are links; a pair is written as ``row * n_entities + column``."""
        found = self._may_be_link[pairs & (_BITS_IN_A_FILTER - 1)]
        doubtful = np.flatnonzero(found)
        asked = pairs[doubtful]
        place = np.searchsorted(self._links, asked)
        place[place == len(self._links)] = 0
        found[doubtful] = self._links[place] == asked
        return found

    def _any_pairs(self, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        n_films, n_entities = self._shape
        if self._heaped is None:
            return rng.integers(n_films * n_entities, size=n)
        entities = np.searchsorted(self._heaped, rng.random(n), side="right")
        # The heap may end a rounding below 1.
        entities = np.minimum(entities, n_entities - 1)
        return rng.integers(n_films, size=n) * np.int64(n_entities) + entities
