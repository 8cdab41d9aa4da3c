"""The names that IMDb and TMDB give to a film."""

import re
from numbers import Integral, Real
from typing import Any

__all__ = ["as_imdb_id", "as_tmdb_id"]

_IMDB_ID = re.compile(r"(?:tt)?([0-9]{1,12})")
_TMDB_ID = re.compile(r"[0-9]{1,12}")


def as_imdb_id(value: int | str) -> str:
    """Write an IMDb id as IMDb does: "tt" and at least seven digits.

    The source text glued "tt0" to ids of six digits, and lost all films that have
    others.

    Raises
    ------
    ValueError
        For what is no such id.

    Examples
    --------
    >>> as_imdb_id(114709), as_imdb_id("10872600"), as_imdb_id("tt0000417")
    ('tt0114709', 'tt10872600', 'tt0000417')
    """
    found = _IMDB_ID.fullmatch(_digits(value))
    if not found or not int(found[1]):
        raise ValueError(f"{value!r} is not an IMDb id, such as 114709 or 'tt0114709'.")
    return f"tt{int(found[1]):07}"


def as_tmdb_id(value: int | str) -> int:
    """Return the id of a film in TMDB as a number.

    Raises
    ------
    ValueError
        For what is no such id.

    Examples
    --------
    >>> as_tmdb_id(862.0), as_tmdb_id("862")
    (862, 862)
    """
    text = _digits(value)
    if not _TMDB_ID.fullmatch(text) or not int(text):
        raise ValueError(f"{value!r} is not the id of a film in TMDB, such as 862.")
    return int(text)


def _digits(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, Real):
        return ""
    # A column of ids in which some are missing holds floats.
    whole = isinstance(value, Integral) or float(value).is_integer()
    return str(int(float(value))) if whole else ""
