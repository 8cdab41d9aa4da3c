"""The table of chapter 9 is what the code computes, and the page shows it."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from built_site import read
from five_methods import (
    FIRST,
    METHODS,
    NEW_MOVIES,
    QUESTIONS,
    RESULTS,
    differences,
    joined,
    judged,
    numbers_of_ratings,
    stored,
    values_path,
    write_values,
)
from trials import STARS_IN_BLEND, Known, made

from recsys_helpers.comparison import (
    corrected_p_values,
    spread_over_seeds,
    values_side_by_side,
)
from recsys_helpers.datasets import load_movielens
from recsys_helpers.methods.baselines import Popularity
from recsys_helpers.results import (
    named_for_readers,
    published_results,
    write_results,
)
from recsys_helpers.splits import global_temporal_split

pytestmark = pytest.mark.claims

BLIND = ["EASE", "ALS", "neighbours, lists", "popularity", "BPR"]


@pytest.fixture(scope="module")
def results():
    return published_results("five_methods")


@pytest.fixture(scope="module")
def of_all_seeds(results):
    is_pair = results["metric"].str.startswith("paired")
    return results[results["seed"].isna() & ~is_pair]


@pytest.fixture(scope="module")
def of_users():
    return stored(RESULTS)[1]


@pytest.fixture(scope="module")
def tables(of_all_seeds):
    return {
        question: values_side_by_side(of_question, ["rmse", "ndcg@10"])
        for question, of_question in of_all_seeds.groupby("split")
    }


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("metric", ["rmse", "ndcg@10"])
def test_every_method_is_judged_on_the_same_people(of_all_seeds, question, metric):
    judged = of_all_seeds.query("split == @question and metric == @metric")
    assert judged["n"].nunique() == 1
    assert len(judged) >= 7


def test_every_method_with_chance_in_it_has_three_seeds(results):
    for metric in ("rmse", "ndcg@10"):
        spread = spread_over_seeds(results.query("split == @FIRST"), metric)
        assert (spread["n_seeds"] == 3).all()
        assert len(spread) >= 5


def test_every_method_says_what_it_cost(of_all_seeds):
    of_first = of_all_seeds.query("split == @FIRST")
    cost = values_side_by_side(of_first, ["fit_cpu_s", "peak_mib"])
    assert set(cost.dropna().index) == set(METHODS)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", ["bias model", "EASE", "popularity"])
def test_the_table_holds_what_the_code_computes(question, name, tables):
    movielens = load_movielens("small")
    split = QUESTIONS[question](movielens.ratings)
    known = Known(movielens)
    numbers, _ = judged(made(name, known), split, known, only_stars=False)
    for metric in ("rmse", "ndcg@10"):
        if metric in numbers:
            expected = tables[question].loc[name, metric]
            assert numbers[metric] == pytest.approx(expected, abs=1e-6)


def test_newcomers_are_known_by_their_first_ten_ratings_and_judged_by_the_rest():
    ratings = load_movielens("small").ratings
    split = QUESTIONS["one moment"](ratings)
    cut = global_temporal_split(ratings)
    newcomers = set(cut.test["user_id"]) - set(cut.train["user_id"])
    of_newcomers = split.train[split.train["user_id"].isin(newcomers)]
    assert (of_newcomers.groupby("user_id").size() == 10).all()
    assert len(split.train) + len(split.test) == len(ratings)
    others = split.train[~split.train["user_id"].isin(newcomers)]
    assert others["timestamp"].max() < cut.test["timestamp"].min()
    last_known = of_newcomers.groupby("user_id")["timestamp"].max()
    first_judged = split.test.groupby("user_id")["timestamp"].min()
    assert (last_known <= first_judged.reindex(last_known.index)).all()


def test_who_meets_newcomers_has_learned_nothing_from_them():
    class Counts(Popularity):
        def fit(self, train):
            self.n_rows = len(train)
            return super().fit(train)

    movielens = load_movielens("small")
    split = QUESTIONS["one moment"](movielens.ratings)
    before = global_temporal_split(movielens.ratings).train
    model = Counts()
    known = Known(movielens)
    judged(model, split, known, only_stars=False)
    assert model.n_rows == len(before)


def test_the_blend_of_stars_errs_less_than_each_of_its_members(tables):
    errors = tables[FIRST]["rmse"]
    assert errors["blend of stars"] < errors[list(STARS_IN_BLEND)].min()


@pytest.mark.parametrize(
    ("metric", "better", "worse"),
    [
        ("squared error", "neighbours, stars", "bias model"),
        ("ndcg@10", "neighbours, lists", "popularity"),
        ("ndcg@10", "EASE", "neighbours, lists"),
    ],
)
def test_each_new_row_of_chapter_3_is_ahead_of_an_earlier_one(
    results, metric, better, worse
):
    is_pair = results["metric"] == f"paired difference of {metric}"
    pairs = results[is_pair & (results["split"] == FIRST)].set_index("method")
    pairs["p"] = corrected_p_values(pairs)
    pair = pairs.loc[f"{worse} - {better}"]
    assert (pair["value"] > 0) == (metric == "squared error")
    assert pair["p"] < 0.05


def test_towers_of_features_list_new_movies_and_those_of_ratings_cannot(tables):
    of_new = tables[NEW_MOVIES]["ndcg@10"]
    assert of_new["two towers, lists, features only"] > 2 * of_new["random choice"]
    assert (of_new[BLIND] == 0).all()


def test_a_method_is_measured_by_one_commit(results):
    assert (results.groupby("method")["commit"].nunique() == 1).all()


def test_the_kept_values_of_users_are_those_of_the_table(tables, of_users):
    for name, kept in of_users.items():
        for question, metric in kept:
            if metric == "ndcg@10":
                mean = kept[question, metric].mean()
                expected = tables[question].loc[name, metric]
                assert mean == pytest.approx(expected, abs=1e-6)


def test_all_pairs_of_methods_are_compared_by_the_kept_values(results, of_users):
    assert list(of_users) == list(METHODS)
    by = ["split", "metric", "method"]
    expected = differences(of_users, numbers_of_ratings("small")).set_index(by)
    found = results[results["metric"].str.startswith("paired")].set_index(by)
    columns = ["value", "low", "high"]
    pd.testing.assert_frame_equal(found[columns], expected[columns])


def test_the_kept_values_take_little_room():
    assert values_path(RESULTS).stat().st_size < 300_000


# --- a method is added ----------------------------------------------------------------


KEY = FIRST, "ndcg@10"


def measured(**values):
    """Make what a benchmark of some methods gives, of two users."""
    records = pd.DataFrame({"method": list(values), "metric": "ndcg@10", "value": 0.5})
    users = pd.Index([7, 9], name="user_id")
    of_users = {name: {KEY: pd.Series(two, users)} for name, two in values.items()}
    return records, of_users


def test_an_added_method_replaces_its_older_self_and_takes_its_place():
    old = measured(ALS=[0.1, 0.2], EASE=[0.3, 0.4], popularity=[0.5, 0.6])
    pair = pd.DataFrame({"method": ["ALS - EASE"], "metric": ["paired difference"]})
    records, of_users = joined(
        (pd.concat([old[0], pair]), old[1]), measured(EASE=[0.7, 0.8])
    )
    expected = ["popularity", "EASE", "ALS"]  # the order of METHODS
    assert records["method"].tolist() == list(of_users) == expected
    assert of_users["EASE"][KEY].tolist() == [0.7, 0.8]


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
            read = read_of_users[name][metric]
            pd.testing.assert_series_equal(read, values, rtol=1e-6)


def test_methods_judged_on_other_users_cannot_be_compared(tmp_path):
    _, of_users = measured(ALS=[0.1, 0.2], EASE=[0.3, 0.4])
    of_users["EASE"][KEY] = pd.Series([0.3, 0.4], [7, 8])
    with pytest.raises(ValueError, match=r"EASE: ndcg@10"):
        write_values(of_users, tmp_path / "values.npz")


# --- the page -------------------------------------------------------------------------


@pytest.mark.site
def test_the_page_shows_the_numbers_of_the_results_file(of_all_seeds):
    html = read("notebooks/09_five_methods.html")
    caption = BeautifulSoup(html, "html.parser").find(
        lambda tag: tag.name == "caption" and "Every method of the" in tag.text
    )
    rows = caption.find_parent("table").find_all("tr")
    head = [cell.get_text(strip=True) for cell in rows[0].find_all("th")]
    of_first = named_for_readers(of_all_seeds.query("split == @FIRST"))
    expected = values_side_by_side(of_first, ["ndcg@10", "rmse", "coverage@10"])
    expected = expected.drop("EASE with dates")
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
