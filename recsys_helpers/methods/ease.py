"""EASE: item-based neighbours whose weights are learned, all at once, in closed form.

A neighbour method counts how often two movies are liked together. EASE asks which
weights predict best who likes what, so that of two neighbours that say the same only
one is needed. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.interactions import Interactions, top_n
from recsys_helpers.methods import (
    check_ratings_frame,
    popular_where_silent,
    require_fitted,
)
from recsys_helpers.splits import places_from_end

Floats = NDArray[np.float64]

HALF_LIKE = 0.5
LARGEST_N_USERS = 20_000
_NUMBERS_IN_A_BLOCK = 4 * 2**20


@dataclass(eq=False)
class Ease:
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
    users by users matrix K instead (see `gram_inverse`), and every score follows from
    X and K.

    Parameters
    ----------
    l2 : float
        The :math:`\lambda`, above 0: the larger, the smaller the weights.
    like_threshold : float
        A like is a rating of at least this many stars; it counts 1.
    half_like_from : float, optional
        Ratings from here up to below `like_threshold` count 0.5. By default nothing.
    recency : float, optional
        Ask with recent likes rather than with old ones: the user's like with r of
        their n ratings after it counts ``exp(-(r / n) / recency)`` as much, r in
        order of (timestamp, movie_id). The weights B are learned without.
    release_years : Series, optional
        Year by movie_id. Movies of a later year than the user's last training rating
        are not recommended, since they did not exist yet. Unknown years may be.

    Attributes
    ----------
    interactions_ : Interactions
        All ratings: what has been seen, and what can be recommended.
    likes_ : scipy.sparse.csr_array, shape (n_users, n_movies)
        X: 1, 0.5 or nothing.
    queries_ : scipy.sparse.csr_array, shape (n_users, n_movies)
        X with recency: what a user's scores are computed from.
    gram_inverse_ : numpy.ndarray, shape (n_users, n_users)
        K of `gram_inverse`.
    scale_ : numpy.ndarray, shape (n_movies,)
        ``l2 * diag(P)``, above 0 and at most 1.
    counts_ : numpy.ndarray of int, shape (n_movies,)
        How many ratings each movie has.
    """

    l2: float = 100
    like_threshold: float = 4.0
    half_like_from: float | None = None
    recency: float | None = None
    release_years: pd.Series | None = field(default=None, repr=False)

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn the weights from the likes of `train`.

        Raises
        ------
        ValueError
            If there are more than 20,000 users, or a setting cannot be.
        """
        self._check_settings()
        check_ratings_frame(train)
        self.interactions_ = Interactions.from_ratings(train)
        _check_size(len(self.interactions_.users))
        values = self._like_values(train["rating"].to_numpy())
        self.likes_ = self._matrix(train, values)
        self.gram_inverse_ = gram_inverse(self.likes_, self.l2)
        self.scale_ = inverse_diagonal(self.likes_, self.gram_inverse_)
        self.counts_ = self.interactions_.matrix.count_nonzero(axis=0)
        self.queries_ = self.likes_
        if self.recency is not None:
            later, n_ratings = places_from_end(_timed(train, "recency"))
            faded = values * np.exp(-(later / n_ratings) / self.recency)
            self.queries_ = self._matrix(train, faded)
        if self.release_years is not None:
            self._learn_years(_timed(train, "release_years"))
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies with the highest score: `movie_id` and `score`.

        A score may be below 0: the user's likes speak against the movie. For a user
        without any like the movies come in order of popularity, all below 0.
        """
        require_fitted(self, "interactions_")
        user = int(self.interactions_.users.rows(user_id))
        query = self.queries_[[user]].toarray()[0]
        if query.any():
            # q B, from B = I - P / diag(P) and l2 P = I - X'KX.
            scores = query - (query - self._through_users(query)) / self.scale_
        else:
            scores = popular_where_silent(query, self.counts_)
        if self.release_years is None:
            return self.interactions_.best_movies(user_id, scores, n, exclude_seen)
        scores[self._years > self._last_years[user]] = -np.inf
        best = self.interactions_.best_movies(user_id, scores, n, exclude_seen)
        return best[best["score"] > -np.inf]

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

    def similar(self, movie_id: int, n: int = 10) -> pd.DataFrame:
        """Movies whose like raises the score of this one most: `movie_id`, `weight`.

        It is one-sided: the weight of a cult film in the score of a hit is not the
        weight of the hit in the score of the cult film. Only weights above 0.
        """
        weights = self.weights_of(movie_id)
        best = top_n(weights, n, exclude=weights <= 0)
        movies = self.interactions_.movies.ids[best]
        return pd.DataFrame({"movie_id": movies, "weight": weights[best]})

    def _through_users(self, query: Floats) -> Floats:
        """Multiply by X'KX, step by step: no movies by movies matrix is built."""
        return self.likes_.T @ (self.gram_inverse_ @ (self.likes_ @ query))

    def _check_settings(self) -> None:
        half = self.half_like_from
        if not self.l2 > 0:
            raise ValueError(f"l2 must be above 0, not {self.l2}.")
        if half is not None and not half < self.like_threshold:
            raise ValueError(
                f"half_like_from ({half}) must be below like_threshold "
                f"({self.like_threshold})."
            )
        if self.recency is not None and not self.recency > 0:
            raise ValueError(f"recency must be above 0, not {self.recency}.")
        years = self.release_years
        if years is not None and not isinstance(years, pd.Series):
            raise TypeError(
                "release_years is a Series of years with the movie ids as index, "
                'movies.set_index("movie_id")["year"]; got '
                f"{type(years).__name__}."
            )

    def _like_values(self, stars: Floats) -> Floats:
        liked = (stars >= self.like_threshold).astype(np.float64)
        if self.half_like_from is not None:
            liked[(stars >= self.half_like_from) & (liked == 0)] = HALF_LIKE
        return liked

    def _matrix(self, train: pd.DataFrame, values: Floats) -> sparse.csr_array:
        liked = train.assign(value=values)[values > 0]
        users, movies = self.interactions_.users, self.interactions_.movies
        return Interactions.from_ratings(liked, "value", users, movies).matrix

    def _learn_years(self, train: pd.DataFrame) -> None:
        years = self.release_years.reindex(self.interactions_.movies.ids)
        self._years = years.to_numpy(dtype=np.float64, na_value=np.nan)
        last = train.groupby("user_id")["timestamp"].max()
        self._last_years = pd.to_datetime(last, unit="s").dt.year.to_numpy()


def gram_inverse(X: sparse.csr_array, l2: float) -> Floats:
    r"""Invert the users by users matrix from which EASE's weights follow.

    :math:`K = (X X^T + \lambda I)^{-1}`. By the Woodbury identity the movies by
    movies matrix is :math:`P = (X^T X + \lambda I)^{-1} = (I - X^T K X) / \lambda`.

    Parameters
    ----------
    X : scipy.sparse.csr_array, shape (n_users, n_movies)
    l2 : float
        Above 0.

    Returns
    -------
    numpy.ndarray of float64, shape (n_users, n_users)

    Examples
    --------
    >>> gram_inverse(sparse.csr_array([[1.0, 1.0, 0.0]]), l2=2).tolist()
    [[0.25]]
    """
    gram = (X @ X.T).toarray()
    gram[np.diag_indices_from(gram)] += l2
    return np.linalg.inv(gram)


def inverse_diagonal(X: sparse.csr_array, K: Floats) -> Floats:
    """Diagonal of ``l2 * P``, that is 1 - x'Kx for each column x of X.

    Parameters
    ----------
    X : scipy.sparse.csr_array, shape (n_users, n_movies)
    K : numpy.ndarray, shape (n_users, n_users)
        From `gram_inverse`.

    Returns
    -------
    numpy.ndarray of float64, shape (n_movies,)
        Above 0 and at most 1. It is 1 for a movie that nobody likes.
    """
    columns = X.T.tocsr()
    step = max(1, _NUMBERS_IN_A_BLOCK // len(K))
    parts = []
    for start in range(0, columns.shape[0], step):
        block = columns[start : start + step]
        parts.append(block.multiply(block @ K).sum(axis=1))
    return 1 - np.concatenate(parts)


def _check_size(n_users: int) -> None:
    if n_users > LARGEST_N_USERS:
        gib = 8 * n_users**2 / 2**30
        raise ValueError(
            f"EASE inverts a matrix of users by users, here {n_users:,} squared: "
            f"{gib:,.1f} GiB, and as much again while it is inverted. Fit it on a "
            f"sample of at most {LARGEST_N_USERS:,} users, for example ratings[ratings"
            '["user_id"].isin(np.random.default_rng(0).choice(user_ids, 20_000, '
            "replace=False))]."
        )


def _timed(train: pd.DataFrame, setting: str) -> pd.DataFrame:
    if "timestamp" not in train:
        raise ValueError(
            f"{setting} needs to know when each rating was given, and the training "
            "ratings have no column timestamp."
        )
    return train
