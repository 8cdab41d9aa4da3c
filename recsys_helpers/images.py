"""Images from files, bytes and arrays, brought to the square that a network reads."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.checks import check_choice, check_count

if TYPE_CHECKING:
    from PIL import Image

    ImageSource: TypeAlias = str | Path | bytes | Image.Image | NDArray

__all__ = [
    "FITS",
    "PADDING",
    "UnreadableImageError",
    "content_key",
    "content_of",
    "open_image",
    "square_pixels",
]

# The mean colour of ImageNet: what a network is shown there becomes zero, or almost.
PADDING = (124, 117, 104)
FITS = ("pad", "squash")


class UnreadableImageError(ValueError):
    """Something that should be an image and cannot be read as one."""


def content_of(source: ImageSource) -> bytes | Image.Image:
    """Read a file into memory, make an image of an array, and leave the rest as it is.

    Raises
    ------
    UnreadableImageError
        If there is no such file, or `source` is nothing that could be an image.
    """
    from PIL import Image

    if isinstance(source, str | Path):
        try:
            return Path(source).read_bytes()
        except (OSError, ValueError) as error:
            raise UnreadableImageError(
                f"The image {source} cannot be read: {error}."
            ) from error
    if isinstance(source, bytes | Image.Image):
        return source
    if isinstance(source, np.ndarray):
        return _image_of_array(source)
    raise UnreadableImageError(
        "An image is a path, the bytes of a file, an image of Pillow or an array, and "
        f"not {source!r}."
    )


def open_image(source: ImageSource) -> Image.Image:
    """Open an image as a person sees it: upright, in colour, on white.

    Parameters
    ----------
    source : str, pathlib.Path, bytes, PIL.Image.Image or numpy.ndarray
        An array has the type uint8 and the shape (height, width) or (height, width,
        3 or 4). Text is a path.

    Returns
    -------
    PIL.Image.Image
        In mode RGB. Of an animation the first picture.

    Raises
    ------
    UnreadableImageError
        If the file is missing, damaged, cut short or no image.
    """
    from PIL import Image, ImageOps

    content = content_of(source)
    try:
        if isinstance(content, bytes):
            content = Image.open(io.BytesIO(content))
        upright = ImageOps.exif_transpose(content)
        if upright.has_transparency_data:
            layer = upright.convert("RGBA")
            white = Image.new("RGBA", layer.size, "white")
            upright = Image.alpha_composite(white, layer)
        return upright.convert("RGB")
    # Pillow's readers let through whatever a damaged file makes of them.
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        Image.DecompressionBombError,
        ArithmeticError,
        LookupError,
        TypeError,
    ) as error:
        name = str(source) if isinstance(source, str | Path) else "This image"
        raise UnreadableImageError(
            f"{name} cannot be read as an image: {error}. If it was downloaded, "
            "download it again."
        ) from error


def square_pixels(
    image: Image.Image, side: int = 224, fit: str = "pad"
) -> NDArray[np.uint8]:
    """Bring an image to a square of pixels.

    Parameters
    ----------
    image : PIL.Image.Image
        In mode RGB.
    side : int
        In pixels.
    fit : {"pad", "squash"}
        Keep the proportions and fill up with `PADDING`, half at each end; or stretch.

    Returns
    -------
    numpy.ndarray of uint8, shape (side, side, 3)
    """
    from PIL import Image

    check_choice("fit", fit, FITS)
    check_count("side", side)
    if fit == "squash":
        return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))
    left, top, right, bottom = image_box(image.size, side)
    square = Image.new("RGB", (side, side), PADDING)
    inner = image.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
    square.paste(inner, (left, top))
    return np.asarray(square)


def image_box(size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """Where in a padded square the image is: left, top, right, bottom, in pixels.

    Examples
    --------
    >>> image_box((200, 400), 100)
    (25, 0, 75, 100)
    """
    width, height = (max(1, round(side * n / max(size))) for n in size)
    left, top = (side - width) // 2, (side - height) // 2
    return left, top, left + width, top + height


def content_key(content: bytes | Image.Image) -> str:
    """SHA-256 of an image's file, or of its pixels if it never was one.

    Parameters
    ----------
    content : bytes or PIL.Image.Image
        As `content_of` gives it.
    """
    if isinstance(content, bytes):
        return hashlib.sha256(b"file:" + content).hexdigest()
    about = f"pixels:{content.mode}:{content.size}:".encode()
    palette = bytes(content.getpalette() or ()) if content.mode == "P" else b""
    return hashlib.sha256(about + palette + content.tobytes()).hexdigest()


def _image_of_array(array: NDArray) -> Image.Image:
    from PIL import Image

    colours = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not colours or not array.size:
        raise UnreadableImageError(
            "An image's array has the type uint8 and the shape (height, width) or "
            f"(height, width, 3 or 4); this is {array.dtype}, {array.shape}."
        )
    return Image.fromarray(array)
