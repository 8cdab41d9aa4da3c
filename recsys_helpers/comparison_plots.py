"""Figures that set methods side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys_helpers.checks import as_list
from recsys_helpers.plot_style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    check_not_empty,
    course_style,
    legend_of_names,
    name_in_figure,
    new_axes,
    ticks_of_names,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
MARKERS = "osD^vP"


@course_style()
def parallel_plot(
    values: pd.DataFrame,
    lower_is_better: str | Sequence[str] = (),
    highlighted: str | Sequence[str] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw a line a method over several measures, better always upwards.

    Each measure has an axis of its own, from the worst of the methods at the bottom to
    the best at the top, with both values written on it.

    Parameters
    ----------
    values : DataFrame of float
        A row a method, a column a measure, each named once. A line has a gap where it
        is NaN or infinite.
    lower_is_better : str or sequence of str
        Columns whose lowest value is at the top.
    highlighted : str or sequence of str, optional
        At most six methods that have colours and a legend; the others are grey. By
        default the first six.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are fewer than two methods or measures or one is there twice, more than
        six are highlighted, one of those named is unknown, or a measure is the same for
        all.
    """
    if min(values.shape) < 2:
        raise ValueError("A comparison takes two methods and two measures, at least.")
    lower_is_better = as_list(lower_is_better)
    highlighted = as_list(values.index[:6] if highlighted is None else highlighted)
    unknown = [name for name in highlighted if name not in values.index]
    if unknown or len(highlighted) > len(COLOURS):
        raise ValueError(
            f"At most {len(COLOURS)} of the methods can be highlighted, by name; got "
            f"{highlighted}."
        )
    for what, names in (("method", values.index), ("measure", values.columns)):
        if not names.is_unique:
            twice = names[names.duplicated()][0]
            raise ValueError(f"The {what} {twice} is there twice: which is meant?")
    odd = [name for name in lower_is_better if name not in values]
    if odd:
        raise ValueError(f"lower_is_better has {odd[0]!r}, which is no measure here.")
    values = values.replace([np.inf, -np.inf], np.nan)
    low, high = values.min(), values.max()
    flat = low.index[~(high > low)]
    if len(flat):
        raise ValueError(f"{flat[0]} is the same for all methods: nothing to compare.")
    heights = (values - low) / (high - low)
    for name in lower_is_better:
        heights[name] = 1 - heights[name]
    places = np.arange(values.shape[1])
    ax = new_axes(ax, height=4.4)
    lines = []
    for name in values.index.difference(highlighted, sort=False):
        ax.plot(places, heights.loc[name], "-", color=GREY, alpha=0.4, lw=1.2)
    for name, colour, marker in zip(highlighted, COLOURS, MARKERS, strict=False):
        looks = {"marker": marker, "color": colour, "label": name}
        lines += ax.plot(places, heights.loc[name], "-", **looks)
    for place, name in zip(places, values.columns, strict=True):
        ends = (high, low) if name in lower_is_better else (low, high)
        for height, end, align in zip(
            (-0.04, 1.04), ends, ("top", "bottom"), strict=True
        ):
            ax.text(place, height, f"{end[name]:.3g}", ha="center", va=align, size=9)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.set_xticks(places, map(_in_lines, values.columns), parse_math=False)
    ax.set(
        yticks=[0, 1],
        yticklabels=["worst", "best"],
        ylim=(-0.16, 1.16),
        xlabel="Measure",
        ylabel="Among these methods",
    )
    legend_of_names(ax, lines, loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=3)
    return ax


@course_style()
def decided_plot(signs: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Show which of two methods is surely better, for all pairs.

    Parameters
    ----------
    signs : DataFrame of int
        As `recsys_helpers.comparison.decided` gives it: 1, -1 or 0.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        A filled square where the row's method is better, an empty one where it is
        worse, and a dot where nothing is decided.

    Raises
    ------
    ValueError
        If there are fewer than two methods.
    """
    if len(signs) < 2:
        raise ValueError("There are no two methods to compare.")
    names = [name_in_figure(name) for name in signs.columns]
    longest = max(map(len, names))
    ax = new_axes(ax, height=max(1.6 + 0.33 * len(signs), 1.4 + 0.055 * longest))
    rows, columns = np.indices(signs.shape)
    matrix, off_diagonal = signs.to_numpy(), rows != columns
    kinds: Mapping[int, tuple[str, dict]] = {
        1: ("row better", {"marker": "s", "color": BLUE, "s": 90}),
        -1: ("row worse", {"marker": "s", "fc": "none", "ec": VERMILION, "s": 90}),
        0: ("not decided", {"marker": ".", "color": GREY, "s": 40}),
    }
    for sign, (label, look) in kinds.items():
        chosen = (matrix == sign) & off_diagonal
        ax.scatter(columns[chosen], rows[chosen], label=label, **look)
    ax.grid(visible=False)
    ticks_of_names(ax.xaxis, names, rotation=40, ha="right")
    ticks_of_names(ax.yaxis, signs.index)
    ax.set(
        xlim=(-0.6, len(signs) - 0.4),
        ylim=(len(signs) - 0.4, -0.6),
        xlabel="Compared with",
        ylabel="Method",
    )
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return ax


@course_style()
def shared_plot(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Show how much each two methods have in common, as a table of shades.

    Parameters
    ----------
    shares : DataFrame of float
        As `recsys_helpers.comparison.shared_share` gives it, 0 to 1.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are no methods.
    """
    check_not_empty(shares, "methods")
    matrix = shares.to_numpy(float, copy=True)
    np.fill_diagonal(matrix, np.nan)
    ax = new_axes(ax, height=1.2 + 0.6 * len(shares))
    largest = np.nanmax(matrix, initial=1e-9)
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=largest, aspect="auto")
    for row, column in np.argwhere(~np.isnan(matrix)):
        dark = matrix[row, column] > 0.6 * largest
        ax.text(
            column,
            row,
            f"{matrix[row, column]:.2f}",
            ha="center",
            va="center",
            color="white" if dark else "black",
        )
    ax.grid(visible=False)
    ticks_of_names(ax.xaxis, shares.columns)
    ticks_of_names(ax.yaxis, shares.index)
    ax.set(xlabel="Method", ylabel="Method")
    return ax


def _in_lines(name: Any) -> str:
    return fill(name_in_figure(name).replace("@", " @"), width=10)
