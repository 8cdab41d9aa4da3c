"""What the chapter claims of an index, in the file that it reads."""

from pathlib import Path

import pandas as pd
import pytest

from recsys_helpers.plots import (
    index_curve_plot,
    index_curves,
    speed_at_recall,
)
from recsys_helpers.results import published_results

ROOT = Path(__file__).resolve().parents[2]
BENCHMARK = ROOT / "benchmarks" / "nearest_index.py"
SMALL, LARGE = "structured 100,000", "structured 1,000,000"


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    return published_results("nearest_index")


@pytest.fixture(scope="module")
def times_exact(results) -> pd.Series:
    chosen = results[results["metric"] == "times exact"]
    return chosen.set_index(["split", "method"])["value"]


def test_exact_search_is_exact(results):
    exact = results["method"].str.startswith("exact")
    recall = results[exact & (results["metric"] == "recall@10")]
    assert recall["split"].nunique() >= 4
    assert (recall["value"] > 0.999).all()


@pytest.mark.parametrize(
    ("split", "kind", "least"),
    [
        (SMALL, "voyager", 7),
        (SMALL, "faiss IVF", 20),
        (LARGE, "voyager", 25),
        (LARGE, "faiss IVF", 50),
    ],
)
def test_on_structured_vectors_an_index_is_many_times_as_fast(
    split, kind, least, times_exact
):
    assert times_exact[split, kind] >= least


def test_without_structure_every_index_is_slower_than_exact_search(times_exact):
    assert (times_exact["gaussian 100,000"] < 1).all()


def test_on_the_movies_of_the_course_exact_search_is_quick_enough(results):
    of_movies = results[results["split"] == "als 6,170"]
    exact = of_movies[of_movies["method"] == "exact, nearest_rows"]
    assert exact.set_index("metric")["value"]["queries per cpu_s"] > 1_000


@pytest.mark.parametrize("kind", ["als 6,170", "als users 6,170", "lognormal 100,000"])
def test_dot_products_that_a_graph_in_given_order_misses_are_found(kind, results):
    of_kind = results[results["split"] == f"{kind}, dot"]
    recall = of_kind[of_kind["metric"] == "recall@10"].set_index("method")["value"]
    assert recall["InnerProduct, ef 80"] < 0.6
    assert recall["voyager, ef 80"] >= 0.95


@pytest.mark.parametrize("split", [SMALL, LARGE])
def test_builds_and_memory_are_in_the_file(split, results):
    of_index = results[(results["split"] == split) & (results["method"] == "voyager")]
    costs = of_index.set_index("metric")["value"]
    assert costs["build cpu_s"] > 1
    assert costs["added MiB"] > 20


def test_enough_recall_is_bought_at_the_greatest_speed_that_has_it():
    curves = pd.DataFrame(
        {
            "vectors": "some",
            "n": 100,
            "kind": ["nearest_rows", "voyager", "voyager", "voyager"],
            "queries per cpu_s": [10.0, 900.0, 600.0, 300.0],
            "recall@10": [1.0, 0.90, 0.96, 0.99],
        }
    )
    best = speed_at_recall(curves)
    assert best.loc["some"].to_dict() == {"nearest_rows": 10, "voyager": 600}
    assert speed_at_recall(curves, 0.98).loc["some", "voyager"] == 300


def test_the_figure_has_a_line_for_each_kind(results):
    import matplotlib.pyplot as plt

    curves = index_curves(results)
    ax = index_curve_plot(curves[curves["vectors"] == SMALL])
    assert len(ax.lines) == 5
    assert all(len(line.get_xdata()) for line in ax.lines)
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    plt.close(ax.figure)


def test_a_quick_run_measures_every_method(measured_quickly):
    quick = measured_quickly("nearest_index")
    curves = index_curves(quick)
    kinds = {"nearest_rows", "float32", "voyager", "IVF", "HNSW"}
    assert set(curves["kind"]) == kinds | {"InnerProduct"}
    assert set(speed_at_recall(curves)) >= kinds
    assert quick["value"].gt(0).all()
    assert quick.loc[quick["metric"] == "recall@10", "value"].le(1).all()
