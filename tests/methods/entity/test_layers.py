import numpy as np
import pytest
from scipy import sparse

from recsys_helpers.methods.entity.layers import (
    DenseEmbedding,
    FilmBatches,
    LinkBatches,
    LinkSoftmax,
    SumOfLinks,
    keras,
)

# --- layers --------------------------------------------------------------------------

ROWS = np.array([0, 2, 2, 1])


def step_of(layer, optimizer):
    """Steps in the table after one batch, whose loss is a sum with known weights."""
    weights = np.arange(8, dtype=np.float32).reshape(4, 2)
    rows = keras.Input((), dtype="int32")
    model = keras.Model(rows, layer(rows))
    (before,) = layer.get_weights()
    model.compile(optimizer, lambda weights, vectors: vectors * weights)
    model.train_on_batch(ROWS, weights)
    return before - layer.get_weights()[0]


def both():
    return (
        kind(4, 2, keras.initializers.RandomUniform(seed=1))
        for kind in (DenseEmbedding, keras.layers.Embedding)
    )


def test_it_looks_up_what_an_embedding_does():
    ours, peer = both()
    np.testing.assert_array_equal(ours(ROWS), peer(ROWS))


def test_its_gradient_is_that_of_an_embedding():
    found, expected = (step_of(layer, keras.optimizers.SGD(1.0)) for layer in both())
    np.testing.assert_allclose(found, expected, atol=1e-6)
    sums = np.array([[0, 1], [6, 7], [6, 8], [0, 0]])
    np.testing.assert_allclose(found, sums / 8, atol=1e-6)


def test_adam_squares_the_whole_gradient_of_a_row():
    ours, _ = both()
    steps = step_of(ours, keras.optimizers.Adam(0.1))
    # The first step of Adam is as long as the learning rate, whatever the gradient:
    # for row 2 as well, which comes twice.
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
    films = np.arange(2000)
    shown = np.asarray(layer(films, films, 0 * films, training=True)) != 0
    assert 0.66 < shown.mean() < 0.74


# --- batches of films ----------------------------------------------------------------

LINKS = sparse.random_array((20, 30), density=0.2, rng=np.random.default_rng(0)).tocsr()
LINKS.data[:] = 1


def test_each_film_comes_once_an_epoch_with_all_its_links():
    links = sparse.csr_array(LINKS.toarray() * (np.arange(20) != 7)[:, None])
    batches = FilmBatches(links, batch_size=8, seed=0)
    found = []
    for number in range(len(batches)):
        (films, of_film, place, in_batch), targets = batches[number]
        assert len(films) == len(targets)
        is_link = of_film >= 0
        entities = in_batch[place[is_link]]
        found += zip(films[of_film[is_link]], entities, strict=True)
    assert sorted(found) == list(zip(*links.nonzero(), strict=True))


# --- batches of links -----------------------------------------------------------------


@pytest.fixture
def batches():
    return LinkBatches(LINKS, positives_per_batch=7, negative_ratio=3)


def rows_of(batches):
    """All rows of an epoch: film, entity, label."""
    dealt = [batches[number] for number in range(len(batches))]
    return np.concatenate([np.column_stack([*pairs, y]) for pairs, y in dealt])


def test_each_link_comes_once_an_epoch(batches):
    for _ in range(2):
        rows = rows_of(batches)
        positive = rows[rows[:, 2] == 1][:, :2].astype(int)
        assert sorted(map(tuple, positive)) == sorted(
            zip(*map(np.ndarray.tolist, LINKS.nonzero()), strict=True)
        )
        batches.on_epoch_end()


def test_each_link_comes_with_pairs_that_are_none(batches):
    (films, entities), labels = batches[0]
    assert (labels == -1).sum() == 21
    linked = LINKS.toarray()[films, entities] == 1
    np.testing.assert_array_equal(linked, labels == 1)


def test_the_last_batch_has_what_is_left(batches):
    (_, _), labels = batches[len(batches) - 1]
    assert len(labels) == 4 * ((LINKS.nnz - 1) % 7 + 1)


def test_negatives_can_be_labelled_zero():
    _, labels = LinkBatches(LINKS, 7, 3, label_of_negatives=0)[0]
    assert set(labels.tolist()) == {0, 1}
    assert labels.dtype == np.float32


def test_a_batch_is_shuffled(batches):
    _, labels = batches[0]
    assert (labels[:7] == -1).any()


def test_another_epoch_has_other_negatives_and_another_order(batches):
    first = rows_of(batches)
    batches.on_epoch_end()
    second = rows_of(batches)
    assert not np.array_equal(first[first[:, 2] == 1], second[second[:, 2] == 1])
    assert not np.array_equal(first[first[:, 2] == -1], second[second[:, 2] == -1])


def test_a_batch_is_the_same_however_often_it_is_asked_for(batches):
    batches[1]
    np.testing.assert_array_equal(batches[0][0], batches[0][0])


def test_batches_follow_the_seed():
    one, same, other = (rows_of(LinkBatches(LINKS, 7, 3, seed=s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["positives_per_batch", "negative_ratio"])
def test_sizes_that_cannot_be_are_refused(name):
    with pytest.raises(ValueError, match=name):
        LinkBatches(LINKS, **{name: 0})
