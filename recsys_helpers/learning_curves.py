"""How a model's error falls while it is trained, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys_helpers.plot_style import (
    BLUE,
    GREY,
    VERMILION,
    course_style,
    legend_of_names,
    new_axes,
)

if TYPE_CHECKING:  # matplotlib takes long to import
    from matplotlib.axes import Axes


def history_frame(history: dict[str, list[float]]) -> pd.DataFrame:
    """Make a table of what ``model.fit`` gives back.

    Parameters
    ----------
    history : dict of str to list of float
        The `history` of the object that Keras returns.

    Returns
    -------
    DataFrame, one row an epoch, the first being epoch 1

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
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

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
