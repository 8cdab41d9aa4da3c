"""Which film links to what, as a sparse matrix: what the entity methods learn from.

A row is a film, a column an entity: a person, a genre, a country, or a page of
Wikipedia. `recsys_helpers.datasets.Films.pairs` gives the pairs that it is made from.
The functions give neighbours of films without any training, which a learned model has
to beat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr, check_number
from recsys_helpers.interactions import IdIndex, UnknownIdError, top_n
from recsys_helpers.titles import fold_title, nearest_titles
from recsys_helpers.vectors import MovieVectors

_NUMBERS_IN_A_BLOCK = 4 * 2**20  # 16 MiB of similarities in float32


class UnknownEntityError(UnknownIdError):
    """No film links to an entity of this name."""


@dataclass(frozen=True, eq=False, repr=False)
class FilmLinks:
    """Films, entities, and which film links to which entity.

    Made by `FilmLinks.from_pairs`.

    Attributes
    ----------
    films : IdIndex
        Ids of all films, ascending, those without a link among them.
    entities : tuple of str
        Names, sorted, each once.
    matrix : scipy.sparse.csr_array of float32, shape (n_films, n_entities)
        1 where a film links to an entity; an entity that none links to is refused.

    Examples
    --------
    >>> pairs = pd.DataFrame(
    ...     {"film_id": [9, 4, 9], "entity": ["genre: War", "genre: War", "person: Bo"]}
    ... )
    >>> links = FilmLinks.from_pairs(pairs, film_ids=[4, 7, 9])
    >>> links
    FilmLinks(3 films, 2 entities, 3 links)
    >>> links.matrix.toarray().tolist()
    [[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]
    >>> links.column("bo")
    1
    """

    films: IdIndex
    entities: tuple[str, ...]
    matrix: sparse.csr_array

    def __post_init__(self) -> None:
        check_csr("matrix", self.matrix)
        expected = (len(self.films), len(self.entities))
        if self.matrix.shape != expected:
            raise ValueError(
                f"The matrix has the shape {self.matrix.shape}, and there are "
                f"{expected[0]:,} films and {expected[1]:,} entities."
            )
        if not (self.matrix.data == 1).all():
            raise ValueError("A link is there or not: the matrix holds ones alone.")
        if (self.n_films_with == 0).any():
            unlinked = self.entities[int(np.argmin(self.n_films_with))]
            raise ValueError(f"No film links to {unlinked!r}: leave it out.")

    def __repr__(self) -> str:
        return (
            f"FilmLinks({len(self.films):,} films, {len(self.entities):,} entities, "
            f"{self.matrix.nnz:,} links)"
        )

    @classmethod
    def from_pairs(cls, pairs: pd.DataFrame, film_ids: ArrayLike | None = None) -> Self:
        """Make the matrix from pairs.

        Parameters
        ----------
        pairs : pandas.DataFrame
            With ``film_id`` (int) and ``entity`` (str). A pair that comes twice, as a
            page does that links to another one in two places, counts once.
        film_ids : array_like of int, optional
            All films. Without it, those that have a link.
        """
        missing = [name for name in ("film_id", "entity") if name not in pairs]
        if missing:
            raise ValueError(
                f"The pairs lack {' and '.join(missing)}; their columns are "
                f"{', '.join(map(str, pairs.columns))}."
            )
        if pairs.empty:
            raise ValueError("There are no pairs, so no film links to anything.")
        if pairs["entity"].isna().any():
            raise ValueError("An entity has no name: there is a missing value.")
        films = IdIndex.of(
            pairs["film_id"] if film_ids is None else film_ids, "film_id"
        )
        rows = _film_rows(films, pairs["film_id"])
        codes, entities = pd.factorize(pairs["entity"], sort=True)
        shape = (len(films), len(entities))
        cells = np.unique(rows * np.int64(shape[1]) + codes)
        ones = np.ones(len(cells), dtype=np.float32)
        matrix = sparse.csr_array((ones, np.divmod(cells, shape[1])), shape=shape)
        return cls(films, tuple(map(str, entities)), matrix)

    @cached_property
    def n_films_with(self) -> NDArray[np.intp]:
        """How many films link to each entity, shape (n_entities,)."""
        return np.bincount(self.matrix.indices, minlength=len(self.entities))

    @cached_property
    def n_links_of(self) -> NDArray[np.intp]:
        """How many links each film has, shape (n_films,)."""
        return np.diff(self.matrix.indptr).astype(np.intp)

    def rows(self, film_ids: ArrayLike) -> NDArray[np.intp]:
        """Rows of films, in the shape of `film_ids`."""
        return _film_rows(self.films, film_ids)

    def column(self, name: str) -> int:
        """Column of an entity.

        Parameters
        ----------
        name : str
            As it is in ``entities``, but for case and accents; the kind in front can
            be left out: "woody allen" finds "person: Woody Allen".

        Raises
        ------
        UnknownEntityError
            If there is none.
        ValueError
            If several are called so.
        """
        found = self._columns_by_name.get(name) or self._columns_by_name.get(
            fold_title(name), []
        )
        if len(found) == 1:
            return found[0]
        if found:
            several = " or ".join(repr(self.entities[column]) for column in found)
            raise ValueError(f"{name!r} is not enough: is it {several}?")
        near = nearest_titles(name, self.entities)
        raise UnknownEntityError(
            f"No film here links to {name!r}. Did you mean "
            f"{' or '.join(repr(self.entities[column]) for column in near)}?"
        )

    def idf(self, power: float = 1.0) -> NDArray[np.float64]:
        r"""How much a link to each entity says: its inverse document frequency.

        .. math::
            \mathrm{idf}_e = \left(\log \frac{n}{n_e}\right)^p

        where n is the number of films and :math:`n_e` that of films that link to e. A
        link that all films have says nothing: its idf is 0. After Spärck Jones, "A
        statistical interpretation of term specificity and its application in
        retrieval", Journal of Documentation, 1972.

        p is the power, at least 0; with 0 all entities count alike.
        """
        check_number("power", power)
        return np.log(len(self.films) / self.n_films_with) ** power

    def tf_idf(self, power: float = 1.0) -> sparse.csr_array:
        """Weigh each link by the idf of its entity.

        A film links to an entity or not, so the term frequency is 1 or 0.
        """
        weighted = self.matrix.copy()
        weighted.data *= self.idf(power)[weighted.indices].astype(np.float32)
        return weighted

    @cached_property
    def _columns_by_name(self) -> dict[str, list[int]]:
        """Columns of each name, of each folded name, and of each without its kind."""
        columns: dict[str, list[int]] = {}
        whole: dict[str, list[int]] = {}
        for column, name in enumerate(self.entities):
            whole.setdefault(fold_title(name), []).append(column)
            _, mark, bare = name.partition(": ")
            if mark:
                columns.setdefault(fold_title(bare), []).append(column)
        exact = {name: [column] for column, name in enumerate(self.entities)}
        return columns | whole | exact


def cosine_neighbours(
    links: FilmLinks, n: int = 10, idf_power: float = 1.0
) -> NDArray[np.intp]:
    r"""Films whose links are most alike, by the cosine of weighted links.

    Parameters
    ----------
    n : int
        How many neighbours a film gets.
    idf_power : float
        1: a link counts by its idf, as in search engines; 0: all links count alike.

    Returns
    -------
    numpy.ndarray of int, shape (n_films, min(n, n_films - 1))
        Rows of films, best first, never the film itself. Equally near films, and those
        that have nothing in common with it, come in row order.
    """
    weighted = links.tf_idf(idf_power)
    lengths = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    weighted.data /= np.repeat(np.where(lengths > 0, lengths, 1), links.n_links_of)
    return _nearest((scores for _, scores in _common(weighted)), n)


def jaccard_neighbours(links: FilmLinks, n: int = 10) -> NDArray[np.intp]:
    r"""Films whose links are most alike, by the share that they have in common.

    .. math::
        J_{ij} = \frac{|L_i \cap L_j|}{|L_i \cup L_j|}

    What is returned is as in `cosine_neighbours`.
    """
    n_links = links.n_links_of.astype(np.float32)

    def of_union() -> Iterator[NDArray[np.float32]]:
        for block, common in _common(links.matrix):
            union = n_links[block, None] + n_links - common
            yield common / np.maximum(union, 1)

    return _nearest(of_union(), n)


def svd_vectors(
    links: FilmLinks, n_factors: int = 50, idf_power: float = 1.0, seed: int = 0
) -> MovieVectors:
    """Sum the links up in few numbers a film, by a truncated SVD.

    Also known as latent semantic analysis: Deerwester et al., "Indexing by latent
    semantic analysis", Journal of the American Society for Information Science, 1990.
    The matrix is that of tf-idf; nothing is subtracted from it, so that it stays
    sparse.

    `n_factors` is at most the number of entities; the seed is that of the randomised
    solver.
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
    """Other films by chance, as in `cosine_neighbours`: the floor for every method."""
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

    What is returned is as in `cosine_neighbours`.

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


def listed_links(links: sparse.csr_array, films: ArrayLike) -> list[NDArray[np.int64]]:
    """List the links of some films one by one.

    Returns
    -------
    films : array, shape (n,)
        As they were given: rows of `links`.
    of_film : array, shape (n_links,)
        The place of the link's film among these films.
    place : array, shape (n_links,)
        The place of the link's entity among those in the batch.
    in_batch : array, shape (n_in_batch,)
        The entities that any of the films links to, in the order in which they come
        first: columns of `links`.

    Examples
    --------
    >>> links = sparse.csr_array(np.array([[1, 0, 1], [0, 0, 0], [0, 0, 1]]))
    >>> for array in listed_links(links, [2, 0]):
    ...     print(array)
    [2 0]
    [0 1 1]
    [0 1 0]
    [2 0]
    """
    films = np.asarray(films)
    of_these = links[films]
    of_film = np.repeat(np.arange(len(films)), np.diff(of_these.indptr))
    place, in_batch = pd.factorize(of_these.indices)
    return [films, of_film, place, in_batch.astype(np.int64)]


def _film_rows(films: IdIndex, film_ids: ArrayLike) -> NDArray[np.intp]:
    rows = films.find(film_ids)
    if np.any(rows < 0):
        unknown = int(np.asarray(film_ids)[rows < 0].flat[0])
        place = int(np.searchsorted(films.ids, unknown))
        near = films.ids[max(place - 1, 0) : place + 1]
        raise UnknownIdError(
            f"film_id {unknown} is not among the {len(films):,} films here (nearest: "
            f"{' and '.join(str(i) for i in near)})."
        )
    return rows


def _common(
    matrix: sparse.csr_array,
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Products of a block of rows with all rows, shape (block, n_films)."""
    turned = matrix.T.tocsr()
    step = max(1, _NUMBERS_IN_A_BLOCK // matrix.shape[0])
    for start in range(0, matrix.shape[0], step):
        block = slice(start, start + step)
        yield block, (matrix[block] @ turned).toarray()


def _nearest(blocks: Iterator[NDArray[np.float32]], n: int) -> NDArray[np.intp]:
    """Columns of the highest scores of each row, without the row's own."""
    check_count("n", n)
    found: list[NDArray[np.intp]] = []
    for scores in blocks:
        # What differs by rounding is a tie.
        for of_film in scores.round(6):
            found.append(top_n(of_film, n, exclude=[len(found)]))
    return np.array(found, dtype=np.intp)
