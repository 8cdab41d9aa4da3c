"""A model that stays as it was, and one that learns from what it has shown."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recsys_helpers import datasets
from recsys_helpers.evaluation import ndcg_of_users
from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods.ease import Ease
from recsys_helpers.production.drift import (
    FoldedIn,
    ease_scores,
    looked_at,
    newcomers,
    population_stability_index,
    run_loop,
    tastes_of,
    unknown_share,
)
from recsys_helpers.splits import Split

RNG = np.random.default_rng(0)
TASTES = tastes_of(RNG.normal(size=(60, 4)), RNG.normal(size=(120, 4)))
counts = st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any)


def test_the_index_by_hand():
    # (.75 - .5) ln(.75 / .5) + (.25 - .5) ln(.25 / .5) = .25 ln 3
    index = population_stability_index([50, 50], [75, 25], pseudo_count=0)
    assert index == pytest.approx(0.25 * np.log(3))


@given(counts, counts)
def test_the_index_is_two_divergences_of_scipy(reference, current):
    p, q = np.array(reference) + 0.5, np.array(current) + 0.5
    both_ways = stats.entropy(p, q) + stats.entropy(q, p)
    index = population_stability_index(reference, current)
    assert index == pytest.approx(both_ways, abs=1e-9)


@given(counts)
def test_equal_shares_have_not_moved(reference):
    thrice = 3 * np.array(reference)
    index = population_stability_index(reference, thrice, pseudo_count=1e-12)
    assert index == pytest.approx(0, abs=1e-9)


def test_a_new_class_leaves_the_index_finite():
    assert 0.5 < population_stability_index([100, 0], [50, 50]) < 10


@pytest.mark.parametrize(
    ("reference", "current", "pseudo_count", "problem"),
    [
        ([1, 2], [1, 2, 3], 0.5, "shapes"),
        ([1, -2], [1, 2], 0.5, "[Cc]ounts"),
        ([0, 0], [1, 2], 0.5, "observations"),
        ([1, 0], [1, 2], 0, "pseudo"),
        ([1, np.nan], [1, 2], 0.5, "[Cc]ounts"),
        ([1, 2], [1, 2], np.inf, "pseudo"),
    ],
)
def test_bad_counts_are_refused(reference, current, pseudo_count, problem):
    with pytest.raises(ValueError, match=problem):
        population_stability_index(reference, current, pseudo_count)


def test_the_unknown_share_counts_ratings():
    known = pd.DataFrame({"movie_id": [1, 2]})
    assert unknown_share(pd.DataFrame({"movie_id": [1, 3, 3, 3]}), known) == 0.75


def test_a_share_of_nothing_is_refused():
    nothing = pd.DataFrame({"movie_id": []})
    with pytest.raises(ValueError, match="ratings"):
        unknown_share(nothing, nothing)


def test_newcomers_came_in_the_time_asked_for():
    ratings = pd.DataFrame(
        {"user_id": [1, 2, 2, 3, 1, 3], "timestamp": [0, 10, 19, 15, 12, 25]}
    )
    # User 1 was there before; the last rating of user 3 comes too late.
    assert newcomers(ratings, 10, 20)["user_id"].tolist() == [2, 2, 3]
    assert newcomers(ratings, 10, 20)["timestamp"].tolist() == [10, 19, 15]


@pytest.mark.parametrize("times", [["9", "10"], [1, np.nan]])
def test_who_came_when_is_not_told_by_what_is_no_time(times):
    with pytest.raises(ValueError, match="timestamp"):
        newcomers(pd.DataFrame({"user_id": [1, 2], "timestamp": times}), 0, 5)


def test_movies_of_another_type_are_not_unknown():
    ratings = pd.DataFrame({"movie_id": [1, 2]})
    for one, other in ((ratings, ratings.astype(str)), (ratings.astype(str), ratings)):
        with pytest.raises(ValueError, match="movie_id"):
            unknown_share(one, other)


@pytest.fixture(scope="module")
def sample():
    return datasets.load_movielens("sample").ratings


def test_a_folded_in_user_gets_what_the_model_recommends_to_them(sample):
    model = Ease().fit(sample)
    stranger = pd.DataFrame(
        {"user_id": 9_999, "movie_id": [1, 260, -5], "rating": [5.0, 4.0, 3.0]}
    )
    served = FoldedIn(model, stranger).recommend(9_999, n=5)
    expected = model.recommend_to(stranger.iloc[:2], n=5)
    pd.testing.assert_frame_equal(served, expected)


def test_who_rated_nothing_that_is_known_is_unknown(sample):
    stranger = pd.DataFrame({"user_id": [7], "movie_id": [-5], "rating": [3.0]})
    frozen = FoldedIn(Ease().fit(sample), stranger)
    with pytest.raises(UnknownIdError, match="user 7"):
        frozen.recommend(7)


def test_a_folded_in_user_has_an_id_of_the_same_type(sample):
    model = Ease().fit(sample)
    stranger = pd.DataFrame({"user_id": [7], "movie_id": [1], "rating": [3.0]})
    with pytest.raises(ValueError, match="user_id"):
        FoldedIn(model, stranger).recommend("7")
    with pytest.raises(ValueError, match="user_id"):
        FoldedIn(model, stranger.astype({"user_id": str}))


def test_fit_leaves_a_frozen_model_as_it_is(sample):
    model = Ease().fit(sample)
    interactions = model.interactions_
    frozen = FoldedIn(model, sample)
    assert frozen.fit(sample.head(50)) is frozen
    assert model.interactions_ is interactions


def test_the_protocol_takes_a_frozen_model(sample):
    known, strangers = sample[sample["user_id"] < 500], sample[sample["user_id"] >= 500]
    given_rows = strangers.groupby("user_id").cumcount() % 2 == 0
    split = Split("by hand", strangers[given_rows], strangers[~given_rows])
    frozen = FoldedIn(Ease().fit(known), split.train)
    assert np.nanmean(ndcg_of_users(frozen, split)) > 0.1


# --- the feedback loop ----------------------------------------------------------------


def final(rounds, what):
    return np.mean([getattr(one, what) for one in rounds[-3:]])


def test_tastes_are_chances_and_the_sharpest_too():
    assert TASTES.shape == (60, 120)
    assert ((TASTES > 0) & (TASTES < 1)).all()
    tastes = tastes_of(np.eye(3), np.eye(3), sharpness=1e6)
    assert ((tastes >= 0) & (tastes <= 1)).all()


def test_no_movie_is_better_than_another_for_the_crowd():
    odds = np.log(TASTES / (1 - TASTES))
    assert odds.mean(axis=0) == pytest.approx(np.full(120, np.log(1 / 9)))
    assert odds.std(axis=0) == pytest.approx(np.full(120, 2.0))


def test_a_user_likes_most_what_lies_in_their_direction():
    tastes = tastes_of(np.eye(2), np.array([[3.0, 0.1], [0.1, 1.0]]))
    assert tastes.argmax(axis=1).tolist() == [0, 1]


def test_the_first_places_are_looked_at_most():
    assert looked_at(3) == pytest.approx([1, 1 / np.log2(3), 0.5])


def test_the_scores_are_those_of_the_course_ease():
    clicks = RNG.random((30, 12)) < 0.3
    users, movies = np.nonzero(clicks)
    train = pd.DataFrame({"user_id": users, "movie_id": movies, "rating": 5.0})
    train["timestamp"] = 0
    theirs = Ease(l2=20).fit(train).recommend(int(users[0]), 12, exclude_seen=False)
    scores = ease_scores(clicks)[users[0]]
    assert scores[theirs["movie_id"]] == pytest.approx(theirs["score"].to_numpy())


def test_what_nobody_clicked_scores_nothing():
    clicks = RNG.random((20, 8)) < 0.4
    clicks[:, 3] = False
    assert (ease_scores(clicks)[:, 3] == 0).all()


def test_a_loop_has_a_result_for_each_round():
    rounds = run_loop(TASTES, n_rounds=4, n_shown=5)
    assert len(rounds) == 4
    assert all(0 <= one.gini < 1 and 0 < one.liked < 1 for one in rounds)


def test_the_same_seed_gives_the_same_loop():
    settings = {"n_rounds": 3, "n_shown": 5, "exploration": 0.2}
    assert run_loop(TASTES, **settings) == run_loop(TASTES, **settings)
    assert run_loop(TASTES, **settings) != run_loop(TASTES, **settings, seed=1)


def test_exploration_spreads_what_is_recommended():
    narrow, wide = (
        run_loop(TASTES, 12, 5, exploration, seed=2) for exploration in (0, 0.5)
    )
    assert final(wide, "gini") < final(narrow, "gini")
    assert final(wide, "starved") < final(narrow, "starved")


def test_with_nothing_but_exploration_lists_are_as_good_as_chance():
    rounds = run_loop(TASTES, 4, 5, exploration=1.0)
    # Those who clicked do not see it again, so a little below the mean of all.
    assert final(rounds, "liked") == pytest.approx(TASTES.mean(), abs=0.03)


def test_nobody_makes_better_lists_than_who_knows_the_truth():
    known = run_loop(TASTES, 4, 5, model=lambda clicks: TASTES)
    guessed = run_loop(TASTES, 4, 5)
    assert all(a.liked > b.liked for a, b in zip(known, guessed, strict=True))


def test_movies_that_nobody_likes_stay_starved():
    fifteen_liked = np.zeros((300, 60))
    fifteen_liked[:, :15] = 1
    assert run_loop(fifteen_liked, 9, 5, exploration=1.0)[-1].starved == 45 / 60


def test_what_somebody_clicked_is_not_shown_to_them_again():
    ten_liked = np.zeros((300, 60))
    ten_liked[:, :10] = 1
    rounds = run_loop(ten_liked, 9, 5, exploration=1.0)
    # Lists are random, but ever fewer of the ten are left to be drawn.
    assert rounds[0].liked < 10 / 60
    assert rounds[-1].liked < 0.8 * rounds[0].liked


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"exploration": 1.1}, "exploration"),
        ({"n_rounds": 0}, "n_rounds"),
        ({"n_rounds": 22, "n_shown": 5}, "125"),
    ],
)
def test_loops_that_cannot_be_are_refused(settings, problem):
    with pytest.raises(ValueError, match=problem):
        run_loop(TASTES, **settings)


@pytest.mark.parametrize("chance", [np.nan, -0.1, 1.1])
def test_tastes_that_are_no_chances_are_refused(chance):
    tastes = TASTES.copy()
    tastes[3, 4] = chance
    with pytest.raises(ValueError, match="tastes"):
        run_loop(tastes, n_rounds=1, n_shown=5)


@pytest.mark.parametrize("wrong", [{"sharpness": 0}, {"liked_share": 1}])
def test_tastes_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=r"sharpness|liked_share"):
        tastes_of(np.eye(2), np.eye(2), **wrong)
