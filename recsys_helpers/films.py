"""Films and what they link to: people, genres, countries, or pages of Wikipedia.

Two sources have this one form: the credits that are installed with the course
(:mod:`recsys_helpers.film_credits`) and pages of Wikipedia
(:func:`recsys_helpers.datasets.load_wikipedia_links`). A model reads
:meth:`Films.pairs` and need not know which of the two it has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from recsys_helpers.titles import year_of
from recsys_helpers.validation import (
    InvalidDataError,
    Locate,
    require,
    require_columns,
)

__all__ = ["Films", "entities_of"]

_FILM_COLUMNS = ("film_id", "title", "year")
_LINK_COLUMNS = ("film_id", "kind", "name")
_PEOPLE = ("director", "writer", "cast")
# A page of Wikipedia says itself what it is: "Category:American films".
_NAMED_BY_THEMSELVES = ("page", "category")
_FIRST_FILM, _LAST_YEAR = 1870, 2100


@dataclass(frozen=True)
class Films:
    """Films and their links, checked.

    Parameters
    ----------
    edition : str
        "all" or "sample" for the installed credits, "wikipedia" for pages.
    films : pandas.DataFrame, one row a film
        At least ``film_id`` (int32, each once), ``title`` (str), ``year`` (nullable
        Int16). Further columns depend on the source; see its loader.
    links : pandas.DataFrame, one row a link
        ``film_id`` (int32), ``kind`` (category, such as "director"), ``name`` (str);
        each row once.
    report : mapping of str to int
        What was counted, repaired and left out in reading.
    source : str
        Where the data was found.

    Raises
    ------
    InvalidDataError
        For a missing column, an id that occurs twice, an empty title or name, a year
        outside 1870 to 2100, or a link that occurs twice or is of an unknown film.
    """

    edition: str
    films: pd.DataFrame
    links: pd.DataFrame
    report: Mapping[str, int]
    source: str

    def __post_init__(self) -> None:
        _check_films(self.films)
        _check_links(self.links, self.films["film_id"])

    def __repr__(self) -> str:
        return (
            f"Films({self.edition}: {len(self.films):,} films, "
            f"{len(self.links):,} links, from {self.source})"
        )

    def pairs(
        self,
        kinds: Collection[str] | None = None,
        *,
        by_role: bool = False,
        min_films: int = 3,
    ) -> pd.DataFrame:
        """Pairs of a film and an entity that it links to, to train a model on.

        Parameters
        ----------
        kinds : collection of str, optional
            Links of these kinds only. Without it all of them. To hold a kind out, give
            the others.
        by_role : bool, default False
            Whether a person who directs and plays is two entities ("director: Woody
            Allen", "cast: Woody Allen") or one ("person: Woody Allen").
        min_films : int, default 3
            Entities of fewer films are left out: one film says nothing about likeness.

        Returns
        -------
        pandas.DataFrame, one row a pair, each once
            ``film_id`` (int32) and ``entity`` (str), in the order of ``links``.

        Raises
        ------
        ValueError
            For a kind that is not there; the message names those that are.

        Notes
        -----
        With the default values, the installed credits have 278,147 pairs and 21,267
        entities. Counted as they stand in the file, where "Sammy Davis, Jr." is a man
        and a "Jr.", it would be 278,318 and 21,270.
        """
        links = self.links
        if kinds is not None:
            unknown = sorted(set(kinds) - set(self.kinds))
            if unknown:
                raise ValueError(
                    f"There are no links of the kind {', '.join(unknown)}. "
                    f"The kinds are {', '.join(self.kinds)}."
                )
            links = links[links["kind"].isin(list(kinds))]
        pairs = pd.DataFrame(
            {"film_id": links["film_id"], "entity": entities_of(links, by_role)}
        ).drop_duplicates(ignore_index=True)
        n_films = pairs["entity"].map(pairs["entity"].value_counts())
        return pairs[n_films >= min_films].reset_index(drop=True)

    @property
    def kinds(self) -> list[str]:
        """The kinds of links that there are, most frequent first."""
        counts = self.links["kind"].value_counts()
        return [str(kind) for kind in counts.index[counts > 0]]

    @property
    def titles(self) -> list[str]:
        """Titles with their year, in the order of ``films``: "Titanic (1997)".

        A title that ends in parentheses with the year, as Wikipedia's do, stays as it
        is, and so does one whose year is not known.
        """
        both = zip(self.films["title"], self.films["year"], strict=True)
        return [
            title if pd.isna(year) or year_of(title) == year else f"{title} ({year})"
            for title, year in both
        ]


def entities_of(links: pd.DataFrame, by_role: bool = False) -> pd.Series:
    """Name the entity that each link leads to.

    Parameters
    ----------
    links : pandas.DataFrame
        With ``kind`` and ``name``.
    by_role : bool, default False
        Whether directors, writers and cast are told apart; otherwise all are persons.

    Returns
    -------
    pandas.Series of str, with the index of ``links``
        ``"person: Woody Allen"``, ``"genre: Drama"``: the kind goes with the name, so
        that the country Georgia and somebody called Georgia stay apart. Pages and
        categories of Wikipedia keep their own names.

    Examples
    --------
    >>> import pandas as pd
    >>> links = pd.DataFrame(
    ...     {"kind": ["cast", "genre"], "name": ["Woody Allen", "Comedy"]}
    ... )
    >>> entities_of(links).tolist()
    ['person: Woody Allen', 'genre: Comedy']
    """
    kind = links["kind"].astype("str")
    if not by_role:
        kind = kind.replace(dict.fromkeys(_PEOPLE, "person"))
    labels = kind + ": " + links["name"]
    return labels.mask(kind.isin(_NAMED_BY_THEMSELVES), links["name"]).rename("entity")


def _check_films(films: pd.DataFrame) -> None:
    require_columns(list(films.columns), _FILM_COLUMNS, "films")
    if films.empty:
        raise InvalidDataError("films: there is no film at all.")
    locate = _rows_of("films")
    require(~films["film_id"].duplicated(), films["film_id"], locate, "occurs twice")
    require(films["title"].str.strip() != "", films["title"], locate, "is empty")
    year = films["year"]
    good = year.isna() | year.between(_FIRST_FILM, _LAST_YEAR).fillna(False)
    require(good, year, locate, f"is not between {_FIRST_FILM} and {_LAST_YEAR}")


def _check_links(links: pd.DataFrame, film_ids: pd.Series) -> None:
    require_columns(list(links.columns), _LINK_COLUMNS, "links")
    locate = _rows_of("links")
    known = links["film_id"].isin(film_ids)
    require(known, links["film_id"], locate, "is not among the films")
    require(links["name"].str.strip() != "", links["name"], locate, "is empty")
    once = ~links.duplicated(list(_LINK_COLUMNS))
    require(once, links["name"], locate, "is linked twice from one film")


def _rows_of(name: str) -> Locate:
    return lambda position: f"{name}.iloc[{position}]"
