import io
import os
import random
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods import NotFittedError
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.methods.collaborative import (
    KerasFactors,
    KerasNetwork,
    load_rating_model,
    predict_ratings,
)
from recsys_helpers.metrics import rmse
from recsys_helpers.nn import load_keras

QUICK = {"n_factors": 4, "n_epochs": 2, "batches_per_epoch": 3}


def frame(table):
    """Ratings frame of a table of users 1, 2, ... by movies 101, 102, ..."""
    users, movies = np.nonzero(np.isfinite(table))
    return pd.DataFrame(
        {"user_id": users + 1, "movie_id": movies + 101, "rating": table[users, movies]}
    )


@pytest.fixture(scope="module")
def ratings():
    """300 ratings, with gaps, in which users and movies have levels of their own."""
    rng = np.random.default_rng(0)
    levels = rng.normal(0, 0.5, (20, 1)) + rng.normal(0, 0.5, 30)
    stars = np.clip(
        np.round(2 * (3.4 + levels + rng.normal(0, 0.4, (20, 30)))) / 2, 0.5, 5
    )
    return frame(np.where(rng.random((20, 30)) < 0.5, stars, np.nan))


@pytest.fixture(scope="module")
def movies():
    ids = np.arange(101, 133)  # 131 and 132 have no ratings
    genres = [("Drama",) if i % 2 else ("Comedy", "War") for i in ids]
    return pd.DataFrame({"movie_id": ids, "genres": genres, "year": 1990 + ids % 7})


MODELS = {
    "factors": KerasFactors(**QUICK),
    "sets": KerasFactors(with_sets=True, **QUICK),
    "network": KerasNetwork(**QUICK),
}


@pytest.fixture(scope="module")
def models(ratings):
    """All of `MODELS`, fitted: each costs a second."""
    return {name: model.fit(ratings) for name, model in MODELS.items()}


@pytest.fixture(scope="module")
def fitted(models):
    return models["factors"]


@pytest.fixture(scope="module")
def watched(ratings):
    """Fitted to the first 200 ratings, with the others to watch."""
    return KerasFactors(**QUICK).fit(ratings[:200], ratings[200:])


def all_predictions(model, ratings):
    return model.predict(ratings["user_id"], ratings["movie_id"])


# --- right answers ------------------------------------------------------------------


def test_with_vectors_pressed_to_nothing_it_is_the_bias_model(ratings):
    model = KerasFactors(
        **{"factor_l2": 1e5, "bias_l2": 3, "n_factors": 1},
        **{"n_epochs": 60, "learning_rate": 0.02, "batches_per_epoch": 5},
    ).fit(ratings)
    same = BiasModel(user_shrinkage=3, movie_shrinkage=3, n_iterations=200).fit(ratings)
    np.testing.assert_allclose(
        all_predictions(model, ratings), all_predictions(same, ratings), atol=0.005
    )


def test_one_factor_is_a_vector_too(ratings):
    model = KerasFactors(**{**QUICK, "n_factors": 1}).fit(ratings)
    assert np.all(model.movie_factors_ != 0)


def test_a_table_of_rank_one_is_learned_to_the_last_star():
    rng = np.random.default_rng(1)
    stars = 3 + np.outer(rng.choice([-1, 1], 12), rng.choice([-1.5, 1.5], 16))
    model = KerasFactors(
        **{"n_factors": 2, "factor_l2": 0.01, "bias_l2": 0.01},
        **{"n_epochs": 40, "learning_rate": 0.1, "batches_per_epoch": 4},
    ).fit(frame(stars))
    assert rmse(frame(stars)["rating"], all_predictions(model, frame(stars))) < 0.05


def test_the_parts_that_are_kept_add_up_to_the_prediction(fitted, ratings):
    known = fitted.interactions_
    u = known.users.rows(ratings["user_id"])
    i = known.movies.rows(ratings["movie_id"])
    dots = np.sum(fitted.user_factors_[u] * fitted.movie_factors_[i], axis=1)
    added = fitted.mean_ + fitted.user_biases_[u] + fitted.movie_biases_[i] + dots
    np.testing.assert_allclose(all_predictions(fitted, ratings), added, rtol=1e-5)


def test_recommended_are_the_highest_predictions(fitted):
    best = fitted.recommend(3, n=30, exclude_seen=False)
    asked = fitted.predict(np.full(30, 3), best["movie_id"])
    np.testing.assert_allclose(best["score"].clip(0.5, 5), asked, rtol=1e-5)


def test_an_unknown_user_gets_the_mean_and_the_movies_bias(fitted):
    row = fitted.interactions_.movies.rows(105)
    assert fitted.predict([999], [105])[0] == pytest.approx(
        fitted.mean_ + fitted.movie_biases_[row], rel=1e-5
    )


def test_an_unknown_pair_gets_the_mean(fitted):
    assert fitted.predict([999], [999])[0] == pytest.approx(fitted.mean_)


def test_a_movie_without_ratings_gets_what_its_genre_and_year_say(ratings, movies):
    model = KerasFactors(movies=movies, **QUICK).fit(ratings)
    # 131 and 117 have the same genre and year; only 117 has ratings.
    assert movies.set_index("movie_id")["year"][[131, 117]].nunique() == 1
    user = 5
    assert model.predict([user], [131]) != model.predict([user], [999])
    assert 131 in set(model.recommend(user, n=99)["movie_id"])


def test_ratings_of_a_movie_that_is_not_in_the_table_are_refused(ratings, movies):
    with pytest.raises(UnknownIdError, match="110"):
        KerasFactors(movies=movies[movies["movie_id"] != 110], **QUICK).fit(ratings)


def test_movies_have_vectors_with_titles(fitted):
    titles = pd.Series({i: f"Movie {i}" for i in range(101, 131)})
    vectors = fitted.movie_vectors(titles)
    assert vectors.matrix.shape == (30, 4)
    assert vectors.titles[0] == "Movie 101"


@pytest.mark.parametrize("kinds", [("int32", "object"), ("Int64", "uint16")])
def test_ids_of_any_whole_kind_are_understood(kinds, fitted, ratings):
    odd = ratings.astype(dict(zip(("user_id", "movie_id"), kinds, strict=True)))
    model = KerasFactors(**QUICK).fit(odd)
    np.testing.assert_allclose(
        all_predictions(model, odd), all_predictions(fitted, ratings), rtol=1e-5
    )


def test_the_index_of_the_frame_does_not_matter(fitted, ratings):
    turned = ratings.set_index(ratings.index[::-1] + 1000)
    model = KerasFactors(**QUICK).fit(turned)
    np.testing.assert_array_equal(model.movie_factors_, fitted.movie_factors_)


def test_a_single_rating_is_enough_to_fit():
    one = pd.DataFrame({"user_id": [1], "movie_id": [101], "rating": [4.0]})
    assert KerasFactors(**QUICK, with_sets=True).fit(one).predict([1], [101])[0] > 3.5


def test_a_pair_that_was_rated_twice_is_refused(ratings):
    twice = pd.concat([ratings, ratings[:1]])
    with pytest.raises(ValueError, match=str(ratings["movie_id"].iloc[0])):
        KerasFactors(**QUICK).fit(twice)


# --- training -----------------------------------------------------------------------


def test_the_history_has_the_error_of_both_kinds_of_rows(watched):
    assert {"loss", "rmse", "val_loss", "val_rmse"} <= set(watched.history_)
    assert watched.history_.index.tolist() == [1, 2]


def test_the_validation_error_is_that_of_the_predictions(watched, ratings):
    valid = ratings[200:]
    known = valid["movie_id"].isin(ratings[:200]["movie_id"])
    assert known.all()
    assert watched.history_["val_rmse"].iloc[-1] == pytest.approx(
        rmse(valid["rating"], all_predictions(watched, valid)), rel=1e-3
    )


def test_nothing_is_learned_from_the_validation_rows(watched, ratings):
    without = KerasFactors(**QUICK).fit(ratings[:200])
    np.testing.assert_array_equal(watched.movie_factors_, without.movie_factors_)


def test_it_stops_early_and_goes_back_to_the_best(ratings):
    rng = np.random.default_rng(0)
    noise = ratings.assign(rating=rng.integers(1, 11, len(ratings)) / 2)
    model = KerasFactors(
        **{"factor_l2": 0, "bias_l2": 0, "n_epochs": 40, "learning_rate": 0.1},
        patience=2,
    ).fit(noise[:200], noise[200:])
    history = model.history_["val_rmse"]
    assert len(history) < 40
    assert history.idxmin() == len(history) - 2
    asked = model.model_.evaluate(
        [noise[200:][c].to_numpy() for c in ("user_id", "movie_id")],
        noise[200:]["rating"].to_numpy(),
        verbose=0,
        return_dict=True,
    )
    assert asked["rmse"] == pytest.approx(history.min(), rel=1e-5)


def test_to_stop_early_it_needs_rows_to_watch(ratings):
    with pytest.raises(ValueError, match="patience"):
        KerasFactors(patience=3, **QUICK).fit(ratings)


def test_the_learning_rate_falls_to_zero(fitted):
    assert float(fitted.model_.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_a_callback_is_told_of_each_epoch(ratings):
    keras = load_keras()
    seen = []
    count = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: seen.append(e))
    KerasFactors(**QUICK).fit(ratings, callbacks=[count])
    assert seen == [0, 1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_factors", 0),
        ("n_epochs", 1.5),
        ("batches_per_epoch", 0),
        ("learning_rate", 0),
        ("patience", 0),
        ("seed", -1),
        ("factor_l2", -1),
        ("bias_l2", np.nan),
        ("feature_l2", "much"),
        ("set_l2", np.inf),
    ],
)
def test_a_setting_that_cannot_be_is_named(name, value, ratings):
    with pytest.raises(ValueError, match=name):
        KerasFactors(**{name: value}).fit(ratings)


@pytest.mark.parametrize(("name", "value"), [("dropout", 1.0), ("n_hidden", 0)])
def test_a_setting_of_the_network_that_cannot_be_is_named(name, value, ratings):
    with pytest.raises(ValueError, match=name):
        KerasNetwork(**{name: value}).fit(ratings)


# --- the same numbers twice ---------------------------------------------------------

each_model = pytest.mark.parametrize("name", MODELS)


@each_model
def test_another_seed_gives_other_numbers(name, models, ratings):
    other = replace(MODELS[name], seed=1).fit(ratings)
    assert not np.array_equal(
        all_predictions(other, ratings), all_predictions(models[name], ratings)
    )


OTHER_PROCESS = f"""
import sys, pandas as pd
from recsys_helpers.methods.collaborative import *
print(predict_ratings(load_rating_model(sys.argv[2]), [3, 999], [105, 131]))
ratings, quick = pd.read_csv(sys.argv[1]), {QUICK}
for model in KerasFactors(with_sets=True, **quick), KerasNetwork(**quick):
    print(model.fit(ratings).movie_factors_.tobytes().hex())
"""


def test_another_process_learns_the_same_and_loads_what_was_saved(
    tmp_path, models, ratings, movies
):
    ratings.to_csv(tmp_path / "ratings.csv", index=False)
    saved = KerasFactors(movies=movies, with_sets=True, **QUICK).fit(ratings)
    saved.save(tmp_path / "stars.keras")
    other_hashes = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    files = [tmp_path / "ratings.csv", tmp_path / "stars.keras"]
    other = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, *files],
        env={**os.environ, "PYTHONHASHSEED": other_hashes},
        capture_output=True,
        text=True,
    )
    learned = [models[n].movie_factors_.tobytes().hex() for n in ("sets", "network")]
    predicted = str(saved.predict([3, 999], [105, 131]))
    assert other.stdout.splitlines() == [predicted, *learned], other.stderr


def test_a_fit_leaves_the_random_numbers_of_others_alone(ratings):
    before = random.getstate(), np.random.get_state()[1].tolist()
    KerasNetwork(**QUICK).fit(ratings)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


# --- save and load ------------------------------------------------------------------


@each_model
def test_a_loaded_model_predicts_the_same(name, models, ratings, tmp_path):
    models[name].save(tmp_path / "stars.keras")
    loaded = load_rating_model(tmp_path / "stars.keras")
    np.testing.assert_array_equal(
        predict_ratings(loaded, ratings["user_id"], ratings["movie_id"]),
        all_predictions(models[name], ratings),
    )


def test_saving_again_replaces_the_file(fitted, models, tmp_path):
    path = tmp_path / "stars.keras"
    models["sets"].save(path)
    fitted.save(path)
    assert predict_ratings(load_rating_model(path), [1], [101]) == fitted.predict(
        [1], [101]
    )
    assert os.listdir(tmp_path) == ["stars.keras"]


def test_a_save_that_fails_loses_nothing(fitted, tmp_path, monkeypatch):
    path = tmp_path / "stars.keras"
    fitted.save(path)
    before = path.read_bytes()

    def fail(target):
        target.write_bytes(b"half of")
        raise OSError("No space left on device")

    monkeypatch.setattr(fitted.model_, "save", fail)
    with pytest.raises(OSError, match="No space"):
        fitted.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["stars.keras"]


def test_a_model_is_saved_as_keras(fitted, tmp_path):
    with pytest.raises(ValueError, match=r"stars\.h5"):
        fitted.save(tmp_path / "stars.h5")


def test_a_model_is_saved_in_a_folder_that_there_is(fitted, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        fitted.save(tmp_path / "nowhere" / "stars.keras")


def test_what_has_not_learned_cannot_be_saved(tmp_path):
    with pytest.raises(NotFittedError):
        KerasFactors().save(tmp_path / "stars.keras")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"stars\.keras"):
        load_rating_model(tmp_path / "stars.keras")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(kept, fitted, tmp_path):
    path = tmp_path / "stars.keras"
    fitted.save(path)
    whole = path.read_bytes()
    size = kept if isinstance(kept, int) else int(kept * len(whole))
    path.write_bytes(whole[:size])
    with pytest.raises(ValueError, match=r"stars\.keras"):
        load_rating_model(path)


def test_an_archive_of_something_else_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    (tmp_path / "stars.keras").write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match=r"stars\.keras"):
        load_rating_model(tmp_path / "stars.keras")


def test_a_file_that_holds_code_is_refused(tmp_path):
    keras = load_keras()
    inputs = keras.Input((1,))
    evil = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs))
    evil.save(tmp_path / "evil.keras")
    with pytest.raises(ValueError, match=r"evil\.keras.* code"):
        load_rating_model(tmp_path / "evil.keras")
