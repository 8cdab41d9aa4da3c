"""Two towers trained on one process and on two: losses, seconds, and what breaks.

    python benchmarks/several_workers.py [--seed 0] [--output FILE] [--quick]

Keras on JAX (`recsys_helpers.large.workers`), the towers of chapter 6 on all ratings
of the edition small: ``loss`` after each epoch with one and with two processes, on the
same batches, with numbers of 32 and of 64 bits; ``seconds an epoch``, the median
without the first, in which the model is compiled. All processes share the cores of this
machine.

``one killed``: worker 1 kills itself at the start of the third epoch; both processes
are started again, and go on from the checkpoint.

``tf.distribute``: such towers under ``MultiWorkerMirroredStrategy``, by a loop of our
own on one and on two processes, and by Keras' ``fit`` on two. (From one seed TensorFlow
and JAX draw different weights to start with, so the losses of the two differ.) The
metric ``runs`` is 1 where it ran to the end and 0 where it raised; the name of the
error is in the method.

``MiB all-reduced a step`` is arithmetic: 4 bytes for each weight. With n processes in a
ring each sends and receives 2 (n - 1) / n times as much. Takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.datasets import load_movielens
from recsys_helpers.large.processes import WorkerError, free_ports, run_workers
from recsys_helpers.large.workers import (
    ROWS,
    TowerRows,
    WorkersSettings,
    rows_of_worker,
    tower_rows,
    train_on_workers,
    write_rows,
)
from recsys_helpers.measure import MIB
from recsys_helpers.methods.two_tower.models import rating_model, rating_tower
from recsys_helpers.nn import SETTINGS, load_keras
from recsys_helpers.results import versions, write_results

RESULTS = Path(__file__).parent / "results" / "several_workers.json"
KILLED_IN = 2  # counted from 0
TIMEOUT_S = 900


def main() -> None:
    arguments = parse_arguments()
    if arguments.tensorflow:
        way, folder, settings = json.loads(arguments.tensorflow)
        train_on_tensorflow(way, Path(folder), WorkersSettings(**settings))
        return
    edition = "sample" if arguments.quick else "small"
    settings = WorkersSettings(n_epochs=4, seed=arguments.seed)
    if arguments.quick:
        settings = replace(settings, hidden=(16,), n_factors=4, n_epochs=3)
    data = load_movielens(edition)
    rows = tower_rows(data.ratings, data.movies, arguments.seed)
    common = {
        "edition": edition,
        "seed": arguments.seed,
        "n": len(rows.ratings),
        "versions": versions("numpy", "keras", "jax", "tensorflow-cpu"),
    }
    records = [*on_jax(rows, settings), *on_tensorflow(rows, settings)]
    records.append(all_reduced(rows, settings))
    write_results([common | record for record in records], arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tensorflow", help=argparse.SUPPRESS)
    return parser.parse_args()


def on_jax(rows: TowerRows, settings: WorkersSettings) -> Iterator[dict]:
    for dtype in ("float32", "float64"):
        typed = replace(settings, dtype=dtype)
        for n_workers, name in ((1, "1 process"), (2, "2 processes")):
            with tempfile.TemporaryDirectory(prefix="several_workers_") as folder:
                history = train_on_workers(
                    rows, folder, typed, n_workers=n_workers, timeout_s=TIMEOUT_S
                )
            yield from records_of(history, f"JAX {dtype}, {name}")
    with tempfile.TemporaryDirectory(prefix="several_workers_") as folder:
        try:
            train_on_workers(
                rows, folder, typed, die=(1, KILLED_IN), timeout_s=TIMEOUT_S
            )
        except WorkerError as error:
            print(error)
            yield runs("JAX, one of two is killed: the other goes on", 0)
        history = train_on_workers(rows, folder, typed, timeout_s=TIMEOUT_S)
        yield from records_of(history, f"JAX {dtype}, one killed, resumed")


def records_of(history: pd.DataFrame, method: str) -> Iterator[dict]:
    print(method, *(f"{loss:.6f}" for loss in history["loss"]))
    for epoch, loss in zip(history["epoch"], history["loss"], strict=True):
        yield {"method": method, "metric": f"loss of epoch {epoch}", "value": loss}
    if "seconds" in history:
        seconds = float(history["seconds"].iloc[1:].median())
        yield {
            "method": method,
            "metric": "seconds an epoch",
            "value": round(seconds, 2),
        }


def runs(method: str, value: int) -> dict:
    return {"method": method, "metric": "runs", "value": value}


def all_reduced(rows: TowerRows, settings: WorkersSettings) -> dict:
    model, _ = towers(rows, settings)
    n_bytes = 4 * sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    return {
        "method": "all-reduce",
        "metric": "MiB all-reduced a step",
        "value": round(n_bytes / MIB, 4),
    }


def on_tensorflow(rows: TowerRows, settings: WorkersSettings) -> Iterator[dict]:
    for n_workers, way in ((1, "own loop"), (2, "own loop"), (2, "fit")):
        processes = "1 process" if n_workers == 1 else f"{n_workers} processes"
        method = f"TensorFlow, {way}, {processes}"
        with tempfile.TemporaryDirectory(prefix="several_workers_") as folder:
            write_rows(rows, Path(folder))
            task = json.dumps([way, folder, vars(settings)])
            ports = free_ports(n_workers)
            try:
                printed = run_workers(
                    [[__file__, "--tensorflow", task]] * n_workers,
                    lambda rank, ports=ports: cluster(ports, rank),
                    TIMEOUT_S,
                )
            except WorkerError as error:
                print(error)
                yield runs(f"{method} ({kind_of(error)})", 0)
            else:
                losses = json.loads(printed[0].splitlines()[-1])
                epochs = range(1, len(losses) + 1)
                yield runs(method, 1)
                yield from records_of(
                    pd.DataFrame({"epoch": epochs, "loss": losses}), method
                )


def kind_of(error: WorkerError) -> str:
    """Find the name of the Python error in what the workers printed."""
    kinds = re.findall(r"^(\w*(?:Error|Exception))\b", str(error), re.M)
    return kinds[-1] if kinds else "no Python error"


def cluster(ports: list[int], rank: int) -> dict[str, str]:
    workers = [f"127.0.0.1:{port}" for port in ports]
    task = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": rank}}
    return SETTINGS | {"TF_CONFIG": json.dumps(task)}


def towers(rows: TowerRows, settings: WorkersSettings) -> tuple:
    """Make the model that the workers train, and its optimiser."""
    user_tower, movie_tower = (
        rating_tower(
            name,
            inputs.shape[1],
            hidden=settings.hidden,
            n_factors=settings.n_factors,
            dropout=0.0,
            seed=settings.seed,
        )
        for name, inputs in (("user", rows.users), ("movie", rows.movies))
    )
    model = rating_model(user_tower, movie_tower, float(rows.ratings.mean()))
    optimizer = load_keras().optimizers.AdamW(
        settings.learning_rate, weight_decay=settings.weight_decay
    )
    return model, optimizer


def train_on_tensorflow(way: str, folder: Path, settings: WorkersSettings) -> None:
    """Train as one of two workers, and print the losses as the last line."""
    load_keras()
    import tensorflow as tf

    # Before all else: it has to find TensorFlow untouched.
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    rank = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    with np.load(folder / ROWS, allow_pickle=False) as stored:
        rows = TowerRows(*(stored[name] for name in ("users", "movies", "ratings")))
    share = settings.batch_size // strategy.num_replicas_in_sync
    with strategy.scope():
        model, optimizer = towers(rows, settings)
        optimizer.build(model.trainable_variables)
        if way == "fit":
            model.compile(optimizer, loss="mse", jit_compile=False)

    def shares(epoch: int) -> tf.data.Dataset:
        n_workers = strategy.num_replicas_in_sync
        mine = rows_of_worker(
            len(rows.ratings),
            settings.batch_size,
            rank,
            n_workers,
            settings.seed,
            epoch,
        )
        arrays = ((rows.users[mine], rows.movies[mine]), rows.ratings[mine, None])
        return tf.data.Dataset.from_tensor_slices(arrays).batch(share)

    @tf.function
    def step(inputs: tuple, stars: tf.Tensor) -> tf.Tensor:
        def of_replica(inputs: tuple, stars: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                squares = (model(inputs, training=True) - stars) ** 2
                # Keras' optimiser adds up over the replicas: a share of the mean.
                loss = tf.reduce_sum(squares) / settings.batch_size
            optimizer.apply(
                tape.gradient(loss, model.trainable_variables),
                model.trainable_variables,
            )
            return loss

        losses = strategy.run(of_replica, args=(inputs, stars))
        return strategy.reduce("SUM", losses, axis=None)

    means = []
    for epoch in range(settings.n_epochs):
        dealt = strategy.distribute_datasets_from_function(
            lambda _, epoch=epoch: shares(epoch)
        )
        if way == "fit":
            history = model.fit(dealt, steps_per_epoch=len(shares(epoch)), verbose=0)
            means.append(history.history["loss"][0])
        else:
            means.append(float(np.mean([float(step(*batch)) for batch in dealt])))
    print(json.dumps(means))


if __name__ == "__main__":
    main()
