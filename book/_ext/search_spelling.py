"""Let the search find pages in either spelling: "neighbor" finds "neighbour".

The course is written in British spelling. `SPELLINGS` turns an American word into the
British one, before Sphinx takes its ending off: here, where the words of the pages are
indexed, and in the browser, where those of a reader are looked up.
"""

from __future__ import annotations

import json
import re

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

# Expressions that mean the same in Python and in JavaScript.
SPELLINGS = (
    (r"^(neighb|col|fav|behavi|hon)or(?!i[sz])", r"\1our"),
    (r"^center(ed|ing)$", r"centr\1"),
    (r"^center", "centre"),
    (r"^catalog(s|ed)?$", r"catalogue\1"),
    (r"^(cancel|label|model|travel)(ed|ing|er|ers)$", r"\1l\2"),
    (r"^gray", "grey"),
    (r"^licens(e|es)$", r"licenc\1"),
    (r"^math$", "maths"),
    (r"^(.{3,})iz(e|ed|es|er|ers|ing|ation|ations)$", r"\1is\2"),
    (r"^(.+)yz(e|ed|es|er|ers|ing)$", r"\1ys\2"),
)
# Sphinx's code may end without a semicolon.
IN_THE_BROWSER = """;
(function () {
  var spellings = %s;
  var English = Stemmer;
  Stemmer = function () {
    var english = new English();
    this.stemWord = function (word) {
      spellings.forEach(function (one) {
        word = word.replace(new RegExp(one[0]), one[1]);
      });
      return english.stemWord(word);
    };
  };
})();
"""


def british(word: str) -> str:
    """Write a word in lower case, and as the course does.

    >>> [british(word) for word in ("Neighbors", "centered", "regularization", "size")]
    ['neighbours', 'centred', 'regularisation', 'size']
    """
    word = word.lower()
    for american, ours in SPELLINGS:
        word = re.sub(american, lambda match, to=ours: _filled(match, to), word)
    return word


def _filled(match: re.Match, replacement: str) -> str:
    """Fill in what the groups have found: nothing, where one was not needed."""
    return re.sub(r"\\(\d)", lambda group: match[int(group[1])] or "", replacement)


def in_javascript() -> str:
    """Write the same for the browser."""
    pairs = [(american, ours.replace("\\", "$")) for american, ours in SPELLINGS]
    return IN_THE_BROWSER % json.dumps(pairs)


class EitherSpelling(SearchEnglish):
    """English, in which "neighbor" and "neighbour" are one word."""

    js_stemmer_code = SearchEnglish.js_stemmer_code + in_javascript()

    def stem(self, word: str) -> str:
        """Take the ending off the British form of a word."""
        return super().stem(british(word))


def setup(app: Sphinx) -> dict:
    """Register the language, in the place of Sphinx's English."""
    app.add_search_language(EitherSpelling)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
