"""What ALS costs with implicit and with Spark: 1e5, 1e6 and 1e7 interactions.

    python benchmarks/spark_growth.py [--quick] [--split-seed 7] [--output FILE]

The synthetic likes are those of `als_growth.py`. 32 factors, 5 iterations, two threads
on both sides. Both read the likes from a file (numpy's for implicit, Parquet for
Spark), and what is measured goes from there to the factors, in a process of its own:

- `fit cpu_s` and `fit wall_s`, with Spark those of Java too; the CPU seconds are what
  to compare, since other programs may run beside;
- `start cpu_s` and `start wall_s`, of importing pyspark and starting Spark's session;
- `peak MiB`, of Python and of Java together. Java takes what it is given before it
  tidies up, so Spark is asked twice: with 4 GB and with 1 GB of heap.

From the two largest sizes follow the bytes an interaction, and from these how many
would fit into the memory of this machine. That is a straight line drawn further, not
a measurement. Where Spark's heap is too small, that is the result: `failed`. A quarter
of an hour on two cores; `--quick` takes half a minute, with two methods and
two thousand likes, to see that all works.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from als_growth import REGULARIZATION, draw, read_likes
from threadpoolctl import threadpool_limits

from recsys_helpers.measure import MIB, peak_memory_mib
from recsys_helpers.results import versions, write_results

RESULTS = Path(__file__).parent / "results" / "spark_growth.json"
SIZES, QUICK_SIZES = (100_000, 1_000_000, 10_000_000), (2_000,)
N_FACTORS, N_ITERATIONS, N_THREADS = 32, 5, 2
PATIENCE_S = 1800
METHODS = {
    "implicit, conjugate gradients": ("implicit", True),
    "implicit, exact": ("implicit", False),
    "Spark, 4 GB heap": ("spark", "4g"),
    "Spark, 1 GB heap": ("spark", "1g"),
}
QUICK = ("implicit, exact", "Spark, 1 GB heap")


def main() -> None:
    arguments = parse_arguments()
    if arguments.task:
        print(json.dumps(TASKS[arguments.task[0]](*arguments.task[1:])))
        return
    records = []
    with tempfile.TemporaryDirectory(prefix="spark_growth_") as folder:
        methods = QUICK if arguments.quick else METHODS
        for n in QUICK_SIZES if arguments.quick else SIZES:
            path = str(Path(folder, str(n)))
            print(f"{n:,} likes:", child("draw", path, n, arguments.split_seed))
            records += records_of_size(methods, path, n, arguments.split_seed)
    records += limits(pd.DataFrame(records))
    write_results(records, arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--split-seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def child(*task: str | int | bool) -> dict:
    command = [sys.executable, __file__, "--task", json.dumps(task)]
    answer = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S
    )
    return json.loads(answer.stdout)


def records_of_size(
    methods: Iterable[str], path: str, n: int, seed: int
) -> Iterator[dict]:
    for method in methods:
        task, setting = METHODS[method]
        try:
            figures = child(task, path, setting, seed)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            figures = {"failed": 1.0}
        print(f"{n:>10,} {method:30}", figures)
        for metric, value in figures.items():
            yield record(method, metric, value, seed, n)


def record(method: str, metric: str, value: float, seed: int, n: int | None) -> dict:
    return {
        "method": method,
        "metric": metric,
        "value": value,
        "edition": "synthetic",
        "seed": seed,
        "n": n,
        "versions": versions("numpy", "scipy", "implicit", "pyspark"),
    }


def limits(measured: pd.DataFrame) -> Iterator[dict]:
    """Draw the line through the two largest sizes on to the memory of this machine."""
    memory = psutil.virtual_memory().total / MIB
    seed = int(measured["seed"].iloc[0])
    peaks = measured[measured["metric"] == "peak MiB"]
    for method, group in peaks.groupby("method", sort=False):
        if len(group) < 2:
            continue
        (n_0, peak_0), (n_1, peak_1) = group[["n", "value"]].to_numpy()[-2:]
        slope = (peak_1 - peak_0) / (n_1 - n_0)
        yield record(method, "bytes an interaction", slope * MIB, seed, None)
        if slope > 0:
            fits = n_1 + (memory - peak_1) / slope
            yield record(method, "interactions that fit", fits, seed, None)
    yield record("this machine", "memory MiB", memory, seed, None)


def draw_both(path: str, n: int, seed: int) -> dict:
    """Write the likes for implicit, and once more for Spark."""
    import polars as pl

    counts = draw(f"{path}.npz", n, seed)
    likes = read_likes(f"{path}.npz", np.float32).tocoo()
    columns = {"user": likes.row, "movie": likes.col, "rating": np.ones(n, np.float32)}
    pl.DataFrame(columns).write_parquet(f"{path}.parquet")
    return counts


def implicit(path: str, use_cg: bool, seed: int) -> dict:
    from implicit.cpu.als import AlternatingLeastSquares

    with threadpool_limits(1, "blas"):
        before = time.process_time(), time.perf_counter()
        model = AlternatingLeastSquares(
            factors=N_FACTORS,
            iterations=N_ITERATIONS,
            regularization=REGULARIZATION,
            use_cg=use_cg,
            num_threads=N_THREADS,
            random_state=seed,
        )
        model.fit(read_likes(f"{path}.npz", np.float32), show_progress=False)
        cpu_s, wall_s = time.process_time(), time.perf_counter()
    return {
        "fit cpu_s": round(cpu_s - before[0], 2),
        "fit wall_s": round(wall_s - before[1], 2),
        "peak MiB": round(peak_memory_mib()),
    }


def spark(path: str, memory: str, seed: int) -> dict:
    from recsys_helpers.large.spark import start_spark

    start = time.perf_counter(), cpu_of_all()
    with start_spark(f"local[{N_THREADS}]", memory=memory) as session:
        from pyspark.ml.recommendation import ALS

        ready = time.perf_counter(), cpu_of_all()
        # alpha 1 and ratings of 1 are the confidence 2 of the likes.
        als = ALS(
            userCol="user",
            itemCol="movie",
            implicitPrefs=True,
            alpha=1.0,
            rank=N_FACTORS,
            maxIter=N_ITERATIONS,
            regParam=REGULARIZATION,
            seed=seed,
        )
        model = als.fit(session.read.parquet(f"{path}.parquet"))
        # Spark is lazy: what nobody asks for need not be there.
        model.userFactors.count(), model.itemFactors.count()
        done = time.perf_counter(), cpu_of_all()
        # A child that has ended, and was not asked how, holds nothing.
        peak = sum(peak_memory_mib(process.pid) or 0 for process in processes())
    return {
        "start wall_s": round(ready[0] - start[0], 2),
        "start cpu_s": round(ready[1] - start[1], 2),
        "fit wall_s": round(done[0] - ready[0], 2),
        "fit cpu_s": round(done[1] - ready[1], 2),
        "peak MiB": round(peak),
    }


def cpu_of_all() -> float:
    """CPU seconds of this process and of those that it has started, so far."""
    times = [process.cpu_times() for process in processes()]
    own = times[0]
    # The shell script that looks for Java has ended by then.
    ended = own.children_user + own.children_system
    return ended + sum(of_one.user + of_one.system for of_one in times)


def processes() -> list[psutil.Process]:
    this = psutil.Process()
    return [this, *this.children(recursive=True)]


TASKS = {"draw": draw_both, "implicit": implicit, "spark": spark}


if __name__ == "__main__":
    main()
