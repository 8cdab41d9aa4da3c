"""Prepare ratings with a library of data frames: Polars, which streams, and pandas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers.archives import opened_file
from recsys_helpers.extras import require
from recsys_helpers.movielens_files import quick_ratings
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
    import polars as pl


@contextmanager
def with_polars(wanted: Wanted) -> Iterator[Ordered]:
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
        refuse_values(pd.DataFrame(bad.to_dict(as_series=False)), wanted)
        kept = (
            rows.join(users.lazy(), on="user_id", how="semi")
            .join(movies.lazy(), on="movie_id", how="semi")
            .cast({"user_id": pl.Int32, "movie_id": pl.Int32, "rating": pl.Float32})
            .sort("user_id", "timestamp", "movie_id")
            .select("user_id", "movie_id", "rating")
            .collect(engine="streaming")
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        refuse_file(wanted, error)
    yield _from_sorted(*(kept[name].to_numpy() for name in kept.columns))


def _polars_rows(pl: ModuleType, wanted: Wanted) -> pl.LazyFrame:
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
        columns = our_columns(types, wanted)
    return rows.select(pl.col(theirs).alias(ours) for ours, theirs in columns.items())


def _polars_whole(pl: ModuleType, name: str, low: int, high: int) -> pl.Expr:
    return pl.col(name).is_between(low, high) & (pl.col(name) % 1 == 0)


def _polars_many(
    pl: ModuleType, rows: pl.LazyFrame, name: str, at_least: int
) -> pl.LazyFrame:
    return rows.group_by(name).len().filter(pl.col("len") >= at_least).select(name)


@contextmanager
def with_pandas(wanted: Wanted) -> Iterator[Ordered]:
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


def _from_sorted(users: NDArray, movies: NDArray, ratings: NDArray) -> Ordered:
    user_ids, n_ratings = np.unique(users, return_counts=True)
    movie_ids = np.unique(movies)

    def batches() -> Iterator[Batch]:
        for start in range(0, len(movies), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            columns = np.searchsorted(movie_ids, movies[part]).astype(np.int32)
            yield columns, ratings[part].astype(np.float32, copy=False)

    return Ordered(user_ids, movie_ids, n_ratings, batches())
