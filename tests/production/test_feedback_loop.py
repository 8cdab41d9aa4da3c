"""A recommender that learns from what it has shown."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.methods.ease import Ease
from recsys_helpers.production.drift import ease_scores, looked_at, run_loop, tastes_of

RNG = np.random.default_rng(0)
TASTES = tastes_of(RNG.normal(size=(60, 4)), RNG.normal(size=(120, 4)))


def final(rounds, what):
    return np.mean([getattr(one, what) for one in rounds[-3:]])


def test_tastes_are_chances():
    assert TASTES.shape == (60, 120)
    assert (TASTES > 0).all()
    assert (TASTES < 1).all()


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


def test_the_sharpest_tastes_are_still_chances():
    tastes = tastes_of(np.eye(3), np.eye(3), sharpness=1e6)
    assert ((tastes >= 0) & (tastes <= 1)).all()


@pytest.mark.parametrize("wrong", [{"sharpness": 0}, {"liked_share": 1}])
def test_tastes_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=r"sharpness|liked_share"):
        tastes_of(np.eye(2), np.eye(2), **wrong)
