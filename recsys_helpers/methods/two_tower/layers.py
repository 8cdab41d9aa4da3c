"""The Keras layers of two towers: one hides features, one is the loss of retrieval.

Importing this module loads Keras, which takes seconds. Keras keeps the settings of
a layer by itself where they are numbers or lists of numbers.
"""

from typing import Any

from recsys_helpers.nn import load_keras

keras: Any = load_keras()


@keras.saving.register_keras_serializable("recsys_helpers")
class HideSome(keras.layers.Layer):
    """Hide groups of features, of some rows, while a model is trained.

    A hidden feature is 0. Where 0 means "unknown", as
    `recsys_helpers.features.encoder.FeatureEncoder` has it, the model meets rows of
    which little is known, and learns what to make of them. Unlike dropout, which hides
    single numbers and makes the others larger. After Volkovs, Yu and Poutanen,
    "DropoutNet: addressing cold start in recommender systems", NIPS 2017.

    Parameters
    ----------
    share : float
        Of the rows, from 0 to below 1. Each group draws on its own.
    groups : sequence of int, shape (n_features,)
        From 0 on: which group each feature belongs to.
    """

    def __init__(self, share, groups, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.share, self.groups = share, groups
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, features, training=False):
        """Features, shape (n, n_features), with zeros where they are hidden."""
        if not training or not self.share:
            return features
        n_groups = max(self.groups) + 1
        drawn = keras.random.uniform(
            (keras.ops.shape(features)[0], n_groups), seed=self._generator
        )
        shown = keras.ops.cast(drawn >= self.share, features.dtype)
        return features * keras.ops.take(shown, self.groups, axis=1)


@keras.saving.register_keras_serializable("recsys_helpers")
class InBatchSoftmax(keras.layers.Layer):
    r"""The loss of retrieval: pick each user's movie out of those of the batch.

    Row k of a batch is a user and a movie that they chose. The other movies of the
    batch serve as the ones not chosen, so no others have to be drawn:

    .. math::
        L = -\frac1n \sum_k \log \frac{e^{s_{kk}}}{\sum_l e^{s_{kl}}}, \qquad
        s_{kl} = \frac{f_k \cdot g_l}{\tau} - \log q_l

    A popular movie is in more batches, and would be pushed away more often than it
    deserves. The correction :math:`\log q_l`, q being the movie's share of the
    training rows, makes up for that: Yi et al., "Sampling-bias-corrected neural
    modeling for large corpus item recommendations", RecSys 2019, section 3. The same
    movie in another row of the batch is no wrong answer, and is left out of the sum.
    Keras Recommenders has the two as layers of their own:
    `SamplingProbabilityCorrection` and `RemoveAccidentalHits`.

    Parameters
    ----------
    temperature : float
        :math:`\tau`, above 0. Vectors of length 1 have products within -1 and 1;
        a small temperature lets the softmax be sure of something.
    corrected : bool
        Whether to subtract :math:`\log q`.
    """

    def __init__(self, temperature=0.1, corrected=True, **kwargs):
        super().__init__(**kwargs)
        self.temperature, self.corrected = temperature, corrected

    def call(self, user_vectors, movie_vectors, movie_rows, log_share):
        """Add the loss to the model's; give the scores, shape (n, n)."""
        ops = keras.ops
        scores = ops.matmul(user_vectors, ops.transpose(movie_vectors))
        logits = scores / self.temperature
        if self.corrected:
            logits = logits - log_share[None, :]
        right = ops.eye(ops.shape(movie_rows)[0], dtype="bool")
        same = ops.equal(movie_rows[:, None], movie_rows[None, :])
        logits = ops.where(ops.logical_and(same, ops.logical_not(right)), -1e9, logits)
        self.add_loss(-ops.mean(ops.diagonal(ops.log_softmax(logits))))
        return scores
