"""Methods side by side: what a results file decides, and what lists have in common."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from recsys_helpers._checks import as_list
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.metrics import PADDING, checked_lists


def values_side_by_side(
    results: pd.DataFrame, metrics: str | Sequence[str]
) -> pd.DataFrame:
    """Arrange results as numbers: a row a method, a column a metric.

    Parameters
    ----------
    results : DataFrame with `method`, `metric` and `value`
        Several values of a method, one a seed, are averaged.
    metrics : str or sequence of str
        In the order of the columns.

    Returns
    -------
    DataFrame of float, index `method` in the order of `results`
        NaN where a method has no such value.

    Raises
    ------
    ValueError
        If there are no values of a metric.

    Examples
    --------
    >>> results = pd.DataFrame(
    ...     {"method": ["a", "a", "b"], "metric": "rmse", "value": [1.0, 2.0, 3.0]}
    ... )
    >>> values_side_by_side(results, ["rmse"])["rmse"].to_dict()
    {'a': 1.5, 'b': 3.0}
    """
    metrics = as_list(metrics)
    missing = [metric for metric in metrics if metric not in set(results["metric"])]
    if missing:
        raise ValueError(f"There are no values of {', '.join(missing)}.")
    wanted = results[results["metric"].isin(metrics)]
    table = wanted.groupby(["method", "metric"])["value"].mean().unstack()
    order = wanted["method"].unique()
    return table.reindex(index=order, columns=metrics).rename_axis(columns=None)


def spread_over_seeds(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Tell how far a value depends on the seed.

    Parameters
    ----------
    results : DataFrame with `method`, `metric`, `value` and `seed`
    metric : str

    Returns
    -------
    DataFrame, index `method`
        `mean`, `lowest`, `highest`, and `n_seeds`; only methods with several seeds.
    """
    of_metric = results[results["metric"] == metric].dropna(subset=["seed"])
    spread = of_metric.groupby("method", sort=False)["value"].agg(
        mean="mean", lowest="min", highest="max", n_seeds="size"
    )
    return spread[spread["n_seeds"] > 1]


def corrected_p_values(differences: pd.DataFrame) -> pd.Series:
    r"""Say how surprising each difference would be, if many are looked at.

    Among twenty comparisons of equal methods one is expected to look decided at 95 %.
    Each difference gets the :math:`p` of its :math:`z`, its size in standard errors,
    as the width of its interval tells them. Then Holm's correction: the smallest of m
    counts m times, the next m - 1 times, and so on, and none less than the one before.
    What stays below 0.05 is decided: the chance that any equal pair is among it is at
    most 0.05. Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6(2), 1979.

    Parameters
    ----------
    differences : DataFrame with `value`, `low` and `high`
        Paired differences and their 95 % intervals: all that are looked at, and no
        others.

    Returns
    -------
    Series of float, index of `differences`
        Corrected p, from 0 to 1. 1 where the difference is 0 for everybody.

    Examples
    --------
    >>> two = pd.DataFrame({"value": [3.0, 2.0], "low": [1.0, 0.1], "high": [5.0, 3.9]})
    >>> corrected_p_values(two).round(3).tolist()
    [0.007, 0.039]
    """
    standard_error = (differences["high"] - differences["low"]) / (2 * norm.ppf(0.975))
    z = (differences["value"].abs() / standard_error).where(standard_error > 0, 0)
    # An interval of no width is about nobody, or about methods that are the same.
    p = np.asarray(2 * norm.sf(z))
    order = p.argsort(kind="stable")
    corrected = np.empty(len(p))
    weighed = p[order] * np.arange(len(p), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(weighed), 1)
    return pd.Series(corrected, differences.index)


def paired_differences(
    per_user: Mapping[str, ArrayLike],
    pairs: Sequence[tuple[str, str]],
    *,
    weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Compare methods person by person, and say what is decided.

    Parameters
    ----------
    per_user : mapping of method to array, shape (n_users,)
        The same metric of the same users in the same order: of `evaluate`, a column of
        ``per_user``.
    pairs : sequence of (str, str)
        Which methods are compared; all that are looked at.
    weights : array, shape (n_users,), optional
        Such as everybody's number of ratings: see `bootstrap_interval`.

    Returns
    -------
    DataFrame, index ``"<a> - <b>"``
        `value`, `low`, `high` and `n` of the differences, and `decided`, which is
        corrected for the number of pairs: see `corrected_p_values`.

    Examples
    --------
    >>> values = {"a": [3.0, 2.0, 2.0], "b": [1.0, 1.0, 1.0]}
    >>> paired_differences(values, [("a", "b")])[["n", "decided"]].to_dict("index")
    {'a - b': {'n': 3, 'decided': True}}
    """
    rows = [
        bootstrap_interval(
            np.subtract(per_user[a], per_user[b], dtype=np.float64), weights=weights
        )
        for a, b in pairs
    ]
    frame = pd.DataFrame(rows, [f"{a} - {b}" for a, b in pairs])
    return frame.assign(decided=corrected_p_values(frame) < 0.05)


def decided(differences: pd.DataFrame, methods: Sequence[str]) -> pd.DataFrame:
    """Say of each pair of methods which has the higher value, if the data tell.

    Parameters
    ----------
    differences : DataFrame with `method`, `value`, `low` and `high`
        Intervals of paired differences; `method` is ``"<a> - <b>"``.
    methods : sequence of str
        Which, in the order of rows and columns. Their pairs are the comparisons that
        `corrected_p_values` corrects for.

    Returns
    -------
    DataFrame of int, index and columns `methods`
        1 where the row's value is surely higher than the column's (corrected p below
        0.05), -1 where it is surely lower, 0 where that is not decided.

    Raises
    ------
    ValueError
        If a pair has not been compared.

    Examples
    --------
    >>> one = pd.DataFrame(
    ...     {"method": ["a - b"], "value": [0.2], "low": [0.1], "high": [0.3]}
    ... )
    >>> decided(one, ["a", "b"]).to_numpy().tolist()
    [[0, 1], [-1, 0]]
    """
    by_pair = differences.set_index("method")
    pairs = []
    for a, b in combinations(methods, 2):
        found = [pair for pair in (f"{a} - {b}", f"{b} - {a}") if pair in by_pair.index]
        if not found:
            raise ValueError(f"{a} and {b} have not been compared.")
        pairs.append((a, b, found[0]))
    compared = by_pair.loc[[pair for _, _, pair in pairs]]
    sure = corrected_p_values(compared) < 0.05
    table = pd.DataFrame(0, index=list(methods), columns=list(methods))
    for a, b, pair in pairs:
        sign = int(np.sign(compared.loc[pair, "value"])) * int(sure[pair])
        sign = sign if pair.startswith(f"{a} - ") else -sign
        table.loc[a, b], table.loc[b, a] = sign, -sign
    return table


def leaders(
    differences: pd.DataFrame, values: pd.Series, *, lower_is_better: bool = False
) -> list[str]:
    """Name the best method, and those that are not surely behind it.

    Parameters
    ----------
    differences : DataFrame with `method`, `value`, `low` and `high`
        Paired differences of all pairs of the methods, as in `decided`.
    values : Series of float, index the methods
    lower_is_better : bool
        Of errors.

    Returns
    -------
    list of str
        The best first, the others in the order of their values.

    Examples
    --------
    >>> pairs = {"a - b": 0.1, "a - c": 0.3, "b - c": 0.2}
    >>> differences = pd.DataFrame({"method": list(pairs), "value": pairs.values()})
    >>> differences = differences.assign(
    ...     low=differences["value"] - 0.12, high=differences["value"] + 0.12
    ... )
    >>> leaders(differences, pd.Series({"a": 0.9, "b": 0.8, "c": 0.6}))
    ['a', 'b']
    """
    in_order = values.sort_values(ascending=lower_is_better).index
    against_best = decided(differences, in_order)[in_order[0]]
    behind = 1 if lower_is_better else -1
    return in_order[against_best != behind].tolist()


def leaders_of(
    results: pd.DataFrame,
    question: str,
    metric: str,
    methods: Sequence[str] | None = None,
) -> list[str]:
    """Name the best by a question and a metric, and those not surely behind it.

    Parameters
    ----------
    results : DataFrame with `method`, `split`, `metric`, `seed`, `value`, `low`, `high`
        Values over all seeds have no seed. Paired differences of all pairs are called
        ``"paired difference of <metric>"``; those of the RMSE are of squared error.
    question : str
        A split.
    metric : str
        The RMSE is better if it is lower, any other metric if it is higher.
    methods : sequence of str, optional
        Which, if not all that have a value.

    Returns
    -------
    list of str
        As `leaders` gives it.
    """
    is_error = metric == "rmse"
    of_question = results[results["split"] == question]
    values = of_question[
        (of_question["metric"] == metric) & of_question["seed"].isna()
    ].set_index("method")["value"]
    if methods is not None:
        values = values.loc[values.index.isin(list(methods))]
    kind = "squared error" if is_error else metric
    pairs = of_question[of_question["metric"] == f"paired difference of {kind}"]
    return leaders(pairs, values, lower_is_better=is_error)


def undecided_pairs(signs: pd.DataFrame) -> list[str]:
    """Name the pairs of methods of which nothing is known.

    Parameters
    ----------
    signs : DataFrame of int
        As `decided` gives it.

    Returns
    -------
    list of str
        ``"<a> / <b>"``, each pair once, in the order of the methods.

    Examples
    --------
    >>> undecided_pairs(pd.DataFrame([[0, 0], [0, 0]], ["a", "b"], ["a", "b"]))
    ['a / b']
    """
    pairs = combinations(signs.index, 2)
    return [f"{a} / {b}" for a, b in pairs if signs.loc[a, b] == 0]


def shared_share(lists: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """Tell how much of their lists methods have in common, on average.

    ``|A and B| / min(|A|, |B|)`` for the two lists of a row, averaged over the rows in
    which neither is empty: 1 where the lists hold the same movies, in whatever order.

    Parameters
    ----------
    lists : mapping of str to int array, shape (n_rows, n_ranks)
        Movie ids, short lists padded with -1; row i of all is about the same thing, a
        user or a movie.

    Returns
    -------
    DataFrame of float, index and columns the names
        NaN where two methods have no row in common.

    Raises
    ------
    ValueError
        If the numbers of rows differ.

    Examples
    --------
    >>> float(shared_share({"a": [[1, 2]], "b": [[2, 3]]}).loc["a", "b"])
    0.5
    """
    checked = {name: checked_lists(listed) for name, listed in lists.items()}
    if len({len(listed) for listed in checked.values()}) > 1:
        raise ValueError("The lists are about different numbers of rows.")
    shares = [[_mean_share(a, b) for b in checked.values()] for a in checked.values()]
    return pd.DataFrame(shares, index=list(lists), columns=list(lists))


def _mean_share(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    shares = []
    for one, other in zip(a, b, strict=True):
        one, other = one[one != PADDING], other[other != PADDING]
        if len(one) and len(other):
            shares.append(len(np.intersect1d(one, other)) / min(len(one), len(other)))
    return float(np.mean(shares)) if shares else float("nan")
