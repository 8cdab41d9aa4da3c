"""Load Keras quietly, on TensorFlow, when it is first needed.

TensorFlow reads its settings once, when it is first imported: so whoever wants to
have them calls `load_keras` before any `import tensorflow` or `import keras`.
"""

import os
from collections.abc import Iterator
from itertools import count
from types import ModuleType

import numpy as np

from recsys_helpers.extras import require

__all__ = [
    "SETTINGS",
    "load_keras",
    "reproducible_keras",
    "seeds_of",
]

SETTINGS = {
    "KERAS_BACKEND": "tensorflow",
    # Errors only: at its start TensorFlow tells how it was compiled.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # It says at each start that oneDNN's rounding differs from machine to machine.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def load_keras(any_backend: bool = False) -> ModuleType:
    """Import Keras with TensorFlow behind it, without TensorFlow's chatter.

    A setting that the environment already has is left as it is.

    Parameters
    ----------
    any_backend : bool
        Also take the backend that the environment variable ``KERAS_BACKEND`` names, for
        models that are made of Keras' own layers only.

    Raises
    ------
    ImportError
        If Keras or TensorFlow is not installed, or Keras was imported before with
        another backend.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    keras = require("keras", "keras")
    if any_backend and keras.backend.backend() != "tensorflow":
        return keras
    tf = require("tensorflow", "keras")
    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"Keras runs on {keras.backend.backend()} here, and this course's layers "
            "are written for TensorFlow. Set the environment variable KERAS_BACKEND to "
            "tensorflow and start Python anew."
        )
    # What the variable above does not reach: messages of TensorFlow's Python half.
    tf.get_logger().setLevel("ERROR")
    return keras


def reproducible_keras(seed: int) -> ModuleType:
    """Load Keras so that the same program gives the same numbers twice.

    Seeds Python, numpy and TensorFlow, and tells TensorFlow to add up in the same
    order each time, which on a GPU costs speed. Numbers of *another* machine can
    still differ in the last digits.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.
    """
    keras = load_keras()
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    return keras


def seeds_of(seed: int, name: str = "") -> Iterator[int]:
    """Make seeds without end, one for each part of a model.

    Parameters
    ----------
    seed : int
        At least 0.
    name : str
        Of the model, if several have the same seed and shall not start alike.

    Examples
    --------
    >>> seeds = seeds_of(0)
    >>> next(seeds), next(seeds)
    (2968811710, 3964924996)
    """
    for number in count():
        entropy = [seed, number, *name.encode()]
        yield int(np.random.SeedSequence(entropy).generate_state(1)[0])
