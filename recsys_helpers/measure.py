"""What a run cost: time, memory, and the machine that it ran on."""

import argparse
import re
import sys
import time
from pathlib import Path

from recsys_helpers.results import hardware, versions

MIB = 2**20


def peak_memory_mib(pid: int | None = None) -> float | None:
    """Most memory that a process has held so far, in MiB; None on Windows.

    By default this one; on Linux also another that is running, such as Spark's Java.
    """
    status = Path(f"/proc/{pid or 'self'}/status")  # on Linux
    if status.exists():
        peak = re.search(r"VmHWM:\s+([0-9]+) kB", status.read_text(encoding="utf-8"))
        if peak:
            return int(peak[1]) * 1024 / MIB
    if pid is not None:
        return None
    try:
        import resource
    except ImportError:  # there is no such module on Windows
        return None
    # On Linux this can be the peak of the parent process, carried over to its child.
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux KiB.
    return largest / MIB if sys.platform == "darwin" else largest * 1024 / MIB


def this_run(edition: str) -> str:
    """Say what this notebook has cost since its kernel started, on two lines.

    CPU time (of all threads), peak memory, machine, the edition that it was run on (as
    in ``movielens.edition``) and versions.

    Examples
    --------
    >>> print(this_run("small"))  # doctest: +ELLIPSIS
    This run: ... s of CPU time... on ... cores..., edition small.
    Versions: python 3..., numpy ...
    """
    cost = f"{time.process_time():.0f} s of CPU time"
    peak = peak_memory_mib()
    if peak is not None:
        cost += f", {peak:,.0f} MiB of memory at most"
    packages = ", ".join(f"{name} {number}" for name, number in versions().items())
    return (
        f"This run: {cost}, on {hardware()}, edition {edition}.\nVersions: {packages}"
    )


def benchmark_arguments(
    parser: argparse.ArgumentParser, results: Path
) -> argparse.Namespace:
    """Parse a benchmark's arguments, with ``--output`` and ``--quick`` among them.

    Results go to `results` without ``--output``. A quick run tries the program and
    measures nothing: it may not write there.
    """
    parser.add_argument("--output", type=Path, default=results)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick and arguments.output == results:
        parser.error("--quick is no measurement: give another file with --output")
    return arguments
