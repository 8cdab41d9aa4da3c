"""The motifs of the genres, and the palettes that they are drawn in.

A motif keeps its parts and varies where they stand, how large they are and how many.
x and y are in widths of the poster, from its top left corner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from recsys_helpers.display.cards import main_genre
from recsys_helpers.posters._canvas import PALETTES, Canvas, Point, around, star, turned


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


def horror(c: Canvas) -> None:
    """Draw fangs that hang from above, slit eyes, and the marks of claws."""
    p, rng = c.palette, c.rng
    c.box(0, 0, 1, c.height, p.ink, 0.45)
    lowest = rng.uniform(0.35, 0.6) * c.height / 1.5
    n_fangs = rng.randint(6, 10)
    for shade, stretch in ((p.second, 1.25), (p.main, 1.0)):
        points: list[Point] = [(1.05, -0.05), (-0.05, -0.05), (-0.05, 0.1)]
        for fang in range(n_fangs):
            x = (fang + rng.uniform(0.3, 0.7)) / n_fangs
            points += [
                (x, lowest * stretch * rng.uniform(0.55, 1.0)),
                ((fang + 1) / n_fangs, 0.1),
            ]
        c.polygon(points, shade)
    x, y = rng.uniform(0.38, 0.62), rng.uniform(0.78, 1.0) * c.height / 1.5
    size = rng.uniform(0.11, 0.16)
    for side in (-1, 1):
        slit_eye(c, x + side * size * 1.45, y, size, side)
    start = rng.uniform(0.1, 0.6)
    for claw in range(3):
        left = start + 0.09 * claw
        c.line([(left + 0.16, y - 0.3), (left, y + 0.25)], 0.012, p.light, 0.5)


def slit_eye(c: Canvas, x, y, size, side) -> None:
    """Draw an almond of an eye that slants towards the nose."""
    arc = [math.pi * step / 8 for step in range(9)]
    upper = [(x - size * math.cos(a), y - 0.5 * size * math.sin(a)) for a in arc]
    lower = [(x + size * math.cos(a), y + 0.4 * size * math.sin(a)) for a in arc]
    almond = turned([*upper, *lower], x, y, -0.28 * side)
    c.polygon(almond, c.palette.light)
    c.disc(x, y, 0.38 * size, c.palette.main)
    c.oval(x, y, 0.1 * size, 0.36 * size, c.palette.ink)


def romance(c: Canvas) -> None:
    """Draw two heads side by side before a large heart, among small ones."""
    p, rng = c.palette, c.rng
    x, y = rng.uniform(0.38, 0.62), rng.uniform(0.42, 0.54) * c.height
    size = rng.uniform(0.3, 0.38)
    for _ in range(rng.randint(7, 12)):
        c.polygon(
            heart(
                rng.random(),
                rng.random() * 0.8 * c.height,
                rng.uniform(0.03, 0.07),
                rng.uniform(-0.5, 0.5),
            ),
            rng.choice((p.main, p.light, p.second)),
            0.8,
        )
    c.polygon(heart(x, y - 0.12, size, rng.uniform(-0.12, 0.12)), p.main)
    c.polygon(heart(x, y - 0.12, 0.8 * size, 0), p.light, 0.18)
    taller = rng.choice((-1, 1))
    for side in (-1, 1):
        head = 0.3 * size
        up = 0.08 * size if side == taller else 0.0
        middle, top = x + side * 0.32 * size, y - up + 0.1 * size
        shade = p.second if side == taller else p.ink
        bust(c, middle, top, head, shade)


def bust(c: Canvas, x, y, head, colour: str) -> None:
    """Draw a head at (x, y) with its neck and shoulders."""
    c.oval(x, y, head * 0.85, head, colour)
    c.box(x - 0.32 * head, y, x + 0.32 * head, y + 1.5 * head, colour)
    c.oval(x, y + 2.3 * head, 1.75 * head, 1.15 * head, colour)
    c.box(x - 1.75 * head, y + 2.3 * head, x + 1.75 * head, y + 3.2 * head, colour)


def heart(x, y, size, turn: float = 0.0) -> list[Point]:
    """List the corners of a heart around (x, y), half as wide as `size` says."""
    angles = [2 * math.pi * step / 40 for step in range(40)]
    outline = [
        (
            x + size * math.sin(a) ** 3,
            y
            - size
            / 16
            * (
                13 * math.cos(a)
                - 5 * math.cos(2 * a)
                - 2 * math.cos(3 * a)
                - math.cos(4 * a)
            ),
        )
        for a in angles
    ]
    return turned(outline, x, y, turn)


def animation(c: Canvas) -> None:
    """Draw round fellows with big eyes."""
    p, rng = c.palette, c.rng
    for _ in range(6):
        c.disc(
            rng.random(), rng.random() * c.height, rng.uniform(0.05, 0.2), p.light, 0.15
        )
    n_fellows = rng.randint(3, 5)
    for fellow in range(n_fellows):
        x = rng.uniform(0.22, 0.78)
        y = (0.2 + 0.55 * (fellow + rng.uniform(0, 0.8)) / n_fellows) * c.height
        toon(c, x, y, rng.uniform(0.13, 0.21), rng.choice((p.main, p.second, p.light)))


def toon(c: Canvas, x, y, radius, colour: str) -> None:
    """Draw a ball with eyes and a smile, and an outline as cartoons have."""
    p, look = c.palette, c.rng.uniform(-0.1, 0.1)
    c.disc(x, y, radius * 1.07, p.ink)
    c.disc(x, y, radius, colour)
    for side in (-1, 1):
        eye = x + side * 0.36 * radius
        c.oval(eye, y - 0.2 * radius, 0.32 * radius, 0.42 * radius, p.ink)
        c.oval(eye, y - 0.2 * radius, 0.27 * radius, 0.37 * radius, "#ffffff")
        c.disc(eye + look * radius, y - 0.14 * radius, 0.13 * radius, p.ink)
    smile = [
        (x + 0.5 * radius * math.cos(a), y + (0.3 + 0.3 * math.sin(a)) * radius)
        for a in (math.pi * step / 10 for step in range(11))
    ]
    c.line(smile, 0.1 * radius, p.ink)


def comedy(c: Canvas) -> None:
    """Draw a sun that laughs, on dots."""
    p, rng = c.palette, c.rng
    gap, turn = rng.uniform(0.12, 0.17), rng.uniform(-0.3, 0.3)
    for row in range(-8, 22):
        for column in range(-8, 18):
            x, y = (column + 0.5 * (row % 2)) * gap, row * gap
            ((x, y),) = turned([(x, y)], 0.5, 0.7, turn)
            c.disc(x, y, 0.26 * gap, p.light, 0.75)
    x, y = rng.uniform(0.36, 0.64), rng.uniform(0.36, 0.52) * c.height
    radius, n_rays = rng.uniform(0.22, 0.29), rng.randint(14, 20)
    c.polygon(star(x, y, 1.42 * radius, 1.1 * radius, n_rays, turn), p.second)
    c.disc(x, y, 1.04 * radius, p.ink)
    c.disc(x, y, radius, p.main)
    for side in (-1, 1):
        brow = [
            (
                x + (0.38 * side + 0.17 * math.cos(a)) * radius,
                y - (0.22 + 0.22 * math.sin(a)) * radius,
            )
            for a in (math.pi * step / 8 for step in range(9))
        ]
        c.line(brow, 0.09 * radius, p.ink)
    c.slice(x, y + 0.1 * radius, 0.62 * radius, 0, 180, p.ink)
    c.slice(x, y + 0.1 * radius, 0.5 * radius, 30, 150, p.light)


def drama(c: Canvas) -> None:
    """Draw a face in the rain, half of it in the light."""
    p, rng = c.palette, c.rng
    c.box(0, rng.uniform(0.45, 0.6) * c.height, 1, c.height, p.second, 0.45)
    x, y = rng.uniform(0.36, 0.64), rng.uniform(0.36, 0.46) * c.height
    head = rng.uniform(0.2, 0.26)
    bust(c, x, y, head, p.ink)
    lit = rng.choice((-1, 1))
    outline = [
        (x + lit * 0.85 * head * math.sin(a), y - head * math.cos(a))
        for a in (math.pi * step / 20 for step in range(21))
    ]
    c.polygon(outline, p.main)
    lean = rng.uniform(0.01, 0.05)
    for _ in range(rng.randint(60, 90)):
        left, top = rng.random(), rng.random() * c.height
        length = rng.uniform(0.05, 0.11)
        c.line([(left, top), (left - lean, top + length)], 0.007, p.light, 0.7)


def science_fiction(c: Canvas) -> None:
    """Draw a ringed planet above a plain of lines that run to the horizon."""
    p, rng = c.palette, c.rng
    c.box(0, 0, 1, c.height, p.ink, 0.5)
    horizon = rng.uniform(0.6, 0.74) * c.height
    for _ in range(rng.randint(50, 90)):
        c.disc(
            rng.random(), rng.random() * horizon, rng.choice((0.003, 0.006)), p.light
        )
    x, y = rng.uniform(0.28, 0.72), rng.uniform(0.25, 0.4) * c.height
    radius, tilt = rng.uniform(0.15, 0.25), rng.uniform(-0.5, 0.5)
    ring = [
        (x + 1.75 * (px - x), y + 0.35 * (py - y))
        for px, py in around(x, y, 1, 48, math.pi / 2)
    ]
    ring = turned(
        [(x + radius * (a - x), y + radius * (b - y)) for a, b in ring], x, y, tilt
    )
    c.line([*ring, ring[0]], 0.018, p.light, 0.8)
    c.disc(x, y, radius, p.main)
    c.disc(x + 0.25 * radius, y + 0.2 * radius, 0.75 * radius, p.second, 0.35)
    c.line(ring[len(ring) // 4 : 3 * len(ring) // 4 + 1], 0.018, p.light)
    c.box(0, horizon, 1, c.height, p.second, 0.8)
    for row in range(9):
        depth = horizon + (c.height - horizon) * (row / 8) ** 2
        c.line([(0, depth), (1, depth)], 0.006, p.main, 0.9)
    for column in range(-16, 17):
        c.line(
            [(0.5 + 0.05 * column, horizon), (0.5 + 0.4 * column, c.height)],
            0.006,
            p.main,
            0.9,
        )


def western(c: Canvas) -> None:
    """Draw the sun, going down behind table mountains, and cacti."""
    p, rng = c.palette, c.rng
    land = rng.uniform(0.6, 0.72) * c.height
    radius = rng.uniform(0.2, 0.32)
    c.disc(rng.uniform(0.25, 0.75), land - rng.uniform(0.1, 0.4), radius, p.main)
    for colour, opacity, foot in ((p.second, 0.65, land), (p.second, 1.0, land + 0.1)):
        left = rng.uniform(-0.25, 0.0)
        while left < 1:
            width, rise = rng.uniform(0.2, 0.42), rng.uniform(0.15, 0.42)
            slope = 0.18 * width
            c.polygon(
                [
                    (left, foot),
                    (left + slope, foot - 0.45 * rise),
                    (left + slope * 1.3, foot - rise),
                    (left + width - slope * 1.3, foot - rise),
                    (left + width - slope, foot - 0.45 * rise),
                    (left + width, foot),
                ],
                colour,
                opacity,
            )
            left += width + rng.uniform(0.02, 0.3)
        c.box(0, foot - 0.005, 1, c.height, colour, opacity)
    c.box(0, land + 0.2, 1, c.height, p.ink, 0.55)
    for _ in range(rng.randint(2, 3)):
        cactus(
            c,
            rng.uniform(0.1, 0.9),
            land + rng.uniform(0.2, 0.3),
            rng.uniform(0.25, 0.42),
        )


def cactus(c: Canvas, x, foot, size) -> None:
    """Draw a stem with two arms; `foot` is the y of the ground."""
    thick, colour = 0.16 * size, c.palette.ink
    c.line([(x, foot), (x, foot - size)], thick, colour)
    c.disc(x, foot - size, thick / 2, colour)
    for side, rise in ((-1, 0.45), (1, 0.6)):
        elbow, hand = x + side * 0.28 * size, foot - (rise + 0.28) * size
        level = foot - rise * size
        c.line([(x, level), (elbow, level), (elbow, hand)], 0.7 * thick, colour)
        c.disc(elbow, hand, 0.35 * thick, colour)


def war(c: Canvas) -> None:
    """Draw barbed wire, planes above it, rows of helmets below."""
    p, rng = c.palette, c.rng
    # Smoke, against which dark things show on a dark ground too.
    c.box(0, 0, 1, c.height, p.light, 0.3)
    for _ in range(rng.randint(3, 5)):
        plane(
            c,
            rng.uniform(0.1, 0.9),
            rng.uniform(0.08, 0.3) * c.height,
            rng.uniform(0.07, 0.12),
            rng.uniform(-0.5, 0.5),
        )
    low = rng.uniform(0.62, 0.72) * c.height
    for _ in range(rng.randint(3, 4)):
        wire(c, low - rng.uniform(0.0, 0.5), rng.uniform(-0.12, 0.12))
    size = rng.uniform(0.11, 0.16)
    for row, shade in enumerate((p.second, p.ink)):
        x = -rng.random() * size
        y = low + (0.16 + 0.18 * row)
        while x < 1 + size:
            c.slice(x, y, size, 180, 360, shade)
            c.box(
                x - 1.2 * size, y - 0.06 * size, x + 1.2 * size, y + 0.1 * size, shade
            )
            c.box(x - 0.75 * size, y, x + 0.75 * size, c.height, shade, 0.95)
            x += 2.3 * size


def plane(c: Canvas, x, y, size, turn) -> None:
    """Draw a bomber, seen from below."""
    ink = c.palette.ink
    for left, top, right, bottom in (
        (-0.12, -0.8, 0.12, 1.0),
        (-1.2, -0.35, 1.2, 0.05),
        (-0.5, 0.7, 0.5, 0.95),
    ):
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        moved = [(x + size * px, y + size * py) for px, py in corners]
        c.polygon(turned(moved, x, y, turn), ink)


def wire(c: Canvas, y, fall) -> None:
    """Draw a strand of barbed wire from edge to edge."""
    ink = c.palette.ink
    c.line([(0, y), (1, y + fall)], 0.012, ink)
    for knot in range(9):
        x = (knot + 0.5) / 9
        middle = y + fall * x
        for turn in (0.6, -0.6, 2.2):
            dx, dy = 0.035 * math.cos(turn), 0.035 * math.sin(turn)
            c.line([(x - dx, middle - dy), (x + dx, middle + dy)], 0.009, ink)


def crime(c: Canvas) -> None:
    """Draw a city with lit windows, seen through blinds, and a man with a hat."""
    p, rng = c.palette, c.rng
    c.box(0, 0, 1, c.height, p.ink, 0.3)
    slant, gap = rng.uniform(-0.3, 0.3), rng.uniform(0.1, 0.13)
    for blind in range(-4, int(c.height / gap) + 4):
        y = blind * gap
        c.polygon(
            [(0, y), (1, y + slant), (1, y + slant + 0.5 * gap), (0, y + 0.5 * gap)],
            p.light,
            0.35,
        )
    street = rng.uniform(0.7, 0.76) * c.height
    left = -rng.random() * 0.1
    while left < 1:
        width, rise = rng.uniform(0.13, 0.22), rng.uniform(0.2, 0.62)
        tower(c, left, street - rise, width)
        left += width + rng.uniform(0, 0.015)
    x, size = rng.uniform(0.25, 0.75), rng.uniform(0.13, 0.17)
    y = street - rng.uniform(0, 0.1)
    for swell, shade in ((1.08, p.light), (1.0, p.ink)):
        bust(c, x, y, size * swell, shade)
        c.oval(x, y - 0.45 * size, 1.7 * size * swell, 0.3 * size * swell, shade)
        c.polygon(
            [
                (x - 0.95 * size * swell, y - 0.45 * size),
                (x - 0.75 * size * swell, y - 1.4 * size * swell),
                (x, y - 1.25 * size * swell),
                (x + 0.75 * size * swell, y - 1.4 * size * swell),
                (x + 0.95 * size * swell, y - 0.45 * size),
            ],
            shade,
        )
    c.box(x - 0.9 * size, y - 0.72 * size, x + 0.9 * size, y - 0.5 * size, p.main)


def tower(c: Canvas, left, top, width) -> None:
    """Draw a building down to the lower edge, with some of its windows lit."""
    p, rng = c.palette, c.rng
    c.box(left, top, left + width, c.height, p.ink)
    pane = width / 7
    for row in range(int((c.height - top) / (2 * pane))):
        for column in range(3):
            if rng.random() < 0.55:
                x, y = left + pane * (1 + 2 * column), top + pane * (1 + 2 * row)
                c.box(x, y, x + pane, y + 1.1 * pane, p.main)


def adventure(c: Canvas) -> None:
    """Draw snowy mountains, a balloon over them, and a dotted way up."""
    p, rng = c.palette, c.rng
    foot = rng.uniform(0.68, 0.76) * c.height
    for shade, n in ((p.second, 3), (p.ink, 2)):
        for peak in range(n):
            x, rise = (peak + rng.uniform(0.2, 0.8)) / n, rng.uniform(0.35, 0.6) * 1.1
            half = 0.75 * rise
            c.polygon(
                [(x - half, foot + 0.1), (x, foot - rise), (x + half, foot + 0.1)],
                shade,
            )
            tip = 0.3 * rise
            c.polygon(
                [
                    (x, foot - rise),
                    (x + 0.68 * tip, foot - rise + tip),
                    (x + 0.2 * tip, foot - rise + 0.75 * tip),
                    (x - 0.15 * tip, foot - rise + 1.1 * tip),
                    (x - 0.68 * tip, foot - rise + tip),
                ],
                p.light,
            )
    c.box(0, foot + 0.08, 1, c.height, p.ink)
    for step in range(12):
        c.disc(0.12 + 0.065 * step, foot + 0.07 * math.sin(0.9 * step), 0.012, p.main)
    x, y, size = rng.uniform(0.25, 0.75), rng.uniform(0.2, 0.28) * c.height, 0.14
    c.polygon(
        [
            (x - 0.9 * size, y + 0.4 * size),
            (x + 0.9 * size, y + 0.4 * size),
            (x + 0.2 * size, y + 1.6 * size),
            (x - 0.2 * size, y + 1.6 * size),
        ],
        p.main,
    )
    c.disc(x, y, size, p.main)
    c.oval(x, y, 0.4 * size, size, p.light, 0.7)
    c.box(x - 0.2 * size, y + 1.7 * size, x + 0.2 * size, y + 2.0 * size, p.ink)


def fantasy(c: Canvas) -> None:
    """Draw a castle on a hill under a crescent moon."""
    p, rng = c.palette, c.rng
    x, y, size = rng.uniform(0.25, 0.75), rng.uniform(0.18, 0.3) * c.height, 0.17
    c.polygon(crescent(x, y, size, rng.uniform(-0.6, 0.6)), p.light)
    for _ in range(rng.randint(10, 16)):
        c.polygon(
            star(
                rng.random(),
                rng.random() * 0.5 * c.height,
                rng.uniform(0.015, 0.04),
                0.006,
                4,
            ),
            p.light,
        )
    x, foot = rng.uniform(0.35, 0.65), rng.uniform(0.66, 0.74) * c.height
    c.oval(x, foot + 0.5, 0.85, 0.55, p.second)
    for shift in (-0.2, 0.2, -0.1, 0.1, 0.0):
        rise, half = rng.uniform(0.28, 0.4) + 0.15 * (shift == 0), 0.055
        left, right, top = x + shift - half, x + shift + half, foot - rise
        c.box(left, top, right, foot + 0.12, p.ink)
        c.polygon(
            [(left - 0.025, top), (x + shift, top - 0.17), (right + 0.025, top)], p.main
        )
        c.oval(x + shift, top + 0.1, 0.014, 0.03, p.main)


def crescent(x, y, size, turn) -> list[Point]:
    """List the corners of a moon around (x, y) that opens to the right."""
    angles = [math.pi * (0.2 + 1.6 * step / 30) for step in range(31)]
    outer = [(x + size * math.cos(a), y + size * math.sin(a)) for a in angles]
    hollow = [
        (x + size * (0.42 + 0.62 * math.cos(a)), y + 0.72 * size * math.sin(a))
        for a in reversed(angles)
    ]
    return turned([*outer, *hollow], x, y, turn)


# The genres of the retrieval task: their motifs differ the most.
POSTER_GENRES = (
    "Action",
    "Animation",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Horror",
    "Musical",
    "Romance",
    "Sci-Fi",
    "War",
    "Western",
)
# Genres that are drawn as another one.
_DRAWN_AS = {
    "Film-Noir": "Crime",
    "Mystery": "Crime",
    "Thriller": "Crime",
    "Children": "Animation",
}
MOTIFS: dict[str, Callable[[Canvas], None]] = {
    "Action": action,
    "Adventure": adventure,
    "Animation": animation,
    "Comedy": comedy,
    "Crime": crime,
    "Documentary": documentary,
    "Drama": drama,
    "Fantasy": fantasy,
    "Horror": horror,
    "Musical": musical,
    "Romance": romance,
    "Sci-Fi": science_fiction,
    "War": war,
    "Western": western,
    "": reel,
}
# Palettes in which a genre's motif would look out of place. Each genre keeps seven of
# the ten, so that a palette says little about the genre.
_UNFIT = {
    "Action": {"moss", "rose", "sea"},
    "Adventure": {"blood", "rose", "ash"},
    "Animation": {"blood", "ash", "moss"},
    "Comedy": {"blood", "night", "moss"},
    "Crime": {"rose", "sun", "sea"},
    "Documentary": {"blood", "plum", "night"},
    "Drama": {"blood", "sun", "sea"},
    "Fantasy": {"moss", "ash", "paper"},
    "Horror": {"rose", "sun", "paper"},
    "Musical": {"moss", "ash", "desert"},
    "Romance": {"moss", "ash", "night"},
    "Sci-Fi": {"rose", "sun", "paper"},
    "War": {"rose", "sun", "plum"},
    "Western": {"rose", "sea", "plum"},
    "": {"blood", "rose", "sun"},
}
PALETTES_OF = {
    genre: tuple(name for name in PALETTES if name not in unfit)
    for genre, unfit in _UNFIT.items()
}


def poster_genre(genres: Sequence[str]) -> str:
    """Genre whose motif a film gets: the most telling one, or "" for none.

    Examples
    --------
    >>> poster_genre(("Adventure", "Animation", "Children"))
    'Animation'
    >>> poster_genre(("Film-Noir", "Mystery"))
    'Crime'
    >>> poster_genre(())
    ''
    """
    genre = main_genre(genres)
    return _DRAWN_AS.get(genre, genre)
