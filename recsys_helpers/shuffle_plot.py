"""A picture of what Spark's ALS sends before a half-step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from recsys_helpers.checks import check_count, check_csr
from recsys_helpers.plot_style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION

if TYPE_CHECKING:  # matplotlib takes long to import
    from matplotlib.axes import Axes

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)


def plot_copies(R: sparse.csr_array, n_blocks: int, ax: Axes | None = None) -> Axes:
    """Draw an arrow for each copy of a user's vector that travels to a movie block.

    Parameters
    ----------
    R : scipy.sparse.csr_array, shape (n_users, n_movies)
        A small one. Row i is in user block ``i % n_blocks``, and so are columns.
    n_blocks : int
        At most as many as users: each block of movies is drawn beside one of users.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are more blocks than users.
    """
    check_csr("R", R)
    check_count("n_blocks", n_blocks)
    if n_blocks > R.shape[0]:
        raise ValueError(f"n_blocks is {n_blocks}, and there are {R.shape[0]} users.")
    if ax is None:
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
        colour = _COLOURS[user % n_blocks % len(_COLOURS)]
        label = f"user {user}\n(block {user % n_blocks})"
        _box(ax, 0, y, label, colour)
        for block in np.unique(R[[user]].indices % n_blocks):
            arrow = {"arrowstyle": "->", "color": GREY, "lw": 1.5}
            end = (2.15, middle[block])
            ax.annotate("", end, (0.4, y), arrowprops=arrow)
    for block, centre in enumerate(middle):
        movies = ", ".join(str(movie) for movie in range(block, n_movies, n_blocks))
        label = f"movies {movies}\n(block {block})"
        _box(ax, 2.7, float(centre), label, _COLOURS[block % len(_COLOURS)])
    ax.set(xlim=(-0.5, 3.3), ylim=(-n_users + 0.4, 0.6))
    ax.axis("off")
    return ax


def _box(ax: Axes, x: float, y: float, label: str, colour: str) -> None:
    box = {"boxstyle": "round", "facecolor": "white", "edgecolor": colour, "lw": 2}
    ax.text(x, y, label, ha="center", va="center", bbox=box)
