"""The published results are what the code computes, and the pages show them."""

from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from built_site import read

from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import evaluate
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import BiasModel, Popularity
from recsys_helpers.methods.collaborative import KerasFactors
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.neighbours import LikeNeighbours, RatingNeighbours
from recsys_helpers.methods.two_tower import TwoTowers
from recsys_helpers.metrics import rmse
from recsys_helpers.results import read_results
from recsys_helpers.splits import Split, random_split, user_temporal_split

pytestmark = pytest.mark.claims

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
# Other processors add in another order.
SAME = {"rel": 1e-9, "abs": 1e-12}


@pytest.fixture(scope="module")
def small():
    return load_movielens("small")


def published(method: str, split: Split, name: str = "baselines") -> pd.DataFrame:
    results = read_results(ROOT / "benchmarks" / "results" / f"{name}.json")
    chosen = (results["method"] == method) & (results["split"] == split.name)
    return results[chosen].set_index("metric")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_results_file_names_its_benchmark_its_machine_and_its_commit(path):
    results = read_results(path)
    assert set(results["name"]) == {path.stem}
    assert (path.parent.parent / f"{path.stem}.py").exists()
    assert results["hardware"].notna().all()
    assert results["commit"].notna().all(), "written outside of a checkout"
    dirty = results["commit"].str.contains("dirty")
    assert not dirty.any(), "commit, then run the benchmark"


@pytest.mark.parametrize("cut", [random_split, user_temporal_split])
@pytest.mark.parametrize("model", [BiasModel(), Popularity()], ids=repr)
def test_the_published_baselines_are_what_the_code_computes(model, cut, small):
    split = cut(small.ratings)
    computed = evaluate(model, split, movies=small.movies).summary
    computed = computed.set_index("metric")["value"]
    in_file = published(type(model).__name__, split)["value"]
    metrics = [metric for metric in computed.index if not metric.endswith("cpu_s")]
    assert len(metrics) > 5
    for metric in metrics:
        assert computed[metric] == pytest.approx(in_file[metric], **SAME), metric


@pytest.mark.parametrize(
    ("name", "model", "cut", "metric"),
    [
        ("neighbours, movies", RatingNeighbours(), random_split, "rmse"),
        ("neighbours, movies", LikeNeighbours(), user_temporal_split, "ndcg@10"),
        ("EASE", Ease(), user_temporal_split, "ndcg@10"),
        ("ALS, the source's settings", Als(), user_temporal_split, "ndcg@10"),
    ],
    ids=["stars", "movies", "EASE", "ALS"],
)
def test_the_published_neighbours_and_als_are_what_the_code_computes(
    name, model, cut, metric, small
):
    split = cut(small.ratings)
    computed = evaluate(model, split).summary.set_index("metric")["value"][metric]
    in_file = published(name, split, "neighbours_and_als")["value"][metric]
    # ALS computes in float32, and what lies close may swap places elsewhere.
    slack = 2e-3 if name.startswith("ALS") else 1e-6
    assert computed == pytest.approx(in_file, abs=slack)


@pytest.mark.parametrize(
    ("method", "metric", "cut", "target"),
    [
        ("ALS, chosen", "ndcg@10", user_temporal_split, 0.1155),
        ("EASE", "ndcg@10", user_temporal_split, 0.1219),
    ],
)
def test_the_published_lists_are_as_good_as_the_best_known(
    method, metric, cut, target, small
):
    results = published(method, cut(small.ratings), "neighbours_and_als")
    assert results["value"][metric] >= target


def mean_of_seeds(
    method: str, metric: str, split: Split, name: str = "keras_ratings"
) -> float:
    results = read_results(ROOT / "benchmarks" / "results" / f"{name}.json")
    of_method = results["method"].str.fullmatch(f"{method}, seed [0-9]+", na=False)
    chosen = of_method & (results["metric"] == metric)
    found = results[chosen & (results["split"] == split.name)]["value"]
    assert len(found) == 3
    return found.mean()


@pytest.mark.parametrize(
    ("method", "target"),
    [("factors, ids only", 0.870), ("factors, everything", 0.833), ("network", 0.880)],
)
def test_the_published_keras_models_are_as_good_as_the_best_known(
    method, target, small
):
    split = random_split(small.ratings)
    assert mean_of_seeds(method, "rmse", split) <= target


@pytest.mark.parametrize(
    ("source", "ours"),
    [
        ("source: dot product", "factors, ids only"),
        ("source: dot product and biases", "factors, ids only"),
        ("source: network", "network"),
    ],
)
def test_the_sources_models_err_more(source, ours, small):
    split = random_split(small.ratings)
    theirs = published(source, split, "keras_ratings")["value"]
    assert theirs["rmse"] > mean_of_seeds(ours, "rmse", split)


def test_a_published_loss_is_its_mse_and_its_penalty(small):
    for source in ("source: dot product", "source: network"):
        parts = published(source, random_split(small.ratings), "keras_ratings")["value"]
        added = parts["MSE in it"] + parts["penalty in it"]
        assert added == pytest.approx(parts["loss of the test rows"], rel=1e-6)


@pytest.mark.parametrize(
    ("real", "control"),
    [
        ("factors, genre and year, seed 0", "genre and year of other movies"),
        ("factors, sets, seed 0", "sets, nobody left out"),
        ("sets, nobody left out", "sets of others, nobody left out"),
    ],
)
def test_what_else_is_known_helps_by_what_it_says(real, control, small):
    split = random_split(small.ratings)
    with_sense, without = (
        published(name, split, "keras_ratings")["value"]["rmse"]
        for name in (real, control)
    )
    assert with_sense < without


def test_the_settings_in_use_are_the_best_tried():
    results = read_results(ROOT / "benchmarks" / "results" / "keras_ratings.json")
    trials = results[results["metric"] == "inner rmse"]
    for model in ("factors, ids only", "factors, everything", "network"):
        of_model = trials[trials["method"].str.startswith(model)]
        used = of_model[of_model["method"].str.endswith("(used)")]["value"].item()
        assert used == of_model["value"].min()


def test_the_published_keras_factors_are_what_the_code_computes(small):
    split = random_split(small.ratings)
    model = KerasFactors().fit(split.train)
    stars = model.predict(split.test["user_id"], split.test["movie_id"])
    in_file = published("factors, ids only, seed 0", split, "keras_ratings")["value"]
    # float32, summed in an order that other processors choose.
    assert rmse(split.test["rating"], stars) == pytest.approx(in_file["rmse"], abs=1e-3)


def test_the_published_peers_stand_beside_ours_on_the_same_rows(small):
    split = random_split(small.ratings)
    peers = read_results(ROOT / "benchmarks" / "results" / "rating_peers.json")
    peers = peers[(peers["metric"] == "rmse") & (peers["split"] == split.name)]
    assert set(peers["n"]) == {len(split.test)}


# --- two towers -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_towers():
    return read_results(ROOT / "benchmarks" / "results" / "two_towers.json")


def values_of(results, split, metric):
    """Give the values of one metric by method."""
    chosen = (results["split"] == split) & (results["metric"] == metric)
    return results[chosen].set_index("method")["value"]


def test_the_published_towers_are_better_than_the_best_honest_version(
    two_towers, small
):
    ours = mean_of_seeds(
        "two towers", "rmse", random_split(small.ratings), "two_towers"
    )
    errors = values_of(two_towers, "random", "rmse")
    assert ours < 0.874
    assert ours < errors["source, averages of leave one out"]
    assert ours < errors["source, averages of training ratings"]
    assert ours < errors["bias model"]


def test_the_sources_averages_give_the_test_rows_away(two_towers):
    errors = values_of(two_towers, "random", "rmse")
    with_leak = errors["source, averages of all ratings"]
    assert with_leak < errors["source, averages of leave one out"] - 0.05
    assert errors["bias model that knows the test rows"] < errors["bias model"] - 0.03


def test_towers_beat_every_collaborative_method_on_new_movies(two_towers):
    errors = values_of(two_towers, "cold-start movies", "rmse")
    ours = errors[errors.index.str.startswith("two towers, seed")]
    others = errors[~errors.index.str.startswith("two towers")]
    assert (len(ours), len(others)) == (3, 7)
    assert ours.max() < others.min()


def test_towers_for_newcomers_have_the_best_settings_tried_and_lose_to_a_bias(
    two_towers,
):
    newcomers = read_results(ROOT / "benchmarks" / "results" / "tower_newcomers.json")
    trials = newcomers[newcomers["metric"] == "inner rmse"]
    best = trials.loc[trials["value"].idxmin(), "method"]
    assert "short_histories 1.0" in best
    with_ten = "rmse, 10 ratings known"
    errors = values_of(newcomers, "cold-start users", with_ten)
    prepared = errors[errors.index.str.contains("for newcomers")]
    usual = errors[errors.index.str.contains("usual")]
    assert (len(prepared), len(usual)) == (3, 3)
    of_others = values_of(two_towers, "cold-start users", with_ten)
    assert of_others["bias model"] < prepared.mean() < usual.mean()


def test_lists_of_new_movies_are_far_better_than_chance(two_towers):
    found = values_of(two_towers, "cold-start movies", "ndcg@10 among new movies")
    assert found["Als"] == 0
    assert found["retrieval, features only"] > 2 * found["random choice"]


def test_the_popularity_correction_is_worth_having(two_towers):
    found = values_of(two_towers, "user temporal", "ndcg@10")
    assert found["retrieval, seed 0"] > found["retrieval, not corrected"]
    by_content = found["retrieval, features only"]
    assert by_content > found["retrieval, features only, not corrected"]
    assert by_content > found["Popularity"]


@pytest.mark.parametrize(
    ("metric", "model", "sign", "within"),
    [("inner rmse", "two towers", 1, 1e-3), ("inner ndcg@10", "retrieval", -1, 5e-3)],
)
def test_the_settings_of_towers_are_the_best_tried_or_nearly(
    metric, model, sign, within, two_towers
):
    trials = two_towers[two_towers["metric"] == metric]
    assert trials["method"].str.startswith(model).all()
    used = trials[trials["method"].str.endswith("(used)")]["value"].item()
    assert sign * used <= (sign * trials["value"]).min() + within


@pytest.mark.slow  # chapter 6 trains them, too
def test_the_published_towers_are_what_the_code_computes(small):
    split = random_split(small.ratings)
    model = TwoTowers(movies=small.movies).fit(split.train)
    stars = model.predict(split.test["user_id"], split.test["movie_id"])
    in_file = published("two towers, seed 0", split, "two_towers")["value"]
    # float32, summed in an order that other processors choose.
    assert rmse(split.test["rating"], stars) == pytest.approx(in_file["rmse"], abs=2e-3)


# --- posters --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def posters():
    return read_results(ROOT / "benchmarks" / "results" / "posters.json")


@pytest.fixture(scope="module")
def poster_lists():
    return read_results(ROOT / "benchmarks" / "results" / "poster_lists.json")


def agreement_of(posters, start, seed=0):
    """Give the genre agreement of the methods whose names start like this."""
    chosen = (posters["metric"] == "genre agreement@10") & (posters["seed"] == seed)
    found = posters[chosen].set_index("method")["value"]
    found = found[found.index.str.startswith(start)]
    assert len(found)
    return found


IMAGENET = "squeezenet, weights imagenet, fire9"


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("pooling", ["average", "flatten"])
def test_imagenet_features_find_the_genre_of_drawn_posters(pooling, seed, posters):
    found = agreement_of(posters, f"{IMAGENET}, {pooling}", seed)
    assert found[f"{IMAGENET}, {pooling}"] >= 0.95


def test_vgg16_finds_the_genre_of_drawn_posters(posters):
    pooled = agreement_of(posters, "vgg16, weights imagenet, block5_pool, average")
    assert pooled["vgg16, weights imagenet, block5_pool, average"] >= 0.94


@pytest.mark.parametrize("seed", [0, 1])
def test_simple_features_are_in_the_expected_order_and_far_behind(seed, posters):
    chance, histogram, untrained, thumbnail = (
        agreement_of(posters, start, seed).max()
        for start in (
            "random numbers",
            "colour histogram",
            "squeezenet, weights random",
            "thumbnail",
        )
    )
    assert chance < 0.1 < histogram < thumbnail < 0.75
    assert chance < untrained < thumbnail


def test_extraction_in_batches_gives_the_same(posters):
    differences = posters[posters["metric"] == "largest difference, relative"]["value"]
    assert len(differences) == 2
    assert differences.max() < 1e-3


def test_lists_by_posters_are_above_chance_and_lose_to_popularity(poster_lists):
    found = poster_lists[
        (poster_lists["split"] == "user temporal")
        & (poster_lists["metric"] == "ndcg@10")
    ].set_index("method")
    low, high = found["low"], found["high"]
    assert high["random choice"] < low["posters"]
    assert high["posters"] < low["popularity"]


def test_among_new_movies_posters_are_above_chance_and_below_genres(poster_lists):
    found = values_of(poster_lists, "cold-start movies", "ndcg@10 among new movies")
    assert found["popularity"] == found["ALS, the source's settings"] == 0
    differences = poster_lists[
        poster_lists["metric"] == "ndcg@10 among new movies, difference"
    ].set_index("method")
    assert differences.loc["posters less random choice", "low"] > 0
    assert differences.loc["posters less posters of other movies", "low"] > 0
    assert differences.loc["posters less all genres", "high"] < 0


def test_the_lists_by_posters_stand_beside_known_baselines(poster_lists, small):
    split = user_temporal_split(small.ratings)
    here = values_of(poster_lists, "user temporal", "ndcg@10")["popularity"]
    there = published("Popularity", split)["value"]["ndcg@10"]
    assert here == pytest.approx(there, **SAME)


# --- the live page --------------------------------------------------------------------


@pytest.fixture(scope="module")
def live_page():
    results = read_results(ROOT / "benchmarks" / "results" / "live_page.json")
    return results.set_index(["method", "metric"])["value"]


def test_the_data_of_the_live_page_are_one_and_a_half_megabytes_at_most(live_page):
    assert 0 < live_page["data, all", "gzip_bytes"] <= 1.5e6


@pytest.mark.site
def test_the_page_on_data_shows_the_numbers_of_its_results_file():
    page = BeautifulSoup(
        read("book/data_and_licences.html"),
        "html.parser",
    )
    table = page.find(lambda tag: tag.name == "caption" and "Reading" in tag.text)
    shown = [
        [cell.get_text(strip=True) for cell in row.find_all("td")]
        for row in table.find_parent("table").find_all("tr")[1:]
    ]
    measured = read_results(ROOT / "benchmarks" / "results" / "prepare_32m.json")
    assert shown == [
        [row.method, f"{row.peak_mib:,.0f}", f"{row.cpu_s:.1f}"]
        for row in measured.itertuples()
    ]
