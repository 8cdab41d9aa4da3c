"""What a list of recommendations is like, apart from being right.

A recommender can score well by telling everyone to watch the same ten famous films.
These measures show it: how much of the catalogue is ever recommended, how little
known, how different from one another and how famous the recommended movies are.

``recommended`` is, as in `recsys_helpers.metrics`, an int array of movie ids of
shape (n_users, n_ranks), best first, short lists padded with -1. ``train`` is the
ratings frame that the model learned from. Measures "a user" come back with shape
(n_users,), NaN where a list is too short to have one.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.interactions import IdIndex, integer_ids
from recsys_helpers.metrics import PADDING, checked_lists, checked_users
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import unit_rows

Floats = NDArray[np.float64]


def catalogue_coverage(recommended: ArrayLike, n_movies: int) -> float:
    """Share of the catalogue that is on at least one user's list, 0 to 1.

    ``|union of all lists| / n_movies``. Ge, Delgado-Battenfeld and Jannach, "Beyond
    accuracy: evaluating recommender systems by coverage and serendipity", RecSys
    2010.

    Examples
    --------
    >>> catalogue_coverage([[1, 50], [1, -1]], n_movies=8)
    0.25
    """
    n_different = len(_counts(recommended, n_movies))
    return n_different / n_movies


def novelty(recommended: ArrayLike, train: pd.DataFrame) -> Floats:
    """Mean self-information of a user's list, in bits: how little known its movies.

    ``mean over the list of -log2(users who rated the movie / users)``, counted in
    `train`: 0 bits for a movie that everyone rated, 1 bit more each time half as
    many did. A movie without a rating counts as if one user had rated it, which is
    the most that a movie can have.

    Returns shape (n_users,), NaN for an empty list. Vargas and Castells, "Rank and
    relevance in novelty and diversity metrics for recommender systems", RecSys
    2011; the logarithm is the self-information of Zhou et al., PNAS 107(10), 2010.
    """
    lists = checked_lists(recommended)
    n_raters = np.maximum(_popularity(lists, train), 1)
    bits = -np.log2(n_raters / len(IdIndex.of(train["user_id"], "user_id")))
    return _mean_of_lists(bits, lists)


def intra_list_diversity(recommended: ArrayLike, vectors: MovieVectors) -> Floats:
    """How different the movies of a user's list are: 1 - mean pairwise cosine.

    ``1 - 2 / (n (n - 1)) * sum over pairs of cos(v, w)`` with the movies' vectors
    (genres: `genre_vectors`; any other will do). 0: all alike; 1: nothing in common;
    above 1 only where vectors have negative parts and point away from each other. A
    zero vector has cosine 0 with every other.

    Returns shape (n_users,), NaN for a list with fewer than two movies. Smyth and
    McClave, "Similarity vs. diversity", ICCBR 2001; Ziegler et al., "Improving
    recommendation lists through topic diversification", WWW 2005.

    Raises
    ------
    UnknownIdError
        If a recommended movie has no vector.
    """
    lists = checked_lists(recommended)
    filled = lists != PADDING
    index = IdIndex.of(vectors.movie_ids, "movie_id")
    in_order = vectors.matrix[np.argsort(vectors.movie_ids)]
    unit = unit_rows(in_order.astype(np.float64))
    listed = np.zeros((*lists.shape, unit.shape[1]))
    listed[filled] = unit[index.rows(lists[filled])]
    # |sum of v|^2 holds every pair twice, and each vector's square once.
    twice_pairs = (listed.sum(axis=1) ** 2).sum(axis=1) - (listed**2).sum(axis=(1, 2))
    n = filled.sum(axis=1)
    n_ordered_pairs = np.where(n > 1, n * (n - 1), np.nan)
    return 1 - twice_pairs / n_ordered_pairs


def genre_vectors(movies: pd.DataFrame) -> MovieVectors:
    """One column a genre, 1 where the movie has it, as a `MovieVectors`.

    Parameters
    ----------
    movies : DataFrame with `movie_id` and `genres` (a tuple of str a movie)
        A movie without genres becomes a zero vector.

    Raises
    ------
    TypeError
        If the genres of a movie are a text, or no list of names.
    ValueError
        If no movie has a genre: there is no column then.
    """
    for of_movie in movies["genres"]:
        if isinstance(of_movie, str) or not isinstance(of_movie, Iterable):
            raise TypeError(
                'The genres of a movie are a tuple such as ("Comedy", "Drama"), not '
                f"{of_movie!r}. validate_movies(movies) makes tuples of texts such as "
                '"Comedy|Drama".'
            )
    genres = sorted({genre for of_movie in movies["genres"] for genre in of_movie})
    matrix = np.array(
        [[genre in of_movie for genre in genres] for of_movie in movies["genres"]],
        dtype=np.float32,
    )
    return MovieVectors(movies["movie_id"].to_numpy(), matrix)


def average_popularity(recommended: ArrayLike, train: pd.DataFrame) -> Floats:
    """Mean number of ratings in `train` of the movies on a user's list.

    Its mean over users is ARP, the average recommendation popularity. Returns shape
    (n_users,), NaN for an empty list. Yin et al., "Challenging the long tail
    recommendation", PVLDB 5(9), 2012.
    """
    lists = checked_lists(recommended)
    return _mean_of_lists(_popularity(lists, train), lists)


def popularity_lift(
    recommended: ArrayLike, train: pd.DataFrame, users: ArrayLike
) -> float:
    """How much more popular the lists are than what the same users rated before.

    ``(GAP_lists - GAP_profiles) / GAP_profiles``, where GAP is the mean over users
    of the mean number of ratings of the user's movies. 0: as popular as their own
    taste; 1: twice as popular. Users without a list or without ratings in `train`
    are left out of both; NaN if none is left.

    Abdollahpouri et al., "The connection between popularity bias, calibration, and
    fairness in recommendation", RecSys 2020.

    Parameters
    ----------
    users : int array, shape (n_users,)
        Whose list each row of `recommended` is.

    Raises
    ------
    ValueError
        If there are not as many different users as lists, or ids are not whole
        numbers.
    """
    users = checked_users(users, checked_lists(recommended))
    of_lists = average_popularity(recommended, train)
    n_ratings = _popularity(integer_ids(train["movie_id"], "movie_id"), train)
    by_user = pd.Series(n_ratings).groupby(integer_ids(train["user_id"], "user_id"))
    of_profiles = by_user.mean().reindex(users).to_numpy()
    both = ~np.isnan(of_lists) & ~np.isnan(of_profiles)
    if not both.any():
        return float("nan")
    gap_profiles = of_profiles[both].mean()
    return float((of_lists[both].mean() - gap_profiles) / gap_profiles)


def gini(recommended: ArrayLike, n_movies: int) -> float:
    """How unequally recommendations are spread over the catalogue, 0 to 1.

    ``sum over i of (2 i - n - 1) x_i / (n sum of x)``, with x the number of lists
    each movie is on, ascending, and zeros for those on none. 0: every movie equally
    often; near 1: a few movies take all. Fleder and Hosanagar, "Blockbuster
    culture's next rise or fall", Management Science 55(5), 2009.

    Examples
    --------
    >>> gini([[1, 2], [1, 2]], n_movies=2)
    0.0
    >>> gini([[1], [1]], n_movies=4)  # one of four movies takes everything
    0.75
    """
    counts = np.sort(_counts(recommended, n_movies))
    if counts.size == 0:
        return float("nan")
    # The movies on no list come first and add nothing to the sum.
    i = np.arange(n_movies - len(counts) + 1, n_movies + 1)
    return float((2 * i - n_movies - 1) @ counts / (n_movies * counts.sum()))


def _counts(recommended: ArrayLike, n_movies: int) -> NDArray[np.int64]:
    """How many lists each recommended movie is on."""
    lists = checked_lists(recommended)
    counts = np.unique(lists[lists != PADDING], return_counts=True)[1]
    if len(counts) > n_movies:
        raise ValueError(
            f"{len(counts):,} different movies are recommended from a catalogue of "
            f"{n_movies:,}."
        )
    return counts


def _popularity(lists: NDArray[np.int64], train: pd.DataFrame) -> Floats:
    """Count the ratings in `train` of each listed movie, in the lists' shape."""
    rated = integer_ids(train["movie_id"], "movie_id")
    movies, n_ratings = np.unique(rated, return_counts=True)
    rows = IdIndex.of(movies, "movie_id").find(lists)
    return np.where(rows >= 0, n_ratings[rows], 0).astype(np.float64)


def _mean_of_lists(values: Floats, lists: NDArray[np.int64]) -> Floats:
    filled = lists != PADDING
    n = filled.sum(axis=1)
    return np.where(filled, values, 0).sum(axis=1) / np.where(n > 0, n, np.nan)
