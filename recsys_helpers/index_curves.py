"""Read what `benchmarks/nearest_index.py` measured: speed against recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from recsys_helpers import plot_style

if TYPE_CHECKING:  # matplotlib takes long to import
    from matplotlib.axes import Axes

__all__ = ["index_curve_plot", "index_curves", "speed_at_recall"]

SPEED, RECALL = "queries per cpu_s", "recall@10"
_COLOURS = {
    "nearest_rows": plot_style.GREY,
    "float32": plot_style.PURPLE,
    "voyager": plot_style.BLUE,
    "IVF": plot_style.ORANGE,
    "HNSW": plot_style.GREEN,
    "InnerProduct": plot_style.VERMILION,
}


def index_curves(results: pd.DataFrame) -> pd.DataFrame:
    """One row for each method, effort and data set.

    Parameters
    ----------
    results : pandas.DataFrame
        As ``published_results("nearest_index")`` returns them.

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

    Parameters
    ----------
    curves : pandas.DataFrame
        Of `index_curves`.
    least : float
        Recall@10 that is enough, from 0 to 1.

    Returns
    -------
    pandas.DataFrame
        A row for each set of vectors, the smallest first; a column for each kind; NaN
        where no effort that was tried finds enough.
    """
    enough = curves[curves[RECALL] >= least]
    table = enough.pivot_table(
        index=["n", "vectors"], columns="kind", values=SPEED, aggfunc="max"
    )
    kinds = [kind for kind in _COLOURS if kind in table]
    return table.droplevel("n")[kinds].rename_axis(index=None, columns=None)


@plot_style.course_style()
def index_curve_plot(curves: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw recall against speed, a line for each kind of index.

    Parameters
    ----------
    curves : pandas.DataFrame
        Of `index_curves`, for one set of vectors.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots()
    for kind, colour in _COLOURS.items():
        curve = curves[curves["kind"] == kind].sort_values(RECALL)
        if curve.empty:
            continue
        exact = kind in ("nearest_rows", "float32")
        marker = {"marker": "D" if exact else "o", "markersize": 7 if exact else 4}
        ax.plot(curve[SPEED], curve[RECALL], color=colour, label=kind, **marker)
    ax.set(xscale="log", xlabel="Queries per CPU second", ylabel="Recall@10")
    return ax
