"""The item-based recommenders of the library `implicit`, on our ratings frames."""

import warnings
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from scipy import sparse

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
        `implicit`'s K1 and B, for "bm25" only: how soon a movie's values stop adding
        up, and how much movies with many ratings are held back.
    num_threads : int
        0 uses all cores. The lists do not depend on it.

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
        """Have `implicit` find the neighbours of every movie of `train`."""
        check_ratings_frame(train)
        model = self._model()
        self.interactions_ = Interactions.from_ratings(train)
        self.counts_ = self.interactions_.matrix.count_nonzero(axis=0)
        self.values_ = self.interactions_.matrix
        if self.like_threshold is not None:
            users, movies = self.interactions_.users, self.interactions_.movies
            liked = positives(train, self.like_threshold)
            self.values_ = Interactions.from_ratings(liked, None, users, movies).matrix
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):
            # It says that it was given another format by itself.
            warnings.filterwarnings("ignore", "Method expects CSR input")
            # It takes float64 and the older matrix class, and nothing else.
            model.fit(sparse.csr_matrix(self.values_), show_progress=False)
        self.similarity_ = sparse.csr_array(model.similarity)
        # A movie known only to users whose weight is 0 was divided by its length, 0.
        np.nan_to_num(self.similarity_.data, copy=False)
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies with the highest score: `movie_id` and `score`.

        A movie that the neighbours are silent about has a score below 0.
        """
        require_fitted(self, "interactions_")
        user = int(self.interactions_.users.rows(user_id))
        scores = (self.values_[[user]] @ self.similarity_).toarray()[0]
        scores = popular_where_silent(scores, self.counts_)
        return self.interactions_.best_movies(user_id, scores, n, exclude_seen)

    def _model(self):
        if self.weighting not in _RECOMMENDERS:
            names = ", ".join(_RECOMMENDERS)
            raise ValueError(f"weighting is one of {names}; got {self.weighting!r}.")
        if self.k < 1:
            raise ValueError(f"k must be at least 1 neighbour, not {self.k}.")
        try:
            from implicit import nearest_neighbours
        except ImportError as error:
            raise ImportError(
                "ImplicitNeighbours needs the library implicit. Install it in a "
                "terminal: pip install implicit (or conda install -c conda-forge "
                "implicit)."
            ) from error
        settings = {"K": self.k, "num_threads": self.num_threads}
        if self.weighting == "bm25":
            settings |= {"K1": self.k1, "B": self.b}
        return getattr(nearest_neighbours, _RECOMMENDERS[self.weighting])(**settings)
