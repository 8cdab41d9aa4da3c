"""Recommendations by matrix factorisation with ALS: the fast path, through implicit.

`recsys_helpers.factorisation` has the same method from scratch, and the maths; its
functions can be imported from here too.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import sparse

from recsys_helpers.checks import check_count, check_positive
from recsys_helpers.extras import require
from recsys_helpers.factorisation import (
    Floats,
    Weighting,
    als_loss,
    confidences,
    factorise,
    likes,
    solve_factors,
)
from recsys_helpers.interactions import Interactions
from recsys_helpers.methods import check_ratings_frame, require_fitted
from recsys_helpers.methods.factor_lists import FactorLists
from recsys_helpers.methods.new_user import NEW_USER, NewRatings, of_known_movies
from recsys_helpers.progress import progress_bar

__all__ = ["CHOSEN_ALS", "Als", "als_loss", "confidences", "factorise", "solve_factors"]

# The best of those that `benchmarks/neighbours_and_als.py` tries on training rows.
CHOSEN_ALS: dict[str, Any] = {
    "n_factors": 96,
    "n_iterations": 15,
    "regularization": 10,
    "like_threshold": 4.0,
    "weighting": "constant",
    "alpha": 0.5,
}


@dataclass
class Als(FactorLists):
    """Recommend by factors that implicit's ALS has learned.

    The defaults are those of the article that chapter 4 starts from.

    implicit solves each row by a few steps of conjugate gradients: Takács, Pilászy
    and Tikk, "Applications of the conjugate gradient method for implicit feedback
    collaborative filtering", RecSys 2011. After the last iteration the users' factors
    are solved once more, exactly. So a score, the sum of its explanation and a
    fold-in of the same ratings agree.

    Parameters
    ----------
    n_factors, n_iterations : int
        At least 1.
    regularization : float
        The lambda of the loss, above 0.
    like_threshold, weighting, alpha
        What is a positive and how much it counts: see `confidences`.
    seed : int
        Of the factors that ALS starts from.
    num_threads : int
        At least 0; 0 for one a core. The result does not depend on it.

    Attributes
    ----------
    interactions_ : Interactions
        All training ratings.
    confidences_ : Interactions
        The positives' confidences, with the same rows and columns.
    user_factors_, movie_factors_ : array of float32, shape (n, n_factors)
        Zeros for a user or movie without positives.
    model_ : implicit.cpu.als.AlternatingLeastSquares
    """

    n_factors: int = 10
    n_iterations: int = 20
    regularization: float = 0.1
    like_threshold: float | None = None
    weighting: Weighting = "stars"
    alpha: float = 1.0
    seed: int = 0
    num_threads: int = 0

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn a vector for every user and every movie of `train`.

        Raises
        ------
        ImportError
            If implicit is not installed.
        ValueError
            If a setting or a rating cannot be, or no rating is a positive.
        """
        check_ratings_frame(train)
        self._check_settings()
        # Not implicit.als, which hands out another class where there is a GPU.
        model_class = require("implicit.cpu.als", "als").AlternatingLeastSquares
        rated = Interactions.from_ratings(train)
        liked = confidences(train, self.like_threshold, self.weighting, self.alpha)
        weighted = Interactions.from_ratings(
            liked, "confidence", rated.users, rated.movies
        )
        C = _for_implicit(weighted.matrix)
        with _one_blas_thread(), progress_bar(self.n_iterations, "ALS") as bar:
            # A new object each time: a used one keeps its factors, and reads beyond
            # their end where the new matrix is larger.
            model = model_class(
                factors=self.n_factors,
                iterations=self.n_iterations,
                regularization=self.regularization,
                num_threads=self.num_threads,
                random_state=self.seed,
            )
            model.fit(C, show_progress=False, callback=lambda *_: bar.update())
            model.partial_fit_users(np.arange(C.shape[0]), C)
        self.interactions_, self.confidences_, self.model_ = rated, weighted, model
        self.user_factors_, self.movie_factors_ = model.user_factors, model.item_factors
        return self

    def fold_in(self, ratings: NewRatings) -> Floats:
        """Vector of a new user: one half-step for one row, the movies held fixed.

        Parameters
        ----------
        ratings : DataFrame with `movie_id` and `rating`
            Or a dict of these columns.

        Returns
        -------
        array of float32, shape (n_factors,)
            Zeros if no rating is a positive.

        Raises
        ------
        UnknownIdError
            If a movie has no training rating.
        ValueError
            If a movie comes twice, a rating is not within 0.5 to 5, a column is
            missing, or there are no ratings.
        """
        require_fitted(self, "model_")
        ratings, _ = of_known_movies(ratings, self.interactions_.movies)
        liked = likes(ratings, self.like_threshold)
        if liked.empty:
            return np.zeros(self.n_factors, dtype=np.float32)
        row = Interactions.from_ratings(
            confidences(liked, None, self.weighting, self.alpha),
            "confidence",
            movies=self.interactions_.movies,
        )
        return self.model_.recalculate_user(0, _for_implicit(row.matrix))

    def recommend_to(
        self, ratings: NewRatings, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Recommend to a new user, without a new fit.

        Parameters
        ----------
        ratings, n, exclude_seen
            The new user's ratings as in `fold_in`, the rest as in `recommend`.

        Returns
        -------
        DataFrame with `movie_id` and `score`, best first

        Raises
        ------
        UnknownIdError, ValueError
            As in `fold_in`; ValueError also if n is below 1.
        """
        scores = self._scores(self.fold_in(ratings))
        _, rated = of_known_movies(ratings, self.interactions_.movies)
        return rated.best_movies(NEW_USER, scores, n, exclude_seen)

    def explain(self, user_id: int, movie_id: int, n: int | None = 10) -> pd.DataFrame:
        r"""Which of the user's positives the score of a movie comes from.

        The score is a sum over them: :math:`x_u \cdot y_i = \sum_j c_{uj} \,
        y_i^T (Y^T C_u Y + \lambda I)^{-1} y_j` (Hu et al., section 5). A movie that
        the user liked is among its own reasons.

        Parameters
        ----------
        user_id, movie_id : int
        n : int or None
            Length of the list; None: all, and they add up to the score.

        Returns
        -------
        DataFrame with `movie_id` and `contribution`
            Largest first; some can be negative. Empty for a user without positives.

        Raises
        ------
        UnknownIdError
            If the user or the movie has no training rating.
        ValueError
            If n is below 1.
        """
        require_fitted(self, "model_")
        if n is not None:
            check_count("n", n)
        row = self.confidences_.users.rows(user_id)
        column = self.confidences_.movies.rows(movie_id)
        liked = self.confidences_.matrix[[row]]
        # implicit looks the user up in the matrix it is given: here the only row.
        _, parts, _ = self.model_.explain(
            0, _for_implicit(liked), column, N=liked.nnz if n is None else n
        )
        columns = np.array([column for column, _ in parts], dtype=np.intp)
        return pd.DataFrame(
            {
                "movie_id": self.confidences_.movies.ids[columns],
                "contribution": np.array([part for _, part in parts], dtype=float),
            }
        )

    def _check_settings(self) -> None:
        check_count("n_factors", self.n_factors)
        check_count("n_iterations", self.n_iterations)
        check_positive("regularization", self.regularization)
        # A negative number would end the whole process, in the library of threads.
        check_count("num_threads", self.num_threads, at_least=0)


def _one_blas_thread() -> AbstractContextManager:
    # implicit has threads of its own; with those of BLAS beneath them it warns, and
    # can take ten times as long.
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "blas")


def _for_implicit(matrix: sparse.csr_array) -> sparse.csr_matrix:
    # It takes a csr_matrix, not the newer csr_array, and computes in float32.
    return sparse.csr_matrix(matrix, dtype=np.float32)
