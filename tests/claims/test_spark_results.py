"""What chapter 10 says of Spark's ALS and implicit is in the results files."""

from pathlib import Path

import pytest
from spark_here import needs_spark

from recsys_helpers.large.spark import SHORT_START
from recsys_helpers.results import read_results

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RESULTS = BENCHMARKS / "results"
SIZES = [100_000, 1_000_000, 10_000_000]
DROPPED_OUT = "rmse, dropped rows out"


@pytest.fixture(scope="module")
def agreement():
    return read_results(RESULTS / "spark_als.json")


@pytest.fixture(scope="module")
def growth():
    return read_results(RESULTS / "spark_growth.json")


def values_of(results, metric, split="user temporal"):
    chosen = (results["metric"] == metric) & (results["split"] == split)
    return results[chosen].set_index("method")["value"]


# --- lists ----------------------------------------------------------------------------


def test_tuned_spark_and_implicit_are_within_five_thousandths(agreement):
    found = values_of(agreement, "ndcg@10")
    assert found["Spark, tuned"] == pytest.approx(found["implicit, tuned"], abs=0.005)


def test_both_tuned_libraries_are_better_than_untuned(agreement):
    found = values_of(agreement, "ndcg@10")
    assert found["Spark, tuned"] > found["Spark"]
    assert found["implicit, tuned"] > found["implicit, same lambda"]


def test_a_published_mean_is_that_of_its_three_seeds(agreement):
    for split in ("user temporal", "random"):
        found = values_of(agreement, "ndcg@10", split)
        for method in found.index[~found.index.str.contains("seed")]:
            of_seeds = [found[f"{method}, seed {seed}"] for seed in range(3)]
            assert sum(of_seeds) / 3 == pytest.approx(found[method])


@pytest.mark.parametrize("split", ["user temporal", "random"])
def test_with_a_matching_lambda_the_lists_are_more_alike(split, agreement):
    shared = values_of(agreement, "overlap@10", split)
    matching = shared["Spark / implicit, matching lambda"]
    assert matching > shared["Spark / implicit, same lambda"]
    ndcg = values_of(agreement, "ndcg@10", split)
    assert abs(ndcg["Spark"] - ndcg["implicit, matching lambda"]) < abs(
        ndcg["Spark"] - ndcg["implicit, same lambda"]
    )


# --- stars ----------------------------------------------------------------------------


def test_the_rows_that_spark_drops_are_the_hard_ones(agreement):
    everything = values_of(agreement, "rmse", "random")
    kept = values_of(agreement, DROPPED_OUT, "random")
    assert len(kept) == 4
    assert (kept < everything[kept.index]).all()
    n_rows = agreement.groupby("metric")["n"].max()
    assert n_rows[DROPPED_OUT] < n_rows["rmse"] == 20_001


def test_factors_without_biases_err_more_than_biases_without_factors(agreement):
    for metric in ("rmse", DROPPED_OUT):
        errors = values_of(agreement, metric, "random")
        assert errors.drop("bias model").min() > errors["bias model"]


def test_the_bias_model_is_the_one_of_chapter_2(agreement):
    baselines = read_results(RESULTS / "baselines.json")
    known = values_of(baselines, "rmse", "random")["BiasModel"]
    assert values_of(agreement, "rmse", "random")["bias model"] == pytest.approx(known)


# --- growth ---------------------------------------------------------------------------


def by_size(growth, metric):
    chosen = growth[growth["metric"] == metric]
    return chosen.pivot(index="n", columns="method", values="value")


def test_implicit_takes_less_time_than_spark_at_every_size(growth):
    seconds = by_size(growth, "fit cpu_s")
    assert seconds.index.tolist() == SIZES
    of_spark = seconds.columns.str.startswith("Spark")
    assert of_spark.tolist().count(True) == 2
    spark, implicit = seconds.loc[:, of_spark], seconds.loc[:, ~of_spark]
    assert (spark.min(axis=1) > implicit.max(axis=1)).all()


def test_the_gap_in_time_becomes_smaller_with_the_size(growth):
    seconds = by_size(growth, "fit cpu_s")
    ratio = seconds["Spark, 4 GB heap"] / seconds["implicit, conjugate gradients"]
    assert ratio[SIZES[0]] > ratio[SIZES[2]] > 1


def test_a_smaller_heap_keeps_the_memory_of_spark_down(growth):
    peaks = by_size(growth, "peak MiB").loc[SIZES[2]]
    assert peaks["Spark, 1 GB heap"] < peaks["Spark, 4 GB heap"]


def test_on_paper_the_memory_of_the_machine_ends_after_hundreds_of_millions(growth):
    fits = growth[growth["metric"] == "interactions that fit"]
    fits = fits.set_index("method")["value"]
    assert 1e8 < fits["implicit, conjugate gradients"] < 1e10


# --- the benchmarks -------------------------------------------------------------------


@needs_spark
@pytest.mark.parametrize("name", ["spark_als", "spark_growth"])
def test_the_quick_mode_of_the_benchmark_measures_both_libraries(
    name, measured_quickly
):
    # Java compiles once and quickly: there is little to do.
    measured = measured_quickly(name, JDK_JAVA_OPTIONS=SHORT_START)
    for library in ("Spark", "implicit"):
        assert measured["method"].str.startswith(library).any()
    assert "failed" not in set(measured["metric"])
