"""Find a movie by what a person types, and suggest titles when there is none.

MovieLens writes "Matrix, The (1999)", "Seven (a.k.a. Se7en) (1995)" and "Boot, Das
(Boat, The) (1981)": the article behind, other titles in parentheses, the year at the
end. People write "The Matrix", "Se7en" and "das boot".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# "(1995)", "(1975-1979)", "(2007- )" and, as the 25m edition once has, "(1983))".
YEAR_AT_END = re.compile(r"\s*\(([0-9]{4})\s*(?:[-\u2013]\s*(?:[0-9]{4})?\s*)?\)+\s*$")
# "(film)", "(1997 film)", "(2012 Indian film)": how Wikipedia tells a film from a book.
_FILM_NOTE = re.compile(r"\s+\((?:([0-9]{4})\s+)?(?:\w+\s+){0,2}film\)\s*$")
# Letters that are no letter with an accent, so that taking accents off leaves them.
_LIGATURES = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"})
_ARTICLES = "the|an?|les?|la|il|lo|el|los|las|der|die|das|eine?"
_IN_FRONT = re.compile(rf"(?:({_ARTICLES}) |(l') ?)(.+)")
_BEHIND = re.compile(rf"(.+), ({_ARTICLES}|l')")
# Not at the start: "(500) Days of Summer" has no other title.
_OTHER_TITLE = re.compile(r"(?<=\S) \((?:a\.?k\.?a\.? )?([^()]*)\)")


def without_year(title: str) -> str:
    """Cut the year, or the years, off the end of a MovieLens title.

    Examples
    --------
    >>> without_year("Toy Story (1995)")
    'Toy Story'
    >>> without_year("Fawlty Towers (1975-1979)")
    'Fawlty Towers'
    >>> without_year("2001: A Space Odyssey")
    '2001: A Space Odyssey'
    """
    return YEAR_AT_END.sub("", title)


def spoken_title(title: str) -> str:
    """Give a movie's main title as people say it: article in front, without year.

    Examples
    --------
    >>> spoken_title("City of Lost Children, The (Cité des enfants perdus, La) (1995)")
    'The City of Lost Children'
    >>> spoken_title("Seven (a.k.a. Se7en) (1995)")
    'Seven'
    """
    main = _OTHER_TITLE.sub("", without_year(title))
    behind = re.fullmatch(_BEHIND.pattern, main, re.IGNORECASE)
    if behind is None:
        return main
    return behind[2] + " " * behind[2].isalpha() + behind[1]


def without_film_note(title: str) -> str:
    """Cut off what Wikipedia adds where other things have a film's title.

    Examples
    --------
    >>> without_film_note("Titanic (1997 film)")
    'Titanic'
    >>> without_film_note("Rogue One")
    'Rogue One'
    """
    return _FILM_NOTE.sub("", title)


def year_of(title: str) -> int | None:
    """Year at the end of a title, the first of a range; None without one.

    Examples
    --------
    >>> year_of("Fawlty Towers (1975-1979)")
    1975
    >>> year_of("Titanic (1997 film)")
    1997
    """
    found = YEAR_AT_END.search(title) or _FILM_NOTE.search(title)
    return int(found[1]) if found and found[1] else None


def fold_title(title: str) -> str:
    """Title without case, accents and superfluous spaces, for comparing.

    Examples
    --------
    >>> fold_title("  Amélie  (2001)")
    'amelie (2001)'
    """
    lower = title.casefold().translate(_LIGATURES)
    decomposed = unicodedata.normalize("NFKD", lower)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.casefold().replace("\u2019", "'").split())


def names_in(title: str) -> list[str]:
    """All that a movie is called in its title, for comparing it with other titles.

    Returns
    -------
    list of str
        Folded, with the article in front, without year and without Wikipedia's note;
        the main name first, then those in parentheses.

    Examples
    --------
    >>> names_in("Seven (a.k.a. Se7en) (1995)")
    ['seven', 'se7en']
    >>> names_in("Usual Suspects, The (1995)")
    ['the usual suspects']
    """
    return [
        article + " " * (article.isalpha()) + name
        for name, article in _names(without_film_note(title))
    ]


def without_article(name: str) -> str:
    """Take the article off the front of a folded name.

    Examples
    --------
    >>> without_article("the usual suspects")
    'usual suspects'
    """
    return _article_apart(name)[0]


def rows_of_title(title: str, titles: Sequence[str]) -> list[int]:
    """Positions at which `titles` holds a title.

    The first of these that finds any: the same text; the same but for case, accents,
    spaces and where the article stands; the same as the part before parentheses; the
    same as one in parentheses, as "Se7en" in "Seven (a.k.a. Se7en) (1995)". A title
    without a year finds those of all years.

    Parameters
    ----------
    title : str
    titles : sequence of str
        Prepared once and remembered: looking up many titles in them is quick.

    Returns
    -------
    list of int
        More than one where several movies are called so; empty where none is.

    Examples
    --------
    >>> rows_of_title("the matrix", ["Heat (1995)", "Matrix, The (1999)"])
    [1]
    """
    rows = _prepared(tuple(titles)).rows
    year, names = year_of(title), _names(title)
    main = names[0]
    for key in [title, ("all", names, year), ("main", main, year), ("any", main, year)]:
        if key in rows:
            return list(rows[key])
    return []


def nearest_titles(title: str, titles: Sequence[str], n: int = 3) -> list[int]:
    """Positions of the titles that look most like this one, best first.

    Compared are letters and digits alone, without articles and years: the whole of
    one of a movie's titles or, which counts a little less, the part of a longer one
    that is most alike. Among equals the same year goes first, then the shorter title.

    Examples
    --------
    >>> nearest_titles("Toy Stroy (1995)", ["Heat (1995)", "Toy Story (1995)"], n=1)
    [1]
    """
    # Only a mistyped title needs this library.
    from rapidfuzz import fuzz, process

    prepared = _prepared(tuple(titles))
    wanted = _letters(_names(title)[0])
    whole = process.cdist([wanted], prepared.letters, scorer=fuzz.ratio)[0]
    part = process.cdist([wanted], prepared.letters, scorer=fuzz.partial_ratio)[0]
    lengths = np.array([len(letters) for letters in prepared.letters])
    # A part of what was typed is no likeness: "M" is in "Matrix".
    alike = np.maximum(whole, np.where(lengths > len(wanted), 0.9 * part, 0))
    best = np.zeros(len(titles))
    np.maximum.at(best, prepared.owners, alike)
    other_year = [year_of(other) != year_of(title) for other in titles]
    lengths = np.array([len(other) for other in titles])
    order = np.lexsort((lengths, np.array(other_year), -best))
    return order[:n].tolist()


class _Prepared(NamedTuple):
    """Titles, ready to be searched.

    `rows` has the rows of each text, and with and without the year those of "all" names
    together, of the "main" name and of "any" name; `letters` are the letters of each
    name, and `owners` the row whose name that is.
    """

    rows: dict[object, list[int]]
    letters: list[str]
    owners: NDArray[np.intp]


_Name = tuple[str, str]  # without its article, and the article


@lru_cache(maxsize=4)
def _prepared(titles: tuple[str, ...]) -> _Prepared:
    rows: dict[object, list[int]] = {}
    letters: list[str] = []
    owners: list[int] = []
    for row, title in enumerate(titles):
        names = _names(title)
        years = (year_of(title), None)
        called = [("all", names), ("main", names[0]), *(("any", n) for n in names)]
        keys = [title, *((*name, year) for name in called for year in years)]
        for key in dict.fromkeys(keys):
            rows.setdefault(key, []).append(row)
        letters += map(_letters, names)
        owners += [row] * len(names)
    return _Prepared(rows, letters, np.array(owners, dtype=np.intp))


def _names(title: str) -> tuple[_Name, ...]:
    """All that a movie is called in its title, the main name first."""
    folded = fold_title(without_year(title))
    main = _OTHER_TITLE.sub("", folded)
    return tuple(map(_article_apart, [main, *_OTHER_TITLE.findall(folded)]))


def _article_apart(name: str) -> _Name:
    if behind := _BEHIND.fullmatch(name):
        return behind[1], behind[2]
    if in_front := _IN_FRONT.fullmatch(name):
        return in_front[3], in_front[1] or in_front[2]
    return name, ""


def _letters(name: _Name) -> str:
    return re.sub(r"\W", "", name[0]) or name[0]
