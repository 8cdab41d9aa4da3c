"""Factors of a sparse matrix by Spark's ALS: numpy and scipy in, numpy out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.checks import check_count, check_csr, check_positive
from recsys_helpers.spark import running_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Factors = NDArray[np.float32]


def spark_factors(
    R: sparse.csr_array,
    *,
    implicit: bool,
    n_factors: int = 10,
    n_iterations: int = 10,
    regularization: float = 0.1,
    seed: int = 0,
    n_blocks: int = 10,
    spark: SparkSession | None = None,
) -> tuple[Factors, Factors]:
    """Factorise a matrix with ``pyspark.ml.recommendation.ALS``.

    The matrix goes to Spark as a table of text: on the workers Spark reads it without
    Python, and can read it again if it has to repeat work. The workers of a cluster
    must see this machine's temporary folder, as they do where all run on it.

    Parameters
    ----------
    R : scipy.sparse.csr_array, shape (n_users, n_movies)
        Stars, or what the confidence of a like is above 1: see
        `recsys_helpers.als_wr`, which has the maths. All above 0.
    implicit : bool
        Whether R holds likes.
    n_factors : int
        At least 1.
    n_iterations : int
        At least 0; 0 gives the random vectors that Spark starts from.
    regularization : float
        Above 0. Spark multiplies it by the number of cells of each row.
    seed : int
        Of the vectors that Spark starts from. They also depend on `n_blocks`, and
        not on the number of workers.
    n_blocks : int
        Into how many blocks users and movies are cut: see
        `recsys_helpers.spark_arithmetic`.
    spark : SparkSession, optional
        By default the one that is running.

    Returns
    -------
    X, Y : array of float32, shape (n_users, n_factors), (n_movies, n_factors)
        Zeros for a user or movie without a cell.

    Raises
    ------
    RuntimeError
        If no session is running.
    SparkMissingError
        If pyspark is not installed.
    TypeError
        If R is not a csr matrix.
    ValueError
        If a setting is out of its range, R is empty or one of its cells is not a
        number above 0.
    """
    _check(R, n_factors, n_iterations, regularization, seed, n_blocks)
    spark = spark or running_session()
    from pyspark.ml.recommendation import ALS

    als = ALS(
        rank=n_factors,
        maxIter=n_iterations,
        regParam=regularization,
        implicitPrefs=implicit,
        alpha=1.0,
        seed=seed,
        numUserBlocks=n_blocks,
        numItemBlocks=n_blocks,
        userCol="user",
        itemCol="movie",
        ratingCol="value",
        coldStartStrategy="nan",
    )
    with tempfile.TemporaryDirectory(prefix="recsys_spark_cells_") as folder:
        path = Path(folder, "cells.csv")
        _write_cells(R, path)
        schema = "user INT, movie INT, value FLOAT"
        model = als.fit(spark.read.schema(schema).csv(path.as_uri()))
        return (
            _as_array(model.userFactors, R.shape[0], n_factors),
            _as_array(model.itemFactors, R.shape[1], n_factors),
        )


def _check(
    R: sparse.csr_array,
    n_factors: int,
    n_iterations: int,
    regularization: float,
    seed: int,
    n_blocks: int,
) -> None:
    check_csr("R", R)
    check_count("n_factors", n_factors)
    check_count("n_iterations", n_iterations, at_least=0)
    check_positive("regularization", regularization)
    check_count("seed", seed, at_least=0)
    check_count("n_blocks", n_blocks)
    if R.nnz == 0:
        raise ValueError("R has no cells: there is nothing to learn from.")
    if not np.all((R.data > 0) & (R.data < np.inf)):
        raise ValueError("A cell of R is not a number above 0; leave it empty instead.")


def _write_cells(R: sparse.csr_array, path: Path) -> None:
    rows = np.repeat(np.arange(R.shape[0]), np.diff(R.indptr))
    cells = pd.DataFrame(
        {"user": rows, "movie": R.indices, "value": R.data.astype(np.float32)}
    )
    cells.to_csv(path, header=False, index=False)


def _as_array(factors: DataFrame, n_rows: int, n_factors: int) -> Factors:
    array = np.zeros((n_rows, n_factors), dtype=np.float32)
    collected = factors.collect()
    array[[row["id"] for row in collected]] = [row["features"] for row in collected]
    return array
