"""The Keras models of two towers, each on one screen.

A tower is a network that turns what is known of a user, or of a movie, into a vector.
The two meet in a dot product and nowhere else: so each movie's vector is computed
once, whoever asks, and each user's once, for all movies.

Building a model loads Keras.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scipy import sparse

from recsys_helpers.nn import load_keras, seeds_of

if TYPE_CHECKING:
    import keras


def rating_tower(
    name: str,
    n_features: int,
    *,
    hidden: Sequence[int] = (128, 64),
    n_factors: int = 16,
    dropout: float = 0.1,
    hide: float = 0.0,
    groups: Sequence[int] = (),
    seed: int = 0,
) -> keras.Model:
    """Make a tower for ratings: from features to a vector and a level.

    The level is one number, in stars: how strict a user is, how good a movie is,
    whoever meets whom.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the hidden layers.
    n_factors : int
        Length of the vector.
    dropout : float
        After each hidden layer; from 0 to below 1.
    hide, groups
        The share and the groups of `recsys_helpers.methods.two_tower.layers.HideSome`,
        for the first ``len(groups)`` features; the others are never hidden.
    seed : int
        Of the random numbers that weights start as, of dropout, and of what is hidden.

    Returns
    -------
    keras.Model
        From features, shape (n, n_features), to the vectors, shape (n, n_factors),
        and the levels, shape (n, 1).
    """
    keras = load_keras()
    layers = keras.layers
    seeds = seeds_of(seed, name)
    features = keras.Input((n_features,), name=f"{name}_features")
    shown = features
    if hide:
        from recsys_helpers.methods.two_tower.layers import HideSome

        part = HideSome(hide, groups, seed=next(seeds))(features[:, : len(groups)])
        shown = layers.Concatenate()([part, features[:, len(groups) :]])
    x = _hidden_layers(shown, hidden, dropout, seeds)
    glorot = keras.initializers.GlorotUniform(next(seeds))
    vector = layers.Dense(n_factors, kernel_initializer=glorot)(x)
    # The features go past the hidden layers too: a bias is best left as it is. And the
    # level starts as 0, so that what is predicted at first is the mean.
    level = layers.Dense(1, kernel_initializer="zeros")
    level = level(layers.Concatenate()([shown, x]))
    return keras.Model(features, [vector, level], name=f"{name}_tower")


def rating_model(
    user_tower: keras.Model, movie_tower: keras.Model, mean: float
) -> keras.Model:
    r"""Predict stars by two towers.

    .. math::
        \hat r_{ui} = \mu + a(x_u) + c(y_i) + f(x_u) \cdot g(y_i)

    The towers are those of `rating_tower`: :math:`f, a` and :math:`g, c`; :math:`\mu`
    is the mean. The model goes from the features of users and of movies, row by row, to
    ratings, shape (n, 1).
    """
    keras = load_keras()
    layers = keras.layers
    of_user = keras.Input(user_tower.input_shape[1:])
    p, a = user_tower(of_user)
    of_movie = keras.Input(movie_tower.input_shape[1:])
    q, c = movie_tower(of_movie)
    x = layers.Add()([layers.Dot(axes=1)([p, q]), a, c])
    rating = layers.Rescaling(1.0, offset=mean, name="rating")(x)
    return keras.Model([of_user, of_movie], rating, name="rating_towers")


def retrieval_tower(
    name: str,
    n_features: int,
    *,
    hidden: Sequence[int] = (),
    n_factors: int = 32,
    dropout: float = 0.1,
    n_ids: int = 0,
    sets: sparse.csr_array | None = None,
    seed: int = 0,
) -> keras.Model:
    """Make a tower for retrieval: to a vector of length 1.

    Parameters
    ----------
    n_ids : int
        How many rows have a vector of their own, beside their features; 0: none has.
    sets : csr_array, shape (n_rows, n_members), optional
        What a row consists of, say the movies that a user has rated; see
        `recsys_helpers.nn.parts.SetEmbedding`.

    Returns
    -------
    keras.Model
        From features, shape (n, n_features), rows, shape (n,), and members that are
        left out of the sets in training, shape (n,), to vectors, shape (n, n_factors).
        Rows and members are ignored where there are no ids or no sets.
    """
    keras = load_keras()
    layers = keras.layers
    seeds = seeds_of(seed, name)
    features = keras.Input((n_features,), name=f"{name}_features")
    rows = keras.Input((), dtype="int64", name=f"{name}_rows")
    left_out = keras.Input((), dtype="int64", name=f"{name}_left_out")
    parts = [features]
    if n_ids:
        start = keras.initializers.RandomNormal(0, 0.05, seed=next(seeds))
        parts.append(layers.Embedding(n_ids, n_factors, start)(rows))
    if sets is not None:
        from recsys_helpers.nn.parts import SetEmbedding

        members = SetEmbedding.of(sets, n_factors, seed=next(seeds))
        parts.append(members(rows, left_out))
    x = layers.Concatenate()(parts) if len(parts) > 1 else features
    x = _hidden_layers(x, hidden, dropout, seeds)
    glorot = keras.initializers.GlorotUniform(next(seeds))
    x = layers.Dense(n_factors, kernel_initializer=glorot)(x)
    vector = layers.UnitNormalization()(x)
    return keras.Model([features, rows, left_out], vector, name=f"{name}_tower")


def retrieval_model(
    user_tower: keras.Model,
    movie_tower: keras.Model,
    temperature: float = 0.1,
    corrected: bool = True,
) -> keras.Model:
    """Train two towers to pick each user's movie out of those of the batch.

    The towers are those of `retrieval_tower`; `temperature` and `corrected` are of the
    loss, `recsys_helpers.methods.two_tower.layers.InBatchSoftmax`.

    Returns
    -------
    keras.Model
        From features of users, features of movies, rows of users, rows of movies, and
        the logarithm of the movies' shares of the training rows, to the scores of all
        pairs of the batch, shape (n, n). The loss is a part of it.
    """
    keras = load_keras()
    from recsys_helpers.methods.two_tower.layers import InBatchSoftmax

    of_user, of_movie = (
        keras.Input(tower.input_shape[0][1:]) for tower in (user_tower, movie_tower)
    )
    user, movie = (keras.Input((), dtype="int64") for _ in range(2))
    log_share = keras.Input(())
    scores = InBatchSoftmax(temperature, corrected)(
        user_tower([of_user, user, movie]),
        movie_tower([of_movie, movie, user]),
        movie,
        log_share,
    )
    return keras.Model([of_user, of_movie, user, movie, log_share], scores)


def _hidden_layers(
    x: Any, widths: Sequence[int], dropout: float, seeds: Iterator[int]
) -> Any:
    keras = load_keras()
    for width in widths:
        glorot = keras.initializers.GlorotUniform(next(seeds))
        x = keras.layers.Dense(width, "relu", kernel_initializer=glorot)(x)
        x = keras.layers.Dropout(dropout, seed=next(seeds))(x)
    return x
