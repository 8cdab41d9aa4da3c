"""Films on a plane, so that near vectors are near points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.live._arrays import NOTHING, packed
from recsys_helpers.live.catalogue import vectors_of_films
from recsys_helpers.live.methods import METHODS, LiveMethods
from recsys_helpers.vectors.nearest import unit_rows

MAPPED = ("als", "towers", "entities")
AXES = (
    "Near points are near vectors (t-SNE). Directions, and distances between groups, "
    "mean nothing."
)
# With the principal components alone it is quicker, and as good a map.
N_COMPONENTS = 30
PERPLEXITY = 30
# Half of scikit-learn's default: as many neighbours are kept, in half the time.
N_ITERATIONS = 500


def map_part(methods: LiveMethods) -> dict:
    """Give each film a place on the map of each method in `MAPPED`."""
    places = np.full((len(MAPPED), len(methods.movie_ids), 2), NOTHING)
    for place, name in zip(places, MAPPED, strict=True):
        found, matrix = vectors_of_films(methods.vectors[name], methods.movie_ids)
        place[found] = _whole_numbers(on_plane(matrix))
    return {
        "methods": [
            {"id": name, "name": METHODS[name].name, "axes": AXES} for name in MAPPED
        ],
        "x": packed(places[..., 0], "u16"),
        "y": packed(places[..., 1], "u16"),
    }


def on_plane(matrix: NDArray[np.floating], seed: int = 0) -> NDArray[np.floating]:
    """Lay at least four vectors out by t-SNE, by their directions, shape (n, 2)."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    # Its threads wait for each other where other programs want the cores: alone it is
    # twice as fast there, and no slower elsewhere.
    from threadpoolctl import threadpool_limits

    n_components = min(N_COMPONENTS, *matrix.shape)
    # Between vectors of length 1 the nearest by distance is the nearest by cosine.
    main = PCA(n_components, random_state=seed).fit_transform(unit_rows(matrix))
    perplexity = min(PERPLEXITY, (len(matrix) - 1) / 3)
    tsne = TSNE(
        perplexity=perplexity, init="pca", max_iter=N_ITERATIONS, random_state=seed
    )
    with threadpool_limits(1):
        return tsne.fit_transform(main)


def _whole_numbers(points: NDArray[np.floating]) -> NDArray[np.floating]:
    """Scale to 0 ... 65,534, alike in both directions, in the middle of the square."""
    low, high = points.min(axis=0), points.max(axis=0)
    largest = max(float((high - low).max()), 1e-9)
    within = (points - (low + high) / 2) / largest + 0.5
    return np.rint(within.clip(0, 1) * (NOTHING - 1))
