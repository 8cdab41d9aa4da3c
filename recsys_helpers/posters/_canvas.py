"""A canvas with a palette, and any title set so that it fits.

Posters are drawn in units of their width: a motif says "a disc of a third of the width"
and need not know how many pixels that is, so that a small poster is the large one made
smaller. The fonts are those that come with matplotlib, so that a poster looks the same
on every machine.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

Point = tuple[float, float]
# Shapes are drawn larger and then reduced: that smooths their edges.
OVERSAMPLING = 2
# It has the most letters: Greek, Cyrillic, Hebrew and Arabic among them.
WIDEST_FONT = "DejaVuSans-Bold"
MORE = "\u2026"
_MISSING = "\U0010ffff"  # a character that no font has


class Palette(NamedTuple):
    """Colours by what they are for, each as ``"#rrggbb"``."""

    sky: str
    ground: str
    main: str
    second: str
    light: str
    ink: str


# Every palette is shared by several genres, so that colours do not tell the genre.
PALETTES = {
    "night": Palette("#0a1030", "#27407d", "#6cc0ff", "#31529b", "#f6f1d8", "#050816"),
    "blood": Palette("#16060b", "#6b1020", "#e2283f", "#8b1326", "#ffdccb", "#090204"),
    "desert": Palette("#f7b654", "#de6b20", "#ffe3a1", "#a4410f", "#fff4d9", "#3a180a"),
    "rose": Palette("#ffe0d6", "#f59aa6", "#d92f5e", "#95204d", "#fff8f1", "#3f0d24"),
    "sun": Palette("#ffdb4d", "#ffab1a", "#ee4266", "#2d7fb8", "#fffbe4", "#33240a"),
    "sea": Palette("#19c3d6", "#0a6c8c", "#ffe066", "#0d4c69", "#f0fffa", "#052b38"),
    "moss": Palette("#97a06a", "#4f5f3a", "#e3d896", "#313e26", "#f6f1d6", "#151a0f"),
    "plum": Palette("#3d1761", "#952d88", "#ffd05c", "#df5499", "#fdebff", "#1c082b"),
    "ash": Palette("#c4cbd1", "#6f7d89", "#ee5a44", "#3a4751", "#f9fbfc", "#14181c"),
    "paper": Palette("#f5ecd8", "#e0cda6", "#c8432b", "#2c6166", "#fffbf2", "#20201f"),
}


class Canvas:
    """A sky above a ground to draw on, whose width is 1 and whose height `height`."""

    def __init__(self, size: tuple[int, int], palette: Palette, rng: Random) -> None:
        from PIL import Image, ImageDraw

        self.palette, self.rng = palette, rng
        self.pixels = size[0] * OVERSAMPLING
        self.height = size[1] / size[0]
        whole = (self.pixels, size[1] * OVERSAMPLING)
        fading = Image.linear_gradient("L").resize(whole)
        self.image: Image.Image = Image.composite(
            Image.new("RGB", whole, palette.ground),
            Image.new("RGB", whole, palette.sky),
            fading,
        )
        # In this mode a colour with alpha is laid over what is there.
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def polygon(
        self, points: Iterable[Point], colour: str, opacity: float = 1.0
    ) -> None:
        """Fill the area within points, each (x, y) in widths."""
        corners = [(x * self.pixels, y * self.pixels) for x, y in points]
        self._draw.polygon(corners, fill=rgba(colour, opacity))

    def box(self, left, top, right, bottom, colour: str, opacity: float = 1.0) -> None:
        """Fill a rectangle."""
        self.polygon(
            [(left, top), (right, top), (right, bottom), (left, bottom)],
            colour,
            opacity,
        )

    def disc(self, x, y, radius, colour: str, opacity: float = 1.0) -> None:
        """Fill a circle."""
        self.oval(x, y, radius, radius, colour, opacity)

    def oval(self, x, y, radius_x, radius_y, colour: str, opacity: float = 1.0) -> None:
        """Fill an ellipse whose axes are upright."""
        self._draw.ellipse(
            self._frame(x, y, radius_x, radius_y), fill=rgba(colour, opacity)
        )

    def ring(self, x, y, radius, width, colour: str) -> None:
        """Draw a circle's line, within its radius."""
        frame, line = self._frame(x, y, radius, radius), self._thickness(width)
        self._draw.ellipse(frame, outline=rgba(colour), width=line)

    def slice(self, x, y, radius, start, end, colour: str) -> None:
        """Fill an arc to its chord; angles in degrees, clockwise from the right."""
        self._draw.chord(
            self._frame(x, y, radius, radius), start, end, fill=rgba(colour)
        )

    def line(
        self, points: Sequence[Point], width, colour: str, opacity: float = 1.0
    ) -> None:
        """Draw a line through points."""
        self._draw.line(
            [(x * self.pixels, y * self.pixels) for x, y in points],
            fill=rgba(colour, opacity),
            width=self._thickness(width),
            joint="curve",
        )

    def _frame(self, x, y, radius_x, radius_y) -> tuple[float, float, float, float]:
        left, top = (x - radius_x) * self.pixels, (y - radius_y) * self.pixels
        # Pillow refuses a frame whose right is left of its left.
        return (
            left,
            top,
            left + max(0.0, 2 * radius_x * self.pixels),
            top + max(0.0, 2 * radius_y * self.pixels),
        )

    def _thickness(self, width: float) -> int:
        return max(1, round(width * self.pixels))


def rgba(colour: str, opacity: float = 1.0) -> tuple[int, int, int, int]:
    """Red, green, blue and alpha, each 0 to 255, of a colour ``"#rrggbb"``."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue, round(255 * opacity)


def around(x, y, radius, n: int, turn: float = 0.0) -> list[Point]:
    """List n points spread evenly over a circle, from its top; `turn` in radians."""
    angles = [turn + 2 * math.pi * step / n for step in range(n)]
    return [(x + radius * math.sin(a), y - radius * math.cos(a)) for a in angles]


def star(x, y, outer, inner, n_rays: int, turn: float = 0.0) -> list[Point]:
    """List the corners of a star, tips and hollows in turn."""
    tips = around(x, y, outer, n_rays, turn)
    hollows = around(x, y, inner, n_rays, turn + math.pi / n_rays)
    return [point for pair in zip(tips, hollows, strict=True) for point in pair]


def turned(points: Iterable[Point], x, y, angle: float) -> list[Point]:
    """Turn points around (x, y), clockwise by an angle in radians."""
    sine, cosine = math.sin(angle), math.cos(angle)
    return [
        (
            x + (px - x) * cosine - (py - y) * sine,
            y + (px - x) * sine + (py - y) * cosine,
        )
        for px, py in points
    ]


@lru_cache(maxsize=256)
def font(name: str, size: int, right_to_left: bool = False) -> FreeTypeFont:
    """Open a font in a size in pixels."""
    import matplotlib as mpl
    from PIL import ImageFont, features

    path = Path(mpl.get_data_path(), "fonts", "ttf", f"{name}.ttf")
    # Right-to-left text needs the layout of Raqm, where Pillow has it; other text has
    # the basic one, which every Pillow has, so that all machines draw alike.
    use_raqm = right_to_left and features.check("raqm") and features.check("fribidi")
    layout = ImageFont.Layout.RAQM if use_raqm else ImageFont.Layout.BASIC
    return ImageFont.truetype(str(path), size, layout_engine=layout)


def drawable(text: str, name: str) -> tuple[str, str]:
    """Give a text on one line without what no font has, and a font for it."""
    visible = "".join(
        letter
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
    # Without a letter or a digit nothing would be said.
    return (kept if any(x.isalnum() for x in kept) else ""), name


def fitted(
    text: str, name: str, width: float, height: float, largest: int, smallest: int
) -> tuple[list[str], FreeTypeFont]:
    """Break a text into lines, in the largest size in pixels at which they fit."""
    to_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
    for size in range(largest, smallest, -max(1, largest // 12)):
        letters = font(name, size, to_left)
        lines = wrapped(text.split(), letters, width)
        if lines is not None and len(lines) * line_height(size) <= height:
            return lines, letters
    # Nothing has fitted: words are broken, and what is too much is cut.
    letters = font(name, smallest, to_left)
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
