"""Comparisons say what the numbers allow, and no more."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from recsys_helpers.comparison import (
    corrected_p_values,
    decided,
    leaders,
    leaders_of,
    paired_differences,
    shared_share,
    spread_over_seeds,
    undecided_pairs,
    values_side_by_side,
)
from recsys_helpers.intervals import paired_difference

RESULTS = pd.DataFrame(
    {
        "method": ["b", "b", "a", "a", "b"],
        "metric": ["ndcg", "ndcg", "ndcg", "rmse", "mae"],
        "value": [0.1, 0.3, 0.4, 0.9, 0.7],
        "seed": [0, 1, None, None, 0],
    }
)


def test_values_stand_in_the_order_of_the_results_and_are_averaged_over_seeds():
    table = values_side_by_side(RESULTS, ["ndcg", "rmse"])
    assert table.index.tolist() == ["b", "a"]
    np.testing.assert_allclose(table["ndcg"], [0.2, 0.4])
    np.testing.assert_allclose(table["rmse"], [np.nan, 0.9])


def test_a_text_is_one_metric():
    assert values_side_by_side(RESULTS, "rmse").columns.tolist() == ["rmse"]


def test_a_metric_without_values_is_named():
    with pytest.raises(ValueError, match="recall"):
        values_side_by_side(RESULTS, ["ndcg", "recall"])


def test_the_spread_is_that_of_methods_with_several_seeds():
    spread = spread_over_seeds(RESULTS, "ndcg")
    assert spread.to_dict("index") == {
        "b": {"mean": 0.2, "lowest": 0.1, "highest": 0.3, "n_seeds": 2}
    }
    assert spread_over_seeds(RESULTS, "mae").empty


DIFFERENCES = pd.DataFrame(
    {
        "method": ["a - b", "a - c", "b - c"],
        "value": [0.2, -0.15, 0.0],
        "low": [0.1, -0.2, -0.1],
        "high": [0.3, -0.1, 0.1],
    }
)


def test_a_difference_is_decided_when_it_is_many_standard_errors_long():
    signs = decided(DIFFERENCES, ["c", "a", "b"])
    assert signs.to_numpy().tolist() == [[0, 1, 0], [-1, 0, 1], [0, -1, 0]]
    assert signs.index.tolist() == signs.columns.tolist() == ["c", "a", "b"]


def with_p(p: list[float]) -> pd.DataFrame:
    """Differences whose intervals have these p."""
    z, half = norm.isf(np.divide(p, 2)), norm.isf(0.025)
    return pd.DataFrame({"value": z, "low": z - half, "high": z + half})


def test_holms_correction_is_that_of_his_table_by_hand():
    # 0.01 * 4; 0.02 * 3; 0.03 * 2, which is not below the 0.06 before it; 0.9 * 1.
    found = corrected_p_values(with_p([0.03, 0.01, 0.9, 0.02]))
    np.testing.assert_allclose(found, [0.06, 0.04, 0.9, 0.06])


def test_of_many_comparisons_of_equal_methods_hardly_any_family_looks_decided():
    rng = np.random.default_rng(0)
    families = [
        (corrected_p_values(with_p(rng.uniform(size=50))) < 0.05).any()
        for _ in range(200)
    ]
    assert np.mean(families) < 0.1  # 0.92 without the correction


def test_what_is_decided_alone_may_not_be_among_many():
    many = with_p([0.02] + [0.5] * 5)
    many["method"] = [f"{a} - {b}" for a, b in combinations("abcd", 2)]
    assert decided(many, ["a", "b"]).loc["a", "b"] == 1
    assert decided(many, list("abcd")).loc["a", "b"] == 0


def test_methods_that_are_the_same_for_everybody_are_not_decided():
    same = pd.DataFrame({"value": [0.0], "low": [0.0], "high": [0.0]})
    assert corrected_p_values(same).tolist() == [1]


def test_each_undecided_pair_is_named_once_in_the_order_of_the_methods():
    assert undecided_pairs(decided(DIFFERENCES, ["c", "a", "b"])) == ["c / b"]


def test_leaders_are_the_best_and_who_is_not_surely_behind():
    values = pd.Series({"b": 0.7, "c": 0.9, "a": 0.8})
    assert leaders(DIFFERENCES, values, lower_is_better=True) == ["b", "c"]
    assert leaders(DIFFERENCES, values) == ["c", "b"]


@pytest.mark.parametrize(
    ("metric", "kind"), [("rmse", "squared error"), ("ndcg@10", "ndcg@10")]
)
def test_leaders_of_a_results_file_are_those_of_a_question_and_a_metric(metric, kind):
    values = {"a": 0.9, "b": 0.8, "c": 0.85}
    rows = pd.DataFrame({"method": values, "value": values}).assign(metric=metric)
    rows["method"] = rows.index
    pairs = DIFFERENCES.assign(metric=f"paired difference of {kind}")
    results = pd.concat([rows, pairs]).assign(split="random", seed=None)
    expected = leaders(DIFFERENCES, pd.Series(values), lower_is_better=metric == "rmse")
    assert leaders_of(results, "random", metric) == expected
    assert leaders_of(results, "random", metric, ["a"]) == ["a"]


def test_a_pair_that_was_not_compared_is_named():
    with pytest.raises(ValueError, match="a and d"):
        decided(DIFFERENCES, ["a", "d"])


def test_the_shared_share_is_counted_by_hand():
    lists = {"a": [[1, 2, 3], [4, 5, 6]], "b": [[3, 2, 9], [7, 8, -1]]}
    shares = shared_share(lists)
    assert shares.loc["a", "b"] == pytest.approx((2 / 3 + 0) / 2)
    assert shares.loc["a", "a"] == 1


def test_empty_lists_are_left_out_and_short_ones_count_by_their_length():
    lists = {"a": [[1, 2], [3, 4]], "b": [[-1, -1], [4, -1]]}
    assert shared_share(lists).loc["a", "b"] == 1
    empty = shared_share({"a": [[1]], "b": [[-1]]})
    assert np.isnan(empty.loc["a", "b"])


def test_lists_about_different_rows_are_refused():
    with pytest.raises(ValueError, match="rows"):
        shared_share({"a": [[1]], "b": [[1], [2]]})


def test_pairs_are_compared_person_by_person_and_corrected_for_their_number():
    rng = np.random.default_rng(0)
    values = {"a": rng.normal(size=200), "b": rng.normal(size=200)}
    values["c"] = values["a"] + 0.5 + 0.1 * rng.normal(size=200)
    found = paired_differences(values, [("a", "b"), ("c", "a")])
    assert found.index.tolist() == ["a - b", "c - a"]
    assert found["decided"].tolist() == [False, True]
    expected = paired_difference(values["c"], values["a"])
    assert tuple(found.loc["c - a", ["value", "low", "high", "n"]]) == expected


def test_people_can_count_by_their_ratings():
    values = {"a": [1.0, 0.0], "b": [0.0, 0.0]}
    found = paired_differences(values, [("a", "b")], weights=[3, 1])
    assert found["value"].item() == 0.75
