"""How a trained recommender ages while the world goes on.

`population_stability_index` compares two distributions, of genres or decades, say,
and can be watched every day without knowing what anybody will like. `FoldedIn` lets a
method that was trained once serve people who came later, so that what its age costs
can be measured by the course's protocol.
"""

from typing import Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recsys_helpers.checks import checked_times
from recsys_helpers.ids import UnknownIdError, integer_ids
from recsys_helpers.interactions import Interactions


class ServesNewUsers(Protocol):
    """A fitted method that recommends from ratings it has not learned from."""

    interactions_: Interactions

    def recommend_to(
        self, ratings: pd.DataFrame, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """At most `n` movies, `movie_id` and `score`, best first."""


def population_stability_index(
    reference: ArrayLike, current: ArrayLike, pseudo_count: float = 0.5
) -> float:
    r"""How far the shares of some classes have moved (PSI).

    .. math:: \sum_k (q_k - p_k) \ln(q_k / p_k)

    with the shares p of the reference and q of today; it is the Kullback-Leibler
    divergence of one from the other, plus the other way round (Jeffreys, 1946). In
    credit scoring, where it comes from, below 0.1 is read as stable and above 0.25 as
    a shift: a rule of thumb, whatever the number of observations. Siddiqi, "Credit
    Risk Scorecards" (2006).

    Parameters
    ----------
    reference, current : array of counts, shape (n_classes,)
        The same classes in the same order.
    pseudo_count : float
        At least 0, added to every count, so that a class that occurs on one side only
        does not make the index infinite.

    Returns
    -------
    float
        0 for equal shares; no upper end.

    Raises
    ------
    ValueError
        If the shapes differ, a count is negative or no number, a side has none, or
        with a pseudo-count of 0 a class is empty.

    Examples
    --------
    >>> population_stability_index([50, 50], [50, 50])
    0.0
    >>> round(population_stability_index([50, 50], [75, 25], pseudo_count=0), 4)
    0.2747
    """
    p, q = np.asarray(reference, float), np.asarray(current, float)
    if p.ndim != 1 or p.shape != q.shape:
        raise ValueError(
            f"Expected counts of the same classes, got shapes {p.shape} and {q.shape}."
        )
    counts = np.concatenate([p, q, [pseudo_count]])
    if not ((counts >= 0) & (counts < np.inf)).all():
        raise ValueError("Counts and the pseudo-count are at least 0.")
    if p.sum() == 0 or q.sum() == 0:
        raise ValueError("One side has no observations.")
    p, q = p + pseudo_count, q + pseudo_count
    if min(p.min(), q.min()) == 0:
        raise ValueError("A class is empty on one side: use a pseudo-count above 0.")
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def unknown_share(ratings: pd.DataFrame, known: pd.DataFrame) -> float:
    """Share of `ratings` that are of movies without a rating in `known`, 0 to 1.

    Parameters
    ----------
    ratings, known : DataFrame with `movie_id`

    Raises
    ------
    ValueError
        If there are no ratings, or ids are not whole numbers.
    """
    if len(ratings) == 0:
        raise ValueError("A share of no ratings is undefined.")
    rated, before = (integer_ids(of["movie_id"], "movie_id") for of in (ratings, known))
    return float(1 - np.isin(rated, before).mean())


def newcomers(ratings: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """Ratings from `start` to before `end` of the users who came in that time.

    Parameters
    ----------
    ratings : DataFrame with `user_id` and `timestamp`
    start, end : float
        Seconds since 1970.

    Returns
    -------
    DataFrame
        In their order, with a fresh index. Users with an earlier rating are left out.

    Raises
    ------
    ValueError
        If a timestamp is no time, or ids are not whole numbers.
    """
    times = pd.Series(checked_times(ratings, "Who is a newcomer"))
    came = times.groupby(integer_ids(ratings["user_id"], "user_id")).transform("min")
    within = (came >= start) & (times < end)
    return ratings[within.to_numpy()].reset_index(drop=True)


class FoldedIn:
    """Recommend to users from their given ratings, with a method fitted before.

    Parameters
    ----------
    model : fitted method with `recommend_to`, such as `Ease` or `Als`
    given : DataFrame with `user_id`, `movie_id` and `rating`
        Ratings of movies that the model does not know are left out.
    """

    def __init__(self, model: ServesNewUsers, given: pd.DataFrame) -> None:
        self.model = model
        integer_ids(given["user_id"], "user_id")
        known = given[model.interactions_.movies.find(given["movie_id"]) >= 0]
        self._given = dict(list(known.groupby("user_id")[["movie_id", "rating"]]))

    def fit(self, train: pd.DataFrame) -> Self:
        """Leave the model as it is: frozen."""
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Recommend as the model's `recommend_to` does.

        Raises
        ------
        UnknownIdError
            If the user was given no rating of a movie that the model knows.
        """
        if int(integer_ids(user_id, "user_id")) not in self._given:
            raise UnknownIdError(
                f"The model knows none of the movies that user {user_id} rated."
            )
        return self.model.recommend_to(self._given[user_id], n, exclude_seen)
