"""The item-based recommenders of the library `implicit`, on our ratings frames."""

import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from scipy import sparse

from recsys_helpers.checks import check_choice, check_count, check_number
from recsys_helpers.extras import require
from recsys_helpers.interactions import Interactions, positives
from recsys_helpers.methods import (
    check_ratings_frame,
    popular_where_silent,
    require_fitted,
)

_RECOMMENDERS = {
    "bm25": "BM25Recommender",
    "tfidf": "TFIDFRecommender",
    "cosine": "CosineRecommender",
}


@dataclass
class ImplicitNeighbours:
    """The three item-based recommenders of the library `implicit`.

    Movies are similar if the same users rated them, and each user weighs less the
    more movies they have rated (not for "cosine"). The score of a movie is the sum of
    its similarities with the user's movies, each times the user's value for it. Unlike
    in `LikeNeighbours`, those count which have *it* among *their* `k` nearest, and a
    movie is one of its own nearest.

    Movies with a score of 0 follow in order of popularity.

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
    num_threads : int
        How many, or 0 for all cores. The lists do not depend on it.

    Attributes
    ----------
    interactions_ : Interactions
        All ratings: what has been seen, and what can be recommended.
    values_ : scipy.sparse.csr_array, shape (n_users, n_movies)
        What `implicit` is given.
    similarity_ : scipy.sparse.csr_array, shape (n_movies, n_movies)
        Row j holds the similarities of j's neighbours.
    counts_ : numpy.ndarray of int, shape (n_movies,)
        How many ratings each movie has.
    """

    weighting: Literal["bm25", "tfidf", "cosine"] = "bm25"
    k: int = 20
    like_threshold: float | None = None
    k1: float = 1.2
    b: float = 0.75
    num_threads: int = 0

    def fit(self, train: pd.DataFrame) -> Self:
        """Have `implicit` find the neighbours of every movie of `train`.

        Raises
        ------
        ImportError
            If implicit is not installed.
        ValueError
            If a setting or a rating cannot be.
        """
        self._check_settings()
        check_ratings_frame(train)
        model = self._model()
        rated = Interactions.from_ratings(train)
        values = rated.matrix
        if self.like_threshold is not None:
            liked = positives(train, self.like_threshold)
            ones = Interactions.from_ratings(liked, None, rated.users, rated.movies)
            values = ones.matrix
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):
            # It says that it was given another format by itself.
            warnings.filterwarnings("ignore", "Method expects CSR input")
            model.fit(values, show_progress=False)
        similarity = sparse.csr_array(model.similarity)
        # A movie known only to users whose weight is 0 was divided by its length, 0.
        # What overflowed stays infinite, and is no score then.
        np.nan_to_num(similarity.data, copy=False, posinf=np.inf, neginf=-np.inf)
        self.interactions_, self.counts_ = rated, rated.n_ratings_of_movies
        self.values_, self.similarity_ = values, similarity
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies with the highest score: `movie_id` and `score`.

        A movie that the neighbours are silent about has a score below 0.

        Raises
        ------
        UnknownIdError
            If the user has no training rating.
        """
        require_fitted(self, "interactions_")
        user = int(self.interactions_.users.rows(user_id))
        scores = (self.values_[[user]] @ self.similarity_).toarray()[0]
        scores = popular_where_silent(scores, self.counts_)
        return self.interactions_.best_movies(user_id, scores, n, exclude_seen)

    def _check_settings(self) -> None:
        check_choice("weighting", self.weighting, tuple(_RECOMMENDERS))
        check_count("k", self.k)
        check_number("k1", self.k1)
        check_number("b", self.b)
        if self.b > 1:
            raise ValueError(f"b must be within 0 and 1; got {self.b}.")
        if not (isinstance(self.num_threads, Integral) and self.num_threads >= 0):
            # A negative number would end the whole process.
            raise ValueError(
                "num_threads is 0 for all cores, or how many; "
                f"got {self.num_threads!r}."
            )

    def _model(self):
        nearest_neighbours = require("implicit.nearest_neighbours", "als")
        settings: dict[str, Any] = {"K": self.k, "num_threads": self.num_threads}
        if self.weighting == "bm25":
            settings |= {"K1": self.k1, "B": self.b}
        return getattr(nearest_neighbours, _RECOMMENDERS[self.weighting])(**settings)
