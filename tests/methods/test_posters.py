"""Vectors of movies from their posters."""

import numpy as np
import pandas as pd
import pytest
from tiny_backbone import BLUE, GREEN, RED, plain, tiny_backbone

from recsys_helpers.images import UnreadableImageError
from recsys_helpers.methods._base import NotFittedError
from recsys_helpers.methods.posters import PosterMethod
from recsys_helpers.posters import draw_posters


@pytest.fixture
def backbone():
    return tiny_backbone()


@pytest.fixture
def movies():
    return pd.DataFrame({"movie_id": [7, 3, 5], "title": ["Seven", "Three", "Five"]})


def test_posters_of_one_colour_are_near(movies, backbone):
    posters = {5: plain((250, 10, 10)), 7: plain(RED), 3: plain(BLUE)}
    method = PosterMethod(describe=backbone).fit(movies, posters)
    assert method.movie_vectors().neighbours(7, 1)["movie_id"].item() == 5


def test_posters_can_come_in_the_order_of_the_movies(movies, backbone):
    posters = [plain(RED), plain(BLUE), plain(GREEN)]
    in_order = PosterMethod(describe=backbone).fit(movies, iter(posters))
    by_id = PosterMethod(describe=backbone).fit(
        movies, dict(zip([7, 3, 5], posters, strict=True))
    )
    np.testing.assert_array_equal(
        in_order.movie_vectors().matrix, by_id.movie_vectors().matrix
    )


def test_movies_without_a_poster_can_be_left_out_and_are_listed(movies, backbone):
    method = PosterMethod(describe=backbone, options={"on_error": "skip"})
    method.fit(movies, {7: plain(RED), 3: b"x"})
    assert method.movie_vectors().movie_ids.tolist() == [7]
    assert method.skipped_["movie_id"].tolist() == [3, 5]
    assert method.skipped_["reason"].str.len().min() > 10


def test_a_missing_poster_is_an_error_unless_it_may_be_skipped(movies, backbone):
    with pytest.raises(UnreadableImageError):
        PosterMethod(describe=backbone).fit(movies, {7: plain(RED)})


@pytest.mark.parametrize("n", [2, 4])
def test_more_or_fewer_posters_than_movies_are_refused(movies, backbone, n):
    with pytest.raises(ValueError, match="3 movies"):
        PosterMethod(describe=backbone).fit(movies, [plain(RED)] * n)


def test_a_frame_without_ids_is_refused(backbone):
    with pytest.raises(ValueError, match="movie_id"):
        PosterMethod(describe=backbone).fit(pd.DataFrame({"title": ["Heat"]}), [])


def test_vectors_are_not_there_before_fit(backbone):
    with pytest.raises(NotFittedError):
        PosterMethod(describe=backbone).movie_vectors()


def test_options_reach_the_features(movies, backbone):
    method = PosterMethod(describe=backbone, options={"pooling": "flatten"})
    posters = draw_posters(movies, size=(20, 30))
    assert method.fit(movies, posters).movie_vectors().n_dimensions == 12
