"""Trained Keras models of ratings: asked by ids, and read from files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.interactions import Interactions
from recsys_helpers.keras_setup import load_keras
from recsys_helpers.methods import (
    as_stars,
    checked_pairs,
)

if TYPE_CHECKING:
    import keras


Floats = NDArray[np.float64]


# Bounds the memory that many predictions take.
PREDICTED_AT_ONCE = 2**16


def predict_ratings(
    model: keras.Model, user_ids: ArrayLike, movie_ids: ArrayLike
) -> Floats:
    """Ratings that a model of this module predicts, within 0.5 to 5 stars.

    Parameters
    ----------
    model : keras.Model
        `model_` of a fitted method, or what `load_rating_model` gives.
    user_ids, movie_ids : array of int, shape (n,)
        As in the data, pair by pair.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If the two are not flat, of the same length, and whole numbers.
    """
    users, movies = checked_pairs(user_ids, movie_ids)
    if not len(users):  # TensorFlow cannot add a bias to no rows
        return np.empty(0)
    return as_stars(predicted_stars(model, users, movies))


def load_rating_model(path: str | os.PathLike) -> keras.Model:
    """Read a model that `save` has written.

    In Keras' safe mode: a file from somewhere else cannot run code of its own.

    Parameters
    ----------
    path : path

    Returns
    -------
    keras.Model
        For `predict_ratings`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a whole Keras model, or one that safe mode refuses.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path}. Write it with model.save(path) first."
        )
    keras = load_keras()
    import recsys_helpers.keras_parts  # noqa: F401, registers the course's layer

    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:
        raise ValueError(
            f"{path} could not be read as a Keras model: it is another kind of file, "
            "was cut off, comes from another version, or holds code, which is refused. "
            "Save the model again."
        ) from error


def predicted_stars(model: keras.Model, users: NDArray, movies: NDArray) -> Floats:
    """Predict n pairs of ids, shape (n,), not yet clipped to what stars can be."""
    pairs = [ids.astype(np.int64) for ids in checked_pairs(users, movies)]
    return _called(model, pairs).ravel().astype(np.float64)


def _called(model: keras.Model, pairs: list[NDArray]) -> NDArray[np.float32]:
    """Call the model on pairs of ids, at most PREDICTED_AT_ONCE at a time.

    `model.predict` would first compile the model, which takes longer than this.
    """
    starts = range(0, len(pairs[0]), PREDICTED_AT_ONCE)
    parts = [
        model([side[start : start + PREDICTED_AT_ONCE] for side in pairs])
        for start in starts
    ]
    return np.concatenate([part.numpy() for part in parts])


def side_numbers(
    known: Interactions, model: keras.Model, layer: str
) -> NDArray[np.float32]:
    """Ask a layer of the model about all users, or about all movies."""
    ids = {"user": known.users.ids, "movie": known.movies.ids}
    n = len(ids[layer.split("_")[0]])
    pairs = [np.resize(of_side, n).astype(np.int64) for of_side in ids.values()]
    part = load_keras().Model(model.inputs, model.get_layer(layer).output)
    return _called(part, pairs)
