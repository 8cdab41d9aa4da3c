"""Two towers: a network that describes users, and one that describes movies."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from recsys_helpers.features.content import (
    RatedFeatures,
    check_movies_known,
    set_matrix,
)
from recsys_helpers.features.encoder import TowerInputs
from recsys_helpers.features.taste import (
    out_of_fold,
    shorten_histories,
    taste_features,
    tastes_from_likes,
    user_tastes,
)
from recsys_helpers.interactions import IdIndex, Interactions
from recsys_helpers.methods._base import (
    NEW_USER,
    HasVectors,
    NewRatings,
    ScoresNewUsers,
    as_stars,
    check_ratings_frame,
    check_watched,
    checked_new_ratings,
    checked_pairs,
    early_stopping,
    require_fitted,
    some_positives,
)
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.methods.two_tower.models import (
    rating_model,
    rating_tower,
    retrieval_model,
    retrieval_tower,
)
from recsys_helpers.nn import load_keras

if TYPE_CHECKING:
    import keras

__all__ = [
    "RetrievalTowers",
    "TwoTowers",
]

Floats = NDArray[np.float64]


@dataclass(kw_only=True)
class TwoTowerBase(ScoresNewUsers, HasVectors):
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

    @abstractmethod
    def scores_of(self, features: pd.DataFrame) -> NDArray[np.floating]:
        """Score all movies for n users who are described by their features.

        These are what `describe` or `describe_likes` gives, or rows of
        ``features_.users``. The scores have the shape (n, n_movies), in the order of
        ``interactions_.movies``.
        """

    def describe(self, ratings: NewRatings) -> pd.DataFrame:
        """Tell what a new user's ratings say of them, as the user tower is told it.

        The ratings, and what is refused of them, are as in `recommend_to`. The row has
        the columns of `recsys_helpers.features.taste.user_tastes`.
        """
        require_fitted(self, "model_")
        rated = checked_new_ratings(ratings).assign(user_id=NEW_USER)
        return user_tastes(rated, self.movies, self.bias_model_)

    def recommend_by_likes(
        self, likes: Mapping[str, float], n: int = 10
    ) -> pd.DataFrame:
        """Recommend to somebody who has rated nothing, and says what they like.

        `likes` is as in `describe_likes`; the rest as in `recommend`.
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
            `recsys_helpers.features.taste.tastes_from_likes`.

        Returns
        -------
        DataFrame of one row
            With the columns of ``features_.users``; NaN for all that is unknown.
        """
        require_fitted(self, "model_")
        return tastes_from_likes(likes, self.features_.users)

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
        from recsys_helpers.nn.parts import (
            COMPILE,
            ShuffledRows,
            falling_rate,
            train_model,
        )

        batches = ShuffledRows(inputs, targets, self.batch_size, self.seed)
        rate = falling_rate(self.learning_rate, self.n_epochs, batches)
        with_rmse = [keras.metrics.RootMeanSquaredError(name="rmse")]
        is_loss_within = bool(model.losses)
        model.compile(
            keras.optimizers.AdamW(rate, weight_decay=self.weight_decay),
            loss=None if is_loss_within else "mse",
            metrics=None if is_loss_within else with_rmse,
            jit_compile=COMPILE,
        )
        return train_model(model, batches, self.n_epochs, callbacks, **fit_options)

    def _keep(
        self,
        train: pd.DataFrame,
        known: Interactions,
        features: RatedFeatures,
        inputs: TowerInputs,
        model: keras.Model,
        towers: tuple[keras.Model, keras.Model],
    ) -> None:
        self.bias_model_ = BiasModel().fit(train)
        self.interactions_, self.features_, self.inputs_ = known, features, inputs
        self.model_, (self.user_tower_, self.movie_tower_) = model, towers


@dataclass(kw_only=True)
class TwoTowers(TwoTowerBase):
    r"""Predict stars by two networks that meet in a dot product.

    .. math::
        \hat r_{ui} = \mu + a(x_u) + c(y_i) + f(x_u) \cdot g(y_i)

    :math:`x_u` is what is known of the user, :math:`y_i` what is known of the movie:
    see `recsys_helpers.features.taste` and `recsys_helpers.features.encoder`. No id is
    among it, so whoever can be described gets a prediction, and needs no new training.

    While the model is trained, each rating has features that are made of other folds'
    ratings; some users are described by a part of their ratings, and some features are
    hidden. So it meets what it will meet later: pairs that are not in the features,
    newcomers, and new movies.

    Parameters
    ----------
    movies : DataFrame with `movie_id`, `genres` and `year`
        All movies that are to be predicted or recommended.
    hidden, n_factors, dropout
        As in `models.rating_tower`.
    n_epochs, batch_size : int
        At least 1.
    learning_rate : float
        What it starts at, above 0; it falls to 0 along half a cosine.
    weight_decay : float
        At least 0: what the weights lose in each step, times the learning rate.
    hide_movies, hide_users : float
        Shares of the rows, from 0 to below 1, of which some features are hidden in
        training: see `recsys_helpers.methods.two_tower.layers.HideSome`.
    short_histories : float
        Share of the users, from 0 to 1, who are described by a part of their ratings.
    n_folds : int
        At least 2: see `recsys_helpers.features.taste.out_of_fold`.
    patience : int or None
        Stop when the RMSE of the validation rows has not fallen for so many epochs,
        and go back to the best one.
    seed : int
        At least 0: of all that is random.

    Attributes
    ----------
    interactions_ : Interactions
        With a column for each of `movies`.
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
        valid : DataFrame like `train`, optional
            Ratings on which the RMSE is taken after each epoch: `val_rmse` of
            `history_`. Nothing is learned from them, except when to stop.
        callbacks : sequence of keras.callbacks.Callback

        Raises
        ------
        ValueError
            If a pair comes twice.
        UnknownIdError
            If a movie that was rated is not in `movies`.
        """
        self._check(train)
        check_watched(valid, self.patience)
        known = self._interactions(train)
        features = taste_features(train, self.movies)
        of_rows = self._training_features(train)
        inputs = TowerInputs().fit(of_rows, self.movies)
        towers = (
            self._tower("user", inputs.n_user_inputs, inputs.user_groups()),
            self._tower("movie", inputs.n_movie_inputs, inputs.movie_groups()),
        )
        mean = float(train["rating"].mean())
        model = rating_model(*towers, mean)
        watched = None
        if valid is not None:
            of_valid = RatedFeatures(
                features.users.reindex(valid["user_id"]),
                features.movies.reindex(valid["movie_id"]),
            )
            watched = _inputs_and_stars(inputs, of_valid, valid)
        stopping = [] if self.patience is None else [early_stopping(self.patience)]
        self.history_ = self._train(
            model,
            *_inputs_and_stars(inputs, of_rows, train),
            [*stopping, *callbacks],
            validation_data=watched,
        )
        self._keep(train, known, features, inputs, model, towers)
        self.mean_ = mean
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

    def scores_of(self, features: pd.DataFrame) -> Floats:
        """As in the base; in stars, not clipped."""
        require_fitted(self, "model_")
        vectors, levels = _outputs(self.user_tower_, self.inputs_.of_users(features))
        return np.stack(
            [self._scores(*user) for user in zip(vectors, levels, strict=True)]
        )

    def _check(self, train: pd.DataFrame) -> None:
        super()._check(train)
        for name in ("hide_movies", "hide_users"):
            check_share(name, getattr(self, name))
        check_share("short_histories", self.short_histories, closed=True)
        check_count("n_folds", self.n_folds, at_least=2)

    def _training_features(self, train: pd.DataFrame) -> RatedFeatures:
        rng = np.random.default_rng(self.seed)

        def make(ratings: pd.DataFrame, movies: pd.DataFrame) -> RatedFeatures:
            histories = shorten_histories(ratings, self.short_histories, rng)
            return taste_features(ratings, movies, histories)

        return out_of_fold(train, self.movies, make, self.n_folds, self.seed)

    def _tower(self, name: str, n_features: int, groups: NDArray) -> keras.Model:
        return rating_tower(
            name,
            n_features,
            hidden=self.hidden,
            n_factors=self.n_factors,
            dropout=self.dropout,
            hide=self.hide_users if name == "user" else self.hide_movies,
            groups=groups.tolist(),
            seed=self.seed,
        )

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

    def _user_scores(self, user_id: int) -> Floats:
        row = int(self.interactions_.users.rows(user_id))
        return self._scores(self.user_factors_[row], self.user_levels_[row])

    def _new_user_scores(self, ratings: pd.DataFrame, rated: Interactions) -> Floats:
        return self.scores_of(self.describe(ratings))[0]

    def _scores(self, vector: NDArray, level: float) -> Floats:
        dots = np.einsum("if,f->i", self.movie_factors_, vector)
        return self.mean_ + level + self.movie_levels_ + dots


def _inputs_and_stars(
    inputs: TowerInputs, of_rows: RatedFeatures, ratings: pd.DataFrame
) -> tuple[tuple[NDArray, NDArray], NDArray]:
    """Give what both towers are told of each rating, and the rating."""
    of_users = inputs.of_users(of_rows.users)
    of_movies = inputs.of_movies(of_rows.movies, ratings["movie_id"])
    return (of_users, of_movies), ratings["rating"].to_numpy(dtype=np.float32)


def _outputs(tower: keras.Model, inputs: NDArray) -> tuple[NDArray, NDArray]:
    """Vectors and levels that a tower gives."""
    vectors, levels = tower(inputs)
    return np.asarray(vectors), np.asarray(levels)[:, 0]


@dataclass(kw_only=True)
class RetrievalTowers(TwoTowerBase):
    """Find the movies that somebody will like: towers that are trained to make lists.

    The score of a movie is the cosine of two vectors. The loss is that of
    `layers.InBatchSoftmax`: of the movies in a batch, pick the one that the user liked.

    Parameters
    ----------
    temperature, corrected
        Of the loss.
    with_ids : bool
        Whether a movie has a vector of its own beside its features, and a user's
        vector knows which movies they have rated. Without, they go by features alone.
    like_threshold : float or None
        From how many stars on a rating is a like; None: every rating is.

    The other parameters are those of `TwoTowers`; so are the attributes, but for mean
    and levels. The rows of `user_factors_` and `movie_factors_` have length 1.
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
        """Learn from the likes of `train`; errors are as in `TwoTowers.fit`."""
        self._check(train)
        check_positive("temperature", self.temperature)
        liked = some_positives(train, self.like_threshold)
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
        towers = user_tower, movie_tower
        model = retrieval_model(*towers, self.temperature, self.corrected)
        self.history_ = self._train(
            model,
            (user_inputs[u], movie_inputs[i], u, i, log_share),
            np.zeros(len(i), dtype=np.float32),  # the loss has no need of targets
            callbacks,
        )
        self._keep(train, known, features, inputs, model, towers)
        self.user_factors_ = _vectors(user_tower, user_inputs)
        self.movie_factors_ = _vectors(movie_tower, movie_inputs)
        return self

    def scores_of(self, features: pd.DataFrame) -> NDArray:
        """As in the base; cosines, and a ValueError if the model goes by ids."""
        require_fitted(self, "model_")
        if self.with_ids:
            raise ValueError(
                "These towers know a user by which movies they have rated, too. To ask "
                "by features alone, fit them with with_ids=False; for a new user's "
                "ratings there is recommend_to."
            )
        vectors = _vectors(self.user_tower_, self.inputs_.of_users(features))
        return np.stack([self._scores(vector) for vector in vectors])

    def _user_scores(self, user_id: int) -> NDArray:
        return self._scores(self.user_factors_[self.interactions_.users.rows(user_id)])

    def _new_user_scores(self, ratings: pd.DataFrame, rated: Interactions) -> NDArray:
        features = self.inputs_.of_users(self.describe(ratings))
        # The trained tower has its users' sets of movies built in: give another one,
        # which has the new user's, what was learned.
        tower = self._tower("user", self.inputs_.n_user_inputs, rated)
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
    return np.asarray(tower([inputs, rows, np.zeros_like(rows)]))
