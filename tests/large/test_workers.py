"""Two processes train as one does, and a death is noticed and made good."""

import sys

import numpy as np
import pytest

from recsys_helpers.datasets import load_movielens
from recsys_helpers.large.processes import WorkerError
from recsys_helpers.large.workers import (
    CHECKPOINT,
    Checkpoint,
    CheckpointError,
    TowerRows,
    WorkersSettings,
    read_checkpoint,
    rows_of_worker,
    tower_rows,
    train_on_workers,
    write_checkpoint,
)

pytest.importorskip("jax")

SETTINGS = WorkersSettings(hidden=(16,), n_factors=4, n_epochs=3, batch_size=500)


@pytest.fixture(scope="module")
def rows():
    data = load_movielens("sample")
    return tower_rows(data.ratings.iloc[:3000], data.movies)


@pytest.fixture(scope="module")
def of_one(rows, tmp_path_factory):
    return train_on_workers(rows, tmp_path_factory.mktemp("one"), SETTINGS, n_workers=1)


@pytest.fixture(scope="module")
def killed(rows, tmp_path_factory):
    """Train on two processes of which one dies in the last epoch."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.raises(WorkerError) as caught:
        train_on_workers(rows, folder, SETTINGS, n_workers=2, die=(1, 2))
    return folder, str(caught.value)


def test_two_processes_have_the_losses_of_one(killed, of_one):
    losses = read_checkpoint(killed[0] / CHECKPOINT).losses
    assert len(losses) == 2
    np.testing.assert_allclose(losses, of_one["loss"][:2], atol=5e-5)


def test_the_loss_falls(of_one):
    assert of_one["loss"].is_monotonic_decreasing
    assert (of_one["seconds"] > 0).all()


def test_a_killed_worker_ends_the_other_which_says_why(killed):
    message = killed[1]
    assert "Worker 1 of 2 was killed by signal 9" in message
    said = message.partition("Worker 0 printed last:")[2]
    assert "Gloo" in said or "coordination" in said.lower()


def test_from_the_checkpoint_one_process_ends_where_the_undisturbed_did(
    killed, rows, of_one
):
    resumed = train_on_workers(rows, killed[0], SETTINGS, n_workers=1)
    assert len(resumed) == 3
    np.testing.assert_allclose(resumed["loss"], of_one["loss"], atol=5e-5)


def test_a_checkpoint_of_another_training_is_refused(killed, rows):
    others = WorkersSettings(hidden=(16,), n_factors=4, batch_size=500, seed=1)
    with pytest.raises(ValueError, match="checkpoint"):
        train_on_workers(rows, killed[0], others)
    changed = TowerRows(rows.users, rows.movies, rows.ratings[::-1])
    with pytest.raises(ValueError, match="checkpoint"):
        train_on_workers(changed, killed[0], SETTINGS)


def test_the_shares_of_all_workers_are_the_batches_of_one():
    whole = rows_of_worker(1003, 100, 0, 1, seed=4, epoch=2).reshape(10, 100)
    shares = [rows_of_worker(1003, 100, r, 4, seed=4, epoch=2) for r in range(4)]
    together = np.concatenate([share.reshape(10, 25) for share in shares], axis=1)
    np.testing.assert_array_equal(together, whole)
    assert len(np.unique(whole)) == 1000
    assert (rows_of_worker(1003, 100, 0, 1, 4, 3).reshape(10, 100) != whole).any()


@pytest.mark.parametrize(
    ("settings", "n_workers", "message"),
    [
        (SETTINGS, 3, "500 .*3 "),
        (SETTINGS, 0, "n_workers"),
        (WorkersSettings(batch_size=4000), 2, "3,000 .*batch"),
    ],
)
def test_what_cannot_be_dealt_out_is_refused(
    settings, n_workers, message, rows, tmp_path
):
    with pytest.raises(ValueError, match=message):
        train_on_workers(rows, tmp_path, settings, n_workers=n_workers)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_epochs": 0},
        {"hidden": (0,)},
        {"learning_rate": 0},
        {"seed": -1},
        {"dtype": "int8"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        WorkersSettings(**wrong)


def test_without_jax_the_command_that_installs_it_is_named(rows, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match="jax"):
        train_on_workers(rows, tmp_path, SETTINGS)


# --- checkpoints ----------------------------------------------------------------------


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    state = [np.arange(6.0).reshape(2, 3), np.int64(5)]
    path = tmp_path / "one.npz"
    assert read_checkpoint(path) is None
    write_checkpoint(path, Checkpoint("mine", (0.5, 0.25), (1.0, 1.5), state))
    again = read_checkpoint(path)
    assert (again.training, again.losses, again.seconds) == (
        "mine",
        (0.5, 0.25),
        (1.0, 1.5),
    )
    for one, other in zip(again.state, state, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [file.name for file in tmp_path.iterdir()] == ["one.npz"]


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "one.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(CheckpointError, match=path.name):
        read_checkpoint(path)
    for about in (np.array([{"a": 1}], dtype=object), "{}", "[]", "null", "x"):
        np.savez(path, about=about)
        with pytest.raises(CheckpointError, match=path.name):
            read_checkpoint(path)
