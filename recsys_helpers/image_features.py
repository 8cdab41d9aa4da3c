"""Every image becomes a row of numbers: what a layer of a network says about it.

Images are read one after the other and shown in batches, so that ten thousand posters
need no more memory than their features. What cannot be read stops the work, or is left
out and listed: nothing gets lost without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.backbones import SIDE, Backbone
from recsys_helpers.checks import check_choice, check_count
from recsys_helpers.feature_cache import FeatureCache
from recsys_helpers.feature_rows import ImageFeatures, Rows, number_of, watched
from recsys_helpers.images import (
    FITS,
    content_key,
    content_of,
    open_image,
    square_pixels,
)

if TYPE_CHECKING:
    from recsys_helpers.images import ImageSource

__all__ = ["ImageFeatures", "extract_features", "standardised"]

DTYPES = ("float32", "float16")


def extract_features(
    images: Iterable[ImageSource],
    backbone: Backbone,
    *,
    pooling: str = "average",
    fit: str = "pad",
    batch_size: int = 32,
    cache: str | Path | None = None,
    dtype: str = "float32",
    on_error: str = "raise",
) -> ImageFeatures:
    """Show images to a network and keep what one of its layers says.

    Parameters
    ----------
    images : iterable of images
        See `recsys_helpers.images.open_image`. Read one by one: a generator will do.
    backbone : Backbone
    pooling : {"average", "flatten"}
        Average each channel over all positions, so that it matters what is on a poster
        and not where; or keep each position.
    fit : {"pad", "squash"}
        How an image becomes a square, see `recsys_helpers.images.square_pixels`.
    batch_size : int
        Images to show at a time. Memory grows with it, the features do not change.
    cache : path of a folder, optional
        Where features are kept, by the content of the images, and found again.
    dtype : {"float32", "float16"}
        The latter takes half the space and keeps three digits.
    on_error : {"raise", "skip"}
        What to do with an image that cannot be read.

    Returns
    -------
    ImageFeatures
        ``matrix`` has n_channels columns for "average", and height x width x n_channels
        for "flatten".

    Raises
    ------
    UnreadableImageError
        If an image cannot be read, or none of those given can.
    ValueError
        If a setting is unknown, or there are no images.
    """
    check_choice("pooling", pooling, ("average", "flatten"))
    check_choice("fit", fit, FITS)
    check_choice("dtype", dtype, DTYPES)
    check_count("batch_size", batch_size)
    length = backbone.length(pooling)
    kept = None
    if cache is not None:
        kind = f"{backbone.key}-{fit}-{pooling}-{dtype}"
        kept = FeatureCache(cache, kind, length, dtype)
    rows = Rows(length, dtype, number_of(images))
    batch: list[tuple[int, str, NDArray[np.uint8]]] = []

    def flush() -> None:
        if not batch:
            return
        pixels = np.stack([square for _, _, square in batch])
        found = backbone.activations(pixels, pooling)
        # A value too large for float16 would become infinite.
        found = np.clip(found, -6e4, 6e4).astype(dtype) if dtype == "float16" else found
        for (row, key, _), features in zip(batch, found, strict=True):
            rows.put(row, features)
            if kept:
                kept.write(key, features)
        batch.clear()

    def describe(row: int, source: ImageSource) -> None:
        content = content_of(source) if kept else source
        key = content_key(content) if kept else ""
        known = kept.read(key) if kept else None
        if known is not None:
            rows.put(row, known)
            rows.n_from_cache += 1
            return
        batch.append((row, key, square_pixels(open_image(content), SIDE, fit)))
        if len(batch) == batch_size:
            flush()

    for position, source in watched(images):
        rows.add(position, source, describe, on_error)
    flush()
    return rows.features()


def standardised(matrix: NDArray[np.floating]) -> NDArray[np.float32]:
    """Give every column mean 0 and standard deviation 1 over the images.

    Without it a few channels that are large on every image decide what is alike.
    Columns that are all the same become 0.

    Examples
    --------
    >>> standardised(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    matrix = np.asarray(matrix, dtype=np.float32)
    centred = matrix - matrix.mean(axis=0)
    deviation = centred.std(axis=0)
    # What is left of equal numbers after rounding is no deviation.
    flat = deviation <= 1e-6 * np.abs(matrix).max(axis=0)
    return np.where(flat, 0, centred / np.where(flat, 1, deviation))
