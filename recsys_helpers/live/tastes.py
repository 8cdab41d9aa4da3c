"""What the live page computes recommendations from, once somebody rates a film."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers.features.taste import (
    LIKES_SHRINKAGE,
    WATCHES_SHRINKAGE,
    movie_traits,
    usual_traits,
)
from recsys_helpers.live._arrays import packed, quantised_rows
from recsys_helpers.live.methods import LiveMethods
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.two_tower import RetrievalTowers
from recsys_helpers.nn import load_keras

# Chosen by how little they change the lists for the space that they take: see
# `benchmarks/live_precision.py`.
N_WEIGHTS = 50
ALS_BITS = TOWERS_BITS = 8


def tastes_part(methods: LiveMethods) -> dict:
    """Put together the numbers of the three methods that recommend to a new user."""
    return {
        "likeThreshold": methods.ease.like_threshold,
        "ease": ease_rows(methods.ease, methods.movie_ids),
        "als": als_numbers(methods.als, methods.movie_ids),
        "towers": towers_numbers(methods.towers, methods.movie_ids),
    }


def ease_rows(
    ease: Ease, movie_ids: NDArray[np.integer], n_weights: int = N_WEIGHTS
) -> dict:
    """Keep the weights that matter most, film by film.

    A weight in the score of a film that many like is more likely to change a list, so
    weights are ranked by their size times the square root of that film's likes. There
    are `n_weights` for a film on average: some films get more, some none.
    """
    weights = ease.weights_among(movie_ids)
    columns = ease.interactions_.movies.rows(movie_ids)
    likes = ease.likes_.sum(axis=0)[columns]
    importance = (np.abs(weights) * np.sqrt(1 + likes)).ravel()
    n_weights = min(n_weights * len(movie_ids), int(np.count_nonzero(weights)))
    is_kept = np.zeros(weights.size, dtype=bool)
    is_kept[np.argsort(-importance, kind="stable")[:n_weights]] = True
    kept = is_kept.reshape(weights.shape)
    numbers, scales = quantised_rows(np.where(kept, weights, 0), bits=8)
    return {
        "starts": packed(np.concatenate([[0], kept.sum(axis=1).cumsum()]), "u32"),
        "films": packed(np.nonzero(kept)[1], "u16"),
        "weights": packed(numbers[kept], "i8"),
        "scales": packed(scales, "f32"),
    }


def als_numbers(als: Als, movie_ids: NDArray[np.integer], bits: int = ALS_BITS) -> dict:
    """Give the films' factors, and what a fold-in needs of all other movies."""
    factors = als.movie_factors_.astype(np.float64)
    rows = als.interactions_.movies.rows(movie_ids)
    return {
        "nFactors": als.n_factors,
        **_factors(factors[rows], bits),
        "gram": packed(factors.T @ factors, "f32"),
        "regularization": als.regularization,
        "weighting": als.weighting,
        "alpha": als.alpha,
        "likeThreshold": als.like_threshold,
    }


def towers_numbers(
    towers: RetrievalTowers, movie_ids: NDArray[np.integer], bits: int = TOWERS_BITS
) -> dict:
    """Give the films' vectors, the user tower, and what its features are made of."""
    rows = towers.interactions_.movies.rows(movie_ids)
    model = towers.bias_model_
    traits = movie_traits(towers.movies, model)
    of_films = traits.loc[movie_ids]
    encoder = towers.inputs_.users_
    columns = ("means_", "spreads_", "lows_", "highs_")
    return {
        "nFactors": towers.n_factors,
        **_factors(towers.movie_factors_[rows], bits),
        "layers": _dense_layers(towers),
        "encoder": {
            "columns": encoder.columns_,
            **{name[:-1]: packed(getattr(encoder, name), "f32") for name in columns},
        },
        "mean": model.mean_,
        "userShrinkage": model.user_shrinkage,
        "movieBiases": packed(
            model.movie_biases_[model.interactions_.movies.rows(movie_ids)], "f32"
        ),
        "traits": traits.columns.tolist(),
        **{
            name: packed(of_films[name], "f32")
            for name in ("newer", "famous", "acclaimed")
        },
        "usual": packed(usual_traits(traits, model), "f32"),
        "likesShrinkage": LIKES_SHRINKAGE,
        "watchesShrinkage": WATCHES_SHRINKAGE,
        "sliders": _sliders(towers.features_.users),
    }


def _factors(matrix: NDArray[np.floating], bits: int) -> dict:
    numbers, scales = quantised_rows(matrix, bits)
    return {
        "factors": packed(numbers, f"i{bits}"),
        "bits": bits,
        "scales": packed(scales, "f32"),
    }


def _dense_layers(towers: RetrievalTowers) -> list[dict]:
    """Give the layers of the user tower that have weights."""
    # Dropout does nothing outside of training. To length 1 the page comes by itself.
    found = []
    for layer in towers.user_tower_.layers:
        if isinstance(layer, load_keras().layers.Dense):
            weights, bias = layer.get_weights()
            found.append(
                {
                    "nIn": weights.shape[0],
                    "nOut": weights.shape[1],
                    "weights": packed(weights, "f32"),
                    "bias": packed(bias, "f32"),
                    "activation": layer.activation.__name__,
                }
            )
    return found


def _sliders(users: pd.DataFrame) -> list[dict]:
    """Give mean and spread of all that can be liked, as for `tastes_from_likes`."""
    sliders = []
    for what in users.filter(like="likes ").dropna(axis=1, how="all").columns:
        what = what.removeprefix("likes ")
        slider = {"what": what}
        for kind in ("likes", "watches"):
            values = users[f"{kind} {what}"]
            slider[f"{kind}Mean"] = float(values.mean())
            slider[f"{kind}Spread"] = float(values.std(ddof=0))
        sliders.append(slider)
    return sliders
