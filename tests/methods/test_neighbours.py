"""The neighbours against a slow loop, `implicit` itself and the course's figures."""

import itertools
import sys

import numpy as np
import pandas as pd
import pytest
from implicit import nearest_neighbours
from scipy import sparse

from recsys_helpers import metrics, splits
from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import recommend_all
from recsys_helpers.interactions import UnknownIdError, positives
from recsys_helpers.methods import similarity
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.methods.neighbours import (
    ImplicitNeighbours,
    LikeNeighbours,
    RatingNeighbours,
)


def frame(rows):
    return pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])


def random_ratings(seed=0, n_users=14, n_movies=11):
    rng = np.random.default_rng(seed)
    users, movies = np.nonzero(rng.random((n_users, n_movies)) < 0.5)
    stars = rng.integers(1, 11, len(users)) / 2
    return frame({"user_id": users + 1, "movie_id": movies + 101, "rating": stars})


def all_pairs(train, unknown=()):
    users = [*sorted(set(train["user_id"])), *unknown]
    movies = [*sorted(set(train["movie_id"])), *unknown]
    return np.array(list(itertools.product(users, movies))).T


# --- stars: RatingNeighbours --------------------------------------------------------


def baseline_of(name, train):
    """Make a function of (user, movie) of a table: slow, and by the definition."""
    mean = train["rating"].mean()
    if name == "user mean":
        means = train.groupby("user_id")["rating"].mean()
        return lambda user, movie: means.get(user, mean)
    if name == "bias":
        # Not clipped, as predict() would.
        model = BiasModel().fit(train)
        of_user = dict(
            zip(model.interactions_.users.ids, model.user_biases_, strict=True)
        )
        of_movie = dict(
            zip(model.interactions_.movies.ids, model.movie_biases_, strict=True)
        )
        return lambda user, movie: mean + of_user.get(user, 0) + of_movie.get(movie, 0)
    constant = {"nothing": 0.0, "global mean": mean}[name]
    return lambda user, movie: constant


def predicted_by_a_loop(model, train, user, movie):
    """Predict one rating with dictionaries and for-loops."""
    centre, base = baseline_of(model.centre, train), baseline_of(model.baseline, train)
    stars = {(u, m): r for u, m, r in train.itertuples(index=False)}
    profiles = {}  # of a movie: what each user gave it; of a user: the other way
    for (u, m), rating in stars.items():
        row, column = (m, u) if model.of == "movies" else (u, m)
        profiles.setdefault(row, {})[column] = rating - centre(u, m)
    asked, column = (movie, user) if model.of == "movies" else (user, movie)
    weighted = []
    for other, theirs in profiles.items():
        if asked not in profiles or other == asked or column not in theirs:
            continue
        mine = profiles[asked]
        common = mine.keys() & theirs.keys()
        over = [common, common] if model.common_only else [mine, theirs]
        norm = sum(mine[c] ** 2 for c in over[0]) * sum(theirs[c] ** 2 for c in over[1])
        if common and norm > 0:
            cosine = sum(mine[c] * theirs[c] for c in common) / norm**0.5
            alike = round(cosine * len(common) / (len(common) + model.shrinkage), 12)
            pair = (user, other) if model.of == "movies" else (other, movie)
            weighted.append((-alike, other, stars[pair] - base(*pair)))
    best = [(-s, d) for s, _, d in sorted(weighted)[: model.k] if s < 0]
    rating = base(user, movie)
    if best:
        rating += sum(s * d for s, d in best) / (
            model.damping + sum(s for s, _ in best)
        )
    return min(max(rating, 0.5), 5)


@pytest.mark.parametrize("of", ["movies", "users"])
@pytest.mark.parametrize("centre", ["nothing", "user mean", "bias"])
@pytest.mark.parametrize("baseline", ["global mean", "user mean", "bias"])
@pytest.mark.parametrize(("common_only", "damping"), [(False, 0.3), (True, 0)])
def test_predictions_are_those_of_a_slow_loop(
    of, centre, baseline, common_only, damping
):
    train = random_ratings()
    model = RatingNeighbours(of, centre, baseline, common_only, 3, 2, damping)
    users, movies = all_pairs(train, unknown=[999])
    found = model.fit(train).predict(users, movies)
    expected = [
        predicted_by_a_loop(model, train, u, m)
        for u, m in zip(users.tolist(), movies.tolist(), strict=True)
    ]
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.fixture
def three_users():
    """What does user 1 think of movie 30? User 2 gave it 5 stars, user 3 gave it 2."""
    ones = [(1, 10, 3.0), (1, 20, 4.0)]
    twos = [(2, 10, 4.0), (2, 20, 3.0), (2, 30, 5.0)]
    return frame([*ones, *twos, (3, 20, 2.0), (3, 30, 2.0)])


def test_the_textbook_case_is_a_weighted_mean_of_raw_ratings(three_users):
    # Users 1 and 2 have (3, 4) and (4, 3) in common: cosine 24 / 25 of those alone;
    # users 1 and 3 (4) and (2): cosine 1. So user 1 gives movie 30
    # (0.96 * 5 + 1 * 2) / 1.96.
    model = RatingNeighbours(
        of="users",
        centre="nothing",
        baseline="global mean",
        common_only=True,
        shrinkage=0,
        damping=0,
    )
    rating = model.fit(three_users).predict([1], [30])
    assert rating == pytest.approx((0.96 * 5 + 2) / 1.96)


def test_only_the_nearest_k_have_a_say(three_users):
    # As above with k=1: only user 3, who gave 2 stars.
    model = RatingNeighbours("users", "nothing", "global mean", True, 1, 0, 0)
    assert model.fit(three_users).predict([1], [30]) == pytest.approx(2)


@pytest.mark.parametrize("of", ["movies", "users"])
def test_neither_order_nor_repetition_changes_a_prediction(of):
    train = random_ratings()
    users, movies = all_pairs(train)
    model = RatingNeighbours(of).fit(train)
    expected = model.predict(users, movies)
    shuffled = np.random.default_rng(1).integers(0, len(users), 300)
    found = model.predict(users[shuffled], movies[shuffled])
    assert found == pytest.approx(expected[shuffled])


@pytest.mark.parametrize("of", ["movies", "users"])
def test_small_blocks_predict_the_same(of, monkeypatch):
    train = random_ratings()
    pairs = all_pairs(train)
    model = RatingNeighbours(of).fit(train)
    expected = model.predict(*pairs)
    monkeypatch.setattr(similarity, "_NUMBERS_IN_A_BLOCK", 30)
    assert model.predict(*pairs) == pytest.approx(expected)


def test_a_rating_does_not_predict_itself():
    # Movie 20 has nothing in common with another that user 2 has rated.
    train = frame([(1, 10, 1.0), (2, 20, 5.0), (1, 30, 3.0)])
    model = RatingNeighbours(baseline="global mean", centre="nothing").fit(train)
    assert model.predict([2], [20]) == pytest.approx(3)


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        # The mean of all is 3, of user 2 it is 4.
        ("global mean", [3, 3, 3]),
        ("user mean", [3, 4, 3]),
    ],
)
def test_for_the_unknown_the_baseline_is_predicted(baseline, expected):
    train = frame([(1, 10, 1.0), (2, 10, 3.0), (2, 20, 5.0)])
    model = RatingNeighbours(baseline=baseline).fit(train)
    assert model.predict([99, 2, 99], [10, 99, 99]) == pytest.approx(expected)


def test_who_gives_everything_the_same_stars_has_no_taste():
    # 3.5 stars each; the mean of all, 20.5 / 6, is not a round number.
    same = [(1, movie, 3.5) for movie in (10, 20, 30)]
    train = frame([*same, (2, 10, 1.0), (2, 20, 4.0), (2, 30, 5.0)])
    model = RatingNeighbours("users", common_only=True, shrinkage=0).fit(train)
    assert model.similar(1).empty


def test_predictions_stay_within_half_a_star_and_five():
    extreme = random_ratings().assign(rating=lambda t: np.where(t["rating"] > 2, 5, 1))
    predicted = RatingNeighbours(damping=0, shrinkage=0).fit(extreme)
    ratings = predicted.predict(*all_pairs(extreme))
    assert (ratings.min() >= 0.5, ratings.max() <= 5) == (True, True)


@pytest.fixture
def few_in_common():
    """Movies 10 and 20 share four raters who nearly agree, 10 and 30 share one.

    Every user's mean is 3, so centred 10 is (2, -2, 1, -1) and 20 is (1, -2, 2, -1).
    """
    stars = {
        10: [5.0, 1.0, 4.0, 2.0],
        20: [4.0, 1.0, 5.0, 2.0],
        30: [4.5],
        40: [1.0, 5.0, 1.0, 4.0],
        50: [0.5, 5.0, 2.0, 4.0],
    }
    return frame([(u, m, r) for m in stars for u, r in enumerate(stars[m], start=1)])


def test_without_shrinkage_one_common_rater_is_the_best_neighbour(few_in_common):
    model = RatingNeighbours(common_only=True, shrinkage=0).fit(few_in_common)
    nearest = model.similar(10, n=1)
    assert nearest.to_dict("list") == {
        "movie_id": [30],
        "similarity": [1.0],
        "n_common": [1],
    }


def test_with_shrinkage_many_common_raters_are(few_in_common):
    # 20: 9 / 10 * 4 / (4 + 5) = 0.4; 30: 1 * 1 / (1 + 5)
    model = RatingNeighbours(common_only=True, shrinkage=5).fit(few_in_common)
    nearest = model.similar(10, n=1)
    assert nearest.to_dict("list") == {
        "movie_id": [20],
        "similarity": [pytest.approx(0.4)],
        "n_common": [4],
    }


def test_of_users_the_similar_are_users(few_in_common):
    model = RatingNeighbours("users").fit(few_in_common)
    # 1 and 3 are above their means on 10 and 20, 2 and 4 below.
    assert model.similar(1)["user_id"].tolist() == [3]


@pytest.mark.parametrize("of", ["movies", "users"])
def test_the_similar_come_with_how_many_ratings_they_have_in_common(of):
    # Also such ratings as are 0 once centred: those of user 3.
    train = random_ratings()
    train.loc[train["user_id"] == 3, "rating"] = 3.5
    model = RatingNeighbours(of, shrinkage=0).fit(train)
    rated = model.interactions_.matrix.toarray() > 0
    rows = (rated.T if of == "movies" else rated).astype(int)
    index = getattr(model.interactions_, of)
    for row, common in zip(index.ids, rows @ rows.T, strict=True):
        table = model.similar(row, n=99)
        expected = common[index.rows(table[index.name])]
        assert table["n_common"].tolist() == expected.tolist()


def test_equally_similar_movies_come_in_the_order_of_their_ids():
    same = [(u, m, r) for m in (30, 10, 20) for u, r in ((1, 5.0), (2, 1.0))]
    model = RatingNeighbours(shrinkage=0).fit(frame([*same, (1, 40, 1.0)]))
    assert model.similar(20)["movie_id"].tolist() == [10, 30]


@pytest.mark.parametrize(
    "setting",
    [
        {"of": "films"},
        {"centre": "mean"},
        {"baseline": "nothing"},
        {"k": 0},
        {"shrinkage": -1},
        {"damping": np.nan},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        RatingNeighbours(**setting).fit(random_ratings())


# --- lists: LikeNeighbours ----------------------------------------------------------


@pytest.fixture
def likes():
    """Likes: user 1: 10, 20; user 2: 10, 20, 30; user 3: 10, 40; user 4: none."""
    liked = [(1, 10), (1, 20), (2, 10), (2, 20), (2, 30), (3, 10), (3, 40)]
    return frame([*((u, m, 4.0) for u, m in liked), (4, 50, 1.0), (3, 50, 2.0)])


def test_the_score_from_similar_movies_worked_by_hand(likes):
    # Lengths: 10: 3**.5, 20: 2**.5, 30 and 40: 1. User 1 likes 10 and 20.
    # 30: with 10 1 / 3**.5, with 20 1 / 2**.5; 40: with 10 1 / 3**.5, with 20 nothing.
    best = LikeNeighbours().fit(likes).recommend(1, n=2)
    assert best["movie_id"].tolist() == [30, 40]
    assert best["score"].tolist() == pytest.approx(
        [1 / 3**0.5 + 1 / 2**0.5, 1 / 3**0.5]
    )


def test_the_score_from_similar_users_worked_by_hand(likes):
    # User 1 with user 2, who likes 30: 2 / (2 * 3)**.5; with user 3, who likes 40:
    # 1 / 2.
    best = LikeNeighbours("users").fit(likes).recommend(1, n=2)
    assert best["movie_id"].tolist() == [30, 40]
    assert best["score"].tolist() == pytest.approx([2 / 6**0.5, 1 / 2])


def test_a_movie_asks_only_its_own_nearest(likes):
    # With k=1 the neighbour of 30 is 20 alone (.71 against .58 for 10).
    best = LikeNeighbours(k=1).fit(likes).recommend(1, n=1)
    assert best["score"].tolist() == pytest.approx([1 / 2**0.5])


def test_where_the_neighbours_are_silent_popularity_decides(likes):
    # User 1: 50 is liked by nobody, and has 2 ratings: -1 / 3.
    best = LikeNeighbours().fit(likes).recommend(1)
    assert best.iloc[-1].to_dict() == {"movie_id": 50, "score": pytest.approx(-1 / 3)}


@pytest.mark.parametrize("of", ["movies", "users"])
def test_a_user_without_likes_gets_the_popular_movies(likes, of):
    # Rated 3 times (10), twice (20), once (30, 40); 50 is seen.
    best = LikeNeighbours(of).fit(likes).recommend(4)
    assert best["movie_id"].tolist() == [10, 20, 30, 40]


@pytest.mark.parametrize("of", ["movies", "users"])
def test_without_a_single_like_everyone_gets_the_popular_movies(likes, of):
    best = LikeNeighbours(of).fit(likes.assign(rating=2.0)).recommend(4)
    assert best["movie_id"].tolist() == [10, 20, 30, 40]


def test_the_similar_count_likes_in_common(likes):
    table = LikeNeighbours().fit(likes).similar(10, n=1)
    assert table.to_dict("list") == {
        "movie_id": [20],
        "similarity": pytest.approx([2 / 6**0.5]),
        "n_common": [2],
    }


def test_the_similar_are_the_neighbours_that_vote(likes):
    model = LikeNeighbours(k=2, shrinkage=1).fit(likes)
    for row, movie_id in enumerate(model.interactions_.movies.ids):
        table = model.similar(movie_id, n=2)
        assert sorted(table["similarity"]) == sorted(model.neighbours_[[row]].data)


def test_the_threshold_of_a_like_is_the_one_asked_for(likes):
    model = LikeNeighbours(like_threshold=2).fit(likes)
    # Movie 50 has a 1 and a 2: one like.
    assert model.likes_.toarray().sum(axis=0).tolist() == [3, 2, 1, 1, 1]


def test_without_a_threshold_every_rating_is_a_like(likes):
    model = LikeNeighbours(like_threshold=None).fit(likes)
    assert model.likes_.toarray().sum(axis=0).tolist() == [3, 2, 1, 1, 2]


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({"of": "films"}, "of"),
        ({"k": 0}, "k"),
        ({"shrinkage": np.nan}, "shrinkage"),
        ({"like_threshold": np.nan}, "threshold"),
    ],
)
def test_settings_of_likes_that_cannot_be_are_refused(likes, setting, named):
    with pytest.raises(ValueError, match=rf"\b{named}\b"):
        LikeNeighbours(**setting).fit(likes)


# --- lists: implicit ----------------------------------------------------------------

OWN = {
    "bm25": nearest_neighbours.BM25Recommender,
    "tfidf": nearest_neighbours.TFIDFRecommender,
    "cosine": nearest_neighbours.CosineRecommender,
}


@pytest.mark.filterwarnings("ignore:Method expects CSR input")
@pytest.mark.parametrize("weighting", OWN)
def test_scores_are_those_of_implicit_for_every_user(weighting):
    model = ImplicitNeighbours(weighting, k=4).fit(random_ratings())
    values = sparse.csr_matrix(model.values_)
    own = OWN[weighting](K=4)
    own.fit(values, show_progress=False)
    movies = model.interactions_.movies
    for row, user_id in enumerate(model.interactions_.users.ids):
        columns, expected = own.recommend(
            row, values[row], N=len(movies), filter_already_liked_items=False
        )
        best = model.recommend(user_id, n=99, exclude_seen=False)
        scores = best.set_index("movie_id")["score"]
        said = expected > 0
        assert said.any()
        found = scores[movies.ids[columns[said]]]
        assert found.tolist() == pytest.approx(expected[said].tolist())
        assert (scores > 0).sum() == said.sum()


def test_by_default_the_stars_are_the_values(likes):
    model = ImplicitNeighbours().fit(likes)
    assert model.values_.toarray()[3].tolist() == [0, 0, 0, 0, 1]  # user 4: 1 star


def test_with_a_threshold_likes_are_ones(likes):
    model = ImplicitNeighbours(like_threshold=4).fit(likes)
    assert model.values_.toarray()[2].tolist() == [1, 0, 0, 1, 0]


def test_bm25_takes_its_two_numbers():
    one, two = (
        ImplicitNeighbours(k1=k1, b=b).fit(random_ratings()).similarity_
        for k1, b in ((1.2, 0.75), (5, 0.1))
    )
    assert abs(one - two).max() > 0.1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("weighting", OWN)
def test_no_score_is_nan_when_all_who_rated_a_movie_weigh_nothing(weighting):
    # implicit's idf is log(n_movies / (1 + rated)): 0 for who rated all but one.
    train = frame([(1, 10, 5.0), (1, 20, 4.0), (2, 30, 4.0)])
    best = ImplicitNeighbours(weighting).fit(train).recommend(1, exclude_seen=False)
    assert sorted(best["movie_id"]) == [10, 20, 30]


@pytest.mark.filterwarnings("error")
def test_fitting_shows_neither_progress_nor_warning(capfd):
    ImplicitNeighbours().fit(random_ratings())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({"weighting": "BM25"}, "weighting"),
        ({"k": 0}, "k"),
        ({"k1": np.nan}, "k1"),
        ({"b": 1.1}, "b"),
        ({"like_threshold": np.nan}, "threshold"),
    ],
)
def test_settings_of_implicit_that_cannot_be_are_refused(likes, setting, named):
    with pytest.raises(ValueError, match=rf"\b{named}\b"):
        ImplicitNeighbours(**setting).fit(likes)


def test_implicit_is_told_how_many_neighbours(likes, monkeypatch):
    told = {}

    def recommender(**settings):
        told.update(settings)
        return OWN["tfidf"](**settings)

    monkeypatch.setattr(nearest_neighbours, "TFIDFRecommender", recommender)
    ImplicitNeighbours("tfidf", k=3).fit(likes)
    assert told == {"K": 3}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("weighting", OWN)
def test_where_nothing_reaches_the_threshold_popularity_decides(likes, weighting):
    model = ImplicitNeighbours(weighting, like_threshold=6).fit(likes)
    assert model.recommend(4)["movie_id"].tolist() == [10, 20, 30, 40]


def test_without_implicit_it_says_how_to_get_it(likes, monkeypatch):
    monkeypatch.setitem(sys.modules, "implicit.nearest_neighbours", None)
    with pytest.raises(ImportError, match="implicit"):
        ImplicitNeighbours().fit(likes)


# --- ids ----------------------------------------------------------------------------


@pytest.mark.parametrize("model", [RatingNeighbours(), LikeNeighbours()])
def test_an_unknown_movie_is_named(model, likes):
    with pytest.raises(UnknownIdError, match="99"):
        model.fit(likes).similar(99)


@pytest.mark.parametrize("model", [RatingNeighbours(), LikeNeighbours()])
def test_no_similar_movies_cannot_be_asked_for(model, likes):
    with pytest.raises(ValueError, match=r"\bn\b"):
        model.fit(likes).similar(10, n=0)


# --- the course's figures, on `small` -----------------------------------------------


@pytest.fixture(scope="module")
def ratings():
    return load_movielens("small").ratings


@pytest.mark.parametrize(
    ("split_of", "expected"),
    [(splits.random_split, 0.8561), (splits.user_temporal_split, 0.8827)],
)
def test_ratings_are_as_close_as_published(ratings, split_of, expected):
    split = split_of(ratings)
    model = RatingNeighbours().fit(split.train)
    predicted = model.predict(split.test["user_id"], split.test["movie_id"])
    rmse = metrics.rmse(split.test["rating"], predicted)
    assert rmse == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (LikeNeighbours("movies"), 0.1118),
        (LikeNeighbours("users"), 0.1062),
        (ImplicitNeighbours("bm25", k=100, like_threshold=4, b=0.2), 0.1137),
    ],
)
def test_lists_are_as_good_as_published(ratings, model, expected):
    split = splits.user_temporal_split(ratings)
    users = np.unique(split.test["user_id"])
    lists = recommend_all(model.fit(split.train), users, 10)
    hits, n_relevant = metrics.hits_of(lists, positives(split.test), users)
    ndcg = np.nanmean(metrics.ndcg_at_k(hits, n_relevant, 10))
    assert ndcg == pytest.approx(expected, abs=2e-4)


# --- new users ------------------------------------------------------------------------


def test_a_new_user_gets_the_list_of_an_old_one_with_the_same_ratings():
    train = random_ratings()
    model = LikeNeighbours("movies", k=4, like_threshold=3.0).fit(train)
    for user_id, theirs in train.groupby("user_id"):
        pd.testing.assert_frame_equal(
            model.recommend_to(theirs[["movie_id", "rating"]], 20),
            model.recommend(user_id, 20),
        )


def test_by_users_nobody_new_can_be_served():
    model = LikeNeighbours("users").fit(random_ratings())
    with pytest.raises(ValueError, match="movies"):
        model.recommend_to({"movie_id": [101], "rating": [5.0]})
