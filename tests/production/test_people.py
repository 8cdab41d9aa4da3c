"""Users outside of the mainstream, and users who can be found again."""

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.neighbors import NearestNeighbors

from recsys_helpers.production.people import (
    calibrated_lists,
    found_again,
    halves,
    miscalibration,
    popularity_classes,
    shares_of_profiles,
    with_noise,
)

# Six movies: the first three are of class 0, the others of class 1.
TWO_CLASSES = np.repeat(np.eye(2), 3, axis=0)
CANDIDATES = np.array([[0, 1, 2, 3, 4, 5]])
SCORES = np.array([[1.0, 0.9, 0.8, 0.7, 0.6, 0.5]])

RNG = np.random.default_rng(0)
LIKES = sparse.csr_array((RNG.random((40, 60)) < 0.2) * 1.5)


def test_each_class_holds_about_a_third_of_the_ratings():
    n_ratings = np.random.default_rng(0).zipf(1.8, 3000).clip(max=300)
    held = np.bincount(popularity_classes(n_ratings), n_ratings) / n_ratings.sum()
    assert held == pytest.approx(np.full(3, 1 / 3), abs=0.05)


def test_the_head_is_more_popular_than_the_tail():
    n_ratings = np.array([1, 9, 3, 1, 4, 1, 8])
    classes = popularity_classes(n_ratings)
    assert (np.diff(classes[np.argsort(-n_ratings)]) >= 0).all()


def test_movies_without_ratings_are_in_the_tail():
    assert popularity_classes([3, 0, 0]).tolist() == [0, 2, 2]


def test_no_ratings_make_no_classes():
    with pytest.raises(ValueError, match="ratings"):
        popularity_classes([0, 0])


def test_shares_by_hand():
    profiles = np.array([[1, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0]], dtype=bool)
    shares = shares_of_profiles(profiles, TWO_CLASSES)
    assert shares.tolist() == [[0.25, 0.75], [0, 0]]


def test_miscalibration_by_hand():
    # q~ = .99 * (1, 0) + .01 * (.5, .5) = (.995, .005)
    far = miscalibration(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    assert far == pytest.approx(0.5 * np.log(0.5 / 0.995) + 0.5 * np.log(0.5 / 0.005))
    # What is not wanted adds nothing.
    assert miscalibration(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0


def test_miscalibration_is_the_divergence_of_scipy():
    p, q = np.random.default_rng(0).dirichlet(np.ones(5), (2, 20))
    theirs = stats.entropy(p, 0.9 * q + 0.1 * p, axis=1)
    assert miscalibration(p, q, smoothing=0.1) == pytest.approx(theirs)


def test_smoothing_out_of_range_is_refused():
    with pytest.raises(ValueError, match="smoothing"):
        miscalibration(np.ones(1), np.ones(1), smoothing=0)


@pytest.mark.parametrize(
    ("wanted", "weight", "expected"),
    [
        ([1, 0], 0, {0, 1, 2, 3}),  # the best scores
        ([0.25, 0.75], 1, {0, 3, 4, 5}),  # the proportions
        ([0.5, 0.5], 0.9, {0, 1, 3, 4}),  # and of each class the best scores
    ],
)
def test_the_weight_chooses_between_scores_and_proportions(wanted, weight, expected):
    wanted = np.array([wanted])
    (movies,) = calibrated_lists(CANDIDATES, SCORES, TWO_CLASSES, wanted, weight, n=4)
    assert set(movies) == expected


def test_each_place_is_the_best_of_all_candidates():
    rng = np.random.default_rng(1)
    features, wanted = rng.dirichlet(np.ones(4), 30), rng.dirichlet(np.ones(4), 2)
    candidates = np.array([rng.permutation(30)[:20] for _ in range(2)])
    scores = np.sort(rng.random((2, 20)))[:, ::-1]
    lists = calibrated_lists(candidates, scores, features, wanted, 0.5, n=5)
    for user in range(2):
        chosen: list[int] = []
        score_of = dict(zip(candidates[user], scores[user], strict=True))
        for _ in range(5):
            worth = {
                movie: 0.5 * score
                - 0.5
                * miscalibration(wanted[user], features[[*chosen, movie]].mean(axis=0))
                for movie, score in score_of.items()
                if movie not in chosen
            }
            chosen.append(max(worth, key=worth.get))
        assert lists[user].tolist() == chosen


def test_more_weight_brings_lists_nearer_to_the_history():
    rng = np.random.default_rng(2)
    features, wanted = rng.dirichlet(np.ones(4), 200), rng.dirichlet(np.ones(4), 30)
    candidates = np.tile(np.arange(200), (30, 1))
    scores = np.sort(rng.random((30, 200)))[:, ::-1]
    far = []
    for weight in (0, 0.3, 0.6, 0.9):
        lists = calibrated_lists(candidates, scores, features, wanted, weight)
        far.append(miscalibration(wanted, features[lists].mean(axis=1)).mean())
    assert (np.diff(far) < 0).all()


@pytest.mark.parametrize(("weight", "n"), [(1.5, 2), (-0.1, 2), (0.5, 7), (0.5, 0)])
def test_impossible_lists_are_refused(weight, n):
    with pytest.raises(ValueError, match=r"weight|candidates|\bn\b"):
        calibrated_lists(CANDIDATES, SCORES, TWO_CLASSES, np.eye(2)[:1], weight, n)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [(0, np.nan), (1, np.nan), (2, np.nan), (0, np.inf), (0, -np.inf)],
)
def test_lists_do_not_go_by_what_is_no_number(place, wrong):
    numbers = [SCORES.copy(), TWO_CLASSES.copy(), np.eye(2)[:1]]
    numbers[place].flat[0] = wrong
    with pytest.raises(ValueError, match="NaN"):
        calibrated_lists(CANDIDATES, *numbers, 0.5, 2)


# --- found again ----------------------------------------------------------------------


def test_two_halves_hold_every_cell_once():
    first, second = halves(LIKES)
    assert (first + second != LIKES).nnz == 0
    assert first.multiply(second).nnz == 0


def test_the_second_half_has_half_the_cells_of_each_user():
    for matrix in (LIKES, sparse.csr_array((2, 3))):
        _, second = halves(matrix)
        assert np.array_equal(np.diff(second.indptr), np.diff(matrix.indptr) // 2)


def test_the_seed_decides_the_halves():
    same, other = halves(LIKES, seed=0)[0], halves(LIKES, seed=1)[0]
    assert (same != halves(LIKES)[0]).nnz == 0
    assert (same != other).nnz > 0


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


@pytest.mark.parametrize("ratio", [3.0, 0])
def test_noise_is_as_long_as_was_asked_for(ratio):
    vectors = np.full((4000, 16), 0.5)  # each has the length 2
    noise = with_noise(vectors, ratio) - vectors
    assert np.sqrt((noise**2).sum(axis=1).mean()) == pytest.approx(2 * ratio, rel=0.02)


def test_much_noise_hides_the_users():
    vectors = RNG.normal(size=(200, 8))
    near = vectors + 0.1 * RNG.normal(size=vectors.shape)
    assert found_again(vectors, near).mean() > 0.9
    assert found_again(with_noise(vectors, 50), near).mean() < 0.05


@pytest.mark.parametrize("noise", [-1, np.nan, np.inf])
def test_noise_that_is_no_amount_is_refused(noise):
    with pytest.raises(ValueError, match="noise"):
        with_noise(np.eye(2), noise)
