"""Prepare more ratings than fit into memory: filter, index, split, matrix.

Three engines do the same work on the same file, and give the same arrays. pandas holds
the whole table at once. DuckDB, a database that works on disk where memory ends, and
Polars, which streams data frames, are told what is wanted, and read the file piece by
piece. `prepare_ratings` comes first here, then what it asks of an engine, then the
three engines.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import LAST_SECOND, check_choice, check_count, check_share
from recsys_helpers.datasets import InvalidDataError
from recsys_helpers.datasets.ratings_files import (
    LARGEST_ID,
    RATING_DTYPES,
    StumbledError,
    check_rating_values,
    kind_of,
    no_row,
    opened_file,
    our_name,
    quick_ratings,
    require_columns,
    require_line_end,
    slow_ratings,
    table_head,
)
from recsys_helpers.extras import require
from recsys_helpers.interactions import IdIndex, Interactions
from recsys_helpers.splits import n_of_share

if TYPE_CHECKING:
    import duckdb
    import polars as pl

ROWS_AT_A_TIME = 200_000


@dataclass(frozen=True, eq=False)
class PreparedRatings:
    """Ratings to learn from and ratings to be judged on, as two matrices.

    Attributes
    ----------
    train, test : Interactions
        With the same users in rows and the same movies in columns. Ratings are
        float32, which holds half stars exactly.
    """

    train: Interactions
    test: Interactions


def prepare_ratings(
    source: str | Path,
    *,
    engine: str = "duckdb",
    min_ratings_per_user: int = 1,
    min_ratings_per_movie: int = 1,
    test_share: float = 0.2,
    memory_limit: str | None = None,
) -> PreparedRatings:
    """Filter ratings, number users and movies, split, and make the matrices.

    1. *Filter.* Users and movies with fewer ratings than the minimum are left out. Both
       are counted once, in the whole file. So what is left can hold a user with fewer
       ratings, since some of their movies have gone. (Counting again until nothing
       changes gives the *k-core*, which is another data set.)
    2. *Number.* The users that are left have the rows 0, 1, ... in the order of their
       ids, and the movies the columns.
    3. *Split.* The last ``floor(test_share * n)`` ratings of each user, by (timestamp,
       movie_id), are the test: `recsys_helpers.splits.user_temporal_split`.

    Parameters
    ----------
    source : path
        A CSV of ratings, as `recsys_helpers.datasets.ratings_files` says that it may
        look, or a file that ends in ".parquet" with the same columns, which hold
        numbers. DuckDB and Polars read that. (pandas would need the package pyarrow.)
    engine : {"duckdb", "polars", "pandas"}
    min_ratings_per_user, min_ratings_per_movie : int
        At least 1.
    test_share : float
        From 0 to below 1.
    memory_limit : str, optional
        For DuckDB only, such as "1GB" (without it: "500MB"). What its own buffers may
        hold before it writes to a temporary folder, which is removed. The matrices,
        Python and what the libraries take come on top. The folder is made where
        `tempfile` makes them: set the environment variable ``TMPDIR`` if there is
        little room.

    Returns
    -------
    PreparedRatings
        The same numbers, whichever the engine. A CSV that an engine stumbles over, for
        instance at a space after a number, is read row by row, which takes far longer,
        and written to a temporary folder in a plain form.

    Raises
    ------
    InvalidDataError
        If the file is not there, is no CSV or parquet, is damaged or cut short, lacks a
        column, has no row, or holds a value that `validate_ratings` would refuse: an
        id, rating or timestamp that is missing, no number or out of range. Of a CSV the
        message is the same for each engine, and names the line. If a user rates a movie
        twice among the ratings that are kept, or none is kept.
    ImportError
        If the engine is not installed.
    ValueError
        If there is no such engine, it cannot read the file's format or take a memory
        limit, or a setting is out of range.

    Examples
    --------
    >>> import tempfile
    >>> from recsys_helpers.datasets import load_movielens
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "ratings.csv")
    ...     load_movielens("sample").ratings.to_csv(file, index=False)
    ...     prepared = prepare_ratings(file, engine="pandas", min_ratings_per_movie=20)
    >>> prepared.train.matrix.shape, prepared.train.matrix.nnz, prepared.test.matrix.nnz
    ((151, 213), 5729, 1360)
    """
    check_choice("engine", engine, tuple(ENGINES))
    check_count("min_ratings_per_user", min_ratings_per_user)
    check_count("min_ratings_per_movie", min_ratings_per_movie)
    check_share("test_share", test_share)
    if memory_limit is not None and engine != "duckdb":
        raise ValueError(f"memory_limit is for DuckDB; {engine} has none.")
    path = Path(source).absolute()
    _require_file(path, engine)
    minima = (min_ratings_per_user, min_ratings_per_movie)
    run = partial(_prepared, ENGINES[engine], test_share)
    if path.suffix.lower() == ".parquet":
        return run(_Wanted(path, [], *minima, memory_limit))
    try:
        return run(_Wanted(path, _plain_columns(path), *minima, memory_limit))
    except StumbledError:
        pass
    with tempfile.TemporaryDirectory(prefix="prepare_ratings_") as folder:
        copy = _written_plainly(path, folder)
        try:
            return run(_Wanted(copy, list(RATING_DTYPES), *minima, memory_limit))
        except StumbledError as error:
            raise InvalidDataError(f"{path.name} cannot be read: {error}") from error


def _require_file(path: Path, engine: str) -> None:
    """Raise unless there is a file of the kind that its name says."""
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise ValueError(f"source ends in .csv or .parquet; got {path.name!r}.")
    if path.is_dir():
        raise InvalidDataError(f"{path} is a folder. Give the path of a file in it.")
    if not path.is_file():
        raise InvalidDataError(f"There is no file {path}.")
    if ending == ".csv":
        return
    if engine == "pandas":
        raise ValueError(
            "pandas reads parquet only with the package pyarrow, which this course "
            "does without. Take a CSV, or the engine duckdb or polars."
        )
    with path.open("rb") as file:
        start = file.read(1024)
    if not start.startswith(b"PAR1"):
        kind = kind_of(start) or "text and no parquet file. Does its name end in .csv?"
        raise InvalidDataError(f"{path.name} is {kind}.")


def _plain_columns(path: Path) -> list[str]:
    """Look at both ends of a CSV, and return our names of its columns."""
    with opened_file(path) as stream:
        columns, is_plain = table_head(stream, tuple(RATING_DTYPES))
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        require_line_end(file.read(1), path.name)
    if not is_plain:
        raise StumbledError
    return columns


def _written_plainly(path: Path, folder: str) -> Path:
    """Write a CSV that quick readers stumble over so that they can read it."""
    copy = Path(folder, path.name)
    n_rows = 0
    with (
        opened_file(path) as stream,
        copy.open("w", encoding="utf-8", newline="") as plain,
    ):
        plain.write(",".join(RATING_DTYPES) + "\n")
        for ratings in slow_ratings(stream):
            ratings.to_csv(plain, header=False, index=False, lineterminator="\n")
            n_rows += len(ratings)
    if not n_rows:
        raise no_row(path.name)
    return copy


def _prepared(engine: _Engine, test_share: float, wanted: _Wanted) -> PreparedRatings:
    minima = (wanted.min_ratings_per_user, wanted.min_ratings_per_movie)
    file = wanted.path.name
    with engine(wanted) as rows:
        if not len(rows.n_ratings):
            if minima == (1, 1):
                raise no_row(file)
            raise InvalidDataError(
                f"{file}: no rating is left. Its users need {minima[0]:,} or more "
                f"ratings, its movies {minima[1]:,}. Ask for fewer; or there is no row."
            )
        users = IdIndex.of(rows.user_ids.astype(np.int32), "user_id")
        movies = IdIndex.of(rows.movie_ids.astype(np.int32), "movie_id")
        parts = _matrices(rows, n_of_share(test_share, rows.n_ratings))
    train, test = (Interactions(users, movies, matrix) for matrix in parts)
    _refuse_repeated(train, test, file)
    return PreparedRatings(train, test)


def _matrices(
    rows: _Ordered, n_test: NDArray[np.integer]
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Deal the ratings of each user out: the first to train, the last to test."""
    shape = (len(rows.user_ids), len(rows.movie_ids))
    n_train = rows.n_ratings - n_test
    parts = [_Filling(counts) for counts in (n_train, n_test)]
    turns = np.tile([False, True], shape[0])
    in_test = np.repeat(turns, np.column_stack([n_train, n_test]).ravel())
    start = 0
    for columns, ratings in rows.batches:
        of_batch = in_test[start : start + len(columns)]
        parts[0].add(columns[~of_batch], ratings[~of_batch])
        parts[1].add(columns[of_batch], ratings[of_batch])
        start += len(columns)
    return tuple(part.matrix(shape) for part in parts)


class _Filling:
    """The three arrays of a sparse matrix, made once and filled from the front."""

    def __init__(self, counts: NDArray[np.integer]) -> None:
        ends = np.concatenate([[0], np.cumsum(counts)])
        # An int64 here would make the columns int64 too: 4 bytes more a rating.
        fits = ends[-1] <= np.iinfo(np.int32).max
        self.indptr = ends.astype(np.int32) if fits else ends
        self.indices = np.empty(ends[-1], np.int32)
        self.data = np.empty(ends[-1], np.float32)
        self.filled = 0

    def add(self, columns: NDArray[np.integer], ratings: NDArray[np.floating]) -> None:
        part = slice(self.filled, self.filled + len(columns))
        self.indices[part], self.data[part] = columns, ratings
        self.filled += len(columns)

    def matrix(self, shape: tuple[int, int]) -> sparse.csr_array:
        arrays = (self.data, self.indices, self.indptr)
        matrix = sparse.csr_array(arrays, shape=shape)
        matrix.sort_indices()
        return matrix


def _refuse_repeated(train: Interactions, test: Interactions, file: str) -> None:
    """Raise when a user rates a movie twice, in one of the parts or across them."""
    for matrix in (train.matrix, test.matrix):
        same = np.flatnonzero(matrix.indices[1:] == matrix.indices[:-1])
        # The last column of a row and the first of the next may be the same.
        rows = np.searchsorted(matrix.indptr, same, side="right")
        same = same[matrix.indptr[rows] > same + 1]
        if len(same):
            row = np.searchsorted(matrix.indptr, same[0], side="right") - 1
            _refuse_pair(train, row, matrix.indices[same[0]], file)
    both = train.matrix.multiply(test.matrix).tocoo()
    if both.nnz:
        _refuse_pair(train, both.row[0], both.col[0], file)


def _refuse_pair(known: Interactions, row: int, column: int, file: str) -> NoReturn:
    raise InvalidDataError(
        f"{file}: user_id {known.users.ids[row]} rates movie_id "
        f"{known.movies.ids[column]} more than once, and a matrix has one cell for the "
        "pair. Keep one of the rows."
    )


# --- what an engine is told, and what it hands out ------------------------------------

#: Columns (int32) and ratings (float32) of some of the ratings.
_Batch = tuple[NDArray[np.int32], NDArray[np.float32]]


@dataclass(frozen=True)
class _Wanted:
    """What an engine is to do."""

    #: A CSV or parquet file; absolute, so that no engine takes "~" for a home.
    path: Path
    #: Our name of each column of a CSV, in order; "" for one that is not read. A
    #: header may name two columns alike, or one not at all: so they go by place. Empty
    #: for a parquet file.
    columns: list[str]
    min_ratings_per_user: int
    min_ratings_per_movie: int
    #: For DuckDB.
    memory_limit: str | None = None


@dataclass(frozen=True)
class _Ordered:
    """Ratings that are left, ordered by user, then (timestamp, movie_id)."""

    #: Of those that have a rating left, ascending.
    user_ids: NDArray[np.integer]
    movie_ids: NDArray[np.integer]
    #: Shape (n_users,).
    n_ratings: NDArray[np.integer]
    batches: Iterator[_Batch]


_Engine = Callable[[_Wanted], AbstractContextManager[_Ordered]]
# What DuckDB and Polars call the types of numbers.
_NUMBERS = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|U?Int[0-9]+|Float[0-9]+)$"
    r"|FLOAT$|DECIMAL|Decimal"
)


def _our_columns(theirs: Mapping[str, str], wanted: _Wanted) -> dict[str, str]:
    """Return what each of our columns is called in a parquet file of these types."""
    file = wanted.path.name
    ours = [our_name(name) for name in theirs]
    require_columns(ours, tuple(RATING_DTYPES), file, list(theirs))
    columns = dict(zip(ours, theirs, strict=True))
    for name in RATING_DTYPES:
        kind = theirs[columns[name]]
        if not _NUMBERS.match(kind):
            raise InvalidDataError(
                f"{file}: {columns[name]} holds {kind}, and numbers are wanted."
            )
    return {name: columns[name] for name in RATING_DTYPES}


def _refuse_values(bad: pd.DataFrame, wanted: _Wanted) -> None:
    """Raise for the first of the rows that break a rule, if there are any."""
    if len(bad):
        row = ", ".join(f"{name} {value}" for name, value in bad.iloc[0].items())
        if wanted.columns:
            raise StumbledError(f"the row {row}")
        check_rating_values(bad, lambda _: f"{wanted.path.name}, in the row {row}")


def _refuse_file(wanted: _Wanted, error: Exception) -> NoReturn:
    """Raise an engine's error as one of this course, by the start of its message."""
    # Polars and DuckDB go on with advice on their own settings.
    said = str(error).split("Possible fixes")[0].split("\n\n")[0]
    reason = " ".join(said.split())
    if wanted.columns:  # of a CSV the slow reader may know more
        raise StumbledError(reason) from error
    raise InvalidDataError(f"{wanted.path.name} cannot be read: {reason}") from error


# --- DuckDB ---------------------------------------------------------------------------

# Of its buffers, where the caller sets none.
_MEMORY_LIMIT = "500MB"
# What `check_rating_values` asks. NaN is above all numbers here, and NULL is not true.
_GOOD = f"""
    user_id BETWEEN 1 AND {LARGEST_ID} AND user_id % 1 = 0
    AND movie_id BETWEEN 1 AND {LARGEST_ID} AND movie_id % 1 = 0
    AND rating BETWEEN 0.5 AND 5 AND rating * 2 % 1 = 0
    AND timestamp BETWEEN 0 AND {LAST_SECOND} AND timestamp % 1 = 0
"""
_BLANK = "coalesce(user_id, movie_id, rating, timestamp) IS NULL"


@contextmanager
def _with_duckdb(wanted: _Wanted) -> Iterator[_Ordered]:
    """Let DuckDB work in a database on disk, which is removed afterwards."""
    duckdb = require("duckdb", "engines")
    with tempfile.TemporaryDirectory(prefix="prepare_ratings_") as folder:
        settings = {
            "memory_limit": wanted.memory_limit or _MEMORY_LIMIT,
            "temp_directory": str(Path(folder, "spilled")),
            "preserve_insertion_order": False,
        }
        try:
            database = duckdb.connect(str(Path(folder, "ratings.db")), config=settings)
        except duckdb.Error as error:
            raise ValueError(
                f"memory_limit is a size such as '1GB'; got {wanted.memory_limit!r}."
            ) from error
        with database:
            try:
                _read_into(database, wanted)
                _filter(database, wanted)
                yield _numbered(database)
            except duckdb.OutOfMemoryException as error:
                raise MemoryError(
                    f"DuckDB cannot do it within {settings['memory_limit']}. Give it "
                    "a larger memory_limit."
                ) from error
            except duckdb.Error as error:
                _refuse_file(wanted, error)


def _read_into(database: duckdb.DuckDBPyConnection, wanted: _Wanted) -> None:
    """Check the file, and make the view or table `ratings` of it."""
    small = "SELECT user_id::INT AS user_id, movie_id::INT AS movie_id, "
    small += "rating::FLOAT AS rating, timestamp::BIGINT AS timestamp FROM source"
    if not wanted.columns:
        _view_parquet(database, wanted)
        bad = database.sql(f"SELECT * FROM source WHERE ({_GOOD}) IS NOT TRUE LIMIT 1")
        _refuse_values(bad.df(), wanted)
        database.execute(f"CREATE VIEW ratings AS {small}")
        return
    _view_csv(database, wanted)
    # A table is parsed once, and is compressed, column by column.
    check = (
        f"CASE WHEN {_GOOD} THEN true WHEN {_BLANK} THEN false ELSE error('bad') END"
    )
    database.execute(f"CREATE TABLE ratings AS {small} WHERE {check}")


def _view_csv(database: duckdb.DuckDBPyConnection, wanted: _Wanted) -> None:
    columns = {f"c{place}": "VARCHAR" for place in range(len(wanted.columns))}
    # As whole numbers DuckDB would read 1.5 as 2, and as any numbers 1_0 as 10.
    numbers = (
        f"(CASE WHEN contains(c{place}, '_') THEN 'x' ELSE c{place} END)::DOUBLE {ours}"
        for place, ours in enumerate(wanted.columns)
        if ours
    )
    database.execute(
        f"CREATE VIEW source AS SELECT {', '.join(numbers)} FROM read_csv("
        f"{quoted_path(wanted.path)}, columns = {columns}, header = true, "
        "auto_detect = false, delim = ',', quote = '\"', hive_partitioning = false)"
    )


def _view_parquet(database: duckdb.DuckDBPyConnection, wanted: _Wanted) -> None:
    source = f"read_parquet({quoted_path(wanted.path)}, hive_partitioning = false)"
    found = database.sql(f"SELECT * FROM {source} LIMIT 0")
    types = dict(zip(found.columns, map(str, found.types), strict=True))
    names = (
        f'"{theirs}" AS {ours}' for ours, theirs in _our_columns(types, wanted).items()
    )
    database.execute(f"CREATE VIEW source AS SELECT {', '.join(names)} FROM {source}")


def _filter(database: duckdb.DuckDBPyConnection, wanted: _Wanted) -> None:
    """Make the table `kept`, and those of the users and movies in it."""
    for side, at_least in (
        ("user_id", wanted.min_ratings_per_user),
        ("movie_id", wanted.min_ratings_per_movie),
    ):
        database.execute(
            f"CREATE TEMP TABLE enough_{side} AS SELECT {side} FROM ratings "
            f"GROUP BY {side} HAVING count(*) >= {at_least:d}"
        )
    database.execute("""
        CREATE TABLE kept AS SELECT * FROM ratings
        SEMI JOIN enough_user_id USING (user_id)
        SEMI JOIN enough_movie_id USING (movie_id)
    """)
    database.execute("""
        CREATE TABLE movies AS
        SELECT movie_id, (row_number() OVER (ORDER BY movie_id) - 1)::INT AS i
        FROM (SELECT DISTINCT movie_id FROM kept)
    """)


def _numbered(database: duckdb.DuckDBPyConnection) -> _Ordered:
    users = database.sql(
        "SELECT user_id, count(*) AS n FROM kept GROUP BY user_id ORDER BY user_id"
    ).fetchnumpy()
    movies = database.sql("SELECT movie_id FROM movies ORDER BY i").fetchnumpy()
    ordered = database.execute(
        "SELECT i, rating FROM kept JOIN movies USING (movie_id) "
        "ORDER BY user_id, timestamp, movie_id"
    )
    return _Ordered(
        np.asarray(users["user_id"]),
        np.asarray(movies["movie_id"]),
        np.asarray(users["n"]),
        _duckdb_batches(ordered),
    )


def _duckdb_batches(ordered: duckdb.DuckDBPyConnection) -> Iterator[_Batch]:
    # A vector of DuckDB holds 2,048 rows. All at once would be a copy of everything.
    while len(chunk := ordered.fetch_df_chunk(ROWS_AT_A_TIME // 2048)):
        yield chunk["i"].to_numpy(), chunk["rating"].to_numpy()


def quoted_path(path: Path) -> str:
    """Write a path as SQL, in which no character is a pattern for other files."""
    return "'" + re.sub(r"[*?[]", r"[\g<0>]", str(path)).replace("'", "''") + "'"


# --- Polars and pandas ----------------------------------------------------------------


@contextmanager
def _with_polars(wanted: _Wanted) -> Iterator[_Ordered]:
    """Let Polars plan the work and stream the file through the plan."""
    pl = require("polars", "engines")
    try:
        rows = _polars_rows(pl, wanted)
        good = (
            _polars_whole(pl, "user_id", 1, LARGEST_ID)
            & _polars_whole(pl, "movie_id", 1, LARGEST_ID)
            & _polars_whole(pl, "timestamp", 0, LAST_SECOND)
            & pl.col("rating").is_between(0.5, 5)
            & (pl.col("rating") * 2 % 1 == 0)
        )
        bad, users, movies = pl.collect_all(
            [
                rows.filter(~good.fill_null(False)).head(1),
                _polars_many(pl, rows, "user_id", wanted.min_ratings_per_user),
                _polars_many(pl, rows, "movie_id", wanted.min_ratings_per_movie),
            ],
            engine="streaming",
        )
        _refuse_values(pd.DataFrame(bad.to_dict(as_series=False)), wanted)
        kept = (
            rows.join(users.lazy(), on="user_id", how="semi")
            .join(movies.lazy(), on="movie_id", how="semi")
            .cast({"user_id": pl.Int32, "movie_id": pl.Int32, "rating": pl.Float32})
            .sort("user_id", "timestamp", "movie_id")
            .select("user_id", "movie_id", "rating")
            .collect(engine="streaming")
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        _refuse_file(wanted, error)
    yield _from_sorted(*(kept[name].to_numpy() for name in kept.columns))


def _polars_rows(pl: ModuleType, wanted: _Wanted) -> pl.LazyFrame:
    # A path names one file, whatever is in it: no pattern, and no column of its own.
    if wanted.columns:
        columns = {ours: f"c{i}" for i, ours in enumerate(wanted.columns) if ours}
        schema = {
            f"c{i}": pl.Float64 if ours else pl.String
            for i, ours in enumerate(wanted.columns)
        }
        rows = pl.scan_csv(
            wanted.path, schema=schema, has_header=False, skip_lines=1, glob=False
        )
        is_blank = pl.all_horizontal(pl.col(list(columns.values())).is_null())
        rows = rows.filter(~is_blank)
    else:
        rows = pl.scan_parquet(wanted.path, glob=False, hive_partitioning=False)
        types = {name: str(kind) for name, kind in rows.collect_schema().items()}
        columns = _our_columns(types, wanted)
    return rows.select(pl.col(theirs).alias(ours) for ours, theirs in columns.items())


def _polars_whole(pl: ModuleType, name: str, low: int, high: int) -> pl.Expr:
    return pl.col(name).is_between(low, high) & (pl.col(name) % 1 == 0)


def _polars_many(
    pl: ModuleType, rows: pl.LazyFrame, name: str, at_least: int
) -> pl.LazyFrame:
    return rows.group_by(name).len().filter(pl.col("len") >= at_least).select(name)


@contextmanager
def _with_pandas(wanted: _Wanted) -> Iterator[_Ordered]:
    """Let pandas hold the whole table."""
    with opened_file(wanted.path) as stream:
        rows = pd.concat(quick_ratings(stream))
    of_user = rows.groupby("user_id")["user_id"].transform("size")
    of_movie = rows.groupby("movie_id")["movie_id"].transform("size")
    kept = rows[
        (of_user >= wanted.min_ratings_per_user)
        & (of_movie >= wanted.min_ratings_per_movie)
    ].sort_values(["user_id", "timestamp", "movie_id"])
    yield _from_sorted(
        *(kept[name].to_numpy() for name in ("user_id", "movie_id", "rating"))
    )


def _from_sorted(users: NDArray, movies: NDArray, ratings: NDArray) -> _Ordered:
    user_ids, n_ratings = np.unique(users, return_counts=True)
    movie_ids = np.unique(movies)

    def batches() -> Iterator[_Batch]:
        for start in range(0, len(movies), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            columns = np.searchsorted(movie_ids, movies[part]).astype(np.int32)
            yield columns, ratings[part].astype(np.float32, copy=False)

    return _Ordered(user_ids, movie_ids, n_ratings, batches())


ENGINES: dict[str, _Engine] = {
    "duckdb": _with_duckdb,
    "polars": _with_polars,
    "pandas": _with_pandas,
}
