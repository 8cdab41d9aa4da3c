"""What of a movie's titles has to be the same for two movies to count as one.

Each function takes all that a movie is called, as
:func:`recsys_helpers.titles.names_in` gives it, and returns keys to be compared.
"""

from __future__ import annotations

import re

from recsys_helpers.titles import without_article

__all__ = [
    "Names",
    "any_title",
    "parts",
    "spelt_alike",
    "whole_of_words",
    "whole_title",
    "without_articles",
]

Names = list[str]

_ROMAN = ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_SPELLINGS = {
    **{roman: str(number) for number, roman in enumerate(_ROMAN, start=2)},
    "two": "2",
    "three": "3",
    "vol": "volume",
    "doctor": "dr",
    "colour": "color",
    "colours": "colors",
}
# "Borat: Cultural Learnings ...", "Dr. Strangelove or: How I ...", "Che - Part One".
_BETWEEN_PARTS = re.compile(r",?(?: or)?:\s+|\s+[-\u2013\u2014]\s+")
# "Jet Li's Fearless" is "Fearless". "Jupiter's Wife" is not "The Wife".
_WHOSE = re.compile(r".+?(?:'s|s') (.+)")


def whole_title(names: Names) -> Names:
    """Letters of the main title."""
    return [_letters(names[0])]


def whole_of_words(names: Names) -> Names:
    """Letters of the main title, if it has more than one word."""
    return [_letters(names[0])] if len(_words(without_article(names[0]))) > 1 else []


def any_title(names: Names) -> Names:
    """Letters of each title."""
    return [_letters(name) for name in names]


def spelt_alike(names: Names) -> Names:
    """Letters of each title, with numbers and some words spelt in one way."""
    return [
        "".join(_SPELLINGS.get(word, word) for word in _words(name)) for name in names
    ]


def without_articles(names: Names) -> Names:
    """Letters of each title, spelt alike, without the article in front."""
    return spelt_alike([without_article(name) for name in names])


def parts(names: Names) -> Names:
    """Letters of what stands between the colons or dashes, or behind "somebody's"."""
    found = _BETWEEN_PARTS.split(names[0])
    whose = _WHOSE.fullmatch(names[0])
    return spelt_alike(found[len(found) == 1 :] + ([whose[1]] if whose else []))


def _words(name: str) -> Names:
    return re.findall(r"[^\W_]+", name.replace("&", " and ")) or [name]


def _letters(name: str) -> str:
    return "".join(_words(name))
