"""What chapter 10 says of Spark's ALS and implicit is in the results files."""

import pytest
from spark_here import needs_spark

from recsys_helpers.large.spark import SHORT_START
from recsys_helpers.results import published_results

pytestmark = pytest.mark.claims

DROPPED_OUT = "rmse, dropped rows out"


@pytest.fixture(scope="module")
def agreement():
    return published_results("spark_als")


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


@pytest.mark.parametrize("split", ["user temporal", "random"])
@pytest.mark.parametrize("its_lambda", ["same lambda", "matching lambda"])
def test_libraries_share_about_as_much_as_two_seeds(split, its_lambda, agreement):
    shared = values_of(agreement, "overlap@10", split)
    own = shared[["Spark, two seeds", f"implicit, {its_lambda}, two seeds"]]
    assert abs(shared[f"Spark / implicit, {its_lambda}"] - own.mean()) < 0.03


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
    baselines = published_results("baselines")
    known = values_of(baselines, "rmse", "random")["BiasModel"]
    assert values_of(agreement, "rmse", "random")["bias model"] == pytest.approx(known)


# --- growth ---------------------------------------------------------------------------


def test_both_libraries_were_measured_at_every_size():
    growth = published_results("spark_growth")
    fits = growth[growth["metric"] == "fit cpu_s"]
    assert set(fits["n"]) == {100_000, 1_000_000, 10_000_000}
    for library in ("Spark", "implicit"):
        of_library = fits[fits["method"].str.startswith(library)]
        assert of_library.groupby("method")["n"].nunique().tolist() == [3, 3]


# --- the benchmarks -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.spark
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
