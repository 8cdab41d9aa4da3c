"""ALS through implicit: what it promises, and what implicit does by itself."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods.als import Als, solve_factors
from recsys_helpers.methods.baselines import Popularity

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


# --- fit ----------------------------------------------------------------------------


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


# --- recommend ----------------------------------------------------------------------


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
