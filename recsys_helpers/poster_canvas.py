"""A canvas with a palette, on which the posters are drawn in units of its width.

A motif says "a disc of a third of the width" and need not know how many pixels that
is, so that a small poster is the large one made smaller.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

Point = tuple[float, float]
# Shapes are drawn larger and then reduced: that smooths their edges.
OVERSAMPLING = 2


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
    """An image to draw on, whose width is 1 and whose height is `height`.

    Parameters
    ----------
    size : tuple of int
        Width and height in pixels of the poster; the canvas has
        `OVERSAMPLING` times as many.
    palette : Palette
    rng : random.Random
        Where motifs take their variations from.

    Attributes
    ----------
    image : PIL.Image.Image
        In mode RGB, filled from ``palette.sky`` (above) to ``palette.ground``.
    """

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

    def ring(self, x, y, radius, width, colour: str, opacity: float = 1.0) -> None:
        """Draw a circle's line, within its radius."""
        self._draw.ellipse(
            self._frame(x, y, radius, radius),
            outline=rgba(colour, opacity),
            width=self._thickness(width),
        )

    def slice(self, x, y, radius, start, end, colour: str) -> None:
        """Fill what lies between an arc and its chord; angles in degrees.

        They grow clockwise from the right, as Pillow has them.
        """
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
    """Red, green, blue and alpha, each 0 to 255, of a colour ``"#rrggbb"``.

    Examples
    --------
    >>> rgba("#ff8000", 0.5)
    (255, 128, 0, 128)
    """
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue, round(255 * opacity)


def around(x, y, radius, n: int, turn: float = 0.0) -> list[Point]:
    """List n points spread evenly over a circle; `turn` in radians.

    Examples
    --------
    >>> [(round(x), round(y)) for x, y in around(0, 0, 1, 4)]
    [(0, -1), (1, 0), (0, 1), (-1, 0)]
    """
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
