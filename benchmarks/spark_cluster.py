"""What becomes of a fit when a part of the cluster is killed in the middle of it.

    python benchmarks/spark_cluster.py [--seed 0] [--quick] [--output FILE]

A standalone cluster on this machine, one master and two workers, each with one core.
Spark's ALS learns from the likes of the training rows of edition small: undisturbed
first, then with one worker killed (and its executor), with an executor killed, and
with the master killed, each by SIGKILL when half of the fit's jobs were done. Each
has a cluster of its own. Takes about five minutes; `--quick` takes edition sample,
few factors and iterations, and one worker killed.

Metrics: "difference", the largest one of any factor to the undisturbed fit's, in
relation to the largest factor; "ndcg@10" of the lists; "jobs before", the share of
the fit's jobs that were done at the kill; "executors lost"; "wall_s" of the fit;
`cpu_s`, CPU seconds of all Java processes but the master during the fit. The method
"formula" compares the bytes of an iteration by
`recsys_helpers.large.spark_arithmetic.shuffled_bytes` with Spark's event log;
"ratio" is log over formula.
"""

import argparse
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import ndcg_of_users
from recsys_helpers.interactions import Interactions, positives
from recsys_helpers.large.spark import SHORT_START, start_spark
from recsys_helpers.large.spark_als import SparkAls, spark_factors
from recsys_helpers.large.spark_arithmetic import bytes_written_by_group, shuffled_bytes
from recsys_helpers.large.spark_cluster import (
    LocalCluster,
    local_cluster,
    n_executors,
    n_jobs_done,
)
from recsys_helpers.results import versions, write_results
from recsys_helpers.splits import Split, user_temporal_split

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RESULTS = Path(__file__).parent / "results" / "spark_cluster.json"
MIB = 2**20
Kill = Callable[[LocalCluster], None]
EXECUTOR = "CoarseGrainedExecutorBackend"
MODEL = {"n_factors": 32, "n_iterations": 8, "regularization": 0.1, "n_blocks": 4}
QUICK = {"n_factors": 4, "n_iterations": 4, "regularization": 0.1, "n_blocks": 2}
SHORT = {
    "spark.driver.extraJavaOptions": SHORT_START,
    "spark.executor.extraJavaOptions": SHORT_START,
}


@dataclass
class Fit:
    """A fit and what was seen during it."""

    model: SparkAls
    n_jobs: int
    jobs_before: int
    executors_lost: int
    wall_s: float
    cpu_s: float


def main() -> None:
    arguments = parse_arguments()
    edition = "sample" if arguments.quick else "small"
    settings = (QUICK if arguments.quick else MODEL) | {"seed": arguments.seed}
    split = user_temporal_split(load_movielens(edition).ratings)
    about = {
        "edition": edition,
        "split": split.name,
        "seed": arguments.seed,
        "versions": versions("numpy", "pyspark"),
    }
    kills = dict(list(KILLS.items())[:1]) if arguments.quick else KILLS
    ranks = (64,) if arguments.quick else (32, 64, 128)
    rows = [
        *of_kills(split, settings, kills),
        *of_shuffles(split, settings["n_blocks"], ranks),
    ]
    write_results([about | row for row in rows], arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


def of_kills(split: Split, settings: dict, kills: dict[str, Kill]) -> Iterator[dict]:
    undisturbed = fit_on_a_cluster(split, settings)
    yield from records("undisturbed", undisturbed, undisturbed, split)
    for name, kill in kills.items():
        fit = fit_on_a_cluster(split, settings, kill, undisturbed.n_jobs // 2)
        yield from records(name, fit, undisturbed, split)


def kill_executor(cluster: LocalCluster) -> None:
    worker = psutil.Process(cluster.workers[0].pid)
    (executor,) = [c for c in worker.children() if EXECUTOR in " ".join(c.cmdline())]
    executor.kill()


KILLS: dict[str, Kill] = {
    "one worker killed": lambda cluster: cluster.kill_worker(0),
    "an executor killed": kill_executor,
    "the master killed": LocalCluster.kill_master,
}


def fit_on_a_cluster(
    split: Split,
    settings: dict,
    kill: Kill | None = None,
    after: int = 0,
) -> Fit:
    """Fit on a new cluster; `kill` something after so many jobs of the fit."""
    with local_cluster(2) as cluster, cluster.start_session(SHORT) as spark:
        while n_executors(spark) < 2:
            time.sleep(0.05)
        model, cpu_s = SparkAls(**settings), {}
        before = sum(note_cpu_seconds(spark, cluster, cpu_s).values())
        began = time.perf_counter()
        fit = threading.Thread(target=model.fit, args=[split.train])
        fit.start()
        jobs_before = lost = 0
        if kill is not None:
            while n_jobs_done(spark) < after:
                time.sleep(0.01)
            note_cpu_seconds(spark, cluster, cpu_s)
            jobs_before = n_jobs_done(spark)
            assert fit.is_alive(), "the fit was over before the kill"
            kill(cluster)
        while fit.is_alive():
            lost = max(lost, 2 - n_executors(spark))
            note_cpu_seconds(spark, cluster, cpu_s)
            fit.join(0.1)
        wall_s = time.perf_counter() - began
        cpu = sum(note_cpu_seconds(spark, cluster, cpu_s).values()) - before
        return Fit(model, n_jobs_done(spark), jobs_before, lost, wall_s, cpu)


def note_cpu_seconds(
    spark: "SparkSession", cluster: LocalCluster, noted: dict[int, float]
) -> dict[int, float]:
    """Note what the driver and the workers' processes have used so far, by their ids.

    Those that have died keep what was noted last.
    """
    driver = psutil.Process(spark.sparkContext._gateway.proc.pid)
    workers = [psutil.Process(worker.pid) for worker in cluster.workers.values()]
    of_workers = [p for worker in workers for p in worker.children(recursive=True)]
    for process in [driver, *workers, *of_workers]:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            noted[process.pid] = times.user + times.system
    return noted


def records(name: str, fit: Fit, undisturbed: Fit, split: Split) -> Iterator[dict]:
    values = {
        "difference": difference(fit.model, undisturbed.model),
        "ndcg@10": float(np.nanmean(ndcg_of_users(fit.model, split))),
        "jobs before": fit.jobs_before / fit.n_jobs,
        "executors lost": fit.executors_lost,
        "wall_s": round(fit.wall_s, 1),
    }
    print(name, values, f"{fit.cpu_s:.1f} CPU s")
    for metric, value in values.items():
        yield {
            "method": name,
            "metric": metric,
            "value": value,
            "n": len(split.train),
            "cpu_s": round(fit.cpu_s, 1),
        }


def difference(one: SparkAls, other: SparkAls) -> float:
    pairs = [
        (one.user_factors_, other.user_factors_),
        (one.movie_factors_, other.movie_factors_),
    ]
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def of_shuffles(split: Split, n_blocks: int, ranks: tuple[int, ...]) -> Iterator[dict]:
    """Bytes of an iteration: what three write beyond two, against the formula."""
    R = Interactions.from_ratings(positives(split.train), None).matrix
    same = {"implicit": True, "n_blocks": n_blocks}
    with tempfile.TemporaryDirectory(prefix="spark_events_") as folder:
        logged = {
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": Path(folder).as_uri(),
            "spark.shuffle.compress": "false",
        }
        with start_spark(settings=SHORT | logged) as spark:
            for n_factors, n in itertools.product(ranks, (2, 3)):
                spark.sparkContext.setJobGroup(f"{n_factors} {n}", "shuffles")
                spark_factors(R, n_factors=n_factors, n_iterations=n, **same)
        (log,) = Path(folder).iterdir()
        written = bytes_written_by_group(log)
    for n_factors in ranks:
        measured = written[f"{n_factors} 3"] - written[f"{n_factors} 2"]
        by_formula = shuffled_bytes(R, n_factors, n_blocks)
        print(f"{n_factors} factors: log {measured:,}, formula {by_formula:,} bytes")
        values = {
            "shuffle MiB, formula": by_formula / MIB,
            "shuffle MiB, log": measured / MIB,
            "ratio": measured / by_formula,
        }
        for metric, value in values.items():
            method = f"formula, {n_factors} factors"
            yield {"method": method, "metric": metric, "value": value, "n": R.nnz}


if __name__ == "__main__":
    main()
