"""How a trained recommender ages, and what it learns from its own recommendations.

`population_stability_index` compares two distributions, of genres or decades, say,
and can be watched every day without knowing what anybody will like. `FoldedIn` lets a
method that was trained once serve people who came later, so that what its age costs
can be measured by the course's protocol.

What nobody was shown nobody can like, so the data of the next round holds little but
what the last round believed. For that *feedback loop* people are simulated, so that
the truth is known: `tastes_of` gives every pair of user and movie a chance to be liked,
and `run_loop` lets a recommender and its users go round. Chaney, Stewart and
Engelhardt, "How algorithmic confounding in recommendation systems increases homogeneity
and decreases utility", RecSys 2018.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from recsys_helpers._checks import check_count, check_positive, checked_times
from recsys_helpers.beyond_accuracy import gini
from recsys_helpers.interactions import UnknownIdError, integer_ids
from recsys_helpers.vectors.nearest import unit_rows

Floats = NDArray[np.float64]
FEW_CLICKS = 5


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

    def __init__(self, model: Any, given: pd.DataFrame) -> None:
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


def tastes_of(
    user_vectors: NDArray[np.floating],
    movie_vectors: NDArray[np.floating],
    sharpness: float = 2.0,
    liked_share: float = 0.1,
) -> Floats:
    """Chance that a user likes a movie when they look at it: an invented truth.

    The cosine of the two vectors, standardised over the users movie by movie, so that
    no movie is better than another for the crowd, through a logistic function.

    Parameters
    ----------
    user_vectors, movie_vectors : array, shape (n_users, f), (n_movies, f)
    sharpness : float
        Above 0: the larger, the more a user's chances differ.
    liked_share : float
        Between 0 and 1: the chance at the mean cosine.

    Returns
    -------
    array, shape (n_users, n_movies)
        Between 0 and 1.

    Raises
    ------
    ValueError
        If `sharpness` or `liked_share` is out of its range.
    """
    check_positive("sharpness", sharpness)
    if not 0 < liked_share < 1:
        raise ValueError(f"liked_share is between 0 and 1, not {liked_share}.")
    cosines = unit_rows(user_vectors) @ unit_rows(movie_vectors).T
    spread = cosines.std(axis=0)
    standard = (cosines - cosines.mean(axis=0)) / np.where(spread > 0, spread, 1)
    # By odds / (1 + odds) a large sharpness would give infinity by infinity.
    return expit(np.log(liked_share / (1 - liked_share)) + sharpness * standard)


class Round(NamedTuple):
    """What one round of `run_loop` was like.

    Attributes
    ----------
    gini : float
        Of the lists that the model would show without exploration; see
        `recsys_helpers.beyond_accuracy.gini`.
    liked : float
        Mean true chance to be liked of what was shown, exploration included.
    starved : float
        Share of the movies that have fewer than 5 clicks, of all users and rounds
        before this one.
    """

    gini: float
    liked: float
    starved: float


def run_loop(
    tastes: Floats,
    n_rounds: int = 20,
    n_shown: int = 10,
    exploration: float = 0.0,
    seed: int = 0,
    model: Callable[[NDArray[np.bool_]], Floats] | None = None,
) -> list[Round]:
    """Show, watch who clicks, learn, and show again.

    Before the first round everybody is shown `n_shown` movies drawn at random. Then,
    round after round: the model learns from all clicks so far; every user gets its best
    `n_shown` of the movies they have not clicked; each place goes to a random movie in
    its stead with the chance `exploration`; a user clicks what they look at
    (`looked_at`) and like (`tastes`).

    What is clicked is gone, so the best that is left gets worse from round to round.
    Compare a loop with what meets the same fate: lists drawn at random from what is
    left (an exploration of 1), or made by somebody who knows the truth
    (``model=lambda clicks: tastes``).

    Parameters
    ----------
    tastes : array, shape (n_users, n_movies)
        Chances to be liked, 0 to 1; see `tastes_of`.
    n_rounds, n_shown : int
        At least 1. There must be at least ``(n_rounds + 3) * n_shown`` movies, so
        that nobody runs out of movies.
    exploration : float
        From 0 to 1.
    seed : int
        Of all that is random.
    model : function of clicks, optional
        Gives scores from who clicked what, both of shape (n_users, n_movies); without
        it `ease_scores`.

    Returns
    -------
    list of `Round`, one a round

    Raises
    ------
    ValueError
        If a setting or a chance is out of its range or there are too few movies.
    """
    check_count("n_rounds", n_rounds)
    if not ((tastes >= 0) & (tastes <= 1)).all():
        raise ValueError("tastes are chances from 0 to 1, and one here is not.")
    n_users, n_movies = tastes.shape
    if not 0 <= exploration <= 1:
        raise ValueError(f"exploration is a share from 0 to 1, not {exploration}.")
    if n_movies < (n_rounds + 3) * n_shown:
        raise ValueError(
            f"{n_rounds} rounds of {n_shown} movies need a catalogue of at least "
            f"{(n_rounds + 3) * n_shown:,} movies; this one has {n_movies:,}."
        )
    score = ease_scores if model is None else model
    rng = np.random.default_rng(seed)
    looks = looked_at(n_shown)
    everyone = np.arange(n_users)[:, np.newaxis]
    clicks = np.zeros(tastes.shape, dtype=bool)
    rounds = []
    for number in range(n_rounds + 1):
        shown = _best(rng.random(tastes.shape), clicks, n_shown)
        if number > 0:
            greedy = _best(score(clicks), clicks, n_shown)
            shown = _explored(greedy, clicks, exploration, rng)
            liked = float(tastes[everyone, shown].mean())
            starved = float((clicks.sum(axis=0) < FEW_CLICKS).mean())
            rounds.append(Round(gini(greedy, n_movies), liked, starved))
        chance = tastes[everyone, shown] * looks
        clicks[everyone, shown] |= rng.random(shown.shape) < chance
    return rounds


def looked_at(n_places: int) -> Floats:
    """Chance that each place of a list is looked at: ``1 / log2(place + 1)``.

    The discount of nDCG, read as *position bias*: who stands first is seen first.

    Examples
    --------
    >>> looked_at(3).round(2).tolist()
    [1.0, 0.63, 0.5]
    """
    check_count("n_places", n_places)
    return 1 / np.log2(np.arange(1, n_places + 1) + 1)


def ease_scores(clicks: NDArray[np.bool_], l2: float = 20.0) -> Floats:
    """Score every movie for every user from who clicked what: EASE, chapter 3's best.

    Both have the shape (n_users, n_movies); the column of a movie without clicks is
    exactly 0. For `l2`, above 0, see `recsys_helpers.methods.ease.Ease`.
    """
    check_positive("l2", l2)
    X = clicks.astype(np.float64)
    P = np.linalg.inv(X.T @ X + l2 * np.eye(X.shape[1]))
    B = P / -np.diag(P)
    np.fill_diagonal(B, 0)
    return X @ B


def _best(scores: Floats, excluded: NDArray[np.bool_], n: int) -> NDArray[np.intp]:
    left = np.where(excluded, -np.inf, scores)
    return np.argsort(-left, axis=1, kind="stable")[:, :n]


def _explored(
    greedy: NDArray[np.intp],
    clicks: NDArray[np.bool_],
    exploration: float,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Replace places of the lists by movies that are neither listed nor clicked."""
    taken = clicks.copy()
    np.put_along_axis(taken, greedy, True, axis=1)
    drawn = _best(rng.random(clicks.shape), taken, greedy.shape[1])
    return np.where(rng.random(greedy.shape) < exploration, drawn, greedy)
