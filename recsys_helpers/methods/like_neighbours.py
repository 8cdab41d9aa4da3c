"""Lists from neighbours: what users like you like, or what is like what you like."""

from dataclasses import dataclass
from typing import Literal, Self

import pandas as pd
from scipy import sparse

from recsys_helpers.checks import check_choice, check_count, check_number
from recsys_helpers.interactions import Interactions, positives
from recsys_helpers.methods import (
    check_ratings_frame,
    popular_where_silent,
    require_fitted,
)
from recsys_helpers.similarity import most_similar, nearest_by_similarity


@dataclass
class LikeNeighbours:
    r"""Recommend what the neighbours like, or what resembles what one likes.

    With :math:`l_{ui} = 1` where user u likes movie i and 0 elsewhere, and
    :math:`w` the cosine similarity of two movies (or users) by their likes,

    .. math::
        \text{score}_{ui} = \sum_{j} w_{ij} l_{uj} \quad\text{(movies)}, \qquad
        \text{score}_{ui} = \sum_{v} w_{uv} l_{vi} \quad\text{(users)},

    where :math:`w_{ij}` is 0 unless j is one of the `k` nearest neighbours of i.
    Deshpande and Karypis, "Item-based top-N recommendation algorithms", ACM TOIS
    22(1), 2004, compare both.

    Movies with a score of 0 follow in order of popularity, so a user without a like
    gets the most popular movies.

    Parameters
    ----------
    of : {"movies", "users"}
        Whose neighbours: item-based or user-based.
    k : int
        How many neighbours each movie (or user) has.
    shrinkage : float
        At least 0, in likes: see `recsys_helpers.similarity.similarity`.
    like_threshold : float or None
        A like is a rating of at least this many stars; None: every rating is.

    Attributes
    ----------
    interactions_ : Interactions
        All ratings: what has been seen, and what can be recommended.
    likes_ : scipy.sparse.csr_array, shape (n_users, n_movies)
        1 where the user likes the movie.
    neighbours_ : scipy.sparse.csr_array, shape (n_movies, n_movies) or users alike
        Row i holds the similarities of i's neighbours.
    counts_ : numpy.ndarray of int, shape (n_movies,)
        How many ratings each movie has.
    """

    of: Literal["movies", "users"] = "movies"
    k: int = 20
    shrinkage: float = 0
    like_threshold: float | None = 4.0

    def fit(self, train: pd.DataFrame) -> Self:
        """Find the neighbours of every movie (or user) of `train`.

        Raises
        ------
        ValueError
            If a setting or a rating cannot be.
        """
        check_choice("of", self.of, ("movies", "users"))
        check_count("k", self.k)
        check_number("shrinkage", self.shrinkage)
        check_ratings_frame(train)
        rated = Interactions.from_ratings(train)
        liked = positives(train, self.like_threshold)
        likes = Interactions.from_ratings(liked, None, rated.users, rated.movies).matrix
        rows = self._oriented(likes)
        neighbours = nearest_by_similarity(rows, self.k, shrinkage=self.shrinkage)
        self.interactions_, self.counts_ = rated, rated.n_ratings_of_movies
        self.likes_, self.neighbours_ = likes, neighbours
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies with the highest score: `movie_id` and `score`.

        A movie that the neighbours are silent about has a score below 0.

        Raises
        ------
        UnknownIdError
            If the user has no training rating.
        """
        require_fitted(self, "interactions_")
        user = int(self.interactions_.users.rows(user_id))
        if self.of == "movies":
            scores = self.neighbours_ @ self.likes_[[user]].toarray()[0]
        else:
            scores = (self.neighbours_[[user]] @ self.likes_).toarray()[0]
        scores = popular_where_silent(scores, self.counts_)
        return self.interactions_.best_movies(user_id, scores, n, exclude_seen)

    def similar(self, row_id: int, n: int = 10) -> pd.DataFrame:
        """Movies most similar to a movie, or users to a user, best first.

        Parameters
        ----------
        row_id : int
            A movie_id, or of users a user_id.
        n : int
            At least 1. Fewer come back if fewer have a similarity above 0.

        Returns
        -------
        DataFrame with `movie_id` (or `user_id`), `similarity` (above 0), `n_common`
            How many users like both movies (or movies both users like).

        Raises
        ------
        UnknownIdError
            If `row_id` was not in the training rows.
        """
        require_fitted(self, "interactions_")
        rated = self.interactions_
        index = rated.movies if self.of == "movies" else rated.users
        rows = self._oriented(self.likes_)
        return most_similar(rows, index, row_id, n, shrinkage=self.shrinkage)

    def _oriented(self, matrix: sparse.csr_array) -> sparse.csr_array:
        return matrix.T.tocsr() if self.of == "movies" else matrix
