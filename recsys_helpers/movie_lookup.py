"""Which row a movie has, of its id or its title; and what to say if there is none."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.ids import UnknownIdError
from recsys_helpers.titles import nearest_titles, rows_of_title

Titles = tuple[str, ...] | None


class UnknownMovieError(UnknownIdError):
    """No vector for this movie."""


def row_of_movie(
    movie: int | str, movie_ids: NDArray[np.integer], titles: Titles
) -> int:
    """Find the row of a movie.

    Parameters
    ----------
    movie : int or str
        An id, or a title: see `recsys_helpers.titles.rows_of_title`.
    movie_ids : array of int, shape (n_movies,)
    titles : tuple of str, length n_movies, or None

    Raises
    ------
    UnknownMovieError
        If there is no such movie; the message names the nearest ones.
    ValueError
        If several movies have this title.
    TypeError
        If it is neither an id nor a title.
    """
    if isinstance(movie, str):
        return _row_of_title(movie, movie_ids, titles)
    if not isinstance(movie, Integral) or isinstance(movie, bool):
        raise TypeError(f"A movie is an id or a title, not {movie!r}.")
    found = np.flatnonzero(movie_ids == movie)
    if not found.size:
        # Python's whole numbers neither wrap around nor overflow, as numpy's do.
        distances = [abs(other - int(movie)) for other in movie_ids.tolist()]
        nearest = sorted(range(len(movie_ids)), key=distances.__getitem__)[:3]
        raise UnknownMovieError(
            f"movie_id {movie} is not among these {len(movie_ids):,} movies. "
            f"The nearest ids: {_listing(nearest, movie_ids, titles)}."
        )
    return int(found[0])


def _row_of_title(title: str, movie_ids: NDArray[np.integer], titles: Titles) -> int:
    if titles is None:
        raise UnknownMovieError(
            f"These vectors have no titles, so {title!r} cannot be looked up. "
            "Give a movie_id, or pass titles= to MovieVectors."
        )
    rows = rows_of_title(title, titles)
    if not rows:
        near = _listing(nearest_titles(title, titles), movie_ids, titles)
        raise UnknownMovieError(
            f"No movie among these {len(movie_ids):,} is called {title!r}. Did you "
            f"mean {near}?"
        )
    if len(rows) > 1:
        some = _listing(rows[:5], movie_ids, titles)
        raise ValueError(
            f"{len(rows)} movies are called {title!r}: {some}. "
            "Give the whole title or the movie_id."
        )
    return rows[0]


def _listing(
    rows: Iterable[int], movie_ids: NDArray[np.integer], titles: Titles
) -> str:
    if titles is None:
        return ", ".join(str(movie_ids[row]) for row in rows)
    return ", ".join(f"{titles[row]!r} ({movie_ids[row]})" for row in rows)
