"""What the methods that learn from links have in common."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers.checks import as_list, check_count, check_positive
from recsys_helpers.film_links import FilmLinks
from recsys_helpers.keras_setup import load_keras
from recsys_helpers.learning_curves import history_frame
from recsys_helpers.methods import NotFittedError, titled_vectors
from recsys_helpers.nearest import nearest_rows, unit_rows
from recsys_helpers.vectors import MovieVectors

if TYPE_CHECKING:
    import keras


@dataclass(kw_only=True)
class LinkMethod:
    """Settings and questions that all methods have which learn from links."""

    n_factors: int = 50
    n_epochs: int = 5
    seed: int = 0

    def film_vectors(self, titles: pd.Series | None = None) -> MovieVectors:
        """Vectors of all films; that of a film without links is zero.

        Parameters
        ----------
        titles : pandas.Series, optional
            The title of each film_id, which is its index.

        Returns
        -------
        MovieVectors
        """
        self._require_fitted()
        film_ids = self.links_.films.ids
        return titled_vectors(film_ids, self.film_vectors_, titles)

    def similar_entities(self, name: str, n: int = 10) -> pd.DataFrame:
        """Entities that are near an entity, best first, without itself.

        Parameters
        ----------
        name : str
            As in `FilmLinks.column`: ``"person: Woody Allen"`` or ``"woody allen"``.
        n : int
            At least 1.

        Returns
        -------
        pandas.DataFrame with `entity`, `similarity` and `n_films`
            Cosines, and how many films link to it.

        Raises
        ------
        UnknownEntityError
            If no film links to it; the message names the most similar names.
        """
        self._require_fitted()
        column = self.links_.column(name)
        return self._entities_near(self.entity_vectors_[column], n, exclude=[column])

    def entities_near(
        self, films: Iterable[int], n: int = 10, kind: str | None = None
    ) -> pd.DataFrame:
        """Entities that are near films, best first: what they are about.

        Parameters
        ----------
        films : iterable of int
            Ids, at least one.
        n : int
        kind : str, optional
            Such as "person": entities of this kind only.

        Returns
        -------
        pandas.DataFrame with `entity`, `similarity` and `n_films`
            As in `similar_entities`.

        Raises
        ------
        UnknownMovieError
            If there is no such film.
        ValueError
            If no film is named.
        """
        vectors = self.film_vectors()
        query = _mean_direction([vectors.vector(film) for film in films])
        other = [
            column
            for column, name in enumerate(self.links_.entities)
            if kind is not None and not name.startswith(f"{kind}: ")
        ]
        return self._entities_near(query, n, exclude=other)

    def nearest_to(
        self,
        films: Iterable[int | str] = (),
        entities: Iterable[str] = (),
        n: int = 10,
        titles: pd.Series | None = None,
    ) -> pd.DataFrame:
        """Films that are near all that is named, best first, without those named.

        Films and entities lie in one space, so a film and a person make a question
        together. What is compared is the mean of their vectors, each of length 1.

        Parameters
        ----------
        films : iterable of int or str
            Ids; with `titles` titles, too.
        entities : iterable of str
            As in `FilmLinks.column`.
        n : int
            At least 1.
        titles : pandas.Series, optional
            The title of each film_id, which is its index.

        Returns
        -------
        pandas.DataFrame with `movie_id`, `title` (if there are titles), `similarity`
            As `MovieVectors.nearest_to` gives it; the ids are film_ids.

        Raises
        ------
        UnknownMovieError, UnknownEntityError
            If there is no such film, or entity.
        ValueError
            If neither a film nor an entity is named, or a name is not enough.
        """
        vectors = self.film_vectors(titles)
        films = as_list(films)
        columns = [self.links_.column(name) for name in as_list(entities)]
        query = _mean_direction(
            [*(vectors.vector(film) for film in films), *self.entity_vectors_[columns]]
        )
        return vectors.nearest_to(query, n, exclude=films)

    def _entities_near(
        self, query: NDArray[np.floating], n: int, exclude: list[int]
    ) -> pd.DataFrame:
        check_count("n", n)
        skipped = np.array([exclude], dtype=np.intp)
        rows, scores = nearest_rows(
            query[None], self.entity_vectors_, n, exclude=skipped
        )
        return pd.DataFrame(
            {
                "entity": [self.links_.entities[row] for row in rows[0]],
                "similarity": scores[0],
                "n_films": self.links_.n_films_with[rows[0]],
            }
        )

    def _require_fitted(self) -> None:
        if not hasattr(self, "links_"):
            name = type(self).__name__
            raise NotFittedError(
                f"This {name} has not learned anything yet. Call fit(links) first: "
                f"model = {name}().fit(FilmLinks.from_pairs(films.pairs(), "
                'films.films["film_id"]))'
            )

    def _check(self, links: object) -> None:
        if not isinstance(links, FilmLinks):
            raise TypeError(
                f"fit() learns from a FilmLinks, and got {type(links).__name__}. "
                'FilmLinks.from_pairs(films.pairs(), films.films["film_id"]) makes '
                "one."
            )
        for name in ("n_factors", "n_epochs"):
            check_count(name, getattr(self, name))
        check_count("seed", self.seed, at_least=0)
        check_positive("learning_rate", getattr(self, "learning_rate"))  # noqa: B009

    def _compile(
        self, model: keras.Model, optimizer: Any, loss: str | None, is_fast: bool
    ) -> None:
        """Set a model up for training, compiled by XLA if that can be.

        Not where `recsys_helpers.keras_setup.reproducible_keras` was called: Keras
        then trains step by step, and need not warn of it.
        """
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Model doesn't support `jit_compile")
            model.compile(optimizer, loss, jit_compile=is_fast)

    def _train(
        self, model: keras.Model, batches: Any, callbacks: Sequence[Any]
    ) -> pd.DataFrame:
        from recsys_helpers.keras_parts import EpochBar

        history = model.fit(
            batches,
            epochs=self.n_epochs,
            shuffle=False,  # the batches are shuffled, and by our seed
            callbacks=[EpochBar(), *callbacks],
            verbose=0,
        )
        return history_frame(history.history)

    def _keep(
        self,
        links: FilmLinks,
        film_vectors: NDArray[np.floating],
        entity_vectors: NDArray[np.floating],
    ) -> None:
        """Keep what was learned; of a film without links nothing was."""
        has_links = links.n_links_of[:, None] > 0
        self.links_ = links
        self.film_vectors_ = np.where(has_links, film_vectors, 0).astype(np.float32)
        self.entity_vectors_ = np.asarray(entity_vectors, dtype=np.float32)


def _mean_direction(vectors: list[NDArray[np.floating]]) -> NDArray[np.floating]:
    """Mean of vectors, each brought to length 1 first."""
    if not vectors:
        raise ValueError("Name a film or an entity that others should be near to.")
    return unit_rows(np.array(vectors)).mean(axis=0)


def falling_rate(learning_rate: float, n_steps: int) -> Any:
    """Make a learning rate that falls along half a cosine to zero."""
    schedules = load_keras().optimizers.schedules
    return schedules.CosineDecay(learning_rate, decay_steps=n_steps)
