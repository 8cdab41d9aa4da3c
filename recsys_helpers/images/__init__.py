"""Images from files, bytes and arrays, brought to the square that a network reads.

Every image becomes a row of numbers: what a layer of a network says about it.

Images are read one after the other and shown in batches, so that ten thousand posters
need no more memory than their features. What cannot be read stops the work, or is left
out and listed: nothing gets lost without a word.

Features of images, row by row, and what became of the images that have none.

Features of images on disk: one small file an image, found by the image's content.

A file that is damaged counts as none, and a file gets its place only when it is
complete: so a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys_helpers._checks import check_choice, check_count

if TYPE_CHECKING:
    from PIL import Image

    ImageSource: TypeAlias = str | Path | bytes | Image.Image | NDArray

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from recsys_helpers.progress import progress_bar

if TYPE_CHECKING:
    pass  # MERGED

from pathlib import Path
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from recsys_helpers._files import ArraysFileError, read_npz, write_npz
from recsys_helpers.images.backbones import SIDE, Backbone

if TYPE_CHECKING:
    pass  # MERGED

__all__ = [
    "FITS",
    "PADDING",
    "FeatureCache",
    "ImageFeatures",
    "UnreadableImageError",
    "content_key",
    "content_of",
    "extract_features",
    "open_image",
    "square_pixels",
    "standardised",
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


ON_ERROR = ("raise", "skip")


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


class Rows:
    """A table that is filled row by row, and may turn out shorter or longer."""

    def __init__(self, length: int, dtype: str, n_expected: int | None) -> None:
        self._table = np.empty((n_expected or 64, length), dtype)
        self._positions: list[int] = []
        self._unreadable: dict[int, str] = {}
        self.n_from_cache = 0

    def add(self, position: int, source, describe: Callable, on_error: str) -> None:
        """Give an image the next row, or note why it gets none.

        Parameters
        ----------
        position : int
            Of the image among those given.
        source : see `recsys_helpers.images.open_image`
        describe : callable
            Gets the number of the row and the image, and puts the row, then or later.
        on_error : {"raise", "skip"}
        """
        check_choice("on_error", on_error, ON_ERROR)
        try:
            describe(len(self._positions), source)
        except UnreadableImageError as error:
            if on_error == "raise":
                raise UnreadableImageError(
                    f"Image {position} (counted from 0): {error} To leave out what "
                    'cannot be read: on_error="skip".'
                ) from error
            self._unreadable[position] = str(error)
        else:
            self._positions.append(position)

    def put(self, row: int, features: NDArray) -> None:
        """Fill a row."""
        if row >= len(self._table):
            longer = np.empty((2 * row, self._table.shape[1]), self._table.dtype)
            longer[: len(self._table)] = self._table
            self._table = longer
        self._table[row] = features

    def features(self) -> ImageFeatures:
        """Hand over the rows that were filled, once all images have been seen."""
        if not self._positions and not self._unreadable:
            raise ValueError("There are no images to describe.")
        if not self._positions:
            position, reason = next(iter(self._unreadable.items()))
            raise UnreadableImageError(
                f"None of the {len(self._unreadable):,} images can be read. Image "
                f"{position}: {reason}"
            )
        return ImageFeatures(
            self._table[: len(self._positions)],
            np.array(self._positions, dtype=np.intp),
            self._unreadable,
            self.n_from_cache,
        )


def watched(images: Iterable[ImageSource]) -> Iterator[tuple[int, ImageSource]]:
    """Go through images and their positions, with a progress bar."""
    with progress_bar(number_of(images), "Reading images", "image") as bar:
        for position, source in enumerate(images):
            yield position, source
            bar.update(1)


def number_of(images: Iterable[ImageSource]) -> int | None:
    """Count images without looking at them; None where that cannot be done."""
    return len(images) if isinstance(images, Sized) else None


class FeatureCache:
    """Rows of numbers, by the key of an image.

    Parameters
    ----------
    folder : str or pathlib.Path
        Made when it is first written to.
    kind : str
        What computed the features, and how: a folder of its own inside `folder`.
    length : int
        Of a row; a file with a row of another length counts as damaged.
    dtype : str
        Of the rows.
    """

    def __init__(
        self, folder: str | Path, kind: str, length: int, dtype: str = "float32"
    ) -> None:
        self.folder = Path(folder) / kind
        self.length, self.dtype = length, np.dtype(dtype)

    def read(self, key: str) -> NDArray | None:
        """Row of an image, shape (length,); None if there is none that is whole."""
        try:
            row = read_npz(self._path(key), names=["features"])["features"]
        except (ArraysFileError, OSError):
            return None
        fits = row.shape == (self.length,) and row.dtype == self.dtype
        return row if fits and np.isfinite(row).all() else None

    def write(self, key: str, row: NDArray) -> None:
        """Keep a row, shape (length,)."""
        write_npz(self._path(key), {"features": row.astype(self.dtype, copy=False)})

    def _path(self, key: str) -> Path:
        # Not all in one folder: many thousands of files in one are slow to list.
        return self.folder / key[:2] / f"{key}.npz"


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
