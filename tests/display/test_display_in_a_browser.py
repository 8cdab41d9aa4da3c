"""A strip as a reader sees it, in the browser of `test_site`."""

import io

import numpy as np
import pandas as pd
import pytest
import test_site
from matplotlib import image

from recsys_helpers.display import poster_strip

pytestmark = pytest.mark.site

# The fixtures of the pages' tests, with their rules for when there is no browser.
browser, tab = test_site.browser, test_site.tab

MOVIES = pd.DataFrame({"title": ["Heat (1995)"], "genres": [("Crime", "Thriller")]})
RED = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='140' "
    "height='210'%3E%3Crect width='140' height='210' fill='red'/%3E%3C/svg%3E"
)


def picture(tab, url):
    """Take a picture of the only poster of a strip, once its image has come or not."""
    tab.route("https://image.tmdb.org/**", lambda route: route.abort())
    tab.set_content(poster_strip(MOVIES, poster_urls=[url]).html)
    test_site.wait_until_drawn(tab)
    return image.imread(io.BytesIO(tab.locator(".rh-poster").screenshot()))


@pytest.mark.parametrize(
    "url", ["https://image.tmdb.org/gone.jpg", "data:image/png;base64,broken"]
)
def test_a_poster_that_does_not_load_looks_like_its_card(tab, url):
    difference = np.abs(picture(tab, url) - picture(tab, None))
    # Of 1; at the round corner an edge that is drawn twice is a shade darker.
    assert difference.max() < 0.2


def test_a_poster_that_loads_covers_its_card(tab):
    assert (np.abs(picture(tab, RED) - [1, 0, 0]).max(axis=2)[20:-20] < 0.01).all()
