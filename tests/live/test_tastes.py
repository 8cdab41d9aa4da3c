"""What a page computes from the files, against the methods that they were made from.

The page lists films of the catalogue alone, rounded to 8 bits, and EASE without its
small weights. So lists are compared by how many of ten films they share.
"""

import numpy as np
import pytest
from live_data import LiveData, best_films, unpacked

from recsys_helpers.live.tastes import (
    als_numbers,
    ease_rows,
    tastes_part,
    towers_numbers,
)

N_USERS = 40
# Measured here: 8.8, 10.0 and 9.9. On `small`: `benchmarks/live_precision.py`.
SHARED = {"ease": 8.5, "als": 9.5, "towers": 9.5}


@pytest.fixture(scope="module")
def users(live, live_methods):
    """Five to twenty ratings of some users, with a like among them, by film."""
    rng = np.random.default_rng(0)
    position = {movie: film for film, movie in enumerate(live.movie_ids)}
    ratings = live_methods.data.ratings
    ratings = ratings[ratings["movie_id"].isin(position)]
    found = []
    for _, theirs in ratings.groupby("user_id"):
        some = theirs.sample(min(len(theirs), rng.integers(5, 21)), random_state=0)
        if (some["rating"] >= 4).any():
            films = some["movie_id"].map(position)
            found.append(dict(zip(films, some["rating"], strict=True)))
    return found[:N_USERS]


def python_scores(live, method, ratings):
    """Scores that the method gives the films, seen ones included."""
    listed = method.recommend_to(new_ratings(live, ratings), 99_999, exclude_seen=False)
    return listed.set_index("movie_id")["score"].loc[live.movie_ids].to_numpy()


def new_ratings(live, ratings):
    return {
        "movie_id": live.movie_ids[list(ratings)],
        "rating": list(ratings.values()),
    }


@pytest.mark.parametrize("name", ["ease", "als", "towers"])
def test_new_users_get_the_lists_of_the_method(live, live_methods, users, name):
    method, scores_of = getattr(live_methods, name), getattr(live, f"{name}_scores")
    shared = []
    for ratings in users:
        ours = best_films(scores_of(ratings), ratings)
        expected = best_films(python_scores(live, method, ratings), ratings)
        shared.append(len(np.intersect1d(ours, expected)))
    assert len(shared) == N_USERS
    assert np.mean(shared) >= SHARED[name]


def test_all_weights_of_ease_give_its_scores(live, live_methods, users):
    n_films = len(live.movie_ids)
    rows = ease_rows(live_methods.ease, live.movie_ids, n_weights=n_films)
    tastes = {"likeThreshold": 4.0, "ease": rows}
    live = LiveData(live.manifest, live.catalogue, {}, tastes, {})
    for ratings in users[:5]:
        expected = python_scores(live, live_methods.ease, ratings)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(
            live.ease_scores(ratings), expected, atol=0.02 * scale
        )


def test_ease_keeps_its_largest_weights_where_few_have_room(live, live_methods):
    rows = ease_rows(live_methods.ease, live.movie_ids, n_weights=1)
    starts = unpacked(rows["starts"], "u32")
    assert (starts[0], starts[-1]) == (0, len(live.movie_ids))
    kept = unpacked(rows["weights"], "i8")
    assert len(kept) == starts[-1]
    # The largest of a film is 127, whatever its scale.
    assert np.abs(kept).max() == 127


@pytest.mark.parametrize(
    ("name", "numbers"), [("als", als_numbers), ("towers", towers_numbers)]
)
def test_sixteen_bits_give_the_scores_of_the_method(
    live, live_methods, users, name, numbers
):
    method = getattr(live_methods, name)
    tastes = {name: numbers(method, live.movie_ids, bits=16)}
    live = LiveData(live.manifest, live.catalogue, {}, tastes, {})
    for ratings in users[:5]:
        found = getattr(live, f"{name}_scores")(ratings)
        expected = python_scores(live, method, ratings)
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_features_of_a_new_user_are_those_of_the_towers(live, live_methods, users):
    for ratings in users[:5]:
        described = live_methods.towers.describe(new_ratings(live, ratings)).iloc[0]
        found = live.tastes_of(ratings)
        assert set(found) == set(described.dropna().index)
        for name, value in found.items():
            assert value == pytest.approx(described[name], abs=1e-5), name


@pytest.mark.parametrize(
    "likes", [{}, {"Comedy": 2.0}, {"Horror": -1.5, "Drama": 1.0, "newer": 2.0}]
)
def test_sliders_give_the_scores_of_the_towers(live, live_methods, likes):
    listed = live_methods.towers.recommend_by_likes(likes, n=99_999)
    expected = listed.set_index("movie_id")["score"].loc[live.movie_ids]
    np.testing.assert_allclose(live.scores_by_likes(likes), expected, atol=0.02)


def test_there_is_a_slider_for_all_that_can_be_liked(live, live_methods):
    sliders = [slider["what"] for slider in live.tastes["towers"]["sliders"]]
    for what in sliders:
        live_methods.towers.describe_likes({what: 1.0})
    with pytest.raises(ValueError, match=", ".join(sliders)):
        live_methods.towers.describe_likes({"nothing of the kind": 1.0})


def test_the_tower_of_the_page_is_a_network(live):
    first, last = live.tastes["towers"]["layers"]
    assert (first["activation"], last["activation"]) == ("relu", "linear")
    assert first["nIn"] == 2 * len(live.tastes["towers"]["encoder"]["columns"])
    assert last["nOut"] == live.tastes["towers"]["nFactors"]


def test_the_numbers_are_the_same_each_time(live, live_methods):
    assert tastes_part(live_methods) == live.tastes
