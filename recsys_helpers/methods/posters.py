"""Movies are near when their posters look alike.

A network that was trained to tell a thousand things apart on photographs looks at each
poster, and what one of its layers says becomes the movie's vector. No rating is needed,
so it works for a film that nobody has seen yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import pandas as pd

from recsys_helpers.images import (
    ImageFeatures,
    ImageSource,
    extract_features,
    standardised,
)
from recsys_helpers.images.backbones import Backbone
from recsys_helpers.methods._base import require_fitted
from recsys_helpers.vectors import MovieVectors

Describe = Callable[..., ImageFeatures]


@dataclass(kw_only=True)
class PosterMethod:
    """Vectors of movies from their posters.

    Parameters
    ----------
    describe : Backbone or callable
        A network; or a function from images to `ImageFeatures`, such as
        `recsys_helpers.images.baselines.colour_histograms`.
    standardise : bool
        Whether each feature gets mean 0 and deviation 1 over the movies.
    options : dict
        For `recsys_helpers.images.extract_features`, such as ``pooling``, ``cache``
        and ``on_error="skip"``, or for the function.

    Attributes
    ----------
    features_ : ImageFeatures
    skipped_ : pandas.DataFrame
        Columns movie_id, title and reason: the movies that have no vector.

    Examples
    --------
    >>> from recsys_helpers.images.baselines import colour_histograms
    >>> from recsys_helpers.posters import draw_posters
    >>> movies = pd.DataFrame(
    ...     {"movie_id": [1, 2, 3], "title": ["Heat (1995)", "Ronin (1998)", "Up"]}
    ... )
    >>> method = PosterMethod(describe=colour_histograms)
    >>> method.fit(movies, draw_posters(movies, size=(40, 60))).movie_vectors()
    MovieVectors(3 movies, 64 dimensions, float32, with titles)
    """

    describe: Backbone | Describe
    standardise: bool = True
    options: dict[str, Any] = field(default_factory=dict)

    def fit(
        self,
        movies: pd.DataFrame,
        posters: Iterable[ImageSource] | Mapping[int, ImageSource],
    ) -> Self:
        """Look at the posters of movies, whose columns are movie_id and title.

        Parameters
        ----------
        posters : iterable, or mapping by movie_id
            The movies' posters, in their order or by their ids; see
            `recsys_helpers.images.open_image`. None, or a movie_id that is not in the
            mapping, is a missing poster.

        Raises
        ------
        ValueError
            If there are more or fewer posters than movies.
        UnreadableImageError
            If a poster is missing or cannot be read, unless they are to be skipped.
        """
        missing = [name for name in ("movie_id", "title") if name not in movies]
        if missing:
            raise ValueError(f"The movies lack the column {' and '.join(missing)}.")
        describe = self.describe
        if isinstance(describe, Backbone):
            describe = partial(extract_features, backbone=describe)
        images = _Posters(movies["movie_id"], posters)
        features = describe(images, **self.options)
        matrix = features.matrix
        read = movies.iloc[features.positions]
        self.vectors_ = MovieVectors(
            read["movie_id"],
            standardised(matrix) if self.standardise else matrix.astype("float32"),
            read["title"].tolist(),
        )
        self.features_ = features
        skipped = movies.iloc[list(features.unreadable)]
        self.skipped_ = skipped[["movie_id", "title"]].assign(
            reason=list(features.unreadable.values())
        )
        return self

    def movie_vectors(self) -> MovieVectors:
        """Vectors of the movies whose posters could be read."""
        require_fitted(self, "vectors_", "fit(movies, posters)")
        return self.vectors_


class _Posters:
    """The posters of movies in their order, one at a time, counted."""

    def __init__(self, movie_ids: pd.Series, posters: Iterable | Mapping) -> None:
        if isinstance(posters, Mapping):
            posters = map(posters.get, movie_ids.tolist())
        self._posters, self._n_movies = posters, len(movie_ids)

    def __len__(self) -> int:
        return self._n_movies

    def __iter__(self) -> Iterator[ImageSource]:
        n = 0
        for n, poster in enumerate(self._posters, start=1):
            if n > self._n_movies:
                break
            yield poster
        if n != self._n_movies:
            raise ValueError(
                f"There are {'more' if n > self._n_movies else 'fewer'} posters than "
                f"the {self._n_movies:,} movies. Give one a movie in their order, None "
                "where there is none; or, which is safer, a mapping from movie_id."
            )
