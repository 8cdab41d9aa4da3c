import numpy as np
import pytest
from scipy.special import log_softmax

from recsys_helpers.methods.two_tower.layers import HideSome, InBatchSoftmax, keras

# --- hiding ---------------------------------------------------------------------------

FEATURES = np.ones((4000, 3), dtype=np.float32)


def test_nothing_is_hidden_when_it_predicts():
    shown = HideSome(0.5, [0, 0, 1])(FEATURES, training=False)
    np.testing.assert_array_equal(shown, FEATURES)


def test_a_share_of_the_rows_is_hidden_in_training():
    shown = np.asarray(HideSome(0.3, [0, 0, 1])(FEATURES, training=True))
    assert shown.mean(axis=0) == pytest.approx([0.7] * 3, abs=0.03)


def test_a_group_is_hidden_together_and_on_its_own():
    shown = np.asarray(HideSome(0.3, [0, 0, 1])(FEATURES, training=True))
    np.testing.assert_array_equal(shown[:, 0], shown[:, 1])
    both_hidden = ((shown[:, 0] == 0) & (shown[:, 2] == 0)).mean()
    assert both_hidden == pytest.approx(0.09, abs=0.02)


def test_what_is_shown_stays_as_it_is():
    shown = np.asarray(HideSome(0.5, [0, 1, 2])(7 * FEATURES, training=True))
    assert set(np.unique(shown)) == {0, 7}


def test_what_is_hidden_follows_the_seed():
    one, same, other = (
        np.asarray(HideSome(0.5, [0, 1, 2], seed=seed)(FEATURES, training=True))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


# --- the loss of retrieval ------------------------------------------------------------

USERS = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
MOVIES = np.array([[0.8, 0.6], [0, 1], [1, 0]], dtype=np.float32)
SHARES = np.array([0.5, 0.2, 0.3], dtype=np.float32)


def loss_of(layer, rows=(0, 1, 2), movies=MOVIES):
    layer(USERS, movies, np.array(rows), np.log(SHARES))
    return float(layer.losses[-1])


@pytest.mark.parametrize("corrected", [True, False])
def test_the_loss_is_that_of_the_formula(corrected):
    logits = USERS @ MOVIES.T / 0.5 - corrected * np.log(SHARES)
    expected = -np.diagonal(log_softmax(logits, axis=1)).mean()
    assert loss_of(InBatchSoftmax(0.5, corrected)) == pytest.approx(expected, rel=1e-5)


def test_keras_own_cross_entropy_agrees():
    logits = USERS @ MOVIES.T / 0.5
    peer = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = float(peer(np.arange(3), logits))
    assert loss_of(InBatchSoftmax(0.5, False)) == pytest.approx(expected, rel=1e-5)


def test_the_same_movie_in_another_row_is_no_wrong_answer():
    movies = MOVIES[[0, 1, 0]]
    logits = USERS @ movies.T
    logits[0, 2] = logits[2, 0] = -np.inf
    expected = -np.diagonal(log_softmax(logits, axis=1)).mean()
    found = loss_of(InBatchSoftmax(1.0, False), rows=(5, 6, 5), movies=movies)
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_scores_are_all_products_of_the_batch():
    layer = InBatchSoftmax(0.1)
    scores = layer(USERS, MOVIES, np.arange(3), np.log(SHARES))
    np.testing.assert_allclose(scores, USERS @ MOVIES.T, rtol=1e-6)


@pytest.mark.parametrize(
    "layer", [HideSome(0.2, [0, 1, 1], seed=3), InBatchSoftmax(0.3, corrected=False)]
)
def test_a_layer_can_be_made_from_its_settings(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
