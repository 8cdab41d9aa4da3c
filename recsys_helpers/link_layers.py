"""A Keras layer that models of links are quicker with.

Importing this module loads TensorFlow, which takes seconds. Functions that need the
layer import it when they are called.
"""

from recsys_helpers.keras_setup import load_keras

keras = load_keras()

import tensorflow as tf  # noqa: E402, after the settings that load_keras makes


@keras.saving.register_keras_serializable("recsys_helpers")
class DenseEmbedding(keras.layers.Embedding):
    """An embedding whose gradient is a table, and not a list of rows.

    TensorFlow gives the gradient of an embedding as the rows that a batch has used,
    and Keras sorts these, row by row, into each of the optimizer's tables. Where a
    batch uses most of the rows it is quicker to add them up in one table at once.

    The sum is the same, and yet Adam and its like take other steps: where a row comes
    several times in a batch, Keras 3 squares each part of its gradient by itself, and
    with this layer the square is that of the sum, as the papers have it.

    Parameters, methods
        As `keras.layers.Embedding` has them.
    """

    def call(self, rows):
        """Vectors of some rows, shape (n, output_dim)."""

        @tf.custom_gradient
        def look_up(table):
            def gradient(upstream):
                return tf.math.unsorted_segment_sum(upstream, rows, self.input_dim)

            return tf.gather(table, rows), gradient

        return look_up(tf.convert_to_tensor(self.embeddings))
