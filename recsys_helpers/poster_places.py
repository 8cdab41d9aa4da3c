"""Motifs that are places: plains, mountains, cities, castles and fields of war.

A motif keeps its parts and varies where they stand, how large they are and how many.
x and y are in widths of the poster, from its top left corner.
"""

from __future__ import annotations

import math

from recsys_helpers.poster_canvas import Canvas, Point, around, star, turned
from recsys_helpers.poster_faces import bust


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
