"""Two towers for lists: find the movies that somebody will like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers.checks import check_positive
from recsys_helpers.interactions import Interactions, positives
from recsys_helpers.methods import require_fitted
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.methods.new_user import NewRatings
from recsys_helpers.methods.tower_training import TowersMethod
from recsys_helpers.side_information import set_matrix
from recsys_helpers.taste_features import taste_features
from recsys_helpers.tower_inputs import TowerInputs
from recsys_helpers.tower_models import retrieval_tower, retrieval_towers

if TYPE_CHECKING:
    import keras


@dataclass(kw_only=True)
class RetrievalTowers(TowersMethod):
    """Find the movies that somebody will like: towers that are trained to make lists.

    The score of a movie is the cosine of two vectors. The loss is that of
    `recsys_helpers.tower_layers.InBatchSoftmax`: of the movies in a batch, pick the one
    that the user liked.

    Parameters
    ----------
    temperature : float
        Of the softmax, above 0.
    corrected : bool
        Whether the loss makes up for popular movies being in more batches.
    with_ids : bool
        Whether a movie has a vector of its own beside its features, and a user's
        vector knows which movies they have rated. Without, content is all.
    like_threshold : float or None
        From how many stars on a rating is a like; None: every rating is.

    The other parameters are those of `TwoTowers`; so are the attributes
    `interactions_`, `model_`, `user_tower_`, `movie_tower_`, `inputs_`, `features_`,
    `user_factors_`, `movie_factors_` (whose rows have length 1) and `history_`.
    """

    hidden: Sequence[int] = ()
    n_factors: int = 32
    dropout: float = 0.1
    n_epochs: int = 10
    learning_rate: float = 0.01
    temperature: float = 0.3
    corrected: bool = True
    with_ids: bool = True
    like_threshold: float | None = 4.0

    def fit(self, train: pd.DataFrame, callbacks: Sequence[Any] = ()) -> Self:
        """Learn from `train`.

        Parameters
        ----------
        train : DataFrame with `user_id`, `movie_id` and `rating`
        callbacks : sequence of keras.callbacks.Callback

        Raises
        ------
        ImportError
            If Keras or TensorFlow is not installed.
        ValueError
            If a setting or a rating cannot be, a pair comes twice, or no rating is a
            like.
        UnknownIdError
            If a movie that was rated is not in `movies`.
        """
        self._check(train)
        check_positive("temperature", self.temperature)
        liked = positives(train, self.like_threshold)
        if liked.empty:
            raise ValueError(
                f"No rating reaches the like_threshold of {self.like_threshold}, so "
                "there is nothing to learn from. Lower it."
            )
        known = self._interactions(train)
        # Not out of fold: a user's features would tell which movies are in the fold,
        # by what is missing, and these are the very ones to be picked.
        features = taste_features(train, self.movies)
        inputs = TowerInputs().fit(features, self.movies)
        user_inputs = inputs.of_users(features.users.reindex(known.users.ids))
        movie_inputs = inputs.of_movies(
            features.movies.reindex(known.movies.ids), known.movies.ids
        )
        u, i = known.users.rows(liked["user_id"]), known.movies.rows(liked["movie_id"])
        share = np.bincount(i, minlength=len(known.movies)) / len(i)
        log_share = np.log(share[i]).astype(np.float32)
        user_tower = self._tower("user", inputs.n_user_inputs, known)
        movie_tower = self._tower("movie", inputs.n_movie_inputs, known)
        model = retrieval_towers(
            user_tower, movie_tower, self.temperature, self.corrected
        )
        history = self._train(
            model,
            (user_inputs[u], movie_inputs[i], u, i, log_share),
            np.zeros(len(i), dtype=np.float32),  # the loss has no need of targets
            callbacks,
        )
        self.interactions_, self.inputs_, self.features_ = known, inputs, features
        self.bias_model_ = BiasModel().fit(train)
        self.model_, self.history_ = model, history
        self.user_tower_, self.movie_tower_ = user_tower, movie_tower
        self.user_factors_ = _vectors(user_tower, user_inputs)
        self.movie_factors_ = _vectors(movie_tower, movie_inputs)
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies with the nearest vectors: `movie_id`, `score` (a cosine).

        Raises
        ------
        UnknownIdError
            If the user has no training rating.
        """
        require_fitted(self, "model_")
        vector = self.user_factors_[int(self.interactions_.users.rows(user_id))]
        scores = self._scores(vector)
        return self.interactions_.best_movies(user_id, scores, n, exclude_seen)

    def scores_of(self, features: pd.DataFrame) -> NDArray:
        """Score all movies for users who are described by their features.

        Parameters
        ----------
        features : DataFrame of n rows
            What `describe` or `describe_likes` gives, or rows of ``features_.users``.

        Returns
        -------
        array, shape (n, n_movies)
            Cosines, in the order of ``interactions_.movies``.

        Raises
        ------
        ValueError
            If the model goes by ids: then features do not make a user.
        """
        require_fitted(self, "model_")
        if self.with_ids:
            raise ValueError(
                "These towers know a user by which movies they have rated, too. To ask "
                "by features alone, fit them with with_ids=False; for a new user's "
                "ratings there is recommend_to."
            )
        vectors = _vectors(self.user_tower_, self.inputs_.of_users(features))
        return np.stack([self._scores(vector) for vector in vectors])

    def _scores_of_new(self, ratings: NewRatings) -> NDArray:
        features = self.inputs_.of_users(self.describe(ratings))
        # The trained tower has its users' sets of movies built in: give another one,
        # which has the new user's, what was learned.
        n_inputs = self.inputs_.n_user_inputs
        tower = self._tower("user", n_inputs, self._rated(ratings))
        for weight, learned in zip(
            tower.trainable_weights, self.user_tower_.trainable_weights, strict=True
        ):
            weight.assign(learned)
        return self._scores(_vectors(tower, features)[0])

    def _scores(self, vector: NDArray) -> NDArray:
        return np.einsum("if,f->i", self.movie_factors_, vector)

    def _tower(self, name: str, n_features: int, known: Interactions) -> keras.Model:
        ids = {}
        if self.with_ids and name == "movie":
            ids["n_ids"] = len(known.movies)
        elif self.with_ids:
            ids["sets"] = set_matrix(known.matrix)
        return retrieval_tower(
            name,
            n_features,
            hidden=self.hidden,
            n_factors=self.n_factors,
            dropout=self.dropout,
            seed=self.seed,
            **ids,
        )


def _vectors(tower: keras.Model, inputs: NDArray) -> NDArray:
    rows = np.arange(len(inputs))
    return tower([inputs, rows, np.zeros_like(rows)]).numpy()
