"""The lists of the served model, of known users and of new ones."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from served import sample_recommender

from recsys_helpers.datasets import load_movielens
from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.serving import model_file, ranking
from recsys_helpers.serving import recommender as served
from recsys_helpers.serving.ranking import recall_of
from recsys_helpers.serving.recommender import Movie
from recsys_helpers.serving.training import train_recommender

NEW = {1: 5.0, 50: 4.5, 318: 4.0, 356: 3.0}
PEOPLE = {
    "likes": {1: 5.0, 50: 4.5, 318: 4.0},
    "halves of likes": {1: 3.0, 260: 2.5, 356: 3.5},
    "dislikes": {1: 0.5, 2: 1.0},
    "likes and dislikes": {1: 5.0, 50: 0.5, 318: 4.0, 356: 3.0, 2: 2.0, 260: 1.5},
}
SETTINGS = {
    "default": (Als(), Ease()),
    "chosen": (Als(**CHOSEN_ALS), Ease(**CHOSEN_EASE)),
    "every rating a like": (
        Als(n_factors=8, n_iterations=5, weighting="linear", alpha=2.0),
        Ease(like_threshold=None, l2=50.0),
    ),
    "high bars": (
        Als(n_factors=8, n_iterations=5, like_threshold=4.5, regularization=5.0),
        Ease(l2=np.int64(90), like_threshold=4.5, half_like_from=2.5, recency=0.1),
    ),
}


@pytest.fixture(scope="module")
def model():
    return sample_recommender()


@pytest.fixture(scope="module")
def ratings():
    return load_movielens("sample").ratings


@pytest.fixture(scope="module")
def ease(ratings):
    return Ease(**CHOSEN_EASE).fit(ratings)


@pytest.fixture(scope="module", params=SETTINGS)
def trained(request, ratings, tmp_path_factory):
    """A model read from its file, and the two methods of which it was made."""
    als, ease = SETTINGS[request.param]
    path = tmp_path_factory.mktemp("model") / "model.npz"
    model_file.save(
        train_recommender(load_movielens("sample"), als=als, ease=ease), path
    )
    return model_file.load(path), als.fit(ratings), ease.fit(ratings)


def without_rules(monkeypatch, n_candidates):
    """Let a series fill a list, which is made of so many candidates."""
    monkeypatch.setattr(served, "CANDIDATES", n_candidates)
    monkeypatch.setattr(served, "OF_ONE_SERIES", n_candidates)


def asked(method, model, person, n, exclude_seen):
    """Ask a method and the model for the list of somebody new, or of a known user."""
    if isinstance(person, str):
        new = PEOPLE[person]
        as_table = {"movie_id": list(new), "rating": list(new.values())}
        return method.recommend_to(as_table, n), model.recommend_to(new, n)
    user = int(model.users.ids[person])
    return (
        method.recommend(user, n, exclude_seen),
        model.recommend(user, n, exclude_seen),
    )


def ids(found):
    return [movie.movie_id for movie in found.movies]


# --- answers ------------------------------------------------------------------------


@pytest.mark.parametrize("person", [*PEOPLE, 0, 1, 2, 3])
def test_the_list_is_the_one_that_ease_makes(trained, person, monkeypatch):
    model, _, ease = trained
    without_rules(monkeypatch, len(model.movies))
    for exclude_seen in (True,) if isinstance(person, str) else (True, False):
        wanted, found = asked(ease, model, person, 10, exclude_seen)
        assert ids(found) == wanted["movie_id"].tolist()
        scores = [movie.score for movie in found.movies]
        np.testing.assert_allclose(scores, wanted["score"], atol=1e-9)


@pytest.mark.parametrize("person", [*PEOPLE, 0, 1, 2, 3])
def test_the_candidates_are_the_list_that_als_makes(trained, person, monkeypatch):
    model, als, _ = trained
    without_rules(monkeypatch, 20)
    wanted, found = asked(als, model, person, 20, True)
    if found.based_on_likes:
        assert set(ids(found)) == set(wanted["movie_id"])


def test_release_years_are_refused_and_not_left_out():
    ease = Ease(release_years=pd.Series([1995], index=pd.Index([1], name="movie_id")))
    with pytest.raises(ValueError, match="release_years"):
        train_recommender(load_movielens("sample"), ease=ease)


def test_nothing_that_was_seen_is_recommended_unless_asked(model, ratings):
    user = int(model.users.ids[0])
    seen = set(ratings.loc[ratings["user_id"] == user, "movie_id"])
    assert not seen & set(ids(model.recommend(user, 100)))
    assert seen & set(ids(model.recommend(user, 100, exclude_seen=False)))
    assert not set(NEW) & set(ids(model.recommend_to(NEW, 100)))


def test_no_series_has_more_than_two_films_on_a_list(model):
    three = {1210: 5.0, 260: 5.0, 2628: 4.0}  # of Star Wars
    series = [
        ranking.series_of(movie.title)
        for movie in model.recommend_to(three, 100).movies
    ]
    counts = {name: series.count(name) for name in series if name}
    assert max(counts.values()) <= served.OF_ONE_SERIES


def test_who_likes_nothing_gets_what_is_popular_and_is_told(model, ratings):
    found = model.recommend_to({1: 0.5}, 5)
    popular = ratings["movie_id"].value_counts()
    assert not found.based_on_likes
    assert popular[ids(found)].tolist() == popular.drop(1).head(5).tolist()


def test_half_a_like_is_enough_for_a_list_of_ones_own(model):
    found = model.recommend_to({1: 3.0}, 5)
    assert found.based_on_likes
    assert ids(found) != ids(model.recommend_to({1: 0.5}, 5))


def test_similar_movies_are_those_of_the_vectors_by_cosine(model, ratings):
    als = Als(**CHOSEN_ALS).fit(ratings)
    wanted = als.movie_vectors().neighbours(1, 10)
    found = model.similar(1, 10)
    assert [movie.movie_id for movie in found] == wanted["movie_id"].tolist()
    scores = [movie.score for movie in found]
    np.testing.assert_allclose(scores, wanted["similarity"], atol=1e-6)


def test_a_movie_that_nobody_liked_is_similar_to_nothing(model):
    silent = model.movie_vectors.copy()
    silent[int(model.movies.rows(1))] = 0
    changed = replace(model, movie_vectors=silent)
    assert changed.similar(1) == []
    assert 1 not in [movie.movie_id for movie in changed.similar(3114, 600)]


def test_of_titles_found_equally_well_the_most_rated_goes_first(model, ratings):
    found = [movie.movie_id for movie in model.search("star", 5)]
    counts = ratings["movie_id"].value_counts()[found]
    assert len(found) == 5
    assert counts.is_monotonic_decreasing
    assert model.search("no film is called so") == []


def test_a_score_that_is_no_finite_number_is_never_listed(model, monkeypatch):
    monkeypatch.setattr(served, "CANDIDATES", len(model.movies))
    scale = model.scale.copy()
    scale[7] = 1e-320
    with np.errstate(over="ignore"):
        found = replace(model, scale=scale).recommend_to(NEW, 600)
    assert int(model.movies.ids[7]) not in [movie.movie_id for movie in found.movies]
    assert all(np.isfinite(movie.score) for movie in found.movies)


def test_unknown_ids_are_named(model):
    with pytest.raises(UnknownIdError, match="999999"):
        model.recommend(999_999)
    with pytest.raises(UnknownIdError, match="999999"):
        model.recommend_to({999_999: 4.0})
    assert model.unknown_movies([1, 999_999, 50]) == [999_999]
    assert model.nearest_ids(2, 1) == [Movie(2, "Jumanji (1995)")]


def test_a_new_user_without_ratings_is_an_error(model):
    with pytest.raises(ValueError, match="ratings"):
        model.recommend_to({})


# --- the two steps ------------------------------------------------------------------


def test_more_candidates_find_more_of_what_ranking_wants(model, ease):
    users = model.users.ids[:60].tolist()
    wanted = [ease.recommend(user, 10)["movie_id"].to_numpy() for user in users]
    recalls = [
        np.mean(
            [
                recall_of(model.candidates(user, n), best)
                for user, best in zip(users, wanted, strict=True)
            ]
        )
        for n in (10, 50, len(model.movies))
    ]
    assert recalls[0] < recalls[1] < recalls[2] == 1
