"""The two Keras models of collaborative filtering.

Both take a user id and a movie id, as they are in the data, and give a rating in
stars. The lookup from id to row is a part of the model, so it is saved with it. An
id without training ratings has a vector and a bias of its own that are zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from recsys_helpers.features.content import set_matrix
from recsys_helpers.interactions import Interactions
from recsys_helpers.nn import load_keras, seeds_of

if TYPE_CHECKING:
    import keras

SPREAD = 0.1  # standard deviation of the numbers that vectors start as


def factor_model(
    known: Interactions,
    mean: float,
    *,
    n_factors: int = 30,
    factor_l2: float = 13,
    bias_l2: float = 3,
    features: sparse.csr_array | None = None,
    feature_l2: float = 80,
    with_sets: bool = False,
    set_l2: float = 40,
    seed: int = 0,
) -> keras.Model:
    r"""Mean, plus two biases, plus the dot product of two vectors.

    .. math::
        \hat r_{ui} = \mu + b_u + b_i + p_u \cdot q_i

    In the Keras loss, a mean over ratings, each table of numbers w is penalised by
    :math:`\frac{\lambda}{n} \sum w^2`, n being the number of training ratings. Times n
    that is the sum of squared errors, each rating counted once, plus :math:`\lambda
    \sum w^2`: as in Salakhutdinov and Mnih, "Probabilistic matrix factorization", NIPS
    2007, eq. 4, with biases.

    With features or sets, biases and vectors are sums. Those of a movie are its own,
    plus those of its features, plus those of the users who have rated it; those of a
    user are its own, plus those of the movies that they have rated (which Koren,
    "Factorization meets the neighborhood", KDD 2008, eq. 15, has for users). While the
    model is trained on a rating, its user is left out of the movie's set, and its
    movie out of the user's.

    Parameters
    ----------
    known : Interactions
        The training ratings. The movies can include some without a rating.
    factor_l2, bias_l2, feature_l2, set_l2 : float
        The lambdas, at least 0, in ratings: of a vector or bias of one's own, and of
        both for features and for members of sets.
    features : csr_array, shape (n_movies, n_features), optional
        As `recsys_helpers.features.content.genre_and_year_matrix` makes it.
    with_sets : bool
        Whether it matters which movies a user has rated, and who has rated a movie.

    Returns
    -------
    keras.Model
        Its inputs are `user_id` and `movie_id`, shape (n,); the output has shape
        (n, 1). Its layers `user_bias`, `movie_bias`, `user_vector` and `movie_vector`
        hold the parts.
    """
    keras = load_keras()
    user, movie, u, i = _inputs(known)
    by_user, by_movie = known.matrix, known.matrix.T.tocsr()
    make = _Tables(by_user.nnz, seeds_of(seed))
    parts = {}
    # Biases can start at zero, vectors not: of two zeros the dot product has no
    # gradient.
    for name, width, own_l2, spread in (
        ("vector", n_factors, factor_l2, SPREAD),
        ("bias", 1, bias_l2, 0.0),
    ):
        of_user = [make.own(u, by_user, width, own_l2, spread)]
        of_movie = [make.own(i, by_movie, width, own_l2, spread)]
        if features is not None:
            of_movie.append(make.of_set(i, features, width, feature_l2, spread))
        if with_sets:
            rated, raters = set_matrix(by_user), set_matrix(by_movie)
            of_user.append(make.of_set(u, rated, width, set_l2, spread, i))
            of_movie.append(make.of_set(i, raters, width, set_l2, spread, u))
        parts["user", name] = _total(of_user, f"user_{name}")
        parts["movie", name] = _total(of_movie, f"movie_{name}")
    dot = keras.layers.Dot(axes=1)([parts["user", "vector"], parts["movie", "vector"]])
    x = keras.layers.Add()([dot, parts["user", "bias"], parts["movie", "bias"]])
    rating = keras.layers.Rescaling(1.0, offset=mean, name="rating")(x)
    return keras.Model([user, movie], rating, name="factors")


def network_model(
    known: Interactions,
    mean: float,
    *,
    n_factors: int = 30,
    factor_l2: float = 30,
    n_hidden: int = 64,
    dropout: float = 0.5,
    seed: int = 0,
) -> keras.Model:
    """Two vectors laid end to end, and a network with one hidden layer.

    In the manner of He et al., "Neural collaborative filtering", WWW 2017 (the part
    that they call MLP), for ratings.

    Parameters
    ----------
    n_hidden : int
        Width of the hidden layer.
    dropout : float
        Share of the numbers that are set to 0 at random while the model is trained,
        before and after the hidden layer; from 0 to below 1.

    The other parameters, and inputs and output, are those of `factor_model`. Its layers
    `user_vector` and `movie_vector` hold the vectors.
    """
    keras = load_keras()
    layers = keras.layers
    user, movie, u, i = _inputs(known)
    seeds = seeds_of(seed)
    make = _Tables(known.matrix.nnz, seeds)
    p = make.own(u, known.matrix, n_factors, factor_l2, SPREAD)
    q = make.own(i, known.matrix.T.tocsr(), n_factors, factor_l2, SPREAD)
    x = layers.Concatenate()([_total([p], "user_vector"), _total([q], "movie_vector")])
    x = layers.Dropout(dropout, seed=next(seeds))(x)
    glorot = keras.initializers.GlorotUniform(next(seeds))
    x = layers.Dense(n_hidden, "relu", kernel_initializer=glorot)(x)
    x = layers.Dropout(dropout, seed=next(seeds))(x)
    glorot = keras.initializers.GlorotUniform(next(seeds))
    x = layers.Dense(1, kernel_initializer=glorot)(x)
    rating = layers.Rescaling(1.0, offset=mean, name="rating")(x)
    return keras.Model([user, movie], rating, name="network")


def _inputs(known: Interactions) -> tuple[Any, Any, Any, Any]:
    """User id and movie id, and the row of each: 0 if unknown, then as in `known`."""
    keras = load_keras()
    from recsys_helpers.nn.parts import RowOfId

    user = keras.Input((), dtype="int64", name="user_id")
    movie = keras.Input((), dtype="int64", name="movie_id")
    u, i = RowOfId(known.users.ids)(user), RowOfId(known.movies.ids)(movie)
    return user, movie, u, i


def _total(terms: list[Any], name: str) -> Any:
    layers = load_keras().layers
    if len(terms) == 1:
        return layers.Identity(name=name)(terms[0])
    return layers.Add(name=name)(terms)


class _Tables:
    """Makes the tables of numbers of one model, each with another seed."""

    def __init__(self, n_ratings: int, seeds: Iterator[int]):
        self._keras = load_keras()
        self._n_ratings, self._seeds = n_ratings, seeds

    def own(
        self, rows: Any, matrix: sparse.csr_array, width: int, l2: float, spread: float
    ) -> Any:
        """Numbers of each row of `matrix`; zeros if it is empty or the row unknown."""
        start = self._keras.initializers.RandomNormal(0, spread, seed=next(self._seeds))
        table = self._keras.layers.Embedding(
            matrix.shape[0] + 1,
            width,
            embeddings_initializer=start,
            embeddings_regularizer=self._penalty(l2),
        )
        vectors = table(rows)
        has_ratings = np.r_[False, np.diff(matrix.indptr) > 0]
        table.embeddings.assign(table.embeddings * has_ratings[:, None])
        return vectors

    def of_set(
        self,
        rows: Any,
        sets: sparse.csr_array,
        width: int,
        l2: float,
        spread: float,
        left_out: Any = None,
    ) -> Any:
        """Sum over the members of each row of `sets`."""
        from recsys_helpers.nn.parts import SetEmbedding

        n_rows, n_members = sets.shape
        unknown_row = sparse.csr_array((1, n_members), dtype=sets.dtype)
        sets = sparse.vstack([unknown_row, sets], format="csr")
        if left_out is not None:  # it is a row of the other side, where 0 is unknown
            unknown_member = sparse.csr_array((n_rows + 1, 1), dtype=sets.dtype)
            sets = sparse.hstack([unknown_member, sets], format="csr")
        embedding = SetEmbedding.of(
            sets,
            width,
            stddev=spread,
            seed=next(self._seeds),
            members_regularizer=self._penalty(l2),
        )
        return embedding(rows) if left_out is None else embedding(rows, left_out)

    def _penalty(self, l2: float) -> Any:
        return self._keras.regularizers.L2(l2 / self._n_ratings) if l2 else None
