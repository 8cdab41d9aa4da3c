"""Collaborative filtering in Keras: stars predicted by gradient descent.

`KerasFactors` and `KerasNetwork` wrap the models of `recsys_helpers.keras_models` in
what every method of the course can do. `save` keeps a trained model in one file, and
`load_rating_model` and `predict_ratings` use it, by user id and movie id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys_helpers.checks import (
    check_count,
    check_number,
    check_share,
)
from recsys_helpers.ids import IdIndex
from recsys_helpers.interactions import Interactions
from recsys_helpers.keras_models import factor_model, network_model
from recsys_helpers.methods.early_stopping import early_stopping
from recsys_helpers.methods.keras_ratings import KerasRatings
from recsys_helpers.rating_models import (
    Floats,
    load_rating_model,
    predict_ratings,
    side_numbers,
)
from recsys_helpers.side_information import genre_and_year_matrix

if TYPE_CHECKING:
    import keras

__all__ = [
    "WITH_SIDE_INFORMATION",
    "KerasFactors",
    "KerasNetwork",
    "early_stopping",
    "load_rating_model",
    "predict_ratings",
]


@dataclass(kw_only=True)
class KerasFactors(KerasRatings):
    """Predict by biases and vectors: see `recsys_helpers.keras_models.factor_model`.

    The defaults are for ids only. `WITH_SIDE_INFORMATION` holds what was chosen for
    the rest: ``KerasFactors(movies=movies, with_sets=True, **WITH_SIDE_INFORMATION)``.

    Parameters
    ----------
    factor_l2, bias_l2, feature_l2, set_l2 : float
        The lambdas, at least 0, in ratings.
    movies : DataFrame with `movie_id`, `genres` and `year`, optional
        With it the model knows genre and year, and has something to say about movies
        that nobody has rated: they are predicted and recommended too.
    with_sets : bool
        Whether it matters which movies a user has rated, and who has rated a movie.
    n_factors, n_epochs : int
        At least 1.
    batches_per_epoch : int
        At least 1. With 10, a batch is a tenth of the ratings: thousands of them, on
        any but the smallest data.
    learning_rate : float
        What it starts at, above 0.
    patience : int or None
        Stop when the RMSE of the validation rows has not fallen for so many epochs,
        and go back to the best one.
    seed : int
        At least 0: of the numbers that vectors start as and the order of the ratings.

    Attributes
    ----------
    interactions_ : Interactions
        The training ratings.
    model_ : keras.Model
        From user ids and movie ids to ratings.
    mean_ : float
    user_biases_, movie_biases_ : array, shape (n_users,), (n_movies,)
        In stars, in the order of ``interactions_.users`` and ``.movies``.
    user_factors_, movie_factors_ : array, shape (n, n_factors)
    history_ : DataFrame, one row an epoch
        `loss` (what was minimised: mean squared error and penalties), `rmse` (of the
        training rows, in stars) and, with `valid`, `val_loss` and `val_rmse`.
    """

    factor_l2: float = 13
    bias_l2: float = 3
    movies: pd.DataFrame | None = None
    feature_l2: float = 80
    with_sets: bool = False
    set_l2: float = 40

    def _remember(self, known: Interactions, model: keras.Model, mean: float) -> None:
        super()._remember(known, model, mean)
        self.mean_ = mean
        self.user_factors_ = side_numbers(known, model, "user_vector")
        self.user_biases_ = side_numbers(known, model, "user_bias")[:, 0]
        self.movie_biases_ = side_numbers(known, model, "movie_bias")[:, 0]

    def _scores(self, user_id: int) -> Floats:
        # The parts are at hand, and put together much faster than Keras would do it.
        row = int(self.interactions_.users.rows(user_id))
        above_mean = self.user_biases_[row] + self.movie_biases_
        dots = np.einsum("if,f->i", self.movie_factors_, self.user_factors_[row])
        return self.mean_ + above_mean + dots

    def _check_settings(self) -> None:
        super()._check_settings()
        for name in ("factor_l2", "bias_l2", "feature_l2", "set_l2"):
            check_number(name, getattr(self, name))

    def _interactions(self, train: pd.DataFrame) -> Interactions:
        movies = None
        if self.movies is not None:
            movies = IdIndex.of(self.movies["movie_id"], "movie_id")
        return Interactions.from_ratings(train, movies=movies)

    def _build(self, known: Interactions, mean: float) -> keras.Model:
        features = None
        if self.movies is not None:
            features, _ = genre_and_year_matrix(self.movies, known.movies.ids)
        return factor_model(
            known,
            mean,
            n_factors=self.n_factors,
            factor_l2=self.factor_l2,
            bias_l2=self.bias_l2,
            features=features,
            feature_l2=self.feature_l2,
            with_sets=self.with_sets,
            set_l2=self.set_l2,
            seed=self.seed,
        )


# Found on inner splits of the training rows, as `benchmarks/keras_ratings.py` shows.
WITH_SIDE_INFORMATION: dict[str, Any] = {
    "factor_l2": 25,
    "bias_l2": 4,
    "learning_rate": 0.02,
}


@dataclass(kw_only=True)
class KerasNetwork(KerasRatings):
    """Predict by a network: see `recsys_helpers.keras_models.network_model`.

    Parameters
    ----------
    factor_l2 : float
        At least 0.
    n_hidden : int
        At least 1.
    dropout : float
        From 0 to below 1.

    The other parameters are those of `KerasFactors`; of the attributes it has
    `interactions_`, `model_`, `movie_factors_` and `history_`.
    """

    n_epochs: int = 20
    batches_per_epoch: int = 40
    learning_rate: float = 0.01
    factor_l2: float = 30
    n_hidden: int = 64
    dropout: float = 0.5

    def _check_settings(self) -> None:
        super()._check_settings()
        check_number("factor_l2", self.factor_l2)
        check_count("n_hidden", self.n_hidden)
        check_share("dropout", self.dropout)

    def _build(self, known: Interactions, mean: float) -> keras.Model:
        return network_model(
            known,
            mean,
            n_factors=self.n_factors,
            factor_l2=self.factor_l2,
            n_hidden=self.n_hidden,
            dropout=self.dropout,
            seed=self.seed,
        )
