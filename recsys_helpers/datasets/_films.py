"""Films and what they link to: people, genres, countries, or pages of Wikipedia.

Two sources have this one form: the credits that are installed with the course
(:func:`recsys_helpers.datasets.load_films`) and pages of Wikipedia
(:func:`recsys_helpers.datasets.load_wikipedia_links`). A model reads
:meth:`Films.pairs` and need not know which of the two it has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass

import pandas as pd

from recsys_helpers.datasets._download import InstalledFile
from recsys_helpers.datasets._errors import InvalidDataError
from recsys_helpers.datasets._validation import rows_of
from recsys_helpers.datasets.ratings_files import require_columns, require_good
from recsys_helpers.titles import fold_title, year_of

INSTALLED = InstalledFile(
    holds="The films",
    package="bokeh_sampledata",
    version="2026.1",
    path="_data/movies.db",
    sha256="1d9c6a02e488d0354b2309e16130c58820a91ac2ce417e814c5964f9579a65ac",
    why="other releases hold other films",
)
#: The kinds of links that the credits hold.
KINDS = (
    "director",
    "writer",
    "cast",
    "genre",
    "country",
    "language",
    "production",
    "decade",
)
_QUERY = """
SELECT omdb.ID AS film_id, imdbID AS imdb_id, Title AS title, Year AS year,
    Runtime AS runtime, omdb.Rating AS certificate, Metacritic AS metascore,
    Meter AS tomato_meter, tomatoes.Rating AS tomato_rating, Reviews AS n_reviews,
    BoxOffice AS box_office, Oscars AS oscars,
    Director AS director, Writer AS writer, "Cast" AS "cast", Genre AS genre,
    Country AS country, Language AS language, Production AS production
FROM omdb JOIN tomatoes USING (ID) ORDER BY omdb.ID
"""
_FILM_DTYPES = {
    "film_id": "int32",
    "imdb_id": "str",
    "title": "str",
    "year": "Int16",
    "runtime": "Int16",
    "certificate": "object",
    "metascore": "Int16",
    "tomato_meter": "Int16",
    "tomato_rating": "float64",
    "n_reviews": "Int16",
    "box_office": "float64",
    "oscars": "int16",
}
# What follows a comma and is no name of its own: "Sammy Davis, Jr.", "Prince Philip,
# Duke of Edinburgh". The file does not tell such a comma from one between two names.
_GOES_WITH_THE_NAME_BEFORE = re.compile(
    r"(Jr|Sr|Inc|Ltd)\.?|III?|[0-9]+(st|nd|rd|th) (Baron|Earl|Marquess|Prince).*"
    r"|(Duke|Duchess|Countess|Prince|Princess) of .*"
)
_N_FAMOUS = 1_200
# Series whose films say so at the start of their titles, as fold_title writes them.
_SERIES = (
    "alien",
    "back to the future",
    "batman",
    "die hard",
    "harry potter and",
    "indiana jones and",
    "mission: impossible",
    "pirates of the caribbean",
    "rocky",
    "scream",
    "shrek",
    "spider-man",
    "star trek",
    "star wars",
    "superman",
    "the godfather",
    "the lord of the rings",
    "the matrix",
    "toy story",
    "x-men",
)
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
    """Name the entity that each link leads to, by its ``kind`` and ``name``.

    The kind goes with the name, so that the country Georgia and somebody called Georgia
    stay apart; all people are persons unless they are told apart `by_role`. Pages and
    categories of Wikipedia keep their own names.
    """
    kind = links["kind"].astype("str")
    if not by_role:
        kind = kind.replace(dict.fromkeys(_PEOPLE, "person"))
    labels = kind + ": " + links["name"]
    return labels.mask(kind.isin(_NAMED_BY_THEMSELVES), links["name"]).rename("entity")


def read_credits() -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Read films, their links, and how many names and links had to be mended."""
    table = _installed_table()
    films = table[list(_FILM_DTYPES)].astype(_FILM_DTYPES)
    is_id = films["imdb_id"].str.fullmatch("tt[0-9]{7,}")
    require_good(is_id, films["imdb_id"], _row, "is not an IMDb id")
    for score in ("metascore", "tomato_meter"):
        good = films[score].between(0, 100) | films[score].isna()
        require_good(good.fillna(False), films[score], _row, "is not between 0 and 100")
    links, report = _links(table)
    return films, links, report


def cut_films(
    films: pd.DataFrame, links: pd.DataFrame, keep: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut the sample that `load_films` describes, with the films of the ids `keep`."""
    by_reviews = films.sort_values("n_reviews", ascending=False, kind="stable")
    famous = by_reviews["film_id"].iloc[:_N_FAMOUS]
    in_series = films["title"].map(fold_title).str.startswith(_SERIES)
    chosen = {*famous, *films["film_id"][in_series], *keep}
    films = films[films["film_id"].isin(chosen)].reset_index(drop=True)
    return films, links[links["film_id"].isin(chosen)].reset_index(drop=True)


def _check_films(films: pd.DataFrame) -> None:
    require_columns(list(films.columns), _FILM_COLUMNS, "films")
    if films.empty:
        raise InvalidDataError("films: there is no film at all.")
    locate = rows_of("films")
    require_good(
        ~films["film_id"].duplicated(), films["film_id"], locate, "occurs twice"
    )
    require_good(films["title"].str.strip() != "", films["title"], locate, "is empty")
    year = films["year"]
    good = year.isna() | year.between(_FIRST_FILM, _LAST_YEAR).fillna(False)
    require_good(good, year, locate, f"is not between {_FIRST_FILM} and {_LAST_YEAR}")


def _check_links(links: pd.DataFrame, film_ids: pd.Series) -> None:
    require_columns(list(links.columns), _LINK_COLUMNS, "links")
    locate = rows_of("links")
    known = links["film_id"].isin(film_ids)
    require_good(known, links["film_id"], locate, "is not among the films")
    require_good(links["name"].str.strip() != "", links["name"], locate, "is empty")
    once = ~links.duplicated(list(_LINK_COLUMNS))
    require_good(once, links["name"], locate, "is linked twice from one film")


def _installed_table() -> pd.DataFrame:
    import sqlite3

    content = INSTALLED.read()
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        return pd.read_sql_query(_QUERY, connection)


def _links(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    decade = (table["year"] // 10 * 10).astype("str") + "s"
    columns = table.assign(decade=decade).set_index("film_id")[list(KINDS)]
    texts = columns.stack().rename_axis(["film_id", "kind"])
    texts = texts[texts.notna() & (texts != "")]
    names = [_names(text) for text in texts]
    n_commas = int(texts.str.count(", ").sum()) + len(texts)
    n_names = sum(map(len, names))
    links = pd.Series(names, texts.index, name="name").explode().reset_index()
    links = links.astype({"film_id": "int32", "name": "str"})
    links["kind"] = pd.Categorical(links["kind"], categories=KINDS)
    links = links.drop_duplicates(ignore_index=True)
    return links, {
        "n_rejoined": n_commas - n_names,
        "n_repeated": n_names - len(links),
    }


def _row(position: int) -> str:
    return f"movies.db, row {position + 1} by ID"


def _names(text: str) -> list[str]:
    names: list[str] = []
    for part in text.split(", "):
        if names and _GOES_WITH_THE_NAME_BEFORE.fullmatch(part):
            names[-1] += f", {part}"
        else:
            names.append(part)
    return names
