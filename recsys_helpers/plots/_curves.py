"""Figures of what rises or falls, and of boxes: copies that are sent, two towers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr
from recsys_helpers.plots._style import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    course_style,
    legend_of_names,
    new_axes,
)

if TYPE_CHECKING:  # matplotlib takes long to import
    from matplotlib.axes import Axes

SPEED, RECALL = "queries per cpu_s", "recall@10"
_INDEX_COLOURS = {
    "nearest_rows": GREY,
    "float32": PURPLE,
    "voyager": BLUE,
    "IVF": ORANGE,
    "HNSW": GREEN,
    "InnerProduct": VERMILION,
}


def history_frame(history: dict[str, list[float]]) -> pd.DataFrame:
    """Make a table of the ``history`` that ``model.fit`` gives back: one row an epoch.

    Examples
    --------
    >>> history = history_frame({"loss": [2.0, 1.0], "rmse": [1.5, 1.0]})
    >>> history["rmse"].to_dict()
    {1: 1.5, 2: 1.0}
    """
    frame = pd.DataFrame(history)
    return frame.set_index(pd.RangeIndex(1, len(frame) + 1, name="epoch"))


@course_style()
def learning_curves_plot(
    history: pd.DataFrame,
    *,
    reference: tuple[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the RMSE after each epoch, of the training and the validation rows.

    Parameters
    ----------
    history : DataFrame with `rmse` and perhaps `val_rmse`, in stars, one row an epoch
        As `history_frame` makes it. The lowest point of `val_rmse` is marked, if there
        is any number.
    reference : (str, float), optional
        The name and the RMSE of something to be compared with: a dashed line.

    Raises
    ------
    ValueError
        If there is no epoch, or no column `rmse`.
    """
    if "rmse" not in history or history.empty:
        raise ValueError(
            "There is no RMSE to draw: the history needs one row an epoch and a column "
            f"rmse. It has {len(history)} rows, and its columns are {list(history)}."
        )
    ax = new_axes(ax)
    lines = ax.plot(history.index, history["rmse"], color=BLUE, label="training rows")
    if "val_rmse" in history:
        valid = history["val_rmse"]
        looks = {"color": VERMILION, "label": "validation rows"}
        lines += ax.plot(history.index, valid, "--", **looks)
        # A training that diverges has no lowest point, and goes on to be drawn.
        lowest = valid[np.isfinite(valid)].nsmallest(1)
        if not lowest.empty:
            looks["label"] = "its lowest point"
            lines += ax.plot(lowest.index, lowest, "o", **looks)
    if reference is not None:
        name, value = reference
        lines.append(ax.axhline(value, color=GREY, linestyle=":", label=name))
    ax.xaxis.get_major_locator().set_params(integer=True)
    legend_of_names(ax, lines)
    ax.set(xlabel="Epoch", ylabel="RMSE in stars")
    return ax


def index_curves(results: pd.DataFrame) -> pd.DataFrame:
    """One row for each method, effort and data set of the results "nearest_index".

    Returns
    -------
    pandas.DataFrame
        Columns vectors (which), n (how many), kind (short name of the method),
        ``"queries per cpu_s"`` and ``"recall@10"``.

    Examples
    --------
    >>> from recsys_helpers.results import published_results
    >>> curves = index_curves(published_results("nearest_index"))
    >>> sorted(curves["kind"].unique())
    ['HNSW', 'IVF', 'InnerProduct', 'float32', 'nearest_rows', 'voyager']
    """
    points = results[results["metric"].isin([SPEED, RECALL])].pivot(
        index=["n", "split", "method"], columns="metric", values="value"
    )
    points = points.rename_axis(columns=None).reset_index()
    method = points.pop("method").str.removeprefix("exact, ").str.removeprefix("faiss ")
    points["kind"] = method.str.extract(r"(\w+)", expand=False)
    return points.rename(columns={"split": "vectors"})


def speed_at_recall(curves: pd.DataFrame, least: float = 0.95) -> pd.DataFrame:
    """Give the queries per CPU second at the least effort that finds enough.

    A row for each set of vectors of `index_curves`, the smallest first, a column for
    each kind; NaN where no effort that was tried has a recall@10 of `least`, 0 to 1.
    """
    enough = curves[curves[RECALL] >= least]
    table = enough.pivot_table(
        index=["n", "vectors"], columns="kind", values=SPEED, aggfunc="max"
    )
    kinds = [kind for kind in _INDEX_COLOURS if kind in table]
    return table.droplevel("n")[kinds].rename_axis(index=None, columns=None)


@course_style()
def index_curve_plot(curves: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw recall against speed, from `index_curves` of one set of vectors."""
    ax = new_axes(ax)
    for kind, colour in _INDEX_COLOURS.items():
        curve = curves[curves["kind"] == kind].sort_values(RECALL)
        if curve.empty:
            continue
        exact = kind in ("nearest_rows", "float32")
        marker = {"marker": "D" if exact else "o", "markersize": 7 if exact else 4}
        ax.plot(curve[SPEED], curve[RECALL], color=colour, label=kind, **marker)
    ax.set(xscale="log", xlabel="Queries per CPU second", ylabel="Recall@10")
    return ax


def plot_copies(R: sparse.csr_array, n_blocks: int) -> Axes:
    """Draw an arrow for each copy of a user's vector that travels to a movie block.

    Parameters
    ----------
    R : scipy.sparse.csr_array, shape (n_users, n_movies)
        A small one. Row i is in user block ``i % n_blocks``, and so are columns.
    n_blocks : int
        At most as many as users: each block of movies is drawn beside one of users.

    Raises
    ------
    ValueError
        If there are more blocks than users.
    """
    check_csr("R", R)
    check_count("n_blocks", n_blocks)
    if n_blocks > R.shape[0]:
        raise ValueError(f"n_blocks is {n_blocks}, and there are {R.shape[0]} users.")
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(6.2, 3.6))
    n_users, n_movies = R.shape
    users = sorted(range(n_users), key=lambda user: (user % n_blocks, user))
    height = {user: -place for place, user in enumerate(users)}
    middle = [
        np.mean([height[user] for user in users if user % n_blocks == block])
        for block in range(n_blocks)
    ]
    for user, y in height.items():
        colour = COLOURS[user % n_blocks % len(COLOURS)]
        label = f"user {user}\n(block {user % n_blocks})"
        _box(ax, 0, y, label, colour)
        for block in np.unique(R[[user]].indices % n_blocks):
            arrow = {"arrowstyle": "->", "color": GREY, "lw": 1.5}
            end = (2.15, middle[block])
            ax.annotate("", end, (0.4, y), arrowprops=arrow)
    for block, centre in enumerate(middle):
        movies = ", ".join(str(movie) for movie in range(block, n_movies, n_blocks))
        label = f"movies {movies}\n(block {block})"
        _box(ax, 2.7, float(centre), label, COLOURS[block % len(COLOURS)])
    ax.set(xlim=(-0.5, 3.3), ylim=(-n_users + 0.4, 0.6))
    ax.axis("off")
    return ax


def plot_two_sides(left: Sequence[str], right: Sequence[str], meeting: str) -> Axes:
    """Draw two columns of boxes whose arrows lead down to one box: a two-sided model.

    Parameters
    ----------
    left, right : sequence of str
        What stands in the boxes of each side, from top to bottom. A text may have
        lines.
    meeting : str
        What stands in the box where the sides meet.
    """
    import matplotlib.pyplot as plt

    # Narrow: a telephone shows it without making its letters small.
    _, ax = plt.subplots(figsize=(4.4, 3.6))
    lowest = -max(len(left), len(right))
    looks = {"arrowstyle": "->", "color": GREY, "lw": 1.5, "shrinkA": 16, "shrinkB": 16}
    for x, texts, colour in ((0, left, BLUE), (1, right, VERMILION)):
        places = [(x, -row) for row in range(len(texts))] + [(0.5, lowest)]
        for start, end in pairwise(places):
            ax.annotate("", end, start, arrowprops=looks)
        for (_, y), text in zip(places, texts, strict=False):
            _box(ax, x, y, text, colour)
    _box(ax, 0.5, lowest, meeting, GREY)
    ax.set(xlim=(-0.5, 1.5), ylim=(lowest - 0.4, 0.5))
    ax.axis("off")
    return ax


def _box(ax: Axes, x: float, y: float, label: str, colour: str) -> None:
    box = {"boxstyle": "round", "facecolor": "white", "edgecolor": colour, "lw": 2}
    ax.text(x, y, label, ha="center", va="center", bbox=box)
