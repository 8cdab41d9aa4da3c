"""ALS from scratch: worked by hand, summed densely, and beside implicit's."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys_helpers.methods.als import (
    als_loss,
    confidences,
    factorise,
    solve_factors,
)


def random_confidences(seed, shape=(60, 40)):
    """A fifth of the cells are positives, of 1 to 5 stars; some rows are empty."""
    rng = np.random.default_rng(seed)
    stars = rng.integers(1, 6, shape) * (rng.random(shape) < 0.2)
    stars[::10] = 0
    return sparse.csr_array(stars.astype(np.float64))


def dense_loss(C, X, Y, regularization):
    """The loss as it is written down: every cell of the matrix."""
    dense = C.toarray()
    preference, confidence = dense > 0, np.where(dense > 0, dense, 1.0)
    errors = confidence * (preference - X @ Y.T) ** 2
    return errors.sum() + regularization * ((X**2).sum() + (Y**2).sum())


@pytest.fixture
def ratings():
    return pd.DataFrame({"movie_id": [7, 8, 9], "rating": [0.5, 4.0, 5.0]})


# --- what is a positive -------------------------------------------------------------


def test_without_a_threshold_half_a_star_is_a_positive_too(ratings):
    weighted = confidences(ratings, weighting="stars")
    assert weighted["confidence"].tolist() == [0.5, 4.0, 5.0]


def test_a_constant_confidence_is_the_same_for_all_likes(ratings):
    weighted = confidences(ratings, like_threshold=4, weighting="constant", alpha=2)
    assert weighted[["movie_id", "confidence"]].to_numpy().tolist() == [[8, 3], [9, 3]]


def test_a_linear_confidence_grows_with_the_stars(ratings):
    weighted = confidences(ratings, weighting="linear", alpha=2)
    assert weighted["confidence"].tolist() == [2.0, 9.0, 11.0]


def test_confidences_do_not_change_the_ratings(ratings):
    before = ratings.copy()
    confidences(ratings)
    pd.testing.assert_frame_equal(ratings, before)


def test_a_threshold_that_no_rating_reaches_is_named(ratings):
    with pytest.raises(ValueError, match="like_threshold 6"):
        confidences(ratings, like_threshold=6)


def test_an_alpha_below_zero_is_refused(ratings):
    with pytest.raises(ValueError, match="alpha"):
        confidences(ratings, alpha=-1)


def test_with_an_alpha_of_zero_a_like_counts_as_much_as_an_empty_cell(ratings):
    assert confidences(ratings, alpha=0)["confidence"].tolist() == [1, 1, 1]


def test_no_ratings_at_all_are_called_by_their_name(ratings):
    with pytest.raises(ValueError, match="no ratings"):
        confidences(ratings[:0])


def test_an_unknown_weighting_is_told_what_there_is(ratings):
    with pytest.raises(ValueError, match="square"):
        confidences(ratings, weighting="square")


# --- one half-step ------------------------------------------------------------------


def test_two_factors_solved_by_hand():
    # Y'Y = [[2, 1], [1, 1]]; movie 0 is (1, 0) and liked with confidence 3, so
    # (3 - 1) * [[1, 0], [0, 0]] comes on top, and lambda I with lambda = 1:
    # [[5, 1], [1, 2]] x = (3, 0), so x = (6, -3) / 9.
    C = sparse.csr_array([[3.0, 0.0]])
    Y = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert solve_factors(C, Y, 1.0)[0] == pytest.approx([2 / 3, -1 / 3])


def test_a_row_without_positives_gets_zeros():
    C = sparse.csr_array([[0.0, 0.0], [1.0, 1.0]])
    assert solve_factors(C, np.eye(2), 0.1)[0].tolist() == [0, 0]


def test_a_half_step_solves_the_weighted_ridge_regression():
    # The same as ordinary ridge regression on rows scaled by the root of c.
    C = random_confidences(1)
    Y = np.random.default_rng(2).standard_normal((40, 3))
    confidence = C.toarray()[1]
    preference = (confidence > 0).astype(float)
    root = np.sqrt(np.where(confidence > 0, confidence, 1))
    A = np.vstack([root[:, None] * Y, np.sqrt(0.3) * np.eye(3)])
    b = np.concatenate([root * preference, np.zeros(3)])
    expected = np.linalg.lstsq(A, b)[0]
    assert solve_factors(C, Y, 0.3)[1] == pytest.approx(expected)


@given(st.integers(0, 2**32), st.floats(0.01, 10))
def test_no_other_vector_has_a_smaller_loss(seed, regularization):
    rng = np.random.default_rng(seed)
    C = random_confidences(seed, (6, 5))
    Y = rng.standard_normal((5, 2))
    X = solve_factors(C, Y, regularization)
    least = als_loss(C, X, Y, regularization)
    other = X + 0.01 * rng.standard_normal(X.shape)
    assert als_loss(C, other, Y, regularization) > least


def test_vectors_of_the_wrong_side_are_told_to_transpose():
    C = random_confidences(0, (4, 7))
    with pytest.raises(ValueError, match=r"7 columns .* 4 vectors.*C\.T"):
        solve_factors(C, np.ones((4, 2)), 0.1)


def test_a_matrix_stored_by_column_is_refused():
    with pytest.raises(ValueError, match="csc"):
        solve_factors(random_confidences(0, (4, 4)).T, np.ones((4, 2)), 0.1)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_confidence_above_zero_is_asked_for(value):
    C = sparse.csr_array(([value], ([0], [1])), shape=(1, 2))
    with pytest.raises(ValueError, match="above 0"):
        solve_factors(C, np.ones((2, 1)), 0.1)


def test_without_regularization_there_is_no_half_step():
    C, Y = random_confidences(0, (4, 7)), np.ones((7, 2))
    with pytest.raises(ValueError, match="regularization"):
        solve_factors(C, Y, 0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vector_without_a_value_is_refused(value):
    Y = np.ones((7, 2))
    Y[3, 1] = value
    with pytest.raises(ValueError, match="Y"):
        solve_factors(random_confidences(0, (4, 7)), Y, 0.1)


# --- the loss -----------------------------------------------------------------------


def test_the_loss_worked_by_hand():
    # Scores x.y: 1 and 2. The like (c = 3) costs 3 * (1 - 1)^2 = 0, the empty cell
    # 2^2 = 4, the penalty 1/2 * (1 + 1 + 4) = 3.
    C = sparse.csr_array([[3.0, 0.0]])
    X, Y = np.array([[1.0]]), np.array([[1.0], [2.0]])
    assert als_loss(C, X, Y, 0.5) == 7


@given(st.integers(0, 2**32))
def test_the_loss_equals_the_sum_over_all_cells(seed):
    rng = np.random.default_rng(seed)
    C = random_confidences(seed, (6, 9))
    X, Y = rng.standard_normal((6, 3)), rng.standard_normal((9, 3))
    assert als_loss(C, X, Y, 0.7) == pytest.approx(dense_loss(C, X, Y, 0.7))


def test_without_regularization_the_loss_is_the_error_alone():
    # As above, without the penalty.
    C = sparse.csr_array([[3.0, 0.0]])
    assert als_loss(C, np.array([[1.0]]), np.array([[1.0], [2.0]]), 0) == 4


@pytest.mark.parametrize("shape", [(5, 2), (3, 2), (4, 3), (4,)])
def test_vectors_of_the_rows_that_do_not_fit_are_told_what_would(shape):
    C, Y = random_confidences(0, (4, 7)), np.ones((7, 2))
    with pytest.raises(ValueError, match=r"4 rows .* \(4, 2\)"):
        als_loss(C, np.ones(shape), Y, 0.1)


def test_the_loss_falls_at_each_half_step():
    C = random_confidences(3)
    Y = np.random.default_rng(3).random((40, 4))
    X = np.zeros((60, 4))
    losses = [als_loss(C, X, Y, 0.1)]
    for _ in range(10):
        X = solve_factors(C, Y, 0.1)
        losses.append(als_loss(C, X, Y, 0.1))
        Y = solve_factors(C.T.tocsr(), X, 0.1)
        losses.append(als_loss(C, X, Y, 0.1))
    assert (np.diff(losses) < 0).all()


# --- all of it ----------------------------------------------------------------------


def test_factors_tell_the_two_tastes_of_a_checkerboard_apart():
    # Even users like even movies. Each has not yet seen two movies, one of each sort.
    likes = np.add.outer(np.arange(8), np.arange(10)) % 2 == 0
    users = np.arange(8)
    held_back = (users * 2) % 10, (users * 2 + 1) % 10
    seen = likes.copy()
    for movies in held_back:
        seen[users, movies] = False
    X, Y = factorise(sparse.csr_array(seen * 2.0), n_factors=2)
    scores = X @ Y.T
    liked = np.where(users % 2 == 0, *held_back)
    disliked = np.where(users % 2 == 0, *held_back[::-1])
    assert (scores[users, liked] > scores[users, disliked] + 0.5).all()


def implicit_factors(C, dtype, n_iterations, regularization):
    """Factors by implicit's exact solver, from the start that `factorise` has."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=5,
            iterations=n_iterations,
            regularization=regularization,
            use_cg=False,
            dtype=dtype,
            random_state=11,
        )
        if dtype == np.float64:
            # Left to itself it would draw other numbers in float64.
            rng = np.random.default_rng(11)
            start = [rng.random((n, 5), dtype=np.float32) * 0.01 for n in C.shape]
            model.user_factors, model.item_factors = map(np.float64, start)
        model.fit(sparse.csr_matrix(C), show_progress=False)
    return model.user_factors, model.item_factors


@pytest.mark.parametrize(("n_iterations", "regularization"), [(1, 1.0), (20, 0.1)])
def test_ours_agrees_with_implicit_in_single_precision(n_iterations, regularization):
    # Scores are about 1, and float32 has 7 digits. Rounding is amplified by the
    # conditioning of the equations: on such matrices up to 2e-5 was seen.
    C = random_confidences(4)
    X, Y = factorise(C, 5, n_iterations, regularization, seed=11)
    users, movies = implicit_factors(C, np.float32, n_iterations, regularization)
    np.testing.assert_allclose(X @ Y.T, users @ movies.T, atol=1e-4)


def test_ours_agrees_with_implicit_to_ten_digits_in_double_precision():
    # The rest of the difference above is rounding: in float64 it goes (4e-14 seen).
    C = random_confidences(4)
    X, Y = factorise(C, 5, n_iterations=20, regularization=0.1, seed=11)
    users, movies = implicit_factors(C, np.float64, 20, 0.1)
    np.testing.assert_allclose(X, users, atol=1e-10)
    np.testing.assert_allclose(Y, movies, atol=1e-10)


def test_another_seed_gives_other_factors():
    C = random_confidences(5)
    one, two = (factorise(C, n_iterations=2, seed=seed)[0] for seed in (0, 1))
    assert not np.allclose(one, two)


@pytest.mark.parametrize("name", ["n_factors", "n_iterations"])
def test_less_than_one_is_refused(name):
    with pytest.raises(ValueError, match=name):
        factorise(random_confidences(5), **{name: 0})
