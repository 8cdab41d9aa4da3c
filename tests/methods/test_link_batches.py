import numpy as np
import pytest
from scipy import sparse

from recsys_helpers.methods.entity.layers import LinkBatches

LINKS = sparse.random_array((20, 30), density=0.2, rng=np.random.default_rng(0)).tocsr()
LINKS.data[:] = 1


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
