"""What the chapter says of training on several processes is in the results file."""

import pytest

from recsys_helpers.results import published_results

ONE = "Keras on JAX, 1 process"


@pytest.fixture(scope="module")
def results():
    return published_results("several_workers")


@pytest.fixture(scope="module")
def losses(results):
    is_loss = results["metric"].str.startswith("loss of epoch")
    return results[is_loss].pivot(index="method", columns="metric", values="value")


def test_two_processes_one_of_them_killed_or_not_have_the_losses_of_one(losses):
    of_two = losses.loc[
        ["Keras on JAX, 2 processes", "Keras on JAX, one killed, resumed"]
    ]
    assert losses.notna().all(axis=None)
    assert ((of_two - losses.loc[ONE]).abs() < 5e-5).all(axis=None)


def test_so_has_a_loop_of_our_own_under_tensorflow(losses):
    one, two = (
        losses.loc[f"tf.distribute, {n}, own loop"]
        for n in ("1 process", "2 processes")
    )
    assert ((two - one).abs() < 5e-5).all()


def test_the_losses_fall(losses):
    assert (losses.diff(axis=1).iloc[:, 1:] < 0).all(axis=None)


def test_when_one_is_killed_the_other_does_not_go_on(results):
    runs = results[results["metric"] == "runs"].set_index("method")["value"]
    assert runs["Keras on JAX, one killed: the other goes on"] == 0


def test_under_tensorflow_a_loop_of_our_own_runs_and_fit_does_not(results):
    runs = results[results["metric"] == "runs"].set_index("method")["value"]
    own = runs[runs.index.str.contains("own loop")]
    fit = runs[runs.index.str.contains("processes, fit")]
    assert own.tolist() == [1, 1]
    assert fit.tolist() == [0]
    assert "Error" in fit.index[0]


def test_what_travels_is_four_bytes_a_weight(results):
    values = results.set_index("metric")["value"]
    assert values["MiB all-reduced a step"] > 0
    assert (values["seconds an epoch"] > 0).all()
