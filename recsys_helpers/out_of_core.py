"""Prepare more ratings than fit into memory: filter, index, split, matrix.

Three engines do the same work on the same file, and give the same arrays. pandas holds
the whole table at once. DuckDB and Polars are told what is wanted, and read the file
piece by piece.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.archives import kind_of, opened_file, require_line_end
from recsys_helpers.checks import check_choice, check_count, check_share
from recsys_helpers.ids import IdIndex
from recsys_helpers.interactions import Interactions
from recsys_helpers.movielens_files import (
    StumbledError,
    no_row,
    slow_ratings,
    table_head,
)
from recsys_helpers.out_of_core_duckdb import with_duckdb
from recsys_helpers.out_of_core_form import Ordered, Wanted
from recsys_helpers.out_of_core_frames import with_pandas, with_polars
from recsys_helpers.splits import n_of_share
from recsys_helpers.validation import RATING_DTYPES, InvalidDataError

__all__ = ["PreparedRatings", "prepare_ratings"]

Engine = Callable[[Wanted], AbstractContextManager[Ordered]]
ENGINES: dict[str, Engine] = {
    "duckdb": with_duckdb,
    "polars": with_polars,
    "pandas": with_pandas,
}


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

    def test_rows(self) -> pd.DataFrame:
        """List the test ratings: `user_id`, `movie_id`, `rating`, in their order."""
        matrix = self.test.matrix
        users = np.repeat(self.test.users.ids, np.diff(matrix.indptr))
        movies = self.test.movies.ids[matrix.indices]
        return pd.DataFrame(
            {"user_id": users, "movie_id": movies, "rating": matrix.data}
        )


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
        A CSV of ratings, as `recsys_helpers.movielens_files` says that it may look, or
        a file that ends in ".parquet" with the same columns, which hold numbers. DuckDB
        and Polars read that. (pandas would need the package pyarrow.)
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
        return run(Wanted(path, [], *minima, memory_limit))
    try:
        return run(Wanted(path, _plain_columns(path), *minima, memory_limit))
    except StumbledError:
        pass
    with tempfile.TemporaryDirectory(prefix="prepare_ratings_") as folder:
        copy = _written_plainly(path, folder)
        try:
            return run(Wanted(copy, list(RATING_DTYPES), *minima, memory_limit))
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
    """Write a CSV that quick readers stumble over so that they can read it.

    Raises
    ------
    InvalidDataError
        If it is no file as `recsys_helpers.movielens_files` describes them.
    """
    copy = Path(folder, path.name)
    n_rows = 0
    with opened_file(path) as stream, copy.open("w", newline="") as plain:
        plain.write(",".join(RATING_DTYPES) + "\n")
        for ratings in slow_ratings(stream):
            ratings.to_csv(plain, header=False, index=False, lineterminator="\n")
            n_rows += len(ratings)
    if not n_rows:
        raise no_row(path.name)
    return copy


def _prepared(engine: Engine, test_share: float, wanted: Wanted) -> PreparedRatings:
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
    rows: Ordered, n_test: NDArray[np.integer]
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
