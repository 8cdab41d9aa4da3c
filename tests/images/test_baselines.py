"""What there is without a network, and the question with a known answer."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tiny_backbone import BLUE, RED, plain

from recsys_helpers.datasets import load_movielens
from recsys_helpers.images import extract_features, standardised
from recsys_helpers.images.backbones import load_backbone
from recsys_helpers.images.baselines import (
    colour_histograms,
    genre_agreement,
    movies_for_the_task,
    thumbnails,
)
from recsys_helpers.posters import draw_poster, draw_posters

# Colours and thumbnails


def test_a_histogram_has_the_root_of_each_colours_share():
    half = plain(RED, (4, 4))
    half.paste(BLUE, (0, 0, 4, 3))
    (row,) = colour_histograms([half], n_levels=2).matrix
    assert row.tolist() == pytest.approx([0, np.sqrt(0.75), 0, 0, 0.5, 0, 0, 0])


def test_a_histogram_does_not_know_where_a_colour_is():
    image = draw_poster("Heat", ("Crime",), size=(40, 60))
    turned = image.transpose(Image.Transpose.ROTATE_180)
    one, other = colour_histograms([image, turned]).matrix
    np.testing.assert_array_equal(one, other)


def test_a_thumbnail_is_small_and_less_its_mean():
    rows = thumbnails([plain(RED), draw_poster("Heat")]).matrix
    assert rows.shape == (2, 16 * 24 * 3)
    assert rows.mean(axis=1) == pytest.approx([0, 0], abs=1e-6)


def test_baselines_leave_out_and_list_what_they_cannot_read():
    for describe in (colour_histograms, thumbnails):
        features = describe([b"x", plain(RED)], on_error="skip")
        assert features.positions.tolist() == [1]
        assert list(features.unreadable) == [0]


# The question with a known answer


@pytest.fixture(scope="module")
def task():
    return movies_for_the_task(load_movielens("small").movies, per_genre=4, seed=1)


def test_the_task_has_as_many_movies_of_each_genre(task):
    assert set(task["genre"].value_counts()) == {4}
    assert task["genre"].nunique() == 12


def test_the_task_depends_on_its_seed(task):
    movies = load_movielens("small").movies
    again = movies_for_the_task(movies, per_genre=4, seed=1)
    assert again["movie_id"].tolist() == task["movie_id"].tolist()
    other = movies_for_the_task(movies, per_genre=4, seed=2)
    assert other["movie_id"].tolist() != task["movie_id"].tolist()


def test_agreement_of_perfect_features_is_one(task):
    perfect = pd.get_dummies(task["genre"]).to_numpy(float)
    assert genre_agreement(perfect, task["genre"], 3).mean() == 1


def test_agreement_needs_a_genre_for_each_row():
    with pytest.raises(ValueError, match="2 rows and 1 genres"):
        genre_agreement(np.eye(2), ["War"])


def test_colours_do_not_give_the_genre_away_and_a_trained_network_finds_it(task):
    posters = list(draw_posters(task, wear=True))
    colours = standardised(colour_histograms(posters).matrix)
    network = standardised(extract_features(posters, load_backbone()).matrix)
    assert genre_agreement(colours, task["genre"], 3).mean() < 0.4
    assert genre_agreement(network, task["genre"], 3).mean() > 0.8
