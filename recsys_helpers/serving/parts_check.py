"""Whether the parts of a served model fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsys_helpers.checks import misfit

if TYPE_CHECKING:  # it imports this module
    from recsys_helpers.serving.recommender import Recommender


def check_parts(model: Recommender) -> None:
    """Raise a ValueError if a part has a wrong length, or a number is not finite."""
    n_users, n_movies = len(model.users), len(model.movies)
    n_factors = model.movie_vectors.shape[-1]
    if not np.isfinite(model.settings).all():
        raise ValueError("A number in settings is NaN or infinite.")
    for name, shape in {
        "user_vectors": (n_users, n_factors),
        "movie_vectors": (n_movies, n_factors),
        "gram_inverse": (n_users, n_users),
        "scale": (n_movies,),
    }.items():
        values = getattr(model, name)
        if values.shape != shape:
            raise ValueError(f"{name} has shape {values.shape}, and not {shape}.")
        if not np.isfinite(values).all():
            raise ValueError(f"A number in {name} is NaN or infinite.")
    for name in ("seen", "likes", "queries"):
        matrix = getattr(model, name)
        problem = misfit(matrix.shape, model.users, model.movies)
        if problem:
            raise ValueError(f"{name}: {problem}")
        if not np.isfinite(matrix.data).all():
            raise ValueError(f"A number in {name} is NaN or infinite.")
    if len(model.titles) != n_movies:
        raise ValueError(f"There are {len(model.titles)} titles, and not {n_movies}.")
