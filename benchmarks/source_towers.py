"""The two towers as the source of chapter 6 has them, to be measured beside ours.

The source starts from finished tables; how they came about is rebuilt here from what it
says of them: 16 genres, a movie's year and average, a user's average by genre.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.preprocessing import StandardScaler

from recsys_helpers.features.content import (
    average_features,
    genre_flags,
    leave_one_out_averages,
)
from recsys_helpers.metrics import rmse
from recsys_helpers.nn import reproducible_keras

# All but Film-Noir, IMAX and Western.
GENRES = [
    *("Adventure", "Animation", "Children", "Comedy", "Fantasy", "Romance"),
    *("Action", "Crime", "Thriller", "Mystery", "Horror", "Drama", "War", "Sci-Fi"),
    *("Musical", "Documentary"),
]
KINDS = ("all ratings", "training ratings", "leave one out")


@dataclass
class SourceTowers:
    """Dense 512, 256 and 32, vectors of length 1, targets within -1 and 1.

    Parameters
    ----------
    movies : DataFrame with `movie_id`, `genres` and `year`
    kind : str
        What the averages are made of. "all ratings" is the source's: scalers and
        averages know the test rows, which are `test`. The others know `train` only;
        with "leave one out" a training row has no part in its own averages.
    test : DataFrame
        On which the RMSE is taken after some of the epochs.
    n_epochs : int
    """

    movies: pd.DataFrame
    kind: str
    test: pd.DataFrame
    n_epochs: int = 30

    def fit(self, train: pd.DataFrame) -> Self:
        keras = reproducible_keras(seed=1)
        seen = train
        if self.kind == "all ratings":
            seen = pd.concat([train, self.test])
        self.averages_ = average_features(seen, self.movies)
        self.usual_ = seen["rating"].mean()
        self.scalers_ = [StandardScaler().fit(x) for x in self._features(seen)]
        of_rows = self._features(train)
        if self.kind == "leave one out":
            averages = leave_one_out_averages(train, self.movies)
            of_rows = self._arranged(*averages, train["movie_id"])
        self.model_ = self._build(keras)
        self.model_.compile(keras.optimizers.Adam(0.01), loss="mse")
        self.curve_ = {}
        self.model_.fit(
            self._scaled(of_rows),
            (train["rating"].to_numpy(dtype=np.float32) - 2.75) / 2.25,
            epochs=self.n_epochs,
            verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=self._note)],
        )
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> NDArray:
        asked = pd.DataFrame({"user_id": user_ids, "movie_id": movie_ids})
        scaled = self._scaled(self._features(asked))
        found = self.model_.predict(scaled, batch_size=8192, verbose=0)
        return np.clip(found.ravel() * 2.25 + 2.75, 0.5, 5)

    def _note(self, epoch: int, logs: dict) -> None:
        if epoch + 1 in (5, 10, 20, 30):
            predicted = self.predict(self.test["user_id"], self.test["movie_id"])
            self.curve_[epoch + 1] = rmse(self.test["rating"], predicted)

    def _features(self, pairs: pd.DataFrame) -> tuple[NDArray, NDArray]:
        return self._arranged(
            self.averages_.users.reindex(pairs["user_id"]),
            self.averages_.movies.reindex(pairs["movie_id"]),
            pairs["movie_id"],
        )

    def _arranged(
        self, users: pd.DataFrame, movies: pd.DataFrame, movie_ids: pd.Series
    ) -> tuple[NDArray, NDArray]:
        """16 averages of the user; year, average and 16 genres of the movie."""
        content = self.movies.set_index("movie_id").reindex(movie_ids)
        years = content["year"].astype(float).fillna(1990)
        flags = genre_flags(self.movies).reindex(movie_ids)
        of_movies = [years, movies["average"].fillna(self.usual_)]
        # The source's zero for a genre that somebody has not rated.
        return (
            users[GENRES].fillna(0).to_numpy(),
            np.column_stack([*of_movies, flags[GENRES]]),
        )

    def _scaled(self, features: tuple[NDArray, NDArray]) -> list[NDArray]:
        return [
            scaler.transform(side).astype(np.float32)
            for scaler, side in zip(self.scalers_, features, strict=True)
        ]

    def _build(self, keras):
        layers = keras.layers
        inputs = [keras.Input((16,)), keras.Input((18,))]
        vectors = []
        for features in inputs:
            x = layers.Dense(512, "relu")(features)
            x = layers.Dense(256, "relu")(x)
            vectors.append(layers.UnitNormalization()(layers.Dense(32)(x)))
        return keras.Model(inputs, layers.Dot(axes=1)(vectors))
