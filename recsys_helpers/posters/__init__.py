"""Posters drawn from a film's genres, decade and title, for films that have none.

The main genre decides the motif (a castle under a moon, a ringed planet, a film reel:
all in ``posters/_motifs.py``), the decade the lettering, frame and grain, and a
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
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers._checks import check_count
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
    POSTER_GENRES,
    poster_genre,
)
from recsys_helpers.titles import spoken_title, year_of

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "POSTER_GENRES",
    "draw_poster",
    "draw_posters",
    "poster_data_uri",
    "poster_genre",
]

SIZE = (230, 345)
CAPTION = "Drawn by a program \u00b7 not the film's own poster"
MOST_LETTERS = 300
# Of wear: the largest tilt to either side in degrees, share of width and height cut off
# at each edge, change of red, green and blue, and deviation of the noise (of 255).
MOST_TILT, MOST_CROP, MOST_CAST, MOST_NOISE = 7.0, 0.13, 0.2, 16.0


def draw_poster(
    title: str,
    genres: Sequence[str] = (),
    year: int | None = None,
    *,
    size: tuple[int, int] = SIZE,
    wear: bool = False,
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
    wear : bool
        Whether the poster is tilted, cropped and roughened, as for the retrieval task.
        The caption is not.

    Returns
    -------
    PIL.Image.Image
        In mode RGB. The same film gives the same pixels.

    Raises
    ------
    TypeError
        If `title` is no text, or `genres` is one.
    ValueError
        If a length of `size` is below 16.

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
    # The same on every machine.
    seed = zlib.crc32(f"{title} {year}".encode("utf-8", "replace"))
    rng, genre, style = Random(seed), poster_genre(genres), _style_of(year)
    canvas = Canvas(size, PALETTES[rng.choice(PALETTES_OF[genre])], rng)
    MOTIFS[genre](canvas)
    image = _aged(canvas.image.resize(size, reducing_gap=2.0), style, seed)
    # A title in letters that no font here has leaves nothing to write.
    shown = title if drawable(title, style.font)[0] else genre or "A film"
    _write_title(image, shown, style, canvas.palette, rng)
    _draw_frame(image, style.frame, canvas.palette.light)
    if wear:
        image = _worn(image, seed)
    _write_caption(image, year)
    return image


def draw_posters(movies: pd.DataFrame, **options) -> Iterator[Image.Image]:
    """Draw the posters of a frame of movies, one at a time, in its order.

    It has a column title, and genres and year where there are such; the options are
    those of `draw_poster`.
    """
    for row in movies.to_dict("records"):
        yield draw_poster(
            row["title"], row.get("genres", ()), row.get("year"), **options
        )


def poster_data_uri(image: Image.Image) -> str:
    """Address that holds the image itself, for `recsys_helpers.display.poster_strip`.

    Examples
    --------
    >>> poster_data_uri(draw_poster("Heat", size=(16, 24)))[:23]
    'data:image/jpeg;base64,'
    """
    file = io.BytesIO()
    # A JPEG has neither palette nor transparency.
    open_image(image).save(file, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


class _Style(NamedTuple):
    """What a decade does to a poster, whatever its genre."""

    font: str  # a file among those that come with matplotlib
    capitals: bool
    frame: str  # "none", "line", "double" or "band"
    tint: str  # the colour that the whole poster leans to
    tinting: float  # how far, 0 to 1
    grain: float  # its standard deviation, of 255
    vignette: float  # how dark the corners get, 0 to 1


_UNKNOWN = _Style("DejaVuSans-Bold", False, "line", "#8c8c8c", 0.1, 3, 0.15)
_STYLES = {
    1920: _Style("STIXGeneralBol", True, "double", "#a58a5c", 0.5, 9, 0.45),
    1940: _Style("STIXGeneralBolIta", False, "double", "#a08455", 0.3, 7, 0.35),
    1950: _Style("DejaVuSerif-BoldItalic", False, "band", "#e8c98a", 0.18, 5, 0.1),
    1960: _Style("DejaVuSans-Bold", True, "band", "#f2e3b8", 0.1, 4, 0.0),
    1970: _Style("DejaVuSerif-Bold", False, "line", "#b5763a", 0.24, 8, 0.25),
    1980: _Style("DejaVuSans-BoldOblique", True, "none", "#6a3aa0", 0.16, 3, 0.25),
    1990: _Style("STIXGeneralBol", True, "none", "#1f2a3c", 0.2, 3, 0.5),
    2000: _Style("DejaVuSans-Bold", True, "none", "#2e5d6b", 0.2, 2, 0.3),
    2010: _Style("DejaVuSans", True, "line", "#d7dde2", 0.08, 0, 0.0),
}


def _style_of(year: int | None) -> _Style:
    """Style of a year; years before 1920 look like 1920, those to come like 2010."""
    if year is None:
        return _UNKNOWN
    begun = [first for first in _STYLES if first <= year]
    return _STYLES[max(begun, default=min(_STYLES))]


def _aged(image: Image.Image, style: _Style, seed: int) -> Image.Image:
    from PIL import Image

    if style.tinting:
        tint = Image.new("RGB", image.size, style.tint)
        image = Image.blend(image, tint, style.tinting)
    if style.vignette:
        # Light from 0 in the middle to 255 in the corners.
        shade = Image.radial_gradient("L").resize(image.size)
        shade = shade.point([round(style.vignette * n * n / 255) for n in range(256)])
        image = Image.composite(Image.new("RGB", image.size, "#080604"), image, shade)
    if not style.grain:
        return image
    pixels = np.asarray(image, dtype=np.float32)
    return _with_noise(pixels, style.grain, seed, n_channels=1)


def _write_title(
    image: Image.Image, title: str, style: _Style, palette: Palette, rng: Random
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


def _worn(image: Image.Image, seed: int) -> Image.Image:
    """Tilt, crop and roughen a poster: scans and photographs are not framed alike."""
    from PIL import Image

    rng = Random(seed)
    corner = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    tilted = image.rotate(
        rng.uniform(-MOST_TILT, MOST_TILT),
        Image.Resampling.BICUBIC,
        fillcolor=tuple(level // 3 for level in corner),
    )
    left, top, right, bottom = (MOST_CROP * rng.random() for _ in range(4))
    width, height = image.size
    frame = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
    cropped = tilted.resize(image.size, Image.Resampling.BICUBIC, box=frame)
    gains = [1 + rng.uniform(-MOST_CAST, MOST_CAST) for _ in range(3)]
    noise = rng.uniform(0.3, 1) * MOST_NOISE
    pixels = np.asarray(cropped, dtype=np.float32) * np.array(gains, dtype=np.float32)
    return _with_noise(pixels, noise, rng.getrandbits(32), n_channels=3)


def _with_noise(
    pixels: NDArray[np.float32], deviation: float, seed: int, n_channels: int
) -> Image.Image:
    """Add normal noise, grey if it has one channel."""
    from PIL import Image

    shape = (*pixels.shape[:2], n_channels)
    noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
    noisy = pixels + np.float32(deviation) * noise
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


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
