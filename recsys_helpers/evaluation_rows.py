"""The rows of an evaluation: one metric each, with its interval."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers import beyond_accuracy as beyond
from recsys_helpers import metrics
from recsys_helpers.ids import integer_ids
from recsys_helpers.interactions import positives
from recsys_helpers.intervals import Estimate

RANKING_METRICS = {
    "precision": metrics.precision_at_k,
    "recall": metrics.recall_at_k,
    "hit rate": metrics.hit_rate_at_k,
    "map": metrics.average_precision_at_k,
    "mrr": metrics.reciprocal_rank_at_k,
    "ndcg": metrics.ndcg_at_k,
}


class Row(NamedTuple):
    """One metric, its interval, and how many users or ratings it is a mean of."""

    metric: str
    value: float
    low: float = np.nan
    high: float = np.nan
    n: int | None = None


COLUMNS = [
    *("method", "metric", "value", "low", "high", "n"),
    *("split", "seed", "edition", "cpu_s"),
]


def check_lists(
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


def rating_rows(
    test: pd.DataFrame, predicted: ArrayLike, interval: Callable[..., Estimate]
) -> Iterator[Row]:
    """Errors of predicted ratings, in stars."""
    errors = metrics.rating_errors(test["rating"], predicted)
    # Whole users are drawn: each has a mean error and a number of ratings.
    _, users = np.unique(test["user_id"], return_inverse=True)
    n_ratings = np.bincount(users)
    squared = interval(np.bincount(users, errors**2) / n_ratings, n_ratings)
    absolute = interval(np.bincount(users, np.abs(errors)) / n_ratings, n_ratings)
    # The root keeps order, so the ends of the MSE's interval become the RMSE's.
    value, low, high = np.sqrt(squared[:3]).tolist()
    yield Row("rmse", value, low, high, len(test))
    value, low, high, *_ = absolute
    yield Row("mae", value, low, high, len(test))


def ranking_rows(
    lists: NDArray[np.int64],
    users: NDArray[np.integer],
    test: pd.DataFrame,
    ks: Sequence[int],
    like_threshold: float,
    interval: Callable[..., Estimate],
) -> Iterator[Row]:
    """Ranking metrics at each k, with likes and with any rating as relevant."""
    liked = positives(test, like_threshold)
    for relevant, mark in ((liked, ""), (test, " (any)")):
        hits, n_relevant = metrics.hits_of(lists, relevant, users)
        for k in ks:
            for name, metric in RANKING_METRICS.items():
                per_user = metric(hits, n_relevant, k)
                yield Row(f"{name}@{k}{mark}", *interval(per_user))


def beyond_rows(
    lists: NDArray[np.int64],
    users: NDArray[np.integer],
    train: pd.DataFrame,
    catalogue: pd.DataFrame,
    ks: Sequence[int],
    interval: Callable[..., Estimate],
) -> Iterator[Row]:
    """Tell what the lists are like, apart from being right."""
    n_movies = catalogue["movie_id"].nunique()
    has_genres = "genres" in catalogue and any(catalogue["genres"])
    vectors = beyond.genre_vectors(catalogue) if has_genres else None
    for k in ks:
        top = lists[:, :k]
        coverage = beyond.catalogue_coverage(top, n_movies)
        lift = beyond.popularity_lift(top, train, users)
        yield Row(f"coverage@{k}", coverage, n=len(users))
        yield Row(f"gini@{k}", beyond.gini(top, n_movies), n=len(users))
        yield Row(f"popularity lift@{k}", lift, n=len(users))
        popularity = beyond.average_popularity(top, train)
        yield Row(f"popularity@{k}", *interval(popularity))
        yield Row(f"novelty@{k}", *interval(beyond.novelty(top, train)))
        if vectors is not None:
            diversity = beyond.intra_list_diversity(top, vectors)
            yield Row(f"diversity@{k}", *interval(diversity))
    answered = lists[:, 0] != metrics.PADDING
    yield Row("user coverage", float(answered.mean()), n=len(users))
