"""Features of images, row by row, and what became of the images that have none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.checks import check_choice
from recsys_helpers.images import UnreadableImageError
from recsys_helpers.progress import progress_bar

if TYPE_CHECKING:
    from recsys_helpers.images import ImageSource

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
