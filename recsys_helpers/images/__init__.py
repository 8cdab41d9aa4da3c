"""Images from files, bytes and arrays, and the features that a network finds in them.

Every image becomes a square of pixels, and then a row of numbers: what a layer of a
network says about it. Images are read one after the other and shown in batches, so that
ten thousand posters are never in memory together. What cannot be read stops the work,
or is left out and listed: nothing gets lost without a word.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys_helpers._checks import check_choice, check_count
from recsys_helpers._files import ArraysFileError, read_npz, write_npz
from recsys_helpers.images.backbones import SIDE, Backbone
from recsys_helpers.progress import progress_bar

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "ImageFeatures",
    "ImageSource",
    "UnreadableImageError",
    "extract_features",
    "open_image",
    "square_pixels",
    "standardised",
]

ImageSource: TypeAlias = "str | Path | bytes | Image.Image | NDArray"

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


def open_image(source: ImageSource) -> Image.Image:
    """Open an image as a person sees it: upright, in colour, on white.

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

    content = _content_of(source)
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
    except UnreadableImageError as error:
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
        In pixels: the result has the shape (side, side, 3).
    fit : {"pad", "squash"}
        Keep the proportions and fill up with `PADDING`, half at each end; or stretch.
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


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """Features of the images that could be read.

    Parameters
    ----------
    matrix : numpy.ndarray of float, shape (n_read, n_features)
    positions : numpy.ndarray of int, shape (n_read,)
        Which of the images given each row is of, counted from 0.
    unreadable : dict of int to str
        Position of each image that was left out, and why.
    n_from_cache : int
        Rows that did not need the network.
    """

    matrix: NDArray[np.floating]
    positions: NDArray[np.intp]
    unreadable: dict[int, str]
    n_from_cache: int = 0

    def __repr__(self) -> str:
        return (
            f"ImageFeatures({len(self.matrix):,} images x {self.matrix.shape[1]:,}, "
            f"{self.matrix.dtype}; {self.n_from_cache:,} from the cache, "
            f"{len(self.unreadable):,} unreadable)"
        )


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
        See `open_image`. Read one by one: a generator will do.
    pooling : {"average", "flatten"}
        Average each channel over all positions, so that it matters what is on a poster
        and not where; or keep each position.
    fit : {"pad", "squash"}
        How an image becomes a square, see `square_pixels`.
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
    check_choice("dtype", dtype, ("float32", "float16"))
    kept = None
    if cache is not None:
        kind = f"{backbone.key}-{fit}-{pooling}-{dtype}"
        kept = _FeatureCache(Path(cache) / kind, backbone.length(pooling), dtype)
    n_from_cache = 0

    def prepare(source: ImageSource) -> tuple[str, NDArray]:
        """Key of an image in the cache, and its row there, or else its pixels."""
        nonlocal n_from_cache
        if kept is None:
            return "", square_pixels(open_image(source), SIDE, fit)
        content = _content_of(source)
        key = _content_key(content)
        row = kept.read(key)
        if row is None:
            return key, square_pixels(open_image(content), SIDE, fit)
        n_from_cache += 1
        return key, row

    def describe(batch: list[tuple[str, NDArray]]) -> list[NDArray]:
        rows = [values for _, values in batch]
        new = [place for place, values in enumerate(rows) if values.ndim > 1]
        if not new:
            return rows
        found = backbone.activations(np.stack([rows[place] for place in new]), pooling)
        # A value too large for float16 would become infinite.
        found = np.clip(found, -6e4, 6e4).astype(dtype) if dtype == "float16" else found
        for place, row in zip(new, found, strict=True):
            rows[place] = row
            if kept:
                kept.write(batch[place][0], row)
        return rows

    features = described(images, prepare, describe, on_error, batch_size)
    return replace(features, n_from_cache=n_from_cache)


def standardised(matrix: NDArray[np.floating]) -> NDArray[np.float32]:
    """Give every column mean 0 and standard deviation 1 over the images.

    Without it a few channels that are large on every image decide what is alike.
    Columns that are all the same become 0.

    Examples
    --------
    >>> standardised(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    mean, deviation = mean_and_deviation(matrix)
    return (np.asarray(matrix, dtype=np.float32) - mean) / deviation


def mean_and_deviation(
    matrix: NDArray[np.floating],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Tell what `standardised` takes off each column, and what it divides it by.

    The deviation of columns that are all the same is infinite.
    """
    matrix = np.asarray(matrix, dtype=np.float32)
    mean = matrix.mean(axis=0)
    deviation = (matrix - mean).std(axis=0)
    # What is left of equal numbers after rounding is no deviation.
    flat = deviation <= 1e-6 * np.abs(matrix).max(axis=0)
    return mean, np.where(flat, np.float32(np.inf), deviation)


def described(
    images: Iterable[ImageSource],
    prepare: Callable[[ImageSource], Any],
    describe: Callable[[list[Any]], Iterable[NDArray]],
    on_error: str,
    batch_size: int = 1,
) -> ImageFeatures:
    """Prepare images one by one, and make rows of them batch by batch."""
    check_choice("on_error", on_error, ("raise", "skip"))
    check_count("batch_size", batch_size)
    rows: list[NDArray] = []
    positions: list[int] = []
    unreadable: dict[int, str] = {}
    batch: list[Any] = []
    n_images = len(images) if isinstance(images, Sized) else None
    with progress_bar(n_images, "Reading images", "image") as bar:
        for position, source in enumerate(images):
            try:
                batch.append(prepare(source))
            except UnreadableImageError as error:
                if on_error == "raise":
                    raise UnreadableImageError(
                        f"Image {position} (counted from 0): {error} To leave out what "
                        'cannot be read: on_error="skip".'
                    ) from error
                unreadable[position] = str(error)
            else:
                positions.append(position)
            if len(batch) == batch_size:
                rows.extend(describe(batch))
                batch = []
            bar.update(1)
    if batch:
        rows.extend(describe(batch))
    if unreadable and not rows:
        position, reason = next(iter(unreadable.items()))
        raise UnreadableImageError(
            f"None of the {len(unreadable):,} images can be read. Image {position}: "
            f"{reason}"
        )
    if not rows:
        raise ValueError("There are no images to describe.")
    return ImageFeatures(np.stack(rows), np.array(positions, dtype=np.intp), unreadable)


class _FeatureCache:
    """Features of images in a folder: one small file an image, named by its content."""

    def __init__(self, folder: Path, length: int, dtype: str) -> None:
        self.folder, self.length, self.dtype = folder, length, dtype

    def read(self, key: str) -> NDArray | None:
        """Row of an image, shape (length,); None if there is none that is whole."""
        try:
            row = read_npz(self._path(key), names=["features"])["features"]
        except (ArraysFileError, OSError):
            return None
        fits = row.shape == (self.length,) and row.dtype == self.dtype
        return row if fits and np.isfinite(row).all() else None

    def write(self, key: str, row: NDArray) -> None:
        write_npz(self._path(key), {"features": row})

    def _path(self, key: str) -> Path:
        # Not all in one folder: many thousands of files in one are slow to list.
        return self.folder / key[:2] / f"{key}.npz"


def _content_of(source: ImageSource) -> bytes | Image.Image:
    """Bytes of a file, an image of an array, or the source itself."""
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


def _content_key(content: bytes | Image.Image) -> str:
    """SHA-256 of an image's file, or of what is seen if it never was one."""
    if isinstance(content, bytes):
        # Told apart from "file:": that was the key when 16 bits were read as white.
        return hashlib.sha256(b"file 2:" + content).hexdigest()
    seen = open_image(content)
    return hashlib.sha256(f"pixels:{seen.size}:".encode() + seen.tobytes()).hexdigest()


def _image_of_array(array: NDArray) -> Image.Image:
    from PIL import Image

    colours = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not colours or not array.size:
        raise UnreadableImageError(
            "An image's array has the type uint8 and the shape (height, width) or "
            f"(height, width, 3 or 4); this is {array.dtype}, {array.shape}."
        )
    return Image.fromarray(array)


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


def _largest_number(image: Image.Image) -> tuple[int, bool]:
    """Tell what an image's numbers go up to, and whether that is black."""
    tags = getattr(image, "tag_v2", {})  # of a TIFF
    if image.mode.startswith("I;16"):
        return 2 ** tags.get(_BITS, (16,))[0] - 1, tags.get(_WHITE_IS_ZERO) == 0
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        return 2**16 - 1, False  # to which Pillow brings any other
    raise UnreadableImageError(
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
