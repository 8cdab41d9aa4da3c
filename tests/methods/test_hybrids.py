"""Blends find the method that is right; switches and fallbacks ask the one to ask."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods.hybrids import (
    BlendedLists,
    BlendedStars,
    Fallback,
    SwitchedLists,
    SwitchedStars,
)
from recsys_helpers.splits import Split

TRAIN = pd.DataFrame(
    {
        "user_id": np.repeat(np.arange(1, 41), 10),
        "movie_id": np.tile(np.arange(101, 111), 40),
        "rating": np.random.default_rng(0).choice([1.0, 2.0, 3.0, 4.0, 5.0], 400),
    }
)


class Says:
    """Predicts by a formula, and lists what it is told to."""

    def __init__(self, stars=None, listed=()):
        self.stars, self.listed, self.n_rows = stars, listed, []

    def fit(self, train):
        self.n_rows.append(len(train))
        return self

    def predict(self, user_ids, movie_ids):
        return self.stars(np.asarray(user_ids), np.asarray(movie_ids))

    def recommend(self, user_id, n=10, exclude_seen=True):
        listed = self.listed(user_id) if callable(self.listed) else self.listed
        return pd.DataFrame({"movie_id": listed[:n], "score": 1.0})


def last_quarter(train):
    return Split("by hand", train[train["user_id"] <= 30], train[train["user_id"] > 30])


def known_users(train):
    """Cut a row of each user off."""
    last = ~train.duplicated("user_id", keep="last")
    return Split("by hand", train[~last], train[last])


def truth(users, movies):
    table = TRAIN.set_index(["user_id", "movie_id"])["rating"]
    return table.loc[list(zip(users, movies, strict=True))].to_numpy()


def noise(users, movies):
    return 1 + (users * 7 + movies * 3) % 5.0


def test_a_blend_of_stars_trusts_the_method_that_is_right():
    models = {"right": Says(truth), "noise": Says(noise)}
    blend = BlendedStars(models, cut=last_quarter, l2=1e-6).fit(TRAIN)
    np.testing.assert_allclose(blend.weights_, [1, 0], atol=1e-6)
    assert blend.intercept_ == pytest.approx(0, abs=1e-5)


def test_a_blend_mends_a_method_that_is_always_a_star_too_high():
    models = {"high": Says(lambda u, m: truth(u, m) + 1)}
    blend = BlendedStars(models, cut=last_quarter, l2=1e-6).fit(TRAIN)
    predicted = blend.predict(TRAIN["user_id"], TRAIN["movie_id"])
    np.testing.assert_allclose(predicted, TRAIN["rating"], atol=1e-4)


def test_with_a_large_penalty_the_blend_is_the_mean_of_the_methods():
    models = {"right": Says(truth), "noise": Says(noise)}
    blend = BlendedStars(models, cut=last_quarter, l2=1e12).fit(TRAIN)
    np.testing.assert_allclose(blend.weights_, [0.5, 0.5], atol=1e-6)


def test_the_weights_are_those_of_ridge_regression_towards_the_mean():
    from sklearn.linear_model import Ridge

    models = {"noise": Says(noise), "other": Says(lambda u, m: 1 + (u + m) % 3.0)}
    blend = BlendedStars(models, cut=last_quarter, l2=50).fit(TRAIN)
    test = last_quarter(TRAIN).test
    columns = [m.predict(test["user_id"], test["movie_id"]) for m in models.values()]
    rest = test["rating"] - np.mean(columns, axis=0)
    ridge = Ridge(alpha=50).fit(np.column_stack(columns), rest)
    np.testing.assert_allclose(blend.weights_, 0.5 + ridge.coef_)
    assert blend.intercept_ == pytest.approx(ridge.intercept_)


def test_a_method_that_is_wrong_the_more_it_is_sure_gets_no_weight_rather_than_less():
    models = {"noise": Says(noise), "opposite": Says(lambda u, m: 5.5 - truth(u, m))}
    blend = BlendedStars(models, cut=last_quarter, l2=1e-6).fit(TRAIN)
    assert blend.weights_["opposite"] == 0
    assert (blend.weights_ >= 0).all()


def test_the_methods_learn_from_all_rows_in_the_end():
    models = {"right": Says(truth)}
    BlendedStars(models, cut=last_quarter).fit(TRAIN)
    assert models["right"].n_rows == [300, 400]


def test_blended_stars_stay_on_the_scale():
    right = {"right": Says(truth)}
    blend = BlendedStars(right, cut=last_quarter, l2=1e-6).fit(TRAIN)
    blend.models = {"wild": Says(lambda u, m: 100.0 * np.where(u % 2, -1, 1))}
    assert blend.predict([1, 2], [101, 101]).tolist() == [0.5, 5.0]


def liked_at_the_end(user_id):
    """List what the user's last row holds, and then others."""
    return [110, *range(201, 205)]


def test_a_blend_of_lists_trusts_the_method_that_finds_what_is_liked():
    liked = TRAIN.assign(rating=np.where(TRAIN["movie_id"] == 110, 5.0, 1.0))
    models = {"finds it": Says(listed=liked_at_the_end), "blind": Says(listed=[300])}
    blend = BlendedLists(models, cut=known_users).fit(liked)
    assert blend.rounds_["ndcg"].max() == pytest.approx(1)
    assert blend.recommend(1, n=1)["movie_id"].tolist() == [110]


def test_a_blended_score_is_the_weighted_sum_over_places():
    models = {"a": Says(listed=[1, 2]), "b": Says(listed=[2, 3])}
    blend = BlendedLists(models, cut=known_users, offset=1).fit(TRAIN)
    blend.weights_ = pd.Series({"a": 0.25, "b": 0.75})
    scores = blend.recommend(1).set_index("movie_id")["score"]
    by_hand = {2: 0.25 / 3 + 0.75 / 2, 3: 0.75 / 3, 1: 0.25 / 2}
    assert scores.to_dict() == pytest.approx(by_hand)
    assert scores.index.tolist() == [2, 3, 1]


def test_equal_scores_come_in_the_order_of_the_ids():
    models = {"a": Says(listed=[9, 5]), "b": Says(listed=[5, 9])}
    blend = BlendedLists(models, cut=known_users).fit(TRAIN)
    blend.weights_ = pd.Series({"a": 0.5, "b": 0.5})
    assert blend.recommend(1)["movie_id"].tolist() == [5, 9]


def test_methods_are_added_until_the_blend_no_longer_gains():
    # A movie is liked by everybody, and each method alone puts two others before it.
    liked = TRAIN.assign(rating=np.where(TRAIN["movie_id"] == 110, 5.0, 1.0))
    models = {
        "a": Says(listed=[1, 2, 110]),
        "b": Says(listed=[3, 4, 110]),
        "blind": Says(listed=[5, 6, 7]),
    }
    blend = BlendedLists(models, cut=known_users, offset=0, k=1, n_rounds=6).fit(liked)
    # 1/3 + 1/3 is not above 1, and 110 cannot come first with whole weights.
    assert blend.rounds_["ndcg"].tolist() == [0.0] * 6
    wider = BlendedLists(models, cut=known_users, offset=9, k=1, n_rounds=6).fit(liked)
    assert wider.weights_.to_dict() == {"a": 0.5, "b": 0.5, "blind": 0.0}
    assert wider.rounds_["ndcg"][1] == 1


def test_the_weights_of_a_blend_of_lists_sum_to_one():
    models = {"a": Says(listed=[110, 101]), "b": Says(listed=[105, 110])}
    blend = BlendedLists(models, cut=known_users, n_rounds=5).fit(TRAIN)
    assert blend.weights_.sum() == pytest.approx(1)
    assert len(blend.rounds_) == 5


@pytest.mark.parametrize("blend", [BlendedStars, BlendedLists])
def test_a_blend_of_nothing_is_refused(blend):
    with pytest.raises(ValueError, match="no method"):
        blend({}).fit(TRAIN.assign(timestamp=0))


@pytest.mark.parametrize("blend", [BlendedStars, BlendedLists])
def test_a_cut_that_leaves_nothing_is_refused(blend):
    models = {"a": Says(truth, [101])}
    with pytest.raises(ValueError, match="cut"):
        blend(models, cut=lambda rows: Split("all", rows, rows[:0])).fit(TRAIN)


def test_lists_without_a_like_to_learn_from_are_refused():
    models = {"a": Says(listed=[101])}
    with pytest.raises(ValueError, match="like_threshold"):
        BlendedLists(models, cut=known_users).fit(TRAIN.assign(rating=1.0))


# --- switches ----------------------------------------------------------------------


RARE = pd.concat(
    [TRAIN, pd.DataFrame({"user_id": [1], "movie_id": [120], "rating": [3.0]})]
)


@pytest.mark.parametrize(("few", "asked"), [(0, [130]), (1, [120, 130])])
def test_stars_of_rare_movies_come_from_the_other_method(few, asked):
    switch = SwitchedStars(
        Says(lambda u, m: np.full(len(m), 4.0)),
        Says(lambda u, m: np.full(len(m), 2.0)),
        few,
    ).fit(RARE)
    movies = np.array([101, 120, 130, 110])
    stars = switch.predict(np.ones(4, dtype=int), movies)
    assert stars.tolist() == np.where(np.isin(movies, asked), 2.0, 4.0).tolist()


def test_the_last_of_ten_places_is_for_a_rare_movie():
    warm = Says(listed=list(range(101, 120)))
    switch = SwitchedLists(warm, Says(listed=[105, 130, 131])).fit(RARE)
    listed = switch.recommend(1)
    assert listed["movie_id"].tolist() == [*range(101, 110), 130]
    assert listed["score"].is_monotonic_decreasing


def test_a_rare_movie_is_not_listed_twice():
    warm = Says(listed=[130, *range(101, 120)])
    listed = SwitchedLists(warm, Says(listed=[130])).fit(RARE).recommend(1)
    assert listed["movie_id"].tolist() == [*range(101, 110), 130]


def test_where_there_is_no_rare_movie_the_first_method_fills_up():
    warm = Says(listed=list(range(101, 120)))
    listed = SwitchedLists(warm, Says(listed=[105])).fit(RARE).recommend(1)
    assert listed["movie_id"].tolist() == list(range(101, 111))


def test_a_short_list_keeps_no_place():
    warm = Says(listed=list(range(101, 120)))
    switch = SwitchedLists(warm, Says(listed=[130]), one_in=10).fit(RARE)
    assert switch.recommend(1, n=9)["movie_id"].tolist() == list(range(101, 110))


def test_every_tenth_place_is_for_a_rare_movie_however_long_the_list():
    warm = Says(listed=list(range(201, 260)))
    switch = SwitchedLists(warm, Says(listed=[130, 131, 132])).fit(RARE)
    twenty = switch.recommend(1, n=20)["movie_id"].tolist()
    assert (twenty[9], twenty[19]) == (130, 131)
    assert twenty[:10] == switch.recommend(1, n=10)["movie_id"].tolist()
    assert len(twenty) == len(set(twenty)) == 20


def test_rare_movies_come_last_where_the_first_method_has_few():
    switch = SwitchedLists(Says(listed=[101, 102]), Says(listed=[130])).fit(RARE)
    assert switch.recommend(1)["movie_id"].tolist() == [101, 102, 130]


# --- a fallback for unknown users ---------------------------------------------------


class Scripted:
    """Notes what it is asked, and gives the answer or raises the error it holds."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def fit(self, train):
        self.train = train
        return self

    def recommend(self, user_id, n=10, exclude_seen=True):
        self.asked.append((user_id, n, exclude_seen))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_both_learn_from_the_same_rows():
    model, otherwise = Scripted("a"), Scripted("b")
    Fallback(model, otherwise).fit("the rows")
    assert (model.train, otherwise.train) == ("the rows", "the rows")


def test_a_known_user_is_answered_by_the_model_alone():
    model, otherwise = Scripted("its list"), Scripted("popular")
    assert Fallback(model, otherwise).recommend(1) == "its list"
    assert otherwise.asked == []


def test_an_unknown_user_is_answered_otherwise():
    model, otherwise = Scripted(UnknownIdError("who?")), Scripted("popular")
    assert Fallback(model, otherwise).recommend(1) == "popular"


def test_what_was_asked_is_passed_on_to_both():
    model, otherwise = Scripted(UnknownIdError("who?")), Scripted("popular")
    Fallback(model, otherwise).recommend(7, 3, False)
    assert model.asked == otherwise.asked == [(7, 3, False)]


@pytest.mark.parametrize("error", [ValueError("n"), KeyError("column"), OSError()])
def test_another_error_of_the_model_comes_through(error):
    with pytest.raises(type(error)):
        Fallback(Scripted(error), Scripted("popular")).recommend(1)
