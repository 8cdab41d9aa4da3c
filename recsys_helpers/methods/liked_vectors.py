"""Lists from vectors of movies: what is near to what somebody liked.

The vectors may come from anywhere: posters, genres, links. A movie that nobody has
rated can be listed too, as long as it has a vector.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from recsys_helpers.interactions import IdIndex, Interactions, positives, top_n
from recsys_helpers.methods._base import check_ratings_frame, require_fitted
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import unit_rows


@dataclass(kw_only=True)
class LikedVectors:
    r"""Recommend the movies whose vectors are nearest to those a person liked.

    With :math:`L_u` the liked movies of user u that have a vector,

    .. math::
        \text{score}_{ui} = \frac{1}{|L_u|} \sum_{j \in L_u} \cos(x_i, x_j) .

    Movies with equal scores come in the order of the vectors, so for a user without a
    like, all of them do.

    Parameters
    ----------
    vectors : MovieVectors
        What can be recommended: these movies, rated or not, and no others.
    like_threshold : float or None
        A like is a rating of at least this many stars; None: every rating is.

    Attributes
    ----------
    tastes_ : numpy.ndarray of float64, shape (n_users, n_dimensions)
        Mean of the liked movies' vectors, each brought to length 1 first.
    directions_ : numpy.ndarray of float64, shape (n_movies, n_dimensions)
        The vectors, brought to length 1.

    Examples
    --------
    >>> vectors = MovieVectors([1, 2, 3], [[1, 0], [0, 1], [2, 1]])
    >>> ratings = pd.DataFrame({"user_id": [7], "movie_id": [1], "rating": [5.0]})
    >>> LikedVectors(vectors=vectors).fit(ratings).recommend(7).round(3)
       movie_id  score
    0         3  0.894
    1         2  0.000
    """

    vectors: MovieVectors
    like_threshold: float | None = 4.0

    def fit(self, train: pd.DataFrame) -> Self:
        """Average the vectors of what each user of `train` likes."""
        check_ratings_frame(train)
        rated = Interactions.from_ratings(train)
        movie_ids = self.vectors.movie_ids
        directions = unit_rows(self.vectors.matrix.astype(np.float64))
        liked = positives(train, self.like_threshold)
        liked = liked[np.isin(liked["movie_id"], movie_ids)]
        index = IdIndex.of(movie_ids, "movie_id")
        likes = Interactions.from_ratings(liked, None, rated.users, index).matrix
        # The index sorts its ids; the vectors have an order of their own.
        sums = likes[:, index.rows(movie_ids)] @ directions
        n_likes = likes.sum(axis=1)[:, None]
        self.tastes_ = sums / np.maximum(n_likes, 1)
        self.directions_, self.interactions_ = directions, rated
        self._movie_ids = movie_ids
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies nearest to what the user liked: `movie_id` and `score`, best first."""
        require_fitted(self, "tastes_")
        scores = self.directions_ @ self.tastes_[self.interactions_.users.rows(user_id)]
        unwanted = None
        if exclude_seen:
            seen = self.interactions_.movies.ids[self.interactions_.seen_by(user_id)]
            unwanted = np.isin(self._movie_ids, seen)
        best = top_n(scores, n, unwanted)
        return pd.DataFrame({"movie_id": self._movie_ids[best], "score": scores[best]})
