"""A form for somebody who has rated nothing: sliders of what they like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from recsys_helpers.display import movie_table
from recsys_helpers.extras import require
from recsys_helpers.methods.two_tower import RetrievalTowers, TwoTowers

if TYPE_CHECKING:
    import ipywidgets

UNKNOWN = "?"
# In standard deviations of the users.
STRENGTHS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def taste_form(
    model: TwoTowers | RetrievalTowers,
    movies: pd.DataFrame,
    what: Sequence[str],
    n: int = 10,
) -> ipywidgets.VBox:
    """Make a form of sliders, with the movies that suit it below.

    Each slider starts at "?", which is unknown; -2 is "less than nearly everybody", 0
    "as people do on average", 2 "more than nearly everybody". When one is moved the
    list changes: nothing is trained.

    Parameters
    ----------
    model : TwoTowers or RetrievalTowers
        Fitted. For a list `RetrievalTowers`, with ``with_ids=False``, does better.
    movies : DataFrame with `movie_id`, `title`, `genres` and `year`
    what : sequence of str
        Genres, ``newer``, ``famous`` or ``acclaimed``: a slider each.
    n : int
        Length of the list.

    Returns
    -------
    ipywidgets.VBox
        As the last line of a cell it shows itself, in Jupyter, VS Code or Colab.
    """
    ipywidgets = require("ipywidgets", "lab")
    model.describe_likes(dict.fromkeys(what, 0.0))  # raises for what is not known
    by_id = movies.set_index("movie_id", drop=False)
    sliders = {
        name: ipywidgets.SelectionSlider(
            options=[UNKNOWN, *STRENGTHS], value=UNKNOWN, description=name
        )
        for name in what
    }
    listed = ipywidgets.HTML()

    def update(_change: object = None) -> None:
        likes = {
            name: slider.value
            for name, slider in sliders.items()
            if slider.value != UNKNOWN
        }
        best = model.recommend_by_likes(likes, n)
        shown = by_id.loc[best["movie_id"]].reset_index(drop=True)
        listed.value = movie_table(shown.assign(score=best["score"]))._repr_html_()

    for slider in sliders.values():
        slider.observe(update, "value")
    update()
    return ipywidgets.VBox([*sliders.values(), listed])
