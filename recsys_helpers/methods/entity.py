"""Chapter 7: vectors of films, learned from what the films link to.

Two methods. `SampledLinkModel` is that of the source, which tells links from pairs
that are none, and `SoftmaxLinkModel` picks a film's link out of those of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recsys_helpers.checks import (
    check_choice,
    check_count,
    check_number,
    check_positive,
)
from recsys_helpers.entity_models import (
    HEADS,
    sampled_link_model,
    softmax_link_models,
)
from recsys_helpers.film_links import FilmLinks
from recsys_helpers.keras_setup import load_keras
from recsys_helpers.methods.link_training import LinkMethod, falling_rate

__all__ = ["SampledLinkModel", "SoftmaxLinkModel"]

OPTIMIZERS = ("nadam", "adam")


@dataclass(kw_only=True)
class SampledLinkModel(LinkMethod):
    """Tell links from pairs that are none, which are drawn by chance.

    See `recsys_helpers.entity_models.sampled_link_model` for the model and
    `recsys_helpers.negative_sampling.NegativeSampler` for what is drawn. The default
    settings are those of the source.

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
    learning_rate : float
    decay : bool
        Whether the learning rate falls to zero along half a cosine.
    fast : bool
        Whether TensorFlow compiles the training, with
        `recsys_helpers.link_layers.DenseEmbedding`: quicker, and with other steps.
    seed : int

    Attributes
    ----------
    links_ : FilmLinks
    model_ : keras.Model
    film_vectors_ : numpy.ndarray of float32, shape (n_films, n_factors)
    entity_vectors_ : numpy.ndarray of float32, shape (n_entities, n_factors)
    history_ : pandas.DataFrame
        Loss by epoch.
    """

    head: str = "regression"
    positives_per_batch: int = 512
    negative_ratio: int = 10
    popularity: float = 0.0
    optimizer: str = "nadam"
    learning_rate: float = 0.001
    decay: bool = False
    fast: bool = True

    def fit(self, links: FilmLinks, callbacks: Sequence[Any] = ()) -> Self:
        """Learn from links.

        Parameters
        ----------
        links : FilmLinks
        callbacks : sequence of keras.callbacks.Callback

        Raises
        ------
        ImportError
            If Keras or TensorFlow is not installed.
        TypeError
            If `links` is no FilmLinks.
        ValueError
            If a setting cannot be, or every film links to everything.
        """
        self._check(links)
        for name in ("positives_per_batch", "negative_ratio"):
            check_count(name, getattr(self, name))
        check_choice("head", self.head, HEADS)
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        keras = load_keras()
        from recsys_helpers.link_batches import LinkBatches

        is_regression = self.head == "regression"
        batches = LinkBatches(
            links.matrix,
            self.positives_per_batch,
            self.negative_ratio,
            self.popularity,
            label_of_negatives=-1.0 if is_regression else 0.0,
            seed=self.seed,
        )
        model = sampled_link_model(
            *links.matrix.shape,
            n_factors=self.n_factors,
            head=self.head,
            dense_gradients=self.fast,
            seed=self.seed,
        )
        rate = self.learning_rate
        if self.decay:
            rate = falling_rate(rate, self.n_epochs * len(batches))
        optimizers = {"nadam": keras.optimizers.Nadam, "adam": keras.optimizers.Adam}
        loss = "mse" if is_regression else "binary_crossentropy"
        self._compile(model, optimizers[self.optimizer](rate), loss, self.fast)
        self.history_ = self._train(model, batches, callbacks)
        self.model_ = model
        tables = (
            model.get_layer(f"{side}_vector").embeddings.numpy()
            for side in ("film", "entity")
        )
        self._keep(links, *tables)
        return self


@dataclass(kw_only=True)
class SoftmaxLinkModel(LinkMethod):
    """Pick what a film links to out of what all films of a batch link to.

    See `recsys_helpers.entity_models.softmax_link_models`.

    Parameters
    ----------
    n_factors : int
        Length of a vector.
    n_epochs : int
        In each of them every link is shown once.
    batch_size : int
        Links in a batch. Each is a wrong answer to the others, so more is harder.
    learning_rate : float
        Of Adam; it falls to zero along half a cosine.
    temperature : float
        Of the softmax, above 0. The smaller, the more the nearest wrong answers count.
    corrected : bool
        Whether the loss makes up for popular entities being in more batches.
    composed : bool
        Whether a film's vector is made of those of its links, too.
    idf_power : float
        At least 0. A link counts in the loss as idf to this power: 0, and all count
        alike; 1, and what nearly all films have counts next to nothing.
    seed : int

    Attributes
    ----------
    links_, film_vectors_, entity_vectors_, history_
        As in `SampledLinkModel`; the vectors have length 1.
    model_ : keras.Model
        As it was trained.
    """

    n_epochs: int = 10
    batch_size: int = 2048
    learning_rate: float = 0.01
    temperature: float = 0.1
    corrected: bool = True
    composed: bool = False
    idf_power: float = 0.0

    def fit(self, links: FilmLinks, callbacks: Sequence[Any] = ()) -> Self:
        """Learn from links.

        Parameters, errors
            As in `SampledLinkModel.fit`; a ValueError, too, if with an `idf_power` no
            link says anything.
        """
        self._check(links)
        check_count("batch_size", self.batch_size)
        check_positive("temperature", self.temperature)
        check_number("idf_power", self.idf_power)
        keras = load_keras()
        from recsys_helpers.keras_parts import ShuffledRows

        films, entities = links.matrix.nonzero()
        share = links.n_films_with / links.matrix.nnz
        log_share = np.log(share[entities]).astype(np.float32)
        inputs = (films, entities, log_share, self._weights(links, entities))
        # The loss is a part of the model and has no need of targets.
        batches = ShuffledRows(
            inputs, np.zeros(len(films), np.float32), self.batch_size, self.seed
        )
        model, of_films, of_entities = softmax_link_models(
            links.matrix,
            n_factors=self.n_factors,
            temperature=self.temperature,
            corrected=self.corrected,
            composed=self.composed,
            idf=links.idf(),
            seed=self.seed,
        )
        rate = falling_rate(self.learning_rate, self.n_epochs * len(batches))
        # The sums over links are sparse, which TensorFlow cannot compile.
        self._compile(model, keras.optimizers.Adam(rate), None, not self.composed)
        self.history_ = self._train(model, batches, callbacks)
        self.model_ = model
        rows, columns = map(np.arange, links.matrix.shape)
        self._keep(
            links,
            of_films([rows, np.zeros_like(rows)]).numpy(),
            of_entities(columns).numpy(),
        )
        return self

    def _weights(self, links: FilmLinks, entities: np.ndarray) -> np.ndarray:
        """Weights of the links in the loss, with a mean of 1."""
        weights = links.idf(self.idf_power)[entities]
        if not weights.any():
            raise ValueError(
                "Every film has every link, so by their idf none of them says "
                "anything. Set idf_power to 0."
            )
        return (weights / weights.mean()).astype(np.float32)
