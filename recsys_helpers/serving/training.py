"""From ratings to what a server holds: the part that may take its time."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from recsys_helpers.datasets import MovieLens
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.serving.recommender import Recommender, Settings


def train_recommender(
    data: MovieLens, *, als: Als | None = None, ease: Ease | None = None
) -> Recommender:
    """Train ALS and EASE.

    Parameters
    ----------
    data : MovieLens
        At most 20,000 users: EASE is a matrix of users by users.
    als, ease : Als, Ease, optional
        With other settings than those that the course has chosen. They are not
        changed: copies of them are fitted.

    Raises
    ------
    ImportError
        If implicit is not installed; a trained model is served without it.
    ValueError
        If there are more users, or `ease` has ``release_years``, which are not served.
    """
    als = replace(als or Als(**CHOSEN_ALS))
    ease = replace(ease or Ease(**CHOSEN_EASE))
    if ease.release_years is not None:
        raise ValueError(
            "Ease(release_years=...) cannot be served: the model's file keeps no "
            "years. Leave them out."
        )
    settings = Settings(replace(als), replace(ease))
    ease.fit(data.ratings)
    als.fit(data.ratings)
    rated = ease.interactions_
    titles = data.movies.set_index("movie_id")["title"].loc[rated.movies.ids]
    return Recommender(
        edition=data.edition,
        settings=settings,
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
