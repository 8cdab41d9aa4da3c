"""ALS by hand, summed densely and beside implicit's; then what `Als` promises."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods.als import (
    Als,
    als_loss,
    confidences,
    factorise,
    solve_factors,
)
from recsys_helpers.methods.baselines import Popularity


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


# --- factorise ----------------------------------------------------------------------


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


def test_another_seed_starts_from_other_factors():
    C = random_confidences(5)
    one, two = (factorise(C, n_iterations=2, seed=seed)[0] for seed in (0, 1))
    assert not np.allclose(one, two)


@pytest.mark.parametrize("name", ["n_factors", "n_iterations"])
def test_less_than_one_is_refused(name):
    with pytest.raises(ValueError, match=name):
        factorise(random_confidences(5), **{name: 0})


# --- Als.fit ------------------------------------------------------------------------

SMALL = {"n_factors": 3, "n_iterations": 5}
LOVED_BY_NOBODY, WITHOUT_LIKES, LIKES_FIFTEEN = 130, 60, 70


def some_ratings():
    """Users 1 to 40 rate some of movies 101 to 125; the last rows are special."""
    rng = np.random.default_rng(0)
    users, movies = np.nonzero(rng.random((40, 25)) < 0.3)
    frame = pd.DataFrame(
        {
            "user_id": users + 1,
            "movie_id": movies + 101,
            "rating": rng.integers(1, 11, len(users)) / 2,
        }
    )
    special = pd.DataFrame(
        {
            "user_id": [1, WITHOUT_LIKES, WITHOUT_LIKES],
            "movie_id": [LOVED_BY_NOBODY, LOVED_BY_NOBODY, 101],
            "rating": [1.0, 2.0, 1.5],
        }
    )
    keen = pd.DataFrame({"movie_id": range(101, 116), "rating": 4.0})
    keen["user_id"] = LIKES_FIFTEEN
    return pd.concat([frame, special, keen], ignore_index=True)


@pytest.fixture(scope="module")
def train():
    return some_ratings()


@pytest.fixture(scope="module")
def model(train):
    return Als(like_threshold=3.5, weighting="linear", alpha=2, **SMALL).fit(train)


def rated_by(train, user_id):
    return train.loc[train["user_id"] == user_id, ["movie_id", "rating"]]


def score_of(model, user_id, movie_id):
    best = model.recommend(user_id, n=1000, exclude_seen=False)
    return best.set_index("movie_id")["score"][movie_id]


def test_the_defaults_are_those_of_the_source():
    model = Als()
    assert (model.n_factors, model.n_iterations, model.regularization) == (10, 20, 0.1)


def test_the_stars_themselves_are_the_confidences_by_default(train):
    model = Als(**SMALL).fit(train)
    assert model.confidences_.matrix.sum() == train["rating"].sum()


def test_the_settings_reach_implicit(train):
    given = {"n_factors": 2, "n_iterations": 4, "regularization": 0.3, "num_threads": 2}
    its = Als(**given).fit(train).model_
    assert (its.factors, its.iterations, its.regularization) == (2, 4, 0.3)
    assert its.num_threads == 2


def test_only_likes_are_positives_where_there_is_a_threshold(train, model):
    assert model.confidences_.matrix.nnz == (train["rating"] >= 3.5).sum()


def test_every_user_and_movie_keeps_its_place_without_a_like(train, model):
    n_users, n_movies = train["user_id"].nunique(), train["movie_id"].nunique()
    assert model.user_factors_.shape == (n_users, 3)
    assert model.movie_factors_.shape == (n_movies, 3)


def test_the_result_does_not_depend_on_the_number_of_threads(train):
    one, two = (Als(num_threads=n, **SMALL).fit(train) for n in (1, 2))
    np.testing.assert_array_equal(one.user_factors_, two.user_factors_)
    np.testing.assert_array_equal(one.movie_factors_, two.movie_factors_)


def test_another_seed_gives_other_factors(train):
    one, two = (Als(seed=seed, **SMALL).fit(train) for seed in (0, 1))
    assert not np.allclose(one.movie_factors_, two.movie_factors_)


def test_the_users_are_solved_exactly_for_the_movies_found(model):
    C = model.confidences_.matrix
    X = solve_factors(C, np.float64(model.movie_factors_), model.regularization)
    np.testing.assert_allclose(model.user_factors_, X, atol=1e-4)


def test_implicit_has_nothing_to_warn_about(train, monkeypatch):
    import implicit.utils

    # It looks at the threads of BLAS once in a process.
    monkeypatch.setattr(implicit.utils, "_checked_blas_config", False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Als(**SMALL).fit(train)


def test_without_implicit_the_message_says_how_to_install_it(train, monkeypatch):
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)
    with pytest.raises(ImportError, match="implicit"):
        Als().fit(train)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_factors", 0),
        ("n_iterations", 2.5),
        ("regularization", 0),
        ("alpha", -1),
        # This one would otherwise end the process.
        ("num_threads", -1),
    ],
)
def test_a_setting_that_cannot_be_is_named(train, name, value):
    with pytest.raises(ValueError, match=name):
        Als(**{name: value}).fit(train)


def test_a_whole_number_of_numpys_is_a_setting_too(train):
    model = Als(n_factors=np.int64(2), n_iterations=np.int32(1)).fit(train)
    assert model.movie_factors_.shape[1] == 2


# --- Als.recommend ------------------------------------------------------------------


def test_recommendations_are_those_of_implicit(train, model):
    C = model.interactions_.matrix
    for user_id in train.loc[train["rating"] >= 3.5, "user_id"].unique():
        row = int(model.interactions_.users.rows(user_id))
        expected, _ = model.model_.recommend(row, sparse.csr_matrix(C[[row]]), N=5)
        ours = model.recommend(user_id, n=5)["movie_id"]
        assert ours.tolist() == model.interactions_.movies.ids[expected].tolist()


def test_a_user_without_likes_gets_what_is_popular(train, model):
    ours = model.recommend(WITHOUT_LIKES, n=30)["movie_id"]
    popular = Popularity().fit(train).recommend(WITHOUT_LIKES, n=30)["movie_id"]
    pd.testing.assert_series_equal(ours, popular)


def test_a_movie_that_nobody_liked_scores_zero(model):
    assert score_of(model, 1, LOVED_BY_NOBODY) == 0


def test_an_unknown_user_is_named(model):
    with pytest.raises(UnknownIdError, match="99"):
        model.recommend(99)


# --- a new user ---------------------------------------------------------------------


@pytest.mark.parametrize("user_id", [1, 17, 40, WITHOUT_LIKES])
def test_a_new_user_with_the_same_ratings_gets_the_same_vector(train, model, user_id):
    row = model.interactions_.users.rows(user_id)
    new = model.fold_in(rated_by(train, user_id))
    np.testing.assert_array_equal(new, model.user_factors_[row])


def test_the_order_of_the_ratings_does_not_matter(train, model):
    rated = rated_by(train, 3)
    np.testing.assert_array_equal(model.fold_in(rated[::-1]), model.fold_in(rated))


@pytest.mark.parametrize("exclude_seen", [True, False])
@pytest.mark.parametrize("user_id", [5, WITHOUT_LIKES])
def test_a_new_user_gets_the_list_of_an_old_one(train, model, user_id, exclude_seen):
    pd.testing.assert_frame_equal(
        model.recommend_to(rated_by(train, user_id), 20, exclude_seen),
        model.recommend(user_id, 20, exclude_seen),
    )


def test_a_new_users_ratings_can_be_written_as_a_dict(train, model):
    rated = rated_by(train, 3)
    as_dict = rated.to_dict("list")
    np.testing.assert_array_equal(model.fold_in(as_dict), model.fold_in(rated))


def test_folding_in_leaves_the_model_as_it_was(train, model):
    before = model.recommend(1)
    model.fold_in({"movie_id": [101, 102], "rating": [5.0, 5.0]})
    pd.testing.assert_frame_equal(model.recommend(1), before)


def test_movies_that_nobody_rated_are_all_named(model):
    with pytest.raises(UnknownIdError, match=r"998.*999"):
        model.fold_in({"movie_id": [101, 998, 999], "rating": [5.0, 4.0, 1.0]})


def test_a_new_users_ratings_are_checked(model):
    for ask in (model.fold_in, model.recommend_to):
        with pytest.raises(ValueError, match="101"):
            ask({"movie_id": [101, 101], "rating": [5.0, 4.0]})


# --- explain ------------------------------------------------------------------------


@pytest.mark.parametrize("user_id", [1, 17, LIKES_FIFTEEN])
@pytest.mark.parametrize("movie_id", [101, 125])
def test_an_explanation_adds_up_to_the_score(model, user_id, movie_id):
    # The score is in float32, whose seven digits cancel to fewer in a sum.
    parts = model.explain(user_id, movie_id, n=None)["contribution"]
    assert parts.sum() == pytest.approx(score_of(model, user_id, movie_id), abs=1e-5)


def test_an_explanation_names_all_that_the_user_liked(train, model):
    rated = rated_by(train, 17)
    liked = rated.loc[rated["rating"] >= 3.5, "movie_id"]
    explained = model.explain(17, 101, n=None)
    assert sorted(explained["movie_id"]) == sorted(liked)


def test_a_liked_movie_is_one_of_its_own_reasons(train, model):
    rated = rated_by(train, 17)
    liked = rated.loc[rated["rating"] >= 3.5, "movie_id"].iloc[0]
    assert liked in set(model.explain(17, liked, n=None)["movie_id"])


def test_a_contribution_worked_from_the_formula(model):
    # c_uj * y_i' (Y'Y + Y_u' (C_u - I) Y_u + lambda I)^-1 y_j, section 5 of Hu et al.
    Y = np.float64(model.movie_factors_)
    c = model.confidences_.matrix[[int(model.confidences_.users.rows(17))]].toarray()[0]
    weights = np.where(c > 0, c, 1.0)
    A = (Y.T * weights) @ Y + model.regularization * np.eye(3)
    movies = model.confidences_.movies
    expected = c * (Y @ np.linalg.solve(A, Y[movies.rows(101)]))
    explained = model.explain(17, 101, n=None)
    found = explained["contribution"].to_numpy()
    assert found == pytest.approx(
        expected[movies.rows(explained["movie_id"])], rel=1e-3
    )


def test_a_short_explanation_is_the_start_of_a_long_one(model):
    short, long = model.explain(17, 101, n=2), model.explain(17, 101, n=4)
    pd.testing.assert_frame_equal(short, long[:2])


def test_the_largest_contribution_comes_first(model):
    parts = model.explain(17, 101, n=None)["contribution"]
    assert parts.is_monotonic_decreasing


def test_there_is_nothing_to_explain_to_a_user_without_likes(model):
    assert model.explain(WITHOUT_LIKES, 102).empty


def test_an_unknown_movie_cannot_be_explained(model):
    with pytest.raises(UnknownIdError, match="999"):
        model.explain(1, 999)


def test_an_explanation_by_no_movies_cannot_be_asked_for(model):
    with pytest.raises(ValueError, match=r"\bn\b"):
        model.explain(1, 101, n=0)


# --- movie vectors ------------------------------------------------------------------


def test_a_movie_that_nobody_liked_has_no_vector(train, model):
    liked = train.loc[train["rating"] >= 3.5, "movie_id"]
    assert model.movie_vectors().movie_ids.tolist() == sorted(liked.unique())


def test_a_movies_vector_is_its_factors(model):
    row = model.interactions_.movies.rows(110)
    vector = model.movie_vectors().vector(110)
    np.testing.assert_array_equal(vector, model.movie_factors_[row])


def test_titles_find_their_movies(model):
    # In another order than the movies, and with one that has no vector.
    titles = pd.Series({i: f"Movie {i}" for i in reversed(range(90, 140))})
    vectors = model.movie_vectors(titles)
    np.testing.assert_array_equal(vectors.vector("Movie 110"), vectors.vector(110))


def test_a_movie_without_a_title_is_named(model):
    with pytest.raises(ValueError, match="102"):
        model.movie_vectors(pd.Series({101: "One"}))


# --- what implicit 0.7.3 does by itself: chapter 4 says so ----------------------------


def implicit_fit(matrix):
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(factors=4, iterations=3, random_state=0)
        model.fit(sparse.csr_matrix(matrix, dtype=np.float32), show_progress=False)
    return model


@pytest.fixture(scope="module")
def user_items(model):
    """More movies than users, as in MovieLens small: 20 by 26."""
    return model.confidences_.matrix[:20]


def test_implicit_takes_a_transposed_matrix_and_answers_with_users(user_items):
    n_users, _ = user_items.shape
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        transposed = implicit_fit(user_items.T)
        indices, _ = transposed.similar_items(0, N=n_users)
    # What it calls items are the twenty users: plausible as rows of the movies.
    assert sorted(indices) == list(range(n_users))


def test_implicit_fitted_transposed_fails_for_movies_beyond_the_last_user(user_items):
    n_users, _ = user_items.shape
    with pytest.raises(IndexError, match=f"index {n_users} is out of bounds"):
        implicit_fit(user_items.T).similar_items(n_users)


def test_implicit_recommends_from_the_users_own_row_only(user_items):
    matrix = sparse.csr_matrix(user_items, dtype=np.float32)
    with pytest.raises(ValueError, match="must contain 1 row for every user"):
        implicit_fit(matrix).recommend(3, matrix)


def test_implicits_similar_items_are_two_arrays_and_the_first_is_the_query(user_items):
    indices, scores = implicit_fit(user_items).similar_items(3, N=5)
    assert (len(indices), len(scores)) == (5, 5)
    assert indices[0] == 3
    assert scores[0] == pytest.approx(1)


def test_implicit_fills_up_a_list_that_is_too_long_with_what_was_seen(user_items):
    matrix = sparse.csr_matrix(user_items, dtype=np.float32)
    user = int(np.argmax(np.diff(matrix.indptr)))
    seen = matrix[[user]]
    model, n_movies = implicit_fit(matrix), matrix.shape[1]
    indices, scores = model.recommend(user, seen, N=n_movies)
    assert set(indices[-seen.nnz :]) == set(seen.indices)
    assert (scores[-seen.nnz :] < -1e38).all()


def test_unpacking_implicits_answer_as_pairs_gives_the_query_and_a_similarity(
    user_items,
):
    similars = implicit_fit(user_items).similar_items(3, N=5 + 1)
    indices = [item[0] for item in similars]  # as the source has it
    movies = list(range(26))
    assert indices == [3, pytest.approx(1)]
    with pytest.raises(TypeError, match="list indices must be integers"):
        [movies[index] for index in indices]
