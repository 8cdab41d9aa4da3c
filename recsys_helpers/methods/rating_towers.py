"""Two towers for ratings: stars for whoever can be described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.checks import check_count, check_number, check_share
from recsys_helpers.content_features import RatedFeatures
from recsys_helpers.methods import (
    as_stars,
    checked_pairs,
    require_fitted,
)
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.methods.early_stopping import check_watched, early_stopping
from recsys_helpers.methods.new_user import NewRatings
from recsys_helpers.methods.tower_training import NEW_USER, TowersMethod
from recsys_helpers.taste_features import (
    out_of_fold,
    shorten_histories,
    taste_features,
)
from recsys_helpers.tower_inputs import TowerInputs
from recsys_helpers.tower_models import rating_tower, rating_towers

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float64]


@dataclass(kw_only=True)
class TwoTowers(TowersMethod):
    r"""Predict stars by two networks that meet in a dot product.

    .. math::
        \hat r_{ui} = \mu + a(x_u) + c(y_i) + f(x_u) \cdot g(y_i)

    :math:`x_u` is what is known of the user, :math:`y_i` what is known of the movie:
    see `recsys_helpers.taste_features` and `recsys_helpers.tower_inputs`. No id is
    among it, so whoever can be described gets a prediction, and needs no new training.

    While the model is trained, each rating has features that are made of other folds'
    ratings; some users are described by a part of their ratings, and some features are
    hidden. So it meets what it will meet later: pairs that are not in the features,
    newcomers, and new movies.

    Parameters
    ----------
    movies : DataFrame with `movie_id`, `genres` and `year`
        All movies that are to be predicted or recommended.
    hidden : sequence of int
        Widths of the hidden layers of each tower.
    n_factors, n_epochs, batch_size : int
        At least 1.
    dropout : float
        After each hidden layer, from 0 to below 1.
    learning_rate : float
        What it starts at, above 0; it falls to 0 along half a cosine.
    weight_decay : float
        At least 0: what the weights lose in each step, times the learning rate.
    hide_movies, hide_users : float
        Shares of the rows, from 0 to below 1, of which some features are hidden in
        training: see `recsys_helpers.tower_layers.HideSome`.
    short_histories : float
        Share of the users, from 0 to 1, who are described by a part of their ratings.
    n_folds : int
        At least 2: see `recsys_helpers.taste_features.out_of_fold`.
    patience : int or None
        Stop when the RMSE of the validation rows has not fallen for so many epochs,
        and go back to the best one.
    seed : int
        At least 0: of all that is random.

    Attributes
    ----------
    interactions_ : Interactions
        The training ratings, with a column for each of `movies`.
    model_, user_tower_, movie_tower_ : keras.Model
    inputs_ : TowerInputs
    features_ : RatedFeatures
        What the towers are told of users and movies after training: made of all
        training ratings.
    mean_ : float
    user_factors_, movie_factors_ : array, shape (n, n_factors)
    user_levels_, movie_levels_ : array, shape (n,)
        In stars, in the order of ``interactions_.users`` and ``.movies``.
    history_ : DataFrame, one row an epoch
        `loss`, `rmse` (of the training rows, in stars) and, with `valid`, `val_loss`
        and `val_rmse`.
    """

    hide_movies: float = 0.3
    hide_users: float = 0.05
    short_histories: float = 0.3
    n_folds: int = 10
    patience: int | None = None

    def fit(
        self,
        train: pd.DataFrame,
        valid: pd.DataFrame | None = None,
        callbacks: Sequence[Any] = (),
    ) -> Self:
        """Learn from `train`.

        Parameters
        ----------
        train : DataFrame with `user_id`, `movie_id` and `rating`
        valid : DataFrame with these columns, optional
            Ratings on which the RMSE is taken after each epoch: `val_rmse` of
            `history_`. Nothing is learned from them, except when to stop.
        callbacks : sequence of keras.callbacks.Callback

        Raises
        ------
        ImportError
            If Keras or TensorFlow is not installed.
        ValueError
            If a setting or a rating cannot be, a pair comes twice, or there is
            `patience` and no `valid`.
        UnknownIdError
            If a movie that was rated is not in `movies`.
        """
        self._check(train)
        check_watched(valid, self.patience)
        known = self._interactions(train)
        features = taste_features(train, self.movies)
        of_rows = self._training_features(train)
        inputs = TowerInputs().fit(of_rows, self.movies)
        user_tower, movie_tower = self._towers(inputs)
        mean = float(train["rating"].mean())
        model = rating_towers(user_tower, movie_tower, mean)
        options = {}
        if valid is not None:
            options["validation_data"] = (
                (
                    inputs.of_users(features.users.reindex(valid["user_id"])),
                    inputs.of_movies(
                        features.movies.reindex(valid["movie_id"]), valid["movie_id"]
                    ),
                ),
                valid["rating"].to_numpy(dtype=np.float32),
            )
        stopping = [] if self.patience is None else [early_stopping(self.patience)]
        history = self._train(
            model,
            (
                inputs.of_users(of_rows.users),
                inputs.of_movies(of_rows.movies, train["movie_id"]),
            ),
            train["rating"].to_numpy(dtype=np.float32),
            [*stopping, *callbacks],
            **options,
        )
        self.interactions_, self.inputs_, self.features_ = known, inputs, features
        self.bias_model_ = BiasModel().fit(train)
        self.model_, self.mean_, self.history_ = model, mean, history
        self.user_tower_, self.movie_tower_ = user_tower, movie_tower
        self._compute_sides()
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, within 0.5 to 5 stars, shape (n,).

        A user without training ratings is one of whom nothing is known; a movie
        without any has its genres and its year; of one that is not in `movies` either,
        nothing is known.
        """
        require_fitted(self, "model_")
        users, movies = checked_pairs(user_ids, movie_ids)
        # An id that is not found has row -1: the last one, which is kept for it.
        u = self.interactions_.users.find(users)
        i = self.interactions_.movies.find(movies)
        dots = np.einsum("nf,nf->n", self._user_side[0][u], self._movie_side[0][i])
        levels = self._user_side[1][u] + self._movie_side[1][i]
        return as_stars(self.mean_ + levels + dots)

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
        row = int(self.interactions_.users.rows(user_id))  # raises for an unknown one
        scores = self._scores(self.user_factors_[row], self.user_levels_[row])
        return self.interactions_.best_movies(user_id, scores, n, exclude_seen)

    def scores_of(self, features: pd.DataFrame) -> Floats:
        """Score all movies for users who are described by their features.

        Parameters
        ----------
        features : DataFrame of n rows
            What `describe` or `describe_likes` gives, or rows of ``features_.users``.

        Returns
        -------
        array, shape (n, n_movies)
            In stars, in the order of ``interactions_.movies``; not clipped.
        """
        require_fitted(self, "model_")
        vectors, levels = _outputs(self.user_tower_, self.inputs_.of_users(features))
        return np.stack(
            [self._scores(*user) for user in zip(vectors, levels, strict=True)]
        )

    def _check(self, train: pd.DataFrame) -> None:
        super()._check(train)
        for name in ("hide_movies", "hide_users"):
            check_share(name, getattr(self, name))
        check_number("short_histories", self.short_histories)
        if self.short_histories > 1:
            raise ValueError(
                "short_histories is a share of the users, at most 1; got "
                f"{self.short_histories!r}."
            )
        check_count("n_folds", self.n_folds, at_least=2)
        if self.patience is not None:
            check_count("patience", self.patience)

    def _training_features(self, train: pd.DataFrame) -> RatedFeatures:
        rng = np.random.default_rng(self.seed)

        def make(ratings: pd.DataFrame, movies: pd.DataFrame) -> RatedFeatures:
            histories = shorten_histories(ratings, self.short_histories, rng)
            return taste_features(ratings, movies, histories)

        return out_of_fold(train, self.movies, make, self.n_folds, self.seed)

    def _towers(self, inputs: TowerInputs) -> tuple[keras.Model, keras.Model]:
        common: dict[str, Any] = {
            "hidden": self.hidden,
            "n_factors": self.n_factors,
            "dropout": self.dropout,
            "seed": self.seed,
        }
        user_tower = rating_tower(
            "user",
            inputs.n_user_inputs,
            hide=self.hide_users,
            groups=inputs.user_groups().tolist(),
            **common,
        )
        movie_tower = rating_tower(
            "movie",
            inputs.n_movie_inputs,
            hide=self.hide_movies,
            groups=inputs.movie_groups().tolist(),
            **common,
        )
        return user_tower, movie_tower

    def _compute_sides(self) -> None:
        """Compute each vector and each level once; last, those of the unknown."""
        nobody = pd.DataFrame(index=[NEW_USER])
        known = self.interactions_
        user_ids, movie_ids = known.users.ids, known.movies.ids
        users = pd.concat([self.features_.users.reindex(user_ids), nobody])
        of_movies = pd.concat([self.features_.movies.reindex(movie_ids), nobody])
        without_content = int(movie_ids.max()) + 1
        self._user_side = _outputs(self.user_tower_, self.inputs_.of_users(users))
        self._movie_side = _outputs(
            self.movie_tower_,
            self.inputs_.of_movies(of_movies, np.append(movie_ids, without_content)),
        )
        self.user_factors_, self.user_levels_ = (x[:-1] for x in self._user_side)
        self.movie_factors_, self.movie_levels_ = (x[:-1] for x in self._movie_side)

    def _scores_of_new(self, ratings: NewRatings) -> Floats:
        return self.scores_of(self.describe(ratings))[0]

    def _scores(self, vector: NDArray, level: float) -> Floats:
        dots = np.einsum("if,f->i", self.movie_factors_, vector)
        return self.mean_ + level + self.movie_levels_ + dots


def _outputs(tower: keras.Model, inputs: NDArray) -> tuple[NDArray, NDArray]:
    """Vectors and levels that a tower gives."""
    vectors, levels = tower(inputs)
    return vectors.numpy(), levels.numpy()[:, 0]
