"""EASE: item-based neighbours whose weights are learned, all at once, in closed form.

A neighbour method counts how often two movies are liked together. EASE asks which
weights predict best who likes what, so that two neighbours that say the same share
the weight of one, and do not count twice. Steck, "Embarrassingly shallow autoencoders
for sparse data", WWW 2019.
"""

import warnings
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.linalg import LinAlgError, LinAlgWarning, inv

from recsys_helpers._checks import check_number, check_positive, checked_times
from recsys_helpers.interactions import Interactions
from recsys_helpers.methods._base import (
    ScoresNewUsers,
    check_ratings_frame,
    popular_where_silent,
    require_fitted,
)
from recsys_helpers.splits import places_from_end

Floats = NDArray[np.float64]

# The best of those that `benchmarks/trials.py` tries on training rows, without dates.
CHOSEN_EASE: dict[str, Any] = {"l2": 200, "like_threshold": 4.0, "half_like_from": 3.0}

_LARGEST_N_USERS = 20_000
_NUMBERS_IN_A_BLOCK = 4 * 2**20


def like_values(
    stars: Floats, like_threshold: float | None, half_like_from: float | None
) -> Floats:
    """Say how much of a like each rating is: 1, 0.5 or 0, in the order of `stars`."""
    if like_threshold is None:
        return np.ones(len(stars))
    liked = (stars >= like_threshold).astype(np.float64)
    if half_like_from is not None:
        liked[(stars >= half_like_from) & (liked == 0)] = 0.5
    return liked


def _gram_inverse(X: sparse.csr_array, l2: float) -> Floats:
    """Invert X X' + l2 I, shape (n_users, n_users), with little memory beside it."""
    n = X.shape[0]
    step = max(1, _NUMBERS_IN_A_BLOCK // n)
    gram, columns = np.empty((n, n)), X.T.tocsr()
    for start in range(0, n, step):
        gram[start : start + step] = (X[start : start + step] @ columns).toarray()
    gram[np.diag_indices(n)] += l2
    with warnings.catch_warnings():
        warnings.simplefilter("error", LinAlgWarning)
        try:
            # LAPACK wants columns one after the other, as the transpose has them. So it
            # writes into `gram`.
            return inv(gram.T, assume_a="pos", overwrite_a=True).T
        except (LinAlgError, LinAlgWarning) as error:
            text = f"l2={l2} is too small: the matrix cannot be inverted."
            raise ValueError(text) from error


def _inverse_diagonal(X: sparse.csr_array, K: Floats) -> Floats:
    """Give the diagonal of l2 P, which is 1 - x'Kx for each column x of X."""
    columns = X.T.tocsr()
    step = max(1, _NUMBERS_IN_A_BLOCK // len(K))
    parts = []
    for start in range(0, columns.shape[0], step):
        block = columns[start : start + step]
        parts.append(block.multiply(block @ K).sum(axis=1))
    return 1 - np.concatenate(parts)


@dataclass(eq=False)
class Ease(ScoresNewUsers):
    r"""Score a movie by the weighted sum of the user's likes, with learned weights.

    With the likes X, shape (n_users, n_movies), the weights are the

    .. math::
        B = \arg\min_B \|X - X B\|^2 + \lambda \|B\|^2
        \quad\text{where}\quad \operatorname{diag}(B) = 0,

    or else each movie would best be predicted by itself. The answer is, off the
    diagonal,

    .. math::
        B_{ji} = -P_{ji} / P_{ii}, \qquad P = (X^T X + \lambda I)^{-1}.

    P is movies by movies. There are fewer users than movies here, so `fit` inverts a
    users by users matrix K instead, from which P follows by the Woodbury identity:

    .. math::
        P = (I - X^T K X) / \lambda, \qquad K = (X X^T + \lambda I)^{-1}.

    A score may be below 0: the user's likes speak against the movie. A movie that
    nobody likes has no weights and scores exactly 0, so it stands above those. For a
    user without any like the movies come in order of popularity, all below 0.

    Of a new user (`recommend_to`) nothing is known of when they rated, so `recency`
    and `release_years` do not matter: all their likes count as if they were their last,
    and every movie exists.

    Parameters
    ----------
    l2 : float
        The :math:`\lambda`, above 0: the larger, the smaller the weights.
    like_threshold : float or None
        A like is a rating of at least this many stars, it counts 1; None: every
        rating is one.
    half_like_from : float, optional
        Ratings from here up to below `like_threshold` count 0.5. By default nothing.
    recency : float, optional
        Ask with recent likes rather than with old ones: the user's like with r of
        their n ratings after it counts ``exp(-(r / n) / recency)`` as much, r in
        order of (timestamp, movie_id). The weights B are learned without. On MovieLens,
        where most people entered all they know in one sitting, this follows the order
        of the site's pages (chapter 3).
    release_years : Series, optional
        Year by movie_id: ``movies.set_index("movie_id")["year"]``. Movies of a later
        year than the user's last training rating are not recommended, since they did
        not exist yet. Movies whose year is unknown may be.

    Attributes
    ----------
    likes_ : scipy.sparse.csr_array, shape (n_users, n_movies)
        X: 1, 0.5 or nothing.
    queries_ : scipy.sparse.csr_array, shape (n_users, n_movies)
        X with recency: what a user's scores are computed from.
    gram_inverse_ : numpy.ndarray, shape (n_users, n_users)
        K.
    scale_ : numpy.ndarray, shape (n_movies,)
        ``l2 * diag(P)``, above 0 and at most 1.
    """

    l2: float = 100
    like_threshold: float | None = 4.0
    half_like_from: float | None = None
    recency: float | None = None
    release_years: pd.Series | None = field(default=None, repr=False)

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn the weights from the likes of `train`.

        Raises
        ------
        ValueError
            If there are more than 20,000 users, or `recency` or `release_years` is set
            and `timestamp` is missing or no time.
        """
        self._check_settings()
        check_ratings_frame(train)
        rated = Interactions.from_ratings(train)
        _check_size(len(rated.users))
        years, last_years = self._years_of(rated, train)
        values = self._like_values(train["rating"].to_numpy())
        likes = queries = _matrix_of(values, train, rated)
        if self.recency is not None:
            later, n_ratings = places_from_end(train, "recency")
            faded = values * np.exp(-(later / n_ratings) / self.recency)
            queries = _matrix_of(faded, train, rated)
        inverse = _gram_inverse(likes, self.l2)
        self.scale_ = _inverse_diagonal(likes, inverse)
        self.interactions_, self.gram_inverse_ = rated, inverse
        self.likes_, self.queries_ = likes, queries
        self._years, self._last_years = years, last_years
        return self

    def weights_of(self, movie_id: int) -> Floats:
        """Weights of all movies in the score of this one: a column of B.

        Returns
        -------
        numpy.ndarray of float64, shape (n_movies,)
            In the order of ``interactions_.movies``; 0 for the movie itself.
        """
        require_fitted(self, "interactions_")
        movie = int(self.interactions_.movies.rows(movie_id))
        weights = self._through_users(np.eye(1, len(self.scale_), movie)[0])
        weights /= self.scale_[movie]
        weights[movie] = 0
        return weights

    def weights_among(self, movie_ids: ArrayLike) -> Floats:
        """Weights of n movies in the scores of each other: a part of B, shape (n, n).

        Row j, column i: how much a like of movie j adds to the score of movie i.
        """
        require_fitted(self, "interactions_")
        movies = self.interactions_.movies.rows(movie_ids)
        likes = self.likes_[:, movies]
        weights = likes.T @ (likes.T @ self.gram_inverse_).T / self.scale_[movies]
        np.fill_diagonal(weights, 0)
        return weights

    def _user_scores(self, user_id: int) -> Floats:
        user = int(self.interactions_.users.rows(user_id))
        scores = self._scores(self.queries_[[user]].toarray()[0])
        scores[self._years > self._last_years[user]] = -np.inf
        return scores

    def _new_user_scores(self, ratings: pd.DataFrame, rated: Interactions) -> Floats:
        query = np.zeros(len(self.scale_))
        query[rated.matrix.indices] = self._like_values(rated.matrix.data)
        return self._scores(query)

    def _scores(self, query: Floats) -> Floats:
        if not query.any():
            n_ratings = self.interactions_.n_ratings_of_movies
            return popular_where_silent(query, n_ratings)
        # q B, from B = I - P / diag(P) and l2 P = I - X'KX.
        return query - (query - self._through_users(query)) / self.scale_

    def _through_users(self, query: Floats) -> Floats:
        """Multiply by X'KX, step by step: no movies by movies matrix is built."""
        return self.likes_.T @ (self.gram_inverse_ @ (self.likes_ @ query))

    def _check_settings(self) -> None:
        check_positive("l2", self.l2)
        half, threshold = self.half_like_from, self.like_threshold
        if threshold is not None:
            check_number("like_threshold", threshold)
        is_below = isinstance(half, Real) and threshold is not None and half < threshold
        if half is not None and not is_below:
            raise ValueError(
                f"half_like_from ({half}) must be below like_threshold ({threshold})."
            )
        if self.recency is not None:
            check_positive("recency", self.recency)
        if self.release_years is not None:
            _check_years(self.release_years)

    def _like_values(self, stars: Floats) -> Floats:
        return like_values(stars, self.like_threshold, self.half_like_from)

    def _years_of(
        self, rated: Interactions, train: pd.DataFrame
    ) -> tuple[Floats, Floats]:
        """Give the year of each movie, NaN where unknown, and each user's last year."""
        if self.release_years is None:
            return np.full(len(rated.movies), np.nan), np.zeros(len(rated.users))
        times = pd.Series(checked_times(train, "release_years"))
        last_times = times.groupby(train["user_id"].to_numpy()).max()
        movie_ids = rated.movies.ids
        if not np.isin(movie_ids, self.release_years.index).any():
            raise ValueError(
                "No training movie is in the index of release_years, which starts "
                f"{self.release_years.index[:3].tolist()}. {_BUILD_YEARS}"
            )
        years = self.release_years.reindex(movie_ids)
        last_years = pd.to_datetime(last_times, unit="s").dt.year
        return years.to_numpy(np.float64, na_value=np.nan), last_years.to_numpy()


def _matrix_of(
    values: Floats, train: pd.DataFrame, rated: Interactions
) -> sparse.csr_array:
    """Put the values above 0 into a matrix with the rows and columns of `rated`."""
    liked = train.assign(value=values)[values > 0]
    return Interactions.from_ratings(liked, "value", rated.users, rated.movies).matrix


def _check_size(n_users: int) -> None:
    if n_users > _LARGEST_N_USERS:
        gib = 8 * n_users**2 / 2**30
        raise ValueError(
            f"EASE inverts a matrix of users by users, here {n_users:,} squared: "
            f"{gib:,.1f} GiB, and a tenth more while it is computed. Fit it on a "
            f"sample of at most {_LARGEST_N_USERS:,} users, for example ratings[ratings"
            '["user_id"].isin(np.random.default_rng(0).choice(user_ids, 20_000, '
            "replace=False))]."
        )


_BUILD_YEARS = 'Build it by movies.set_index("movie_id")["year"].'


def _check_years(years: object) -> None:
    """Raise an error unless the years are whole numbers by movie id."""
    if not isinstance(years, pd.Series):
        raise TypeError(
            f"release_years is no Series but {type(years).__name__}. {_BUILD_YEARS}"
        )
    index = years.index
    numbered = isinstance(index, pd.RangeIndex) and index.name is None
    if not pd.api.types.is_integer_dtype(index) or (numbered and index.start == 0):
        raise ValueError(
            "The index of release_years must be movie ids, and holds "
            f"{index[:3].tolist()} at its start. {_BUILD_YEARS}"
        )
    if not index.is_unique:
        raise ValueError(
            f"Movie {index[index.duplicated()][0]} is in release_years more than once."
        )
    if not pd.api.types.is_numeric_dtype(years):
        raise ValueError(
            f"release_years must be numbers like 1995, and holds {years.dtype}; the "
            "year of a date is dates.dt.year."
        )
