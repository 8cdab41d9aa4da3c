"""Neighbours of films without any training: what a learned model has to beat.

Each method gives, for every film, the rows of the nearest others: from the raw links,
from few numbers that sum the links up, by chance, or the most famous films for all.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers.checks import check_count
from recsys_helpers.film_links import FilmLinks
from recsys_helpers.vectors import MovieVectors

__all__ = [
    "cosine_neighbours",
    "famous_neighbours",
    "jaccard_neighbours",
    "random_neighbours",
    "svd_vectors",
]

_NUMBERS_IN_A_BLOCK = 4 * 2**20  # 16 MiB of similarities in float32


def cosine_neighbours(
    links: FilmLinks, n: int = 10, idf_power: float = 1.0
) -> NDArray[np.intp]:
    r"""Films whose links are most alike, by the cosine of weighted links.

    Parameters
    ----------
    links : FilmLinks
    n : int
        How many neighbours a film gets.
    idf_power : float
        1: a link counts by its idf, as in search engines; 0: all links count alike.

    Returns
    -------
    numpy.ndarray of int, shape (n_films, min(n, n_films - 1))
        Rows of films, best first, never the film itself. Equally near films, and those
        that have nothing in common with it, come in row order.

    Raises
    ------
    ValueError
        If `n` is not at least 1 or `idf_power` is below 0.
    """
    weighted = links.tf_idf(idf_power)
    lengths = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    weighted.data /= np.repeat(np.where(lengths > 0, lengths, 1), links.n_links_of)
    blocks = (scores for _, scores in _common(weighted))
    return _nearest(blocks, len(links.films), n)


def jaccard_neighbours(links: FilmLinks, n: int = 10) -> NDArray[np.intp]:
    r"""Films whose links are most alike, by the share that they have in common.

    .. math::
        J_{ij} = \frac{|L_i \cap L_j|}{|L_i \cup L_j|}

    Parameters
    ----------
    links : FilmLinks
    n : int
        How many neighbours a film gets.

    Returns
    -------
    numpy.ndarray of int, shape (n_films, min(n, n_films - 1))
        As in `cosine_neighbours`.
    """
    n_links = links.n_links_of.astype(np.float32)

    def of_union() -> Iterator[NDArray[np.float32]]:
        for block, common in _common(links.matrix):
            union = n_links[block, None] + n_links - common
            yield common / np.maximum(union, 1)

    return _nearest(of_union(), len(links.films), n)


def svd_vectors(
    links: FilmLinks, n_factors: int = 50, idf_power: float = 1.0, seed: int = 0
) -> MovieVectors:
    """Sum the links up in few numbers a film, by a truncated SVD.

    Also known as latent semantic analysis: Deerwester et al., "Indexing by latent
    semantic analysis", Journal of the American Society for Information Science, 1990.
    The matrix is that of tf-idf; nothing is subtracted from it, so that it stays
    sparse.

    Parameters
    ----------
    links : FilmLinks
    n_factors : int
        At most the number of entities.
    idf_power : float
        As in `cosine_neighbours`.
    seed : int
        Of the randomised solver.

    Returns
    -------
    MovieVectors

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    ValueError
        If `n_factors` is not from 1 to the number of entities.
    """
    check_count("n_factors", n_factors)
    if n_factors > len(links.entities):
        raise ValueError(
            f"n_factors is at most the number of entities, {len(links.entities):,}; "
            f"got {n_factors:,}."
        )
    from sklearn.decomposition import TruncatedSVD

    svd = TruncatedSVD(n_factors, random_state=seed)
    matrix = sparse.csr_matrix(links.tf_idf(idf_power))
    return MovieVectors(links.films.ids, svd.fit_transform(matrix).astype(np.float32))


def random_neighbours(n_films: int, n: int = 10, seed: int = 0) -> NDArray[np.intp]:
    """Other films by chance: the floor for every method.

    Parameters
    ----------
    n_films, n : int
    seed : int

    Returns
    -------
    numpy.ndarray of int, shape (n_films, min(n, n_films - 1))
        Rows, each once a film, never the film itself.
    """
    check_count("n_films", n_films)
    check_count("n", n)
    rng = np.random.default_rng(seed)
    n = min(n, n_films - 1)
    rows = np.empty((n_films, n), dtype=np.intp)
    for film in range(n_films):
        # Of the others: those from the film on move up by one.
        drawn = rng.choice(n_films - 1, n, replace=False)
        rows[film] = drawn + (drawn >= film)
    return rows


def famous_neighbours(fame: ArrayLike, n: int = 10) -> NDArray[np.intp]:
    """Give every film the most famous others: what a method may do unawares.

    Parameters
    ----------
    fame : array_like of float, shape (n_films,)
        Such as the number of a film's links, or of its reviews. NaN is not famous.
    n : int

    Returns
    -------
    numpy.ndarray of int, shape (n_films, min(n, n_films - 1))
        Rows, the most famous first, equal ones in row order; never the film itself.

    Examples
    --------
    >>> famous_neighbours([5, 9, 7], n=1).tolist()
    [[1], [2], [1]]
    """
    check_count("n", n)
    fame = np.nan_to_num(np.asarray(fame, dtype=np.float64), nan=-np.inf)
    n = min(n, len(fame) - 1)
    first = np.argsort(-fame, kind="stable")[: n + 1]
    listed = np.tile(first, (len(fame), 1))
    own = listed == np.arange(len(fame))[:, None]
    own[~own.any(axis=1), -1] = True  # not among them: the last goes
    return listed[~own].reshape(len(fame), n)


def _common(
    matrix: sparse.csr_array,
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Products of a block of rows with all rows, shape (block, n_films)."""
    turned = matrix.T.tocsr()
    step = max(1, _NUMBERS_IN_A_BLOCK // matrix.shape[0])
    for start in range(0, matrix.shape[0], step):
        block = slice(start, start + step)
        yield block, (matrix[block] @ turned).toarray()


def _nearest(
    blocks: Iterator[NDArray[np.float32]], n_films: int, n: int
) -> NDArray[np.intp]:
    """Columns of the highest scores of each row, without the row's own."""
    check_count("n", n)
    n = min(n, n_films - 1)
    found = np.empty((n_films, n), dtype=np.intp)
    start = 0
    for scores in blocks:
        rows = np.arange(start, start + len(scores))
        # What differs by rounding is a tie.
        scores = scores.round(6)
        scores[np.arange(len(scores)), rows] = -np.inf
        if n:
            found[rows] = _first_of(scores, n)
        start += len(scores)
    return found


def _first_of(scores: NDArray[np.float32], n: int) -> NDArray[np.intp]:
    """Columns of the n highest of each row; equal ones in the order of columns."""
    nth = -np.partition(-scores, n - 1, axis=1)[:, n - 1 : n]
    row, column = np.nonzero(scores >= nth)
    order = np.lexsort((column, -scores[row, column], row))
    begins = np.searchsorted(row, np.arange(len(scores)))
    return column[order[begins[:, None] + np.arange(n)]]
