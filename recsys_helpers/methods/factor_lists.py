"""What methods with a vector for each user and each movie have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers.interactions import Interactions
from recsys_helpers.methods import (
    popular_where_silent,
    require_fitted,
    titled_vectors,
)
from recsys_helpers.vectors import MovieVectors

Floats = NDArray[np.floating]


class FactorLists:
    """Lists and vectors of a method that has learned from positives.

    Attributes
    ----------
    interactions_ : Interactions
        All training ratings.
    confidences_ : Interactions
        The positives' confidences, with the same rows and columns.
    user_factors_, movie_factors_ : array of float32, shape (n, n_factors)
        Zeros for a user or movie without positives.
    """

    interactions_: Interactions
    confidences_: Interactions
    user_factors_: Floats
    movie_factors_: Floats

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies whose vectors point furthest along the user's: `movie_id`, `score`.

        A movie that nobody liked in the training rows has a vector of zeros, so it
        scores exactly 0. A user without positives gets the most rated movies, with
        scores below 0.

        Raises
        ------
        UnknownIdError
            If the user has no training rating.
        """
        require_fitted(self, "movie_factors_")
        x = self.user_factors_[self.interactions_.users.rows(user_id)]
        scores = self._scores(x)
        return self.interactions_.best_movies(user_id, scores, n, exclude_seen)

    def movie_vectors(self, titles: pd.Series | None = None) -> MovieVectors:
        """Vectors of the movies that have at least one positive.

        Compare them by cosine: the length of a vector says how popular a movie is.

        Parameters
        ----------
        titles : Series, optional
            The title of each movie_id, which is its index: for example
            ``movies.set_index("movie_id")["title"]``.

        Returns
        -------
        MovieVectors

        Raises
        ------
        ValueError
            If one of the movies is not in `titles`.
        """
        require_fitted(self, "movie_factors_")
        columns = np.unique(self.confidences_.matrix.indices)
        movie_ids = self.confidences_.movies.ids[columns]
        return titled_vectors(movie_ids, self.movie_factors_[columns], titles)

    def _scores(self, user_vector: Floats) -> Floats:
        if user_vector.any():
            # As `@` would, but on one thread: BLAS takes several for this little
            # product, which wait for each other where other programs want the cores.
            return np.einsum("if,f->i", self.movie_factors_, user_vector)
        n_ratings = self.interactions_.n_ratings_of_movies
        return popular_where_silent(np.zeros(len(n_ratings)), n_ratings)
