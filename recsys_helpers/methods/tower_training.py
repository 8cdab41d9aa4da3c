"""What the two methods of two towers have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from numpy.typing import NDArray

from recsys_helpers.checks import (
    check_count,
    check_number,
    check_positive,
    check_share,
)
from recsys_helpers.content_features import check_movies_known
from recsys_helpers.ids import IdIndex
from recsys_helpers.interactions import Interactions
from recsys_helpers.keras_setup import load_keras
from recsys_helpers.learning_curves import history_frame
from recsys_helpers.methods import (
    check_ratings_frame,
    require_fitted,
    titled_vectors,
)
from recsys_helpers.methods.new_user import NEW_USER, NewRatings, checked_new_ratings
from recsys_helpers.taste_features import tastes_from_likes, user_tastes
from recsys_helpers.vectors import MovieVectors

if TYPE_CHECKING:
    import keras
    import numpy as np

    from recsys_helpers.content_features import RatedFeatures
    from recsys_helpers.methods.baselines import BiasModel


@dataclass(kw_only=True)
class TowersMethod:
    """What both methods of two towers have in common: settings and training."""

    movies: pd.DataFrame
    hidden: Sequence[int] = (256, 128)
    n_factors: int = 16
    dropout: float = 0.0
    n_epochs: int = 8
    batch_size: int = 1000
    learning_rate: float = 0.003
    weight_decay: float = 0.01
    seed: int = 0

    if TYPE_CHECKING:  # what the two methods bring along
        bias_model_: BiasModel
        features_: RatedFeatures
        interactions_: Interactions
        movie_factors_: NDArray[np.floating]

        def _scores_of_new(self, ratings: NewRatings) -> NDArray[np.float64]: ...

        def scores_of(self, features: pd.DataFrame) -> NDArray[np.float64]:
            """Score all movies for somebody of whom these features are known."""
            ...

    def describe(self, ratings: NewRatings) -> pd.DataFrame:
        """Tell what a new user's ratings say of them, as the user tower is told it.

        Parameters
        ----------
        ratings : DataFrame with `movie_id` and `rating`
            Or a dict of these columns.

        Returns
        -------
        DataFrame of one row
            See `recsys_helpers.taste_features.user_tastes`.

        Raises
        ------
        UnknownIdError
            If a movie is not in `movies`.
        ValueError
            If a movie comes twice, a rating is not within 0.5 to 5, a column is
            missing, or there are no ratings.
        """
        require_fitted(self, "model_")
        rated = checked_new_ratings(ratings).assign(user_id=NEW_USER)
        return user_tastes(rated, self.movies, self.bias_model_)

    def recommend_to(
        self, ratings: NewRatings, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Recommend to a new user who has rated something, without a new training.

        Parameters
        ----------
        ratings
            As in `describe`.
        n : int
            Length of the list. It is shorter if fewer movies are left.
        exclude_seen : bool
            Leave out what they have rated.

        Returns
        -------
        DataFrame with `movie_id` and `score`, best first
        """
        scores = self._scores_of_new(ratings)
        rated = self._rated(ratings)
        return rated.best_movies(NEW_USER, scores, n, exclude_seen)

    def recommend_by_likes(
        self, likes: Mapping[str, float], n: int = 10
    ) -> pd.DataFrame:
        """Recommend to somebody who has rated nothing, and says what they like.

        Parameters
        ----------
        likes
            As in `describe_likes`.
        n : int
            Length of the list.

        Returns
        -------
        DataFrame with `movie_id` and `score`, best first
        """
        scores = self.scores_of(self.describe_likes(likes))[0]
        return self.interactions_.best_movies(NEW_USER, scores, n, exclude_seen=False)

    def describe_likes(self, likes: Mapping[str, float]) -> pd.DataFrame:
        """Describe somebody by what they say that they like.

        Parameters
        ----------
        likes : mapping of str to float
            Of a genre, or of ``newer``, ``famous`` and ``acclaimed``: how much they
            like it, in standard deviations of the users: see
            `recsys_helpers.taste_features.tastes_from_likes`.

        Returns
        -------
        DataFrame of one row
            With the columns of ``features_.users``; NaN for all that is unknown.

        Raises
        ------
        ValueError
            If something cannot be liked here, or a number is not finite.
        """
        require_fitted(self, "model_")
        return tastes_from_likes(likes, self.features_.users)

    def movie_vectors(self, titles: pd.Series | None = None) -> MovieVectors:
        """Vectors of all movies, those without ratings included.

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

    def _check(self, train: pd.DataFrame) -> None:
        check_ratings_frame(train)
        for name in ("n_factors", "n_epochs", "batch_size"):
            check_count(name, getattr(self, name))
        for width in self.hidden:
            check_count("Each width in hidden", width)
        check_positive("learning_rate", self.learning_rate)
        check_number("weight_decay", self.weight_decay)
        check_share("dropout", self.dropout)
        check_count("seed", self.seed, at_least=0)
        check_movies_known(train, self.movies)

    def _interactions(self, train: pd.DataFrame) -> Interactions:
        movies = IdIndex.of(self.movies["movie_id"], "movie_id")
        return Interactions.from_ratings(train, movies=movies)

    def _rated(self, ratings: NewRatings) -> Interactions:
        """Give a new user's ratings with all columns that the model knows."""
        return Interactions.from_ratings(
            checked_new_ratings(ratings).assign(user_id=NEW_USER),
            movies=self.interactions_.movies,
        )

    def _train(
        self,
        model: keras.Model,
        inputs: tuple[NDArray, ...],
        targets: NDArray,
        callbacks: Sequence[Any],
        **fit_options: Any,
    ) -> pd.DataFrame:
        """Train a model by AdamW, whose rate falls along half a cosine to zero."""
        keras = load_keras()
        from recsys_helpers.keras_parts import EpochBar, ShuffledRows

        batches = ShuffledRows(inputs, targets, self.batch_size, self.seed)
        rate = keras.optimizers.schedules.CosineDecay(
            self.learning_rate, decay_steps=self.n_epochs * len(batches)
        )
        with_rmse = [keras.metrics.RootMeanSquaredError(name="rmse")]
        is_loss_within = bool(model.losses)
        model.compile(
            keras.optimizers.AdamW(rate, weight_decay=self.weight_decay),
            loss=None if is_loss_within else "mse",
            metrics=None if is_loss_within else with_rmse,
            jit_compile=False,
        )
        history = model.fit(
            batches,
            epochs=self.n_epochs,
            shuffle=False,  # the batches are shuffled, and by our seed
            callbacks=[EpochBar(), *callbacks],
            verbose=0,
            **fit_options,
        )
        return history_frame(history.history)
