import numpy as np
import pytest
from scipy import sparse

from recsys_helpers.methods.two_tower.models import (
    rating_model,
    rating_tower,
    retrieval_model,
    retrieval_tower,
)

RNG = np.random.default_rng(0)
OF_USERS = RNG.normal(size=(5, 6)).astype(np.float32)
OF_MOVIES = RNG.normal(size=(5, 4)).astype(np.float32)


@pytest.fixture
def towers():
    return rating_tower("user", 6), rating_tower("movie", 4)


# --- ratings --------------------------------------------------------------------------


def test_a_tower_gives_a_vector_and_a_level():
    vectors, levels = rating_tower("user", 6, n_factors=3)(OF_USERS)
    assert vectors.shape == (5, 3)
    assert levels.shape == (5, 1)


def test_a_rating_is_the_mean_and_both_levels_and_the_dot_product(towers):
    # Levels start as zeros; give them something to say.
    rng = np.random.default_rng(1)
    for tower in towers:
        tower.set_weights([rng.normal(size=w.shape) for w in tower.get_weights()])
    (p, a), (q, c) = towers[0](OF_USERS), towers[1](OF_MOVIES)
    expected = 3.5 + a + c + np.sum(p * q, axis=1, keepdims=True)
    found = rating_model(*towers, mean=3.5)([OF_USERS, OF_MOVIES])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_levels_start_as_zeros(towers):
    assert not np.any(towers[0](OF_USERS)[1])


def test_only_the_features_of_groups_are_hidden():
    tower = rating_tower("movie", 4, hidden=(), hide=0.99, groups=[0, 0])
    *others, _, shift = tower.get_weights()
    tower.set_weights([*others, np.ones((8, 1)), shift])
    ones = np.ones((1000, 4), dtype=np.float32)
    levels = np.asarray(tower(ones, training=True)[1])
    assert set(np.unique(levels)) == {4, 8}
    assert (levels == 4).mean() > 0.97
    assert (np.asarray(tower(ones)[1]) == 8).all()


def test_weights_follow_the_seed_and_the_name():
    def weights(name, seed):
        return rating_tower(name, 6, seed=seed).get_weights()[0]

    np.testing.assert_array_equal(weights("user", 0), weights("user", 0))
    assert not np.array_equal(weights("user", 0), weights("user", 1))
    assert not np.array_equal(weights("user", 0), weights("movie", 0))


def test_the_two_sides_meet_nowhere_else(towers):
    """A movie's vector is the same whichever user is in its row."""
    model = rating_model(*towers, mean=0)
    table = np.array(
        [
            [float(model([OF_USERS[[u]], OF_MOVIES[[i]]])[0, 0]) for i in range(5)]
            for u in range(5)
        ]
    )
    (p, _), (q, _) = towers[0](OF_USERS), towers[1](OF_MOVIES)
    np.testing.assert_allclose(table, np.asarray(p) @ np.asarray(q).T, atol=1e-4)


# --- retrieval ------------------------------------------------------------------------

ROWS = np.arange(5)
NOBODY = np.zeros(5, dtype=np.int64)


def test_vectors_of_retrieval_have_length_one():
    vectors = retrieval_tower("user", 6)([OF_USERS, ROWS, NOBODY])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_without_ids_rows_are_ignored():
    tower = retrieval_tower("movie", 4)
    one, other = (tower([OF_MOVIES, rows, NOBODY]) for rows in (ROWS, NOBODY))
    np.testing.assert_array_equal(one, other)


def test_with_ids_a_row_has_something_of_its_own():
    tower = retrieval_tower("movie", 4, n_ids=5)
    alike = np.repeat(OF_MOVIES[:1], 5, axis=0)
    assert len(np.unique(tower([alike, ROWS, NOBODY])[:, 0])) == 5


def test_with_sets_the_members_matter_and_one_can_be_left_out():
    sets = sparse.csr_array([[1.0, 0], [0, 1], [1, 1], [1, 0], [0, 0]])
    tower = retrieval_tower("user", 6, sets=sets, dropout=0)
    alike = np.repeat(OF_USERS[:1], 5, axis=0)
    whole = np.asarray(tower([alike, ROWS, NOBODY]))
    np.testing.assert_allclose(whole[0], whole[3], rtol=1e-5)
    assert not np.allclose(whole[0], whole[1], atol=1e-3)
    left = np.asarray(tower([alike, ROWS, NOBODY], training=True))
    np.testing.assert_allclose(left[0], whole[4], atol=1e-5)


def test_the_model_of_retrieval_scores_the_batch_and_has_its_loss_within():
    towers = retrieval_tower("user", 6), retrieval_tower("movie", 4)
    model = retrieval_model(*towers)
    scores = model([OF_USERS, OF_MOVIES, ROWS, ROWS, np.log(np.full(5, 0.2))])
    p, q = towers[0]([OF_USERS, ROWS, ROWS]), towers[1]([OF_MOVIES, ROWS, ROWS])
    np.testing.assert_allclose(scores, np.asarray(p) @ np.asarray(q).T, atol=1e-5)
    assert len(model.losses) == 1
