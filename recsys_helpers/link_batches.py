"""Deal links out in batches, with pairs that are not links among them.

Importing this module loads TensorFlow, which takes seconds. Functions that need
batches import it when they are called.
"""

from typing import Any

import numpy as np
from scipy import sparse

from recsys_helpers.checks import check_count
from recsys_helpers.keras_setup import load_keras
from recsys_helpers.negative_sampling import NegativeSampler

keras: Any = load_keras()


class LinkBatches(keras.utils.PyDataset):
    """Batches of links and of pairs that are not links, other ones each epoch.

    Each link comes once an epoch. What is in a batch depends on the seed, the epoch
    and the number of the batch alone, so it does not matter in which order, or in how
    many threads, Keras asks for them.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, shape (n_films, n_entities)
    positives_per_batch : int
        Links in a batch; the last batch may have fewer.
    negative_ratio : int
        How many pairs that are not links come with each link.
    popularity : float
        See `recsys_helpers.negative_sampling.NegativeSampler`.
    label_of_negatives : float
        -1 or 0; that of a link is 1.
    seed : int
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
