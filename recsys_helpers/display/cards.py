"""A card drawn for a movie without a poster: its genre's colour and sign, and text.

Every main genre has a dark ground, on which white text has a contrast of at least 4.5
to 1 (WCAG 2.2, 1.4.3), and a sign, so that nobody needs colours to tell them apart.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class GenreStyle(NamedTuple):
    """How the cards of a genre look."""

    ground: str
    accent: str
    sign: str


def main_genre(genres: Sequence[str]) -> str:
    """Genre that tells the most about a movie that has several.

    MovieLens lists genres by the alphabet, so that its first is no guide: Toy Story
    would be an Adventure. Film-Noir says more than Drama, and Drama, which is on
    almost half of all movies, comes last.

    Examples
    --------
    >>> main_genre(("Adventure", "Animation", "Children", "Comedy", "Fantasy"))
    'Animation'
    >>> main_genre(())
    ''
    """
    return next((genre for genre in GENRE_STYLES if genre in genres), "")


def drawn_card(title: str, year: str, genres: Sequence[str]) -> str:
    """HTML inside a card: a sign of the main genre, title, year and genres.

    The same movie always looks the same. The text is escaped; how it is laid out
    says the style sheet of `recsys_helpers.display`.
    """
    style = GENRE_STYLES[main_genre(genres)]
    seed = zlib.crc32(title.encode("utf-8", "replace"))
    # Cards of one genre in a row should not look printed twice.
    shift, turn = seed % 17 - 8, seed // 17 % 15 - 7
    size = "long" if len(title) > 36 else "middle" if len(title) > 18 else "short"
    return (
        f'<svg class="rh-{size}" viewBox="0 0 120 110" '
        'aria-hidden="true" focusable="false">'
        f'<g fill="{style.accent}" stroke="none" transform="'
        f'translate({shift} 0) rotate({turn} 60 55)">{style.sign}</g></svg>'
        '<div class="rh-text">'
        f'<p class="rh-title rh-{size}">{escape(title)}</p>'
        f'<p class="rh-year">{escape(year)}</p>'
        f'<p class="rh-genres">{escape(" · ".join(genres))}</p></div>'
    )


def _circle(x: float, y: float, r: float, extra: str = "") -> str:
    return f'<circle cx="{x}" cy="{y}" r="{r}"{extra and " " + extra}/>'


def _path(d: str, extra: str = "") -> str:
    return f'<path d="{d}"{extra and " " + extra}/>'


def _burst(x: float, y: float, outer: float, inner: float, n_rays: int) -> str:
    corners = []
    for corner in range(2 * n_rays):
        radius, angle = (inner if corner % 2 else outer), math.pi * corner / n_rays
        right, up = radius * math.sin(angle), radius * math.cos(angle)
        corners.append(f"{x + right:.1f} {y - up:.1f}")
    return _path("M" + "L".join(corners) + "Z")


def _line(width: float, accent: str) -> str:
    line = f'stroke="{accent}" stroke-width="{width}" stroke-linecap="round"'
    return f'fill="none" {line}'


def _style(ground: str, accent: str, *shapes: str) -> GenreStyle:
    # The sign's own dark parts are holes in the colour of the ground.
    sign = "".join(shapes).replace("GROUND", ground).replace("ACCENT", accent)
    return GenreStyle(ground, accent, sign)


_FAINT = 'opacity=".45"'
_HOLE = 'fill="GROUND"'

# The most telling genre first; "" is for a movie without one.
GENRE_STYLES = {
    "Film-Noir": _style(
        "#1f1f1f",
        "#d9d9d9",
        *(_path(f"M8 {y}L112 {y - 16}v7L8 {y + 7}Z") for y in range(30, 100, 14)),
        _path("M60 38c-10 0-14 8-14 14l-12 3v4h52v-4l-12-3c0-6-4-14-14-14Z", _HOLE),
        _path(
            "M44 62c0 16 6 24 16 24s16-8 16-24ZM28 100c2-14 16-16 32-16s30 2 32 16Z",
            _HOLE,
        ),
    ),
    "Western": _style(
        "#7a3410",
        "#f6b26b",
        _circle(66, 48, 27),
        _path("M4 96V70h10V58h26v12h12v26ZM74 96V78h10V64h20v14h12v18Z", _HOLE),
        _path("M4 96V70h10V58h26v12h12v26ZM74 96V78h10V64h20v14h12v18Z", _FAINT),
        _path("M4 94h112v4H4Z"),
    ),
    "Documentary": _style(
        "#3b4a3f",
        "#cfe0c3",
        _path("M22 36h54v44H22ZM80 52l20-12v36l-20-12Z"),
        _circle(49, 58, 13, _HOLE),
        _circle(49, 58, 7),
        _circle(33, 24, 9, _FAINT),
        _circle(61, 24, 9, _FAINT),
    ),
    "Animation": _style(
        "#005a80",
        "#8ad8f5",
        _circle(44, 64, 26),
        _circle(82, 44, 20, _FAINT),
        _circle(84, 82, 12, 'opacity=".7"'),
        _circle(36, 58, 7, 'fill="#fff"'),
        _circle(53, 58, 7, 'fill="#fff"'),
        _circle(38, 59, 3.2, _HOLE),
        _circle(51, 59, 3.2, _HOLE),
        _path("M33 73q11 10 22 0", _line(3, "GROUND")),
    ),
    "Musical": _style(
        "#7d1a63",
        "#f7a9df",
        *(
            _path(f"M6 {y}q27-12 54 0t54 0", _line(1.2, "ACCENT"))
            for y in range(44, 76, 8)
        ),
        _path("M44 32l38-9v45h-5V38l-28 7v35h-5Z"),
        '<ellipse cx="39" cy="80" rx="11" ry="8"/>',
        '<ellipse cx="72" cy="69" rx="11" ry="8"/>',
    ),
    "War": _style(
        "#474a1f",
        "#d9d28c",
        *(
            _path(f"M28 {y}L60 {y - 22}L92 {y}v14L60 {y - 8}L28 {y + 14}Z", extra)
            for y, extra in [(44, _FAINT), (66, 'opacity=".7"'), (88, "")]
        ),
    ),
    "Horror": _style(
        "#5f0d19",
        "#ff7b73",
        _path(
            "M6 8h108v24l-9 28-10-26-11 42-12-40-11 30-12-34-10 46-12-44-11 24-10-28Z",
            _FAINT,
        ),
        _path("M30 86q14-14 26 0q-14 8-26 0ZM66 86q12-14 26 0q-12 8-26 0Z"),
        _circle(44, 85, 4, _HOLE),
        _circle(78, 85, 4, _HOLE),
    ),
    "Sci-Fi": _style(
        "#0c2b5e",
        "#6cc3f5",
        _circle(60, 54, 24),
        '<ellipse cx="60" cy="54" rx="44" ry="11" transform="rotate(-16 60 54)" '
        'fill="none" stroke="#fff" stroke-width="3" stroke-opacity=".85"/>',
        *(
            _circle(x, y, r, 'fill="#fff"')
            for x, y, r in [
                (20, 24, 1.6),
                (98, 22, 2),
                (104, 84, 1.5),
                (24, 88, 2),
                (82, 98, 1.3),
                (42, 14, 1.2),
                (12, 60, 1.2),
            ]
        ),
    ),
    "Fantasy": _style(
        "#552a80",
        "#d9bdf7",
        _path("M76 20a36 36 0 1 0 18 52a30 30 0 0 1-18-52Z"),
        _burst(88, 40, 10, 3, 4),
        _burst(104, 66, 6, 2, 4),
        _burst(78, 62, 5, 1.6, 4),
    ),
    "Mystery": _style(
        "#0e4a4d",
        "#8fdad5",
        _circle(54, 46, 28),
        _circle(54, 46, 20, _HOLE),
        _path("M72 70l6-6 24 26a5 5 0 0 1-7 7Z"),
        _path("M46 41c0-13 18-12 17-1c-1 7-9 7-9 15", _line(4, "ACCENT")),
        _circle(54, 62, 2.6),
    ),
    "Romance": _style(
        "#8f1f45",
        "#ffb8cc",
        _path(
            "M60 96C20 66 18 46 22 36c7-18 31-18 38 2c7-20 31-20 38-2c4 10 2 30-38 60Z"
        ),
        _path("M98 30c-8-6-9-11-8-13c2-4 7-4 8 0c2-4 7-4 8 0c1 2 0 7-8 13Z", _FAINT),
    ),
    "Crime": _style(
        "#36434b",
        "#bccad2",
        _path("M8 98V56h16V40h18v58ZM48 98V22h20v76ZM74 98V50h14V34h10v16h14v48Z"),
        *(
            _path(f"M{x} {y}h4v5h-4Z", _HOLE)
            for x, y in [
                (14, 64),
                (14, 78),
                (30, 48),
                (30, 62),
                (34, 76),
                (53, 30),
                (59, 44),
                (53, 58),
                (59, 72),
                (53, 84),
                (80, 58),
                (92, 58),
                (86, 72),
                (100, 72),
                (80, 84),
            ]
        ),
    ),
    "Thriller": _style(
        "#3b2e52",
        "#f0b840",
        *(
            _circle(60, 54, r, _line(width, "ACCENT"))
            for r, width in [(42, 2), (32, 3.5), (21, 5)]
        ),
        _circle(60, 54, 9),
        _path("M59 4h2v100h-2ZM10 53h100v2H10Z"),
    ),
    "Adventure": _style(
        "#1c5a3a",
        "#b5e08a",
        _circle(88, 32, 14, 'fill="#fff3c4"'),
        _path("M4 98L46 30L88 98Z"),
        _path("M46 30L33 51l8-3 5 7 6-6 7 3Z", 'fill="#fff"'),
        _path("M56 98L86 54L116 98Z", 'fill="GROUND"'),
        _path("M56 98L86 54L116 98Z", 'opacity=".6"'),
    ),
    "Action": _style(
        "#8a2c04",
        "#ffbe6e",
        _burst(60, 54, 50, 25, 14),
        _burst(60, 54, 27, 14, 14).replace("<path", f"<path {_HOLE}"),
        _burst(60, 54, 13, 6, 10),
    ),
    "Children": _style(
        "#6f4a00",
        "#ffd65c",
        _path(
            "M38 62q6 20 20 40M60 50q2 30-2 52M86 66q-6 18-28 36", _line(1.6, "#fff")
        ),
        '<ellipse cx="34" cy="42" rx="17" ry="21"/>',
        '<ellipse cx="62" cy="28" rx="17" ry="21" fill="#fff" opacity=".85"/>',
        '<ellipse cx="90" cy="46" rx="17" ry="21" opacity=".7"/>',
    ),
    "Comedy": _style(
        "#5e5200",
        "#ffe45c",
        _burst(60, 54, 48, 38, 16),
        _circle(60, 54, 31, _HOLE),
        _circle(60, 54, 28),
        _circle(50, 46, 4, _HOLE),
        _circle(70, 46, 4, _HOLE),
        _path("M43 57h34a17 17 0 0 1-34 0Z", _HOLE),
    ),
    "Drama": _style(
        "#2a3d73",
        "#a9bdee",
        _path("M60 12c22 0 32 12 32 34c0 28-14 50-32 50Z"),
        _path("M60 12c-22 0-32 12-32 34c0 28 14 50 32 50Z", _FAINT),
        _path("M68 44q9-9 18 0q-9 6-18 0ZM66 72q10-6 12 6q-6-4-12 0Z", _HOLE),
        _path("M34 44q9-9 18 0q-9 6-18 0ZM54 72q-10-6-12 6q6-4 12 0Z"),
    ),
    "": _style(
        "#454a52",
        "#c9ced6",
        _circle(60, 54, 40),
        *(
            _circle(x, y, 9, _HOLE)
            for x, y in [(60, 30), (81, 42), (81, 66), (60, 78), (39, 66), (39, 42)]
        ),
        _circle(60, 54, 5, _HOLE),
    ),
}
