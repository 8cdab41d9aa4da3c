"""How the course's figures look: one style, and colours that all readers tell apart.

The colours are those of Okabe and Ito (2008), "Color Universal Design".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

from recsys_helpers.display import one_line

if TYPE_CHECKING:  # matplotlib takes long to import
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.legend import Legend

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, GREY = "#CC79A7", "#56B4E9", "#F0E442", "#5F6B76"
# Of what is drawn side by side, the most different first.
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)

STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 11,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.dpi": 110,
    "figure.figsize": (7.0, 3.8),
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 10.5,
    "grid.color": "#DDE1E5",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
}


@contextmanager
def course_style() -> Iterator[None]:
    """Draw in the course's style for the length of a ``with`` block.

    Examples
    --------
    >>> import matplotlib
    >>> with course_style():
    ...     matplotlib.rcParams["axes.grid"]
    True
    """
    import matplotlib as mpl

    colours = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, GREY]
    with mpl.rc_context({**STYLE, "axes.prop_cycle": mpl.cycler(color=colours)}):
        yield
        interactive = mpl.is_interactive()
    # A notebook's first figure switches this on. Put back to what it was before, it
    # would leave all later figures unseen.
    mpl.interactive(interactive)


def new_axes(
    ax: Axes | None, height: float | None = None, width: float | None = None
) -> Axes:
    """Return `ax`, or the axes of a new figure: the course's size, unless in inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    usual = STYLE["figure.figsize"]
    return plt.subplots(figsize=(width or usual[0], height or usual[1]))[1]


# More of a name would leave no room for the figure.
LONGEST_NAME = 48


def name_in_figure(name: Any) -> str:
    """Write a name of somebody or something on one line, cut if it is very long."""
    # It may hold dollar signs: whatever draws it needs parse_math=False.
    line = one_line(name)
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 3]}..."


def ticks_of_names(axis: Axis, names: Iterable[Any], **looks: Any) -> None:
    """Write names at 0, 1, 2, ... of an axis, and no formula where one has dollars."""
    labels = [name_in_figure(name) for name in names]
    axis.set_ticks(range(len(labels)), labels, parse_math=False, **looks)


def legend_of_names(ax: Axes, artists: Sequence[Any], **options: Any) -> Legend:
    """Draw a legend of artists, by their labels as they are."""
    # matplotlib takes what is between two dollar signs for a formula, and leaves out
    # what starts with an underscore.
    names = [name_in_figure(artist.get_label()) for artist in artists]
    legend = ax.legend(artists, [str(place) for place in range(len(names))], **options)
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set(text=name, parse_math=False)
    legend.get_title().set_parse_math(False)
    return legend


def thousands(*axes: Axis) -> None:
    """Write 12000 as 12,000 on these axes."""
    from matplotlib.ticker import StrMethodFormatter

    for axis in axes:
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def plain_log_ticks(ax: Axes) -> None:
    """Write 20, 50, 100 on a logarithmic x axis and not powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    thousands(ax.xaxis)


def check_not_empty(frame: pd.DataFrame | pd.Series, what: str) -> None:
    """Refuse to draw nothing."""
    if frame.empty:
        raise ValueError(f"There are no {what} to draw.")
