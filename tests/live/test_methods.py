"""What the live page is fitted on, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_helpers.datasets import load_movielens
from recsys_helpers.live.methods import METHODS, fit_live_methods
from recsys_helpers.vectors import MovieVectors


def test_the_films_with_the_most_ratings_are_listed_first(live_methods):
    counts = live_methods.data.ratings["movie_id"].value_counts()
    listed = counts.loc[live_methods.movie_ids]
    assert len(listed) == 400
    assert listed.is_monotonic_decreasing
    assert counts.drop(listed.index).max() <= listed.min()


def test_ties_go_to_the_lower_id(live_methods):
    ids = live_methods.movie_ids
    counts = live_methods.data.ratings["movie_id"].value_counts().loc[ids].to_numpy()
    assert (np.diff(ids)[np.diff(counts) == 0] > 0).all()


def test_all_ratings_train_the_methods(live_methods):
    for name in ("ease", "als", "towers"):
        matrix = getattr(live_methods, name).interactions_.matrix
        assert matrix.nnz == len(live_methods.data.ratings)


def test_the_towers_go_by_content_alone_and_have_a_hidden_layer(live_methods):
    assert not live_methods.towers.with_ids
    assert len(live_methods.towers.hidden) == 1


@pytest.mark.parametrize("n_films", [9, 0, 10.5])
def test_fewer_than_ten_films_are_refused(n_films):
    with pytest.raises(ValueError, match="n_films"):
        fit_live_methods(load_movielens("sample"), n_films)


def test_a_method_without_vectors_of_the_films_is_refused(live_methods):
    others = MovieVectors([9_999_999], [[1.0]])
    without = {name: live_methods.vectors[name] for name in METHODS if name != "keras"}
    for vectors, name in (
        (live_methods.vectors | {"posters": others}, "posters"),
        (without, "keras"),
    ):
        with pytest.raises(ValueError, match=name):
            replace(live_methods, vectors=vectors)


def test_data_with_too_few_films_is_refused(live_methods):
    with pytest.raises(ValueError, match="films"):
        replace(live_methods, movie_ids=live_methods.movie_ids[:9])
