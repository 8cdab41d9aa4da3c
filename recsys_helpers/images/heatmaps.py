"""Where on a poster a network sees something, and where two posters look alike.

Pooling takes the average over all positions, and standardising is linear. So what a
position adds to the cosine of two posters can be told exactly, and drawn: no gradient
is needed for that. B. Zhou et al. (2016), "Learning deep features for discriminative
localization", arXiv:1512.04150, do the same with the weights of a class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.images import (
    image_box,
    mean_and_deviation,
    open_image,
    square_pixels,
)
from recsys_helpers.images.backbones import SIDE, Backbone

if TYPE_CHECKING:
    from PIL import Image

    from recsys_helpers.images import ImageSource

HEAT, OPACITY = "#ff3b1f", 0.75


def activation_map(image: ImageSource, backbone: Backbone) -> NDArray[np.float32]:
    """Tell how strongly a layer responds at each place of an image.

    Returns
    -------
    numpy.ndarray of float32, shape (height, width)
        The mean of the layer's channels, for the whole padded square.
    """
    return _output(image, backbone).mean(axis=2)


def similarity_map(
    image: ImageSource,
    other: ImageSource,
    backbone: Backbone,
    features: NDArray[np.floating],
) -> NDArray[np.float32]:
    """Tell what each place of an image adds to its likeness to another image.

    Parameters
    ----------
    image, other : see `recsys_helpers.images.open_image`
    backbone : Backbone
    features : numpy.ndarray of float, shape (n_images, n_channels)
        Averaged features of all images, by which `standardised` brings them to one
        scale: the likeness is the one that lists of neighbours are made by.

    Returns
    -------
    numpy.ndarray of float32, shape (height, width)
        Of the layer, for the padded square of `image`. The sum is the cosine of the two
        images' averaged and standardised features.
    """
    mean, deviation = mean_and_deviation(features)
    here, there = (
        (_output(source, backbone) - mean) / deviation for source in (image, other)
    )
    own, foreign = (output.mean(axis=(0, 1)) for output in (here, there))
    lengths = np.linalg.norm(own) * np.linalg.norm(foreign)
    n_places = here.shape[0] * here.shape[1]
    return here @ foreign / np.float32(max(lengths, 1e-12) * n_places)


def heat_over(image: ImageSource, values: NDArray[np.floating]) -> Image.Image:
    """Lay a map over its image: the larger a value, the redder the place.

    Parameters
    ----------
    image : see `recsys_helpers.images.open_image`
    values : numpy.ndarray of float, shape (height, width)
        Of the padded square, as the functions here give them.

    Returns
    -------
    PIL.Image.Image
        Of the size of `image`, in mode RGB; the image itself is grey.

    Raises
    ------
    ValueError
        If a value is NaN or infinite.
    """
    from PIL import Image

    if not np.isfinite(values).all():
        raise ValueError("The values hold NaN or infinity, which have no colour.")
    picture = open_image(image)
    span = float(values.max() - values.min())
    scaled = (values - values.min()) / (span or 1.0)
    whole = Image.fromarray(np.round(255 * OPACITY * scaled).astype(np.uint8))
    # The padding is left out: nothing was there.
    square = whole.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    mask = square.resize(
        picture.size, Image.Resampling.BILINEAR, box=image_box(picture.size, SIDE)
    )
    red = Image.new("RGB", picture.size, HEAT)
    return Image.composite(red, picture.convert("L").convert("RGB"), mask)


def _output(image: ImageSource, backbone: Backbone) -> NDArray[np.float32]:
    pixels = square_pixels(open_image(image), SIDE)
    return backbone.activations(pixels[np.newaxis])[0]
