"""Comparisons say what the numbers allow, and no more."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.comparison import (
    decided,
    shared_share,
    spread_over_seeds,
    undecided_pairs,
    values_side_by_side,
)

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
        "low": [0.1, -0.2, -0.1],
        "high": [0.3, -0.1, 0.1],
    }
)


def test_a_difference_is_decided_when_its_interval_does_not_hold_zero():
    signs = decided(DIFFERENCES, ["c", "a", "b"])
    assert signs.to_numpy().tolist() == [[0, 1, 0], [-1, 0, 1], [0, -1, 0]]
    assert signs.index.tolist() == signs.columns.tolist() == ["c", "a", "b"]


def test_each_undecided_pair_is_named_once_in_the_order_of_the_methods():
    assert undecided_pairs(decided(DIFFERENCES, ["c", "a", "b"])) == ["c / b"]


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.1), (-0.1, 0.0)])
def test_an_interval_that_touches_zero_decides_nothing(low, high):
    one = pd.DataFrame({"method": ["a - b"], "low": [low], "high": [high]})
    assert (decided(one, ["a", "b"]) == 0).all(axis=None)


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
