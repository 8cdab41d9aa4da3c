"""What the chapter claims of an index, in the file that it reads."""

import pandas as pd
import pytest

from recsys_helpers.plots import index_curve_plot, index_curves, speed_at_recall
from recsys_helpers.results import published_results

pytestmark = pytest.mark.claims


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    return published_results("nearest_index")


def test_exact_search_is_exact(results):
    exact = results["method"].str.startswith("exact")
    recall = results[exact & (results["metric"] == "recall@10")]
    assert recall["split"].nunique() >= 4
    assert (recall["value"] > 0.999).all()


@pytest.mark.parametrize("kind", ["als 6,170", "als users 6,170", "lognormal 100,000"])
def test_dot_products_that_a_graph_in_given_order_misses_are_found(kind, results):
    of_kind = results[results["split"] == f"{kind}, dot"]
    recall = of_kind[of_kind["metric"] == "recall@10"].set_index("method")["value"]
    assert recall["InnerProduct, ef 80"] < 0.6
    assert recall["voyager, ef 80"] >= 0.95


def test_with_ten_times_the_vectors_exact_search_loses_more_than_ten_times(results):
    speed = speed_at_recall(index_curves(results))
    small, large = (speed.loc[f"structured {n}"] for n in ("100,000", "1,000,000"))
    assert small["nearest_rows"] > 10 * large["nearest_rows"]
    assert small["voyager"] > large["voyager"]


def test_the_figure_has_a_line_for_each_kind(results):
    import matplotlib.pyplot as plt

    curves = index_curves(results)
    ax = index_curve_plot(curves[curves["vectors"] == "structured 100,000"])
    assert len(ax.lines) == 5
    assert all(len(line.get_xdata()) for line in ax.lines)
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    plt.close(ax.figure)


@pytest.mark.slow
def test_a_quick_run_measures_every_method(measured_quickly):
    quick = measured_quickly("nearest_index")
    curves = index_curves(quick)
    kinds = {"nearest_rows", "float32", "voyager", "IVF", "HNSW"}
    assert set(curves["kind"]) == kinds | {"InnerProduct"}
    assert set(speed_at_recall(curves)) >= kinds
    assert quick["value"].gt(0).all()
    assert quick.loc[quick["metric"] == "recall@10", "value"].le(1).all()
