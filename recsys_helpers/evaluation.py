"""One protocol for every method: fit on train, judge on test, say how sure.

- A method that predicts ratings is judged on all test ratings (`rmse`, `mae`).
- A method that recommends gives every user of the test a list. Candidates are all
  movies that the user has not rated in train; none is sampled away. Relevant are
  the test movies the user rated at least `like_threshold`; a second set of metrics,
  marked "(any)", counts every test movie. A user without a relevant movie is left
  out of the mean, and the column `n` says how many are left.

What cannot be reached still counts: a relevant movie that nobody rated in train is
a miss for a method that knows ratings only, and so is a user it has never met.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers import beyond_accuracy as beyond
from recsys_helpers import metrics
from recsys_helpers.interactions import UnknownIdError, integer_ids, positives
from recsys_helpers.intervals import Estimate, bootstrap_interval
from recsys_helpers.splits import Split

RANKING_METRICS = {
    "precision": metrics.precision_at_k,
    "recall": metrics.recall_at_k,
    "hit rate": metrics.hit_rate_at_k,
    "map": metrics.average_precision_at_k,
    "mrr": metrics.reciprocal_rank_at_k,
    "ndcg": metrics.ndcg_at_k,
}
_COLUMNS = [
    *("method", "metric", "value", "low", "high", "n"),
    *("split", "seed", "edition", "cpu_s"),
]


@runtime_checkable
class RatingPredictor(Protocol):
    """A method that predicts ratings."""

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn from a ratings frame."""

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> ArrayLike:
        """Ratings in stars of n (user, movie) pairs, shape (n,)."""


@runtime_checkable
class Recommender(Protocol):
    """A method that recommends movies to a user."""

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn from a ratings frame."""

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """At most `n` movies, `movie_id` and `score`, best first."""


@dataclass(frozen=True, repr=False, eq=False)
class Evaluation:
    """What `evaluate` has measured. It is shown as its summary.

    Attributes
    ----------
    summary : DataFrame, one row a metric
        `method`, `metric`, `value`; `low` and `high`, the ends of the interval (NaN
        where there is none); `n`, the number of ratings for `rmse` and `mae` and of
        users for the rest; `split`, `seed` (the split's), `edition`; `cpu_s`, CPU
        seconds of fitting and scoring, the same in all rows and taken apart by the
        metrics `fit_cpu_s` and `score_cpu_s`.
    per_user : DataFrame of float, one row a user of the test, index `user_id`
        A column for each metric of the summary that is a mean over users, for example
        ``"ndcg@10"``; NaN for a user without a relevant movie. For a method that
        predicts ratings also the means of their `squared error` and `absolute error`.
        Columns of two methods can be given to
        `recsys_helpers.intervals.paired_difference`.
    """

    summary: pd.DataFrame
    per_user: pd.DataFrame

    def __repr__(self) -> str:
        return repr(self.summary)

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()


def evaluate(
    model: RatingPredictor | Recommender,
    split: Split,
    *,
    movies: pd.DataFrame | None = None,
    ks: Sequence[int] = (10, 20),
    like_threshold: float = 4.0,
    level: float = 0.95,
    n_bootstrap: int = 1000,
    edition: str | None = None,
    method: str | None = None,
) -> Evaluation:
    """Fit `model` on ``split.train`` and measure it on ``split.test``.

    Parameters
    ----------
    model : object with `fit` and `predict`, `recommend` or both
        It is fitted anew, so what it knew before is lost.
    split : Split
    movies : DataFrame with `movie_id`, optional
        The catalogue: what may be recommended, and what coverage is a share of. By
        default the movies of ``split.train``. With a column `genres` in which any
        movie has some, the diversity of the lists is measured too.
    ks : sequence of int
        Lengths at which lists are judged.
    like_threshold : float
        A test rating of at least this many stars is relevant.
    level, n_bootstrap
        Share and resamples of the bootstrap intervals, which draw users.
    edition : str, optional
        Which data this is, to be noted in the results.
    method : str, optional
        What to call the model in the results; by default the name of its class.

    Returns
    -------
    Evaluation
        With a `summary`, and each user's values `per_user`.

    Raises
    ------
    TypeError
        If the model neither predicts nor recommends.
    ValueError
        If ids are not whole numbers, or the model recommends what the user has rated
        in train, what is not in the catalogue, or what has a score that is no number.
    """
    if not isinstance(model, RatingPredictor | Recommender):
        raise TypeError(
            f"{type(model).__name__} cannot be evaluated: it needs fit(train), and "
            "predict(user_ids, movie_ids) or recommend(user_id, n, exclude_seen)."
        )

    for part in (split.train, split.test):
        for column in ("user_id", "movie_id"):
            integer_ids(part[column], column)

    users = np.unique(split.test["user_id"])
    notes = _Notes(level, n_bootstrap)
    _, fit_cpu_s = _timed(model.fit, split.train)
    score_cpu_s = 0.0
    if isinstance(model, RatingPredictor):
        pairs = split.test["user_id"].to_numpy(), split.test["movie_id"].to_numpy()
        predicted, cpu_s = _timed(model.predict, *pairs)
        _note_stars(notes, split.test, predicted)
        score_cpu_s += cpu_s
    if isinstance(model, Recommender):
        lists, cpu_s = _timed(recommend_all, model, users, max(ks))
        catalogue = split.train if movies is None else movies
        _check_lists(lists, users, split.train, catalogue)
        _note_ranking(notes, lists, users, split.test, ks, like_threshold)
        _note_beyond(notes, lists, users, split.train, catalogue, ks)
        score_cpu_s += cpu_s
    notes.number("fit_cpu_s", fit_cpu_s)
    notes.number("score_cpu_s", score_cpu_s)

    summary = pd.DataFrame(notes.rows).assign(
        method=method or type(model).__name__,
        n=lambda frame: frame["n"].astype("Int64"),
        split=split.name,
        seed=pd.array([split.seed] * len(notes.rows), dtype="Int64"),
        edition=edition,
        cpu_s=fit_cpu_s + score_cpu_s,
    )[_COLUMNS]
    index = pd.Index(users, name="user_id")
    return Evaluation(summary, pd.DataFrame(notes.per_user, index))


def recommend_all(model: Recommender, users: ArrayLike, n: int) -> NDArray[np.int64]:
    """Ask for a list for each user.

    Returns
    -------
    int array, shape (n_users, n)
        Movie ids, best first, short lists padded with -1. A user whom the model
        does not know (it raises `UnknownIdError`) has an empty list.

    Raises
    ------
    ValueError
        If the model gives more than `n` movies, ids that are not whole numbers, or a
        score that is NaN or infinite.
    """
    users = integer_ids(users, "user_id")
    lists = np.full((len(users), n), metrics.PADDING, dtype=np.int64)
    for row, user_id in enumerate(users.tolist()):
        try:
            recommended = model.recommend(user_id, n=n)
        except UnknownIdError:
            continue
        movie_ids = integer_ids(recommended["movie_id"], "movie_id")
        if len(movie_ids) > n:
            raise ValueError(f"Asked for {n} movies, got {len(movie_ids)}.")
        scores = np.asarray(recommended.get("score", ()), dtype=np.float64)
        if not np.isfinite(scores).all():
            movie = movie_ids[~np.isfinite(scores)][0]
            raise ValueError(
                f"User {user_id} is recommended movie {movie}, whose score is no "
                "number. Leave out what has no score."
            )
        lists[row, : len(movie_ids)] = movie_ids
    return lists


def ndcg_of_users(
    model: Recommender, split: Split, k: int = 10, like_threshold: float = 4.0
) -> NDArray[np.float64]:
    """nDCG@k of each user of the test, for a model that has been fitted.

    `evaluate` fits and gives the same values as ``per_user["ndcg@10"]``.

    Parameters
    ----------
    model : object with `recommend`
        Fitted on ``split.train``.
    split : Split
    k : int
    like_threshold : float
        A test rating of at least this many stars is relevant.

    Returns
    -------
    array, shape (n_test_users,)
        In the order of the user ids; NaN for a user without a relevant movie. Two
        models' values can be given to `recsys_helpers.intervals.paired_difference`.
    """
    users = np.unique(split.test["user_id"])
    lists = recommend_all(model, users, k)
    liked = positives(split.test, like_threshold)
    return metrics.ndcg_at_k(*metrics.hits_of(lists, liked, users), k)


def _timed(function: Callable, *arguments: object) -> tuple[Any, float]:
    start = time.process_time()
    result = function(*arguments)
    return result, time.process_time() - start


class _Row(NamedTuple):
    """One metric, its interval, and how many users or ratings it is a mean of."""

    metric: str
    value: float
    low: float = np.nan
    high: float = np.nan
    n: int | None = None


@dataclass
class _Notes:
    """The rows of a summary, and on the way each user's values."""

    level: float
    n_bootstrap: int
    rows: list[_Row] = field(default_factory=list)
    per_user: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def number(self, metric: str, value: float, n: int | None = None) -> None:
        self.rows.append(_Row(metric, value, n=n))

    def mean(self, metric: str, per_user: NDArray[np.float64]) -> None:
        self.per_user[metric] = per_user
        self.rows.append(_Row(metric, *self.interval(per_user)))

    def interval(
        self, per_user: ArrayLike, weights: ArrayLike | None = None
    ) -> Estimate:
        return bootstrap_interval(
            per_user, self.level, self.n_bootstrap, weights=weights
        )


def _note_stars(notes: _Notes, test: pd.DataFrame, predicted: ArrayLike) -> None:
    """Note the errors of predicted ratings, in stars."""
    errors = metrics.rating_errors(test["rating"], predicted)
    # Whole users are drawn: each has a mean error and a number of ratings.
    _, users = np.unique(test["user_id"], return_inverse=True)
    n_ratings = np.bincount(users)
    squared = np.bincount(users, errors**2) / n_ratings
    absolute = np.bincount(users, np.abs(errors)) / n_ratings
    notes.per_user |= {"squared error": squared, "absolute error": absolute}
    # The root keeps order, so the ends of the MSE's interval become the RMSE's.
    rmse, low, high = np.sqrt(notes.interval(squared, n_ratings)[:3]).tolist()
    notes.rows.append(_Row("rmse", rmse, low, high, len(test)))
    mae, low, high, _ = notes.interval(absolute, n_ratings)
    notes.rows.append(_Row("mae", mae, low, high, len(test)))


def _note_ranking(
    notes: _Notes,
    lists: NDArray[np.int64],
    users: NDArray[np.integer],
    test: pd.DataFrame,
    ks: Sequence[int],
    like_threshold: float,
) -> None:
    """Note ranking metrics at each k, with likes and with any rating as relevant."""
    liked = positives(test, like_threshold)
    for relevant, mark in ((liked, ""), (test, " (any)")):
        hits, n_relevant = metrics.hits_of(lists, relevant, users)
        for k in ks:
            for name, metric in RANKING_METRICS.items():
                notes.mean(f"{name}@{k}{mark}", metric(hits, n_relevant, k))


def _note_beyond(
    notes: _Notes,
    lists: NDArray[np.int64],
    users: NDArray[np.integer],
    train: pd.DataFrame,
    catalogue: pd.DataFrame,
    ks: Sequence[int],
) -> None:
    """Note what the lists are like, apart from being right."""
    n_movies, n_users = catalogue["movie_id"].nunique(), len(users)
    has_genres = "genres" in catalogue and any(catalogue["genres"])
    vectors = beyond.genre_vectors(catalogue) if has_genres else None
    for k in ks:
        top = lists[:, :k]
        notes.number(f"coverage@{k}", beyond.catalogue_coverage(top, n_movies), n_users)
        notes.number(f"gini@{k}", beyond.gini(top, n_movies), n_users)
        lift = beyond.popularity_lift(top, train, users)
        notes.number(f"popularity lift@{k}", lift, n_users)
        notes.mean(f"popularity@{k}", beyond.average_popularity(top, train))
        notes.mean(f"novelty@{k}", beyond.novelty(top, train))
        if vectors is not None:
            diversity = beyond.intra_list_diversity(top, vectors)
            notes.mean(f"diversity@{k}", diversity)
    answered = lists[:, 0] != metrics.PADDING
    notes.number("user coverage", float(answered.mean()), n_users)


def _check_lists(
    lists: NDArray[np.int64],
    users: NDArray[np.integer],
    train: pd.DataFrame,
    catalogue: pd.DataFrame,
) -> None:
    """Refuse lists that hold what a user has seen, or what nobody can watch."""
    seen, _ = metrics.hits_of(lists, train, users)
    if seen.any():
        row, rank = np.argwhere(seen)[0]
        raise ValueError(
            f"User {users[row]} is recommended movie {lists[row, rank]}, which they "
            "rated in the training rows. Leave out what the user has seen."
        )
    known = integer_ids(catalogue["movie_id"], "movie_id")
    foreign = (lists != metrics.PADDING) & ~np.isin(lists, known)
    if foreign.any():
        raise ValueError(
            f"Movie {lists[foreign][0]} is recommended but not in the catalogue. If "
            "the model knows movies that nobody rated in train, pass movies=... to "
            "evaluate()."
        )
