"""Where on a poster a network sees something."""

import numpy as np
import pytest
from tiny_backbone import RED, plain, tiny_backbone

from recsys_helpers.images import extract_features, standardised
from recsys_helpers.images.heatmaps import activation_map, heat_over, similarity_map
from recsys_helpers.posters import draw_poster


@pytest.fixture
def backbone():
    return tiny_backbone()


def test_the_parts_of_a_similarity_add_up_to_the_cosine_that_lists_go_by(backbone):
    titles = ("Heat", "Ronin", "Up", "Alien")
    images = [draw_poster(title, ("War",)) for title in titles]
    features = extract_features(images, backbone).matrix
    parts = similarity_map(images[0], images[1], backbone, features)
    one, two = standardised(features)[:2]
    cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
    assert parts.shape == (2, 2)
    assert parts.sum() == pytest.approx(cosine, abs=1e-4)


def test_a_map_shows_where_a_layer_responds(backbone):
    image = plain((0, 0, 0), (40, 40))
    image.paste(RED, (20, 0, 40, 20))
    responds = activation_map(image, backbone)
    assert responds.shape == (2, 2)
    assert np.unravel_index(responds.argmax(), responds.shape) == (0, 1)


def test_heat_lies_where_the_map_is_large_and_not_on_the_padding():
    image = plain((100, 100, 100), (40, 80))
    shown = heat_over(image, np.float32([[0, 1], [0, 1]]))
    assert shown.size == image.size
    red = np.asarray(shown)[..., 0].astype(int)
    assert red[:, -1].mean() > red[:, 0].mean() + 10
    flat = np.asarray(heat_over(image, np.zeros((2, 2))))
    assert (flat == 100).all()
    with pytest.raises(ValueError, match="NaN"):
        heat_over(image, np.float32([[0, np.nan]]))
