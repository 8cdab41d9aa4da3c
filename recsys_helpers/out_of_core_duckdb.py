"""Prepare ratings with DuckDB: a database that works on disk where memory ends."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from recsys_helpers.extras import require
from recsys_helpers.out_of_core_form import (
    ROWS_AT_A_TIME,
    Batch,
    Ordered,
    Wanted,
    our_columns,
    refuse_file,
    refuse_values,
)
from recsys_helpers.validation import LARGEST_ID, LAST_SECOND

if TYPE_CHECKING:
    import duckdb

# Of its buffers, where the caller sets none.
MEMORY_LIMIT = "500MB"
# What `check_rating_values` asks. NaN is above all numbers here, and NULL is not true.
GOOD = f"""
    user_id BETWEEN 1 AND {LARGEST_ID} AND user_id % 1 = 0
    AND movie_id BETWEEN 1 AND {LARGEST_ID} AND movie_id % 1 = 0
    AND rating BETWEEN 0.5 AND 5 AND rating * 2 % 1 = 0
    AND timestamp BETWEEN 0 AND {LAST_SECOND} AND timestamp % 1 = 0
"""
BLANK = "coalesce(user_id, movie_id, rating, timestamp) IS NULL"


@contextmanager
def with_duckdb(wanted: Wanted) -> Iterator[Ordered]:
    """Let DuckDB work in a database on disk, which is removed afterwards."""
    duckdb = require("duckdb", "engines")
    with tempfile.TemporaryDirectory(prefix="prepare_ratings_") as folder:
        settings = {
            "memory_limit": wanted.memory_limit or MEMORY_LIMIT,
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
                refuse_file(wanted, error)


def _read_into(database: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    """Check the file, and make the view or table `ratings` of it."""
    small = "SELECT user_id::INT AS user_id, movie_id::INT AS movie_id, "
    small += "rating::FLOAT AS rating, timestamp::BIGINT AS timestamp FROM source"
    if not wanted.columns:
        _view_parquet(database, wanted)
        _refuse_bad_rows(database, wanted)
        database.execute(f"CREATE VIEW ratings AS {small}")
        return
    _view_csv(database, wanted)
    # A table is parsed once, and is compressed, column by column.
    check = f"CASE WHEN {GOOD} THEN true WHEN {BLANK} THEN false ELSE error('bad') END"
    database.execute(f"CREATE TABLE ratings AS {small} WHERE {check}")


def _view_csv(database: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
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


def _view_parquet(database: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    source = f"read_parquet({quoted_path(wanted.path)}, hive_partitioning = false)"
    found = database.sql(f"SELECT * FROM {source} LIMIT 0")
    types = dict(zip(found.columns, map(str, found.types), strict=True))
    names = (
        f'"{theirs}" AS {ours}' for ours, theirs in our_columns(types, wanted).items()
    )
    database.execute(f"CREATE VIEW source AS SELECT {', '.join(names)} FROM {source}")


def _refuse_bad_rows(database: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    bad = database.sql(f"SELECT * FROM source WHERE ({GOOD}) IS NOT TRUE LIMIT 1")
    refuse_values(bad.df(), wanted)


def _filter(database: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
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


def _numbered(database: duckdb.DuckDBPyConnection) -> Ordered:
    users = database.sql(
        "SELECT user_id, count(*) AS n FROM kept GROUP BY user_id ORDER BY user_id"
    ).fetchnumpy()
    movies = database.sql("SELECT movie_id FROM movies ORDER BY i").fetchnumpy()
    ordered = database.execute(
        "SELECT i, rating FROM kept JOIN movies USING (movie_id) "
        "ORDER BY user_id, timestamp, movie_id"
    )
    return Ordered(
        np.asarray(users["user_id"]),
        np.asarray(movies["movie_id"]),
        np.asarray(users["n"]),
        _duckdb_batches(ordered),
    )


def _duckdb_batches(ordered: duckdb.DuckDBPyConnection) -> Iterator[Batch]:
    # A vector of DuckDB holds 2,048 rows. All at once would be a copy of everything.
    while len(chunk := ordered.fetch_df_chunk(ROWS_AT_A_TIME // 2048)):
        yield chunk["i"].to_numpy(), chunk["rating"].to_numpy()


def quoted_path(path: Path) -> str:
    """Write a path as SQL, in which no character is a pattern for other files."""
    return "'" + re.sub(r"[*?[]", r"[\g<0>]", str(path)).replace("'", "''") + "'"
