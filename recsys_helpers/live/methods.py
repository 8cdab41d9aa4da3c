"""The five methods of the live page, fitted as their chapters chose them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers._checks import check_count
from recsys_helpers.datasets import MovieLens
from recsys_helpers.interactions import long_tail
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.collaborative import WITH_SIDE_INFORMATION, KerasFactors
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.two_tower import RetrievalTowers
from recsys_helpers.nn import reproducible_keras
from recsys_helpers.results import published_file
from recsys_helpers.vectors import MovieVectors

# Chapter 6 needs none for lists; with one the page shows a network at work.
TOWERS_HIDDEN = (64,)
FEWEST_FILMS = 10


class MethodInWords(NamedTuple):
    """What the page says about a method."""

    name: str
    chapter: int
    says: str


METHODS = {
    "als": MethodInWords("ALS", 4, "liked by the same people"),
    "keras": MethodInWords("Keras factors", 5, "of like genres and years, rated alike"),
    "towers": MethodInWords("Two towers", 6, "of like genres, years and fame"),
    "entities": MethodInWords("Entities", 7, "made by the same people, of a kind"),
    "posters": MethodInWords("Posters", 8, "with drawn posters that look alike"),
}
STORED = ("entities", "posters")


@dataclass(frozen=True, eq=False)
class LiveMethods:
    """What is shown, and the fitted methods.

    Parameters
    ----------
    data : MovieLens
        All its ratings train the methods.
    movie_ids : numpy.ndarray of int, shape (n_films,)
        Of the films that the page lists, most ratings first.
    ease, als, towers : Ease, Als, RetrievalTowers
        Those that recommend to a new user.
    vectors : mapping of str to MovieVectors
        For each of `METHODS`; a film can be missing.
    """

    data: MovieLens
    movie_ids: NDArray[np.integer]
    ease: Ease
    als: Als
    towers: RetrievalTowers
    vectors: Mapping[str, MovieVectors]

    def __post_init__(self) -> None:
        check_count("The number of films", len(self.movie_ids), FEWEST_FILMS)
        for name in METHODS:
            if name not in self.vectors:
                raise ValueError(f"There are no vectors of the method {name!r}.")
            if not np.isin(self.movie_ids, self.vectors[name].movie_ids).any():
                raise ValueError(
                    f"The vectors of the method {name!r} hold none of the "
                    f"{len(self.movie_ids):,} films: are they of other data?"
                )

    @property
    def movies(self) -> pd.DataFrame:
        """The films' `movie_id, title, year, genres`, in the order of `movie_ids`."""
        return self.data.movies.set_index("movie_id").loc[self.movie_ids].reset_index()


def fit_live_methods(
    data: MovieLens, n_films: int = 3000, *, n_epochs: int | None = None
) -> LiveMethods:
    """Fit the methods on all ratings of an edition; take two that come with the course.

    Parameters
    ----------
    data : MovieLens
    n_films : int
        At least 10: how many to list, those with the most ratings; fewer where there
        are not so many.
    n_epochs : int, optional
        Of the two methods that Keras trains; by default those of their chapters.

    Raises
    ------
    ImportError
        If implicit, Keras or TensorFlow is not installed.
    ValueError
        If there are fewer than 10 films, or stored vectors have none of them.
    """
    check_count("n_films", n_films, FEWEST_FILMS)
    files = {name: published_file("vectors", f"{name}.npz") for name in STORED}
    reproducible_keras(seed=0)
    ratings, movies = data.ratings, data.movies
    epochs: dict[str, Any] = {} if n_epochs is None else {"n_epochs": n_epochs}
    als = Als(**CHOSEN_ALS).fit(ratings)
    factors = KerasFactors(
        movies=movies, with_sets=True, **WITH_SIDE_INFORMATION, **epochs
    ).fit(ratings)
    towers = RetrievalTowers(
        movies=movies, with_ids=False, hidden=TOWERS_HIDDEN, **epochs
    ).fit(ratings)
    return LiveMethods(
        data=data,
        movie_ids=long_tail(ratings)["movie_id"].head(n_films).to_numpy(),
        ease=Ease().fit(ratings),
        als=als,
        towers=towers,
        vectors={
            "als": als.movie_vectors(),
            "keras": factors.movie_vectors(),
            "towers": towers.movie_vectors(),
            **{name: MovieVectors.load(file) for name, file in files.items()},
        },
    )
