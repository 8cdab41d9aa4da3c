r"""Matrix factorisation on a cluster: Spark's ALS behind the course's protocol.

`SparkAls` learns from likes, `SparkRatings` from stars. Both need a running session,
see `recsys_helpers.large.spark.start_spark`; what they have learned is plain numpy, and
outlives it. `spark_factors` is what both call: numpy and scipy in, numpy out. And
`als_wr_step` is what Spark computes, from scratch.

Spark's ALS multiplies :math:`\lambda` by the number :math:`n_u` of ratings, or of
positives, of the row that it solves for. Zhou, Wilkinson, Schreiber and Pan,
"Large-scale parallel collaborative filtering for the Netflix Prize", AAIM 2008, call
this ALS-WR, with *weighted regularisation*. For stars :math:`r_{ui}`, over the known
cells only:

.. math::
    \sum_{u, i} (r_{ui} - x_u \cdot y_i)^2
    + \lambda \Bigl(\sum_u n_u |x_u|^2 + \sum_i n_i |y_i|^2\Bigr)

and for likes, over all cells, the same penalty with the loss of
`recsys_helpers.methods.als`, where the confidence of a stored cell is one more than
what is stored, :math:`1 + \alpha r`, and :math:`n_u` counts the stored cells.

The package implicit takes the confidence as it is given, and one :math:`\lambda` for
all rows (Hu, Koren and Volinsky, ICDM 2008). So no setting of one is exactly a setting
of the other. Close to Spark with :math:`\lambda` is implicit with the confidences
:math:`1 + \alpha r` and :math:`\lambda` times the mean of :math:`n_u`: `matching_als`.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr, check_positive
from recsys_helpers.interactions import Interactions, positives
from recsys_helpers.large.spark import running_session
from recsys_helpers.methods import (
    FactorLists,
    HasVectors,
    as_stars,
    check_ratings_frame,
    checked_pairs,
    require_fitted,
)
from recsys_helpers.methods.als import Als, Weighting, confidences

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = [
    "SparkAls",
    "SparkRatings",
    "als_wr_step",
    "matching_als",
    "mean_positives",
    "spark_factors",
]

Factors = NDArray[np.float32]
Floats = NDArray[np.floating]


@dataclass
class SparkAls(FactorLists):
    """Recommend by factors that Spark has learned from likes.

    Parameters
    ----------
    n_factors, n_iterations : int
        At least 1.
    regularization : float
        The lambda, above 0; a row's penalty is this times its number of positives.
    like_threshold, weighting, alpha
        What is a positive and how much it counts: see
        `recsys_helpers.methods.als.confidences`. Spark's own are "linear", which
        is the course's name for 1 + alpha r. A confidence must be above 1, so
        "stars" needs a threshold above one star, and alpha is above 0.
    seed : int
        Of the factors that Spark starts from.
    n_blocks : int
        Into how many blocks users and movies are cut. The factors depend on it, by
        way of what they start from.

    Attributes
    ----------
    interactions_, user_factors_, movie_factors_
        As in `FactorLists`.
    confidences_ : Interactions
        As in `Als`.
    """

    n_factors: int = 10
    n_iterations: int = 10
    regularization: float = 0.1
    like_threshold: float | None = 4.0
    weighting: Weighting = "constant"
    alpha: float = 1.0
    seed: int = 0
    n_blocks: int = 10

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn a vector for every user and every movie of `train`.

        Raises
        ------
        RuntimeError
            If no Spark session is running.
        ImportError
            If pyspark is not installed.
        ValueError
            If a setting or a rating cannot be, or no rating is a positive.
        """
        check_ratings_frame(train)
        rated = Interactions.from_ratings(train)
        liked = confidences(train, self.like_threshold, self.weighting, self.alpha)
        if liked["confidence"].min() <= 1:
            raise ValueError(
                "Spark makes confidences of 1 + alpha r, so each must be above 1, and "
                f"one is {liked['confidence'].min():g} (weighting {self.weighting!r}, "
                f"alpha {self.alpha:g}). Raise alpha, or the like_threshold."
            )
        weighted = Interactions.from_ratings(
            liked, "confidence", rated.users, rated.movies
        )
        above_one = weighted.matrix.copy()
        above_one.data -= 1
        factors = spark_factors(above_one, implicit=True, **_settings(self))
        self.interactions_, self.confidences_ = rated, weighted
        self.user_factors_, self.movie_factors_ = factors
        return self


@dataclass
class SparkRatings(HasVectors):
    """Predict stars by factors that Spark has learned from them.

    Spark says nothing about a user or movie without training ratings; by default it
    answers NaN, and ``coldStartStrategy="drop"`` removes such rows without a word, so
    that an RMSE is taken over the easier ones. Here they get an answer: the movie's
    mean rating; for an unknown movie the user's; for both unknown the mean of all.
    `knows` says which pairs these are.

    Parameters
    ----------
    n_factors, n_iterations, seed, n_blocks
        As in `SparkAls`.
    regularization : float
        The lambda, above 0; a row's penalty is this times its number of ratings.

    Attributes
    ----------
    interactions_ : Interactions
    mean_ : float
    user_means_, movie_means_ : array of float64, shape (n,)
    user_factors_, movie_factors_ : array of float32, shape (n, n_factors)
    """

    n_factors: int = 10
    n_iterations: int = 10
    regularization: float = 0.1
    seed: int = 0
    n_blocks: int = 10

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn a vector for every user and movie of `train`, as `SparkAls` does."""
        check_ratings_frame(train)
        known = Interactions.from_ratings(train)
        R = known.matrix
        factors = spark_factors(R, implicit=False, **_settings(self))
        self.interactions_ = known
        self.mean_ = float(R.data.mean())
        self.user_means_ = R.sum(axis=1) / np.diff(R.indptr)
        self.movie_means_ = R.sum(axis=0) / known.n_ratings_of_movies
        self.user_factors_, self.movie_factors_ = factors
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, within 0.5 to 5 stars, shape (n,)."""
        users, movies = self._rows(user_ids, movie_ids)
        stars = np.einsum(
            "nf,nf->n", self.user_factors_[users], self.movie_factors_[movies]
        ).astype(np.float64)
        # A row of -1 has picked the last vector: these are the ones replaced.
        stars = np.where(movies < 0, self.user_means_[users], stars)
        stars = np.where(users < 0, self.movie_means_[movies], stars)
        stars = np.where((users < 0) & (movies < 0), self.mean_, stars)
        return as_stars(stars)

    def knows(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> NDArray[np.bool_]:
        """Which of n pairs are predicted from factors, shape (n,).

        Where it is False, the user or the movie has no training rating, and Spark
        itself would drop the pair.
        """
        users, movies = self._rows(user_ids, movie_ids)
        return (users >= 0) & (movies >= 0)

    def _rows(
        self, user_ids: ArrayLike, movie_ids: ArrayLike
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        require_fitted(self, "movie_factors_")
        user_ids, movie_ids = checked_pairs(user_ids, movie_ids)
        known = self.interactions_
        return known.users.find(user_ids), known.movies.find(movie_ids)


def _settings(model: SparkAls | SparkRatings) -> dict:
    names = ("n_factors", "n_iterations", "regularization", "seed", "n_blocks")
    return {name: getattr(model, name) for name in names}


def mean_positives(train: pd.DataFrame, like_threshold: float | None = 4.0) -> float:
    """Mean number of positives of the users that have any: the mean of n_u.

    Examples
    --------
    >>> mean_positives(pd.DataFrame({"user_id": [1, 1, 2], "rating": [5, 4, 4.5]}))
    1.5
    """
    liked = positives(train, like_threshold)
    return len(liked) / liked["user_id"].nunique()


def matching_als(model: SparkAls, train: pd.DataFrame) -> Als:
    """Choose settings of implicit that come close to those of a `SparkAls`.

    Parameters
    ----------
    model : SparkAls
        Need not be fitted.
    train : DataFrame with `user_id` and `rating`

    Returns
    -------
    Als
        Not fitted, with lambda times the mean number of positives.
    """
    return Als(
        n_factors=model.n_factors,
        n_iterations=model.n_iterations,
        regularization=model.regularization
        * mean_positives(train, model.like_threshold),
        like_threshold=model.like_threshold,
        weighting=model.weighting,
        alpha=model.alpha,
        seed=model.seed,
    )


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
        Stars, or what the confidence of a like is above 1, as in `als_wr_step`. All
        above 0.
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
        `recsys_helpers.large.spark_arithmetic`.
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
    ImportError
        If pyspark is not installed.
    TypeError
        If R is not a csr matrix.
    ValueError
        If a setting is out of its range, R is empty or one of its cells is not a
        number above 0.
    """
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


def als_wr_step(
    R: sparse.csr_array,
    Y: NDArray[np.floating],
    regularization: float,
    *,
    implicit: bool,
) -> Floats:
    r"""One half-step, from scratch: the best vector of every row, `Y` held fixed.

    .. math::
        (Y_u^T Y_u + \lambda n_u I) \, x_u = Y_u^T r_u

    for stars, and for likes, with :math:`c_{ui} = 1 + r_{ui}`,

    .. math::
        (Y^T Y + Y_u^T (C_u - I) Y_u + \lambda n_u I) \, x_u = Y_u^T c_u

    Parameters
    ----------
    R : scipy.sparse.csr_array, shape (n_rows, n_columns)
        Stars, or what the confidence of a like is above 1 (Spark's alpha times the
        rating); all above 0.
    Y : array, shape (n_columns, n_factors)
    regularization : float
        The lambda, above 0.
    implicit : bool
        Whether R holds likes.

    Returns
    -------
    array of float64, shape (n_rows, n_factors)
        Zeros for an empty row.

    Raises
    ------
    TypeError
        If R is not a csr matrix.
    ValueError
        If `regularization` is not above 0, or Y does not have a row for each column.

    Examples
    --------
    One factor, movies at 1 and 2, a user who gave both 4 stars: two ratings, so
    (1 + 4 + 0.5 * 2) x = 1 * 4 + 2 * 4, and x is 2.

    >>> R = sparse.csr_array([[4.0, 4.0]])
    >>> als_wr_step(R, np.array([[1.0], [2.0]]), 0.5, implicit=False)
    array([[2.]])
    """
    check_csr("R", R)
    check_positive("regularization", regularization)
    if R.shape[1] != len(Y):
        raise ValueError(f"R has {R.shape[1]:,} columns, and Y {len(Y):,} vectors.")
    Y = np.asarray(Y, dtype=np.float64)
    n_factors = Y.shape[1]
    of_all = Y.T @ Y if implicit else 0.0
    X = np.zeros((R.shape[0], n_factors))
    for u, (start, stop) in enumerate(zip(R.indptr[:-1], R.indptr[1:], strict=True)):
        if start == stop:
            continue
        Y_u, r_u = Y[R.indices[start:stop]], R.data[start:stop]
        weights, targets = (r_u, 1 + r_u) if implicit else (1.0, r_u)
        penalty = regularization * (stop - start) * np.eye(n_factors)
        X[u] = np.linalg.solve(
            of_all + (Y_u.T * weights) @ Y_u + penalty, Y_u.T @ targets
        )
    return X
