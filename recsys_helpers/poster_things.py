"""Motifs that are things: notes, photographs, a burst with a runner, a film reel.

See `recsys_helpers.poster_places` for what a motif is.
"""

from __future__ import annotations

import math

from recsys_helpers.poster_canvas import Canvas, around, star, turned


def musical(c: Canvas) -> None:
    """Draw notes that dance along a waving staff, in the light of lamps."""
    p, rng = c.palette, c.rng
    for _ in range(rng.randint(2, 3)):
        lamp, foot = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)
        c.polygon(
            [
                (lamp - 0.03, 0),
                (lamp + 0.03, 0),
                (foot + 0.28, c.height),
                (foot - 0.28, c.height),
            ],
            p.light,
            0.22,
        )
    middle, swing = rng.uniform(0.36, 0.56) * c.height, rng.uniform(0.04, 0.1)
    phase, gap = rng.uniform(0, 6), rng.uniform(0.05, 0.065)

    def wave(x: float) -> float:
        return middle + swing * math.sin(5 * x + phase)

    for string in range(-2, 3):
        c.line(
            [(x / 20, wave(x / 20) + gap * string) for x in range(21)], 0.008, p.light
        )
    for step in range(rng.randint(5, 7)):
        x = 0.1 + 0.14 * step
        y = wave(x) + gap * rng.uniform(-3, 3)
        note(
            c,
            x,
            y,
            rng.uniform(0.04, 0.06),
            rng.choice((p.main, p.ink, p.second)),
            paired=rng.random() < 0.5,
        )


def note(c: Canvas, x, y, size, colour: str, *, paired: bool) -> None:
    """Draw an eighth note, or two under one beam."""
    heads = (0.0, 2.6) if paired else (0.0,)
    for shift in heads:
        left = x + shift * size
        c.oval(left, y, 1.05 * size, 0.8 * size, colour)
        c.line(
            [(left + 0.9 * size, y), (left + 0.9 * size, y - 4 * size)],
            0.28 * size,
            colour,
        )
    stem, top = x + 0.78 * size, y - 4 * size
    if paired:
        c.box(stem, top, stem + 2.85 * size, top + 0.75 * size, colour)
    else:
        c.polygon(
            [
                (stem, top),
                (stem + 1.6 * size, top + 1.6 * size),
                (stem + 1.3 * size, top + 2.3 * size),
                (stem, top + 1 * size),
            ],
            colour,
        )


def documentary(c: Canvas) -> None:
    """Draw rows of photographs, and a curve that says how it all went."""
    p, rng = c.palette, c.rng
    c.box(0, 0, 1, c.height, p.light, 0.55)
    n_columns, turn = rng.randint(2, 3), rng.uniform(-0.12, 0.12)
    cell = 0.84 / n_columns
    n_rows = 3 if n_columns == 2 else 4
    top = rng.uniform(0.08, 0.16) * c.height
    for row in range(n_rows):
        for column in range(n_columns):
            photograph(c, 0.08 + cell * column, top + 0.72 * cell * row, cell, turn)
    y = min(top + 0.72 * cell * n_rows + 0.08, 0.78 * c.height)
    curve = [
        (0.06 + 0.88 * step / 9, y + rng.uniform(-0.07, 0.07)) for step in range(10)
    ]
    c.line(curve, 0.016, p.main)
    for x, height in curve:
        c.disc(x, height, 0.016, p.ink)


def photograph(c: Canvas, left, top, width, turn) -> None:
    """Draw a framed picture of mountains, turned about the poster's middle."""
    p, rng = c.palette, c.rng
    edge = 0.05 * width
    x0, x1, y0, y1 = left + edge, left + width - edge, top + edge, top + 0.66 * width

    def place(points):
        return turned(points, 0.5, 0.5 * c.height, turn)

    def frame(by):
        return [
            (x0 - by, y0 - by),
            (x1 + by, y0 - by),
            (x1 + by, y1 + by),
            (x0 - by, y1 + by),
        ]

    c.polygon(place(frame(0.7 * edge)), "#ffffff")
    c.polygon(place(frame(0)), rng.choice((p.main, p.second, p.ground)))
    wide, high = x1 - x0, y1 - y0
    first, second = rng.uniform(0.2, 0.4), rng.uniform(0.6, 0.8)
    ridge = [
        (x0, y1),
        (x0 + first * wide, y0 + rng.uniform(0.3, 0.5) * high),
        (x0 + 0.5 * wide, y0 + 0.75 * high),
        (x0 + second * wide, y0 + rng.uniform(0.3, 0.5) * high),
        (x1, y1),
    ]
    c.polygon(place(ridge), p.ink)


def action(c: Canvas) -> None:
    """Draw rays from a burst, and someone who runs from it."""
    p, rng = c.palette, c.rng
    x, y = rng.uniform(0.3, 0.7), rng.uniform(0.26, 0.42) * c.height
    n_rays, turn = rng.randint(13, 19), rng.uniform(0, 1)
    far = around(x, y, 2.5, 2 * n_rays, turn)
    for ray in range(n_rays):
        c.polygon([(x, y), far[2 * ray], far[2 * ray + 1]], p.second)
    size = rng.uniform(0.27, 0.36)
    for scale, colour in ((1.0, p.ink), (0.93, p.main), (0.55, p.light)):
        c.polygon(star(x, y, size * scale, 0.52 * size * scale, 12, turn), colour)
    runner(
        c, rng.uniform(0.35, 0.65), y + rng.uniform(0.3, 0.4), 0.36, rng.choice((-1, 1))
    )


def runner(c: Canvas, x, y, size, way) -> None:
    """Draw a running figure whose hip is at (x, y); `way` is -1 or 1."""
    ink, thick = c.palette.ink, 0.16 * size

    def limb(*points, width=thick):
        moved = [(x + way * size * px, y + size * py) for px, py in points]
        c.line(moved, width, ink)
        for end in (moved[0], moved[-1]):
            c.disc(*end, width / 2, ink)

    limb((0, 0), (0.2, -0.5), width=1.5 * thick)
    c.disc(x + way * 0.31 * size, y - 0.74 * size, 0.16 * size, ink)
    limb((0.18, -0.5), (0.42, -0.3), (0.62, -0.48))
    limb((0.18, -0.5), (-0.12, -0.44), (-0.22, -0.16))
    limb((0, 0), (0.36, 0.14), (0.28, 0.56))
    limb((0, 0), (-0.2, 0.3), (-0.6, 0.28))


def reel(c: Canvas) -> None:
    """Draw a film reel, for a film whose genre is not known."""
    p, rng = c.palette, c.rng
    x, y = rng.uniform(0.4, 0.6), rng.uniform(0.36, 0.46) * c.height
    radius = rng.uniform(0.26, 0.33)
    c.line([(x, y + 0.93 * radius), (1.1, y + 0.93 * radius)], 0.14 * radius, p.ink)
    c.disc(x, y, radius, p.ink)
    c.disc(x, y, 0.93 * radius, p.main)
    for hole in around(x, y, 0.58 * radius, 6, rng.uniform(0, 1)):
        c.disc(*hole, 0.22 * radius, p.ink)
    c.disc(x, y, 0.1 * radius, p.ink)
