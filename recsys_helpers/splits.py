"""Ways to cut ratings into a part to learn from and a part to be judged on.

Every split holds each rating exactly once, keeps the rows in the order of the
original frame, and gives both parts a fresh index. Which split is right depends on
the question: `random_split` asks "can the model fill holes in the table?",
`user_temporal_split` "what did this person enter later?" (in MovieLens mostly in the
same sitting, on pages that the site had ordered), `global_temporal_split` "what if we
had stood at this moment and known nothing of the future?".

Only the last knows nothing of the future: in the other two, ratings that *other*
users gave later are in the training rows.

All raise a ValueError if a share is not between 0 and 1, or one of the parts would be
empty. Splits by time take whole seconds since 1970, and refuse dates, text,
milliseconds and what is missing in the same way.
"""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers._checks import checked_times
from recsys_helpers.interactions import integer_ids

# Keeps floor(0.29 * 100) at 29: in binary floating point the product is below it.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Split:
    """Ratings to learn from and ratings to be judged on.

    Attributes
    ----------
    name : str
        How the split was made, for example ``"random"``; goes into results.
    train, test : DataFrame
        Disjoint; together they hold every rating once.
    seed : int or None
        What the random choice was made with; None if there was none.
    """

    name: str
    train: pd.DataFrame
    test: pd.DataFrame
    seed: int | None = None


def random_split(
    ratings: pd.DataFrame, test_share: float = 0.2, seed: int = 7
) -> Split:
    """Deal the rows out at random.

    The first ``floor(n * (1 - test_share))`` rows of
    ``numpy.random.default_rng(seed).permutation(n)`` are the training rows.
    """
    _check_share(test_share)
    n = len(ratings)
    n_train = int(n_of_share(1 - test_share, n))
    order = np.random.default_rng(seed).permutation(n)
    in_test = np.zeros(n, dtype=bool)
    in_test[order[n_train:]] = True
    return _split("random", ratings, in_test, seed)


def global_temporal_split(ratings: pd.DataFrame, test_share: float = 0.2) -> Split:
    """Cut at one moment: what came before is train, that moment and after is test.

    The moment is the timestamp at the ``1 - test_share`` quantile. Ratings that
    share it all go to the test, so none straddles the cut and the test may hold a
    little more than `test_share`. Users and movies whose first rating comes after
    the cut are in the test and unknown in train; see `cold_slices`.
    """
    _check_share(test_share)
    times = checked_times(ratings, "A global temporal split")
    if times.size == 0:
        raise ValueError("There are no ratings to split.")
    n_train = int(n_of_share(1 - test_share, times.size))
    first_test = min(n_train, times.size - 1)
    moment = np.partition(times, first_test)[first_test]
    return _split("global temporal", ratings, times >= moment)


def user_temporal_split(ratings: pd.DataFrame, test_share: float = 0.2) -> Split:
    """Put the last ``floor(test_share * n)`` ratings of every user into the test.

    A user's ratings are ordered by (timestamp, movie_id). With few ratings the
    floor is 0 and the user is in train only (fewer than 5 at a share of 0.2).
    """
    _check_share(test_share)
    from_end, n_ratings = places_from_end(ratings, "A user temporal split")
    n_test = n_of_share(test_share, n_ratings)
    return _split("user temporal", ratings, from_end < n_test)


def leave_last_out(ratings: pd.DataFrame) -> Split:
    """Put the last rating of every user, by (timestamp, movie_id), into the test.

    A user with a single rating stays in train: there would be nothing to learn from.
    """
    from_end, n_ratings = places_from_end(ratings, "A leave last out split")
    return _split("leave last out", ratings, (from_end == 0) & (n_ratings > 1))


def cross_validation(
    ratings: pd.DataFrame, n_folds: int = 5, seed: int = 42
) -> list[Split]:
    """Make `n_folds` splits in which every rating is in the test exactly once.

    The folds are ``numpy.array_split`` of ``default_rng(seed).permutation(n)``.

    Raises
    ------
    ValueError
        If `n_folds` is below 2 or above the number of ratings.
    """
    n = len(ratings)
    if not (isinstance(n_folds, Integral) and 2 <= n_folds <= n):
        raise ValueError(
            f"n_folds must be from 2 to the number of ratings ({n:,}), not {n_folds!r}."
        )
    order = np.random.default_rng(seed).permutation(n)
    splits = []
    for number, fold in enumerate(np.array_split(order, n_folds), start=1):
        in_test = np.zeros(n, dtype=bool)
        in_test[fold] = True
        splits.append(_split(f"fold {number} of {n_folds}", ratings, in_test, seed))
    return splits


def cold_start_movies(
    ratings: pd.DataFrame, share: float = 0.1, seed: int = 7
) -> Split:
    """Put all ratings of a random `share` of the movies into the test: new movies.

    The model has never met these movies: what it says of them comes from something
    other than ratings (genres, a poster, links), or is a guess.
    """
    return _cold_start(ratings, "movie_id", "cold-start movies", share, seed)


def cold_start_users(ratings: pd.DataFrame, share: float = 0.1, seed: int = 7) -> Split:
    """Put all ratings of a random `share` of the users into the test."""
    return _cold_start(ratings, "user_id", "cold-start users", share, seed)


def cold_slices(split: Split, few: int = 5) -> pd.DataFrame:
    """Mark the test rows whose movie or user the training rows hardly know.

    Parameters
    ----------
    split : Split
    few : int
        Up to this many ratings in train count as few.

    Returns
    -------
    DataFrame of bool, one row a row of ``split.test``
        `new_movie`, `new_user`: no rating in train; `rare_movie`, `rare_user`:
        1 to `few` of them; `warm`: none of the four.

    Raises
    ------
    ValueError
        If ids are not whole numbers: an id that is text on one side only would be new.

    Examples
    --------
    >>> import pandas as pd
    >>> train = pd.DataFrame({"user_id": [1, 1], "movie_id": [10, 20]})
    >>> test = pd.DataFrame({"user_id": [1, 2], "movie_id": [30, 10]})
    >>> cold_slices(Split("by hand", train, test), few=1)
       new_movie  rare_movie  new_user  rare_user   warm
    0       True       False     False      False  False
    1      False        True      True      False  False
    """
    slices = {}
    for what in ("movie", "user"):
        trained, tested = (
            _ids(part, f"{what}_id") for part in (split.train, split.test)
        )
        n_known = tested.map(trained.value_counts()).fillna(0)
        slices[f"new_{what}"] = n_known == 0
        slices[f"rare_{what}"] = n_known.between(1, few)
    frame = pd.DataFrame(slices)
    return frame.assign(warm=~frame.any(axis=1))


def places_from_end(
    ratings: pd.DataFrame, needed_by: str = "An order in time"
) -> tuple[NDArray, NDArray]:
    """Place of each rating in its user's history, and the length of that history.

    Places are counted from the latest, 0, by (timestamp, movie_id). Both arrays have
    shape (n,). A ValueError for what is no time names `needed_by`.
    """
    times = checked_times(ratings, needed_by)
    users, user_rows = np.unique(_ids(ratings, "user_id"), return_inverse=True)
    n_ratings = np.bincount(user_rows, minlength=len(users))
    order = np.lexsort((_ids(ratings, "movie_id"), times, user_rows))
    ends = np.cumsum(n_ratings)
    from_end = np.empty(len(ratings), dtype=np.int64)
    from_end[order] = ends[user_rows[order]] - 1 - np.arange(len(ratings))
    return from_end, n_ratings[user_rows]


def n_of_share(share: float, n: NDArray[np.integer] | int) -> NDArray[np.int64]:
    """Whole part of ``share * n``, for each n: how many ratings go into a test."""
    return np.floor(share * n + _ROUNDING).astype(np.int64)


def _check_share(share: float, name: str = "test_share") -> None:
    if not (isinstance(share, Real) and 0 < share < 1):
        raise ValueError(
            f"{name} is a share between 0 and 1 (both left out), not {share!r}. "
            "For 20 % write 0.2."
        )


def _ids(ratings: pd.DataFrame, column: str) -> pd.Series:
    return pd.Series(integer_ids(ratings[column], column), index=ratings.index)


def _split(
    name: str,
    ratings: pd.DataFrame,
    in_test: NDArray[np.bool_],
    seed: int | None = None,
) -> Split:
    parts = {"train": ratings[~in_test], "test": ratings[in_test]}
    for part, rows in parts.items():
        if rows.empty:
            raise ValueError(
                f"The {part} part of this {name} split of {len(ratings):,} ratings "
                "is empty. Take another share, or more ratings."
            )
    fresh = {part: rows.reset_index(drop=True) for part, rows in parts.items()}
    return Split(name, **fresh, seed=seed)


def _cold_start(
    ratings: pd.DataFrame, column: str, name: str, share: float, seed: int
) -> Split:
    _check_share(share, "share")
    of_rows = _ids(ratings, column)
    ids = np.unique(of_rows)
    n_cold = max(1, round(share * len(ids)))
    cold = np.random.default_rng(seed).choice(ids, size=n_cold, replace=False)
    return _split(name, ratings, of_rows.isin(cold).to_numpy(), seed)
