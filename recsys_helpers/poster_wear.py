"""What happens to a poster on its way to a network: tilt, crop and noise.

A catalogue's posters are scans and photographs, not two of which are framed alike.
Whoever compares positions of pixels is misled by that, and should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from recsys_helpers.checks import check_number

if TYPE_CHECKING:
    from PIL import Image

MOST_DEGREES = 7.0
MOST_CROP = 0.13
MOST_CAST = 0.2
MOST_NOISE = 16.0


def worn(image: Image.Image, wear: float, seed: int) -> Image.Image:
    """Tilt, crop and roughen an image, by a seed.

    Parameters
    ----------
    image : PIL.Image.Image
        In mode RGB.
    wear : float
        0 leaves the image as it is. At 1 it is tilted by up to `MOST_DEGREES` to
        either side, up to `MOST_CROP` of its width and height are cut off at each
        edge, red, green and blue each grow or fall by up to `MOST_CAST`, and noise is
        added with a standard deviation of up to `MOST_NOISE` (of 255).
    seed : int

    Returns
    -------
    PIL.Image.Image
        Of the same size.

    Raises
    ------
    ValueError
        If `wear` is negative or no number.
    """
    from PIL import Image

    check_number("wear", wear)
    if wear == 0:
        return image
    rng = Random(seed)
    corner = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    tilted = image.rotate(
        wear * rng.uniform(-MOST_DEGREES, MOST_DEGREES),
        Image.Resampling.BICUBIC,
        fillcolor=tuple(level // 3 for level in corner),
    )
    left, top, right, bottom = (
        min(0.45, wear * MOST_CROP * rng.random()) for _ in range(4)
    )
    width, height = image.size
    frame = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
    cropped = tilted.resize(image.size, Image.Resampling.BICUBIC, box=frame)
    gains = [1 + min(wear, 4) * rng.uniform(-MOST_CAST, MOST_CAST) for _ in range(3)]
    noise = wear * rng.uniform(0.3, 1) * MOST_NOISE
    return grained(cropped, noise, rng.getrandbits(32), gains, in_colour=True)


def grained(
    image: Image.Image,
    deviation: float,
    seed: int,
    gains: Sequence[float] = (1.0, 1.0, 1.0),
    *,
    in_colour: bool = False,
) -> Image.Image:
    """Add normal noise to an image.

    Parameters
    ----------
    image : PIL.Image.Image
        In mode RGB.
    deviation : float
        Standard deviation, of 255.
    seed : int
    gains : sequence of float, length 3
        What red, green and blue are multiplied by first.
    in_colour : bool
        Whether red, green and blue get noise of their own; else it is grey.
    """
    from PIL import Image

    pixels = np.asarray(image, dtype=np.float32) * np.array(gains, dtype=np.float32)
    shape = pixels.shape if in_colour else (*pixels.shape[:2], 1)
    noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
    pixels += np.float32(deviation) * noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
