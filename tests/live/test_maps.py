"""Near vectors are near points, and films without a vector are on no map."""

import numpy as np
import pytest
from live_data import NOTHING, unpacked

from recsys_helpers.live.catalogue import vectors_of_films
from recsys_helpers.live.maps import MAPPED, on_plane
from recsys_helpers.vectors.nearest import nearest_rows


@pytest.fixture(scope="module")
def places(live):
    """Places on the maps, shape (n_maps, n_films, 2)."""
    assert [method["id"] for method in live.map["methods"]] == list(MAPPED)
    shape = len(MAPPED), live.n
    return np.dstack([unpacked(live.map[axis], "u16", *shape) for axis in "xy"])


def two_groups():
    """Forty vectors: the first half point one way, the others another."""
    noise = np.random.default_rng(0).normal(0, 0.05, (40, 5))
    return noise + np.repeat(np.eye(5)[:2], 20, axis=0)


def test_near_vectors_are_near_points():
    points = on_plane(two_groups())
    rows, _ = nearest_rows(
        points, points, 5, "euclidean", exclude=np.arange(40)[:, None]
    )
    assert ((rows < 20) == (np.arange(40) < 20)[:, None]).all()


def test_the_same_vectors_get_the_same_points():
    np.testing.assert_array_equal(on_plane(two_groups()), on_plane(two_groups()))


def test_each_map_fills_the_square_in_one_direction(places):
    for of_map in places:
        on_it = of_map[of_map[:, 0] != NOTHING]
        assert (np.ptp(on_it, axis=0).max(), on_it.min(), on_it.max()) == (
            NOTHING - 1,
            0,
            NOTHING - 1,
        )


def test_films_without_a_vector_are_not_on_the_map(places, live_methods):
    for name, of_map in zip(MAPPED, places, strict=True):
        found, _ = vectors_of_films(live_methods.vectors[name], live_methods.movie_ids)
        on_it = (of_map != NOTHING).all(axis=1)
        assert np.flatnonzero(on_it).tolist() == found.tolist()
