"""What methods have in common, and the checks that come first in all of them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._checks import check_count
from recsys_helpers.interactions import (
    IdIndex,
    Interactions,
    UnknownIdError,
    integer_ids,
    positives,
)
from recsys_helpers.nn import load_keras
from recsys_helpers.vectors import MovieVectors

Floats: TypeAlias = NDArray[np.floating]
NewRatings: TypeAlias = pd.DataFrame | Mapping[str, Sequence[float]]

LOWEST_RATING, HIGHEST_RATING = 0.5, 5.0

# A new user is in no ratings that a model has learned from, so any id will do.
NEW_USER = 0


class ScoresMovies(ABC):
    """Recommend the movies with the highest scores.

    A method that inherits this has a `fit`, which keeps the training ratings as
    `interactions_`, and a `_user_scores(user_id)`, which gives the score of each movie
    in the order of ``interactions_.movies``.
    """

    interactions_: Interactions

    @abstractmethod
    def _user_scores(self, user_id: int) -> NDArray:
        """Score all movies for a user, in the order of ``interactions_.movies``."""

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies with the highest scores for a user.

        Parameters
        ----------
        user_id : int
        n : int
            Length of the list, at least 1. It is shorter if fewer movies are left.
        exclude_seen : bool
            Leave out what the user has rated.

        Returns
        -------
        DataFrame with `movie_id` and `score`, best first
            Equal scores come in the order of the ids.

        Raises
        ------
        ValueError
            If a score is NaN or infinite.
        """
        require_fitted(self, "interactions_")
        scores = self._user_scores(user_id)
        return self.interactions_.best_movies(user_id, scores, n, exclude_seen)


class ScoresNewUsers(ScoresMovies):
    """Recommend also to somebody who was not there when the method learned."""

    @abstractmethod
    def _new_user_scores(self, ratings: pd.DataFrame, rated: Interactions) -> Floats:
        """Score all movies for who gave these ratings; both as of `of_known_movies`."""

    def recommend_to(
        self, ratings: NewRatings, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Recommend to a new user who has rated something, without a new fit.

        Parameters
        ----------
        ratings : DataFrame with `movie_id` and `rating`
            Or a dict of these columns, for example
            ``{"movie_id": [1, 50], "rating": [5.0, 4.5]}``.
        n, exclude_seen
            As in `recommend`; so is the list.

        Raises
        ------
        UnknownIdError
            If the method does not know a movie.
        ValueError
            If a movie comes twice, a rating is not within 0.5 to 5, a column is
            missing, or there are no ratings.
        """
        require_fitted(self, "interactions_")
        ratings, rated = of_known_movies(ratings, self.interactions_.movies)
        scores = self._new_user_scores(ratings, rated)
        return rated.best_movies(NEW_USER, scores, n, exclude_seen)


class HasVectors:
    """Hand out the vectors of movies that a method has learned.

    They are `movie_factors_`, shape (n_movies, n_factors), in the order of
    ``interactions_.movies``.
    """

    interactions_: Interactions
    movie_factors_: Floats

    def movie_vectors(self, titles: pd.Series | None = None) -> MovieVectors:
        """Vectors of all movies that the method has learned something about.

        Parameters
        ----------
        titles : Series, optional
            The title of each movie_id, which is its index: for example
            ``movies.set_index("movie_id")["title"]``.

        Raises
        ------
        ValueError
            If one of the movies is not in `titles`.
        """
        require_fitted(self, "movie_factors_")
        learned = self._learned_columns()
        movie_ids = self.interactions_.movies.ids[learned]
        return titled_vectors(movie_ids, self.movie_factors_[learned], titles)

    def _learned_columns(self) -> slice | NDArray[np.integer]:
        """Say which movies have a vector: here, all."""
        return slice(None)


class FactorLists(ScoresMovies, HasVectors):
    """Recommend by vectors of users and movies that were learned from positives.

    The score of a movie says how far its vector points along the user's. A movie that
    nobody liked in the training rows has a vector of zeros, so it scores exactly 0. A
    user without positives gets the most rated movies, with scores below 0.

    `movie_vectors` are those of the movies with at least one positive. Compare them by
    cosine: the length of a vector says how popular a movie is.

    Attributes
    ----------
    user_factors_, movie_factors_ : array of float32, shape (n, n_factors)
        Zeros for a user or movie without positives.
    """

    user_factors_: Floats

    def _user_scores(self, user_id: int) -> Floats:
        return self._scores(self.user_factors_[self.interactions_.users.rows(user_id)])

    def _scores(self, user_vector: Floats) -> Floats:
        if user_vector.any():
            # As `@` would, but on one thread: BLAS takes several for this little
            # product, which wait for each other where other programs want the cores.
            return np.einsum("if,f->i", self.movie_factors_, user_vector)
        n_ratings = self.interactions_.n_ratings_of_movies
        return popular_where_silent(np.zeros(len(n_ratings)), n_ratings)

    def _learned_columns(self) -> NDArray[np.integer]:
        return np.flatnonzero(self.movie_factors_.any(axis=1))


def check_ratings_frame(train: object) -> None:
    """Check that a method is given ratings it can learn from.

    Raises
    ------
    TypeError
        If `train` is not a DataFrame: a matrix, say, whose rows could be users or
        movies, and which has lost their ids.
    ValueError
        If a column is missing, there are no rows, ids are not whole numbers, the
        ratings are no numbers, or one is NaN or not within 0.5 to 5.

    Examples
    --------
    >>> check_ratings_frame(np.eye(3))
    Traceback (most recent call last):
    TypeError: fit() learns from a DataFrame with the columns user_id, movie_id and \
rating, one row a rating, and got ndarray of shape (3, 3). A matrix has lost the ids \
of its rows and columns, and nobody can see whether it is transposed.
    """
    if not isinstance(train, pd.DataFrame):
        shape = f" of shape {train.shape}" if hasattr(train, "shape") else ""
        raise TypeError(
            "fit() learns from a DataFrame with the columns user_id, movie_id and "
            f"rating, one row a rating, and got {type(train).__name__}{shape}. A "
            "matrix has lost the ids of its rows and columns, and nobody can see "
            "whether it is transposed."
        )
    columns = ("user_id", "movie_id", "rating")
    missing = [column for column in columns if column not in train]
    if missing:
        raise ValueError(
            f"The training ratings lack {' and '.join(missing)}; their columns are "
            f"{', '.join(map(str, train.columns))}."
        )
    if train.empty:
        raise ValueError("There are no training ratings to learn from.")
    integer_ids(train["user_id"], "user_id")
    integer_ids(train["movie_id"], "movie_id")
    _check_stars(train)


def some_positives(ratings: pd.DataFrame, like_threshold: float | None) -> pd.DataFrame:
    """Choose the positives, of which there must be some."""
    liked = positives(ratings, like_threshold)
    if liked.empty:
        raise ValueError(
            f"None of the {len(ratings):,} ratings reaches like_threshold "
            f"{like_threshold}, so there is no positive to learn from. Lower it."
        )
    return liked


def checked_new_ratings(ratings: NewRatings) -> pd.DataFrame:
    """Check the ratings of one new user, a table of `movie_id` and `rating`."""
    try:
        ratings = pd.DataFrame(ratings)[["movie_id", "rating"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            "A new user's ratings are a DataFrame or a dict with the columns movie_id "
            'and rating, for example {"movie_id": [1, 50], "rating": [5.0, 4.5]}.'
        ) from error
    if ratings.empty:
        raise ValueError("The new user has no ratings; at least one is needed.")
    integer_ids(ratings["movie_id"], "movie_id")
    _check_stars(ratings)
    repeated = ratings.loc[ratings.duplicated("movie_id"), "movie_id"]
    if len(repeated):
        raise ValueError(
            f"The new user rated movie {repeated.iloc[0]} more than once. Keep one of "
            "the ratings."
        )
    return ratings


def of_known_movies(
    ratings: NewRatings, movies: IdIndex
) -> tuple[pd.DataFrame, Interactions]:
    """Check a new user's ratings; give them with their `NEW_USER`, and as a matrix."""
    ratings = checked_new_ratings(ratings).assign(user_id=NEW_USER)
    unknown = ratings.loc[movies.find(ratings["movie_id"]) < 0, "movie_id"]
    if len(unknown):
        raise UnknownIdError(
            "Nothing was learned of these movies, so leave them out: "
            f"{', '.join(map(str, unknown))}."
        )
    return ratings, Interactions.from_ratings(ratings, movies=movies)


def check_watched(valid: pd.DataFrame | None, patience: int | None) -> None:
    """Check the ratings to be watched: there must be some if there is a patience."""
    if patience is not None:
        check_count("patience", patience)
    if valid is not None:
        check_ratings_frame(valid)
    elif patience is not None:
        raise ValueError(
            "To stop early, fit needs ratings to watch: fit(train, valid). Without "
            "them, leave patience at None."
        )


def early_stopping(patience: int) -> Any:
    """Make Keras' EarlyStopping, which stops when the validation RMSE no longer falls.

    `patience` is how many epochs without a new best are waited for. The weights go back
    to those of the best. It watches `val_rmse`, not the loss, which holds penalties
    too.
    """
    return load_keras().callbacks.EarlyStopping(
        "val_rmse", patience=patience, mode="min", restore_best_weights=True
    )


def _check_stars(ratings: pd.DataFrame) -> None:
    """Raise a ValueError unless all ratings are numbers within 0.5 to 5."""
    column = ratings["rating"]
    if not pd.api.types.is_numeric_dtype(column):
        raise ValueError(
            f"The ratings must be numbers, and are {column.dtype}, as text is. "
            "pd.to_numeric(ratings) makes numbers of them, or names the first entry "
            "that is none."
        )
    stars = column.to_numpy(dtype=np.float64, na_value=np.nan)
    # A NaN is within no range, so this finds it too.
    outside = ~((stars >= LOWEST_RATING) & (stars <= HIGHEST_RATING))
    if outside.any():
        row = int(np.argmax(outside))
        by = f" by user {ratings['user_id'].iloc[row]}" if "user_id" in ratings else ""
        raise ValueError(
            f"Movie {ratings['movie_id'].iloc[row]} has a rating of {column.iloc[row]}"
            f"{by}; ratings are {LOWEST_RATING} to {HIGHEST_RATING} stars. "
            "recsys_helpers.datasets.validate_ratings checks a whole frame."
        )


class NotFittedError(RuntimeError):
    """A method was asked for an answer before it has learned anything."""


def require_fitted(model: object, learned: str, fit: str = "fit(split.train)") -> None:
    """Raise `NotFittedError` unless fit has set the attribute `learned` of `model`."""
    if not hasattr(model, learned):
        name = type(model).__name__
        raise NotFittedError(
            f"This {name} has not learned anything yet. Call fit first: "
            f"model = {name}().{fit}"
        )


def checked_pairs(user_ids: ArrayLike, movie_ids: ArrayLike) -> tuple[NDArray, NDArray]:
    """Check that users and movies pair up: flat, equally long, and whole numbers."""
    users = integer_ids(user_ids, "user_id")
    movies = integer_ids(movie_ids, "movie_id")
    if users.shape != movies.shape or users.ndim != 1:
        raise ValueError(
            "predict wants two flat arrays of the same length, users and movies pair "
            f"by pair; got shapes {users.shape} and {movies.shape}."
        )
    return users, movies


def as_stars(predicted: ArrayLike) -> NDArray[np.float64]:
    """Bring predicted ratings within 0.5 to 5 stars.

    Raises
    ------
    ValueError
        If one is NaN or infinite: to five stars, say, nothing would tell it from a
        favourite.

    Examples
    --------
    >>> as_stars([5.2, 3.1, -1]).tolist()
    [5.0, 3.1, 0.5]
    """
    stars = np.asarray(predicted)
    if not np.isfinite(stars).all():
        raise ValueError(
            f"A predicted rating is {stars[~np.isfinite(stars)][0]}. Has the training "
            "diverged? A lower learning rate or more regularisation helps."
        )
    return np.clip(stars, LOWEST_RATING, HIGHEST_RATING)


def popular_where_silent(scores: ArrayLike, counts: ArrayLike) -> NDArray[np.float64]:
    """Rank the movies that a method has nothing to say about by their popularity.

    Parameters
    ----------
    scores : array, shape (n_movies,)
        0 where the method knows nothing.
    counts : array of int, shape (n_movies,)
        How many ratings each movie has.

    Returns
    -------
    array of float, shape (n_movies,)
        A score of 0 becomes ``-1 / (1 + count)``: below all positive scores, and
        the more popular the higher.

    Examples
    --------
    >>> popular_where_silent([0.7, 0.0, 0.0], [5, 1, 3]).tolist()
    [0.7, -0.5, -0.25]
    """
    scores = np.asarray(scores, dtype=np.float64)
    return np.where(scores == 0, -1 / (1 + np.asarray(counts)), scores)


def titled_vectors(
    movie_ids: ArrayLike, matrix: ArrayLike, titles: pd.Series | None
) -> MovieVectors:
    """Make `MovieVectors` of what was learned, with titles if there are any."""
    movie_ids, matrix = np.asarray(movie_ids), np.asarray(matrix)
    if titles is None:
        return MovieVectors(movie_ids, matrix)
    without = np.setdiff1d(movie_ids, titles.index)
    if without.size:
        raise ValueError(f"There is no title for movie_id {without[0]}.")
    return MovieVectors(movie_ids, matrix, tuple(titles.loc[movie_ids]))
