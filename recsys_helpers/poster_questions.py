"""Ask image features a question whose answer is known: have near posters one genre.

It can be asked of drawn posters only, where the genre decides what is drawn.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recsys_helpers.checks import check_count
from recsys_helpers.nearest import nearest_rows
from recsys_helpers.poster_motifs import POSTER_GENRES, poster_genre

__all__ = ["genre_agreement", "movies_for_the_task"]


def movies_for_the_task(
    movies: pd.DataFrame, per_genre: int = 40, seed: int = 0
) -> pd.DataFrame:
    """Draw as many movies of each of the genres whose motifs differ the most.

    Parameters
    ----------
    movies : pandas.DataFrame
        Columns title and genres.
    per_genre : int
    seed : int

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
