"""The load results are whole, and bear out what the chapter says of them."""

import pytest

from recsys_helpers.results import published_results
from recsys_helpers.serving.recommender import CANDIDATES

pytestmark = pytest.mark.claims

ENDPOINTS = ["health", "similar", "recommend", "fold in"]
LOADS = ["1 at a time", "8 at a time", "32 at a time"]


@pytest.fixture(scope="module")
def results():
    return published_results("serving_load")


@pytest.fixture(scope="module")
def loads(results):
    asked = results[results["split"].isin(LOADS)]
    return asked.pivot(index=["method", "split"], columns="metric", values="value")


@pytest.fixture(scope="module")
def recalls(results):
    rows = results[results["metric"] == "recall of EASE's ten"]
    return rows.set_index(rows["method"].str.split().str[0].astype(int))["value"]


def test_every_endpoint_is_measured_under_every_load(loads):
    assert set(loads.index) == {(name, load) for name in ENDPOINTS for load in LOADS}
    assert not loads.isna().any(axis=None)


def test_no_request_failed(loads):
    assert (loads["errors"] == 0).all()


def test_retrieval_finds_more_with_more_candidates_and_never_all(recalls):
    assert recalls.is_monotonic_increasing
    assert 0.6 < recalls[10] < 0.75
    assert 0.9 < recalls[CANDIDATES] < 1
    assert recalls.iloc[-1] < 1


@pytest.mark.slow
def test_the_benchmark_runs_quickly_on_the_sample(measured_quickly):
    quick = measured_quickly("serving_load")
    assert set(quick["edition"]) == {"sample"}
    served = quick[quick["metric"] == "requests/s"]
    assert (served["value"] > 0).all()
    assert (quick.loc[quick["metric"] == "errors", "value"] == 0).all()
