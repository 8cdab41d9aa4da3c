"""Choose a method's settings on rows set aside from the training rows.

The test rows must not take part: what was chosen on them is flattered by them. So cut
the training rows once more, the same way, and judge every candidate on that part. One
such part is a small jury; cut again what is left, and take the mean:

    inner = inner_splits(split.train, user_temporal_split, 3)
    trials = search(Als, sample_settings(space, 20, seed=0), inner)

How many candidates were tried belongs in the report: the best of a thousand is lucky
as well as good.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_helpers._checks import check_count
from recsys_helpers.evaluation import (
    RANKING_METRICS,
    RatingPredictor,
    Recommender,
    evaluate,
)
from recsys_helpers.progress import progress_bar
from recsys_helpers.splits import Split

# Of the other things that `evaluate` measures (time, novelty, the Gini index, ...)
# nobody can say in which direction a model gets better by them alone.
_LOWER_IS_BETTER = ("rmse", "mae")
_HIGHER_IS_BETTER = re.compile(rf"({'|'.join(RANKING_METRICS)})@\d+( \(any\))?")


def sample_settings(
    space: Mapping[str, Sequence[Any]], n: int, seed: int
) -> list[dict[str, Any]]:
    """Draw `n` different combinations of settings at random.

    Random search covers the settings that matter better than a grid of the same
    size (Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR
    13, 2012).

    Parameters
    ----------
    space : mapping of name to the values to choose from, each once
    n : int
        At least 1. All combinations come back if there are no more than `n`.
    seed : int

    Returns
    -------
    list of dict
        Each once, in random order.

    Raises
    ------
    ValueError
        If `n` is below 1, or a setting has no values to choose from, or one twice.

    Examples
    --------
    >>> space = {"n_factors": [8, 64], "regularization": [1, 10]}
    >>> sample_settings(space, 2, seed=0)
    [{'n_factors': 64, 'regularization': 1}, {'n_factors': 8, 'regularization': 1}]
    """
    check_count("n", n)
    choices = {name: list(values) for name, values in space.items()}
    for name, values in choices.items():
        if not values:
            raise ValueError(f"{name} has no values to choose from.")
        if len({_identity(value) for value in values}) < len(values):
            raise ValueError(f"{name} has a value twice: {values}. Leave one out.")
    lengths = [len(values) for values in choices.values()]
    order = np.random.default_rng(seed).permutation(math.prod(lengths))[:n]
    # Numbered as itertools.product would, the last setting changing fastest. The axis
    # of length 1 is there for a space without settings.
    positions = np.array(np.unravel_index(order, (1, *lengths)))[1:].T
    return [
        {name: choices[name][i] for name, i in zip(choices, row, strict=True)}
        for row in positions
    ]


def inner_splits(
    train: pd.DataFrame, cut: Callable[[pd.DataFrame], Split], n: int
) -> list[Split]:
    """Cut the training rows, then the training rows of that cut, and so on.

    With a cut by time the test of each is an earlier stretch of time, and no rating is
    in two of the tests: validation on a rolling origin.

    Parameters
    ----------
    train : DataFrame
        The training rows of the split whose test is kept for the end.
    cut : callable
        Such as `recsys_helpers.splits.user_temporal_split`.
    n : int
        At least 1. Each has fewer training rows than the one before.

    Raises
    ------
    ValueError
        If `n` is below 1, or `cut` refuses what rows are left.
    """
    check_count("n", n)
    inner = [cut(train)]
    while len(inner) < n:
        inner.append(cut(inner[-1].train))
    return inner


def search(
    make: Callable[..., RatingPredictor | Recommender],
    settings: Sequence[Mapping[str, Any]],
    inner: Sequence[Split],
    metric: str = "ndcg@10",
    movies: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Fit and judge a model for each of the settings, on each of the inner splits.

    Parameters
    ----------
    make : callable
        Makes a model: its class, or a function that takes the settings by name.
    settings : sequence of mappings
        What to try, for example from `sample_settings`; all with the same names.
    inner : sequence of Split
        Splits of the *training* rows, for example from `inner_splits`.
    metric : str
        "rmse" or "mae", or one of `recsys_helpers.evaluation.RANKING_METRICS` with
        a k that `evaluate` measures: "ndcg@10", "recall@20 (any)".
    movies : DataFrame with `movie_id`, optional
        What may be recommended: see `evaluate`.

    Returns
    -------
    DataFrame, one row a model, best first
        The settings, then the mean of the metric over the inner splits, and `cpu_s`,
        the seconds of fitting and scoring on all of them. Equally good models stay in
        the order of `settings`.

    Raises
    ------
    ValueError
        If there is nothing to try, or nothing to try it on; if two of the settings
        have different names, or one is called like the metric or "cpu_s"; if the
        metric is none to choose by, or is not measured, or is undefined (NaN) for
        one of the models.
    """
    if not settings or not inner:
        raise ValueError("There are no settings to try, or no splits to try them on.")
    _check_metric(metric)
    _check_names(settings, metric)
    # Only what is looked at: lists of one length, and no intervals to speak of.
    at_k = re.search("@([0-9]+)", metric)
    quick: dict[str, Any] = {"ks": (int(at_k[1]),) if at_k else (10,), "n_bootstrap": 1}
    quick["movies"] = movies
    trials = []
    with progress_bar(len(settings) * len(inner), "Trying settings", "model") as bar:
        for chosen in settings:
            measured = []
            for split in inner:
                found = evaluate(make(**chosen), split, **quick)
                measured.append(_measured(found.summary, metric))
                bar.update()
            values, cpu_s = zip(*measured, strict=True)
            mean = sum(values) / len(values)
            trials.append({**chosen, metric: mean, "cpu_s": sum(cpu_s)})
    # As objects the settings stay what they are: None does not become NaN.
    frame = pd.DataFrame(trials, dtype=object)
    return frame.astype({metric: "float64", "cpu_s": "float64"}).sort_values(
        metric,
        ascending=metric in _LOWER_IS_BETTER,
        kind="stable",
        ignore_index=True,
    )


def best_settings(trials: pd.DataFrame) -> dict[str, Any]:
    """Read the settings of the best model off what `search` returned, by name.

    Examples
    --------
    >>> trials = pd.DataFrame({"k": [40, 20], "rmse": [0.86, 0.87], "cpu_s": 0.1})
    >>> best_settings(trials)
    {'k': 40}
    """
    # The last two columns are the metric and the time.
    return {name: trials[name].tolist()[0] for name in trials.columns[:-2]}


def _identity(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        # An array, say, has no one answer to whether it equals another.
        return "object", id(value)
    return value


def _check_metric(metric: str) -> None:
    if metric not in _LOWER_IS_BETTER and not _HIGHER_IS_BETTER.fullmatch(metric):
        raise ValueError(
            f"{metric!r} is no metric to choose settings by. There are: "
            f"{', '.join(_LOWER_IS_BETTER)} (the lower the better), and with a k as in "
            f"ndcg@10 (the higher the better): {', '.join(RANKING_METRICS)}."
        )


def _check_names(settings: Sequence[Mapping[str, Any]], metric: str) -> None:
    for one in settings:
        odd = set(one) ^ set(settings[0])
        if odd:
            raise ValueError(
                "All the settings to try need the same names, and only some of them "
                f"have {', '.join(sorted(odd))}. Write the default out in the others."
            )
    taken = {metric, "cpu_s"} & set(settings[0])
    if taken:
        raise ValueError(
            f"A setting cannot be called {taken.pop()}: that is a column of the "
            "results. Wrap the model in a function that takes another name."
        )


def _measured(results: pd.DataFrame, metric: str) -> tuple[float, float]:
    row = results[results["metric"] == metric]
    if row.empty:
        known = ", ".join(results["metric"])
        raise ValueError(f"{metric!r} is not measured. There are: {known}.")
    value = float(row["value"].iloc[0])
    if math.isnan(value):
        raise ValueError(f"{metric} is undefined here: nobody in the test counts.")
    return value, float(row["cpu_s"].iloc[0])
