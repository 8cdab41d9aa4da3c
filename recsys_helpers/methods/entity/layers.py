"""What models of links need of Keras: a table, a film as its links, a loss, batches.

Importing this module loads Keras, which takes seconds. Keras keeps the settings of
a layer by itself where they are numbers or lists of numbers.
"""

import numpy as np
from scipy import sparse

from recsys_helpers._checks import check_count
from recsys_helpers.methods.entity.links import listed_links
from recsys_helpers.methods.entity.sampling import NegativeSampler
from recsys_helpers.nn.parts import ShuffledRows, keras


@keras.saving.register_keras_serializable("recsys_helpers")
class DenseEmbedding(keras.layers.Embedding):
    """An embedding whose gradient is a table, and not a list of rows.

    TensorFlow gives the gradient of an embedding as the rows that a batch has used,
    and Keras sorts these, row by row, into each of the optimizer's tables. Where a
    batch uses most of the rows it is quicker to add them up in one table at once.

    The sum is the same, and yet Adam and its like take other steps: where a row comes
    several times in a batch, Keras 3 squares each part of its gradient by itself, and
    with this layer the square is that of the sum, as the papers have it.
    """

    def call(self, rows):
        """Vectors of some rows, shape (n, output_dim)."""
        ops = keras.ops

        @ops.custom_gradient
        def look_up(table):
            def gradient(upstream):
                return ops.segment_sum(upstream, rows, self.input_dim)

            return ops.take(table, rows, axis=0), gradient

        return look_up(ops.copy(self.embeddings))


@keras.saving.register_keras_serializable("recsys_helpers")
class SumOfLinks(keras.layers.Layer):
    """Make a film's vector of those of its links, some of which are hidden at times.

    Each entity has a vector, and a film gets the sum of its entities' vectors. In
    training some links, drawn anew in each batch, are left out of the sum, so that
    the others have to do for them: Vincent et al., "Extracting and composing robust
    features with denoising autoencoders", ICML 2008.

    Parameters
    ----------
    hidden_share : float
        Of the links, from 0 to below 1.
    weights : sequence of float, shape (n_entities,), optional
        What an entity's vector is multiplied by in the sum. Without it, by 1.
    """

    def __init__(
        self, n_entities, n_factors, hidden_share=0.3, weights=None, seed=0, **kwargs
    ):
        super().__init__(**kwargs)
        self.n_entities, self.hidden_share = n_entities, hidden_share
        self.weights_of_entities = [1.0] * n_entities if weights is None else weights
        self._generator = keras.random.SeedGenerator(seed)
        self.table = DenseEmbedding(
            n_entities, n_factors, keras.initializers.RandomUniform(seed=seed)
        )

    def call(self, film, of_film, entity, training=False):
        """Vectors of n films, shape (n, n_factors), by entities of their links."""
        ops = keras.ops
        weights = ops.convert_to_tensor(self.weights_of_entities, "float32")
        shown = ops.take(weights, entity)
        if training and self.hidden_share:
            drawn = keras.random.uniform(ops.shape(shown), seed=self._generator)
            shown = shown * ops.cast(drawn >= self.hidden_share, shown.dtype)
        members = shown[:, None] * self.table(entity)
        return ops.segment_sum(members, of_film, ops.shape(film)[0])


@keras.saving.register_keras_serializable("recsys_helpers")
class LinkSoftmax(keras.layers.Layer):
    r"""The loss: pick what a film links to out of what all films of a batch link to.

    With the vector f of a film and e of an entity, both of length 1, the links L of
    the films of a batch, and the entities E that any of them links to

    .. math::
        -\frac1{|L|} \sum_{(i, j) \in L} \log
            \frac{e^{f_i \cdot e_j / \tau}}{\sum_{k \in E} e^{f_i \cdot e_k / \tau}}

    A sampled softmax whose sample costs nothing: popular entities are in nearly every
    batch, rare ones in few. Compare Bengio and Senécal, "Quick training of
    probabilistic neural nets by importance sampling", AISTATS 2003.

    The temperature is :math:`\tau`, above 0. Vectors of length 1 have products within
    -1 and 1; a small temperature lets the softmax be sure of something.
    """

    def __init__(self, n_entities, temperature=0.07, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.n_entities, self.temperature, self.seed = n_entities, temperature, seed

    def build(self, film_vectors_shape):
        """Make the table of entities; Keras calls this."""
        self.table = self.add_weight(
            shape=(self.n_entities, film_vectors_shape[-1]),
            initializer=keras.initializers.RandomUniform(seed=self.seed),
            name="entities",
        )

    def call(self, film_vectors, of_film, place, in_batch):
        """Add the loss to the model's; give the scores, shape (n, n_in_batch).

        The links are as in `links.listed_links`; a column is an entity in the batch.
        Where numbers are -1, behind the others, there is none.
        """
        ops = keras.ops
        entities = ops.normalize(ops.take(self.table, in_batch, axis=0), axis=1)
        scores = ops.matmul(film_vectors, ops.transpose(entities)) / self.temperature
        scores = scores + ops.where(in_batch < 0, -1e9, 0.0)
        cells = of_film * ops.shape(scores)[1] + place
        of_links = ops.take(ops.reshape(scores, (-1,)), cells)
        of_all = ops.take(ops.logsumexp(scores, axis=1), of_film)
        is_link = ops.cast(of_film >= 0, scores.dtype)
        self.add_loss(ops.sum((of_all - of_links) * is_link) / ops.sum(is_link))
        return scores

    def entity_vectors(self):
        """Give the vectors of all entities, of length 1, shape (n_entities, n)."""
        return keras.ops.normalize(self.table, axis=1)


class FilmBatches(ShuffledRows):
    """Deal films with their links out in batches, in another order each epoch.

    A batch is what `links.listed_links` gives of its films; those without a link are
    left out. The parameters are those of `ShuffledRows`.
    """

    def __init__(self, matrix: sparse.csr_array, batch_size: int, seed: int):
        self._matrix = matrix
        films = np.flatnonzero(np.diff(matrix.indptr))
        # The loss is a part of the model and has no need of targets.
        super().__init__((films,), np.zeros(len(films), np.float32), batch_size, seed)

    def __getitem__(self, number: int):
        (films,), targets = super().__getitem__(number)
        films, *links = listed_links(self._matrix, films)
        return (films, *map(_round_length, links)), targets


class LinkBatches(keras.utils.PyDataset):
    """Batches of links and of pairs that are not links, other ones each epoch.

    Each link comes once an epoch. What is in a batch depends on the seed, the epoch
    and the number of the batch alone, so it does not matter in which order, or in how
    many threads, Keras asks for them.

    The last batch may have fewer links. With each link come `negative_ratio` pairs that
    `NegativeSampler` draws; their label is -1 or 0, and that of a link 1.
    """

    def __init__(
        self,
        matrix: sparse.csr_array,
        positives_per_batch: int = 512,
        negative_ratio: int = 10,
        popularity: float = 0.0,
        label_of_negatives: float = -1.0,
        seed: int = 0,
    ):
        super().__init__()
        check_count("positives_per_batch", positives_per_batch)
        check_count("negative_ratio", negative_ratio)
        self._sampler = NegativeSampler(matrix, popularity)
        self._films, self._entities = matrix.nonzero()
        self._n_positives, self._ratio = positives_per_batch, negative_ratio
        self._label, self._seed, self._epoch = label_of_negatives, seed, -1
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._order) // self._n_positives)

    def __getitem__(self, number: int):
        start = number * self._n_positives
        links = self._order[start : start + self._n_positives]
        n_negatives = self._ratio * len(links)
        rng = np.random.default_rng([self._seed, self._epoch, number])
        films, entities = self._sampler.draw(n_negatives, rng)
        order = rng.permutation(len(links) + n_negatives)
        films = np.concatenate([self._films[links], films])[order]
        entities = np.concatenate([self._entities[links], entities])[order]
        labels = np.where(order < len(links), 1, self._label).astype(np.float32)
        return (films, entities), labels

    def on_epoch_end(self) -> None:
        """Shuffle the links; Keras calls this."""
        self._epoch += 1
        rng = np.random.default_rng([self._seed, self._epoch])
        self._order = rng.permutation(len(self._films))


def _round_length(numbers):
    """Put -1 behind the numbers: JAX compiles the training anew for each length."""
    n_missing = -len(numbers) % 1024 if keras.backend.backend() == "jax" else 0
    return np.pad(numbers, (0, n_missing), constant_values=-1)
