"""A cluster whose worker dies in the middle of a fit, and what is left afterwards.

It happens once, in the fixture `story`, and the tests ask what was seen: slowly, and
the results of `benchmarks/spark_cluster.py`, which tests/claims/ reads, show the same.
"""

import os
import threading
import time
from dataclasses import dataclass

import numpy as np
import psutil
import pytest
from spark_here import needs_spark

from recsys_helpers.large import spark_cluster
from recsys_helpers.large.spark import SHORT_START
from recsys_helpers.large.spark_als import SparkAls
from recsys_helpers.large.spark_cluster import (
    ClusterError,
    local_cluster,
    n_executors,
    n_jobs_done,
)
from recsys_helpers.testing import checkerboard, held_back_and_liked

MODEL = {"n_factors": 4, "n_iterations": 6, "n_blocks": 2}
SHORT = {
    "spark.driver.extraJavaOptions": SHORT_START,
    "spark.executor.extraJavaOptions": SHORT_START,
}
pytestmark = [
    pytest.mark.spark,
    needs_spark,
    pytest.mark.skipif(os.name == "nt", reason="a local cluster needs Linux or macOS"),
]


@dataclass
class Story:
    n_executors: int
    undisturbed: SparkAls
    jobs_of_a_fit: int
    jobs_before_the_kill: int
    was_fitting: bool
    executors_afterwards: int
    disturbed: SparkAls
    jobs_of_the_disturbed: int
    left_processes: list
    left_files: list


def wait_until(condition, seconds=120):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came to this"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Fit undisturbed, then with a worker killed when half of the jobs are done."""
    own_temporary = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(own_temporary))
        seen = {}
        with (
            local_cluster(2, memory="512m") as cluster,
            cluster.start_session(SHORT) as spark,
        ):
            wait_until(lambda: n_executors(spark) == 2)
            seen |= tell(cluster, spark)
    started_here = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(own_temporary) in " ".join(process.info["cmdline"] or [])
    ]
    return Story(
        **seen,
        left_processes=started_here,
        left_files=list(own_temporary.iterdir()),
    )


def tell(cluster, spark):
    seen = {"n_executors": n_executors(spark)}
    seen["undisturbed"] = SparkAls(**MODEL).fit(checkerboard())
    jobs = seen["jobs_of_a_fit"] = n_jobs_done(spark)
    disturbed = SparkAls(**MODEL)
    fit = threading.Thread(target=disturbed.fit, args=[checkerboard()])
    fit.start()
    wait_until(lambda: n_jobs_done(spark) >= jobs + jobs // 2)
    seen["was_fitting"] = fit.is_alive()
    # Counted first: while a worker is being killed the other may do all that is left.
    seen["jobs_before_the_kill"] = n_jobs_done(spark) - jobs
    cluster.kill_worker(0)
    fit.join()
    seen["executors_afterwards"] = n_executors(spark)
    seen["jobs_of_the_disturbed"] = n_jobs_done(spark) - jobs
    return seen | {"disturbed": disturbed}


@pytest.mark.slow
def test_a_kill_in_the_middle_of_the_fit_costs_an_executor_and_no_job(story):
    assert story.was_fitting
    assert 0 < story.jobs_before_the_kill < story.jobs_of_the_disturbed
    assert (story.n_executors, story.executors_afterwards) == (2, 1)
    assert story.jobs_of_the_disturbed == story.jobs_of_a_fit


@pytest.mark.slow
@pytest.mark.parametrize("side", ["user_factors_", "movie_factors_"])
def test_the_factors_are_those_of_an_undisturbed_fit(story, side):
    undisturbed, disturbed = (
        getattr(model, side) for model in (story.undisturbed, story.disturbed)
    )
    # The order in which blocks arrive is that of sums of 64-bit numbers: their last
    # digit can differ, and once in a while a factor's, which has 32 bits.
    assert np.abs(disturbed - undisturbed).max() <= 1e-6 * np.abs(undisturbed).max()


@pytest.mark.slow
def test_the_lists_are_as_good(story):
    for user_id in range(1, 21):
        best = story.disturbed.recommend(user_id, n=1)["movie_id"][0]
        assert best == held_back_and_liked(user_id)


@pytest.mark.slow
def test_no_process_and_no_file_is_left(story):
    assert story.left_processes == []
    assert story.left_files == []


def test_a_worker_that_does_not_come_up_shows_its_log(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(spark_cluster, "LOOPBACK", "no.such.address.invalid")
    with (
        pytest.raises(ClusterError, match=r"(?s)master.*Exception"),
        local_cluster(1),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_has_at_least_one_worker():
    with pytest.raises(ValueError, match="n_workers"), local_cluster(0):
        pass
