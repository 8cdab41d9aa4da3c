"""Posters drawn from a film's genres, decade and title, for films that have none.

The main genre decides the motif, the decade the lettering, frame and grain, and a
seed made from the title all that varies: so the same film always gets the same poster,
and no two films of a genre get quite the same. What is drawn says so on itself.

Drawn posters also have a right answer. With `wear`, which tilts, crops and roughens
them, they ask an image network a question that can be marked: are the posters nearest
to this one of its genre? Colours do not give it away, as genres share their palettes.

What happens to a poster on its way to a network: tilt, crop and noise.

A catalogue's posters are scans and photographs, not two of which are framed alike.
Whoever compares positions of pixels is misled by that, and should be.

How a poster of a decade looks: lettering, frame, tint, grain and vignette.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from recsys_helpers._checks import check_number
from recsys_helpers.posters._canvas import font_file
from recsys_helpers.posters._motifs import POSTER_GENRES, poster_genre

if TYPE_CHECKING:
    from PIL import Image

import base64
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from recsys_helpers._checks import check_choice, check_count
from recsys_helpers.images import open_image
from recsys_helpers.posters._canvas import (
    PALETTES,
    Canvas,
    Palette,
    drawable,
    fitted,
    font,
    line_height,
    rgba,
)
from recsys_helpers.posters._motifs import (
    MOTIFS,
    PALETTES_OF,
)
from recsys_helpers.titles import spoken_title, year_of

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "CAPTION",
    "POSTER_GENRES",
    "draw_poster",
    "draw_posters",
    "font_file",
    "poster_data_uri",
    "poster_file",
    "poster_genre",
]


MOST_DEGREES = 7.0
MOST_CROP = 0.13
MOST_CAST = 0.2
MOST_NOISE = 16.0


def worn(image: Image.Image, wear: float, seed: int) -> Image.Image:
    """Tilt, crop and roughen an image, by a seed.

    Parameters
    ----------
    image : PIL.Image.Image
        In mode RGB.
    wear : float
        0 leaves the image as it is. At 1 it is tilted by up to `MOST_DEGREES` to
        either side, up to `MOST_CROP` of its width and height are cut off at each
        edge, red, green and blue each grow or fall by up to `MOST_CAST`, and noise is
        added with a standard deviation of up to `MOST_NOISE` (of 255).
    seed : int

    Returns
    -------
    PIL.Image.Image
        Of the same size.

    Raises
    ------
    ValueError
        If `wear` is negative or no number.
    """
    from PIL import Image

    check_number("wear", wear)
    if wear == 0:
        return image
    rng = Random(seed)
    corner = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    tilted = image.rotate(
        wear * rng.uniform(-MOST_DEGREES, MOST_DEGREES),
        Image.Resampling.BICUBIC,
        fillcolor=tuple(level // 3 for level in corner),
    )
    left, top, right, bottom = (
        min(0.45, wear * MOST_CROP * rng.random()) for _ in range(4)
    )
    width, height = image.size
    frame = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
    cropped = tilted.resize(image.size, Image.Resampling.BICUBIC, box=frame)
    gains = [1 + min(wear, 4) * rng.uniform(-MOST_CAST, MOST_CAST) for _ in range(3)]
    noise = wear * rng.uniform(0.3, 1) * MOST_NOISE
    return grained(cropped, noise, rng.getrandbits(32), gains, in_colour=True)


def grained(
    image: Image.Image,
    deviation: float,
    seed: int,
    gains: Sequence[float] = (1.0, 1.0, 1.0),
    *,
    in_colour: bool = False,
) -> Image.Image:
    """Add normal noise to an image.

    Parameters
    ----------
    image : PIL.Image.Image
        In mode RGB.
    deviation : float
        Standard deviation, of 255.
    seed : int
    gains : sequence of float, length 3
        What red, green and blue are multiplied by first.
    in_colour : bool
        Whether red, green and blue get noise of their own; else it is grey.
    """
    from PIL import Image

    pixels = np.asarray(image, dtype=np.float32) * np.array(gains, dtype=np.float32)
    shape = pixels.shape if in_colour else (*pixels.shape[:2], 1)
    noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
    pixels += np.float32(deviation) * noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


class DecadeStyle(NamedTuple):
    """What a decade does to a poster, whatever its genre.

    Parameters
    ----------
    font : str
        A file among those that come with matplotlib; see
        `recsys_helpers.posters.font_file`.
    capitals : bool
    frame : {"none", "line", "double", "band"}
    tint : str
        Colour that the whole poster leans to, as ``"#rrggbb"``.
    tinting : float
        How far, 0 to 1.
    grain : float
        Standard deviation of the grain, of 255.
    vignette : float
        How dark the corners get, 0 to 1.
    """

    font: str
    capitals: bool
    frame: str
    tint: str
    tinting: float
    grain: float
    vignette: float


UNKNOWN = DecadeStyle("DejaVuSans-Bold", False, "line", "#8c8c8c", 0.1, 3, 0.15)
STYLES = {
    1920: DecadeStyle("STIXGeneralBol", True, "double", "#a58a5c", 0.5, 9, 0.45),
    1940: DecadeStyle("STIXGeneralBolIta", False, "double", "#a08455", 0.3, 7, 0.35),
    1950: DecadeStyle("DejaVuSerif-BoldItalic", False, "band", "#e8c98a", 0.18, 5, 0.1),
    1960: DecadeStyle("DejaVuSans-Bold", True, "band", "#f2e3b8", 0.1, 4, 0.0),
    1970: DecadeStyle("DejaVuSerif-Bold", False, "line", "#b5763a", 0.24, 8, 0.25),
    1980: DecadeStyle("DejaVuSans-BoldOblique", True, "none", "#6a3aa0", 0.16, 3, 0.25),
    1990: DecadeStyle("STIXGeneralBol", True, "none", "#1f2a3c", 0.2, 3, 0.5),
    2000: DecadeStyle("DejaVuSans-Bold", True, "none", "#2e5d6b", 0.2, 2, 0.3),
    2010: DecadeStyle("DejaVuSans", True, "line", "#d7dde2", 0.08, 0, 0.0),
}


def decade_style(year: int | None) -> DecadeStyle:
    """Style of a year; years before 1920 look like 1920, those to come like 2010.

    Examples
    --------
    >>> decade_style(1999).font
    'STIXGeneralBol'
    >>> decade_style(1931) == decade_style(1925)
    True
    >>> decade_style(None).frame
    'line'
    """
    if year is None:
        return UNKNOWN
    begun = [first for first in STYLES if first <= year]
    return STYLES[max(begun, default=min(STYLES))]


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
        `recsys_helpers.posters.worn`; 1 for the retrieval task. The caption is
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
