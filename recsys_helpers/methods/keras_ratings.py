"""What the Keras methods of ratings have in common: how they are trained and asked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.checks import (
    check_count,
    check_positive,
)
from recsys_helpers.interactions import Interactions
from recsys_helpers.keras_setup import load_keras
from recsys_helpers.learning_curves import history_frame
from recsys_helpers.methods import (
    check_ratings_frame,
    require_fitted,
    titled_vectors,
)
from recsys_helpers.methods.early_stopping import check_watched, early_stopping
from recsys_helpers.rating_models import (
    PREDICTED_AT_ONCE,
    Floats,
    predict_ratings,
    predicted_stars,
    side_numbers,
)
from recsys_helpers.vectors import MovieVectors

if TYPE_CHECKING:
    import keras


@dataclass(kw_only=True)
class KerasRatings:
    """What both methods have in common: how they are trained, asked and saved."""

    # From 32 on TensorFlow multiplies sparse matrices in another way: 5 times slower.
    n_factors: int = 30
    n_epochs: int = 30
    batches_per_epoch: int = 10
    learning_rate: float = 0.05
    patience: int | None = None
    seed: int = 0

    if TYPE_CHECKING:  # what the two methods bring along

        def _build(self, known: Interactions, mean: float) -> keras.Model: ...

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
        train : DataFrame with `user_id`, `movie_id` and `rating`
        valid : DataFrame with these columns, optional
            Ratings on which the RMSE is taken after each epoch: `val_rmse` of
            `history_`. Nothing is learned from them, except when to stop.
        callbacks : sequence of keras.callbacks.Callback
            For example `recsys_helpers.keras_parts.LiveCurves`.

        Raises
        ------
        ImportError
            If Keras or TensorFlow is not installed.
        ValueError
            If a setting or a rating cannot be, or there is `patience` and no `valid`.
        UnknownIdError
            If movies with their genres are given, and one of `train` is missing.
        """
        check_ratings_frame(train)
        self._check_settings()
        check_watched(valid, self.patience)
        keras = load_keras()
        from recsys_helpers.keras_parts import EpochBar, ShuffledBatches

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
        schedule = keras.optimizers.schedules.CosineDecay(
            self.learning_rate, decay_steps=self.n_epochs * len(batches)
        )
        model.compile(
            keras.optimizers.Adam(schedule),
            loss="mse",
            metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
            jit_compile=False,
        )
        stopping = []
        if self.patience is not None:
            stopping = [early_stopping(self.patience)]
        history = model.fit(
            batches,
            epochs=self.n_epochs,
            shuffle=False,  # the batches are shuffled, and by our seed
            validation_data=None if valid is None else _as_arrays(valid),
            validation_batch_size=PREDICTED_AT_ONCE,
            callbacks=[EpochBar(), *stopping, *callbacks],
            verbose=0,
        )
        self._remember(known, model, mean)
        self.history_ = history_frame(history.history)
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, within 0.5 to 5 stars, shape (n,).

        A user or movie without training ratings has no vector or bias of its own.
        """
        require_fitted(self, "model_")
        return predict_ratings(self.model_, user_ids, movie_ids)

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies with the highest predicted rating: `movie_id`, `score` in stars.

        The score is not clipped to 5, or the best movies would be ties.

        Raises
        ------
        UnknownIdError
            If the user has no training rating.
        """
        require_fitted(self, "model_")
        self.interactions_.users.rows(user_id)  # raises for an unknown one
        scores = self._scores(user_id)
        return self.interactions_.best_movies(user_id, scores, n, exclude_seen)

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
        require_fitted(self, "model_")
        movie_ids = self.interactions_.movies.ids
        return titled_vectors(movie_ids, self.movie_factors_, titles)

    def save(self, path: str | os.PathLike) -> None:
        """Keep the trained model in one file, ids included.

        It is written under another name first, so a file that was there is replaced
        by a whole one or not at all.

        Parameters
        ----------
        path : path
            Ends in ``.keras``.

        Raises
        ------
        FileNotFoundError
            If the folder does not exist.
        ValueError
            If the file's name has another ending.
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
        if self.patience is not None:
            check_count("patience", self.patience)

    def _interactions(self, train: pd.DataFrame) -> Interactions:
        return Interactions.from_ratings(train)

    def _remember(self, known: Interactions, model: keras.Model, mean: float) -> None:
        self.interactions_, self.model_ = known, model
        self.movie_factors_ = side_numbers(known, model, "movie_vector")

    def _scores(self, user_id: int) -> Floats:
        movie_ids = self.interactions_.movies.ids
        return predicted_stars(self.model_, np.full(len(movie_ids), user_id), movie_ids)


def _as_arrays(ratings: pd.DataFrame) -> tuple[tuple[NDArray, NDArray], NDArray]:
    return (
        (
            ratings["user_id"].to_numpy(dtype=np.int64),
            ratings["movie_id"].to_numpy(dtype=np.int64),
        ),
        ratings["rating"].to_numpy(dtype=np.float32),
    )
