"""How a poster of a decade looks: lettering, frame, tint, grain and vignette."""

from __future__ import annotations

from typing import NamedTuple


class DecadeStyle(NamedTuple):
    """What a decade does to a poster, whatever its genre.

    Parameters
    ----------
    font : str
        A file among those that come with matplotlib; see
        `recsys_helpers.poster_lettering.font_file`.
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
