import numpy as np
import pandas as pd
import pytest

from recsys_helpers.methods.two_tower import RetrievalTowers
from recsys_helpers.methods.two_tower.form import taste_form

MOVIES = pd.DataFrame(
    {
        "movie_id": range(1, 13),
        "title": ["<img onerror> War", *(f"A film {n}" for n in range(2, 13))],
        "genres": [*[("War",)] * 6, *[("Comedy",)] * 6],
        "year": 1990,
    }
)


@pytest.fixture(scope="module")
def model():
    """Odd users watch and like war, even ones comedy."""
    users, movies = np.meshgrid(range(1, 31), range(1, 13), indexing="ij")
    ratings = pd.DataFrame({"user_id": users.ravel(), "movie_id": movies.ravel()})
    likes = (ratings["user_id"] % 2 == 1) == (ratings["movie_id"] <= 6)
    ratings["rating"] = np.where(likes, 5.0, 1.0)
    seen = likes | (np.random.default_rng(0).random(len(ratings)) < 0.2)
    settings = {"with_ids": False, "n_factors": 4, "batch_size": 20, "n_epochs": 10}
    return RetrievalTowers(movies=MOVIES, **settings, learning_rate=0.03).fit(
        ratings[seen]
    )


@pytest.fixture
def form(model):
    return taste_form(model, MOVIES, ["War", "Comedy"], n=3)


def sliders_and_list(form):
    *sliders, listed = form.children
    return {slider.description: slider for slider in sliders}, listed


def test_there_is_a_slider_for_each_wish_and_all_are_unknown(form):
    sliders, listed = sliders_and_list(form)
    assert list(sliders) == ["War", "Comedy"]
    assert {slider.value for slider in sliders.values()} == {"?"}
    assert listed.value.count("<tr") == 1 + 3


def test_moving_a_slider_changes_the_list(form, model):
    sliders, listed = sliders_and_list(form)
    sliders["Comedy"].value = 2.0
    sliders["War"].value = -2.0
    best = model.recommend_by_likes({"Comedy": 2.0, "War": -2.0}, n=3)["movie_id"]
    assert set(best) < set(range(7, 13))
    shown = MOVIES.set_index("movie_id")["title"][best]
    assert all(f">{title}<" in listed.value for title in shown)


def test_back_to_unknown_is_as_at_first(form):
    sliders, listed = sliders_and_list(form)
    first = listed.value
    sliders["War"].value = 2.0
    sliders["War"].value = "?"
    assert listed.value == first


def test_a_title_is_text_and_no_markup(model):
    _, listed = sliders_and_list(taste_form(model, MOVIES, ["War"], n=12))
    assert "&lt;img onerror&gt; War" in listed.value
    assert "<img" not in listed.value


def test_what_cannot_be_liked_is_named(model):
    with pytest.raises(ValueError, match="'Opera'"):
        taste_form(model, MOVIES, ["Opera"])


def test_without_ipywidgets_it_says_what_to_install(model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    with pytest.raises(ImportError, match="ipywidgets"):
        taste_form(model, MOVIES, ["War"])
