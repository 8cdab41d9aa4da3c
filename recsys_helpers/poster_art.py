"""Posters drawn from a film's genres, decade and title, for films that have none.

The main genre decides the motif, the decade the lettering, frame and grain, and a
seed made from the title all that varies: so the same film always gets the same poster,
and no two films of a genre get quite the same. What is drawn says so on itself.

Drawn posters also have a right answer. With `wear`, which tilts, crops and roughens
them, they ask an image network a question that can be marked: are the posters nearest
to this one of its genre? Colours do not give it away, as genres share their palettes.
"""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING

import pandas as pd

from recsys_helpers.checks import check_choice, check_count
from recsys_helpers.images import open_image
from recsys_helpers.poster_canvas import PALETTES, Canvas, Palette, rgba
from recsys_helpers.poster_decades import DecadeStyle, decade_style
from recsys_helpers.poster_lettering import drawable, fitted, font, line_height
from recsys_helpers.poster_motifs import (
    MOTIFS,
    PALETTES_OF,
    POSTER_GENRES,
    poster_genre,
)
from recsys_helpers.poster_wear import grained, worn
from recsys_helpers.titles import spoken_title, year_of

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "CAPTION",
    "POSTER_GENRES",
    "draw_poster",
    "draw_posters",
    "poster_data_uri",
    "poster_file",
    "poster_genre",
]

SIZE = (230, 345)
CAPTION = "Drawn by a program \u00b7 not the film's own poster"
FORMATS = ("JPEG", "PNG")
MOST_LETTERS = 300


def draw_poster(
    title: str,
    genres: Sequence[str] = (),
    year: int | None = None,
    *,
    size: tuple[int, int] = SIZE,
    seed: int | None = None,
    wear: float = 0.0,
) -> Image.Image:
    """Draw a film's poster.

    Parameters
    ----------
    title : str
        Any text; letters that no font here has are left out.
    genres : sequence of str
        As MovieLens names them.
    year : int, optional
        Missing (None or NA), it is taken from the title if that ends with it.
    size : tuple of int
        Width and height in pixels.
    seed : int, optional
        What is varied depends on it, and by default it on title and year.
    wear : float
        How much the poster is tilted, cropped and roughened, see
        `recsys_helpers.poster_wear.worn`; 1 for the retrieval task. The caption is
        not.

    Returns
    -------
    PIL.Image.Image
        In mode RGB. The same film gives the same pixels.

    Raises
    ------
    TypeError
        If `title` is no text, or `genres` is one.
    ValueError
        If a length of `size` is below 16, or `wear` or `seed` is negative.

    Examples
    --------
    >>> draw_poster("Alien (1979)", ("Horror", "Sci-Fi"), size=(46, 69)).size
    (46, 69)
    """
    if not isinstance(title, str):
        raise TypeError(f"A title is text, not {title!r}.")
    if isinstance(genres, str):
        raise TypeError(f'genres is a sequence: ("{genres}",) and not "{genres}".')
    for name, length in zip(("width", "height"), size, strict=True):
        check_count(f"A poster's {name}", length, at_least=16)
    if not isinstance(genres, Iterable):  # None or NaN, as tables have them
        genres = ()
    year = year_of(title) if year is None or pd.isna(year) else int(year)
    title = spoken_title(title)
    seed = film_seed(title, year) if seed is None else seed
    check_count("seed", seed, at_least=0)
    rng, genre = Random(seed), poster_genre(genres)
    style = decade_style(year)
    canvas = Canvas(size, PALETTES[rng.choice(PALETTES_OF[genre])], rng)
    MOTIFS[genre](canvas)
    image = _aged(canvas.image.resize(size, reducing_gap=2.0), style, seed)
    # A title in letters that no font here has leaves nothing to write.
    shown = title if drawable(title, style.font)[0] else genre or "A film"
    _write_title(image, shown, style, canvas.palette, rng)
    _draw_frame(image, style.frame, canvas.palette.light)
    image = worn(image, wear, seed)
    _write_caption(image, year)
    return image


def draw_posters(movies: pd.DataFrame, **options) -> Iterator[Image.Image]:
    """Draw the posters of a frame of movies, one at a time, in its order.

    Parameters
    ----------
    movies : pandas.DataFrame
        Columns title, and genres and year where there are such.
    **options
        For `draw_poster`.

    Yields
    ------
    PIL.Image.Image
    """
    for row in movies.to_dict("records"):
        yield draw_poster(
            row["title"], row.get("genres", ()), row.get("year"), **options
        )


def film_seed(title: str, year: int | None) -> int:
    """Make a seed from title and year, the same on every machine.

    Examples
    --------
    >>> film_seed("Heat", 1995)
    1558262958
    """
    return zlib.crc32(f"{title} {year}".encode("utf-8", "replace"))


def poster_file(image: Image.Image, image_format: str = "JPEG") -> bytes:
    """Bytes of an image file.

    Parameters
    ----------
    image : PIL.Image.Image
        In any mode that `recsys_helpers.images.open_image` takes.
    image_format : {"JPEG", "PNG"}
    """
    check_choice("image_format", image_format, FORMATS)
    if image_format == "JPEG" and image.mode not in ("L", "RGB"):
        image = open_image(image)  # a JPEG has neither palette nor transparency
    file = io.BytesIO()
    image.save(file, image_format, quality=88)
    return file.getvalue()


def poster_data_uri(image: Image.Image, image_format: str = "JPEG") -> str:
    """Address that holds the image itself, for `recsys_helpers.display.poster_strip`.

    Examples
    --------
    >>> poster_data_uri(draw_poster("Heat", size=(16, 24)))[:23]
    'data:image/jpeg;base64,'
    """
    encoded = base64.b64encode(poster_file(image, image_format)).decode("ascii")
    return f"data:image/{image_format.lower()};base64,{encoded}"


def _aged(image: Image.Image, style: DecadeStyle, seed: int) -> Image.Image:
    from PIL import Image

    if style.tinting:
        tint = Image.new("RGB", image.size, style.tint)
        image = Image.blend(image, tint, style.tinting)
    if style.vignette:
        # Light from 0 in the middle to 255 in the corners.
        shade = Image.radial_gradient("L").resize(image.size)
        shade = shade.point([round(style.vignette * n * n / 255) for n in range(256)])
        image = Image.composite(Image.new("RGB", image.size, "#080604"), image, shade)
    return grained(image, style.grain, seed) if style.grain else image


def _write_title(
    image: Image.Image, title: str, style: DecadeStyle, palette: Palette, rng: Random
) -> None:
    from PIL import ImageDraw

    # No poster has room for more, and measuring a whole book would take long.
    title = title[:MOST_LETTERS]
    text, name = drawable(title.upper() if style.capitals else title, style.font)
    width, height = image.size
    largest = max(6, width // 8)
    lines, letters = fitted(
        text, name, 0.86 * width, 0.27 * height, largest, max(5, width // 20)
    )
    step = line_height(round(letters.size))
    at_top = rng.random() < 0.25
    y = 0.06 * height if at_top else 0.92 * height - step * len(lines)
    draw = ImageDraw.Draw(image)
    outline = max(1, round(letters.size / 13))
    for line in lines:
        draw.text(
            (width / 2, y),
            line,
            fill=palette.light,
            font=letters,
            anchor="ma",
            stroke_width=outline,
            stroke_fill=palette.ink,
        )
        y += step


def _draw_frame(image: Image.Image, frame: str, colour: str) -> None:
    from PIL import ImageDraw

    draw, (width, height) = ImageDraw.Draw(image), image.size
    if frame == "band":
        draw.rectangle((0, 0, width - 1, height - 1), None, colour, width // 28 + 1)
    inset = {"line": (width // 30,), "double": (width // 36, width // 22)}
    for edge in inset.get(frame, ()):
        corners = (edge, edge, width - 1 - edge, height - 1 - edge)
        draw.rectangle(corners, None, colour, max(1, width // 150))


def _write_caption(image: Image.Image, year: int | None) -> None:
    """Say that the poster is drawn, on a strip that gives the text its contrast."""
    from PIL import ImageDraw

    width, height = image.size
    text = CAPTION if year is None else f"{CAPTION} \u00b7 {year}"
    size = max(5, width // 23)
    while size > 5 and font("DejaVuSans", size).getlength(text) > 0.96 * width:
        size -= 1
    top = height - round(1.7 * size)
    draw = ImageDraw.Draw(image, "RGBA")
    draw.rectangle((0, top, width, height), fill=rgba("#0c0c0c", 0.86))
    draw.text(
        (width / 2, (top + height) / 2),
        text,
        fill="#f4f1ea",
        font=font("DejaVuSans", size),
        anchor="mm",
    )
