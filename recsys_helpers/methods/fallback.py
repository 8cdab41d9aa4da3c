"""A method for those that another method does not know."""

from dataclasses import dataclass
from typing import Self

import pandas as pd

from recsys_helpers.evaluation import Recommender
from recsys_helpers.ids import UnknownIdError


@dataclass
class Fallback:
    """Ask a method, and another one about the users whom it does not know.

    Parameters
    ----------
    model : object with `fit` and `recommend`
        Raises `UnknownIdError` for a user without training ratings.
    otherwise : object with `fit` and `recommend`
        Has an answer for everybody, like `recsys_helpers.methods.baselines.Popularity`.
    """

    model: Recommender
    otherwise: Recommender

    def fit(self, train: pd.DataFrame) -> Self:
        """Fit both."""
        self.model.fit(train)
        self.otherwise.fit(train)
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Recommend by `model`, or by `otherwise` to a user it does not know.

        Any other error of `model` comes through.
        """
        try:
            return self.model.recommend(user_id, n, exclude_seen)
        except UnknownIdError:
            return self.otherwise.recommend(user_id, n, exclude_seen)
