"""Image networks that were trained on ImageNet, cut off where features are taken.

Two networks have one form here. SqueezeNet is small and comes with the course; VGG16 is
that of the source, ten times as slow, and its weights are downloaded by Keras or read
from a file. Both can also be had with random weights: what they then find alike is due
to their build alone, and that is more than nothing.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_helpers._checks import check_choice
from recsys_helpers.datasets import InstalledFile
from recsys_helpers.nn import load_keras

SIDE = 224
# Means of blue, green and red in ImageNet: both networks were trained on what differs.
CHANNEL_MEANS = (103.939, 116.779, 123.68)
POOLINGS = ("average", "flatten", "none")
# Names a file with the weights of VGG16, for who cannot or will not download them.
VGG16_FILE = "RECSYS_VGG16_WEIGHTS"


class BackboneError(RuntimeError):
    """A network that cannot be had; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Backbone:
    """A network up to one of its layers.

    Parameters
    ----------
    name : str
    weights : "imagenet", "random" or a file
    layer : str
        Whose output are the features.
    model : keras.Model
        From prepared pixels, shape (n, 224, 224, 3), to the layer's output, shape (n,
        height, width, n_channels).
    """

    name: str
    weights: str
    layer: str
    model: Any

    def __repr__(self) -> str:
        height, width, channels = self.output_shape
        return (
            f"Backbone({self.name}, weights {self.weights}, layer {self.layer}: "
            f"{height} x {width} x {channels})"
        )

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """Height, width and number of channels of the layer's output."""
        return tuple(self.model.output_shape[1:])

    @cached_property
    def key(self) -> str:
        """Name of what this network computes, made from its weights themselves."""
        digest = hashlib.sha256()
        for array in self.model.get_weights():
            digest.update(array.tobytes())
        return f"{self.name}-{self.layer}-{digest.hexdigest()[:16]}"

    def activations(
        self, pixels: NDArray[np.uint8], pooling: str = "none"
    ) -> NDArray[np.float32]:
        """Output of the layer.

        Parameters
        ----------
        pixels : numpy.ndarray of uint8, shape (n, 224, 224, 3)
            As `recsys_helpers.images.square_pixels` gives them.
        pooling : {"none", "average", "flatten"}
            Leave the output as it is; average each channel over all positions; or make
            one long row of it, position by position.

        Returns
        -------
        numpy.ndarray of float32
            Of shape (n, height, width, n_channels), (n, n_channels) or (n, height x
            width x n_channels).
        """
        check_choice("pooling", pooling, POOLINGS)
        output = self.model.predict_on_batch(prepared(pixels))
        if pooling == "average":
            return output.mean(axis=(1, 2))
        return output.reshape(len(output), -1) if pooling == "flatten" else output

    def length(self, pooling: str) -> int:
        """Length of a row of pooled or flattened features."""
        height, width, channels = self.output_shape
        return channels if pooling == "average" else height * width * channels


def prepared(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn colours around and take the means off, as the networks were trained.

    From red, green, blue to blue, green, red, each less its mean over ImageNet; both of
    shape (..., 3).

    Raises
    ------
    ValueError
        If these are no bytes: pixels from 0 to 1 would all look black.
    """
    if pixels.dtype != np.uint8:
        raise ValueError(
            f"Pixels are of type uint8, 0 to 255; these are {pixels.dtype}."
        )
    return pixels[..., ::-1].astype(np.float32) - np.array(
        CHANNEL_MEANS, dtype=np.float32
    )


def load_backbone(
    name: str = "squeezenet",
    weights: str | Path = "imagenet",
    layer: str | None = None,
    *,
    seed: int = 0,
) -> Backbone:
    """Build a network and give it its weights.

    Parameters
    ----------
    name : {"squeezenet", "vgg16"}
        F. Iandola et al. (2016), arXiv:1602.07360, version 1.1, or K. Simonyan and A.
        Zisserman (2015), arXiv:1409.1556.
    weights : "imagenet", "random" or path
        For "imagenet", SqueezeNet's come with the package ``ndf``; those of VGG16 are
        read from the file that the environment variable ``RECSYS_VGG16_WEIGHTS`` names,
        or downloaded by Keras (59 MB). A path leads to a file ``*.weights.h5``.
    layer : str, optional
        Where to take features; the default is the last one before the classes: "fire9"
        or "block5_pool".
    seed : int
        Of random weights: He normal (K. He et al. 2015, arXiv:1502.01852), bias 0.

    Raises
    ------
    ValueError
        If there is no such network or layer.
    BackboneError
        If the weights cannot be had, or do not fit.
    DatasetError
        If ``ndf`` is not installed, or its file is not the one that was checked.
    ImportError
        If Keras is not installed.
    """
    check_choice("name", name, tuple(BACKBONES))
    recipe = BACKBONES[name]
    keras = load_keras()
    # The weights are set in place, so that a model's random start costs nothing more.
    whole = recipe.build(keras)
    layer = layer or recipe.layer
    features = [part.name for part in whole.layers if len(part.output.shape) == 4][1:]
    check_choice("layer", layer, tuple(features))
    _set_weights(whole, name, str(weights), seed)
    model = keras.Model(whole.input, whole.get_layer(layer).output)
    return Backbone(name, str(weights), layer, model)


def _set_weights(model: Any, name: str, weights: str, seed: int) -> None:
    if weights == "random":
        _randomise(model, seed)
    elif weights != "imagenet":
        _read_weights(model, Path(weights))
    elif name == "squeezenet":
        # Kernel and bias of each layer, such as "fire2/expand3x3".
        for layer, pair in _arrays_in_pickle(_SQUEEZENET_FILE.read()).items():
            model.get_layer(layer.replace("/", "_")).set_weights(pair)
    elif os.environ.get(VGG16_FILE):
        _read_weights(model, Path(os.environ[VGG16_FILE]))
    else:
        model.set_weights(_downloaded_vgg16().get_weights())


def _randomise(model: Any, seed: int) -> None:
    # Not with Keras' own generator: its seed is global, and others draw from it.
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if not layer.get_weights():
            continue
        kernel, bias = layer.get_weights()
        deviation = np.float32(np.sqrt(2 / np.prod(kernel.shape[:-1])))
        random = rng.standard_normal(kernel.shape, np.float32)
        layer.set_weights([deviation * random, np.zeros_like(bias)])


def _read_weights(model: Any, path: Path) -> None:
    if not path.is_file():
        raise BackboneError(f"There is no file {path} with weights.")
    try:
        model.load_weights(path)
    # Keras and h5py raise many kinds of errors on a file that is another.
    except Exception as error:
        raise BackboneError(
            f"{path} does not hold the weights of this {model.name}, in the form of "
            f"Keras (*.weights.h5, without the layers of classes): {error}"
        ) from error


def _downloaded_vgg16() -> Any:
    keras = load_keras()
    try:
        return keras.applications.VGG16(include_top=False, weights="imagenet")
    # Keras reports a failed download by a bare Exception.
    except Exception as error:
        raise BackboneError(
            f"Keras could not download the weights of VGG16 ({error}). Try again "
            f"with a network, name a file of them by the environment variable "
            f'{VGG16_FILE}, or use load_backbone("squeezenet"), whose weights are here.'
        ) from error


def _build_vgg16(keras: Any) -> Any:
    return keras.applications.VGG16(
        include_top=False, weights=None, input_shape=(SIDE, SIDE, 3)
    )


def _build_squeezenet(keras: Any) -> Any:
    """SqueezeNet 1.1, up to the 1,000 classes (as numbers, not as probabilities)."""
    layers = keras.layers

    def convolution(x, name, n_outputs, side, **options):
        return layers.Conv2D(n_outputs, side, activation="relu", name=name, **options)(
            x
        )

    def fire(x, name, n_squeezed, n_expanded):
        x = convolution(x, f"{name}_squeeze1x1", n_squeezed, 1)
        branches = [
            convolution(x, f"{name}_expand{n}x{n}", n_expanded, n, padding="same")
            for n in (1, 3)
        ]
        return layers.Concatenate(name=name)(branches)

    pixels = layers.Input((SIDE, SIDE, 3), name="pixels")
    x = convolution(pixels, "conv1", 64, 3, strides=2)
    for number in range(2, 10):
        if number in (2, 4, 6):
            x = layers.MaxPooling2D(3, strides=2, name=f"pool{number - 1}")(x)
        n_squeezed = 16 * (number // 2)
        x = fire(x, f"fire{number}", n_squeezed, 4 * n_squeezed)
    x = convolution(x, "conv10", 1000, 1)
    x = layers.GlobalAveragePooling2D(name="classes")(x)
    return keras.Model(pixels, x, name="squeezenet")


class _Recipe(NamedTuple):
    build: Callable[[Any], Any]
    layer: str


BACKBONES = {
    "squeezenet": _Recipe(_build_squeezenet, "fire9"),
    "vgg16": _Recipe(_build_vgg16, "block5_pool"),
}


_SQUEEZENET_FILE = InstalledFile(
    holds="The weights of SqueezeNet",
    package="ndf",
    version="0.1.4",
    path="example_models/weights/squeezenet_weights.pkl",
    sha256="f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
    why="a pickle can run any code",
)


def _arrays_in_pickle(content: bytes) -> Any:
    """Open a pickle of numbers, text, lists, dicts and arrays; refuse any other."""
    return _ArraysOnly(io.BytesIO(content)).load()


# A pickle can run any program when it is opened. So the bytes are compared with the
# checksum of the file that was looked at, and then opened by a reader that knows how to
# build arrays of numbers and nothing else.
class _ArraysOnly(pickle.Unpickler):
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
