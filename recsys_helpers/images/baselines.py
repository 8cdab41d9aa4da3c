"""What images look like without a network, and a question to ask of any features.

Colours and thumbnails: whatever a network finds has to be better than these, or it is
not needed. The question, whether near posters have one genre, has a known answer for
drawn posters only, where the genre decides what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers._checks import check_count
from recsys_helpers.images import ImageFeatures, ImageSource, described, open_image
from recsys_helpers.posters import POSTER_GENRES, poster_genre
from recsys_helpers.vectors.nearest import nearest_rows

if TYPE_CHECKING:
    from PIL import Image

THUMBNAIL = (16, 24)  # width and height in pixels


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

    return _each(images, histogram, on_error)


def thumbnails(
    images: Iterable[ImageSource], *, on_error: str = "raise"
) -> ImageFeatures:
    """Make images very small, and take their pixels as they are.

    Parameters
    ----------
    images, on_error
        As in `extract_features`.

    Returns
    -------
    ImageFeatures
        ``matrix`` has 16 x 24 x 3 columns, each image less its own mean: else all that
        is bright would be alike.
    """
    from PIL import Image

    def thumbnail(image: Image.Image) -> NDArray[np.floating]:
        reduced = image.resize(THUMBNAIL, Image.Resampling.BOX)
        small = np.asarray(reduced, dtype=np.float32)
        return (small - small.mean()).ravel() / np.float32(255)

    return _each(images, thumbnail, on_error)


def _each(
    images: Iterable[ImageSource],
    function: Callable[[Image.Image], NDArray[np.floating]],
    on_error: str,
) -> ImageFeatures:
    def describe(opened: list[Image.Image]) -> list[NDArray[np.float32]]:
        return [function(image).astype(np.float32) for image in opened]

    return described(images, open_image, describe, on_error)


def movies_for_the_task(
    movies: pd.DataFrame, per_genre: int = 40, seed: int = 0
) -> pd.DataFrame:
    """Draw as many movies of each of the genres whose motifs differ the most.

    Parameters
    ----------
    movies : pandas.DataFrame
        Columns title and genres.

    Returns
    -------
    pandas.DataFrame, at most 12 x per_genre rows
        Some rows of `movies` in random order, and a column ``genre``: the one that the
        poster is drawn for. A genre with fewer movies has all of them in it.
    """
    check_count("per_genre", per_genre)
    named = movies.assign(genre=[poster_genre(genres) for genres in movies["genres"]])
    asked = named[named["genre"].isin(POSTER_GENRES)]
    order = np.random.default_rng(seed).permutation(len(asked))
    return asked.iloc[order].groupby("genre").head(per_genre).reset_index(drop=True)


def genre_agreement(
    matrix: ArrayLike, genres: ArrayLike, n_nearest: int = 10
) -> NDArray[np.float64]:
    """For each poster, the share of the nearest that have its genre.

    Parameters
    ----------
    matrix : array_like of float, shape (n_posters, n_features)
    genres : array_like of str, shape (n_posters,)
    n_nearest : int
        By cosine, without the poster itself.

    Returns
    -------
    numpy.ndarray of float64, shape (n_posters,)

    Examples
    --------
    >>> matrix = [[1, 0], [1, 0.1], [0, 1], [0.1, 1]]
    >>> genre_agreement(matrix, ["War", "War", "Drama", "War"], n_nearest=1).tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    matrix, genres = np.asarray(matrix, dtype=np.float32), np.asarray(genres)
    if len(matrix) != len(genres):
        raise ValueError(f"There are {len(matrix)} rows and {len(genres)} genres.")
    themselves = np.arange(len(matrix))[:, None]
    rows, _ = nearest_rows(matrix, matrix, n_nearest, "cosine", exclude=themselves)
    return (genres[rows] == genres[:, None]).mean(axis=1)
