"""Find a movie by what a person types, suggest titles, and tell which are sequels.

MovieLens files "Matrix, The (1999)", "Seven (a.k.a. Se7en) (1995)" and "Boot, Das
(Boat, The) (1981)": the article behind, other titles in parentheses, the year at the
end. People write "The Matrix", "Se7en" and "das boot". The course puts each article in
front where it reads the data, and finds a movie by both forms.

Which films are sequels of each other is told by a rule that reads titles, stated in
`series_name`. It misses series whose titles share no beginning that a sign ends ("Harry
Potter and ..."), and takes some films for relatives that only share a word; but it is
the same for every method that is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# "(1995)", "(1975-1979)", "(2007- )" and, as the 25m edition once has, "(1983))".
YEAR_AT_END = re.compile(r"\s*\(([0-9]{4})\s*(?:[-\u2013]\s*(?:[0-9]{4})?\s*)?\)+\s*$")
# "(film)", "(1997 film)", "(2012 Indian film)": how Wikipedia tells a film from a book.
_FILM_NOTE = re.compile(r"\s+\((?:([0-9]{4})\s+)?(?:\w+\s+){0,2}film\)\s*$")
# Letters that are no letter with an accent, so that taking accents off leaves them.
_LIGATURES = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"})
_ARTICLES = "the|an?|les?|la|il|lo|el|los|las|der|die|das|eine?"
_IN_FRONT = re.compile(rf"(?:({_ARTICLES}) |(l') ?)(.+)")
# In front they may be words of their own: "O Brother", "De Palma". "I" and "Une" are
# not here: they would pair two more movies with films, and change all results of those.
_ONLY_BEHIND = "una?|den|det|de|en|o"
# "Boot, Das", "(a.k.a. Boat, The)" and "Human Centipede II (Full Sequence), The". The
# live page has it, too: fold.js.
_FILED = re.compile(
    r"(^\s*|\((?:a\.?k\.?a\.? )?)([^()]+?(?: \([^()]*\))?), "
    rf"(?:({_ARTICLES}|{_ONLY_BEHIND})|(l['\u2019]))(?=\s*(?:[()]|$))",
    re.IGNORECASE,
)
# What stands in, or for, the apostrophe of "Schindler's List".
_NO_APOSTROPHES = str.maketrans(dict.fromkeys("'`\u00b4\u2018\u2019\u02bb\u02bc\u2032"))
_WORDS = re.compile(r"[^\W_]+")
_YEAR_LAST = re.compile(r"(?:(.+) )?((?:18|19|20)[0-9]{2})")
# Not at the start: "(500) Days of Summer" has no other title.
_OTHER_TITLE = re.compile(r"(?<=\S) \((?:a\.?k\.?a\.? )?([^()]*)\)")
# Some of the distances of `match_titles`.
_START_OF_A_WORD, _YEAR, NO_MATCH = 4, 7, 8

# What is cut off a title to find its series.
_SUBTITLE = re.compile(r":\s+|\s+[-\u2013\u2014]\s+")
_ROMAN = r"ii|iii|iv|v|vi|vii|viii|ix|x"
_NUMBER_WORDS = r"one|two|three|four|five|six|seven|eight|nine|ten"
_COUNTED = re.compile(
    r"[.,]?\s+(?:"
    rf"(?:part|chapter|episode|volume|vol\.?)\s+(?:\d+|i|{_ROMAN}|{_NUMBER_WORDS})"
    rf"|\d[\d\u2044/.]*|{_ROMAN}"
    r")$"
)
# Shorter stems are shared by chance.
_FEWEST_LETTERS = 3

_Name = tuple[str, str]  # without its article, and the article


def match_titles(query: str, titles: Sequence[str]) -> NDArray[np.intp]:
    """How far each title is from what somebody types to find it.

    One rule for `nearest_titles`, for the server's search and, written once more in
    ``book/_static/live/fold.js``, for the live page. What is typed is compared with
    each of a movie's names, with and without the article, by `fold_words`:

    0. it is the whole name;
    1. it is the name's first words, or
    2. some of its words, one after the other. Up to here spaces do not count, so
       that "spiderman" and "et" find "Spider-Man" and "E.T.";
    3. the name starts with it, or
    4. it is at the start of a word, and the last word may go on;
    5. each of its words starts a word, in any order; or it does without its spaces;
    6. it is any part of the name;
    7. it is a year, and the movie's.

    Where no name of a movie is found so, a year at the end of the query is taken for
    the movie's, and the rest for its name. `NO_MATCH` stands for what is not found.

    Examples
    --------
    >>> match_titles("seven", ["Seventh Son (2014)", "Seven (a.k.a. Se7en) (1995)"])
    array([3, 0])
    """
    far = np.full(len(titles), NO_MATCH, dtype=np.intp)
    wanted = fold_words(natural_title(query))
    if not wanted:
        return far
    prepared = _searched(tuple(titles))
    for row in _may_hold(prepared, wanted):
        far[row] = min(_distance(name, wanted) for name in prepared[row].names)
    if last := _YEAR_LAST.fullmatch(wanted):
        rest = last[1]
        rows = _may_hold(prepared, rest) if rest else range(len(titles))
        for row in rows:
            if far[row] == NO_MATCH and prepared[row].year == int(last[2]):
                names = prepared[row].names
                far[row] = min(_distance(n, rest) for n in names) if rest else _YEAR
    return far


def rows_of_title(title: str, titles: Sequence[str]) -> list[int]:
    """Positions at which `titles` holds a title.

    The first of these that finds any: the same text; the same but for case, accents,
    spaces and where the article stands, all names of it; the same as the part before
    parentheses; the same as one in parentheses, as "Se7en" in "Seven (a.k.a. Se7en)
    (1995)"; and the last two once more by letters and digits alone, as "Spiderman"
    for "Spider-Man (2002)". A title without a year finds those of all years.

    Several where several movies are called so; empty where none is. The titles are
    prepared once and remembered: looking up many in them is quick.

    Examples
    --------
    >>> rows_of_title("Matrix, The", ["Heat (1995)", "The Matrix (1999)"])
    [1]
    >>> rows_of_title("1984", ["1984 (Nineteen Eighty-Four) (1984)", "1984 (1956)"])
    [0, 1]
    """
    rows = _prepared(tuple(titles)).rows
    year, names = year_of(title), _names(title)
    main, spelt = names[0], (_letters(names[0]), names[0][1])
    keys = [
        title,
        ("all", names, year),
        ("main", main, year),
        ("any", main, year),
        ("main letters", *spelt, year),
        ("any letters", *spelt, year),
    ]
    if len(names) == 1:
        # Who types one name means every movie of that name, also one that has others.
        del keys[1]
    return next((list(rows[key]) for key in keys if key in rows), [])


def nearest_titles(title: str, titles: Sequence[str], n: int = 3) -> list[int]:
    """Positions of the titles that look most like this one, best first.

    First those that `match_titles` finds by whole words or the start of one. Then,
    for what is mistyped, the titles most alike: compared are letters and digits alone,
    without articles and years: the whole of one of a movie's titles or, which counts a
    little less, the part of a longer one that is most alike. Among equals the same
    year goes first, then the shorter title.
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
    far = match_titles(without_year(title), titles)
    far[far > _START_OF_A_WORD] = NO_MATCH
    other_year = [year_of(other) != year_of(title) for other in titles]
    lengths = np.array([len(other) for other in titles])
    order = np.lexsort((lengths, np.array(other_year), -best, far))
    return order[:n].tolist()


class SeriesName(NamedTuple):
    """The stem, whether step 2 or 3 of `series_name` cut anything off, and step 1."""

    stem: str
    is_marked: bool
    title: str


def series_name(title: str) -> SeriesName:
    """Cut off a title what tells it from other films of its series.

    1. Take the title without case, accents and the article in front.
    2. Take the part before the first colon, or dash between spaces.
    3. Take off a number at its end: "2", "III", or "Part", "Chapter", "Episode" or
       "Volume" with a number, a Roman one, or a word up to "ten".

    Examples
    --------
    >>> series_name("The Godfather Part II")
    SeriesName(stem='godfather', is_marked=True, title='godfather part ii')
    """
    whole = without_article(names_in(title)[0])
    first = _SUBTITLE.split(whole)[0]
    stem = _COUNTED.sub("", first)
    return SeriesName(stem, stem != whole, whole)


def franchise_matrix(titles: Sequence[str]) -> sparse.csr_array:
    """Mark the films that are sequels of each other, or belong to one franchise.

    Two films do if they have the same stem, of at least three letters or digits, and
    different titles (the same title is a remake), and at least one of them is marked.
    Returns bools of shape (n_films, n_films), symmetric, without a diagonal.

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


def without_year(title: str) -> str:
    """Cut the year, or the years, off the end of a MovieLens title."""
    return YEAR_AT_END.sub("", title)


def natural_title(title: str) -> str:
    """Put the article of each name in a title in front, where people write it.

    Examples
    --------
    >>> natural_title("City of Lost Children, The (Cité des enfants perdus, La) (1995)")
    'The City of Lost Children (La Cité des enfants perdus) (1995)'
    >>> natural_title("Avventura, L' (Adventure, The) (1960)")
    "L'Avventura (The Adventure) (1960)"
    """
    # Of the two groups for articles, one is None: L' goes without a space.
    return _FILED.sub(
        lambda found: found[1] + (found[4] or f"{found[3]} ") + found[2], title
    )


def spoken_title(title: str) -> str:
    """Give a movie's main title as people say it: without other titles and year.

    Examples
    --------
    >>> spoken_title("The City of Lost Children (La Cité des enfants perdus) (1995)")
    'The City of Lost Children'
    """
    return _OTHER_TITLE.sub("", without_year(natural_title(title)))


def without_film_note(title: str) -> str:
    """Cut off the "(1997 film)" by which Wikipedia tells a film from its namesakes."""
    return _FILM_NOTE.sub("", title)


def year_of(title: str) -> int | None:
    """Year at the end of a title, before "film" too, the first of a range; or None."""
    found = YEAR_AT_END.search(title) or _FILM_NOTE.search(title)
    return int(found[1]) if found and found[1] else None


def fold_title(title: str) -> str:
    """Title without case, accents and superfluous spaces, for comparing."""
    lower = title.casefold()
    if lower.isascii():  # most titles are, and this is much quicker
        return " ".join(lower.split())
    lower = lower.translate(_LIGATURES)
    decomposed = unicodedata.normalize("NFKD", lower)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.casefold().replace("\u2019", "'").split())


def fold_words(text: str) -> str:
    """Words of a text as they are searched: letters and digits, and no signs.

    The live page does the same: ``fold`` in ``book/_static/live/fold.js``. A text of
    signs alone stays what it is: there is nothing else to find it by.

    Examples
    --------
    >>> fold_words("Mr. & Mrs. Smith")
    'mr and mrs smith'
    """
    folded = fold_title(text.translate(_NO_APOSTROPHES)).replace("&", " and ")
    if not folded.isascii():
        marks = (unicodedata.category(c).startswith("M") for c in folded)
        folded = "".join(c for c, m in zip(folded, marks, strict=True) if not m)
    return " ".join(_WORDS.findall(folded)) or fold_title(text)


def names_in(title: str) -> list[str]:
    """All that a movie is called in its title, for comparing it with other titles.

    Folded, with the article in front, without year and without Wikipedia's note; the
    main name first, then those in parentheses.

    Examples
    --------
    >>> names_in("Seven (a.k.a. Se7en) (1995)")
    ['seven', 'se7en']
    """
    return [
        article + " " * (article.isalpha()) + name
        for name, article in _names(without_film_note(title))
    ]


def names_searched(title: str) -> list[str]:
    """All that a movie is searched by: as spoken, and its other names.

    Examples
    --------
    >>> names_searched("Das Boot (The Boat) (1981)")
    ['Das Boot', 'the boat']
    """
    names = dict.fromkeys([spoken_title(title), *names_in(title)[1:]])
    return [name for name in names if name]


def without_article(name: str) -> str:
    """Take the article off the front of a folded name."""
    return _article_apart(name)[0]


class _Prepared(NamedTuple):
    """Titles, ready to be looked up.

    `rows` has the rows of each text, and with and without the year those of "all" names
    together, of the "main" name and of "any" name; `letters` are the letters of each
    name, and `owners` the row whose name that is.
    """

    rows: dict[object, list[int]]
    letters: list[str]
    owners: NDArray[np.intp]


@lru_cache(maxsize=4)
def _prepared(titles: tuple[str, ...]) -> _Prepared:
    rows: dict[object, list[int]] = {}
    letters: list[str] = []
    owners: list[int] = []
    for row, title in enumerate(titles):
        names = _names(title)
        spelt = [_letters(name) for name in names]
        called: list[tuple] = [("all", names), ("main", names[0])]
        called += [("any", name) for name in names]
        called += [("main letters", spelt[0], names[0][1])]
        called += [
            ("any letters", word, name[1])
            for word, name in zip(spelt, names, strict=True)
        ]
        years = (year_of(title), None)
        keys = [title, *((*name, year) for name in called for year in years)]
        for key in dict.fromkeys(keys):
            rows.setdefault(key, []).append(row)
        letters += spelt
        owners += [row] * len(names)
    return _Prepared(rows, letters, np.array(owners, dtype=np.intp))


class _Searched(NamedTuple):
    """A movie as it is searched; `words` and `letters` are those of all its names."""

    names: list[str]
    words: str
    letters: str
    year: int | None


@lru_cache(maxsize=4)
def _searched(titles: tuple[str, ...]) -> list[_Searched]:
    prepared = []
    for title in titles:
        names = names_searched(title)
        bare = [without_article(fold_title(name)) for name in names]
        kept = list(dict.fromkeys(map(fold_words, names + bare)))
        words = "\n".join(kept)
        year = year_of(title)
        prepared.append(_Searched(kept, words, words.replace(" ", ""), year))
    return prepared


def _may_hold(prepared: list[_Searched], wanted: str) -> list[int]:
    """Rows that are worth a closer look: `_distance` takes much longer."""
    parts, letters = wanted.split(), wanted.replace(" ", "")
    return [
        row
        for row, movie in enumerate(prepared)
        if letters in movie.letters or all(part in movie.words for part in parts)
    ]


def _distance(name: str, wanted: str) -> int:
    """Give a place in the list of `match_titles`."""
    words = name.split()
    letters, letters_wanted = "".join(words), wanted.replace(" ", "")
    if letters == letters_wanted:
        return 0
    edges = set(accumulate(map(len, words), initial=0))
    starts = {at for at in edges if letters.startswith(letters_wanted, at)}
    whole = {at for at in starts if at + len(letters_wanted) in edges}
    if whole:
        return 1 if 0 in whole else 2
    spaced, parts = f" {name}", wanted.split()
    if f" {wanted}" in spaced:
        return 3 if name.startswith(wanted) else 4
    if starts or all(f" {part}" in spaced for part in parts):
        return 5
    return 6 if wanted in name else NO_MATCH


def _names(title: str) -> tuple[_Name, ...]:
    """All that a movie is called in its title, the main name first."""
    folded = fold_title(natural_title(without_year(title)))
    main = _OTHER_TITLE.sub("", folded)
    return tuple(map(_article_apart, [main, *_OTHER_TITLE.findall(folded)]))


def _article_apart(name: str) -> _Name:
    if in_front := _IN_FRONT.fullmatch(name):
        return in_front[3], in_front[1] or in_front[2]
    return name, ""


def _letters(name: _Name) -> str:
    return fold_words(name[0]).replace(" ", "")
