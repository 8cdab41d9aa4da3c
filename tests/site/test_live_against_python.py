"""The live page recommends what the Python methods do: in the browser, on real data.

The page's vectors and weights are rounded, and of EASE it has the largest weights only.
So the lists may differ in their last films, and a bound is set on how much.
"""

import numpy as np
import pytest
import test_live_page as page

from recsys_helpers.datasets import load_movielens
from recsys_helpers.live.methods import TOWERS_HIDDEN
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.two_tower import RetrievalTowers
from recsys_helpers.nn import reproducible_keras

pytestmark = pytest.mark.site

data = page.data
# Of the ten films of a list, the page and Python have at least so many in common.
SHARED = {"ease": 8, "als": 9, "towers": 9}
LIKED = [name for name in page.TASTES if name != "nothing liked"]


@pytest.fixture(scope="module")
def movielens(data):
    return load_movielens(data.manifest["edition"])


@pytest.fixture(scope="module")
def ease(movielens):
    return Ease().fit(movielens.ratings)


@pytest.fixture(scope="module")
def als(movielens):
    return Als(**CHOSEN_ALS).fit(movielens.ratings)


@pytest.fixture(scope="module")
def towers(movielens):
    reproducible_keras(seed=0)
    towers = RetrievalTowers(
        movies=movielens.movies, with_ids=False, hidden=TOWERS_HIDDEN
    )
    return towers.fit(movielens.ratings)


def ratings_of(data, taste):
    """Give a taste as film to stars, and as the methods take a new user's ratings."""
    ratings = page.of_titles(data, page.TASTES[taste])
    movie_ids = data.movie_ids[list(ratings)].tolist()
    return ratings, {"movie_id": movie_ids, "rating": list(ratings.values())}


def lists_on_page(ratings, tab, address, data):
    """Give the films of each list, by method, for a reader with these ratings."""
    page.keep(tab, data, ratings)
    page.start(tab, address, "ratings")
    lists = tab.evaluate("fiveWays.ratingLists.map(({id, films}) => [id, films])")
    return {method: data.movie_ids[films] for method, films in lists}


def in_catalogue(movie_ids, data, n=10):
    """Leave out what the page does not know, and give the first n."""
    return [movie for movie in movie_ids if movie in set(data.movie_ids.tolist())][:n]


def shared(one, other):
    return len(set(np.asarray(one).tolist()) & set(np.asarray(other).tolist()))


def best_of_ease(ease, ratings, data):
    """Give the best ten films of the page for who likes these."""
    liked = [film for film, stars in ratings.items() if stars >= ease.like_threshold]
    known = ease.interactions_.movies
    likes = np.zeros(len(known))
    likes[known.rows(data.movie_ids[liked])] = 1
    scores = np.array(
        [ease.weights_of(int(movie)) @ likes for movie in data.movie_ids.tolist()]
    )
    scores[list(ratings)] = -np.inf
    return data.movie_ids[np.argsort(-scores, kind="stable")[:10]]


@pytest.mark.parametrize("taste", LIKED)
def test_the_page_recommends_to_a_new_user_as_python_does(
    taste, ease, als, towers, tab, address, data
):
    ratings, new_user = ratings_of(data, taste)
    expected = {"ease": best_of_ease(ease, ratings, data)}
    for name, method in (("als", als), ("towers", towers)):
        best = method.recommend_to(new_user, n=200)
        expected[name] = in_catalogue(best["movie_id"].tolist(), data)
    found = lists_on_page(ratings, tab, address, data)
    n_shared = {name: shared(found[name], best) for name, best in expected.items()}
    assert {n for n in SHARED if n_shared[n] < SHARED[n]} == set(), n_shared


@pytest.mark.parametrize("case", page.SLIDERS)
def test_sliders_on_the_page_recommend_as_python_does(case, towers, tab, address, data):
    likes = page.SLIDERS[case]
    best = towers.recommend_by_likes(likes, n=200)
    expected = in_catalogue(best["movie_id"].tolist(), data)
    page.start(tab, address, "sliders")
    page.move_sliders(tab, likes)
    found = data.movie_ids[tab.evaluate("fiveWays.sliderList.films")]
    assert shared(found, expected) >= SHARED["towers"]
