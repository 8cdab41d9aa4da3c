"""The table of results that grows from chapter to chapter."""

import numpy as np
import pandas as pd

from recsys_helpers.display import Shown, published_table
from recsys_helpers.results import METHOD_NAMES, published_results

# What each chapter adds to the table, as the results file names it.
_METHODS_OF = {
    "baselines": ["random choice", "popularity", "bias model"],
    "neighbours": ["neighbours, stars", "neighbours, lists", "EASE"],
    "ALS": ["ALS"],
    "Keras": ["Keras factors, ids only", "Keras factors, everything"],
    "towers": ["two towers, stars", "two towers, lists"],
    "entities": ["entities"],
    "posters": ["posters"],
}
# Its columns: heading, question (the split) and metric.
_COLUMNS_SO_FAR = [
    ("RMSE", "user temporal", "rmse"),
    ("nDCG@10", "user temporal", "ndcg@10"),
    ("coverage@10", "user temporal", "coverage@10"),
    ("nDCG@10, new movies", "cold-start movies", "ndcg@10"),
]


def results_so_far(chapter: str) -> Shown:
    """Show what the methods up to a chapter reach, and mark what the chapter adds.

    Parameters
    ----------
    chapter : str
        By what it adds: ``"baselines"``, ``"neighbours"``, ``"ALS"``, ``"Keras"``,
        ``"towers"``, ``"entities"`` or ``"posters"``.

    Raises
    ------
    ValueError
        If no chapter is called so.
    """
    if chapter not in _METHODS_OF:
        raise ValueError(f"chapter={chapter!r}; choose from {', '.join(_METHODS_OF)}.")
    reached = list(_METHODS_OF)[: list(_METHODS_OF).index(chapter) + 1]
    methods = [method for name in reached for method in _METHODS_OF[name]]
    results = published_results("five_methods")
    results = results[results["seed"].isna()]
    values = results.pivot_table(
        index="method", columns=["split", "metric"], values="value"
    )
    table = pd.DataFrame(
        {heading: values[*key].reindex(methods) for heading, *key in _COLUMNS_SO_FAR}
    )
    is_new = table.index.isin(_METHODS_OF[chapter])
    table.insert(0, "here", np.where(is_new, "new", ""))
    return published_table(
        table.rename(index=METHOD_NAMES).rename_axis("method"),
        "five_methods",
        caption="The methods so far, each with the settings that its trials chose, on "
        "the last fifth of each person's ratings and, in the last column, on movies of "
        "which all ratings are hidden",
    )
