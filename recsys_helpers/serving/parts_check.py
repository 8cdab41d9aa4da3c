"""Whether the parts of a served model fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.checks import misfit
from recsys_helpers.vector_checks import LARGEST_VALUE

if TYPE_CHECKING:  # it imports this module
    from recsys_helpers.serving.recommender import Recommender


def check_parts(model: Recommender) -> None:
    """Raise a ValueError if a part has a wrong length, or a number cannot be."""
    n_users, n_movies = len(model.users), len(model.movies)
    n_factors = model.movie_vectors.shape[-1]
    for name, shape in {
        "user_vectors": (n_users, n_factors),
        "movie_vectors": (n_movies, n_factors),
        "gram_inverse": (n_users, n_users),
        "scale": (n_movies,),
    }.items():
        values = getattr(model, name)
        if values.shape != shape:
            raise ValueError(f"{name} has shape {values.shape}, and not {shape}.")
        _check_numbers(name, values)
    if not (model.scale > 0).all():
        raise ValueError("A number in scale is not above 0.")
    for name in ("seen", "likes", "queries"):
        matrix = getattr(model, name)
        problem = misfit(matrix.shape, model.users, model.movies)
        if problem:
            raise ValueError(f"{name}: {problem}")
        _check_numbers(name, matrix.data)
    if len(model.titles) != n_movies:
        raise ValueError(f"There are {len(model.titles)} titles, and not {n_movies}.")


def _check_numbers(name: str, values: NDArray[np.floating]) -> None:
    # What is larger could overflow where it is multiplied. NaN is not below anything.
    if not (np.abs(values) <= LARGEST_VALUE).all():
        raise ValueError(
            f"A number in {name} is NaN, infinite or above {LARGEST_VALUE:.0e}."
        )
