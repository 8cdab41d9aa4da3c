"""The credits of 17,472 films that are installed with the course, and a sample of them.

They come as an SQLite file in the package ``bokeh_sampledata``: films of 1940 to 2014
for which Wikidata knows critics' scores, as of 18 October 2026, under CC0.
"""

from __future__ import annotations

import re
from contextlib import closing

import pandas as pd

from recsys_helpers.installed_files import InstalledFile
from recsys_helpers.titles import fold_title
from recsys_helpers.validation import require

__all__ = ["INSTALLED", "KINDS", "cut_films", "read_credits"]

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


def read_credits() -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Read films, their links, and what had to be mended.

    Returns
    -------
    films : pandas.DataFrame, shape (17_472, 12)
        By film id; see :func:`recsys_helpers.datasets.load_films` for the columns.
    links : pandas.DataFrame, shape (n_links, 3)
        ``film_id`` (int32), ``kind`` (category of :data:`KINDS`), ``name`` (str): by
        film, then kind, then as in the file. Each once.
    report : dict of str to int
        ``n_rejoined`` names that the file's commas would cut in two, and ``n_repeated``
        links left out because their film has them already.

    Raises
    ------
    DatasetError
        When ``bokeh_sampledata`` is not installed.
    ChecksumError
        When its file is not the one that was checked for this course.
    """
    table = _installed_table()
    films = table[list(_FILM_DTYPES)].astype(_FILM_DTYPES)
    is_id = films["imdb_id"].str.fullmatch("tt[0-9]{7,}")
    require(is_id, films["imdb_id"], _row, "is not an IMDb id")
    for score in ("metascore", "tomato_meter"):
        good = films[score].between(0, 100) | films[score].isna()
        require(good.fillna(False), films[score], _row, "is not between 0 and 100")
    links, report = _links(table)
    return films, links, report


def cut_films(
    films: pd.DataFrame, links: pd.DataFrame, keep: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut a sample of films, by a rule without randomness.

    The 1,200 films with the most critics' reviews (ties by id), the films of twenty
    well-known series, and those asked for. So the films that a chapter shows are
    there, and the entities of most films are those of other films too.

    Parameters
    ----------
    films, links : pandas.DataFrame
        As :func:`read_credits` returns them.
    keep : pandas.Series of int
        Ids of films to keep in any case.

    Returns
    -------
    films, links : pandas.DataFrame
        Rows of these films in their order, numbered anew from 0.
    """
    by_reviews = films.sort_values("n_reviews", ascending=False, kind="stable")
    famous = by_reviews["film_id"].iloc[:_N_FAMOUS]
    in_series = films["title"].map(fold_title).str.startswith(_SERIES)
    chosen = {*famous, *films["film_id"][in_series], *keep}
    films = films[films["film_id"].isin(chosen)].reset_index(drop=True)
    return films, links[links["film_id"].isin(chosen)].reset_index(drop=True)


def _installed_table() -> pd.DataFrame:
    """Read the film table of bokeh_sampledata, once its checksum is known."""
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
