"""Any title, set so that it fits: fonts, wrapping, and letters that a font lacks.

The fonts are those that come with matplotlib, so that a poster looks the same on
every machine; without them, the one that comes with Pillow.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

# It has the most letters: Greek, Cyrillic, Hebrew and Arabic among them.
WIDEST_FONT = "DejaVuSans-Bold"
MORE = "\u2026"
_MISSING = "\U0010ffff"  # a character that no font has


def font_file(name: str) -> Path | None:
    """Path of a font that comes with matplotlib, or None if it is not there."""
    package = find_spec("matplotlib")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf"
    return path if path.exists() else None


@lru_cache(maxsize=256)
def font(name: str, size: int, right_to_left: bool = False) -> FreeTypeFont:
    """Open a font in a size in pixels.

    Right-to-left text needs the layout of Raqm, where Pillow has it; other text has
    the basic one, which every Pillow has, so that all machines draw alike.
    """
    from PIL import ImageFont, features

    path = font_file(name)
    if path is None:
        return ImageFont.load_default(size)
    use_raqm = right_to_left and features.check("raqm") and features.check("fribidi")
    layout = ImageFont.Layout.RAQM if use_raqm else ImageFont.Layout.BASIC
    return ImageFont.truetype(str(path), size, layout_engine=layout)


def drawable(text: str, name: str) -> tuple[str, str]:
    r"""Find a font for a text, and leave out what it cannot draw.

    Parameters
    ----------
    text : str
        Anything.
    name : str
        The font to use if it has all the letters; else it is `WIDEST_FONT`.

    Returns
    -------
    text : str
        On one line, without control characters and letters that no font here has.
        Empty if no letter or digit is left.
    name : str
        Font to draw it with.

    Examples
    --------
    >>> drawable("Amélie\n(2001)", "STIXGeneralBol")
    ('Amélie (2001)', 'STIXGeneralBol')
    >>> drawable("七人の侍", "STIXGeneralBol")
    ('', 'DejaVuSans-Bold')
    """
    visible = "".join(
        " " if letter.isspace() else letter
        for letter in unicodedata.normalize("NFC", text)
        # C: control characters, surrogates, unassigned; and marks that only choose
        # between forms of an emoji.
        if letter.isspace()
        or (unicodedata.category(letter)[0] != "C" and letter != "\ufe0f")
    )
    line = " ".join(visible.split())
    if not all(_has(name, letter) for letter in line):
        name = WIDEST_FONT
    kept = " ".join("".join(x if _has(name, x) else " " for x in line).split())
    return (kept if any(x.isalnum() for x in kept) else ""), name


def is_right_to_left(text: str) -> bool:
    """Say whether a text has letters of a script that runs to the left."""
    return any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text)


def fitted(
    text: str, name: str, width: float, height: float, largest: int, smallest: int
) -> tuple[list[str], FreeTypeFont]:
    """Break a text into lines and choose the largest size at which they fit.

    Parameters
    ----------
    text : str
    name : str
        As `font_file` has it.
    width, height : float
        Of the space, in pixels.
    largest, smallest : int
        Sizes to choose from, in pixels. What does not fit at the smallest is cut.

    Returns
    -------
    lines : list of str
    font : PIL.ImageFont.FreeTypeFont
    """
    direction = is_right_to_left(text)
    for size in range(largest, smallest, -max(1, largest // 12)):
        letters = font(name, size, direction)
        lines = wrapped(text.split(), letters, width)
        if lines is not None and len(lines) * line_height(size) <= height:
            return lines, letters
    letters = font(name, smallest, direction)
    pieces = [part for word in text.split() for part in _broken(word, letters, width)]
    lines = wrapped(pieces, letters, width) or []
    n_lines = max(1, int(height // line_height(smallest)))
    if len(lines) > n_lines:
        kept = lines[n_lines - 1]
        while kept and letters.getlength(kept + MORE) > width:
            kept = kept[:-1]
        lines = [*lines[: n_lines - 1], kept.rstrip() + MORE]
    return lines, letters


def wrapped(
    words: Sequence[str], letters: FreeTypeFont, width: float
) -> list[str] | None:
    """Fill lines with words; None if a word alone is wider than a line."""
    lines: list[str] = []
    for word in words:
        if letters.getlength(word) > width:
            return None
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and letters.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def line_height(size: int) -> float:
    """Distance between lines of a font of a size, in pixels."""
    return 1.16 * size


def _broken(word: str, letters: FreeTypeFont, width: float) -> list[str]:
    """Break a word that is wider than a line wherever the line is full."""
    parts = [""]
    for letter in word:
        if parts[-1] and letters.getlength(parts[-1] + letter) > width:
            parts.append("")
        parts[-1] += letter
    return parts


@lru_cache(maxsize=4096)
def _has(name: str, letter: str) -> bool:
    return letter == " " or _picture(name, letter) != _picture(name, _MISSING)


@lru_cache(maxsize=4096)
def _picture(name: str, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font(name, 24).getmask(letter)
    return mask.size, bytes(mask)
