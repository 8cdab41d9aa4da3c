"""Which film links to what, as a sparse matrix: what the entity methods learn from.

A row is a film, a column an entity: a person, a genre, a country, or a page of
Wikipedia. `recsys_helpers.films.Films.pairs` gives the pairs that it is made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers.checks import check_csr, check_number
from recsys_helpers.ids import IdIndex, UnknownIdError
from recsys_helpers.titles import fold_title, nearest_titles

__all__ = ["FilmLinks", "UnknownEntityError"]


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
        1 where a film links to an entity.

    Raises
    ------
    TypeError
        If the matrix is not sparse in csr format.
    ValueError
        If its shape does not fit, a value is not 1, or no film links to an entity.

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

        Raises
        ------
        ValueError
            If a column is missing, there are no pairs, or an entity has no name.
        UnknownIdError
            If a pair is of a film that is not in `film_ids`.
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

    def counts(self) -> pd.Series:
        """How many films link to each entity, the most frequent first.

        Returns
        -------
        pandas.Series of int, indexed by entity
            Equal counts come in the order of the names.
        """
        names = pd.Index(self.entities, name="entity")
        counts = pd.Series(self.n_films_with, names, name="n_films")
        return counts.sort_values(ascending=False, kind="stable")

    def rows(self, film_ids: ArrayLike) -> NDArray[np.intp]:
        """Rows of films, in the shape of `film_ids`.

        Raises
        ------
        UnknownIdError
            If there is no such film; the message names the nearest ids.
        """
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
            If there is none; the message names the most similar ones.
        ValueError
            If several are called so; the message names them.
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

        Parameters
        ----------
        power : float
            p, at least 0; with 0 all entities count alike.

        Returns
        -------
        numpy.ndarray of float64, shape (n_entities,)
        """
        check_number("power", power)
        return np.log(len(self.films) / self.n_films_with) ** power

    def tf_idf(self, power: float = 1.0) -> sparse.csr_array:
        """Weigh each link by the idf of its entity.

        A film links to an entity or not, so the term frequency is 1 or 0.

        Returns
        -------
        scipy.sparse.csr_array of float32, shape (n_films, n_entities)
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
