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
# For an EPS Pillow would run Ghostscript, and others hold measurements.
FORMATS = (
    *("AVIF", "BMP", "GIF", "ICO", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "PSD"),
    *("TGA", "TIFF", "WEBP"),
)
# Tags of a TIFF: bits of a number, and 0 where white is 0.
_BITS, _WHITE_IS_ZERO = 258, 262


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

    Every place of the project that needs an image's values opens it here.

    Parameters
    ----------
    source : str, pathlib.Path, bytes, PIL.Image.Image or numpy.ndarray
        An array has the type uint8 and the shape (height, width) or (height, width,
        3 or 4). Text is a path. Numbers of 16 bits are brought to 8; Pillow's own
        ``convert`` would make white of all that is above 255.

    Returns
    -------
    PIL.Image.Image
        In mode RGB. Of an animation the first picture. Colour profiles are not applied.

    Raises
    ------
    UnreadableImageError
        If the file is missing, damaged, cut short, no image or too large an image; or
        if its numbers do not say what is white, as in the modes I and F of Pillow.
    """
    from PIL import Image

    content = content_of(source)
    name = str(source) if isinstance(source, str | Path) else "This image"
    try:
        if isinstance(content, bytes):
            content = _opened(content)
            # Pillow warns of a small file with a hundred million pixels, and goes on.
            limit = Image.MAX_IMAGE_PIXELS
            if limit and content.width * content.height > limit:
                raise Image.DecompressionBombError
        return _as_seen(content)
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(
            f"{name} has more than {Image.MAX_IMAGE_PIXELS:,} pixels. Save it smaller."
        ) from error
    except _NoWhiteError as error:
        raise UnreadableImageError(f"{name} {error}") from error
    except Exception as error:  # bad bytes make decoders raise almost anything
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
    """SHA-256 of an image's file, or of what is seen if it never was one.

    Parameters
    ----------
    content : bytes or PIL.Image.Image
        As `content_of` gives it.

    Raises
    ------
    UnreadableImageError
        If `open_image` does for an image of Pillow.
    """
    if isinstance(content, bytes):
        # Told apart from "file:": that was the key when 16 bits were read as white.
        return hashlib.sha256(b"file 2:" + content).hexdigest()
    seen = open_image(content)
    return hashlib.sha256(f"pixels:{seen.size}:".encode() + seen.tobytes()).hexdigest()


def _opened(content: bytes) -> Image.Image:
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        start = f"it starts with {content[:12]!r}" if content else "it is empty"
        raise ValueError(start) from None
    if image.format not in FORMATS:
        raise ValueError(f"{image.format} is not among {', '.join(FORMATS)}")
    return image


def _as_seen(image: Image.Image) -> Image.Image:
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        upright = _in_eight_bits(upright, *_largest_number(image))
    if upright.mode == "La":  # the only mode that cannot become RGBA
        upright = upright.convert("LA")
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        upright = Image.alpha_composite(white, layer)
    return upright.convert("RGB")


class _NoWhiteError(ValueError):
    """Numbers of which nobody says how large they can get."""


def _largest_number(image: Image.Image) -> tuple[int, bool]:
    """Tell what an image's numbers go up to, and whether that is black."""
    tags = getattr(image, "tag_v2", {})  # of a TIFF
    if image.mode.startswith("I;16"):
        return 2 ** tags.get(_BITS, (16,))[0] - 1, tags.get(_WHITE_IS_ZERO) == 0
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        return 2**16 - 1, False  # to which Pillow brings any other
    raise _NoWhiteError(
        f"has numbers of Pillow's mode {image.mode}, which do not say what is white. "
        "Save it with 8 bits a colour, or make an array of such numbers: "
        "(255 * array / white).astype(np.uint8)."
    )


def _in_eight_bits(image: Image.Image, largest: int, is_black: bool) -> Image.Image:
    from PIL import Image

    numbers = np.asarray(image)
    shades = np.interp(numbers, (0, largest), (255, 0) if is_black else (0, 255))
    grey = Image.fromarray(shades.round().astype(np.uint8))
    if "transparency" in image.info:
        seen = numbers != image.info["transparency"]
        grey.putalpha(Image.fromarray(np.where(seen, 255, 0).astype(np.uint8)))
    return grey


def _image_of_array(array: NDArray) -> Image.Image:
    from PIL import Image

    colours = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not colours or not array.size:
        raise UnreadableImageError(
            "An image's array has the type uint8 and the shape (height, width) or "
            f"(height, width, 3 or 4); this is {array.dtype}, {array.shape}."
        )
    return Image.fromarray(array)
