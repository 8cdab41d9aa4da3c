r"""Matrix factorisation on a cluster: Spark's ALS behind the course's protocol.

`SparkAls` learns from likes, `SparkRatings` from stars. Both need a running session,
see `recsys_helpers.spark.start_spark`; what they have learned is plain numpy, and
outlives it.

Spark and the package implicit minimise the same loss with another penalty. implicit
takes the confidence as it is given, and one :math:`\lambda` for all rows (Hu, Koren
and Volinsky, ICDM 2008). Spark takes ratings and makes confidences of them,
:math:`1 + \alpha r`, and multiplies :math:`\lambda` by the number :math:`n_u` of
positives of the row (Zhou et al., "Large-scale parallel collaborative filtering for
the Netflix Prize", AAIM 2008; Spark's guide, "Collaborative filtering", section
"Scaling of the regularization parameter"). So no setting of one is exactly a setting
of the other. Close to Spark with :math:`\lambda` is implicit with the confidences
:math:`1 + \alpha r` and :math:`\lambda` times the mean of :math:`n_u`:
`matching_als`, and `matching_spark_als` for the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.factorisation import Weighting, confidences, likes
from recsys_helpers.interactions import Interactions
from recsys_helpers.methods import (
    as_stars,
    check_ratings_frame,
    checked_pairs,
    require_fitted,
    titled_vectors,
)
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.factor_lists import FactorLists, Floats
from recsys_helpers.spark_factors import spark_factors
from recsys_helpers.vectors import MovieVectors

__all__ = [
    "SparkAls",
    "SparkRatings",
    "matching_als",
    "matching_spark_als",
    "mean_positives",
]


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
        `recsys_helpers.factorisation.confidences`. Spark's own are "linear", which
        is the course's name for 1 + alpha r. A confidence must be above 1, so
        "stars" needs a threshold above one star, and alpha is above 0.
    seed : int
        Of the factors that Spark starts from.
    n_blocks : int
        Into how many blocks users and movies are cut. The factors depend on it, by
        way of what they start from.

    Attributes
    ----------
    interactions_ : Interactions
        All training ratings.
    confidences_ : Interactions
        The positives' confidences, with the same rows and columns.
    user_factors_, movie_factors_ : array of float32, shape (n, n_factors)
        Zeros for a user or movie without positives.
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
        SparkMissingError
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
class SparkRatings:
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
        """Learn a vector for every user and every movie of `train`.

        Raises
        ------
        RuntimeError
            If no Spark session is running.
        SparkMissingError
            If pyspark is not installed.
        ValueError
            If a setting or a rating cannot be.
        """
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

    def movie_vectors(self, titles: pd.Series | None = None) -> MovieVectors:
        """Vectors of all movies.

        Parameters
        ----------
        titles : Series, optional
            The title of each movie_id, which is its index.

        Returns
        -------
        MovieVectors
        """
        require_fitted(self, "movie_factors_")
        movie_ids = self.interactions_.movies.ids
        return titled_vectors(movie_ids, self.movie_factors_, titles)

    def _rows(
        self, user_ids: ArrayLike, movie_ids: ArrayLike
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        require_fitted(self, "movie_factors_")
        user_ids, movie_ids = checked_pairs(user_ids, movie_ids)
        known = self.interactions_
        return known.users.find(user_ids), known.movies.find(movie_ids)


def mean_positives(train: pd.DataFrame, like_threshold: float | None = 4.0) -> float:
    """Mean number of positives of the users that have any: the mean of n_u.

    Examples
    --------
    >>> mean_positives(pd.DataFrame({"user_id": [1, 1, 2], "rating": [5, 4, 4.5]}))
    1.5
    """
    liked = likes(train, like_threshold)
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
    scale = mean_positives(train, model.like_threshold)
    return Als(**_shared(model), regularization=model.regularization * scale)


def matching_spark_als(model: Als, train: pd.DataFrame) -> SparkAls:
    """Choose settings of Spark that come close to those of an `Als`.

    Parameters
    ----------
    model : Als
        Need not be fitted.
    train : DataFrame with `user_id` and `rating`

    Returns
    -------
    SparkAls
        Not fitted, with lambda divided by the mean number of positives.
    """
    scale = mean_positives(train, model.like_threshold)
    return SparkAls(**_shared(model), regularization=model.regularization / scale)


def _settings(model: SparkAls | SparkRatings) -> dict:
    names = ("n_factors", "n_iterations", "regularization", "seed", "n_blocks")
    return {name: getattr(model, name) for name in names}


def _shared(model: SparkAls | Als) -> dict:
    names = ("n_factors", "n_iterations", "like_threshold", "weighting", "alpha")
    return {name: getattr(model, name) for name in (*names, "seed")}
