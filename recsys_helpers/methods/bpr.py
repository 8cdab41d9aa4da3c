"""Recommendations by Bayesian personalised ranking (BPR), through implicit."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_number, check_positive
from recsys_helpers.extras import require
from recsys_helpers.interactions import Interactions
from recsys_helpers.methods._base import (
    FactorLists,
    Floats,
    check_ratings_frame,
    some_positives,
)
from recsys_helpers.progress import progress_bar

# The best of those that `benchmarks/trials.py` tries on training rows.
CHOSEN_BPR: dict[str, Any] = {
    "n_factors": 64,
    "n_iterations": 100,
    "learning_rate": 0.01,
    "regularization": 0.01,
    "like_threshold": 3.5,
}


@dataclass
class Bpr(FactorLists):
    r"""Recommend by factors that put what a user liked above what they did not.

    The score of a movie is :math:`x_u \cdot y_i + b_i`. Each step draws a user, a movie
    i that they liked and a movie j that they did not, and makes the score of i larger
    and that of j smaller, the more so the less they differ in this order. j is drawn
    from the likes of everybody, so well-known movies come more often.

    `movie_vectors` are without the biases. The defaults are those of implicit, which is
    asked on one thread: with several, the same seed would give other numbers each time.

    Parameters
    ----------
    n_factors, n_iterations : int
        At least 1. An iteration has as many steps as there are positives.
    learning_rate : float
        Length of a step, above 0.
    regularization : float
        How much each step pulls what it changes towards zero, at least 0.
    like_threshold : float or None
        A rating of at least this many stars is a positive; None: every rating is.
    seed : int
        Of the factors that it starts from and of what is drawn.

    Attributes
    ----------
    user_factors_, movie_factors_
        As in `FactorLists`.
    movie_biases_ : array of float32, shape (n_movies,)
        Zero for a movie without positives.

    References
    ----------
    Rendle, Freudenthaler, Gantner and Schmidt-Thieme, "BPR: Bayesian personalized
    ranking from implicit feedback", UAI 2009.
    """

    n_factors: int = 100
    n_iterations: int = 100
    learning_rate: float = 0.01
    regularization: float = 0.01
    like_threshold: float | None = None
    seed: int = 0

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn a vector for every user and movie; some rating has to be a positive."""
        check_ratings_frame(train)
        check_count("n_factors", self.n_factors)
        check_count("n_iterations", self.n_iterations)
        check_positive("learning_rate", self.learning_rate)
        check_number("regularization", self.regularization)
        # Not implicit.bpr, which hands out another class where there is a GPU.
        implicit = require("implicit.cpu.bpr", "als")
        rated = Interactions.from_ratings(train)
        liked = some_positives(train, self.like_threshold)
        ones = Interactions.from_ratings(liked, None, rated.users, rated.movies).matrix
        model = implicit.BayesianPersonalizedRanking(
            factors=self.n_factors,
            iterations=self.n_iterations,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            num_threads=1,
            random_state=self.seed,
        )
        with progress_bar(self.n_iterations, "BPR") as bar:
            model.fit(
                sparse.csr_matrix(ones),
                show_progress=False,
                callback=lambda *_: bar.update(),
            )
        # implicit keeps the biases in a last column, beside a column of ones.
        self.interactions_ = rated
        self.user_factors_ = model.user_factors[:, :-1]
        self.movie_factors_ = model.item_factors[:, :-1]
        self.movie_biases_: NDArray[np.float32] = model.item_factors[:, -1]
        return self

    def _scores(self, user_vector: Floats) -> Floats:
        scores = super()._scores(user_vector)
        return scores + self.movie_biases_ if user_vector.any() else scores
