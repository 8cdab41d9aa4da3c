"""The methods that every other one has to beat.

For rating prediction: `GlobalMean`, `MeanRating` and, hard to beat, `BiasModel`.
For lists: `RandomChoice`, `MeanRating` (a list that looks good and isn't) and, hard
to beat, `Popularity`. None of them knows the taste of a person: a list differs from
the next person's only in what that person has already seen (and in `RandomChoice`, by
chance). So none needs to know the user, and one who was not in the training rows gets
a list like everybody else.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._checks import check_count, check_number
from recsys_helpers.interactions import (
    IdIndex,
    Interactions,
    integer_ids,
    positives,
)
from recsys_helpers.methods._base import (
    Floats,
    ScoresMovies,
    as_stars,
    check_ratings_frame,
    checked_pairs,
    require_fitted,
)


@dataclass
class GlobalMean:
    """Predict the mean of all training ratings, whoever asks about whatever."""

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn the mean of `train`."""
        check_ratings_frame(train)
        self.mean_ = float(train["rating"].mean())
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings in stars of n (user, movie) pairs, shape (n,)."""
        require_fitted(self, "mean_")
        users, _ = checked_pairs(user_ids, movie_ids)
        return np.full(len(users), self.mean_)


@dataclass
class BiasModel(ScoresMovies):
    r"""A rating is the mean, plus what the user and the movie add to it.

    .. math::
        \hat r_{ui} = \mu + b_u + b_i, \qquad
        b_i = \frac{\sum_u (r_{ui} - \mu - b_u)}{\lambda_i + n_i}, \quad
        b_u = \frac{\sum_i (r_{ui} - \mu - b_i)}{\lambda_u + n_u}

    The two sums are taken in turn. Each step lowers the squared error plus
    :math:`\lambda_u \sum b_u^2 + \lambda_i \sum b_i^2`, which has one minimum if both
    lambdas are above 0, so the biases settle. A shrinkage acts like that many ratings
    without any bias: it keeps a movie with a single rating near the mean. Koren,
    "Factor in the neighbors", ACM TKDD 4(1), 2010, section 2.1, takes one turn; here
    the turns are repeated.

    Parameters
    ----------
    user_shrinkage, movie_shrinkage : float
        The two lambdas, at least 0, in ratings.
    n_iterations : int
        How often the movies' and then the users' biases are updated.

    Attributes
    ----------
    mean_ : float
    user_biases_, movie_biases_ : array, shape (n_users,), (n_movies,)
        In stars, in the order of ``interactions_.users`` and ``.movies``.
    """

    user_shrinkage: float = 5
    movie_shrinkage: float = 3
    n_iterations: int = 15

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn the mean and the biases of `train`."""
        check_number("user_shrinkage", self.user_shrinkage)
        check_number("movie_shrinkage", self.movie_shrinkage)
        check_count("n_iterations", self.n_iterations)
        check_ratings_frame(train)
        interactions = Interactions.from_ratings(train)
        users = interactions.users.rows(train["user_id"])
        movies = interactions.movies.rows(train["movie_id"])
        n_by_user, n_by_movie = np.bincount(users), np.bincount(movies)
        mean = float(train["rating"].mean())
        rest = train["rating"].to_numpy() - mean

        of_users = np.zeros(len(n_by_user))
        for _ in range(self.n_iterations):
            by_movie = np.bincount(movies, weights=rest - of_users[users])
            of_movies = by_movie / (self.movie_shrinkage + n_by_movie)
            by_user = np.bincount(users, weights=rest - of_movies[movies])
            of_users = by_user / (self.user_shrinkage + n_by_user)

        self.interactions_, self.mean_ = interactions, mean
        self.user_biases_, self.movie_biases_ = of_users, of_movies
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, within 0.5 to 5 stars, shape (n,).

        A user or movie that was not in the training rows has a bias of 0.
        """
        require_fitted(self, "mean_")
        users, movies = checked_pairs(user_ids, movie_ids)
        of_users = _values_of(users, self.interactions_.users, self.user_biases_)
        of_movies = _values_of(movies, self.interactions_.movies, self.movie_biases_)
        ratings = self.mean_ + of_users + of_movies
        return as_stars(ratings)

    def _user_scores(self, user_id: int) -> Floats:
        of_user = _values_of(user_id, self.interactions_.users, self.user_biases_)
        return self.mean_ + of_user + self.movie_biases_


@dataclass
class Popularity(ScoresMovies):
    """Recommend the movies that most people rated, or liked.

    The score of a movie is how many.

    Parameters
    ----------
    like_threshold : float or None
        Ratings of at least this many stars are counted; None: all, whatever they say.
    """

    like_threshold: float | None = None

    def fit(self, train: pd.DataFrame) -> Self:
        """Count the ratings, or likes, of every movie of `train`."""
        check_ratings_frame(train)
        rated = Interactions.from_ratings(train)
        liked = positives(train, self.like_threshold)["movie_id"]
        columns = rated.movies.rows(liked)
        self.counts_ = np.bincount(columns, minlength=len(rated.movies))
        self.interactions_ = rated
        return self

    def _user_scores(self, user_id: int) -> NDArray[np.intp]:
        return self.counts_


@dataclass
class MeanRating(ScoresMovies):
    """Score a movie by its mean rating, drawn towards the mean of all ratings.

    ``(sum of the movie's ratings + shrinkage * mean) / (its number + shrinkage)``.
    Without shrinkage the list is full of movies that one person gave five stars.

    Parameters
    ----------
    shrinkage : float
        How many ratings of mean value each movie is given, at least 0.
    """

    shrinkage: float = 0

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn the mean rating of every movie of `train`."""
        check_number("shrinkage", self.shrinkage)
        check_ratings_frame(train)
        interactions = Interactions.from_ratings(train)
        mean = float(train["rating"].mean())
        movies = interactions.movies.rows(train["movie_id"])
        total = np.bincount(movies, weights=train["rating"])
        n_ratings = interactions.n_ratings_of_movies
        means = (total + self.shrinkage * mean) / (n_ratings + self.shrinkage)
        self.interactions_, self.mean_, self.movie_means_ = interactions, mean, means
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings in stars of n pairs, shape (n,); the mean for an unknown movie."""
        require_fitted(self, "mean_")
        _, movies = checked_pairs(user_ids, movie_ids)
        above_mean = self.movie_means_ - self.mean_
        return self.mean_ + _values_of(movies, self.interactions_.movies, above_mean)

    def _user_scores(self, user_id: int) -> Floats:
        return self.movie_means_


@dataclass
class RandomChoice(ScoresMovies):
    """Recommend movies drawn at random: what chance alone achieves.

    Scores are uniform in [0, 1).

    Parameters
    ----------
    seed : int
        At least 0. A user's list depends on the seed and the user's id alone, not
        on how often or in which order lists are asked for.
    """

    seed: int = 0

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn which movies there are and who has seen them."""
        check_count("seed", self.seed, at_least=0)
        check_ratings_frame(train)
        self.interactions_ = Interactions.from_ratings(train)
        return self

    def _user_scores(self, user_id: int) -> Floats:
        # A seed is not negative, and an id may be.
        of_user = int(integer_ids(user_id, "user_id")) % 2**64
        rng = np.random.default_rng([self.seed, of_user])
        return rng.random(len(self.interactions_.movies))


def _values_of(ids: ArrayLike, index: IdIndex, values: Floats) -> Floats:
    """Look up the value of each id, 0 for an id that the index does not know."""
    rows = index.find(ids)
    return np.where(rows >= 0, values[rows], 0.0)
