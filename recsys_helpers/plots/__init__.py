"""The course's figures: one style, and colours that colour-blind readers tell apart.

Each function draws into `ax` (of matplotlib), or into a new figure where none is given,
labels both axes and returns them, so that a chapter can add to what is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys_helpers._checks import check_count, checked_times
from recsys_helpers.interactions import Interactions
from recsys_helpers.plots._curves import (
    history_frame,
    index_curve_plot,
    index_curves,
    learning_curves_plot,
    plot_copies,
    plot_two_sides,
    speed_at_recall,
)
from recsys_helpers.plots._methods import (
    decided_plot,
    growth_plot,
    layers_plot,
    movie_map,
    parallel_plot,
    rating_grid,
    shared_plot,
)
from recsys_helpers.plots._style import (
    BLUE,
    GREEN,
    GREY,
    SKY,
    VERMILION,
    check_not_empty,
    course_style,
    legend_of_names,
    name_in_figure,
    new_axes,
    plain_log_ticks,
    thousands,
    ticks_of_names,
)
from recsys_helpers.splits import Split

if TYPE_CHECKING:  # matplotlib takes long to import
    from matplotlib.axes import Axes

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "VERMILION",
    "activity_plot",
    "course_style",
    "decided_plot",
    "growth_plot",
    "history_frame",
    "index_curve_plot",
    "index_curves",
    "interval_plot",
    "layers_plot",
    "learning_curves_plot",
    "long_tail_plot",
    "matrix_plot",
    "movie_map",
    "new_axes",
    "parallel_plot",
    "plot_copies",
    "plot_two_sides",
    "rating_grid",
    "rating_histogram",
    "shared_plot",
    "speed_at_recall",
    "split_plot",
]


@course_style()
def long_tail_plot(long_tail: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """How many ratings each movie has, and what share the top tenth of them holds.

    Parameters
    ----------
    long_tail : pandas.DataFrame
        From `recsys_helpers.interactions.long_tail`: rank, n_ratings and
        cumulative_share, the most rated movie first.

    Raises
    ------
    ValueError
        If there are no movies.
    """
    check_not_empty(long_tail, "movies")
    n_top = max(1, round(0.1 * len(long_tail)))
    rank, n_ratings = long_tail["rank"], long_tail["n_ratings"]
    share = long_tail["cumulative_share"].iloc[n_top - 1]
    ax = new_axes(ax)
    ax.plot(rank, n_ratings, color=BLUE)
    ax.fill_between(rank[:n_top], n_ratings[:n_top], color=BLUE, alpha=0.25, lw=0)
    says = f"The top 10% ({n_top:,} movies)\nhold {share:.0%} of the ratings"
    _mark(ax, n_top, says, 0.93)
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    thousands(ax.xaxis, ax.yaxis)
    ax.set(xlabel="Rank of the movie by number of ratings", ylabel="Ratings")
    return ax


@course_style()
def rating_histogram(ratings: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """How often each rating was given: a bar for every half star.

    Parameters
    ----------
    ratings : pandas.DataFrame
        Column rating, from 0.5 to 5.

    Raises
    ------
    ValueError
        If there are no ratings, or one is not a half star from 0.5 to 5.
    """
    check_not_empty(ratings, "ratings")
    stars = np.arange(0.5, 5.5, 0.5)
    counts = ratings["rating"].value_counts().reindex(stars, fill_value=0)
    if counts.sum() != len(ratings):
        odd = ratings["rating"][~ratings["rating"].isin(stars)].iloc[0]
        raise ValueError(f"Ratings are half stars from 0.5 to 5; {odd} is not.")
    ax = new_axes(ax)
    ax.bar(stars, counts, width=0.42, color=BLUE)
    ax.grid(visible=False, axis="x")
    thousands(ax.yaxis)
    ax.set(xticks=stars, xlabel="Rating in stars", ylabel="Ratings")
    return ax


@course_style()
def activity_plot(ratings: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """How many ratings users have given: a histogram with logarithmic classes.

    Parameters
    ----------
    ratings : pandas.DataFrame
        Column user_id.

    Raises
    ------
    ValueError
        If there are no ratings.
    """
    per_user = ratings["user_id"].value_counts()
    check_not_empty(per_user, "ratings")
    per_user = per_user.to_numpy()
    # Between whole numbers, so that no user lies on the edge of a class.
    edges = np.geomspace(per_user.min() - 0.5, per_user.max() + 0.5, 31)
    median = np.median(per_user)
    ax = new_axes(ax)
    ax.hist(per_user, bins=edges, color=BLUE, edgecolor="white", linewidth=0.6)
    _mark(ax, median, f"Half of the users gave\nat most {median:,.0f} ratings", 0.97)
    ax.set(xscale="log", xlabel="Ratings of a user", ylabel="Users")
    ax.grid(visible=False, axis="x", which="both")
    plain_log_ticks(ax)
    return ax


@course_style()
def matrix_plot(
    interactions: Interactions,
    *,
    n_users: int = 100,
    n_movies: int = 200,
    ax: Axes | None = None,
) -> Axes:
    """Show a corner of the user by movie matrix, with a dot for each rating.

    Parameters
    ----------
    interactions : recsys_helpers.interactions.Interactions
    n_users, n_movies : int
        How many rows and columns, from the first.

    Returns
    -------
    matplotlib.axes.Axes
        Its title says how much of the corner is filled.

    Raises
    ------
    ValueError
        If `n_users` or `n_movies` is below 1.
    """
    check_count("n_users", n_users)
    check_count("n_movies", n_movies)
    corner = interactions.matrix[:n_users, :n_movies].tocoo()
    n_users, n_movies = corner.shape
    filled = corner.nnz / (n_users * n_movies)
    ax = new_axes(ax, height=4.6)
    ax.scatter(corner.col, corner.row, s=6, marker="s", color=BLUE, lw=0)
    ax.grid(visible=False)
    ax.set(
        xlim=(-1, n_movies),
        ylim=(n_users, -1),
        xlabel=f"Movie (column, the first {n_movies:,})",
        ylabel=f"User (row, the first {n_users:,})",
        title=f"{filled:.1%} of this corner is filled",
    )
    return ax


@course_style()
def interval_plot(
    results: pd.DataFrame, *, label: str = "Value", ax: Axes | None = None
) -> Axes:
    """Compare methods: a dot for the value, a line for its interval.

    Parameters
    ----------
    results : pandas.DataFrame
        Columns method, value, low and high; the first row is drawn at the top. A
        row whose low or high is missing gets its dot only.
    label : str
        What the value is, for the axis; between dollar signs a formula.

    Raises
    ------
    ValueError
        If there are no rows, or a value lies outside of its interval.
    """
    check_not_empty(results, "results")
    value, low, high = (results[c].to_numpy(float) for c in ("value", "low", "high"))
    outside = (low > value) | (value > high)
    if outside.any():
        method = results["method"].to_numpy()[outside][0]
        raise ValueError(f"The value of {method} lies outside of its interval.")
    rows = np.arange(len(results))
    ax = new_axes(ax, height=1.1 + 0.42 * len(results))
    ax.hlines(rows, low, high, color=BLUE, lw=2.5, alpha=0.55)
    ax.plot(value, rows, "o", color=BLUE, ms=7)
    ax.grid(visible=False, axis="y")
    ticks_of_names(ax.yaxis, results["method"])
    ax.set(ylim=(len(results) - 0.4, -0.6), xlabel=label, ylabel="Method")
    return ax


@course_style()
def split_plot(split: Split, *, ax: Axes | None = None) -> Axes:
    """When the ratings to learn from were given, and when those to be judged on.

    Parameters
    ----------
    split : recsys_helpers.splits.Split
        Its frames have a column timestamp, in seconds since 1970.

    Returns
    -------
    matplotlib.axes.Axes
        Stacked bars: train below, test above.

    Raises
    ------
    ValueError
        If there are no ratings.
    """
    from matplotlib.dates import date2num

    parts = {"train": split.train, "test": split.test}
    check_not_empty(pd.concat(parts.values()), "ratings")
    days = [
        date2num(
            pd.to_datetime(checked_times(part, "This figure"), unit="s").to_numpy()
        )
        for part in parts.values()
    ]
    ax = new_axes(ax)
    _, _, bars = ax.hist(
        days,
        bins=40,
        stacked=True,
        color=[SKY, VERMILION],
        label=[f"{name} ({len(part):,})" for name, part in parts.items()],
    )
    ax.xaxis_date()
    ax.grid(visible=False, axis="x")
    thousands(ax.yaxis)
    title = f"Split: {name_in_figure(split.name)}"
    legend_of_names(ax, [bar[0] for bar in bars], title=title, alignment="left")
    ax.set(xlabel="Time of the rating", ylabel="Ratings")
    return ax


def _mark(ax: Axes, x: float, text: str, top: float) -> None:
    """Draw a dashed line at x, and right of it a text that begins at `top`, 0 to 1."""
    ax.axvline(x, color=VERMILION, lw=1.2, ls="--")
    ax.annotate(
        text,
        (x, top),
        xycoords=("data", "axes fraction"),
        xytext=(8, 0),
        textcoords="offset points",
        va="top",
    )
