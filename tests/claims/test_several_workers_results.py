"""What the chapter says of training on several processes is in the results file."""

import pytest

from recsys_helpers.results import published_results

pytestmark = pytest.mark.claims


@pytest.fixture(scope="module")
def results():
    return published_results("several_workers")


@pytest.fixture(scope="module")
def losses(results):
    is_loss = results["metric"].str.startswith("loss of epoch")
    return results[is_loss].pivot(index="method", columns="metric", values="value")


def difference(losses, of_two, of_one):
    """Give the largest difference of two rows of losses."""
    return (losses.loc[of_two] - losses.loc[of_one]).abs().max()


@pytest.mark.parametrize("of_two", ["2 processes", "one killed, resumed"])
def test_two_processes_have_the_losses_of_one(of_two, losses):
    assert losses.notna().all(axis=None)
    assert difference(losses, f"JAX float64, {of_two}", "JAX float64, 1 process") < 5e-5


@pytest.mark.parametrize("way", ["JAX float32", "TensorFlow, own loop"])
def test_in_32_bits_rounding_shows_in_the_fourth_decimal(way, losses):
    off = difference(losses, f"{way}, 2 processes", f"{way}, 1 process")
    assert off < 2e-3
    in_64_bits = difference(
        losses, "JAX float64, 2 processes", "JAX float64, 1 process"
    )
    assert in_64_bits < off / 100


def test_the_losses_fall(losses):
    assert (losses.diff(axis=1).iloc[:, 1:] < 0).all(axis=None)


def test_when_one_is_killed_the_other_does_not_go_on(results):
    runs = results[results["metric"] == "runs"].set_index("method")["value"]
    assert runs["JAX, one of two is killed: the other goes on"] == 0


def test_under_tensorflow_a_loop_of_our_own_runs_and_fit_does_not(results):
    runs = results[results["metric"] == "runs"].set_index("method")["value"]
    own = runs[runs.index.str.contains("own loop")]
    fit = runs[runs.index.str.contains(", fit,")]
    assert own.tolist() == [1, 1]
    assert fit.tolist() == [0]
    assert "Error" in fit.index[0]
