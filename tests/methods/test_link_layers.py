import numpy as np
import pytest
import tensorflow as tf

from recsys_helpers.methods.entity.layers import (
    DenseEmbedding,
    LinkSoftmax,
    SumOfLinks,
    keras,
)

ROWS = np.array([0, 2, 2, 1])


def gradient_of(layer):
    weights = np.arange(8, dtype=np.float32).reshape(4, 2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(ROWS) * weights)
    return tape.gradient(loss, layer.trainable_weights[0])


def both():
    return (
        kind(4, 2, keras.initializers.RandomUniform(seed=1))
        for kind in (DenseEmbedding, keras.layers.Embedding)
    )


def test_it_looks_up_what_an_embedding_does():
    ours, peer = both()
    np.testing.assert_array_equal(ours(ROWS), peer(ROWS))


def test_its_gradient_is_that_of_an_embedding_as_a_table():
    ours, peer = both()
    ours(ROWS), peer(ROWS)
    found = gradient_of(ours)
    assert not isinstance(found, tf.IndexedSlices)
    np.testing.assert_allclose(found, tf.convert_to_tensor(gradient_of(peer)))


def test_adam_squares_the_whole_gradient_of_a_row():
    ours, _ = both()
    ours(ROWS)
    before = ours.embeddings.numpy()
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.apply([gradient_of(ours)], ours.trainable_weights)
    # The first step of Adam is as long as the learning rate, whatever the gradient:
    # for row 2 as well, which comes twice.
    steps = before - ours.embeddings.numpy()
    np.testing.assert_allclose(steps[1:3], 0.1, rtol=1e-4)
    assert not steps[3].any()


@pytest.mark.parametrize(
    "layer",
    [
        DenseEmbedding(4, 2),
        SumOfLinks(4, 2, 0.3, weights=[1, 2, 3, 0.5], seed=3),
        LinkSoftmax(4, 0.2, seed=3),
    ],
)
def test_a_layer_can_be_made_from_its_settings(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_links_are_hidden_as_often_as_they_should_be():
    layer = SumOfLinks(1, 1, hidden_share=0.3, seed=0)
    links = np.zeros((2000, 1), dtype=int)
    shown = layer(links, training=True).numpy() != 0
    assert 0.66 < shown.mean() < 0.74
