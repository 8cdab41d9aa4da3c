"""A real Spark cluster whose machines are processes of this one, to be killed at will.

A standalone cluster is one *master*, which hands out work space, and *workers*, which
start *executors*: the Java processes that compute. `local_cluster` starts them all on
127.0.0.1. It is slower than a session in one process (``start_spark("local[2]")``);
what it is for is to see what happens when a part of it dies.

    with local_cluster(n_workers=2) as cluster, cluster.start_session() as spark:
        model = SparkAls().fit(train)
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from recsys_helpers._checks import check_count
from recsys_helpers.extras import require
from recsys_helpers.large.spark import (
    LOOPBACK,
    SHORT_START,
    find_java,
    java_environment,
    java_options,
    start_spark,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

START_SECONDS = 120  # a busy machine takes its time
_MASTER_IS_UP = r"Starting Spark master at (spark://\S+)"
_WORKER_IS_UP = r"Successfully registered with master (\S+)"
# Ask a dead worker for its blocks once more and no longer: it will not come back.
_GIVE_UP_SOON = {"spark.shuffle.io.maxRetries": "1", "spark.shuffle.io.retryWait": "1s"}


class ClusterError(RuntimeError):
    """The master or a worker did not come up."""


@dataclass
class LocalCluster:
    """A running cluster; `local_cluster` makes one.

    `url` is the master's address, ``spark://127.0.0.1:...``, and `workers` are the
    processes of those that run, by their number.
    """

    folder: Path
    memory: str
    environment: dict[str, str] = field(repr=False)
    url: str = ""
    workers: dict[int, subprocess.Popen] = field(default_factory=dict, repr=False)
    _master: subprocess.Popen | None = field(default=None, repr=False)

    def start(self, n_workers: int) -> None:
        """Start the master, then workers, and wait until it knows them."""
        self._master = self._start("master", "master.Master", [])
        self.url = self._wait_for(_MASTER_IS_UP, "master", self._master)
        for number in range(n_workers):
            name = f"worker-{number}"
            options = ["--cores", "1", "--memory", self.memory]
            options += ["--work-dir", str(self.folder / name), self.url]
            self.workers[number] = self._start(name, "worker.Worker", options)
        for number, worker in self.workers.items():
            self._wait_for(_WORKER_IS_UP, f"worker-{number}", worker)

    def kill_worker(self, number: int) -> None:
        """Kill a worker and its executors at once (SIGKILL), as a power cut would.

        A KeyError is raised if no such worker runs.
        """
        _kill_group(self.workers.pop(number))

    def kill_master(self) -> None:
        """Kill the master (SIGKILL). What runs goes on; nothing new can start."""
        if self._master is not None:
            _kill_group(self._master)
        self._master = None

    def start_session(self, settings: Mapping[str, str] | None = None) -> SparkSession:
        """Start a session on this cluster; `settings` are more of Spark's."""
        of_cluster = {
            "spark.executor.memory": self.memory,
            "spark.executor.defaultJavaOptions": java_options(self.folder),
            # Have all workers before the work starts, and not one of them.
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.cores.max": str(len(self.workers)),
            **_GIVE_UP_SOON,
        }
        return start_spark(self.url, settings=of_cluster | dict(settings or {}))

    def stop(self) -> None:
        """Kill all that is left, and wait until it is gone."""
        for worker in self.workers.values():
            _kill_group(worker)
        self.workers.clear()
        self.kill_master()

    def _start(self, name: str, what: str, options: list[str]) -> subprocess.Popen:
        command = [str(Path(self.environment["SPARK_HOME"], "bin", "spark-class"))]
        command += [f"org.apache.spark.deploy.{what}", "--host", LOOPBACK]
        command += ["--port", "0", "--webui-port", "0", *options]
        with self._log(name).open("wb") as file:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,  # a group of its own, executors included
            )

    def _wait_for(self, is_up: str, name: str, process: subprocess.Popen) -> str:
        """Wait for a line of the log, and give what its brackets hold."""
        until = time.monotonic() + START_SECONDS
        while True:
            ended = process.poll() is not None
            text = self._log(name).read_text(encoding="utf-8", errors="replace")
            found = re.search(is_up, text)
            if found:
                return found[1]
            if ended or time.monotonic() > until:
                how = "ended" if ended else f"was not ready in {START_SECONDS} s"
                # Without the stack of each exception, which would be all of it.
                told = [line for line in text.splitlines() if line[:4] != "\tat "]
                last = "\n".join(told[-15:])
                raise ClusterError(
                    f"The {name} did not come up: it {how}. Its log ends so:\n{last}"
                )
            time.sleep(0.1)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@contextmanager
def local_cluster(n_workers: int = 2, memory: str = "1g") -> Iterator[LocalCluster]:
    """Start a master and workers of one core each, and take them down at the end.

    Ports are free ones; logs and all that the processes write lie in a temporary
    folder that goes with them. (If Python itself is killed, they stay: end them by
    hand, ``ps`` shows ``org.apache.spark.deploy`` in their command.)

    Parameters
    ----------
    n_workers : int
        At least 1.
    memory : str
        Of each worker, all of it for its executor: ``"1g"``.

    Raises
    ------
    ClusterError
        If the master or a worker does not come up within two minutes; the message ends
        with the last lines that it wrote.
    OSError
        On Windows, for which Spark has no such processes.
    ImportError, JavaMissingError
        As in `recsys_helpers.large.spark.start_spark`.
    """
    check_count("n_workers", n_workers)
    if os.name == "nt":
        raise OSError("A local cluster needs Linux, macOS or WSL; this is Windows.")
    require("pyspark", "spark")
    folder = Path(tempfile.mkdtemp(prefix="recsys_cluster_"))
    # What master and workers do themselves is little: a short start matters more.
    options = f"{java_options(folder)} {SHORT_START}"
    with java_environment(find_java()):
        environment = {
            **os.environ,
            "SPARK_LOCAL_DIRS": str(folder),
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": options,
            "SPARK_LAUNCHER_OPTS": options,
        }
    cluster = LocalCluster(folder, memory, environment)
    try:
        cluster.start(n_workers)
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def n_executors(spark: SparkSession) -> int:
    """How many executors the driver of a session knows to be alive."""
    # The driver is listed among them.
    return spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1


def n_jobs_done(spark: SparkSession) -> int:
    """How many jobs of a session are done; a fit of ALS is several an iteration.

    Jobs that were given to a group (``sparkContext.setJobGroup``) are not counted.
    """
    # What has happened is told later; without this the last job could be missing.
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    tracker = spark.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(None)]
    return sum(job is not None and job.status == "SUCCEEDED" for job in jobs)


def _kill_group(process: subprocess.Popen) -> None:
    """Kill a process and those that it has started, and wait until all are gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # Executors are not our children: nothing but their group says when they are gone.
    until = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.killpg(process.pid, 0)
            time.sleep(0.05)
