"""Figures of methods: what they know, what they find, and how they compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys_helpers._checks import as_list
from recsys_helpers.interactions import integer_ids
from recsys_helpers.plots._style import (
    BLUE,
    COLOURS,
    GREY,
    VERMILION,
    check_not_empty,
    course_style,
    legend_of_names,
    name_in_figure,
    new_axes,
    ticks_of_names,
)
from recsys_helpers.titles import spoken_title
from recsys_helpers.vectors import MovieVectors

if TYPE_CHECKING:  # matplotlib takes long to import
    from matplotlib.axes import Axes

MARKERS = "osD^vP"
# Colour and sign of each group on a map.
GROUP_LOOKS = ((BLUE, "o"), (VERMILION, "s"), ("#000000", "^"))


@course_style()
def rating_grid(ratings: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Show a few people's ratings of a few movies, number by number.

    Parameters
    ----------
    ratings : pandas.DataFrame
        One row a person and one column a movie, in stars; NaN where there is no
        rating, which is drawn as an empty cell.

    Raises
    ------
    ValueError
        If there are no ratings.
    """
    check_not_empty(ratings, "ratings")
    ax = new_axes(ax, height=1.6 + 0.42 * len(ratings))
    stars = ratings.to_numpy(dtype=np.float64)
    # From vermilion (dislike) over white to blue (like): told apart by everybody.
    ax.imshow(stars, cmap=_dislike_to_like(), vmin=0.5, vmax=5, aspect="auto")
    for row, column in np.argwhere(~np.isnan(stars)):
        ax.text(column, row, f"{stars[row, column]:g}", ha="center", va="center")
    ax.set_xticks(np.arange(-0.5, stars.shape[1]), minor=True)
    ax.set_yticks(np.arange(-0.5, stars.shape[0]), minor=True)
    ax.grid(visible=False)
    ax.grid(visible=True, which="minor")
    ax.tick_params(which="minor", length=0)
    ticks_of_names(ax.xaxis, ratings.columns, rotation=20, ha="right")
    ticks_of_names(ax.yaxis, ratings.index)
    ax.set(xlabel="Movie", ylabel="Person")
    return ax


@course_style()
def movie_map(
    vectors: MovieVectors,
    labelled: list[int],
    groups: dict[str, Iterable[int]] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw 2-D vectors of movies as points, some of them with their titles.

    Parameters
    ----------
    vectors : recsys_helpers.vectors.MovieVectors
        Of two dimensions, with titles.
    labelled : list of int
        Ids of the movies whose titles are written, the most important first: a title
        that would lie over one before it is left out.
    groups : dict of name to ids, optional
        At most three groups to draw in colours and signs of their own.

    Raises
    ------
    ValueError
        If the vectors have another number of dimensions, or no titles, or there are
        more than three groups.
    UnknownMovieError
        If a movie whose title is asked for has no vector.
    """
    if vectors.n_dimensions != 2 or vectors.titles is None:
        raise ValueError(f"A map needs two dimensions and titles; this is {vectors!r}.")
    groups = groups or {}
    if len(groups) > len(GROUP_LOOKS):
        raise ValueError(
            f"A map can tell {len(GROUP_LOOKS)} groups apart, and these are "
            f"{len(groups)}: {', '.join(map(str, groups))}. Draw fewer, or join some."
        )
    ax = new_axes(ax, height=5.2)
    ax.scatter(*vectors.matrix.T, s=9, color=GREY, alpha=0.35, lw=0, label="other")
    for (name, ids), (colour, sign) in zip(groups.items(), GROUP_LOOKS, strict=False):
        # Of a set numpy would make one single value.
        of_group = integer_ids(list(ids), "movie_id")
        points = vectors.matrix[np.isin(vectors.movie_ids, of_group)]
        ax.scatter(*points.T, s=22, color=colour, marker=sign, lw=0, label=name)
    ax.set(xlabel="First direction", ylabel="Second direction")
    if groups:
        legend_of_names(ax, ax.collections[-1 - len(groups) :])
    _write_titles(ax, vectors, labelled)
    return ax


@course_style()
def growth_plot(
    results: pd.DataFrame,
    *,
    label: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw what methods cost at growing sizes, both axes logarithmic.

    Parameters
    ----------
    results : pandas.DataFrame
        Columns method, n and value, as in a results file.
    label : str
        What the value is, with its unit, for the axis; between dollar signs a formula.

    Returns
    -------
    matplotlib.axes.Axes
        A line a method, and a dotted one that grows in proportion to n. What is not a
        number above 0 has no place on such axes, and is left out.

    Raises
    ------
    ValueError
        If nothing is left to draw.
    """
    sizes, values = (results[name].astype(float) for name in ("n", "value"))
    positive = (sizes > 0) & (values > 0) & np.isfinite(sizes) & np.isfinite(values)
    results = results[positive]
    check_not_empty(results, "results above 0")
    ax = new_axes(ax)
    lines = []
    for (method, rows), marker in zip(
        results.groupby("method", sort=False), cycle("os^Dv"), strict=False
    ):
        rows = rows.sort_values("n")
        numbers = rows["n"].astype(float), rows["value"]
        lines += ax.plot(*numbers, marker=marker, label=method)
    first = results.sort_values(["n", "value"]).iloc[0]
    ends = np.array([first["n"], results["n"].max()], dtype=np.float64)
    proportional = 0.6 * first["value"] * ends / ends[0]
    lines += ax.plot(ends, proportional, ":", color=GREY, label="in proportion")
    ax.set(xscale="log", yscale="log", xlabel="Interactions", ylabel=label)
    legend_of_names(ax, lines)
    return ax


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
    ax = new_axes(ax, height=4.4, width=5.6)
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

    Returns
    -------
    matplotlib.axes.Axes
        A filled square where the row's method is better, an empty one where it is
        worse, and a dot where nothing is decided. The methods are numbered, so that
        the figure stays readable on a narrow screen.

    Raises
    ------
    ValueError
        If there are fewer than two methods.
    """
    if len(signs) < 2:
        raise ValueError("There are no two methods to compare.")
    names = [name_in_figure(name) for name in signs.index]
    width = 2.8 + 0.08 * max(map(len, names))
    ax = new_axes(ax, height=1.4 + 0.23 * len(signs), width=width)
    rows, columns = np.indices(signs.shape)
    matrix, off_diagonal = signs.to_numpy(), rows != columns
    kinds: Mapping[int, tuple[str, dict]] = {
        1: ("row better", {"marker": "s", "color": BLUE, "s": 34}),
        -1: ("row worse", {"marker": "s", "fc": "none", "ec": VERMILION, "s": 34}),
        0: ("not decided", {"marker": ".", "color": GREY, "s": 25}),
    }
    for sign, (label, look) in kinds.items():
        chosen = (matrix == sign) & off_diagonal
        ax.scatter(columns[chosen], rows[chosen], label=label, **look)
    ax.grid(visible=False)
    # Every other number, where all would lie over each other.
    numbered = np.arange(0, len(signs), 1 + len(signs) // 13)
    ax.set_xticks(numbered, numbered + 1)
    labels = [f"{name}  {row}" for row, name in enumerate(names, start=1)]
    ax.set_yticks(range(len(signs)), labels, parse_math=False)
    ax.set(
        xlim=(-0.6, len(signs) - 0.4),
        ylim=(len(signs) - 0.4, -0.6),
        xlabel="Compared with",
        ylabel="Method",
    )
    ax.figure.legend(loc="outside upper center", ncols=3, handletextpad=0.1)
    return ax


@course_style()
def layers_plot(layers: pd.DataFrame, *, marked: str, ax: Axes | None = None) -> Axes:
    """Show the layers of an image network, the first at the top.

    Parameters
    ----------
    layers : DataFrame with `layer`, `kind`, `places` and `channels`
        Names of a layer and of its kind, how many places it has across, and how many
        channels.
    marked : str
        The layer where features are taken, which is written below it.

    Returns
    -------
    matplotlib.axes.Axes
        A bar a layer, as long as it has places across, in the colour of its kind.

    Raises
    ------
    ValueError
        If there are no layers.
    """
    check_not_empty(layers, "layers")
    longest = max(len(name_in_figure(name)) for name in layers["layer"])
    width = 4.4 + 0.08 * longest
    ax = new_axes(ax, height=1.4 + 0.27 * len(layers), width=width)
    rows = np.arange(len(layers))
    for kind, colour in zip(layers["kind"].unique(), COLOURS, strict=False):
        of_kind = (layers["kind"] == kind).to_numpy()
        ax.barh(rows[of_kind], layers["places"][of_kind], color=colour, label=kind)
    for row, (name, places, channels) in enumerate(
        layers[["layer", "places", "channels"]].itertuples(index=False)
    ):
        weight = "bold" if name == marked else "normal"
        text = f"{places} x {places}, {channels} channels"
        ax.text(places + 5, row, text, va="center", weight=weight)
        if name == marked:
            ax.text(5, row + 1, "features from here", va="center", weight=weight)
    ticks_of_names(ax.yaxis, layers["layer"])
    ax.grid(visible=False)
    ax.set(
        xlim=(0, 2.1 * layers["places"].max()),
        xticks=np.linspace(0, layers["places"].max(), 3),
        ylim=(len(layers) + 0.5, -0.6),
        xlabel="Places across",
        ylabel="Layer",
    )
    bars = ax.containers
    legend_of_names(ax, bars, loc="lower center", bbox_to_anchor=(0.4, 1), ncols=2)
    return ax


@course_style()
def shared_plot(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Show how much each two methods have in common, as a table of shades.

    Parameters
    ----------
    shares : DataFrame of float
        As `recsys_helpers.comparison.shared_share` gives it, 0 to 1.

    Raises
    ------
    ValueError
        If there are no methods.
    """
    check_not_empty(shares, "methods")
    matrix = shares.to_numpy(float, copy=True)
    np.fill_diagonal(matrix, np.nan)
    ax = new_axes(ax, height=1.4 + 0.5 * len(shares), width=5.4)
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
    ticks_of_names(ax.xaxis, shares.columns, rotation=20, ha="right")
    ticks_of_names(ax.yaxis, shares.index)
    ax.set(xlabel="Method", ylabel="Method")
    return ax


def _write_titles(ax: Axes, vectors: MovieVectors, labelled: list[int]) -> None:
    from matplotlib.patheffects import withStroke

    # Places are known only when the figure has been laid out, and must stay.
    ax.autoscale_view()
    ax.autoscale(enable=False)
    ax.figure.draw_without_rendering()
    middle = np.mean(ax.get_xlim())
    taken: list[Any] = []
    titles = vectors.titles or ()
    for movie_id in labelled:
        point = vectors.vector(movie_id)
        row = int(np.flatnonzero(vectors.movie_ids == movie_id)[0])
        # Written towards the middle, a title does not leave the figure.
        on_right = point[0] > middle
        label = ax.annotate(
            name_in_figure(spoken_title(titles[row])),
            point,
            xytext=(-4 if on_right else 4, 4),
            textcoords="offset points",
            ha="right" if on_right else "left",
            fontsize=9,
            parse_math=False,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
        label.set_in_layout(False)
        place = label.get_window_extent().padded(3)  # titles that touch read as one
        if any(place.overlaps(other) for other in taken):
            label.remove()
            continue
        taken.append(place)
        ax.plot(*point, "o", ms=6, mfc="none", mec="black")


def _dislike_to_like():
    from matplotlib.colors import LinearSegmentedColormap

    # Pale ends, so that black numbers can be read on all of them.
    colours = ["#F2A477", "#FFFFFF", "#7FB9E0"]
    return LinearSegmentedColormap.from_list("dislike to like", colours)


def _in_lines(name: Any) -> str:
    return fill(name_in_figure(name).replace("@", " @"), width=10)
