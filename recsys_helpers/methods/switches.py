"""Hybrids that switch: one method for most movies, another for rare ones.

Methods that learn from ratings have nothing to say about a movie that nobody has rated.
`SwitchedStars` and `SwitchedLists` ask a method that knows the movie's content instead.
What Burke calls a switching hybrid: "Hybrid recommender systems: survey and
experiments", User Modeling and User-Adapted Interaction 12, 2002.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.checks import check_count
from recsys_helpers.evaluation import RatingPredictor, Recommender
from recsys_helpers.methods import (
    check_ratings_frame,
    checked_pairs,
    require_fitted,
)

Floats = NDArray[np.float64]


@dataclass(eq=False)
class SwitchedStars:
    """Predict by one method, and for movies with few ratings by another.

    Parameters
    ----------
    model, for_rare : method that predicts ratings
    few : int
        Up to this many training ratings are few; 0: none at all.
    """

    model: RatingPredictor
    for_rare: RatingPredictor
    few: int = 0

    def fit(self, train: pd.DataFrame) -> Self:
        """Fit both, and count the ratings."""
        self.n_ratings_ = _counted(train, self.few)
        self.model.fit(train)
        self.for_rare.fit(train)
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, shape (n,)."""
        require_fitted(self, "n_ratings_")
        users, movies = checked_pairs(user_ids, movie_ids)
        rare = self.n_ratings_.reindex(movies, fill_value=0).to_numpy() <= self.few
        stars = np.empty(len(movies))
        for model, rows in ((self.model, ~rare), (self.for_rare, rare)):
            if rows.any():
                stars[rows] = model.predict(users[rows], movies[rows])
        return stars


@dataclass(eq=False)
class SwitchedLists:
    """List by one method, and keep some places for movies that few have rated.

    The scores of two methods cannot be compared. So every tenth place, say, belongs to
    the other method, which fills it with the best of the rare movies. The score of a
    movie is 1 / its place.

    Parameters
    ----------
    model, for_rare : method that recommends
    few : int
        Up to this many training ratings are few; 0: none at all.
    one_in : int
        One place in so many is for a rare movie, at least 1: 10 makes one of ten.
    """

    model: Recommender
    for_rare: Recommender
    few: int = 0
    one_in: int = 10

    def fit(self, train: pd.DataFrame) -> Self:
        """Fit both, and count the ratings."""
        check_count("one_in", self.one_in)
        self.n_ratings_ = _counted(train, self.few)
        self.model.fit(train)
        self.for_rare.fit(train)
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """List the best of the one, with the best rare ones of the other in between.

        Where the other has too few, the first fills up.

        Raises
        ------
        UnknownIdError
            If one of the methods does not know the user.
        """
        require_fitted(self, "n_ratings_")
        check_count("n", n)
        rare = self._rare_for(user_id, n // self.one_in, exclude_seen)
        most = self.model.recommend(user_id, n, exclude_seen)["movie_id"].to_numpy()
        most = most[~np.isin(most, rare)]
        # Before the tenth of the others, the twentieth, and so on, counting the rare.
        before = (self.one_in - 1) * np.arange(1, len(rare) + 1)
        listed = np.insert(most, np.minimum(before, len(most)), rare)[:n]
        places = np.arange(1, len(listed) + 1)
        return pd.DataFrame({"movie_id": listed, "score": 1 / places})

    def _rare_for(
        self, user_id: int, n: int, exclude_seen: bool
    ) -> NDArray[np.integer]:
        if n == 0:
            return np.empty(0, dtype=np.int64)
        # All that it knows: rare movies may stand far down.
        everything = self.for_rare.recommend(user_id, 10**6, exclude_seen)["movie_id"]
        counts = self.n_ratings_.reindex(everything, fill_value=0).to_numpy()
        return everything.to_numpy()[counts <= self.few][:n]


def _counted(train: pd.DataFrame, few: int) -> pd.Series:
    check_ratings_frame(train)
    check_count("few", few, at_least=0)
    return train.groupby("movie_id").size()
