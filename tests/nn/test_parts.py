"""The layers, the batches and the callbacks that the course adds to Keras."""

import numpy as np
import pytest
from scipy import sparse

from recsys_helpers.nn import parts
from recsys_helpers.nn.parts import (
    EpochBar,
    LiveCurves,
    RowOfId,
    SetEmbedding,
    ShuffledBatches,
    ShuffledRows,
    keras,
)

# Row 0 has members 0 and 2, with 0.5 each; row 1 has member 1; row 2 has none.
SETS = sparse.csr_array([[0.5, 0, 0.5], [0, 1, 0], [0, 0, 0]])


@pytest.fixture
def layer():
    layer = SetEmbedding.of(SETS, n_factors=2)
    layer(np.array([0]))
    layer.members.assign([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    return layer


# --- the layers -----------------------------------------------------------------------


@pytest.mark.parametrize("ids", [[5], [5, 7, 31]])
def test_an_id_has_a_row_and_what_is_unknown_has_row_zero(ids):
    rows = RowOfId(np.array(ids))(np.array([*ids, 0, 6, 32]))
    assert np.asarray(rows).tolist() == [*range(1, len(ids) + 1), 0, 0, 0]


def test_a_row_is_the_weighted_sum_of_its_members(layer):
    found = layer(np.array([0, 1, 2]))
    assert np.asarray(found).tolist() == [[2, 20], [2, 20], [0, 0]]


@pytest.mark.parametrize(
    ("training", "expected"), [(True, [[0.5, 5], [0, 0]]), (False, [[2, 20], [2, 20]])]
)
def test_one_member_is_left_out_in_training_only(layer, training, expected):
    found = layer(np.array([0, 1]), np.array([2, 1]), training=training)
    assert np.asarray(found).tolist() == expected


def test_only_the_members_are_learned(layer):
    assert [weight.name for weight in layer.trainable_weights] == ["members"]


def test_a_penalty_counts_every_member_once():
    layer = SetEmbedding.of(
        SETS, n_factors=1, members_regularizer=keras.regularizers.L2(0.1)
    )
    layer(np.array([0]))
    layer.members.assign([[1.0], [2.0], [3.0]])
    assert float(layer.losses[0]) == pytest.approx(0.1 * (1 + 4 + 9))


def test_the_members_follow_the_seed():
    drawn = []
    for seed in (1, 1, 2):
        layer = SetEmbedding.of(SETS, n_factors=4, seed=seed)
        layer(np.array([0]))
        drawn.append(layer.members.numpy())
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


# --- batches --------------------------------------------------------------------------


@pytest.fixture
def batches():
    ids = np.arange(1, 11)
    return ShuffledBatches(ids, 10 * ids, ids / 2, batch_size=4, seed=0)


def test_rows_of_any_arrays_stay_together():
    column, table = np.arange(10), np.arange(20).reshape(10, 2)
    rows = ShuffledRows((column, table), -column, batch_size=3, seed=0)
    for number in range(len(rows)):
        (of_column, of_table), targets = rows[number]
        np.testing.assert_array_equal(of_table[:, 0], 2 * of_column)
        np.testing.assert_array_equal(targets, -of_column)


def one_epoch(batches):
    return [batches[number] for number in range(len(batches))]


def test_each_rating_comes_once_an_epoch_with_its_pair(batches):
    epoch = one_epoch(batches)
    assert [len(ratings) for _, ratings in epoch] == [4, 4, 2]
    seen = np.concatenate([users for (users, _), _ in epoch])
    assert sorted(seen) == list(range(1, 11))
    for (users, movies), ratings in epoch:
        np.testing.assert_array_equal(movies, 10 * users)
        np.testing.assert_array_equal(ratings, (users / 2).astype(np.float32))


def test_the_next_epoch_has_another_order(batches):
    first = one_epoch(batches)[0][1]
    batches.on_epoch_end()
    assert not np.array_equal(one_epoch(batches)[0][1], first)


def test_the_order_follows_the_seed():
    ids = np.arange(100)
    same, other = (
        ShuffledBatches(ids, ids, ids, batch_size=100, seed=seed)[0][1]
        for seed in (0, 1)
    )
    again = ShuffledBatches(ids, ids, ids, batch_size=100, seed=0)[0][1]
    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, other)


# --- callbacks ------------------------------------------------------------------------


class FakeDisplay:
    """What a notebook shows, and how often."""

    def __init__(self):
        self.shown = 0

    def __call__(self, figure, display_id):
        self.shown += 1
        return self

    def update(self, figure):
        self.shown += 1


@pytest.fixture
def notebook(monkeypatch):
    display = FakeDisplay()
    monkeypatch.setattr(parts, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return display


def train_for(curves, n_epochs):
    curves.on_train_begin()
    for epoch in range(n_epochs):
        curves.on_epoch_end(epoch, {"rmse": 1.0, "val_rmse": 1.1})
    curves.on_train_end()


@pytest.mark.parametrize(
    ("seconds", "n_epochs", "n_drawn"), [(0, 3, 3 + 1), (60, 3, 1), (0, 0, 0)]
)
def test_the_curves_are_drawn_after_epochs_and_at_the_end(
    notebook, seconds, n_epochs, n_drawn
):
    train_for(LiveCurves(seconds=seconds), n_epochs)
    assert notebook.shown == n_drawn


def test_outside_of_a_notebook_nothing_is_drawn(monkeypatch):
    display = FakeDisplay()
    monkeypatch.setattr("IPython.display.display", display)
    train_for(LiveCurves(seconds=0), 3)
    assert display.shown == 0


def test_the_bar_of_epochs_is_silent_where_nobody_watches(capfd):
    bar = EpochBar()
    bar.set_params({"epochs": 2})
    bar.on_train_begin()
    bar.on_epoch_end(0)
    bar.on_train_end()
    assert capfd.readouterr() == ("", "")
