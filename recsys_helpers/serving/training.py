"""From ratings to what a server holds: the part that may take its time."""

import numpy as np
from scipy import sparse

from recsys_helpers.datasets import MovieLens
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.serving.answers import Settings
from recsys_helpers.serving.recommender import Recommender

__all__ = ["train_recommender"]


def train_recommender(data: MovieLens, seed: int = 0) -> Recommender:
    """Train ALS and EASE, with the settings that the course has chosen.

    Parameters
    ----------
    data : MovieLens
        At most 20,000 users: EASE is a matrix of users by users.
    seed : int
        Of the factors that ALS starts from.

    Returns
    -------
    Recommender

    Raises
    ------
    ImportError
        If implicit is not installed; a trained model is served without it.
    ValueError
        If there are more users.
    """
    ease = Ease(**CHOSEN_EASE).fit(data.ratings)
    als = Als(**CHOSEN_ALS, seed=seed).fit(data.ratings)
    rated = ease.interactions_
    titles = data.movies.set_index("movie_id")["title"].loc[rated.movies.ids]
    return Recommender(
        edition=data.edition,
        settings=Settings(
            als_like=CHOSEN_ALS["like_threshold"],
            als_confidence=1.0 + CHOSEN_ALS["alpha"],  # weighting "constant"
            als_regularization=float(CHOSEN_ALS["regularization"]),
            ease_like=float(ease.like_threshold or 0),
            ease_half_like=float(ease.half_like_from or 0),
        ),
        titles=tuple(titles),
        users=rated.users,
        movies=rated.movies,
        user_vectors=als.user_factors_,
        movie_vectors=als.movie_factors_,
        seen=_sorted(rated.matrix),
        likes=_sorted(ease.likes_),
        queries=_sorted(ease.queries_),
        gram_inverse=ease.gram_inverse_,
        scale=ease.scale_,
    )


def _sorted(matrix: sparse.csr_array) -> sparse.csr_array:
    matrix = matrix.astype(np.float64, copy=True)
    matrix.sort_indices()
    return matrix
