"""The table of chapter 9 is what the code computes, and the page shows it."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from built_site import read
from five_methods import (
    COMPARED,
    METHODS,
    RESULTS,
    differences,
    joined,
    stored,
    values_path,
    write_values,
)

from recsys_helpers.comparison import spread_over_seeds, values_side_by_side
from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import evaluate
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.methods.ease import Ease
from recsys_helpers.results import published_results, write_results
from recsys_helpers.splits import user_temporal_split

MEASURED_ELSEWHERE = {
    "neighbours, lists": "neighbours, movies",
    "EASE": "EASE",
    "ALS, source's settings": "ALS, the source's settings",
}


@pytest.fixture(scope="module")
def results():
    return published_results("five_methods")


@pytest.fixture(scope="module")
def of_users():
    return stored(RESULTS)[1]


@pytest.fixture(scope="module")
def table(results):
    return values_side_by_side(
        results, ["rmse", "ndcg@10", "rmse of new movies", "ndcg@10 among new movies"]
    )


def test_every_method_is_judged_on_the_same_rows_and_users(results):
    for metric in ("rmse", "ndcg@10", "ndcg@10 among new movies", "rmse of new movies"):
        assert results.loc[results["metric"] == metric, "n"].nunique() == 1, metric


def test_every_method_with_chance_in_it_has_three_seeds(results):
    for metric in ("rmse", "ndcg@10"):
        spread = spread_over_seeds(results, metric)
        assert (spread["n_seeds"] == 3).all()
        assert len(spread) >= 5


def test_every_method_says_what_it_cost(results, table):
    cost = values_side_by_side(results, ["fit_cpu_s", "peak_mib"])
    assert set(cost.dropna().index) == set(table.index)


@pytest.mark.parametrize(
    ("name", "model", "metric"),
    [("bias model", BiasModel(), "rmse"), ("EASE", Ease(), "ndcg@10")],
)
def test_the_table_holds_what_the_code_computes(name, model, metric, table):
    split = user_temporal_split(load_movielens("small").ratings)
    computed = evaluate(model, split).summary.set_index("metric")["value"][metric]
    assert computed == pytest.approx(table.loc[name, metric], abs=1e-6)


@pytest.mark.parametrize(("here", "there"), MEASURED_ELSEWHERE.items())
def test_the_table_agrees_with_the_benchmarks_of_the_chapters(here, there, results):
    other = published_results("neighbours_and_als")
    other = other[(other["method"] == there) & (other["split"] == "user temporal")]
    other = other[other["metric"] == "ndcg@10"]["value"].item()
    ours = results[(results["method"] == here) & (results["metric"] == "ndcg@10")]
    assert ours["value"].iloc[0] == pytest.approx(other, abs=2e-3)


def test_the_blend_of_stars_errs_less_than_each_of_its_members(table):
    members = ["bias model", "neighbours, stars", "Keras factors, everything"]
    errors = table["rmse"]
    assert errors["blend of stars"] < errors[[*members, "two towers, stars"]].min()


def test_towers_of_content_list_new_movies_and_those_of_ratings_cannot(table):
    of_new = table["ndcg@10 among new movies"]
    assert of_new["two towers, lists, content only"] > 2 * of_new["random choice"]
    assert (of_new[["EASE", "ALS", "neighbours, lists", "popularity"]] == 0).all()


def test_a_method_is_measured_by_one_commit(results):
    assert (results.groupby("method")["commit"].nunique() == 1).all()


def test_the_kept_values_of_users_are_those_of_the_table(results, of_users):
    lists = results[results["metric"] == "ndcg@10"]
    of_seed_0 = lists[lists["seed"].fillna(0) == 0].set_index("method")["value"]
    means = {
        name: kept["ndcg@10"].mean()
        for name, kept in of_users.items()
        if "ndcg@10" in kept
    }
    assert means == pytest.approx(of_seed_0.to_dict())


def test_all_pairs_of_methods_are_compared_by_the_kept_values(results, of_users):
    assert list(of_users) == list(METHODS)
    expected = differences(of_users).set_index(["metric", "method"])
    found = results[results["metric"].str.startswith("paired")]
    found = found.set_index(["metric", "method"])
    columns = ["value", "low", "high"]
    pd.testing.assert_frame_equal(found[columns], expected[columns])


def test_the_kept_values_take_little_room():
    assert values_path(RESULTS).stat().st_size < 300_000


# --- a method is added ----------------------------------------------------------------


def measured(**values):
    """Make what a benchmark of some methods gives, of two users."""
    records = pd.DataFrame({"method": list(values), "metric": "ndcg@10", "value": 0.5})
    users = pd.Index([7, 9], name="user_id")
    of_users = {
        name: dict.fromkeys(COMPARED, pd.Series(two, users))
        for name, two in values.items()
    }
    return records, of_users


def test_an_added_method_replaces_its_older_self_and_takes_its_place():
    old = measured(ALS=[0.1, 0.2], EASE=[0.3, 0.4], popularity=[0.5, 0.6])
    pair = pd.DataFrame({"method": ["ALS - EASE"], "metric": ["paired difference"]})
    records, of_users = joined(
        (pd.concat([old[0], pair]), old[1]), measured(EASE=[0.7, 0.8])
    )
    expected = ["popularity", "EASE", "ALS"]  # the order of METHODS
    assert records["method"].tolist() == list(of_users) == expected
    assert of_users["EASE"]["ndcg@10"].tolist() == [0.7, 0.8]


def test_a_method_that_has_left_the_table_leaves_the_files():
    _, of_users = joined(measured(gone=[0.1, 0.2]), measured(EASE=[0.3, 0.4]))
    assert list(of_users) == ["EASE"]


def test_what_was_measured_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "results.json"
    records, of_users = measured(**{"ALS: a name": [0.1, 1 / 3], "EASE": [0.3, 0.4]})
    write_results(records, path)
    write_values(of_users, values_path(path))
    read_records, read_of_users = stored(path)
    assert read_records["method"].tolist() == records["method"].tolist()
    for name, kept in of_users.items():
        for metric, values in kept.items():
            pd.testing.assert_series_equal(read_of_users[name][metric], values)


def test_methods_judged_on_other_users_cannot_be_compared(tmp_path):
    _, of_users = measured(ALS=[0.1, 0.2], EASE=[0.3, 0.4])
    of_users["EASE"]["ndcg@10"] = pd.Series([0.3, 0.4], [7, 8])
    with pytest.raises(ValueError, match=r"EASE: ndcg@10"):
        write_values(of_users, tmp_path / "values.npz")


# --- the page -------------------------------------------------------------------------


@pytest.mark.site
def test_the_page_shows_the_numbers_of_the_results_file(results):
    html = read("notebooks/09_five_methods.html")
    caption = BeautifulSoup(html, "html.parser").find(
        "caption", string=lambda text: "Every method of the course" in (text or "")
    )
    rows = caption.find_parent("table").find_all("tr")
    head = [cell.get_text(strip=True) for cell in rows[0].find_all("th")]
    both = pd.concat([results, published_results("switches")])
    expected = values_side_by_side(both, ["rmse", "ndcg@10", "recall@20"])
    assert [name.casefold() for name in head[1:4]] == list(expected.columns)
    shown = {
        cells[0]: cells[1:4]
        for row in rows[1:]
        if (cells := [cell.get_text(strip=True) for cell in row.find_all(["th", "td"])])
    }
    assert shown.keys() == set(expected.index)
    for name, values in expected.iterrows():
        for text, value in zip(shown[name], values, strict=True):
            if value == value:  # not NaN
                assert text == f"{value:.3f}", name


def test_a_switch_helps_new_movies_and_a_place_for_one_costs_something():
    switches = published_results("switches")
    prices = switches[switches["metric"] == "paired difference of ndcg@10"]
    assert (prices["high"] < 0).all(), "a place for a new movie costs something"
    table = values_side_by_side(switches, ["rmse of new movies"])
    five = values_side_by_side(
        published_results("five_methods"), ["rmse of new movies"]
    )
    of_neighbours = five.loc["neighbours, stars"].item()
    assert table.loc["neighbours, towers for new movies"].item() < of_neighbours
