"""What the live page computes recommendations from, once somebody rates a film.

Numbers as short text, for a page that reads them into typed arrays.
"""

from __future__ import annotations

import base64

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.features.taste import (
    LIKES_SHRINKAGE,
    WATCHES_SHRINKAGE,
    movie_traits,
    usual_traits,
)
from recsys_helpers.live.methods import LiveMethods
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.two_tower import RetrievalTowers
from recsys_helpers.nn import load_keras

__all__ = [
    "NOTHING",
    "als_numbers",
    "ease_rows",
    "packed",
    "quantised_rows",
    "tastes_part",
    "towers_numbers",
]

# In place of a position that there is none of.
NOTHING = 65_535
_KINDS = {
    "u8": "<u1",
    "i8": "<i1",
    "u16": "<u2",
    "i16": "<i2",
    "u32": "<u4",
    "i32": "<i4",
    "f32": "<f4",
}


def packed(numbers: ArrayLike, kind: str) -> str:
    """Write numbers as base64 of a little-endian array, row by row.

    Parameters
    ----------
    numbers : array_like
    kind : {"u8", "i8", "u16", "i16", "u32", "i32", "f32"}

    Raises
    ------
    ValueError
        If a number is not finite, or is not one of this kind.

    Examples
    --------
    >>> packed([1, 2], "u16")
    'AQACAA=='
    """
    numbers = np.asarray(numbers)
    if not np.isfinite(numbers).all():
        raise ValueError("A number is NaN or infinite, and a page can use neither.")
    dtype = np.dtype(_KINDS[kind])
    if dtype.kind != "f":
        limits = np.iinfo(dtype)
        whole = np.rint(numbers) == numbers
        if not (whole & (numbers >= limits.min) & (numbers <= limits.max)).all():
            raise ValueError(
                f"A number does not fit {kind}: whole, from {limits.min:,} to "
                f"{limits.max:,}."
            )
    return base64.b64encode(numbers.astype(dtype).tobytes()).decode("ascii")


def quantised_rows(
    matrix: NDArray[np.floating], bits: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Round each row to whole multiples of a step of its own.

    Parameters
    ----------
    matrix : numpy.ndarray of float, shape (n_rows, n_columns)
    bits : int
        8 or 16: the largest number of a row becomes 127, or 32,767.

    Returns
    -------
    numbers : numpy.ndarray of int64, shape (n_rows, n_columns)
    scales : numpy.ndarray of float32, shape (n_rows,)
        The rows are about ``numbers * scales[:, None]``, at most half a step away. 0
        for a row of zeros.

    Examples
    --------
    >>> numbers, scales = quantised_rows(np.array([[0.5, -1.27], [0.0, 0.0]]), bits=8)
    >>> numbers.tolist()
    [[50, -127], [0, 0]]
    >>> scales.round(3).tolist()
    [0.009999999776482582, 0.0]
    """
    largest = 2 ** (bits - 1) - 1
    scales = (np.abs(matrix).max(axis=1) / largest).astype(np.float32)
    steps = np.where(scales > 0, scales, 1).astype(np.float64)[:, None]
    # The scale is rounded too, so the largest can come out a hair above.
    numbers = np.clip(np.rint(matrix / steps), -largest, largest)
    return numbers.astype(np.int64), scales


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
    weights are ranked by their size times the square root of that film's likes.

    Parameters
    ----------
    ease : Ease
    movie_ids : numpy.ndarray of int, shape (n_films,)
    n_weights : int
        How many to keep for a film on average: some films get more, some none.
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
    """Give the films' factors, and what a fold-in needs of all other movies.

    Parameters
    ----------
    als : Als
    movie_ids : numpy.ndarray of int, shape (n_films,)
    bits : int
        8 or 16, of a factor.
    """
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
    """Give the films' vectors, the user tower, and what its features are made of.

    Parameters
    ----------
    towers : RetrievalTowers
        Fitted with ``with_ids=False``.
    movie_ids : numpy.ndarray of int, shape (n_films,)
    bits : int
        8 or 16, of a number in a vector.
    """
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
    """Give the layers of the user tower that have weights.

    Dropout does nothing outside of training, and the last step, to length 1, is left
    to the page.
    """
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
    """Give mean and spread of all that a user can say that they like.

    As `recsys_helpers.features.taste.tastes_from_likes` has them.
    """
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
