"""What the two towers are fed: features as numbers, each side on its own."""

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.content_features import RatedFeatures, movie_content
from recsys_helpers.feature_encoder import FeatureEncoder
from recsys_helpers.ids import integer_ids

Inputs = NDArray[np.float32]


class TowerInputs:
    """Turn features of users and movies into the inputs of two towers.

    A user's input is their features, encoded by `FeatureEncoder`. A movie's input is
    its features that are made of ratings, encoded likewise, and then its content,
    which is known of a new movie too.

    Attributes
    ----------
    users_, movies_ : FeatureEncoder
    content_ : DataFrame, indexed by movie_id
        As `recsys_helpers.content_features.movie_content` has it.
    """

    def fit(self, features: RatedFeatures, movies: pd.DataFrame) -> Self:
        """Learn how the features are scaled, from training rows.

        Parameters
        ----------
        features : RatedFeatures
        movies : DataFrame with `movie_id`, `genres` and `year`
        """
        self.users_ = FeatureEncoder().fit(features.users)
        self.movies_ = FeatureEncoder().fit(features.movies)
        self.content_ = movie_content(movies)
        return self

    @property
    def n_user_inputs(self) -> int:
        """How many numbers a user's input has."""
        return 2 * len(self.users_.columns_)

    @property
    def n_movie_inputs(self) -> int:
        """How many numbers a movie's input has."""
        return 2 * len(self.movies_.columns_) + self.content_.shape[1]

    def of_users(self, features: pd.DataFrame) -> Inputs:
        """Encode the users in the rows of `features`, shape (n, n_user_inputs)."""
        return self.users_.transform(features)

    def of_movies(self, features: pd.DataFrame, movie_ids: ArrayLike) -> Inputs:
        """Encode movies, shape (n, n_movie_inputs).

        Parameters
        ----------
        features : DataFrame of n rows
            Those made of ratings; NaN for a movie without any.
        movie_ids : array of int, shape (n,)
            Whose content it is. Of a movie without content all of it is 0.
        """
        content = self.content_.reindex(integer_ids(movie_ids, "movie_id")).fillna(0)
        encoded = self.movies_.transform(features)
        return np.hstack([encoded, content.to_numpy(dtype=np.float32)])

    def user_groups(self) -> NDArray[np.int64]:
        """Tell which user inputs are known together: see `FeatureEncoder.groups`.

        What somebody likes, what they watch, and the rest: their bias and how many
        ratings they have.
        """
        return self.users_.groups(
            lambda column: column.partition(" ")[0] if " " in column else "the rest"
        )

    def movie_groups(self) -> NDArray[np.int64]:
        """Tell which movie inputs are known together: all that is made of ratings."""
        return self.movies_.groups(lambda column: "made of ratings")
