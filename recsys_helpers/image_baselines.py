"""What images look like without a network: their colours, and a thumbnail.

Whatever a network finds has to be better than these, or it is not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.checks import check_count
from recsys_helpers.feature_rows import ImageFeatures, Rows, number_of, watched
from recsys_helpers.images import open_image

if TYPE_CHECKING:
    from PIL import Image

    from recsys_helpers.images import ImageSource

__all__ = ["colour_histograms", "thumbnails"]


def colour_histograms(
    images: Iterable[ImageSource], *, n_levels: int = 4, on_error: str = "raise"
) -> ImageFeatures:
    """Count the colours of images: how much of each there is, and not where.

    Parameters
    ----------
    images, on_error
        As in `extract_features`.
    n_levels : int
        Into how many levels red, green and blue are divided, 1 to 256.

    Returns
    -------
    ImageFeatures
        ``matrix`` has n_levels**3 columns: the square root of each colour's share, so
        that rows have length 1 and their cosine is the Bhattacharyya coefficient.
    """
    check_count("n_levels", n_levels)

    def histogram(image: Image.Image) -> NDArray[np.floating]:
        levels = np.asarray(image).reshape(-1, 3).astype(np.intp) * n_levels // 256
        colours = levels @ [n_levels**2, n_levels, 1]
        return np.sqrt(np.bincount(colours, minlength=n_levels**3) / len(colours))

    return _each(images, histogram, n_levels**3, on_error)


def thumbnails(
    images: Iterable[ImageSource],
    *,
    size: tuple[int, int] = (16, 24),
    on_error: str = "raise",
) -> ImageFeatures:
    """Make images very small, and take their pixels as they are.

    Parameters
    ----------
    images, on_error
        As in `extract_features`.
    size : tuple of int
        Width and height in pixels.

    Returns
    -------
    ImageFeatures
        ``matrix`` has width x height x 3 columns, each image less its own mean: else
        all that is bright would be alike.
    """
    from PIL import Image

    def thumbnail(image: Image.Image) -> NDArray[np.floating]:
        small = np.asarray(image.resize(size, Image.Resampling.BOX), dtype=np.float32)
        return (small - small.mean()).ravel() / np.float32(255)

    return _each(images, thumbnail, 3 * size[0] * size[1], on_error)


def _each(
    images: Iterable[ImageSource],
    function: Callable[[Image.Image], NDArray[np.floating]],
    length: int,
    on_error: str,
) -> ImageFeatures:
    rows = Rows(length, "float32", number_of(images))

    def describe(row: int, source: ImageSource) -> None:
        rows.put(row, function(open_image(source)))

    for position, source in watched(images):
        rows.add(position, source, describe, on_error)
    return rows.features()
