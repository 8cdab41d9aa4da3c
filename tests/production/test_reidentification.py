"""Finding the owner of a vector."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from recsys_helpers.production.people import found_again, halves, with_noise

RNG = np.random.default_rng(0)
LIKES = sparse.csr_array((RNG.random((40, 60)) < 0.2) * 1.5)


def test_two_halves_hold_every_cell_once():
    first, second = halves(LIKES)
    assert (first + second != LIKES).nnz == 0
    assert first.multiply(second).nnz == 0


def test_the_second_half_has_half_the_cells_of_each_user():
    _, second = halves(LIKES)
    n = np.diff(LIKES.indptr)
    assert np.array_equal(np.diff(second.indptr), n // 2)


def test_the_seed_decides_the_halves():
    same, other = halves(LIKES, seed=0)[0], halves(LIKES, seed=1)[0]
    assert (same != halves(LIKES)[0]).nnz == 0
    assert (same != other).nnz > 0


def test_a_user_without_likes_has_two_empty_halves():
    empty = sparse.csr_array((2, 3))
    assert [half.nnz for half in halves(empty)] == [0, 0]


def test_a_dense_matrix_is_refused():
    with pytest.raises(TypeError, match="sparse"):
        halves(LIKES.toarray())


def test_found_again_by_hand():
    published = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    folded_in = np.array([[5.0, 1.0], [1.0, 9.0], [9.0, 1.0]])
    assert found_again(published, folded_in).tolist() == [True, True, False]


def test_found_again_is_the_nearest_neighbour_of_scikit_learn():
    published, folded_in = RNG.normal(size=(2, 50, 4))
    folded_in += published
    index = NearestNeighbors(n_neighbors=1, metric="cosine").fit(published)
    theirs = index.kneighbors(folded_in, return_distance=False)[:, 0] == np.arange(50)
    assert 0 < theirs.sum() < 50
    assert np.array_equal(found_again(published, folded_in), theirs)


def test_a_vector_of_zeros_finds_nobody():
    assert not found_again(np.eye(2), np.array([[0.0, 0], [0, 1]]))[0]


def test_different_users_are_refused():
    with pytest.raises(ValueError, match="order"):
        found_again(np.eye(2), np.eye(3))


def test_noise_is_as_long_as_was_asked_for():
    vectors = np.full((4000, 16), 0.5)  # each has the length 2
    noise = with_noise(vectors, 3.0) - vectors
    assert np.sqrt((noise**2).sum(axis=1).mean()) == pytest.approx(6, rel=0.02)


def test_no_noise_changes_nothing():
    assert np.array_equal(with_noise(np.eye(3), 0), np.eye(3))


def test_much_noise_hides_the_users():
    vectors = RNG.normal(size=(200, 8))
    near = vectors + 0.1 * RNG.normal(size=vectors.shape)
    assert found_again(vectors, near).mean() > 0.9
    assert found_again(with_noise(vectors, 50), near).mean() < 0.05


@pytest.mark.parametrize("noise", [-1, np.nan, np.inf])
def test_noise_that_is_no_amount_is_refused(noise):
    with pytest.raises(ValueError, match="noise"):
        with_noise(np.eye(2), noise)
