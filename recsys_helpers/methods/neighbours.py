"""Neighbours: what users like you say, or what is like what you like."""

import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers._checks import check_choice, check_count, check_number, check_share
from recsys_helpers.extras import require
from recsys_helpers.interactions import Interactions, k_largest, positives, top_n
from recsys_helpers.methods._base import (
    Floats,
    ScoresMovies,
    ScoresNewUsers,
    as_stars,
    check_ratings_frame,
    checked_pairs,
    popular_where_silent,
    require_fitted,
)
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.methods.similarity import (
    nearest_by_similarity,
    similarity_in_blocks,
)

_CENTRES = ("nothing", "user mean", "bias")
_BASELINES = ("global mean", "user mean", "bias")
_RECOMMENDERS = {
    "bm25": "BM25Recommender",
    "tfidf": "TFIDFRecommender",
    "cosine": "CosineRecommender",
}


class _Neighbours(ABC):
    """What has neighbours among the movies or the users, as `of` says."""

    of: Literal["movies", "users"]
    k: int
    shrinkage: float
    common_only: bool = False
    interactions_: Interactions

    @abstractmethod
    def _rows(self) -> sparse.csr_array:
        """Give the matrix whose rows are compared: movies, or users."""

    def similar(self, row_id: int, n: int = 10) -> pd.DataFrame:
        """Movies most similar to a movie, or users to a user, best first.

        Parameters
        ----------
        row_id : int
            A movie_id, or of users a user_id.
        n : int
            At least 1. Fewer come back if fewer have a similarity above 0.

        Returns
        -------
        DataFrame with `movie_id` (or `user_id`), `similarity` (above 0), `n_common`
            How many users have rated (or like) both movies, or movies both users.
            Equal similarities come in the order of the ids.
        """
        require_fitted(self, "interactions_")
        check_count("n", n)
        rated = self.interactions_
        index = rated.movies if self.of == "movies" else rated.users
        row, A = index.rows([row_id]), self._rows()
        blocks = similarity_in_blocks(
            A, row, shrinkage=self.shrinkage, common_only=self.common_only
        )
        _, scores = next(blocks)
        scores = k_largest(scores, n)[0]
        best = top_n(scores, n, exclude=scores == 0)
        in_common = A[best][:, A[row].indices]
        return pd.DataFrame(
            {
                index.name: index.ids[best],
                "similarity": scores[best],
                "n_common": np.diff(in_common.indptr).astype(np.int64),
            }
        )

    def _oriented(self, matrix: sparse.csr_array) -> sparse.csr_array:
        return matrix.T.tocsr() if self.of == "movies" else matrix

    def _check_neighbours(self) -> None:
        check_choice("of", self.of, ("movies", "users"))
        check_count("k", self.k)
        check_number("shrinkage", self.shrinkage)


@dataclass
class RatingNeighbours(_Neighbours):
    r"""A rating is what the baseline says, corrected by what the neighbours say.

    .. math::
        \hat r_{ui} = b_{ui} + \frac{\sum_{j \in N} s_{ij} (r_{uj} - b_{uj})}
                                    {\delta + \sum_{j \in N} s_{ij}}

    For movies, :math:`N` holds the `k` movies most similar to i among those that the
    user has rated; for users, the k users most similar to u among those who have
    rated the movie (then the sum is over :math:`s_{uv} (r_{vi} - b_{vi})`). Only
    positive similarities count, and a rating never helps to predict itself. Koren,
    "Factorization meets the neighborhood", KDD 2008, section 2.2; the damping
    :math:`\delta` is added here.

    With ``centre="nothing"``, ``baseline="global mean"`` and ``damping=0`` this is
    the textbook's weighted mean of the neighbours' raw ratings.

    Parameters
    ----------
    of : {"movies", "users"}
        Whose neighbours: item-based or user-based.
    centre : {"nothing", "user mean", "bias"}
        What is taken off the ratings before similarities are computed. "bias" is what
        `BiasModel` predicts.
    baseline : {"global mean", "user mean", "bias"}
        The :math:`b` of the formula. What it cannot know of an unknown user or movie
        is 0, so that an unknown user's mean is the global mean.
    common_only, shrinkage
        How similarities are computed: see `methods.similarity`.
    k : int
        At most so many neighbours have a say.
    damping : float
        At least 0. The larger, the less is believed when only a few neighbours, or
        only distant ones, have a say.

    Attributes
    ----------
    centred_ : scipy.sparse.csr_array
        Ratings for the similarities; a row is one of those named in `of`.
    deviations_ : scipy.sparse.csc_array
        Ratings less the baseline, in the same orientation.
    user_offsets_, movie_offsets_ : array, shape (n_users + 1,), (n_movies + 1,)
        The baseline is the sum of the two. Last (row -1) stands the unknown one.
    """

    of: Literal["movies", "users"] = "movies"
    centre: Literal["nothing", "user mean", "bias"] = "user mean"
    baseline: Literal["global mean", "user mean", "bias"] = "bias"
    common_only: bool = False
    k: int = 40
    shrinkage: float = 50
    damping: float = 0.1

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn the baseline, and what each rating of `train` adds to it."""
        self._check_neighbours()
        check_choice("centre", self.centre, _CENTRES)
        check_choice("baseline", self.baseline, _BASELINES)
        check_number("damping", self.damping)
        check_ratings_frame(train)
        interactions = Interactions.from_ratings(train)
        centre = _offsets(self.centre, train, interactions)
        baseline = _offsets(self.baseline, train, interactions)
        centred = self._oriented(_less(interactions.matrix, *centre))
        deviations = self._oriented(_less(interactions.matrix, *baseline))
        self.interactions_, self.centred_ = interactions, centred
        self.deviations_ = deviations.tocsc()
        self.user_offsets_, self.movie_offsets_ = baseline
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, within 0.5 to 5 stars, shape (n,).

        Where no neighbour has a say, and for an unknown user or movie, it is the
        baseline.
        """
        require_fitted(self, "interactions_")
        users, movies = checked_pairs(user_ids, movie_ids)
        user_rows = self.interactions_.users.find(users)
        movie_rows = self.interactions_.movies.find(movies)
        ratings = self.user_offsets_[user_rows] + self.movie_offsets_[movie_rows]
        known = np.flatnonzero((user_rows >= 0) & (movie_rows >= 0))
        pairs = [movie_rows[known], user_rows[known]]
        rows, columns = pairs if self.of == "movies" else reversed(pairs)
        ratings[known] += self._corrections(rows, columns)
        return as_stars(ratings)

    def _rows(self) -> sparse.csr_array:
        return self.centred_

    def _corrections(self, rows: NDArray, columns: NDArray) -> Floats:
        """Weighted mean of the neighbours' deviations, for each (row, column)."""
        corrections = np.zeros(len(rows))
        asked, place = np.unique(rows, return_inverse=True)
        blocks = similarity_in_blocks(
            self.centred_,
            asked,
            shrinkage=self.shrinkage,
            common_only=self.common_only,
        )
        for block, scores in blocks:
            here = np.flatnonzero((place >= block.start) & (place < block.stop))
            # All pairs of a column have the same candidates for neighbours.
            here = here[np.argsort(columns[here], kind="stable")]
            ends = np.flatnonzero(np.diff(columns[here])) + 1
            for pairs in np.split(here, ends):
                column = self.deviations_[:, [columns[pairs[0]]]]
                candidates = scores[np.ix_(place[pairs] - block.start, column.indices)]
                weights = k_largest(candidates, self.k)
                total = weights.sum(axis=1)
                # Without a neighbour the sum is 0, whatever it is divided by.
                divisor = np.where(total > 0, self.damping + total, 1)
                corrections[pairs] = weights @ column.data / divisor
        return corrections


def _offsets(
    what: str, train: pd.DataFrame, interactions: Interactions
) -> tuple[Floats, Floats]:
    """Give each user and movie its part of a baseline; last, the unknown one's."""
    users, movies = interactions.users, interactions.movies
    of_users, of_movies = np.zeros(len(users) + 1), np.zeros(len(movies) + 1)
    if what == "nothing":
        return of_users, of_movies
    of_users += train["rating"].mean()
    if what == "user mean":
        # Not the mean of all plus a difference: who gives everything the same stars
        # is at 0 when centred, and rounding would make a taste of that.
        rows = users.rows(train["user_id"])
        sums = np.bincount(rows, weights=train["rating"])
        of_users[:-1] = sums / np.bincount(rows)
    elif what == "bias":
        model = BiasModel().fit(train)
        of_users[:-1] += model.user_biases_
        of_movies[:-1] += model.movie_biases_
    return of_users, of_movies


def _less(
    matrix: sparse.csr_array, of_users: Floats, of_movies: Floats
) -> sparse.csr_array:
    """Take the offsets off the stored ratings; what becomes 0 stays stored."""
    stored = matrix.tocoo()
    users, movies = stored.coords
    rest = stored.data - of_users[users] - of_movies[movies]
    return sparse.csr_array((rest, (users, movies)), shape=matrix.shape)


def _likes_of(
    train: pd.DataFrame, like_threshold: float | None, rated: Interactions
) -> sparse.csr_array:
    """Ones for likes, with the rows and columns of `rated`."""
    liked = positives(train, like_threshold)
    return Interactions.from_ratings(liked, None, rated.users, rated.movies).matrix


@dataclass
class LikeNeighbours(_Neighbours, ScoresNewUsers):
    r"""Recommend what the neighbours like, or what resembles what one likes.

    With :math:`l_{ui} = 1` where user u likes movie i and 0 elsewhere, and
    :math:`w` the cosine similarity of two movies (or users) by their likes,

    .. math::
        \text{score}_{ui} = \sum_{j} w_{ij} l_{uj} \quad\text{(movies)}, \qquad
        \text{score}_{ui} = \sum_{v} w_{uv} l_{vi} \quad\text{(users)},

    where :math:`w_{ij}` is 0 unless j is one of the `k` nearest neighbours of i.
    Deshpande and Karypis, "Item-based top-N recommendation algorithms", ACM TOIS
    22(1), 2004, compare both.

    Movies that the neighbours are silent about follow in order of popularity, with
    scores below 0, so a user without a like gets the most popular movies.

    Parameters
    ----------
    of : {"movies", "users"}
        Whose neighbours: item-based or user-based.
    k : int
        How many neighbours each movie (or user) has.
    shrinkage : float
        At least 0, in likes: see `recsys_helpers.methods.similarity.similarity`.
    like_threshold : float or None
        A like is a rating of at least this many stars; None: every rating is.

    Attributes
    ----------
    likes_ : scipy.sparse.csr_array, shape (n_users, n_movies)
        1 where the user likes the movie.
    neighbours_ : scipy.sparse.csr_array, shape (n_movies, n_movies) or users alike
        Row i holds the similarities of i's neighbours.
    """

    of: Literal["movies", "users"] = "movies"
    k: int = 20
    shrinkage: float = 0
    like_threshold: float | None = 4.0

    def fit(self, train: pd.DataFrame) -> Self:
        """Find the neighbours of every movie (or user) of `train`."""
        self._check_neighbours()
        check_ratings_frame(train)
        rated = Interactions.from_ratings(train)
        likes = _likes_of(train, self.like_threshold, rated)
        rows = self._oriented(likes)
        neighbours = nearest_by_similarity(rows, self.k, shrinkage=self.shrinkage)
        self.interactions_, self.likes_, self.neighbours_ = rated, likes, neighbours
        return self

    def _user_scores(self, user_id: int) -> Floats:
        user = int(self.interactions_.users.rows(user_id))
        if self.of == "movies":
            scores = self.neighbours_ @ self.likes_[[user]].toarray()[0]
        else:
            scores = (self.neighbours_[[user]] @ self.likes_).toarray()[0]
        return popular_where_silent(scores, self.interactions_.n_ratings_of_movies)

    def _new_user_scores(self, ratings: pd.DataFrame, rated: Interactions) -> Floats:
        if self.of == "users":
            raise ValueError(
                "Nobody's neighbours are known but those of the users it was fitted "
                'on. Fit it anew, or take LikeNeighbours("movies").'
            )
        liked = positives(ratings, self.like_threshold)["movie_id"]
        scores = self.neighbours_[:, rated.movies.rows(liked)].sum(axis=1)
        return popular_where_silent(scores, self.interactions_.n_ratings_of_movies)

    def _rows(self) -> sparse.csr_array:
        return self._oriented(self.likes_)


@dataclass
class ImplicitNeighbours(ScoresMovies):
    """The three item-based recommenders of the library `implicit`.

    Movies are similar if the same users rated them, and each user weighs less the
    more movies they have rated (not for "cosine"). The score of a movie is the sum of
    its similarities with the user's movies, each times the user's value for it. Unlike
    in `LikeNeighbours`, those count which have *it* among *their* `k` nearest, and a
    movie is one of its own nearest.

    Movies that the neighbours are silent about follow in order of popularity, with
    scores below 0.

    Parameters
    ----------
    weighting : {"bm25", "tfidf", "cosine"}
        Which of ``BM25Recommender``, ``TFIDFRecommender``, ``CosineRecommender``.
    k : int
        How many neighbours each movie has, itself among them: `implicit`'s K.
    like_threshold : float, optional
        Ones for ratings of at least this many stars. By default every rating counts,
        with its stars as value.
    k1, b : float
        `implicit`'s K1 and B, for "bm25" only. With a small `k1` (at least 0) a high
        value in a cell counts little more than a low one; `b` (0 to 1) is how much
        movies with many ratings are held back.

    Attributes
    ----------
    values_ : scipy.sparse.csr_array, shape (n_users, n_movies)
        What `implicit` is given.
    similarity_ : scipy.sparse.csr_array, shape (n_movies, n_movies)
        Row j holds the similarities of j's neighbours.
    """

    weighting: Literal["bm25", "tfidf", "cosine"] = "bm25"
    k: int = 20
    like_threshold: float | None = None
    k1: float = 1.2
    b: float = 0.75

    def fit(self, train: pd.DataFrame) -> Self:
        """Have `implicit` find the neighbours of every movie of `train`."""
        check_choice("weighting", self.weighting, tuple(_RECOMMENDERS))
        check_count("k", self.k)
        check_number("k1", self.k1)
        check_share("b", self.b, closed=True)
        check_ratings_frame(train)
        settings: dict[str, Any] = {"K": self.k}
        if self.weighting == "bm25":
            settings |= {"K1": self.k1, "B": self.b}
        recommenders = require("implicit.nearest_neighbours", "als")
        model = getattr(recommenders, _RECOMMENDERS[self.weighting])(**settings)
        rated = Interactions.from_ratings(train)
        values = rated.matrix
        if self.like_threshold is not None:
            values = _likes_of(train, self.like_threshold, rated)
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):
            # It says that it was given another format by itself.
            warnings.filterwarnings("ignore", "Method expects CSR input")
            model.fit(values, show_progress=False)
        similarity = sparse.csr_array(model.similarity)
        # A movie known only to users whose weight is 0 was divided by its length, 0.
        # What overflowed stays infinite, and is no score then.
        np.nan_to_num(similarity.data, copy=False, posinf=np.inf, neginf=-np.inf)
        self.interactions_, self.values_, self.similarity_ = rated, values, similarity
        return self

    def _user_scores(self, user_id: int) -> Floats:
        user = int(self.interactions_.users.rows(user_id))
        scores = (self.values_[[user]] @ self.similarity_).toarray()[0]
        return popular_where_silent(scores, self.interactions_.n_ratings_of_movies)
