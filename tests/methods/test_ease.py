"""EASE against the direct formula, its own optimality and the course's figures."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_helpers import metrics, splits
from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import recommend_all
from recsys_helpers.interactions import UnknownIdError, positives
from recsys_helpers.methods import ease as module
from recsys_helpers.methods.ease import Ease


def frame(rows):
    train = pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])
    return train.assign(timestamp=np.arange(len(train)))


@pytest.fixture
def train():
    """User 1 likes movies 10 and 20, user 2 likes 20; 30 is rated, not liked."""
    return frame([(1, 10, 5.0), (1, 20, 4.0), (2, 20, 4.5), (2, 30, 2.0)])


@pytest.fixture
def random_train():
    rng = np.random.default_rng(0)
    users, movies = np.nonzero(rng.random((15, 12)) < 0.5)
    stars = rng.integers(1, 11, len(users)) / 2
    return frame(list(zip(users + 1, movies + 1, stars, strict=True)))


def some_likes():
    """Six users, eleven movies."""
    rng = np.random.default_rng(1)
    likes = np.where(rng.random((6, 11)) < 0.4, rng.random((6, 11)), 0)
    return sparse.csr_array(likes)


def weights_by_the_formula(X, l2):
    """Invert movies by movies, as the paper does."""
    P = np.linalg.inv(X.T @ X + l2 * np.eye(X.shape[1]))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    return B


def weights_of(model):
    return np.column_stack(
        [model.weights_of(i) for i in model.interactions_.movies.ids]
    )


# --- the weights --------------------------------------------------------------------


def test_the_weights_worked_by_hand(train):
    # X = [[1, 1, 0], [0, 1, 0]] and l2 = 1. X'X + I = [[2, 1, 0], [1, 3, 0], [0, 0, 1]]
    # has the inverse [[3, -1, 0], [-1, 2, 0], [0, 0, 5]] / 5. Divided by minus the
    # diagonal, column by column: B[20, 10] = 1 / 3, B[10, 20] = 1 / 2.
    model = Ease(l2=1).fit(train)
    expected = [[0, 1 / 2, 0], [1 / 3, 0, 0], [0, 0, 0]]
    np.testing.assert_allclose(weights_of(model), expected, atol=1e-12)


def test_the_scores_worked_by_hand(train):
    # User 2 likes movie 20: score of 10 is B[20, 10] = 1 / 3, of 20 it is 0.
    best = Ease(l2=1).fit(train).recommend(2, exclude_seen=False)
    assert best["movie_id"].tolist()[0] == 10
    assert best["score"].tolist() == pytest.approx([1 / 3, 0, 0], abs=1e-12)


@pytest.mark.parametrize("l2", [0.5, 20])
def test_the_short_way_gives_the_weights_of_the_paper(random_train, l2):
    model = Ease(l2=l2, half_like_from=2.5).fit(random_train)
    expected = weights_by_the_formula(model.likes_.toarray(), l2)
    np.testing.assert_allclose(weights_of(model), expected, atol=1e-10)


def test_the_scores_are_the_likes_times_the_weights(random_train):
    model = Ease(l2=3, half_like_from=0.5).fit(random_train)
    expected = model.likes_.toarray() @ weights_of(model)
    for row, user_id in enumerate(model.interactions_.users.ids):
        best = model.recommend(user_id, n=99, exclude_seen=False)
        scores = best.set_index("movie_id")["score"].sort_index()
        np.testing.assert_allclose(scores, expected[row], atol=1e-10)


def test_no_movie_predicts_itself(random_train):
    assert (np.diag(weights_of(Ease(l2=3).fit(random_train))) == 0).all()


def test_no_other_weights_have_a_lower_loss(random_train):
    model = Ease(l2=3).fit(random_train)
    X, B = model.likes_.toarray(), weights_of(model)

    def loss(weights):
        return ((X - X @ weights) ** 2).sum() + 3 * (weights**2).sum()

    least = loss(B)
    for j, i in np.argwhere(~np.eye(len(B), dtype=bool)):
        for step in (-1e-3, 1e-3):
            other = B.copy()
            other[j, i] += step
            assert loss(other) > least


def test_a_movie_that_nobody_likes_has_no_weights(train):
    assert Ease().fit(train).weights_of(30).tolist() == [0, 0, 0]


def test_the_weights_of_an_unknown_movie_are_not_known(train):
    with pytest.raises(UnknownIdError, match="99"):
        Ease().fit(train).weights_of(99)


@pytest.mark.parametrize("block", [24, 10_000])
def test_the_inverse_is_that_of_numpy_and_symmetric(block, monkeypatch):
    # Six users: blocks of four rows and of two, or all at once.
    monkeypatch.setattr(module, "_NUMBERS_IN_A_BLOCK", block)
    X = some_likes().toarray()
    K = module._gram_inverse(some_likes(), l2=2)
    np.testing.assert_allclose(K, np.linalg.inv(X @ X.T + 2 * np.eye(6)), atol=1e-12)
    assert (K == K.T).all()
    diagonal = 2 * np.diag(np.linalg.inv(X.T @ X + 2 * np.eye(11)))
    found = module._inverse_diagonal(some_likes(), K)
    np.testing.assert_allclose(found, diagonal, atol=1e-12)


def test_an_l2_too_small_to_invert_is_named():
    twins = frame([(u, m, 5.0) for u in (1, 2, 3) for m in (10, 20)])
    with pytest.raises(ValueError, match="l2=1e-30"):
        Ease(l2=1e-30).fit(twins)


def test_weights_among_movies_are_a_part_of_all_weights(random_train):
    model = Ease(l2=3).fit(random_train)
    movies = [7, 2, 11]
    rows = model.interactions_.movies.rows(movies)
    expected = weights_of(model)[np.ix_(rows, rows)]
    np.testing.assert_allclose(model.weights_among(movies), expected, atol=1e-12)


# --- new users ----------------------------------------------------------------------


def rated_by(train, user_id):
    return train.loc[train["user_id"] == user_id, ["movie_id", "rating"]]


@pytest.mark.parametrize("exclude_seen", [True, False])
@pytest.mark.parametrize("user_id", [1, 6, 15])
def test_a_new_user_gets_the_list_of_an_old_one(random_train, user_id, exclude_seen):
    model = Ease(l2=3, half_like_from=3.0).fit(random_train)
    pd.testing.assert_frame_equal(
        model.recommend_to(rated_by(random_train, user_id), 20, exclude_seen),
        model.recommend(user_id, 20, exclude_seen),
    )


def test_a_new_user_without_likes_gets_the_popular_movies(train):
    best = Ease().fit(train).recommend_to({"movie_id": [30], "rating": [1.0]})
    assert best["movie_id"].tolist() == [20, 10]
    assert (best["score"] < 0).all()


def test_all_likes_of_a_new_user_count_as_recent(random_train):
    rated = rated_by(random_train, 3)
    faded = Ease(l2=3, recency=0.5).fit(random_train).recommend_to(rated)
    pd.testing.assert_frame_equal(
        faded, Ease(l2=3).fit(random_train).recommend_to(rated)
    )


def test_a_new_user_can_get_movies_of_any_year(random_train):
    years = pd.Series(2500, index=range(1, 13))
    model = Ease(l2=3, release_years=years).fit(random_train)
    assert len(model.recommend_to(rated_by(random_train, 3), n=2)) == 2


def test_a_new_users_movie_that_nobody_rated_is_named(train):
    with pytest.raises(UnknownIdError, match="99"):
        Ease().fit(train).recommend_to({"movie_id": [10, 99], "rating": [5.0, 4.0]})


# --- what counts as a like ----------------------------------------------------------


def test_likes_count_one_and_half_likes_half(train):
    stars = train.assign(rating=[4.0, 3.5, 3.0, 2.5])
    model = Ease(half_like_from=3.0).fit(stars)
    assert model.likes_.toarray().tolist() == [[1, 0.5, 0], [0, 0.5, 0]]


def test_without_half_likes_only_likes_count(train):
    stars = train.assign(rating=[4.0, 3.5, 3.0, 2.5])
    assert Ease().fit(stars).likes_.toarray().tolist() == [[1, 0, 0], [0, 0, 0]]


def test_without_a_threshold_every_rating_is_a_like(train):
    model = Ease(like_threshold=None).fit(train)
    assert model.likes_.toarray().tolist() == [[1, 1, 0], [0, 1, 1]]


def test_where_nothing_reaches_the_threshold_popularity_decides(train):
    best = Ease(like_threshold=6).fit(train).recommend(1, exclude_seen=False)
    assert best["movie_id"].tolist() == [20, 10, 30]  # rated 2, 1 and 1 times


def test_a_movie_that_nobody_likes_scores_zero(random_train):
    more = pd.DataFrame({"user_id": [15], "movie_id": 99, "rating": 0.5})
    train = pd.concat([random_train, more.assign(timestamp=0)])
    best = Ease(l2=1).fit(train).recommend(1, n=99, exclude_seen=False)
    scores = best.set_index("movie_id")["score"]
    assert scores[99] == 0
    assert scores.min() < 0


def test_a_user_without_likes_gets_the_popular_movies(train):
    more = frame([*train[["user_id", "movie_id", "rating"]].to_numpy(), (3, 10, 1.0)])
    more = more.astype({"user_id": int, "movie_id": int})
    best = Ease().fit(more).recommend(3, exclude_seen=False)
    assert best["movie_id"].tolist() == [10, 20, 30]  # rated 2, 2 and 1 times
    assert (best["score"] < 0).all()


# --- recency ------------------------------------------------------------------------


def test_recency_fades_old_likes_by_their_place_from_the_end(train):
    # User 1: 10 has 1 of 2 ratings after it: exp(-(1/2) / 0.5) = exp(-1); 20 none.
    # User 2: 20 has one after it, though 30 is no like.
    model = Ease(recency=0.5).fit(train)
    expected = [[np.exp(-1), 1, 0], [0, np.exp(-1), 0]]
    np.testing.assert_allclose(model.queries_.toarray(), expected)


def test_recency_takes_ties_in_time_in_order_of_the_movies(train):
    at_once = train.assign(timestamp=7)[::-1]
    model = Ease(recency=0.5).fit(at_once)
    assert model.queries_[[0], [0]] == pytest.approx(np.exp(-1))


def test_recency_does_not_change_the_weights(random_train):
    plain, recent = Ease(l2=3).fit(random_train), Ease(l2=3, recency=0.2)
    recent.fit(random_train)
    np.testing.assert_array_equal(weights_of(recent), weights_of(plain))


# --- films that were not there yet --------------------------------------------------

YEAR_2000, YEAR_2001 = 946_684_800, 978_307_200


@pytest.fixture
def in_time(train):
    """User 1 was last seen in the last second of 2000, user 2 in 2001."""
    times = [YEAR_2000, YEAR_2001 - 1, YEAR_2000, YEAR_2001]
    return train.assign(timestamp=times)


@pytest.mark.parametrize(
    ("year", "recommended"), [(1999, [30]), (2000, [30]), (2001, []), (pd.NA, [30])]
)
def test_films_of_a_later_year_are_not_recommended(in_time, year, recommended):
    years = pd.Series({10: 1990, 20: 1990, 30: year}, dtype="Int16")
    best = Ease(release_years=years).fit(in_time).recommend(1)
    assert best["movie_id"].tolist() == recommended


def test_each_user_has_a_last_year_of_their_own(in_time):
    years = pd.Series({10: 2001, 20: 1990, 30: 1990})
    best = Ease(release_years=years).fit(in_time).recommend(2)
    assert best["movie_id"].tolist() == [10]


def test_a_film_that_is_not_in_the_series_may_be_recommended(in_time):
    years = pd.Series({10: 1990, 20: 1990})
    best = Ease(release_years=years).fit(in_time).recommend(1)
    assert best["movie_id"].tolist() == [30]


# --- what is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"l2": 0}, "l2"),
        ({"like_threshold": np.nan}, "like_threshold"),
        ({"half_like_from": 4.0}, r"half_like_from \(4.0\)"),
        ({"half_like_from": np.nan}, r"half_like_from \(nan\)"),
        ({"half_like_from": 3, "like_threshold": None}, "half_like_from"),
        ({"recency": 0}, "recency"),
    ],
)
def test_settings_that_cannot_be_are_refused(train, settings, named):
    with pytest.raises(ValueError, match=named):
        Ease(**settings).fit(train)


def test_years_without_movie_ids_are_refused(train):
    with pytest.raises(TypeError, match=r"release_years.* list"):
        Ease(release_years=[1990, 1991]).fit(train)


@pytest.mark.parametrize(
    ("years", "message"),
    [
        # What movies["year"] gives; and the movies 10 and 20 are among its rows.
        (pd.Series([1990] * 30), r"\[0, 1, 2\]"),
        (pd.Series({10.0: 1990}), r"\[10\.0\]"),
        (pd.Series({98: 1990, 99: 1990}), r"\[98, 99\]"),
        (pd.Series([1990, 1991], index=[10, 10]), "Movie 10"),
        (pd.Series({10: pd.Timestamp("1990-01-01")}), "datetime64"),
    ],
)
def test_years_that_do_not_belong_to_movies_are_refused(train, years, message):
    with pytest.raises(ValueError, match=message):
        Ease(release_years=years).fit(train)


def test_a_fit_without_the_times_it_needs_leaves_the_model_as_it_was(train):
    model = Ease(recency=0.5).fit(train)
    before = model.recommend(2)
    with pytest.raises(ValueError, match="timestamp"):
        model.fit(train[:2].drop(columns="timestamp"))
    pd.testing.assert_frame_equal(model.recommend(2), before)


@pytest.mark.parametrize(
    "settings", [{"recency": 0.5}, {"release_years": pd.Series({10: 1990})}]
)
def test_what_needs_times_says_so(train, settings):
    with pytest.raises(ValueError, match=f"{next(iter(settings))}.*timestamp"):
        Ease(**settings).fit(train.drop(columns="timestamp"))


def test_too_many_users_are_refused_with_what_it_would_take():
    n = 25_000
    crowd = frame([(1, 10, 5.0)]).iloc[np.zeros(n, dtype=int)]
    # 8 bytes * 25,000 squared = 5e9 bytes = 4.7 GiB
    with pytest.raises(ValueError, match=r"4\.7 GiB.*20,000"):
        Ease().fit(crowd.assign(user_id=np.arange(1, n + 1)))


# --- the course's figures, on `small` -----------------------------------------------


@pytest.fixture(scope="module")
def small():
    return load_movielens("small")


@pytest.mark.parametrize(
    ("settings", "with_years", "expected", "expected_any"),
    [
        ({"l2": 100}, False, 0.1220, 0.1358),
        ({"l2": 150, "recency": 0.5}, True, 0.1291, 0.1462),
        ({"l2": 150, "recency": 0.5, "half_like_from": 3.0}, True, 0.1302, 0.1536),
    ],
)
def test_the_lists_are_as_good_as_published(
    small, settings, with_years, expected, expected_any
):
    split = splits.user_temporal_split(small.ratings)
    years = small.movies.set_index("movie_id")["year"] if with_years else None
    model = Ease(**settings, release_years=years).fit(split.train)
    users = np.unique(split.test["user_id"])
    lists = recommend_all(model, users, 10)
    for relevant, figure in (
        (positives(split.test), expected),
        (split.test, expected_any),
    ):
        hits, n_relevant = metrics.hits_of(lists, relevant, users)
        ndcg = np.nanmean(metrics.ndcg_at_k(hits, n_relevant, 10))
        assert ndcg == pytest.approx(figure, abs=1e-4)
