"""Chapter 7: vectors of films, learned from what the films link to."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import (
    as_list,
    check_choice,
    check_count,
    check_number,
    check_positive,
    check_share,
)
from recsys_helpers.methods._base import require_fitted, titled_vectors
from recsys_helpers.methods.entity.links import FilmLinks, listed_links
from recsys_helpers.methods.entity.models import (
    sampled_link_model,
    softmax_link_models,
)
from recsys_helpers.nn import load_keras
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import nearest_rows, unit_rows

__all__ = [
    "SampledLinkModel",
    "SoftmaxLinkModel",
]

_MAKE_LINKS = 'FilmLinks.from_pairs(films.pairs(), films.films["film_id"])'


@dataclass(kw_only=True)
class LinkMethod:
    """Settings and questions that both methods have which learn from links."""

    n_factors: int = 50
    n_epochs: int = 5
    learning_rate: float = 0.001
    seed: int = 0

    def film_vectors(self, titles: pd.Series | None = None) -> MovieVectors:
        """Vectors of all films, zero without links; `titles` are indexed by film_id."""
        self._require_fitted()
        film_ids = self.links_.films.ids
        return titled_vectors(film_ids, self.film_vectors_, titles)

    def similar_entities(self, name: str, n: int = 10) -> pd.DataFrame:
        """Entities that are near an entity, best first, without itself.

        Parameters
        ----------
        name : str
            As in `FilmLinks.column`: ``"person: Woody Allen"`` or ``"woody allen"``.

        Returns
        -------
        pandas.DataFrame with `entity`, `similarity` and `n_films`
            Cosines, and how many films link to it.
        """
        self._require_fitted()
        check_count("n", n)
        column = self.links_.column(name)
        vectors = self.entity_vectors_
        rows, scores = nearest_rows(
            vectors[[column]], vectors, n, exclude=np.array([[column]])
        )
        return pd.DataFrame(
            {
                "entity": [self.links_.entities[row] for row in rows[0]],
                "similarity": scores[0],
                "n_films": self.links_.n_films_with[rows[0]],
            }
        )

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
        titles : pandas.Series, optional
            As in `film_vectors`.

        Returns
        -------
        pandas.DataFrame with `movie_id`, `title` (if there are titles), `similarity`
            As `MovieVectors.nearest_to` gives it; the ids are film_ids.
        """
        vectors = self.film_vectors(titles)
        films = as_list(films)
        columns = [self.links_.column(name) for name in as_list(entities)]
        named = [vectors.vector(film) for film in films]
        named += list(self.entity_vectors_[columns])
        if not named:
            raise ValueError("Name a film or an entity that others should be near to.")
        query = unit_rows(np.array(named)).mean(axis=0)
        return vectors.nearest_to(query, n, exclude=films)

    def _require_fitted(self) -> None:
        require_fitted(self, "links_", f"fit({_MAKE_LINKS})")

    def _check(self, links: object) -> None:
        if not isinstance(links, FilmLinks):
            raise TypeError(
                f"fit() learns from a FilmLinks, and got {type(links).__name__}. "
                f"{_MAKE_LINKS} makes one."
            )
        for name in ("n_factors", "n_epochs"):
            check_count(name, getattr(self, name))
        check_count("seed", self.seed, at_least=0)
        check_positive("learning_rate", self.learning_rate)

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


@dataclass(kw_only=True)
class SampledLinkModel(LinkMethod):
    """Tell links from pairs that are none, which are drawn by chance.

    See `models.sampled_link_model` for the model and `sampling.NegativeSampler` for
    what is drawn. The default settings are those of the source.

    Parameters
    ----------
    head : {"regression", "classification"}
        The cosine against 1 and -1, or a probability against 1 and 0.
    n_factors : int
        Length of a vector.
    n_epochs : int
        In each of them every link is shown once.
    positives_per_batch, negative_ratio : int
        Links in a batch, and pairs that are none for each of them.
    popularity : float
        0: all pairs that are not links are equally likely; 0.75: see
        `NegativeSampler`.
    optimizer : {"nadam", "adam"}
    fast : bool
        Whether TensorFlow compiles the training, with `layers.DenseEmbedding`:
        quicker, and with other steps.

    Attributes
    ----------
    links_ : FilmLinks
    model_ : keras.Model
    film_vectors_, entity_vectors_ : array of float32, shape (n, n_factors)
    history_ : pandas.DataFrame
        Loss by epoch.
    """

    head: str = "regression"
    positives_per_batch: int = 512
    negative_ratio: int = 10
    popularity: float = 0.0
    optimizer: str = "nadam"
    fast: bool = True

    def fit(self, links: FilmLinks, callbacks: Sequence[Any] = ()) -> Self:
        """Learn from links; `callbacks` are those of Keras."""
        self._check(links)
        keras = load_keras()
        optimizers = {"nadam": keras.optimizers.Nadam, "adam": keras.optimizers.Adam}
        check_choice("optimizer", self.optimizer, tuple(optimizers))
        from recsys_helpers.methods.entity.layers import LinkBatches
        from recsys_helpers.nn.parts import COMPILE, train_model

        is_regression = self.head == "regression"
        model = sampled_link_model(
            *links.matrix.shape,
            n_factors=self.n_factors,
            head=self.head,
            dense_gradients=self.fast,
            seed=self.seed,
        )
        batches = LinkBatches(
            links.matrix,
            self.positives_per_batch,
            self.negative_ratio,
            self.popularity,
            label_of_negatives=-1.0 if is_regression else 0.0,
            seed=self.seed,
        )
        optimizer = optimizers[self.optimizer](self.learning_rate)
        loss = "mse" if is_regression else "binary_crossentropy"
        # Where `reproducible_keras` was called Keras trains step by step, and need not
        # warn of it.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Model doesn't support `jit_compile")
            model.compile(optimizer, loss, jit_compile=self.fast or COMPILE)
        self.history_ = train_model(model, batches, self.n_epochs, callbacks)
        self.model_ = model
        tables = (
            model.get_layer(f"{side}_vector").embeddings.numpy()
            for side in ("film", "entity")
        )
        self._keep(links, *tables)
        return self


@dataclass(kw_only=True)
class SoftmaxLinkModel(LinkMethod):
    """Pick what a film links to out of what the films of a batch link to.

    See `recsys_helpers.methods.entity.models.softmax_link_models`.

    Parameters
    ----------
    n_factors : int
        Length of a vector.
    n_epochs : int
        In each of them every film is shown once, with all its links.
    batch_size : int
        Films in a batch: the more, the more wrong answers there are to choose from.
    learning_rate : float
        Of Adam; it falls to zero along half a cosine.
    temperature : float
        Of the softmax, above 0. The smaller, the more the nearest wrong answers count.
    composed : bool
        Whether a film's vector is made of those of its links, so that a film which was
        not there in training can get one, too; otherwise each film has its own.
    hidden_share : float
        Of the links that a composed film is made of, hidden in training: from 0 to
        below 1.
    idf_power : float
        At least 0. In that sum a link counts by its idf to this power: with 0 all
        count alike at first, and the model learns what they are worth.

    Attributes
    ----------
    links_, film_vectors_, entity_vectors_, history_
        As in `SampledLinkModel`; the vectors have length 1.
    model_ : keras.Model
        As it was trained.
    """

    n_factors: int = 200
    n_epochs: int = 10
    batch_size: int = 512
    learning_rate: float = 0.01
    temperature: float = 0.07
    composed: bool = True
    hidden_share: float = 0.3
    idf_power: float = 0.0

    def fit(self, links: FilmLinks, callbacks: Sequence[Any] = ()) -> Self:
        """Learn from links, as in `SampledLinkModel.fit`."""
        self._check(links)
        check_count("batch_size", self.batch_size)
        check_positive("temperature", self.temperature)
        check_share("hidden_share", self.hidden_share)
        check_number("idf_power", self.idf_power)
        keras = load_keras()
        from recsys_helpers.methods.entity.layers import FilmBatches
        from recsys_helpers.nn.parts import COMPILE, falling_rate, train_model

        model, of_films = softmax_link_models(
            *links.matrix.shape,
            n_factors=self.n_factors,
            temperature=self.temperature,
            composed=self.composed,
            hidden_share=self.hidden_share,
            weights=self._weights(links),
            seed=self.seed,
        )
        batches = FilmBatches(links.matrix, self.batch_size, self.seed)
        rate = falling_rate(self.learning_rate, self.n_epochs, batches)
        model.compile(keras.optimizers.Adam(rate), jit_compile=COMPILE)
        self.history_ = train_model(model, batches, self.n_epochs, callbacks)
        self.model_, self._of_films = model, of_films
        entity_vectors = model.get_layer("softmax").entity_vectors()
        self._keep(links, self._vectors_of(links.matrix), entity_vectors)
        return self

    def vector_of_links(self, entities: Iterable[str]) -> NDArray[np.float32]:
        """Give the vector of a film that links to these entities, whether it exists.

        Parameters
        ----------
        entities : iterable of str
            As in `FilmLinks.column`, at least one.

        Returns
        -------
        numpy.ndarray of float32, shape (n_factors,)
            For `MovieVectors.nearest_to`.
        """
        self._require_fitted()
        if not self.composed:
            raise ValueError(
                "Without composed=True a film's vector is its own, and nothing is "
                "known of a film that was not there in training."
            )
        columns = sorted({self.links_.column(name) for name in as_list(entities)})
        if not columns:
            raise ValueError("Name at least one entity that the film links to.")
        one_film = np.zeros((1, len(self.links_.entities)), dtype=np.float32)
        one_film[0, columns] = 1
        return self._vectors_of(sparse.csr_array(one_film))[0]

    def _vectors_of(self, matrix: sparse.csr_array) -> NDArray[np.float32]:
        rows = np.arange(matrix.shape[0])
        parts = [
            np.asarray(self._of_films(listed_links(matrix, part)))
            for part in np.array_split(rows, -(-len(rows) // 1024))
        ]
        return np.concatenate(parts)

    def _weights(self, links: FilmLinks) -> list[float] | None:
        """Weights of entities in the sums, with a mean of 1 over the links."""
        if self.idf_power == 0:
            return None
        weights = links.idf(self.idf_power)
        if not weights.any():
            raise ValueError(
                "Every film has every link, so by their idf none of them says "
                "anything. Set idf_power to 0."
            )
        return (weights / weights[links.matrix.indices].mean()).tolist()
