"""Figures of the method chapters: a grid of ratings, a map of movies, a growth line.

In the style of `recsys_helpers.plots`, and like there each function draws into `ax`,
or into a new figure where none is given, and returns it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys_helpers.ids import integer_ids
from recsys_helpers.plot_style import (
    BLUE,
    GREY,
    VERMILION,
    check_not_empty,
    course_style,
    legend_of_names,
    name_in_figure,
    new_axes,
    ticks_of_names,
)
from recsys_helpers.titles import without_year
from recsys_helpers.vectors import MovieVectors

if TYPE_CHECKING:  # matplotlib takes long to import
    from matplotlib.axes import Axes

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
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

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
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

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
    amount: str = "Interactions",
    ax: Axes | None = None,
) -> Axes:
    """Draw what methods cost at growing sizes, both axes logarithmic.

    Parameters
    ----------
    results : pandas.DataFrame
        Columns method, n and value, as in a results file.
    label : str
        What the value is, with its unit, for the axis; between dollar signs a formula.
    amount : str
        What n counts, likewise.
    ax : matplotlib.axes.Axes, optional

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
    ax.set(xscale="log", yscale="log", xlabel=amount, ylabel=label)
    legend_of_names(ax, lines)
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
            name_in_figure(without_year(titles[row]).split(" (")[0]),
            point,
            xytext=(-4 if on_right else 4, 4),
            textcoords="offset points",
            ha="right" if on_right else "left",
            fontsize=9,
            parse_math=False,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
        label.set_in_layout(False)
        place = label.get_window_extent()
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
