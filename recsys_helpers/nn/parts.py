"""The parts that the course adds to Keras: two layers, batches, two callbacks.

`falling_rate` and `train_model` are how all of the package's Keras methods are trained.

Importing this module loads Keras, which takes seconds. Functions that need a part
import it when they are called.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from recsys_helpers.interactions import integer_ids
from recsys_helpers.nn import load_keras
from recsys_helpers.plots import history_frame, learning_curves_plot
from recsys_helpers.progress import in_notebook, progress_bar

keras: Any = load_keras()

# Whether a training is compiled as a whole. TensorFlow runs it as a graph in any case,
# and its compiler knows neither sparse tensors nor batches of several lengths.
COMPILE = keras.backend.backend() == "jax"


@keras.saving.register_keras_serializable("recsys_helpers")
class RowOfId(keras.layers.Layer):
    """Look up ids: the row of each, from 1 on in the order given; 0 if it is unknown.

    Keras' own `IntegerLookup` does the same, and needs TensorFlow.

    Parameters
    ----------
    ids : array of int, shape (n,)
        Ascending.
    """

    def __init__(self, ids, **kwargs):
        super().__init__(**kwargs)
        self.ids = np.asarray(ids).tolist()

    def call(self, ids):
        """Rows of some ids, in the same shape."""
        ops = keras.ops
        known = ops.convert_to_tensor(self.ids, ids.dtype)
        rows = ops.searchsorted(known, ids, side="right")
        # The last known id that is not above the one asked for; row 0 has none.
        found = ops.equal(ops.take(known, ops.maximum(rows - 1, 0)), ids)
        return ops.where(found, rows, 0)

    def get_config(self):
        """Give what Keras makes the layer from again."""
        return {**super().get_config(), "ids": self.ids}


@keras.saving.register_keras_serializable("recsys_helpers")
class SetEmbedding(keras.layers.Layer):
    """Embed something by what it consists of: a movie by its genres or its raters.

    Every member has a vector, and the embedding of a row is the weighted sum of its
    members' vectors: one row of ``sets @ members``. A row without members gets
    zeros.

    Called with the second input, the layer leaves one member out of each sum *while
    it is trained*. Where the set says who rated a movie and the model learns a rating
    of that movie, the rater has to be left out: a rating of the test is by somebody
    who is not in the set, and a model that has only met members learns what does not
    hold for others.

    Parameters
    ----------
    shape : tuple of int
        Number of rows, number of members.
    n_entries : int
        How many members all sets have together.
    n_factors : int
        Length of a vector.
    stddev : float
        Members start as normal random numbers with this spread; 0: as zeros.
    seed : int
        Of the random numbers.
    members_regularizer : keras.regularizers.Regularizer, optional
    sets : csr_array of this shape, optional
        Needed except when a saved model is loaded, where it comes with the weights.
    """

    def __init__(
        self,
        shape,
        n_entries,
        n_factors,
        stddev=0.1,
        seed=0,
        members_regularizer=None,
        sets=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shape, self.n_entries = tuple(shape), n_entries
        self.n_factors, self.stddev, self.seed = n_factors, stddev, seed
        self.members_regularizer = keras.regularizers.get(members_regularizer)
        self._sets = sets

    @classmethod
    def of(cls, sets: sparse.csr_array, n_factors: int, **kwargs):
        """Make the layer for these sets: ``SetEmbedding.of(sets, 32)(rows)``."""
        return cls(sets.shape, sets.nnz, n_factors, sets=sets, **kwargs)

    def build(self, *_):
        """Make the weights; Keras calls this."""
        sets = self._sets
        if sets is None:  # of a saved model, whose weights will be read next
            sets = sparse.csr_array(self.shape)
            sets.resize(self.shape)
        places = np.zeros((self.n_entries, 2), dtype=np.int64)
        values = np.zeros(self.n_entries, dtype=np.float32)
        places[: sets.nnz] = np.stack(sets.tocoo().coords, axis=1)
        values[: sets.nnz] = sets.data
        heaviest = sets.max(axis=1).toarray().ravel() if sets.nnz else 0
        self.places = self._fixed("places", places)
        self.values = self._fixed("values", values)
        self.member_weight = self._fixed(
            "member_weight", np.broadcast_to(heaviest, self.shape[0]).astype("float32")
        )
        initializer = keras.initializers.RandomNormal(0, self.stddev, seed=self.seed)
        self.members = self.add_weight(
            shape=(self.shape[1], self.n_factors),
            initializer=initializer if self.stddev else "zeros",
            regularizer=self.members_regularizer,
            name="members",
        )

    def call(self, rows, left_out=None, training=False):
        """Vectors of some rows, shape (n, n_factors)."""
        ops = keras.ops
        sums = _sparse_product(self.places, self.values, self.shape, self.members)
        vectors = ops.take(sums, rows, axis=0)
        if training and left_out is not None:
            weights = ops.take(self.member_weight, rows)[:, None]
            vectors -= weights * ops.take(self.members, left_out, axis=0)
        return vectors

    def get_config(self):
        """Give what Keras makes the layer from again, without the sets."""
        return {
            **super().get_config(),
            "shape": self.shape,
            "n_entries": self.n_entries,
            "n_factors": self.n_factors,
            "stddev": self.stddev,
            "seed": self.seed,
            "members_regularizer": keras.regularizers.serialize(
                self.members_regularizer
            ),
        }

    def _fixed(self, name, value):
        return self.add_weight(
            shape=value.shape,
            dtype=str(value.dtype),
            initializer=lambda *_, **__: value,
            trainable=False,
            name=name,
        )


class ShuffledRows(keras.utils.PyDataset):
    """Deal the rows of some arrays out in batches, in another order each epoch.

    Parameters
    ----------
    inputs : tuple of array, each of shape (n, ...)
    targets : array, shape (n,)
    batch_size : int
        Thousands make an epoch short; the last batch may be smaller.
    seed : int
        Of the orders: the same seed deals the same batches.
    """

    def __init__(
        self,
        inputs: tuple[np.ndarray, ...],
        targets: np.ndarray,
        batch_size: int,
        seed: int,
    ):
        super().__init__()
        self._columns = (*inputs, targets)
        self._batch_size = batch_size
        self._rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, number: int):
        start = number * self._batch_size
        rows = self._order[start : start + self._batch_size]
        *inputs, targets = (column[rows] for column in self._columns)
        return tuple(inputs), targets

    def on_epoch_end(self) -> None:
        """Shuffle; Keras calls this."""
        self._order = self._rng.permutation(len(self._columns[0]))


class ShuffledBatches(ShuffledRows):
    """Deal ratings out in batches, in another order each epoch.

    The ids are whole numbers and the ratings float, all of shape (n,); the rest is as
    in `ShuffledRows`.
    """

    def __init__(
        self,
        user_ids: ArrayLike,
        movie_ids: ArrayLike,
        ratings: ArrayLike,
        batch_size: int,
        seed: int,
    ):
        ids = tuple(
            integer_ids(of_side, name).astype(np.int64)
            for of_side, name in ((user_ids, "user_id"), (movie_ids, "movie_id"))
        )
        super().__init__(ids, np.asarray(ratings, np.float32), batch_size, seed)


class EpochBar(keras.callbacks.Callback):
    """A progress bar of epochs, silent where nobody watches."""

    def on_train_begin(self, logs=None):
        """Start; Keras calls this."""
        self._bar = progress_bar(self.params["epochs"], "Training", "epoch")

    def on_epoch_end(self, epoch, logs=None):
        """Count; Keras calls this."""
        self._bar.update()

    def on_train_end(self, logs=None):
        """Clear away; Keras calls this."""
        self._bar.close()


class LiveCurves(keras.callbacks.Callback):
    """Draw the learning curves while a model is trained, in a notebook.

    One picture is drawn anew after an epoch, at most every `seconds`, and stays when
    the training has ended. Outside of a notebook nothing is drawn.

    The `reference` is that of `recsys_helpers.plots.learning_curves_plot`.
    """

    def __init__(
        self, seconds: float = 1.0, reference: tuple[str, float] | None = None
    ):
        super().__init__()
        self.seconds, self.reference = seconds, reference

    def on_train_begin(self, logs=None):
        """Start; Keras calls this."""
        self._rows, self._handle, self._drawn = [], None, time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        """Draw, if the last picture is old enough; Keras calls this."""
        self._rows.append(dict(logs or {}))
        if time.monotonic() - self._drawn >= self.seconds:
            self._draw()

    def on_train_end(self, logs=None):
        """Draw for the last time; Keras calls this."""
        if self._rows:
            self._draw()

    def _draw(self):
        if not in_notebook():
            return
        import matplotlib.pyplot as plt
        from IPython.display import display

        history = pd.DataFrame(self._rows)
        history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
        figure = learning_curves_plot(history, reference=self.reference).figure
        plt.close(figure)  # or the cell shows it once more at its end
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        self._drawn = time.monotonic()


def falling_rate(learning_rate: float, n_epochs: int, batches: Any) -> Any:
    """Make a learning rate that falls along half a cosine to zero.

    Parameters
    ----------
    learning_rate : float
        What it starts at, above 0.
    n_epochs : int
        It is zero at the end of the last one.
    batches : keras.utils.PyDataset
        Those of an epoch.
    """
    return keras.optimizers.schedules.CosineDecay(
        learning_rate, decay_steps=n_epochs * len(batches)
    )


def train_model(
    model: Any,
    batches: Any,
    n_epochs: int,
    callbacks: Sequence[Any] = (),
    **fit_options: Any,
) -> pd.DataFrame:
    """Train a compiled model under a bar of epochs.

    Parameters
    ----------
    model : keras.Model
    batches : keras.utils.PyDataset
        It shuffles itself, by a seed of its own.
    n_epochs : int
    callbacks : sequence of keras.callbacks.Callback
    **fit_options
        Others that ``model.fit`` takes.

    Returns
    -------
    DataFrame, one row an epoch
        See `recsys_helpers.plots.history_frame`.
    """
    history = model.fit(
        batches,
        epochs=n_epochs,
        shuffle=False,
        callbacks=[EpochBar(), *callbacks],
        verbose=0,
        **fit_options,
    )
    return history_frame(history.history)


def _sparse_product(places, values, shape, table):
    """Multiply a sparse matrix by a table: `keras.ops` does it several times slower."""
    if keras.backend.backend() == "jax":
        from jax.experimental.sparse import BCOO

        sets = BCOO((values.value, places.value), shape=shape)
        return sets @ table.value
    import tensorflow as tf

    return tf.sparse.sparse_dense_matmul(tf.SparseTensor(places, values, shape), table)
