"""The stored vectors of entities and posters are what they are said to be."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.datasets import load_movielens
from recsys_helpers.images.backbones import load_backbone
from recsys_helpers.interactions import long_tail
from recsys_helpers.methods.posters import PosterMethod
from recsys_helpers.posters import draw_posters
from recsys_helpers.results import published_file
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import unit_rows

N_FILMS = 3000
SEQUELS = [
    (260, 1196, 1210),  # Star Wars
    (858, 1221, 2023),  # The Godfather
    (1, 3114, 78_499),  # Toy Story
    (2571, 6365, 6934),  # The Matrix
]


def vectors_of(name: str) -> MovieVectors:
    return MovieVectors.load(published_file("vectors", f"{name}.npz"))


@pytest.fixture(scope="module")
def small():
    return load_movielens("small")


@pytest.fixture(scope="module")
def most_rated(small):
    return long_tail(small.ratings)["movie_id"].head(N_FILMS)


def test_there_is_a_poster_of_each_of_the_most_rated_movies(most_rated):
    assert vectors_of("posters").movie_ids.tolist() == most_rated.tolist()


def test_nearly_all_of_the_most_rated_movies_have_entities(most_rated):
    found = vectors_of("entities").movie_ids
    assert np.isin(found, most_rated).all()
    assert len(found) > 0.9 * N_FILMS


@pytest.mark.parametrize("name", ["entities", "posters"])
def test_a_file_of_vectors_has_less_than_half_a_megabyte(name):
    assert published_file("vectors", f"{name}.npz").stat().st_size < 500_000


@pytest.mark.parametrize("name", ["entities", "posters"])
def test_vectors_have_length_one_but_for_rounding(name):
    lengths = np.linalg.norm(vectors_of(name).matrix, axis=1)
    assert lengths == pytest.approx(np.ones(len(lengths)), abs=0.1)


@pytest.mark.parametrize("films", SEQUELS)
def test_sequels_are_near_each_other_by_entities(films):
    vectors = vectors_of("entities")
    for film, other in combinations(films, 2):
        assert other in vectors.neighbours(film, n=10)["movie_id"].tolist()


def test_posters_are_as_alike_as_the_network_says_anew(small, most_rated):
    movies = small.movies.set_index("movie_id").loc[most_rated[:24]].reset_index()
    method = PosterMethod(describe=load_backbone())
    fresh = method.fit(movies, draw_posters(movies, wear=True)).movie_vectors()
    stored = vectors_of("posters")
    agreement = cosines(fresh).corr(cosines(stored, len(movies)), method="spearman")
    # Not 1: features are standardised over these movies, and there over all.
    assert agreement > 0.8


def cosines(vectors: MovieVectors, n: int | None = None) -> pd.Series:
    """Cosines of all pairs of the first n movies."""
    unit = unit_rows(vectors.matrix[:n].astype(float))
    return pd.Series((unit @ unit.T)[np.triu_indices(len(unit), k=1)])
