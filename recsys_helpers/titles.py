"""Find a movie by what a person types, and suggest titles when there is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_YEAR = re.compile(r"\s*\(\d{4}\)\s*$")


def without_year(title: str) -> str:
    """Cut the year off the end of a MovieLens title.

    Examples
    --------
    >>> without_year("Toy Story (1995)")
    'Toy Story'
    >>> without_year("2001: A Space Odyssey")
    '2001: A Space Odyssey'
    """
    return _YEAR.sub("", title)


def fold_title(title: str) -> str:
    """Title without case, accents and superfluous spaces, for comparing.

    Examples
    --------
    >>> fold_title("  Amélie  (2001)")
    'amelie (2001)'
    """
    decomposed = unicodedata.normalize("NFKD", title.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


def rows_of_title(title: str, titles: Sequence[str]) -> list[int]:
    """Positions at which `titles` holds a title.

    The first of these that finds any: the same text; the same but for case, accents
    and spaces; the same without the years.

    Parameters
    ----------
    title : str
    titles : sequence of str

    Returns
    -------
    list of int
        More than one where several movies are called so; empty where none is.

    Examples
    --------
    >>> rows_of_title("toy story", ["Heat (1995)", "Toy Story (1995)"])
    [1]
    """
    same = [row for row, other in enumerate(titles) if other == title]
    if same:
        return same
    wanted = fold_title(title)
    folded = [fold_title(other) for other in titles]
    same = [row for row, other in enumerate(folded) if other == wanted]
    if same:
        return same
    return [row for row, other in enumerate(folded) if without_year(other) == wanted]


def nearest_titles(title: str, titles: Sequence[str], n: int = 3) -> list[int]:
    """Positions of the titles that look most like this one, best first.

    Examples
    --------
    >>> nearest_titles("Toy Stroy", ["Heat (1995)", "Toy Story (1995)"], n=1)
    [1]
    """
    # Only a mistyped title needs this library.
    from rapidfuzz import fuzz, process

    found = process.extract(
        fold_title(title),
        [fold_title(without_year(other)) for other in titles],
        scorer=fuzz.WRatio,
        limit=n,
    )
    return [row for _, _, row in found]
