"""The published results are what the code computes, and the pages show them."""

from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import evaluate
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import BiasModel, Popularity
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.neighbours import LikeNeighbours, RatingNeighbours
from recsys_helpers.results import read_results
from recsys_helpers.splits import Split, random_split, user_temporal_split

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
SITE = ROOT / "_build" / "html"
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
def test_a_results_file_names_its_machine_and_its_benchmark(path):
    results = read_results(path)
    assert results["hardware"].notna().all()
    assert (path.parent.parent / f"{path.stem}.py").exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_results_file_names_the_commit_that_made_it(path):
    commits = read_results(path)["commit"]
    assert commits.notna().all(), "written outside of a checkout"
    assert not commits.str.contains("dirty").any(), "commit, then run the benchmark"


@pytest.mark.parametrize("cut", [random_split, user_temporal_split])
@pytest.mark.parametrize("model", [BiasModel(), Popularity()], ids=repr)
def test_the_published_baselines_are_what_the_code_computes(model, cut, small):
    split = cut(small.ratings)
    computed = evaluate(model, split, movies=small.movies).set_index("metric")["value"]
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
    computed = evaluate(model, split).set_index("metric")["value"][metric]
    in_file = published(name, split, "neighbours_and_als")["value"][metric]
    # ALS computes in float32, and what lies close may swap places elsewhere.
    slack = 2e-3 if name.startswith("ALS") else 1e-6
    assert computed == pytest.approx(in_file, abs=slack)


@pytest.mark.parametrize(
    ("method", "metric", "cut", "target"),
    [
        ("ALS, chosen", "ndcg@10", user_temporal_split, 0.1155),
        ("EASE", "ndcg@10", user_temporal_split, 0.1219),
        ("EASE, chosen", "ndcg@10", user_temporal_split, 0.1291),
    ],
)
def test_the_published_lists_are_as_good_as_the_best_known(
    method, metric, cut, target, small
):
    results = published(method, cut(small.ratings), "neighbours_and_als")
    assert results["value"][metric] >= target


@pytest.mark.site
def test_the_page_on_data_shows_the_numbers_of_its_results_file():
    page = BeautifulSoup(
        (SITE / "book" / "data_and_licences.html").read_text(encoding="utf-8"),
        "html.parser",
    )
    table = page.find("caption", string=lambda text: "Reading" in (text or ""))
    shown = [
        [cell.get_text(strip=True) for cell in row.find_all("td")]
        for row in table.find_parent("table").find_all("tr")[1:]
    ]
    measured = read_results(ROOT / "benchmarks" / "results" / "prepare_32m.json")
    assert shown == [
        [row.method, f"{row.peak_mib:,.0f}", f"{row.cpu_s:.1f}"]
        for row in measured.itertuples()
    ]
