"""What the chapter says of preparing 32 million ratings is in the results file."""

from pathlib import Path

import pytest

from recsys_helpers.results import published_results

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "out_of_core.py"


@pytest.fixture(scope="module")
def results():
    return published_results("out_of_core")


@pytest.fixture(scope="module")
def runs(results):
    return results[results["metric"] == "wall_s"].set_index("method")


def test_every_engine_has_prepared_32_million_ratings(results, runs):
    assert (results["n"] == 32_000_204).all()
    assert len(runs) == 6
    assert (runs["cpu_s"] > 0).all()
    kept = results[results["metric"] == "kept"]["value"].item()
    assert 30_000_000 < kept < 32_000_204


def test_duckdb_takes_half_the_work_of_pandas_and_at_most_1200_mib(runs):
    duckdb, pandas = runs.loc["DuckDB (500MB), parquet"], runs.loc["pandas, CSV"]
    assert duckdb["peak_mib"] <= 1200
    assert pandas["cpu_s"] >= 2 * duckdb["cpu_s"]
    assert pandas["peak_mib"] >= 2 * duckdb["peak_mib"]


def test_the_matrices_take_eight_bytes_a_rating(results):
    values = results.set_index("metric")["value"]
    assert values["memory_mib"] * 2**20 / values["kept"] == pytest.approx(8, abs=0.1)


def test_the_benchmark_runs_on_few_ratings(measured_quickly):
    quick, published = measured_quickly("out_of_core"), published_results("out_of_core")
    assert quick["method"].tolist() == published["method"].tolist()
    assert (quick["n"] == 20_000).all()
