"""The Keras models that learn from links.

Each film has a vector, and so has each entity: a person, a genre, a page. All lie in
one space, and a film should be near what it links to. Then films that link to the
same things are near each other, though no model is told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsys_helpers._checks import check_choice
from recsys_helpers.nn import load_keras

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

    With `dense_gradients` the tables are `layers.DenseEmbedding`: quicker for large
    batches.

    Returns
    -------
    keras.Model
        From rows of films and columns of entities, shape (n,), to shape (n, 1). Its
        layers `film_vector` and `entity_vector` hold the tables.
    """
    check_choice("head", head, HEADS)
    keras = load_keras()
    layers = keras.layers
    Table = layers.Embedding
    if dense_gradients:
        from recsys_helpers.methods.entity.layers import DenseEmbedding as Table
    of_films, of_entities, of_head = _seeds(seed, 3)
    film = keras.Input((), dtype="int64", name="film")
    entity = keras.Input((), dtype="int64", name="entity")
    start = keras.initializers.RandomUniform(seed=of_films)
    f = Table(n_films, n_factors, start, name="film_vector")(film)
    start = keras.initializers.RandomUniform(seed=of_entities)
    e = Table(n_entities, n_factors, start, name="entity_vector")(entity)
    y = layers.Dot(axes=1, normalize=True, name="cosine")([f, e])
    if head == "classification":
        glorot = keras.initializers.GlorotUniform(of_head)
        y = layers.Dense(1, "sigmoid", kernel_initializer=glorot, name="odds")(y)
    return keras.Model([film, entity], y, name=f"sampled_links_{head}")


def softmax_link_models(
    n_films: int,
    n_entities: int,
    *,
    n_factors: int = 200,
    temperature: float = 0.07,
    composed: bool = True,
    hidden_share: float = 0.3,
    weights: list[float] | None = None,
    seed: int = 0,
) -> tuple[keras.Model, keras.Model]:
    """Pick what a film links to out of what the films of a batch link to.

    The loss is that of `layers.LinkSoftmax`. Vectors have length 1. If `composed`, a
    film's vector is made of those of its links, by `layers.SumOfLinks`; otherwise each
    film has its own.

    Returns
    -------
    training : keras.Model
        From what `links.listed_links` gives of n films to scores of the entities that
        they link to, shape (n, n_in_batch). The loss is a part of it, and the layer
        "softmax" has the vectors of all entities.
    of_films : keras.Model
        From the same to vectors of films, shape (n, n_factors): by their links if
        `composed`, and otherwise by their rows.
    """
    keras = load_keras()
    from recsys_helpers.methods.entity.layers import (
        DenseEmbedding,
        LinkSoftmax,
        SumOfLinks,
    )

    of_films, of_entities = _seeds(seed, 2)
    film, of_film, place, in_batch = inputs = [
        keras.Input((), dtype="int32", name=name)
        for name in ("film", "of_film", "place", "in_batch")
    ]
    if composed:
        entity = keras.ops.take(in_batch, place)
        total = SumOfLinks(n_entities, n_factors, hidden_share, weights, of_films)
        f = total(film, of_film, entity)
    else:
        start = keras.initializers.RandomUniform(seed=of_films)
        f = DenseEmbedding(n_films, n_factors, start)(film)
    f = keras.layers.UnitNormalization()(f)
    softmax = LinkSoftmax(n_entities, temperature, of_entities, name="softmax")
    training = keras.Model(inputs, softmax(f, of_film, place, in_batch))
    return training, keras.Model(inputs, f)


def _seeds(seed: int, n: int) -> list[int]:
    return np.random.SeedSequence(seed).generate_state(n).tolist()
