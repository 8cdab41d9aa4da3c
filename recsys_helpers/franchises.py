"""Which films are sequels of each other, by a rule that reads titles.

The rule is stated in `series_name`. It misses series whose titles share no beginning
that a sign ends ("Harry Potter and ..."), and takes some films for relatives that only
share a word; but it is the same for every method that is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from recsys_helpers.titles import names_in, without_article

__all__ = ["SeriesName", "franchise_matrix", "series_name"]

_SUBTITLE = re.compile(r":\s+|\s+[-\u2013\u2014]\s+")
_ROMAN = r"ii|iii|iv|v|vi|vii|viii|ix|x"
_WORDS = r"one|two|three|four|five|six|seven|eight|nine|ten"
_COUNTED = re.compile(
    r"[.,]?\s+(?:"
    rf"(?:part|chapter|episode|volume|vol\.?)\s+(?:\d+|i|{_ROMAN}|{_WORDS})"
    rf"|\d[\d\u2044/.]*|{_ROMAN}"
    r")$"
)
_FEWEST_LETTERS = 3


class SeriesName(NamedTuple):
    """The name of the series that a title could belong to, and what tells so."""

    stem: str
    is_marked: bool
    title: str


def series_name(title: str) -> SeriesName:
    """Cut off a title what tells it from other films of its series.

    1. Take the title without case, accents and the article in front.
    2. Take the part before the first colon, or dash between spaces.
    3. Take off a number at its end: "2", "III", or "Part", "Chapter", "Episode" or
       "Volume" with a number, a Roman one, or a word up to "ten".

    Parameters
    ----------
    title : str

    Returns
    -------
    SeriesName
        The stem; whether anything was cut off in step 2 or 3; the title of step 1.

    Examples
    --------
    >>> series_name("The Godfather Part II")
    SeriesName(stem='godfather', is_marked=True, title='godfather part ii')
    >>> series_name("Alien").is_marked
    False
    """
    whole = without_article(names_in(title)[0])
    first = _SUBTITLE.split(whole)[0]
    stem = _COUNTED.sub("", first)
    return SeriesName(stem, stem != whole, whole)


def franchise_matrix(titles: Sequence[str]) -> sparse.csr_array:
    """Mark the films that are sequels of each other, or belong to one franchise.

    Two films do if they have the same stem, of at least three letters or digits, and
    different titles (the same title is a remake), and at least one of them is marked.

    Parameters
    ----------
    titles : sequence of str, length n_films

    Returns
    -------
    scipy.sparse.csr_array of bool, shape (n_films, n_films)
        Symmetric, without a diagonal.

    Examples
    --------
    >>> franchise_matrix(["Alien", "Aliens", "Alien 3"]).nonzero()[0].tolist()
    [0, 2]
    """
    names = [series_name(title) for title in titles]
    series: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        if len(re.findall(r"\w", name.stem)) >= _FEWEST_LETTERS:
            series.setdefault(name.stem, []).append(row)
    cells = [
        (a, b)
        for rows in series.values()
        for a in rows
        for b in rows
        if names[a].title != names[b].title
        and (names[a].is_marked or names[b].is_marked)
    ]
    rows, columns = np.array(cells, dtype=np.intp).reshape(-1, 2).T
    shape = (len(titles), len(titles))
    return sparse.csr_array((np.ones(len(cells), dtype=bool), (rows, columns)), shape)
