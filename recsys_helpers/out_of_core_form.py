"""What the engines of `recsys_helpers.out_of_core` are told, and what they hand out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers.movielens_files import StumbledError
from recsys_helpers.validation import (
    RATING_DTYPES,
    InvalidDataError,
    check_rating_values,
    our_name,
    require_columns,
)

ROWS_AT_A_TIME = 200_000
# What DuckDB and Polars call the types of numbers.
_NUMBERS = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|U?Int[0-9]+|Float[0-9]+)$"
    r"|FLOAT$|DECIMAL|Decimal"
)

#: Columns (int32) and ratings (float32) of some of the ratings.
Batch = tuple[NDArray[np.int32], NDArray[np.float32]]


@dataclass(frozen=True)
class Wanted:
    """What an engine is to do.

    Attributes
    ----------
    path : pathlib.Path
        A CSV or parquet file; absolute, so that no engine takes "~" for a home.
    columns : list of str
        Our name of each column of a CSV, in order; "" for one that is not read. A
        header may name two columns alike, or one not at all: so they go by place.
        Empty for a parquet file.
    min_ratings_per_user, min_ratings_per_movie : int
    memory_limit : str or None
        For DuckDB.
    """

    path: Path
    columns: list[str]
    min_ratings_per_user: int
    min_ratings_per_movie: int
    memory_limit: str | None = None


@dataclass(frozen=True)
class Ordered:
    """Ratings that are left, ordered by user, then (timestamp, movie_id).

    Attributes
    ----------
    user_ids, movie_ids : array of int, ascending
        Of those that have a rating left.
    n_ratings : array of int, shape (n_users,)
    batches : iterator of (columns, ratings)
    """

    user_ids: NDArray[np.integer]
    movie_ids: NDArray[np.integer]
    n_ratings: NDArray[np.integer]
    batches: Iterator[Batch]


def our_columns(theirs: Mapping[str, str], wanted: Wanted) -> dict[str, str]:
    """Return what each of our columns is called in a parquet file.

    Parameters
    ----------
    theirs : dict of str to str
        The type of each column, as an engine calls it.
    wanted : Wanted

    Raises
    ------
    InvalidDataError
        If a column is missing, is there twice, or holds no numbers.
    """
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


def refuse_values(bad: pd.DataFrame, wanted: Wanted) -> None:
    """Raise for the first of the rows that break a rule, if there are any."""
    if len(bad):
        row = ", ".join(f"{name} {value}" for name, value in bad.iloc[0].items())
        if wanted.columns:
            raise StumbledError(f"the row {row}")
        check_rating_values(bad, lambda _: f"{wanted.path.name}, in the row {row}")


def refuse_file(wanted: Wanted, error: Exception) -> NoReturn:
    """Raise an engine's error as one of this course, by the start of its message.

    Of a CSV the slow reader may know more: an engine has stumbled only.
    """
    # Polars and DuckDB go on with advice on their own settings.
    said = str(error).split("Possible fixes")[0].split("\n\n")[0]
    reason = " ".join(said.split())
    if wanted.columns:
        raise StumbledError(reason) from error
    raise InvalidDataError(f"{wanted.path.name} cannot be read: {reason}") from error
