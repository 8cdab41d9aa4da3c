"""From tables of features to numbers for a network, and for its two towers."""

from collections.abc import Callable
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.features.content import RatedFeatures, movie_content
from recsys_helpers.interactions import integer_ids


class FeatureEncoder:
    """Turn a table of features into numbers for a network.

    Each column is standardised: in the table that `fit` was given its mean becomes 0
    and its standard deviation 1. Beside it comes a column of flags: 1 where the value
    is known, 0 where it is NaN, and then the value is 0 too. So the network can tell
    "unknown" from "average", and somebody of whom nothing is known is all zeros.
    A value beyond those that `fit` has seen is taken for the nearest one that it has:
    nobody knows what a network says outside of what it has learned.

    Attributes
    ----------
    columns_ : list of str
        The columns that are used: those with any value that is known.
    means_, spreads_, lows_, highs_ : Series, indexed by `columns_`

    Examples
    --------
    >>> stars = pd.DataFrame({"Drama": [3.0, 5.0, 4.0], "War": [2.0, np.nan, 4.0]})
    >>> encoder = FeatureEncoder().fit(stars)
    >>> encoder.transform(stars).round(1)
    array([[-1.2, -1. ,  1. ,  1. ],
           [ 1.2,  0. ,  1. ,  0. ],
           [ 0. ,  1. ,  1. ,  1. ]], dtype=float32)
    """

    def fit(self, table: pd.DataFrame) -> Self:
        """Learn mean and spread of each column, from training rows (float).

        Raises
        ------
        ValueError
            If nothing at all is known.
        """
        known = table.notna().any()
        if not known.any():
            raise ValueError("There is no feature to encode: the table is all NaN.")
        self.columns_ = known.index[known].tolist()
        self.means_ = table[self.columns_].mean()
        # A column that is the same everywhere says nothing, and would be 0 / 0.
        spreads = table[self.columns_].std(ddof=0)
        self.spreads_ = spreads.where(spreads > 1e-9, 1.0)
        self.lows_ = table[self.columns_].min()
        self.highs_ = table[self.columns_].max()
        return self

    def transform(self, table: pd.DataFrame) -> NDArray[np.float32]:
        """Encode a table with the same columns, shape (n_rows, 2 n_columns)."""
        within = table[self.columns_].clip(self.lows_, self.highs_, axis=1)
        scaled = (within - self.means_) / self.spreads_
        encoded = np.hstack([scaled.fillna(0), scaled.notna()])
        return encoded.astype(np.float32)

    def groups(self, name_of_group: Callable[[str], str]) -> NDArray[np.int64]:
        """Tell, by a number, which group each encoded column belongs to.

        Shape (2 n_columns,): a flag is in the group of its column.
        """
        names = [name_of_group(column) for column in self.columns_]
        return np.tile(np.unique(names, return_inverse=True)[1], 2)


class TowerInputs:
    """Turn features of users and movies into the inputs of two towers.

    A user's input is their features, encoded by `FeatureEncoder`. A movie's input is
    its features that are made of ratings, encoded likewise, and then its content (see
    `movie_content`), which is known of a new movie too.
    """

    def fit(self, features: RatedFeatures, movies: pd.DataFrame) -> Self:
        """Learn how the features are scaled, from training rows."""
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

    def of_users(self, features: pd.DataFrame) -> NDArray[np.float32]:
        """Encode the users in the rows of `features`, shape (n, n_user_inputs)."""
        return self.users_.transform(features)

    def of_movies(
        self, features: pd.DataFrame, movie_ids: ArrayLike
    ) -> NDArray[np.float32]:
        """Encode movies, shape (n, n_movie_inputs).

        `features` are those made of ratings, NaN for a movie without any; `movie_ids`,
        shape (n,), say whose they are. Of a movie without content all of it is 0.
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
