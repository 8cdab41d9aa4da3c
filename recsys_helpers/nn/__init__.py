"""Load Keras quietly, when it is first needed: on TensorFlow, or on JAX.

Keras and TensorFlow read their settings once, when they are first imported: so whoever
wants to have them calls `load_keras` before any `import keras`.
"""

import os
import warnings
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


def load_keras() -> ModuleType:
    """Import Keras, without TensorFlow's chatter.

    It computes with TensorFlow, or with JAX where the environment variable
    ``KERAS_BACKEND`` is ``jax``: then TensorFlow need not be installed. A setting that
    the environment already has is left as it is.

    Raises
    ------
    ImportError
        If Keras or what it shall compute with is not installed.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    keras = require("keras", "keras")
    if keras.backend.backend() == "tensorflow":
        # What the variable above does not reach: messages of TensorFlow's Python half.
        require("tensorflow", "keras").get_logger().setLevel("ERROR")
    else:
        # JAX keeps ids in 32 bits, which is enough for them, and says so at each place.
        warnings.filterwarnings("ignore", "Explicitly requested dtype int64")
    return keras


def reproducible_keras(seed: int) -> ModuleType:
    """Load Keras so that the same program gives the same numbers twice.

    Seeds Python, numpy and Keras, and tells TensorFlow to add up in the same order each
    time, which on a GPU costs speed. Numbers of *another* machine can still differ in
    the last digits, and JAX draws other random numbers than TensorFlow.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.
    """
    keras = load_keras()
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        tf = require("tensorflow", "keras")
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
