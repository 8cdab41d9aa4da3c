"""Retrieval, ranking and fold-in of the served model, and the file that it lies in."""

import io
import pickle
from dataclasses import replace

import numpy as np
import pytest
from served import sample_recommender

from recsys_helpers.datasets import load_movielens
from recsys_helpers.ids import UnknownIdError
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.serving import model_file, ranking
from recsys_helpers.serving import recommender as served
from recsys_helpers.serving.model_file import ModelFileError
from recsys_helpers.serving.ranking import at_most_each, recall_of, retrieve

NEW = {1: 5.0, 50: 4.5, 318: 4.0, 356: 3.0}


@pytest.fixture(scope="module")
def model():
    return sample_recommender()


@pytest.fixture(scope="module")
def ratings():
    return load_movielens("sample").ratings


@pytest.fixture(scope="module")
def ease(ratings):
    return Ease(**CHOSEN_EASE).fit(ratings)


@pytest.fixture
def without_rules(monkeypatch, model):
    """Every movie is a candidate, and a series may fill the list."""
    monkeypatch.setattr(served, "CANDIDATES", len(model.movies))
    monkeypatch.setattr(served, "OF_ONE_SERIES", len(model.movies))
    return model


@pytest.fixture
def content(model, tmp_path):
    """The arrays of a model file, to be spoilt."""
    model_file.save(model, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as archive:
        return dict(archive)


def ids(found):
    return [movie.movie_id for movie in found.movies]


# --- answers ------------------------------------------------------------------------


def test_with_all_movies_as_candidates_the_list_is_that_of_ease(without_rules, ease):
    for user in without_rules.users.ids[:20].tolist():
        for exclude_seen in (True, False):
            found = without_rules.recommend(user, 10, exclude_seen)
            wanted = ease.recommend(user, 10, exclude_seen)
            assert ids(found) == wanted["movie_id"].tolist()
            scores = [movie.score for movie in found.movies]
            np.testing.assert_allclose(scores, wanted["score"], atol=1e-9)


def test_a_new_user_gets_the_list_that_ease_gives_them(without_rules, ease):
    as_table = {"movie_id": list(NEW), "rating": list(NEW.values())}
    wanted = ease.recommend_to(as_table, 10)["movie_id"].tolist()
    assert ids(without_rules.recommend_to(NEW, 10)) == wanted


def test_the_vector_of_a_new_user_is_that_of_als(model, ratings):
    als = Als(**CHOSEN_ALS).fit(ratings)
    as_table = {"movie_id": list(NEW), "rating": list(NEW.values())}
    liked = model.movies.rows([movie for movie, stars in NEW.items() if stars >= 4])
    np.testing.assert_allclose(model._fold_in(liked), als.fold_in(as_table), atol=1e-4)


def test_known_users_folded_in_anew_keep_their_vectors(model, ratings):
    user = int(model.users.ids[3])
    own = ratings[ratings["user_id"] == user]
    liked = model.movies.rows(own.loc[own["rating"] >= 4, "movie_id"])
    vector = model.user_vectors[model.users.rows(user)]
    np.testing.assert_allclose(model._fold_in(liked), vector, atol=1e-4)


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


def test_the_words_of_a_search_may_stand_in_any_order(model):
    assert model.search("STORY toy", 1) == [(1, "Toy Story (1995)")]
    assert model.search("no film is called so") == []


@pytest.mark.fault("The server's model", "unknown id")
def test_unknown_ids_are_named(model):
    with pytest.raises(UnknownIdError, match="999999"):
        model.recommend(999_999)
    with pytest.raises(UnknownIdError, match="999999"):
        model.recommend_to({999_999: 4.0})
    assert model.unknown_movies([1, 999_999, 50]) == [999_999]
    assert model.nearest_ids(2, 1) == [(2, "Jumanji (1995)")]


@pytest.mark.fault("The server's model", "empty")
def test_a_new_user_without_ratings_is_an_error(model):
    with pytest.raises(ValueError, match="no ratings"):
        model.recommend_to({})


# --- the two steps ------------------------------------------------------------------


def test_retrieval_finds_the_largest_dot_products():
    rng = np.random.default_rng(0)
    vectors, query = rng.normal(size=(50, 4)), rng.normal(size=4)
    found = retrieve(query, vectors, 5, exclude=[0])
    order = np.argsort(-(vectors @ query))
    assert found.tolist() == order[order != 0][:5].tolist()


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


def test_films_in_no_series_are_never_too_many():
    assert at_most_each([None] * 5, 1) == list(range(5))
    with pytest.raises(ValueError, match="limit"):
        at_most_each(["a"], 0)


def test_recall_of_nothing_is_no_number():
    with pytest.raises(ValueError, match="at least one"):
        recall_of([1], [])


def test_ease_scores_of_some_movies_do_not_depend_on_the_others(model):
    ranker = ranking.EaseRanker(model.likes, model.gram_inverse, model.scale)
    columns, values = np.array([0, 4]), np.array([1.0, 0.5])
    everything = ranker.scores(columns, values, np.arange(len(model.movies)))
    some = ranker.scores(columns, values, np.array([7, 3]))
    np.testing.assert_allclose(some, everything[[7, 3]], atol=1e-12)


# --- the file -----------------------------------------------------------------------


def test_a_loaded_model_is_the_saved_one(model, tmp_path):
    model_file.save(model, tmp_path / "model.npz")
    loaded = model_file.load(tmp_path / "model.npz")
    assert loaded.fingerprint == model.fingerprint
    assert loaded.recommend_to(NEW) == model.recommend_to(NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def test_one_changed_number_changes_the_fingerprint(model):
    scale = model.scale.copy()
    scale[0] *= 0.5
    assert replace(model, scale=scale).fingerprint != model.fingerprint


@pytest.mark.fault("The server's model", "changed bytes")
@pytest.mark.parametrize("at", [0.1, 0.5, 0.95])
def test_a_damaged_file_is_refused(model, tmp_path, at):
    path = tmp_path / "model.npz"
    model_file.save(model, path)
    whole = bytearray(path.read_bytes())
    whole[int(at * len(whole))] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(ModelFileError, match="--save"):
        model_file.load(path)


@pytest.mark.fault("The server's model", "cut short")
def test_a_file_that_was_cut_short_is_refused(model, tmp_path):
    path = tmp_path / "model.npz"
    model_file.save(model, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelFileError, match="cannot be read"):
        model_file.load(path)


class Harmful:
    """What runs when it is unpickled."""

    ran = False

    def __reduce__(self):
        return (setattr, (Harmful, "ran", True))


@pytest.mark.fault("The server's model", "hostile")
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_pickle_is_never_run(tmp_path, content, wrapped):
    path = tmp_path / "model.npz"
    if wrapped:
        content["titles"] = np.array([Harmful()], dtype=object)
        np.savez(path, **content)
    else:
        path.write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(ModelFileError):
        model_file.load(path)
    assert not Harmful.ran


@pytest.mark.fault("The server's model", "wrong values")
@pytest.mark.parametrize(
    ("name", "spoil", "says"),
    [
        ("format_version", lambda it: it + 1, "format is 2"),
        ("movie_ids", lambda it: it[::-1], "ascending"),
        ("titles", lambda it: it[1:], "titles"),
        ("titles", lambda it: np.arange(len(it)), "no list of text"),
        ("titles", lambda it: it[:, np.newaxis], "no list of text"),
        ("user_vectors", lambda it: it[1:], "user_vectors has shape"),
        ("scale", lambda it: it * np.nan, "NaN"),
        ("settings", lambda it: it[1:], "parts do not fit"),
        ("settings", lambda it: it * np.nan, "settings is NaN"),
        ("likes_indices", lambda it: it + 10_000, "parts do not fit"),
        ("queries_indptr", lambda it: it[::-1], "parts do not fit"),
        ("seen_data", lambda it: it * np.inf, "NaN or infinite"),
        ("gram_inverse", lambda it: None, "'gram_inverse' is missing"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, content, name, spoil, says):
    content[name] = spoil(content[name])
    stored = {key: value for key, value in content.items() if value is not None}
    buffer = io.BytesIO()
    np.savez(buffer, **stored)
    path = tmp_path / "model.npz"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelFileError, match=says):
        model_file.load(path)
