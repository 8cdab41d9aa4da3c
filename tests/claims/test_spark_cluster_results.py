"""What chapter 10 says of killed machines and of shuffles is in its results file."""

import importlib.util
import sys
from pathlib import Path

import pytest
from spark_here import needs_spark

from recsys_helpers.methods.als import Als
from recsys_helpers.results import read_results

pytestmark = pytest.mark.claims

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
KILLED = ["one worker killed", "an executor killed", "the master killed"]


def arranged(path):
    return read_results(path).pivot(index="method", columns="metric", values="value")


@pytest.fixture(scope="module")
def results():
    return arranged(BENCHMARKS / "results" / "spark_cluster.json")


@pytest.mark.parametrize("killed", KILLED)
def test_a_kill_in_the_middle_of_a_fit_changes_neither_factors_nor_lists(
    results, killed
):
    assert 0.25 < results.loc[killed, "jobs before"] < 0.9
    assert results.loc[killed, "difference"] < 1e-6
    ndcg = results["ndcg@10"]
    assert ndcg[killed] == pytest.approx(ndcg["undisturbed"], abs=1e-4)


def test_an_executor_was_lost_with_a_worker_and_none_with_the_master(results):
    lost = results["executors lost"]
    assert lost[["undisturbed", *KILLED]].tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("n_factors", [64, 128])
def test_the_formula_is_within_five_percent_of_the_event_log(results, n_factors):
    assert results.loc[f"formula, {n_factors} factors", "ratio"] == pytest.approx(
        1, abs=0.05
    )


@pytest.mark.slow
@pytest.mark.spark
@needs_spark
def test_the_quick_run_writes_a_file_of_the_same_form(monkeypatch, tmp_path):
    """Without its clusters: `tests/large/test_spark_cluster.py` has one."""
    spec = importlib.util.spec_from_file_location(
        "spark_cluster_benchmark", BENCHMARKS / "spark_cluster.py"
    )
    benchmark = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up.
    monkeypatch.setitem(sys.modules, spec.name, benchmark)
    spec.loader.exec_module(benchmark)

    def fit_without_a_cluster(split, settings, kill=None, after=0):
        model = Als(n_factors=4, like_threshold=4).fit(split.train)
        lost = 0 if kill is None else 1
        return benchmark.Fit(model, 4, 2 * lost, lost, wall_s=0.0, cpu_s=0.0)

    monkeypatch.setattr(benchmark, "fit_on_a_cluster", fit_without_a_cluster)
    output = tmp_path / "quick.json"
    monkeypatch.setattr("sys.argv", ["benchmark", "--quick", "--output", str(output)])
    benchmark.main()
    written = arranged(output)
    assert list(written.index) == ["formula, 64 factors", *KILLED[:1], "undisturbed"]
    assert written.loc["formula, 64 factors", "ratio"] == pytest.approx(1, abs=0.1)
