"""What chapters 3 and 4 say of their methods stands in the results file."""

import pandas as pd
import pytest

from recsys_helpers.comparison import corrected_p_values
from recsys_helpers.results import published_results

pytestmark = pytest.mark.claims

LIKES, RATINGS = "ALS, likes", "ALS, every rating"
RECENCY = "EASE, chosen, recency"
GAIN = "paired difference of ndcg@10"


@pytest.fixture(scope="module")
def results():
    return published_results("neighbours_and_als")


@pytest.fixture(scope="module")
def ndcg(results):
    of_lists = results[results["metric"] == "ndcg@10"]
    return of_lists.set_index(["method", "split"])["value"]


def gain(results, pair, split, metric=GAIN) -> pd.Series:
    found = results[(results["method"] == pair) & (results["metric"] == metric)]
    return found[found["split"] == split].iloc[0]


def test_the_gain_of_recency_is_that_of_people_with_one_sitting(results):
    groups = [GAIN, f"{GAIN}, one day", f"{GAIN}, longer"]
    pair = f"{RECENCY} - EASE, chosen"
    of_groups = pd.DataFrame(
        [gain(results, pair, "user temporal", metric) for metric in groups], groups
    )
    sure = corrected_p_values(of_groups) < 0.05
    assert sure.tolist() == [False, True, False]
    assert of_groups.loc[f"{GAIN}, one day", "value"] > 0
    everybody, one_day, longer = of_groups["n"]
    assert one_day + longer == everybody


def test_recency_costs_a_quarter_of_ease_on_a_random_split(results, ndcg):
    assert gain(results, f"{RECENCY} - EASE, chosen", "random")["high"] < 0
    with_recency, without = ndcg[RECENCY, "random"], ndcg["EASE, chosen", "random"]
    assert with_recency < 0.75 * without


def test_likes_and_ratings_of_any_kind_had_the_same_trials(results):
    drawn = [
        {name.removeprefix(method) for name in results["method"] if "{" in name}
        for method in (LIKES, RATINGS)
    ]
    of_likes, of_ratings = ({s for s in one if s.startswith(" {")} for one in drawn)
    assert of_likes == of_ratings
    assert len(of_likes) == 24


def test_neighbours_by_everything_err_less_than_the_bias_model(results):
    sides = [f"neighbours, {side} - bias model" for side in ("users", "movies")]
    of_sides = pd.DataFrame(
        [gain(results, pair, "random", "paired difference of mse") for pair in sides]
    )
    assert (of_sides["high"] < 0).all()
    assert (corrected_p_values(of_sides) < 0.05).all()


def test_on_the_last_fifth_users_err_neither_less_nor_more_than_the_bias_model(results):
    pair, metric = "neighbours, users - bias model", "paired difference of mse"
    found = gain(results, pair, "user temporal", metric)
    assert found["low"] < 0 < found["high"]


@pytest.mark.parametrize(
    ("pair", "decided_on"),
    [
        (f"{LIKES} - {RATINGS}", "user temporal"),
        ("EASE, chosen - ALS, chosen", "random"),
    ],
)
def test_each_question_decides_one_comparison_of_als(pair, decided_on, results):
    splits = ["user temporal", "random"]
    of_pair = pd.DataFrame([gain(results, pair, split) for split in splits], splits)
    sure = corrected_p_values(of_pair) < 0.05
    assert of_pair.index[sure].tolist() == [decided_on]
    assert of_pair.loc[decided_on, "value"] > 0
