"""Collaborative filtering in Keras: stars predicted by gradient descent.

The models are in the module `models`, each on one screen.
"""

from __future__ import annotations

import os
import tempfile
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._checks import (
    check_count,
    check_number,
    check_positive,
    check_share,
)
from recsys_helpers.features.content import genre_and_year_matrix
from recsys_helpers.interactions import IdIndex, Interactions
from recsys_helpers.methods._base import (
    HasVectors,
    ScoresMovies,
    as_stars,
    check_ratings_frame,
    check_watched,
    checked_pairs,
    early_stopping,
    require_fitted,
)
from recsys_helpers.methods.collaborative.models import factor_model, network_model
from recsys_helpers.nn import load_keras

if TYPE_CHECKING:
    import keras

__all__ = [
    "WITH_SIDE_INFORMATION",
    "KerasFactors",
    "KerasNetwork",
    "load_rating_model",
    "predict_ratings",
]

Floats = NDArray[np.float64]

# Bounds the memory that many predictions take.
PREDICTED_AT_ONCE = 2**16


@dataclass(kw_only=True)
class KerasRatings(ScoresMovies, HasVectors):
    """What both methods have in common: how they are trained, asked and saved."""

    # From 32 on TensorFlow multiplies sparse matrices in another way: 5 times slower.
    n_factors: int = 30
    n_epochs: int = 30
    batches_per_epoch: int = 10
    learning_rate: float = 0.05
    patience: int | None = None
    seed: int = 0

    def fit(
        self,
        train: pd.DataFrame,
        valid: pd.DataFrame | None = None,
        callbacks: Sequence[Any] = (),
    ) -> Self:
        """Learn from `train`.

        The learning rate falls along half a cosine, from `learning_rate` to zero at
        the end of the last epoch.

        Parameters
        ----------
        valid : DataFrame like `train`, optional
            Ratings on which the RMSE is taken after each epoch: `val_rmse` of
            `history_`. Nothing is learned from them, except when to stop.
        callbacks : sequence of keras.callbacks.Callback
            For example `recsys_helpers.nn.parts.LiveCurves`.

        Raises
        ------
        UnknownIdError
            If movies with their genres are given, and one of `train` is missing.
        """
        check_ratings_frame(train)
        self._check_settings()
        check_watched(valid, self.patience)
        keras = load_keras()
        from recsys_helpers.nn.parts import (
            COMPILE,
            ShuffledBatches,
            falling_rate,
            train_model,
        )

        known = self._interactions(train)
        mean = float(train["rating"].mean())
        model = self._build(known, mean)
        batches = ShuffledBatches(
            train["user_id"],
            train["movie_id"],
            train["rating"],
            batch_size=-(-len(train) // self.batches_per_epoch),
            seed=self.seed,
        )
        rate = falling_rate(self.learning_rate, self.n_epochs, batches)
        model.compile(
            keras.optimizers.Adam(rate),
            loss="mse",
            metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
            jit_compile=COMPILE,
        )
        stopping = [] if self.patience is None else [early_stopping(self.patience)]
        self.history_ = train_model(
            model,
            batches,
            self.n_epochs,
            [*stopping, *callbacks],
            validation_data=None if valid is None else _as_arrays(valid),
            validation_batch_size=PREDICTED_AT_ONCE,
        )
        self._remember(known, model, mean)
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, within 0.5 to 5 stars, shape (n,).

        A user or movie without training ratings has no vector or bias of its own.
        """
        require_fitted(self, "model_")
        return predict_ratings(self.model_, user_ids, movie_ids)

    def save(self, path: str | os.PathLike) -> None:
        """Keep the trained model in one file, ids included; it ends in ``.keras``.

        A file that was there is replaced by a whole one or not at all.
        """
        require_fitted(self, "model_")
        path = Path(path)
        if path.suffix != ".keras":
            raise ValueError(f"A Keras model is saved as *.keras; got {path.name}.")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {path.parent}. Make it first.")
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder, path.name)
            self.model_.save(part)
            os.replace(part, path)

    def _check_settings(self) -> None:
        for name in ("n_factors", "n_epochs", "batches_per_epoch"):
            check_count(name, getattr(self, name))
        check_positive("learning_rate", self.learning_rate)
        check_count("seed", self.seed, at_least=0)

    def _interactions(self, train: pd.DataFrame) -> Interactions:
        return Interactions.from_ratings(train)

    @abstractmethod
    def _build(self, known: Interactions, mean: float) -> keras.Model:
        """Build the model, not trained."""

    def _remember(self, known: Interactions, model: keras.Model, mean: float) -> None:
        self.interactions_, self.model_ = known, model
        self.movie_factors_ = _side_numbers(known, model, "movie_vector")

    def _user_scores(self, user_id: int) -> Floats:
        self.interactions_.users.rows(user_id)  # raises for an unknown one
        movie_ids = self.interactions_.movies.ids
        return _stars(self.model_, np.full(len(movie_ids), user_id), movie_ids)


@dataclass(kw_only=True)
class KerasFactors(KerasRatings):
    """Predict by biases and vectors: see `models.factor_model`.

    The defaults are for ids only. `WITH_SIDE_INFORMATION` holds what was chosen for
    the rest: ``KerasFactors(movies=movies, with_sets=True, **WITH_SIDE_INFORMATION)``.

    Parameters
    ----------
    factor_l2, bias_l2, feature_l2, set_l2, with_sets
        As in `models.factor_model`.
    movies : DataFrame with `movie_id`, `genres` and `year`, optional
        With it the model knows genre and year, and has something to say about movies
        that nobody has rated: they are predicted and recommended too.
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

    def _remember(self, known: Interactions, model: keras.Model, mean: float) -> None:
        super()._remember(known, model, mean)
        self.mean_ = mean
        self.user_factors_ = _side_numbers(known, model, "user_vector")
        self.user_biases_ = _side_numbers(known, model, "user_bias")[:, 0]
        self.movie_biases_ = _side_numbers(known, model, "movie_bias")[:, 0]

    def _user_scores(self, user_id: int) -> Floats:
        # The parts are at hand, and put together much faster than Keras would do it.
        row = int(self.interactions_.users.rows(user_id))
        above_mean = self.user_biases_[row] + self.movie_biases_
        dots = np.einsum("if,f->i", self.movie_factors_, self.user_factors_[row])
        return self.mean_ + above_mean + dots


# The best of the trials that `benchmarks/keras_ratings.py` made of inner splits of the
# training rows, as are the defaults of the classes.
WITH_SIDE_INFORMATION: dict[str, Any] = {
    "factor_l2": 35,
    "bias_l2": 6,
    "feature_l2": 40,
    "set_l2": 40,
    "learning_rate": 0.02,
}


@dataclass(kw_only=True)
class KerasNetwork(KerasRatings):
    """Predict by a network: see `models.network_model`.

    The other parameters are those of `KerasFactors`; of the attributes it has
    `model_`, `movie_factors_` and `history_`.
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


def load_rating_model(path: str | os.PathLike) -> keras.Model:
    """Read a model that `save` has written, for `predict_ratings`.

    In Keras' safe mode: a file from somewhere else cannot run code of its own. If it is
    not a whole Keras model, or one that safe mode refuses, there is a ValueError.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path}. Write it with model.save(path) first."
        )
    keras = load_keras()
    import recsys_helpers.nn.parts  # noqa: F401, registers the course's layers

    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:
        raise ValueError(
            f"{path} could not be read as a Keras model: it is another kind of file, "
            "was cut off, comes from another version, or holds code, which is refused. "
            "Save the model again."
        ) from error


def predict_ratings(
    model: keras.Model, user_ids: ArrayLike, movie_ids: ArrayLike
) -> Floats:
    """Ratings of n (user, movie) pairs, within 0.5 to 5 stars, shape (n,).

    The model is `model_` of a fitted method, or what `load_rating_model` gives.
    """
    users, movies = checked_pairs(user_ids, movie_ids)
    if not len(users):  # TensorFlow cannot add a bias to no rows
        return np.empty(0)
    return as_stars(_stars(model, users, movies))


def _stars(model: keras.Model, users: NDArray, movies: NDArray) -> Floats:
    """Predict n pairs of ids, shape (n,), not yet clipped to what stars can be."""
    return _called(model, [users, movies]).ravel().astype(np.float64)


def _side_numbers(
    known: Interactions, model: keras.Model, layer: str
) -> NDArray[np.float32]:
    """Ask a layer of the model about all users, or about all movies."""
    ids = {"user": known.users.ids, "movie": known.movies.ids}
    n = len(ids[layer.split("_")[0]])
    part = load_keras().Model(model.inputs, model.get_layer(layer).output)
    return _called(part, [np.resize(of_side, n) for of_side in ids.values()])


def _called(model: keras.Model, pairs: list[NDArray]) -> NDArray[np.float32]:
    """Call the model on pairs of ids, at most PREDICTED_AT_ONCE at a time."""
    # model.predict would first compile the model, which takes longer than this.
    pairs = [ids.astype(np.int64) for ids in pairs]
    starts = range(0, len(pairs[0]), PREDICTED_AT_ONCE)
    parts = [
        model([side[start : start + PREDICTED_AT_ONCE] for side in pairs])
        for start in starts
    ]
    return np.concatenate([np.asarray(part) for part in parts])


def _as_arrays(ratings: pd.DataFrame) -> tuple[tuple[NDArray, ...], NDArray]:
    """Pairs of ids, and stars."""
    ids = (ratings[side].to_numpy(np.int64) for side in ("user_id", "movie_id"))
    return tuple(ids), ratings["rating"].to_numpy(np.float32)
