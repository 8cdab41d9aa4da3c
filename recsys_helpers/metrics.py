"""How far predicted ratings are off, and how good a ranked list is.

*Rating error* compares two arrays of stars: `rmse`, `mae`, `mse`.

*Ranking metrics* ask whether the movies a user liked in the test stand high in the
list the user was given. They all take the same three arguments and return one value
a user, so that means, intervals and paired comparisons start from the same numbers:

- ``hits``, bool array of shape (n_users, n_ranks): is the movie at this rank (best
  first) relevant? A list shorter than n_ranks is padded with False.
- ``n_relevant``, int array of shape (n_users,): how many movies are relevant to the
  user, on the list or not. `hits_of` makes both.
- ``k``: how many ranks count.

For a user with nothing relevant the metrics are undefined: the value is NaN, and
the means and intervals of `recsys_helpers.intervals` leave the user out. Metrics see
a definite order; `recsys_helpers.interactions.top_n` breaks ties between scores by
movie id. With ``k`` above n_ranks they raise a ValueError, unless ``padded=True``
says that the lists are that short because there was nothing more to recommend: then
the missing ranks are misses.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._checks import check_count
from recsys_helpers.interactions import IdIndex, integer_ids

Floats = NDArray[np.float64]

# Marks the empty places of a list.
PADDING = -1


def rmse(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Root mean squared error, in stars: ``sqrt(mean((predicted - actual)**2))``.

    A training *loss* is something else in two ways: it is a mean of squares (no
    root), and it often has a penalty on the weights added. A loss of 1.1 and an
    RMSE of 0.89 cannot be compared; compute both models' RMSE on the same rows.

    Parameters
    ----------
    actual, predicted : array, shape (n,)

    Raises
    ------
    ValueError
        If the arrays are empty, differ in shape, or hold NaN or infinity.

    Examples
    --------
    >>> rmse([4.0, 2.0], [3.0, 2.0])
    0.7071067811865476
    """
    return float(np.sqrt(mse(actual, predicted)))


def mae(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in stars: ``mean(abs(predicted - actual))``.

    Raises as `rmse` does.
    """
    return float(np.mean(np.abs(rating_errors(actual, predicted))))


def mse(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean squared error, in stars squared: ``mean((predicted - actual)**2)``.

    A training loss ``mse + penalty`` is larger than this by the penalty: take the
    error from predictions and not from the loss that the training prints.

    Raises as `rmse` does.
    """
    return float(np.mean(rating_errors(actual, predicted) ** 2))


def rating_errors(actual: ArrayLike, predicted: ArrayLike) -> Floats:
    """``predicted - actual`` in stars, shape (n,), after the checks of `rmse`."""
    actual = np.asarray(actual, dtype=np.float64)
    predicted = np.asarray(predicted, dtype=np.float64)
    if actual.shape != predicted.shape or actual.ndim != 1:
        raise ValueError(
            "Expected two flat arrays of the same length, got shapes "
            f"{actual.shape} and {predicted.shape}."
        )
    if actual.size == 0:
        raise ValueError("There are no ratings to compare: both arrays are empty.")
    for name, values in (("actual", actual), ("predicted", predicted)):
        if not np.isfinite(values).all():
            bad = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"The {name} rating at position {bad} is {values[bad]}.")
    return predicted - actual


def hits_of(
    recommended: ArrayLike, relevant: pd.DataFrame, users: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Compare recommended lists with what turned out to be relevant.

    Parameters
    ----------
    recommended : int array, shape (n_users, n_ranks)
        Movie ids, best first; short lists are padded with -1 at the end.
    relevant : DataFrame with `user_id` and `movie_id`
        One row a relevant movie. Users who are not in `users` are ignored.
    users : int array, shape (n_users,)
        Whose list each row of `recommended` is.

    Returns
    -------
    hits : bool array, shape (n_users, n_ranks)
    n_relevant : int array, shape (n_users,)
        Counts all relevant movies, those that no list could hold too.

    Raises
    ------
    ValueError
        If shapes don't fit, a user has two rows, a list names a movie twice, ids are
        not whole numbers, or -1, which marks an empty place, is a relevant movie.

    Examples
    --------
    >>> liked = pd.DataFrame({"user_id": [7, 7, 9], "movie_id": [1, 50, 2]})
    >>> hits, n_relevant = hits_of([[50, 3], [3, -1]], liked, users=[7, 9])
    >>> hits.tolist(), n_relevant.tolist()
    ([[True, False], [False, False]], [2, 1])
    """
    lists = checked_lists(recommended)
    index = pd.Index(checked_users(users, lists))
    rows = index.get_indexer(integer_ids(relevant["user_id"], "user_id"))
    movies = integer_ids(relevant["movie_id"], "movie_id")
    if (movies == PADDING).any():
        raise ValueError(
            f"movie_id {PADDING} is relevant, and it marks the empty places of lists."
        )
    rows, movies = rows[rows >= 0], movies[rows >= 0]
    if not movies.size:
        return np.zeros(lists.shape, dtype=bool), np.zeros(len(lists), dtype=np.int64)
    # One number for each (user, movie) pair, so that one search compares all pairs. Of
    # the movie's position and not of its id: with large ids they would overflow.
    positions, known = pd.factorize(movies)
    wanted = np.sort(pd.unique(rows * len(known) + positions))
    columns = pd.Index(known).get_indexer(lists.ravel()).reshape(lists.shape)
    offered = np.arange(len(lists))[:, np.newaxis] * len(known) + columns
    n_relevant = np.bincount(wanted // len(known), minlength=len(lists))
    # np.isin takes five times as long: it does not know that `wanted` is sorted.
    return (IdIndex(wanted).find(offered) >= 0) & (columns >= 0), n_relevant


def precision_at_k(
    hits: ArrayLike, n_relevant: ArrayLike, k: int, *, padded: bool = False
) -> Floats:
    """Share of the first k recommendations that are relevant: ``hits in k / k``.

    Always divided by k. Some libraries divide by min(k, n_relevant), which turns
    the number into recall for users with few relevant movies: it is no longer the
    share of the list that was good. The price is that a user with 3 relevant movies
    cannot pass 0.3 at k = 10.

    Returns one value in [0, 1] a user, shape (n_users,); see the module docstring
    for the arguments, NaN and errors. Manning, Raghavan and Schütze, "Introduction
    to Information Retrieval" (2008), section 8.4.

    Examples
    --------
    >>> precision_at_k([[True, False, True, False]], [2], k=4).tolist()
    [0.5]
    """
    top, n_relevant = _top_k(hits, n_relevant, k, padded)
    return _defined(top.sum(axis=1) / k, n_relevant)


def recall_at_k(
    hits: ArrayLike, n_relevant: ArrayLike, k: int, *, padded: bool = False
) -> Floats:
    """Share of the relevant movies that are in the first k: ``hits / n_relevant``.

    Returns one value in [0, 1] a user, shape (n_users,); see the module docstring.
    A user with more than k relevant movies cannot reach 1.
    """
    top, n_relevant = _top_k(hits, n_relevant, k, padded)
    return top.sum(axis=1) / _defined(n_relevant, n_relevant)


def hit_rate_at_k(
    hits: ArrayLike, n_relevant: ArrayLike, k: int, *, padded: bool = False
) -> Floats:
    """1 if any of the first k is relevant, else 0.

    Returns shape (n_users,); see the module docstring.
    """
    top, n_relevant = _top_k(hits, n_relevant, k, padded)
    return _defined(top.any(axis=1), n_relevant)


def average_precision_at_k(
    hits: ArrayLike, n_relevant: ArrayLike, k: int, *, padded: bool = False
) -> Floats:
    """Mean of the precisions at the ranks of the hits (its mean over users: MAP@k).

    ``sum over ranks r <= k of precision@r * hit(r), over min(k, n_relevant)``, so
    that k relevant movies at the top give 1. The other convention divides by
    n_relevant (TREC's and ranx's): there a user with more than k
    relevant movies cannot reach 1. The two differ a lot; say which one you report.

    Returns one value in [0, 1] a user, shape (n_users,); see the module docstring.
    Manning, Raghavan and Schütze (2008), section 8.4.

    Examples
    --------
    >>> average_precision_at_k([[True, False, True]], [2], k=3)  # (1/1 + 2/3) / 2
    array([0.83333333])
    """
    top, n_relevant = _top_k(hits, n_relevant, k, padded)
    precision_at_rank = np.cumsum(top, axis=1) / _ranks(top)
    total = (precision_at_rank * top).sum(axis=1)
    return total / _defined(np.minimum(k, n_relevant), n_relevant)


def reciprocal_rank_at_k(
    hits: ArrayLike, n_relevant: ArrayLike, k: int, *, padded: bool = False
) -> Floats:
    """1 / rank of the first hit, 0 if the first k hold none (its mean: MRR@k).

    Returns one value in [0, 1] a user, shape (n_users,); see the module docstring.
    Voorhees, "The TREC-8 Question Answering Track Report" (1999).
    """
    top, n_relevant = _top_k(hits, n_relevant, k, padded)
    return _defined((top / _ranks(top)).max(axis=1), n_relevant)


def ndcg_at_k(
    hits: ArrayLike, n_relevant: ArrayLike, k: int, *, padded: bool = False
) -> Floats:
    """Normalised discounted cumulative gain with gains of 0 and 1.

    ``DCG = sum over ranks r <= k of hit(r) / log2(r + 1)``, divided by the DCG of
    the best list there could be: min(k, n_relevant) hits at the top.

    Returns one value in [0, 1] a user, shape (n_users,); see the module docstring.
    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques",
    ACM TOIS 20(4), 2002 (with the log2(r + 1) that later became usual).

    Examples
    --------
    >>> ndcg_at_k([[True, True, False], [False, False, True]], [2, 1], k=3).tolist()
    [1.0, 0.5]
    """
    top, n_relevant = _top_k(hits, n_relevant, k, padded)
    discounts = 1 / np.log2(np.arange(1, k + 1) + 1)
    best = np.concatenate([[np.nan], np.cumsum(discounts)])
    dcg = (top * discounts[: top.shape[1]]).sum(axis=1)
    # Summed in another order, a perfect list can pass 1 by the last bit.
    return np.minimum(dcg / best[np.minimum(k, n_relevant)], 1.0)


def checked_lists(recommended: ArrayLike) -> NDArray[np.int64]:
    """Recommended movie ids, shape (n_users, n_ranks), checked as `hits_of` says."""
    lists = np.asarray(recommended)
    if lists.ndim != 2:
        raise ValueError(
            "Recommendations are movie ids in an array (n_users, n_ranks), not of "
            f"shape {lists.shape}."
        )
    lists = integer_ids(lists, "movie_id").astype(np.int64, copy=False)
    filled = lists != PADDING
    if (filled[:, 1:] & ~filled[:, :-1]).any():
        raise ValueError("A list has a movie after its padding (-1).")
    ordered = np.sort(lists, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != PADDING)
    if repeated.any():
        row, column = np.argwhere(repeated)[0]
        movie = ordered[row, column]
        raise ValueError(f"List {row} recommends movie {movie} more than once.")
    return lists


def checked_users(
    users: ArrayLike, lists: NDArray[np.int64]
) -> NDArray[np.signedinteger]:
    """User ids, if they are as many different ones as there are lists."""
    users = integer_ids(users, "user_id")
    n_different = len(np.unique(users))
    if users.shape != lists.shape[:1] or n_different < len(users):
        raise ValueError(
            f"{len(lists)} lists need as many different users; "
            f"got {users.size} of which {n_different} are different."
        )
    return users


def _top_k(
    hits: ArrayLike, n_relevant: ArrayLike, k: int, padded: bool
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    hits = np.asarray(hits)
    n_relevant = np.asarray(n_relevant)
    if hits.ndim != 2 or hits.dtype != bool:
        raise ValueError(
            "hits is a bool array (n_users, n_ranks), "
            f"not {hits.dtype} of shape {hits.shape}."
        )
    if n_relevant.shape != hits.shape[:1]:
        raise ValueError(
            f"hits has {len(hits)} users, but n_relevant has shape {n_relevant.shape}."
        )
    check_count("k", k)
    if k > hits.shape[1] and not padded:
        raise ValueError(
            f"k is {k}, but the lists have {hits.shape[1]} ranks. Recommend at least "
            "k movies; if there were no more to recommend, pass padded=True."
        )
    if (hits.sum(axis=1) > n_relevant).any():
        raise ValueError("A user has more hits than relevant movies.")
    return hits[:, :k], n_relevant


def _ranks(top: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.arange(1, top.shape[1] + 1)


def _defined(values: ArrayLike, n_relevant: NDArray[np.int64]) -> Floats:
    """`values` with NaN for the users who have no relevant movie."""
    return np.where(n_relevant > 0, values, np.nan)
