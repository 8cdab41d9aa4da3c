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
def small(data):
    return load_movielens(data.manifest["edition"])


@pytest.fixture(scope="module")
def ease(small):
    return Ease().fit(small.ratings)


@pytest.fixture(scope="module")
def als(small):
    return Als(**CHOSEN_ALS).fit(small.ratings)


@pytest.fixture(scope="module")
def towers(small):
    reproducible_keras(seed=0)
    towers = RetrievalTowers(movies=small.movies, with_ids=False, hidden=TOWERS_HIDDEN)
    return towers.fit(small.ratings)


def ratings_of(data, taste):
    """Give a taste as film to stars, and as the methods take a new user's ratings."""
    ratings = page.of_titles(data, page.TASTES[taste])
    movie_ids = data.movie_ids[list(ratings)].tolist()
    return ratings, {"movie_id": movie_ids, "rating": list(ratings.values())}


def list_on_page(method, ratings, tab, address, data):
    page.keep(tab, data, ratings)
    page.start(tab, address, "ratings")
    (films,) = tab.evaluate(
        "id => fiveWays.ratingLists.filter(x => x.id === id).map(x => x.films)", method
    )
    return data.movie_ids[films]


def in_catalogue(movie_ids, data, n=10):
    """Leave out what the page does not know, and give the first n."""
    return [movie for movie in movie_ids if movie in set(data.movie_ids.tolist())][:n]


def shared(one, other):
    return len(set(np.asarray(one).tolist()) & set(np.asarray(other).tolist()))


@pytest.mark.parametrize("taste", LIKED)
def test_ease_on_the_page_recommends_as_in_python(taste, ease, tab, address, data):
    ratings, _ = ratings_of(data, taste)
    liked = [film for film, stars in ratings.items() if stars >= ease.like_threshold]
    known = ease.interactions_.movies
    likes = np.zeros(len(known))
    likes[known.rows(data.movie_ids[liked])] = 1
    scores = np.array(
        [ease.weights_of(int(movie)) @ likes for movie in data.movie_ids.tolist()]
    )
    scores[list(ratings)] = -np.inf
    expected = data.movie_ids[np.argsort(-scores, kind="stable")[:10]]
    found = list_on_page("ease", ratings, tab, address, data)
    assert shared(found, expected) >= SHARED["ease"]


@pytest.mark.parametrize("taste", LIKED)
@pytest.mark.parametrize("method", ["als", "towers"])
def test_the_page_recommends_to_a_new_user_as_python_does(
    method, taste, request, tab, address, data
):
    ratings, new_user = ratings_of(data, taste)
    best = request.getfixturevalue(method).recommend_to(new_user, n=200)
    expected = in_catalogue(best["movie_id"].tolist(), data)
    found = list_on_page(method, ratings, tab, address, data)
    assert shared(found, expected) >= SHARED[method]


@pytest.mark.parametrize("case", page.SLIDERS)
def test_sliders_on_the_page_recommend_as_python_does(case, towers, tab, address, data):
    likes = page.SLIDERS[case]
    best = towers.recommend_by_likes(likes, n=200)
    expected = in_catalogue(best["movie_id"].tolist(), data)
    page.start(tab, address, "sliders")
    page.move_sliders(tab, likes)
    found = data.movie_ids[tab.evaluate("fiveWays.sliderList.films")]
    assert shared(found, expected) >= SHARED["towers"]
