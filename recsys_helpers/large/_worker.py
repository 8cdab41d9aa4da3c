"""What one worker of `recsys_helpers.large.workers` does; a program of its own.

    python -m recsys_helpers.large._worker FOLDER RANK TASK

It runs on JAX: Keras' own ``fit`` works on several processes there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from recsys_helpers._files import read_npz
from recsys_helpers.large.workers import (
    CHECKPOINT,
    ROWS,
    Checkpoint,
    read_checkpoint,
    rows_of_worker,
    write_checkpoint,
)
from recsys_helpers.methods.two_tower.models import rating_model, rating_tower
from recsys_helpers.nn import load_keras

if TYPE_CHECKING:
    import keras


def main(folder: Path, rank: int, task: dict) -> None:
    """Train from the checkpoint in `folder`, or from the start, to the end."""
    join_the_others(rank, task["n_workers"], task["port"])
    settings = json.loads(task["training"])
    rows = read_npz(folder / ROWS)
    users, movies, ratings = (
        rows[name].astype(settings["dtype"]) for name in ("users", "movies", "ratings")
    )
    model = compiled_towers(users.shape[1], movies.shape[1], ratings.mean(), settings)
    variables = [*model.variables, *model.optimizer.variables]
    losses, seconds = [], []
    if before := read_checkpoint(folder / CHECKPOINT):
        losses, seconds = list(before.losses), list(before.seconds)
        for variable, value in zip(variables, before.state, strict=True):
            variable.assign(value)

    batch_size, n_workers = settings["batch_size"], task["n_workers"]
    for epoch in range(len(losses), settings["n_epochs"]):
        if task["die"] == [rank, epoch]:
            os.kill(os.getpid(), signal.SIGKILL)
        mine = rows_of_worker(
            len(ratings), batch_size, rank, n_workers, settings["seed"], epoch
        )
        started = time.perf_counter()
        history = model.fit(
            [users[mine], movies[mine]],
            ratings[mine],
            batch_size=batch_size // n_workers,
            shuffle=False,  # it is done, alike on all workers
            verbose=0,
        )
        # The loss of all workers: JAX computes the mean of a metric over the network.
        losses.append(float(history.history["loss"][0]))
        seconds.append(time.perf_counter() - started)
        if rank == 0:  # all workers have the same weights
            state = [np.asarray(variable) for variable in variables]
            write_checkpoint(
                folder / CHECKPOINT,
                Checkpoint(task["training"], tuple(losses), tuple(seconds), state),
            )


def join_the_others(rank: int, n_workers: int, port: int) -> None:
    """Wait for all workers, and have Keras deal the batches out among them."""
    if n_workers == 1:
        return
    import jax

    jax.distributed.initialize(
        f"127.0.0.1:{port}",
        n_workers,
        rank,
        coordinator_bind_address=f"127.0.0.1:{port}",
    )
    distribution = load_keras().distribution
    devices = distribution.list_devices()
    distribution.set_distribution(
        # Each worker reads its own rows: Keras must not divide them a second time.
        distribution.DataParallel(devices=devices, auto_shard_dataset=False)
    )


def compiled_towers(
    n_user_inputs: int, n_movie_inputs: int, mean: float, settings: dict
) -> keras.Model:
    """Make the towers of chapter 6 for stars, without what is random in training."""
    keras = load_keras()
    keras.config.set_floatx(settings["dtype"])
    user_tower, movie_tower = (
        rating_tower(
            name,
            n_inputs,
            hidden=settings["hidden"],
            n_factors=settings["n_factors"],
            dropout=0.0,
            seed=settings["seed"],
        )
        for name, n_inputs in (("user", n_user_inputs), ("movie", n_movie_inputs))
    )
    model = rating_model(user_tower, movie_tower, float(mean))
    model.compile(
        keras.optimizers.AdamW(
            settings["learning_rate"], weight_decay=settings["weight_decay"]
        ),
        loss="mse",
    )
    model.optimizer.build(model.trainable_variables)
    return model


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
