"""What every method promises, whichever it is.

A new method joins by a line in `METHODS`. If it knows the taste of a person (the
baselines don't), it is listed in `PERSONAL` too and must solve the checkerboard:
even users like even movies and odd users odd ones, so the right answer is known.
"""

from contextlib import suppress
from copy import copy
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_helpers.evaluation import RatingPredictor, Recommender
from recsys_helpers.interactions import Interactions
from recsys_helpers.methods import (
    NotFittedError,
    als,
    as_stars,
    baselines,
    bpr,
    collaborative,
    ease,
    neighbours,
    titled_vectors,
    two_tower,
)
from recsys_helpers.methods.blends import BlendedLists, BlendedStars
from recsys_helpers.methods.fallback import Fallback
from recsys_helpers.methods.liked_vectors import LikedVectors
from recsys_helpers.methods.switches import SwitchedLists, SwitchedStars
from recsys_helpers.splits import user_temporal_split
from recsys_helpers.vectors import MovieVectors

N_USERS, N_MOVIES = 20, 16
UNKNOWN = 999


def checkerboard():
    """Users 1 to 20 and movies 101 to 116, liked (5) where both are even or both odd.

    Each user has rated all movies but two: of the liked ones the (user mod 8)-th is
    held back, of the disliked ones (rated 1) likewise.
    """
    users, movies = np.meshgrid(
        np.arange(1, N_USERS + 1), np.arange(101, 101 + N_MOVIES), indexing="ij"
    )
    held_back = (movies - 101) // 2 == users % (N_MOVIES // 2)
    frame = pd.DataFrame({"user_id": users[~held_back], "movie_id": movies[~held_back]})
    liked = (frame["user_id"] + frame["movie_id"]) % 2 == 0
    return frame.assign(rating=np.where(liked, 5.0, 1.0), timestamp=0)


def held_back_and_liked(user_id):
    """Name the one movie that the user has not seen and would like."""
    first = 101 + 2 * (user_id % (N_MOVIES // 2))
    return first if (first + user_id) % 2 == 0 else first + 1


def movie_ids_in(train):
    """Give the movies of a ratings frame, and none if it is no such frame."""
    is_frame = isinstance(train, pd.DataFrame) and "movie_id" in train
    if is_frame and pd.api.types.is_integer_dtype(train["movie_id"]):
        return train["movie_id"].unique()
    return []


def of_even_and_odd(method):
    """Let two towers know of each movie that they learn from whether its id is even."""

    class KnowsContent(method):
        def fit(self, train):
            ids = movie_ids_in(train)
            if len(ids):
                genres = [("Even",) if i % 2 == 0 else ("Odd",) for i in ids]
                self.movies = pd.DataFrame(
                    {"movie_id": ids, "genres": genres, "year": 1990}
                )
            return super().fit(train)

    # A few hundred ratings: small batches, large steps, nothing hidden.
    few = {"movies": None, "n_factors": 4, "batch_size": 20, "n_epochs": 6}
    return partial(KnowsContent, **few, hidden=(), dropout=0, learning_rate=0.03)


def near_what_is_liked():
    """Lists from vectors that tell even movies from odd ones, of those in `train`."""

    class KnowsVectors(LikedVectors):
        def fit(self, train):
            ids = movie_ids_in(train)
            if len(ids):
                self.vectors = MovieVectors(ids, np.eye(2)[ids % 2])
            return super().fit(train)

    return KnowsVectors(vectors=None)


PERSONAL = {
    "RatingNeighbours of movies": neighbours.RatingNeighbours,
    "RatingNeighbours of users": partial(neighbours.RatingNeighbours, "users"),
    "LikeNeighbours of movies": neighbours.LikeNeighbours,
    "LikeNeighbours of users": partial(neighbours.LikeNeighbours, "users"),
    # Without a threshold a rating of 1 would be a like, and everybody like everybody.
    "ImplicitNeighbours": partial(neighbours.ImplicitNeighbours, like_threshold=4),
    "Ease": ease.Ease,
    "Ease, recency": partial(ease.Ease, recency=0.5, half_like_from=3),
    "Als": partial(als.Als, like_threshold=4),
    "Bpr": partial(bpr.Bpr, n_factors=8, learning_rate=0.1, like_threshold=4),
    # Few ratings: small penalties and large steps. The sets bring in all of the code.
    "KerasFactors": partial(
        collaborative.KerasFactors,
        **{"n_factors": 4, "factor_l2": 0.5, "bias_l2": 0.5, "set_l2": 1},
        **{"n_epochs": 6, "learning_rate": 0.1, "batches_per_epoch": 9},
        with_sets=True,
    ),
    "KerasNetwork": partial(
        collaborative.KerasNetwork,
        **{"n_factors": 4, "factor_l2": 0.1, "n_hidden": 16, "dropout": 0.1},
        **{"n_epochs": 8, "learning_rate": 0.03, "batches_per_epoch": 20},
    ),
    "TwoTowers": partial(of_even_and_odd(two_tower.TwoTowers), n_folds=5),
    "RetrievalTowers": of_even_and_odd(two_tower.RetrievalTowers),
    "LikedVectors": near_what_is_liked,
    "Fallback": lambda: Fallback(als.Als(like_threshold=4), baselines.Popularity()),
    "BlendedStars": lambda: BlendedStars(
        {"neighbours": neighbours.RatingNeighbours(), "bias": baselines.BiasModel()}
    ),
    "BlendedLists": lambda: BlendedLists(
        {"EASE": ease.Ease(), "neighbours": neighbours.LikeNeighbours()},
        cut=partial(user_temporal_split, test_share=0.4),
        n_rounds=3,
    ),
    "SwitchedStars": lambda: SwitchedStars(
        neighbours.RatingNeighbours(), baselines.BiasModel()
    ),
    "SwitchedLists": lambda: SwitchedLists(ease.Ease(), baselines.Popularity()),
}
METHODS = {
    "GlobalMean": baselines.GlobalMean,
    "BiasModel": baselines.BiasModel,
    "Popularity": baselines.Popularity,
    "MeanRating": baselines.MeanRating,
    "RandomChoice": baselines.RandomChoice,
    **PERSONAL,
}
# Their answer to an unknown user is the list that suits everyone. A method that is
# not named here raises UnknownIdError, which names the user.
BASELINES = ["BiasModel", "Popularity", "MeanRating", "RandomChoice"]
ANSWER_ANYONE = [*BASELINES, "Fallback"]
RECOMMENDERS = {n: m for n, m in METHODS.items() if isinstance(m(), Recommender)}
PREDICTORS = {n: m for n, m in METHODS.items() if isinstance(m(), RatingPredictor)}

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
every_recommender = pytest.mark.parametrize(
    "method", RECOMMENDERS.values(), ids=RECOMMENDERS
)
every_predictor = pytest.mark.parametrize("method", PREDICTORS.values(), ids=PREDICTORS)


@pytest.fixture
def train():
    return checkerboard()


class Fit(NamedTuple):
    """A fit to the checkerboard: the model, what `fit` gave back, its ratings after."""

    model: object
    returned: object
    train: pd.DataFrame


@cache
def fit_of(method):
    """Fit to the checkerboard, once for all tests that only ask."""
    model, train = method(), checkerboard()
    return Fit(model, model.fit(train), train)


def fitted(method):
    return fit_of(method).model


# --- all --------------------------------------------------------------------------


@every_method
def test_fit_returns_the_model(method):
    assert fit_of(method).returned is fit_of(method).model


@every_method
def test_fit_does_not_change_the_ratings(method):
    pd.testing.assert_frame_equal(fit_of(method).train, checkerboard())


@every_method
def test_a_method_predicts_or_recommends(method):
    assert isinstance(method(), RatingPredictor | Recommender)


@every_method
@pytest.mark.parametrize("turned", [False, True], ids=["upright", "transposed"])
def test_a_matrix_is_no_ratings_frame(method, turned, train):
    matrix = Interactions.from_ratings(train).matrix
    with pytest.raises(TypeError, match=r"learns from a DataFrame.*transposed"):
        method().fit(matrix.T if turned else matrix)


@every_method
def test_no_ratings_at_all_are_refused(method, train):
    with pytest.raises(ValueError, match="no training ratings"):
        method().fit(train[:0])


@every_method
@pytest.mark.parametrize("column", ["user_id", "movie_id", "rating"])
def test_a_missing_column_is_named(method, column, train):
    with pytest.raises(ValueError, match=column):
        method().fit(train.drop(columns=column))


@every_method
@pytest.mark.parametrize("rating", [np.nan, 0.0, 0.4, 5.1, np.inf])
def test_a_rating_that_is_none_is_refused(method, rating, train):
    train.loc[5, "rating"] = rating
    with pytest.raises(ValueError, match=f"rating of {rating}"):
        method().fit(train)


@every_method
@pytest.mark.parametrize("kind", [str, object])
def test_ratings_of_text_are_refused(method, kind, train):
    with pytest.raises(ValueError, match=r"must be numbers.*pd\.to_numeric"):
        method().fit(train.astype({"rating": kind}))


@every_method
@pytest.mark.parametrize("column", ["user_id", "movie_id"])
@pytest.mark.parametrize("kind", [str, float])
@pytest.mark.parametrize("rating", [4.0, 10.0])
def test_ids_of_another_type_are_refused_whatever_the_rating(
    method, column, kind, rating, train
):
    train.loc[5, "rating"] = rating
    with pytest.raises(ValueError, match=f"{column} must be whole numbers"):
        method().fit(train.astype({column: kind}))


def answer_of(model):
    """Give all that a fitted model says of users 1 to 3."""
    users, movies = np.repeat([1, 2, 3], N_MOVIES), np.tile(range(101, 117), 3)
    lists, ratings = [], []
    if isinstance(model, Recommender):
        lists = [model.recommend(u, n=99).to_dict("list") for u in (1, 2, 3)]
    if isinstance(model, RatingPredictor):
        ratings = model.predict(users, movies).tolist()
    return lists, ratings


@every_method
@pytest.mark.parametrize("rating", [np.nan, 7.0, "4"])
def test_a_fit_to_bad_ratings_leaves_the_model_as_it_was(method, rating, train):
    model = copy(fitted(method))
    before = answer_of(model)
    fewer = train[train["movie_id"] < 105].astype({"rating": object})
    fewer.iloc[3, fewer.columns.get_loc("rating")] = rating
    with pytest.raises(ValueError, match="rating"):
        model.fit(fewer if rating == "4" else fewer.astype({"rating": float}))
    assert answer_of(model) == before


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("BiasModel", "n_iterations", 0.5),
        ("MeanRating", "shrinkage", -1),
        ("RatingNeighbours of movies", "centre", "mean"),
        ("LikeNeighbours of movies", "like_threshold", "four"),
        ("LikeNeighbours of users", "k", 0),
        ("ImplicitNeighbours", "like_threshold", np.nan),
        ("ImplicitNeighbours", "num_threads", -1),
        ("Ease", "l2", np.nan),
        ("Ease, recency", "recency", 0),
        ("Als", "regularization", 0),
        ("Bpr", "learning_rate", 0),
        ("KerasFactors", "factor_l2", -1),
        ("KerasFactors", "patience", 3),
        ("KerasNetwork", "dropout", 1),
        ("TwoTowers", "n_folds", 1),
        ("TwoTowers", "hide_movies", 1),
        ("TwoTowers", "short_histories", 1.5),
        ("TwoTowers", "hidden", (64, 0)),
        ("TwoTowers", "patience", 3),
        ("RetrievalTowers", "temperature", 0),
        ("RetrievalTowers", "like_threshold", 6),
        ("LikedVectors", "like_threshold", np.nan),
    ],
)
def test_a_fit_with_a_bad_setting_leaves_the_model_as_it_was(
    name, setting, value, train
):
    model = copy(fitted(METHODS[name]))  # which alone gets the setting
    before = answer_of(model)
    setattr(model, setting, value)
    with pytest.raises(ValueError, match=r".+"):
        model.fit(train[train["movie_id"] < 105])
    assert answer_of(model) == before


# --- recommend ----------------------------------------------------------------------


@every_recommender
def test_recommending_before_fit_says_to_fit(method):
    with pytest.raises(NotFittedError, match=r"Call fit\(train\) first"):
        method().recommend(1)


@every_recommender
def test_a_recommendation_is_a_frame_of_movie_and_score(method):
    best = fitted(method).recommend(1, n=2)
    assert list(best.columns) == ["movie_id", "score"]


@every_recommender
def test_the_best_comes_first(method):
    best = fitted(method).recommend(1, exclude_seen=False)
    assert best["score"].is_monotonic_decreasing


@every_recommender
def test_what_the_user_has_seen_is_left_out(method, train):
    model = fitted(method)
    for user_id, seen in train.groupby("user_id")["movie_id"]:
        assert not set(model.recommend(user_id)["movie_id"]) & set(seen)


@every_recommender
def test_asking_for_more_than_there_is_gives_what_there_is(method):
    best = fitted(method).recommend(1, n=1000)
    assert len(best) == 2  # two movies are held back from each user


@every_recommender
def test_with_the_seen_ones_every_movie_comes_once(method, train):
    best = fitted(method).recommend(1, n=1000, exclude_seen=False)
    assert sorted(best["movie_id"]) == sorted(train["movie_id"].unique())


@every_recommender
def test_a_shorter_list_is_the_start_of_a_longer_one(method):
    model = fitted(method)
    short = model.recommend(1, n=3, exclude_seen=False)
    long = model.recommend(1, n=7, exclude_seen=False)
    pd.testing.assert_frame_equal(short, long[:3])


@every_recommender
def test_a_list_of_no_movies_cannot_be_asked_for(method):
    with pytest.raises(ValueError, match="at least 1"):
        fitted(method).recommend(1, n=0)


@every_recommender
def test_fitting_twice_gives_the_same_lists(method, train):
    again = method().fit(train)
    pd.testing.assert_frame_equal(again.recommend(3), fitted(method).recommend(3))


@every_recommender
def test_fitting_anew_forgets_the_old_ratings(method, train):
    model = method().fit(train)
    model.fit(train[train["movie_id"] < 105])
    best = model.recommend(1, n=1000, exclude_seen=False)
    assert set(best["movie_id"]) == {101, 102, 103, 104}


@every_recommender
def test_who_has_seen_everything_gets_an_empty_list(method, train):
    everything = pd.DataFrame({"movie_id": range(101, 101 + N_MOVIES)})
    busy = everything.assign(user_id=50, rating=4.0, timestamp=0)
    best = method().fit(pd.concat([train, busy])).recommend(50)
    assert list(best.columns) == ["movie_id", "score"]
    assert best.empty


@every_recommender
def test_who_likes_nothing_gets_every_movie_ranked(method, train):
    sullen = pd.DataFrame(
        {"user_id": [50], "movie_id": [101], "rating": [0.5], "timestamp": [0]}
    )
    best = method().fit(pd.concat([train, sullen])).recommend(50, n=1000)
    assert sorted(best["movie_id"]) == list(range(102, 101 + N_MOVIES))
    assert np.isfinite(best["score"]).all()


@every_recommender
def test_a_movie_that_nobody_likes_still_has_a_place(method, train):
    disliked = pd.DataFrame(
        {"user_id": [1, 2], "movie_id": [999, 999], "rating": 0.5, "timestamp": 0}
    )
    best = method().fit(pd.concat([train, disliked])).recommend(3, n=1000)
    assert 999 in set(best["movie_id"])
    assert np.isfinite(best["score"]).all()


@every_recommender
@pytest.mark.parametrize("user_id", [1.0, "1", None, True, np.nan])
def test_a_user_id_of_another_type_is_refused(method, user_id):
    with pytest.raises(ValueError, match="user_id must be whole numbers"):
        fitted(method).recommend(user_id)


@every_recommender
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_never_recommended_as_if_it_had_a_score(method, wrong):
    model = copy(fitted(method))
    # What an overflow or a division by 0 in `fit` would leave behind.
    for name, learned in vars(model).items():
        if isinstance(learned, np.ndarray) and learned.dtype.kind == "f":
            setattr(model, name, np.full_like(learned, wrong))
        elif sparse.issparse(learned) and learned.dtype.kind == "f":
            setattr(model, name, learned * wrong)
    with suppress(ValueError), np.errstate(all="ignore"):
        assert np.isfinite(model.recommend(1, n=1000)["score"]).all()


@pytest.mark.parametrize("name", ANSWER_ANYONE)
@pytest.mark.parametrize("user_id", [-1, 0, 2**63 - 1])
def test_any_whole_number_is_a_user(name, user_id):
    model = fitted(METHODS[name])
    assert len(model.recommend(user_id, n=99)) == N_MOVIES
    pd.testing.assert_frame_equal(model.recommend(user_id), model.recommend(user_id))


@pytest.mark.parametrize("name", ANSWER_ANYONE)
def test_an_unknown_user_gets_the_list_that_suits_everyone(name):
    best = fitted(METHODS[name]).recommend(UNKNOWN, n=5)
    assert len(best) == 5


@pytest.mark.parametrize("name", sorted(set(RECOMMENDERS) - set(ANSWER_ANYONE)))
def test_a_method_with_nothing_to_say_names_the_unknown_user(name):
    with pytest.raises(KeyError, match=f"user_id {UNKNOWN}"):
        fitted(METHODS[name]).recommend(UNKNOWN)


# --- predict ------------------------------------------------------------------------


@every_predictor
def test_predicting_before_fit_says_to_fit(method):
    with pytest.raises(NotFittedError, match=r"Call fit\(train\) first"):
        method().predict([1], [101])


@every_predictor
def test_there_is_one_rating_a_pair(method):
    ratings = fitted(method).predict([1, 2, 3], [101, 101, 105])
    assert np.shape(ratings) == (3,)


@every_predictor
def test_no_pairs_have_no_ratings(method):
    nobody = np.array([], dtype=int)
    assert len(fitted(method).predict(nobody, nobody)) == 0


@every_predictor
def test_ratings_are_stars_even_for_the_unknown(method):
    model = fitted(method)
    ratings = model.predict([1, 1, UNKNOWN, UNKNOWN], [101, UNKNOWN, 101, UNKNOWN])
    assert ((ratings >= 0.5) & (ratings <= 5)).all()


@every_predictor
@pytest.mark.parametrize("column", ["user_id", "movie_id"])
@pytest.mark.parametrize("other", ["1", 1.0, 101.5, np.nan])
def test_pairs_of_ids_of_another_type_are_refused(method, column, other):
    pair = {"user_id": [1], "movie_id": [101]} | {column: [other]}
    with pytest.raises(ValueError, match=f"{column} must be whole numbers"):
        fitted(method).predict(*pair.values())


@every_predictor
def test_users_and_movies_must_pair_up(method):
    with pytest.raises(ValueError, match="same length"):
        fitted(method).predict([1, 2], [101])


@every_predictor
def test_users_and_movies_must_be_flat(method):
    with pytest.raises(ValueError, match=r"flat arrays.*\(1, 2\)"):
        fitted(method).predict([[1, 2]], [[101, 102]])


# --- taste: the checkerboard --------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(PERSONAL) & set(RECOMMENDERS)))
def test_the_movie_that_was_held_back_comes_first(name):
    model = fitted(METHODS[name])
    first = {u: model.recommend(u, n=1)["movie_id"][0] for u in range(1, N_USERS + 1)}
    assert first == {u: held_back_and_liked(u) for u in range(1, N_USERS + 1)}


@pytest.mark.parametrize("name", sorted(set(PERSONAL) & set(PREDICTORS)))
def test_liked_movies_are_predicted_above_disliked_ones(name):
    model = fitted(METHODS[name])
    users = np.arange(1, N_USERS + 1)
    liked = np.array([held_back_and_liked(u) for u in users])
    disliked = np.where(liked % 2 == 1, liked + 1, liked - 1)
    assert (model.predict(users, liked) > model.predict(users, disliked)).all()


@pytest.mark.parametrize("name", BASELINES)
def test_no_baseline_solves_the_checkerboard(name):
    model = fitted(METHODS[name])
    solved = [
        model.recommend(u, n=1)["movie_id"][0] == held_back_and_liked(u)
        for u in range(1, N_USERS + 1)
    ]
    assert sum(solved) < N_USERS * 3 / 4


def test_vectors_with_titles_follow_the_ids_and_a_missing_title_is_named():
    titles = pd.Series({1: "Heat", 3: "Ronin", 9: "Clueless"})
    assert titled_vectors([3, 1], np.eye(2), titles).titles == ("Ronin", "Heat")
    assert titled_vectors([3, 4], np.eye(2), None).titles is None
    with pytest.raises(ValueError, match="no title for movie_id 4"):
        titled_vectors([3, 4], np.eye(2), titles)


@pytest.mark.parametrize("rating", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_become_stars(rating):
    with pytest.raises(ValueError, match=f"predicted rating is {rating}"):
        as_stars([3.0, rating])
