from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods.two_tower import RetrievalTowers, TwoTowers
from recsys_helpers.metrics import rmse

WAR, COMEDY = range(100, 120), range(120, 140)
NEW_WAR, NEW_COMEDY = 201, 202  # movies that nobody has rated
MOVIES = pd.DataFrame(
    {
        "movie_id": [*WAR, *COMEDY, NEW_WAR, NEW_COMEDY],
        "genres": [*[("War",)] * 20, *[("Comedy",)] * 20, ("War",), ("Comedy",)],
        "year": 1990,
    }
)
STRANGER = 999


def world():
    """80 users: the odd ones give war 5 stars and comedy 2, the even ones the reverse.

    Each has rated half of the movies, and by chance half a star less.
    """
    rng = np.random.default_rng(0)
    users, movies = np.meshgrid(np.arange(1, 81), [*WAR, *COMEDY], indexing="ij")
    ratings = pd.DataFrame({"user_id": users.ravel(), "movie_id": movies.ravel()})
    likes = (ratings["user_id"] % 2 == 1) == (ratings["movie_id"] < 120)
    ratings["rating"] = np.where(likes, 5.0, 2.0) - rng.integers(0, 2, len(ratings)) / 2
    return ratings[rng.random(len(ratings)) < 0.5]


RATINGS = world()
OTHERS = RATINGS[:50].assign(rating=lambda rows: 5.5 - rows["rating"])
# A small world wants small batches and few layers.
QUICK = {"n_epochs": 6, "batch_size": 100, "learning_rate": 0.01, "hidden": (16,)}
QUICK |= {"movies": MOVIES, "n_factors": 4}


@pytest.fixture(scope="module")
def model():
    return TwoTowers(**QUICK).fit(RATINGS)


# --- whom it has an answer for --------------------------------------------------------


def test_taste_is_learned(model):
    predicted = model.predict(RATINGS["user_id"], RATINGS["movie_id"])
    assert rmse(RATINGS["rating"], predicted) < 0.5


def test_a_movie_that_nobody_has_rated_is_predicted_by_its_genre(model):
    war, comedy = model.predict([1, 1], [NEW_WAR, NEW_COMEDY])
    assert war > comedy + 1
    war, comedy = model.predict([2, 2], [NEW_WAR, NEW_COMEDY])
    assert comedy > war + 1


def test_new_movies_are_recommended_too(model):
    listed = model.recommend(1, n=99)["movie_id"]
    assert {NEW_WAR, NEW_COMEDY} < set(listed)


def test_a_new_user_who_has_rated_gets_what_they_like(model):
    rated = {"movie_id": [100, 101, 120, 121], "rating": [5, 4.5, 1.5, 2]}
    best = model.recommend_to(rated, n=10)
    assert set(best["movie_id"]) < {*WAR, NEW_WAR}
    assert not {100, 101} & set(best["movie_id"])


def test_what_the_new_user_has_rated_can_be_listed_too(model):
    rated = {"movie_id": [100], "rating": [5.0]}
    assert 100 in set(model.recommend_to(rated, 99, exclude_seen=False)["movie_id"])


@pytest.mark.parametrize(
    ("likes", "best_of"),
    [({"War": 1, "Comedy": -1}, WAR), ({"War": -1, "Comedy": 1}, COMEDY)],
)
def test_a_new_user_can_say_what_they_like(likes, best_of, model):
    best = model.recommend_by_likes(likes, n=5)["movie_id"]
    assert set(best) < {*best_of, NEW_WAR, NEW_COMEDY}


def test_somebody_unknown_gets_neither_a_hater_nor_a_lover(model):
    for movie in (100, 120):
        lover, hater, unknown = model.predict(
            [1, 2, STRANGER] if movie < 120 else [2, 1, STRANGER], [movie] * 3
        )
        assert hater < unknown < lover


def test_a_movie_without_content_is_predicted_too(model):
    assert 0.5 <= model.predict([1], [12345])[0] <= 5


# --- one side at a time ---------------------------------------------------------------


def test_vectors_and_levels_make_the_ratings(model):
    u = model.interactions_.users.rows([3, 4])
    i = model.interactions_.movies.rows([105, NEW_COMEDY])
    dots = np.sum(model.user_factors_[u] * model.movie_factors_[i], axis=1)
    levels = model.user_levels_[u] + model.movie_levels_[i]
    expected = np.clip(model.mean_ + levels + dots, 0.5, 5)
    found = model.predict([3, 4], [105, NEW_COMEDY])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_computed_once_a_side_is_what_the_model_says_pair_by_pair(model):
    rows = RATINGS[:50]
    features = model.features_
    of_users = model.inputs_.of_users(features.users.loc[rows["user_id"]])
    of_movies = model.inputs_.of_movies(
        features.movies.loc[rows["movie_id"]], rows["movie_id"]
    )
    expected = np.clip(np.ravel(model.model_([of_users, of_movies])), 0.5, 5)
    found = model.predict(rows["user_id"], rows["movie_id"])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_scores_of_a_users_features_are_those_of_the_user(model):
    scores = model.scores_of(model.features_.users.loc[[5]])[0]
    listed = model.recommend(5, n=99, exclude_seen=False).set_index("movie_id")
    by_id = pd.Series(scores, model.interactions_.movies.ids)
    np.testing.assert_allclose(listed["score"], by_id[listed.index], atol=1e-5)


def test_of_a_stranger_nothing_is_known(model):
    nobody = model.features_.users.reindex([STRANGER])
    scores = model.scores_of(nobody)[0]
    ids = model.interactions_.movies.ids
    found = model.predict(np.full(len(ids), STRANGER), ids)
    np.testing.assert_allclose(found, np.clip(scores, 0.5, 5), atol=1e-5)


def test_scores_are_not_clipped(model):
    wide = replace(model, n_epochs=0)  # a copy of the settings, not of what is learned
    wide.__dict__.update(model.__dict__, movie_levels_=model.movie_levels_ + 9)
    assert wide.recommend(1)["score"].min() > 5


def test_a_described_user_has_the_features_of_a_known_one(model):
    mine = RATINGS[RATINGS["user_id"] == 7]
    described = model.describe(mine)
    known = model.features_.users.loc[[7]]
    np.testing.assert_allclose(described, known, atol=1e-9)


def test_every_movie_has_a_vector(model):
    titles = pd.Series("A film", MOVIES["movie_id"]).add(
        MOVIES["movie_id"].astype(str).to_numpy()
    )
    vectors = model.movie_vectors(titles)
    assert len(vectors) == 42
    assert vectors.n_dimensions == 4


def test_movies_of_a_genre_are_near_each_other(model):
    near = model.movie_vectors().neighbours(NEW_WAR, n=10)["movie_id"]
    assert set(near) < set(WAR)


# --- how it is trained ----------------------------------------------------------------


@pytest.fixture(scope="module")
def watched():
    """The model again, with ratings to watch that it does not learn."""
    return TwoTowers(**QUICK).fit(RATINGS, OTHERS)


def test_the_history_has_the_validation_rows(watched):
    assert watched.history_.columns.tolist() == ["loss", "rmse", "val_loss", "val_rmse"]
    predicted = watched.predict(OTHERS["user_id"], OTHERS["movie_id"])
    found = watched.history_["val_rmse"].iloc[-1]
    assert found == pytest.approx(rmse(OTHERS["rating"], predicted), abs=0.02)


def test_training_stops_when_the_validation_rows_say_so():
    # These rows are the reverse of what is learned, so the first epoch is the best.
    reverse = RATINGS.assign(rating=6 - RATINGS["rating"])
    settings = QUICK | {"n_epochs": 12, "patience": 2}
    model = TwoTowers(**settings).fit(RATINGS, reverse)
    assert len(model.history_) == 3


def test_the_same_seed_gives_the_same_numbers_and_validation_rows_teach_nothing(
    model, watched
):
    np.testing.assert_array_equal(watched.user_factors_, model.user_factors_)
    np.testing.assert_array_equal(watched.movie_levels_, model.movie_levels_)
    other = TwoTowers(**QUICK, seed=1).fit(RATINGS)
    assert not np.array_equal(other.user_factors_, model.user_factors_)


def test_the_order_of_the_table_of_movies_does_not_matter(model):
    turned = TwoTowers(**QUICK | {"movies": MOVIES[::-1]}).fit(RATINGS)
    np.testing.assert_allclose(turned.movie_levels_, model.movie_levels_, atol=1e-5)


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize("kind", [TwoTowers, RetrievalTowers])
def test_a_rated_movie_without_content_is_named(kind):
    with pytest.raises(UnknownIdError, match="139"):
        kind(**QUICK | {"movies": MOVIES[:39]}).fit(RATINGS)


@pytest.mark.parametrize("kind", [TwoTowers, RetrievalTowers])
def test_a_pair_that_comes_twice_is_refused(kind):
    with pytest.raises(ValueError, match=str(RATINGS["movie_id"].iloc[0])):
        kind(**QUICK).fit(pd.concat([RATINGS, RATINGS[:1]]))


def test_patience_needs_rows_to_watch():
    with pytest.raises(ValueError, match="patience"):
        TwoTowers(**QUICK, patience=2).fit(RATINGS)


def test_ratings_of_a_new_user_are_checked(model):
    for ask in (model.describe, model.recommend_to):
        with pytest.raises(ValueError, match="100"):
            ask({"movie_id": [100, 100], "rating": [4.0, 5.0]})


def test_a_new_users_unknown_movie_is_named(model):
    with pytest.raises(UnknownIdError, match="5"):
        model.recommend_to({"movie_id": [5], "rating": [4.0]})


def test_what_cannot_be_liked_is_named(model):
    with pytest.raises(ValueError, match="'Opera'"):
        model.recommend_by_likes({"Opera": 1})


# --- retrieval ------------------------------------------------------------------------


RETRIEVAL = QUICK | {"n_epochs": 10, "hidden": (), "learning_rate": 0.03}


@pytest.fixture(scope="module")
def with_ids():
    return RetrievalTowers(**RETRIEVAL).fit(RATINGS)


@pytest.fixture(scope="module")
def content():
    return RetrievalTowers(**RETRIEVAL, with_ids=False).fit(RATINGS)


@pytest.fixture(params=["with_ids", "content"])
def retrieval(request):
    return request.getfixturevalue(request.param)


def test_lists_hold_what_the_user_likes(retrieval):
    for user, liked in ((1, WAR), (2, COMEDY)):
        best = retrieval.recommend(user, n=5)["movie_id"]
        assert set(best) < {*liked, NEW_WAR, NEW_COMEDY}


def test_scores_are_cosines(retrieval):
    for factors in (retrieval.user_factors_, retrieval.movie_factors_):
        np.testing.assert_allclose(np.linalg.norm(factors, axis=1), 1, rtol=1e-5)
    row = retrieval.interactions_.users.rows(1)
    best = retrieval.recommend(1, n=1)
    i = retrieval.interactions_.movies.rows(best["movie_id"])[0]
    expected = retrieval.user_factors_[row] @ retrieval.movie_factors_[i]
    assert best["score"][0] == pytest.approx(expected, abs=1e-5)


def test_a_new_user_is_listed_what_a_known_one_with_their_ratings_would_be(retrieval):
    mine = RATINGS[RATINGS["user_id"] == 9]
    known, as_new = retrieval.recommend(9, n=99), retrieval.recommend_to(mine, n=99)
    assert set(known["movie_id"]) == set(as_new["movie_id"])
    scores = known.set_index("movie_id")["score"]
    found = as_new.set_index("movie_id")["score"]
    np.testing.assert_allclose(found[scores.index], scores, atol=1e-4)


def test_a_new_movie_is_found_by_its_content(content):
    listed = content.recommend(1, n=99)["movie_id"].tolist()
    assert listed.index(NEW_WAR) < listed.index(NEW_COMEDY)


def test_the_correction_gives_popular_movies_their_due():
    """Two movies that all like alike; one is in the ratings nine times as often."""
    rng = np.random.default_rng(0)
    famous = rng.random(1000) < 0.9
    ratings = pd.DataFrame(
        {"user_id": np.arange(1000), "movie_id": np.where(famous, 100, 101)}
    ).assign(rating=5.0)
    movies = MOVIES[:2].assign(year=[1950, 2000])
    settings = {"movies": movies, "hidden": (), "n_factors": 4, "with_ids": False}
    settings |= {"batch_size": 200, "n_epochs": 5, "temperature": 0.5}
    ahead = {}
    for corrected in (True, False):
        model = RetrievalTowers(**settings, corrected=corrected).fit(ratings)
        best = model.recommend(0, exclude_seen=False).set_index("movie_id")["score"]
        ahead[corrected] = best[100] - best[101]
    assert ahead[True] > ahead[False]


@pytest.mark.parametrize(("best_of", "other"), [(WAR, COMEDY), (COMEDY, WAR)])
def test_retrieval_by_content_can_be_told_what_somebody_likes(best_of, other, content):
    names = {WAR: "War", COMEDY: "Comedy"}
    best = content.recommend_by_likes({names[best_of]: 1, names[other]: -1}, n=10)
    assert set(best["movie_id"]) < {*best_of, NEW_WAR, NEW_COMEDY}


def test_retrieval_by_content_scores_by_features(content):
    scores = content.scores_of(content.features_.users.loc[[5, 6]])
    listed = content.recommend(6, n=99, exclude_seen=False).set_index("movie_id")
    by_id = pd.Series(scores[1], content.interactions_.movies.ids)
    np.testing.assert_allclose(listed["score"], by_id[listed.index], atol=1e-5)


def test_retrieval_by_ids_cannot_go_by_features_alone(with_ids):
    with pytest.raises(ValueError, match="with_ids"):
        with_ids.recommend_by_likes({"War": 1})


def test_without_likes_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match="like_threshold"):
        RetrievalTowers(**QUICK).fit(RATINGS.assign(rating=2.0))
