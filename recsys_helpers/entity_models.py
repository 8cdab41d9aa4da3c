"""The Keras models that learn from links, each on one screen.

Each film has a vector, and so has each entity: a person, a genre, a page. All lie in
one space, and a film should be near what it links to. Then films that link to the
same things are near each other, though no model is told so.

Building a model loads TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.checks import check_choice
from recsys_helpers.keras_setup import load_keras
from recsys_helpers.side_information import set_matrix

if TYPE_CHECKING:
    import keras

HEADS = ("regression", "classification")


def sampled_link_model(
    n_films: int,
    n_entities: int,
    *,
    n_factors: int = 50,
    head: str = "regression",
    dense_gradients: bool = False,
    seed: int = 0,
) -> keras.Model:
    r"""Say of a pair whether it is a link, by the cosine of two vectors.

    .. math::
        c = \frac{f \cdot e}{|f|\,|e|}, \qquad
        \hat y = c \quad\text{or}\quad \hat y = \frac{1}{1 + e^{-(a c + b)}}

    The model of Koehrsen, "Building a recommendation system using neural network
    embeddings" (2018), after chapter 4 of Osinga's "Deep learning cookbook" (2018). The
    regression head gives the cosine itself, whose targets are 1 and -1, by the mean
    squared error. The classification head is a dense layer of one unit on the cosine:
    two numbers, a and b, that turn it into a probability, by the binary cross-entropy.

    Parameters
    ----------
    n_films, n_entities : int
    n_factors : int
        Length of a vector.
    head : {"regression", "classification"}
    dense_gradients : bool
        See `recsys_helpers.link_layers.DenseEmbedding`: quicker for large batches.
    seed : int
        Of the random numbers that vectors start as.

    Returns
    -------
    keras.Model
        From rows of films and columns of entities, shape (n,), to shape (n, 1). Its
        layers `film_vector` and `entity_vector` hold the tables.
    """
    check_choice("head", head, HEADS)
    layers = load_keras().layers
    Table = _dense_embedding() if dense_gradients else layers.Embedding
    film, entity = _inputs("film", "entity")
    start = _Start(seed)
    f = Table(n_films, n_factors, start.uniform(), name="film_vector")(film)
    e = Table(n_entities, n_factors, start.uniform(), name="entity_vector")(entity)
    y = layers.Dot(axes=1, normalize=True, name="cosine")([f, e])
    if head == "classification":
        y = layers.Dense(1, "sigmoid", kernel_initializer=start.glorot(), name="odds")(
            y
        )
    return load_keras().Model([film, entity], y, name=f"sampled_links_{head}")


def softmax_link_models(
    links: sparse.csr_array,
    *,
    n_factors: int = 50,
    temperature: float = 0.1,
    corrected: bool = True,
    composed: bool = False,
    idf: NDArray[np.floating] | None = None,
    seed: int = 0,
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Pick what a film links to out of what all films of the batch link to.

    The loss is that of `recsys_helpers.tower_layers.InBatchSoftmax`. Vectors have
    length 1. What another row of the batch has is a wrong answer, unless it is the
    same entity, or of the same film: a film has many right answers.

    Parameters
    ----------
    links : scipy.sparse.csr_array, shape (n_films, n_entities)
    n_factors : int
        Length of a vector.
    temperature, corrected
        See `InBatchSoftmax`.
    composed : bool
        Whether the vector of a film is, before it gets length 1, the sum of a vector
        of its own and of vectors of the entities that it links to. In training the
        entity that is to be picked is left out of the sum, or it would be given away.
    idf : numpy.ndarray of float, shape (n_entities,), optional
        How long the vectors in those sums are at first; without it, all alike.
    seed : int
        Of the random numbers that vectors start as.

    Returns
    -------
    training : keras.Model
        From rows of films, columns of entities, logarithms of the entities' shares of
        the links, and weights, each of shape (n,), to the scores of all pairs of the
        batch, shape (n, n). The loss is a part of it.
    of_films, of_entities : keras.Model
        From rows, or columns, to vectors, shape (n, n_factors). That of films has the
        entity that is left out as a second input, which does nothing when predicting.
    """
    keras = load_keras()
    from recsys_helpers.tower_layers import InBatchSoftmax

    layers, start, Table = keras.layers, _Start(seed), _dense_embedding()
    film, entity = _inputs("film", "entity")
    f = Table(links.shape[0], n_factors, start.uniform())(film)
    if composed:
        f = layers.Add()([f, _sum_of_links(links, n_factors, idf, start)(film, entity)])
    e = Table(links.shape[1], n_factors, start.uniform())(entity)
    f, e = layers.UnitNormalization()(f), layers.UnitNormalization()(e)
    log_share, weight = (
        keras.Input((), name="log_share"),
        keras.Input((), name="weight"),
    )
    loss = InBatchSoftmax(temperature, corrected)
    scores = loss(f, e, entity, log_share, film, weight)
    training = keras.Model([film, entity, log_share, weight], scores)
    return training, keras.Model([film, entity], f), keras.Model(entity, e)


def _dense_embedding() -> Any:
    from recsys_helpers.link_layers import DenseEmbedding

    return DenseEmbedding


def _sum_of_links(
    links: sparse.csr_array,
    n_factors: int,
    idf: NDArray[np.floating] | None,
    start: _Start,
) -> Any:
    """Make the layer that adds up vectors of a film's entities."""
    from recsys_helpers.keras_parts import SetEmbedding

    layer = SetEmbedding.of(
        set_matrix(links), n_factors, stddev=0.03, seed=start.next_seed()
    )
    if idf is not None:
        layer.build()
        relative = idf / np.sqrt(np.mean(np.square(idf)))
        layer.members.assign(layer.members * relative[:, None].astype(np.float32))
    return layer


def _inputs(*names: str) -> list[Any]:
    return [load_keras().Input((), dtype="int64", name=name) for name in names]


class _Start:
    """Random numbers that weights start as, other ones each time."""

    def __init__(self, seed: int):
        self._seeds = iter(np.random.SeedSequence(seed).generate_state(8).tolist())

    def next_seed(self) -> int:
        return next(self._seeds)

    def uniform(self) -> Any:
        return load_keras().initializers.RandomUniform(seed=self.next_seed())

    def glorot(self) -> Any:
        return load_keras().initializers.GlorotUniform(self.next_seed())
