"""What the chapter says of preparing 32 million ratings is in the results file."""

import pytest

from recsys_helpers.results import published_results

pytestmark = pytest.mark.claims


@pytest.fixture(scope="module")
def results():
    return published_results("out_of_core")


def test_every_engine_has_prepared_32_million_ratings(results):
    assert (results["n"] == 32_000_204).all()
    assert (results["metric"] == "wall_s").sum() == 6
    kept = results[results["metric"] == "kept"]["value"].item()
    assert 30_000_000 < kept < 32_000_204


def test_the_matrices_take_eight_bytes_a_rating(results):
    values = results.set_index("metric")["value"]
    assert values["memory_mib"] * 2**20 / values["kept"] == pytest.approx(8, abs=0.1)


@pytest.mark.slow  # test_production_results.py runs one, too
def test_the_benchmark_runs_on_few_ratings(measured_quickly):
    quick, published = measured_quickly("out_of_core"), published_results("out_of_core")
    assert quick["method"].tolist() == published["method"].tolist()
    assert (quick["n"] == 20_000).all()
