"""Motifs that look at you: eyes, lovers, cartoons, a laughing sun, half a face.

See `recsys_helpers.poster_places` for what a motif is.
"""

from __future__ import annotations

import math

from recsys_helpers.poster_canvas import Canvas, Point, star, turned


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
