"""The weights of SqueezeNet, trained on ImageNet, out of the package ``ndf``.

They come as a pickle, and a pickle can run any program when it is opened. So the bytes
are compared with the checksum of the file that was looked at, and then opened by a
reader that knows how to build arrays of numbers and nothing else.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.installed_files import InstalledFile

__all__ = ["INSTALLED", "read_squeezenet_weights"]

INSTALLED = InstalledFile(
    holds="The weights of SqueezeNet",
    package="ndf",
    version="0.1.4",
    path="example_models/weights/squeezenet_weights.pkl",
    sha256="f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
    why="a pickle can run any code",
)
Weights = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def read_squeezenet_weights() -> Weights:
    """Read the weights of SqueezeNet 1.1.

    F. Iandola et al. (2016), "SqueezeNet: AlexNet-level accuracy with 50x fewer
    parameters", arXiv:1602.07360; version 1.1 is the authors' own, smaller one.

    Returns
    -------
    dict of str to (kernel, bias)
        By layer, such as ``"fire2/expand3x3"``. A kernel has the shape (height, width,
        n_inputs, n_outputs), as Keras has it, and a bias (n_outputs,), float32.

    Raises
    ------
    DatasetError
        If ``ndf`` is not installed.
    ChecksumError
        If its file is not the one that was checked for this course.
    """
    content = INSTALLED.read()
    return {name: tuple(pair) for name, pair in arrays_in_pickle(content).items()}


def arrays_in_pickle(content: bytes) -> Any:
    """Open a pickle that holds numbers, text, lists, dicts and numpy arrays.

    Raises
    ------
    pickle.UnpicklingError
        If it asks for anything else, which is not run.
    """
    return _ArraysOnly(io.BytesIO(content)).load()


class _ArraysOnly(pickle.Unpickler):
    """A reader of pickles that builds arrays of numbers only."""

    def find_class(self, module: str, name: str) -> object:
        if name == "_reconstruct" and module in (
            "numpy.core.multiarray",  # its name before numpy 2
            "numpy._core.multiarray",
        ):
            return _new_array
        if (module, name) in {("numpy", "ndarray"), ("numpy", "dtype")}:
            return getattr(np, name)
        raise pickle.UnpicklingError(
            f"This pickle asks for {module}.{name}, and only arrays are admitted."
        )


def _new_array(kind: type, shape: tuple[int, ...], _code: bytes) -> NDArray:
    """Make the empty array that the pickle then fills, as numpy's function does."""
    if kind is not np.ndarray:
        raise pickle.UnpicklingError(f"This pickle asks for an array that is a {kind}.")
    return np.ndarray.__new__(kind, shape, "b")
