"""Entity embeddings as the source of chapter 7 has them, to be measured beside ours.

The batches are made by a loop over single pairs in plain Python. Its slips are kept:
each batch is drawn anew, so that an epoch shows some links twice and others never, and
numbers are kept as floats. Of the two random generators that it uses it seeds one; here
both are, so that the benchmark gives the same numbers twice. The model is
`sampled_link_model`, which is the source's in today's Keras.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.methods.entity.links import FilmLinks
from recsys_helpers.methods.entity.models import sampled_link_model
from recsys_helpers.nn import load_keras
from recsys_helpers.plots import history_frame
from recsys_helpers.vectors import MovieVectors


def looped_batches(
    links: FilmLinks, positives_per_batch: int = 512, negative_ratio: int = 10
) -> Iterator[NDArray[np.float64]]:
    """Deal batches out without end: rows of film, entity and label."""
    films, entities = links.matrix.nonzero()
    pairs = list(zip(films.tolist(), entities.tolist(), strict=True))
    known = set(pairs)
    n_films, n_entities = links.matrix.shape
    n_rows = positives_per_batch * (1 + negative_ratio)
    chance, order = random.Random(5), np.random.default_rng(5)
    batch = np.zeros((n_rows, 3))
    while True:
        for row, pair in enumerate(chance.sample(pairs, positives_per_batch)):
            batch[row] = (*pair, 1)
        row = positives_per_batch
        while row < n_rows:
            pair = (chance.randrange(n_films), chance.randrange(n_entities))
            if pair not in known:
                batch[row] = (*pair, -1)
                row += 1
        order.shuffle(batch)
        yield batch


@dataclass
class SourceLinks:
    """Cosine of two embeddings of 50, nadam, mean squared error, five epochs.

    Parameters
    ----------
    n_epochs : int
    """

    n_epochs: int = 5

    def fit(self, links: FilmLinks, callbacks: Sequence[Any] = ()) -> Self:
        model = sampled_link_model(*links.matrix.shape)
        model.compile("nadam", "mse", jit_compile=False)
        history = model.fit(
            inputs_and_labels(looped_batches(links)),
            epochs=self.n_epochs,
            steps_per_epoch=max(1, links.matrix.nnz // 512),
            callbacks=list(callbacks),
            shuffle=False,
            verbose=0,
        )
        self.links_, self.model_ = links, model
        self.history_ = history_frame(history.history)
        return self

    def film_vectors(self) -> MovieVectors:
        table = self.model_.get_layer("film_vector").embeddings.numpy()
        return MovieVectors(self.links_.films.ids, table)


def inputs_and_labels(batches: Iterator[NDArray]) -> Iterator[tuple]:
    """Give Keras what it wants; TensorFlow needs whole numbers and a copy."""
    for batch in batches:
        films, entities = batch[:, 0].astype(np.int64), batch[:, 1].astype(np.int64)
        yield (films, entities), batch[:, 2].astype(np.float32)


class EpochClock:
    """CPU seconds of each epoch of a training."""

    def __init__(self):
        self.cpu_s: list[float] = []

    def callback(self):
        started = [0.0]

        def begin(*_) -> None:
            started[0] = time.process_time()

        def end(*_) -> None:
            self.cpu_s.append(time.process_time() - started[0])

        return load_keras().callbacks.LambdaCallback(
            on_epoch_begin=begin, on_epoch_end=end
        )

    @property
    def usual(self) -> float:
        """Median without the first epoch, in which TensorFlow makes its graph."""
        return float(np.median(self.cpu_s[1:] or self.cpu_s))
