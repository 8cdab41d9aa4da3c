"""What a run cost: time, memory, and the machine that it ran on."""

import os
import sys
import time

from recsys_helpers.results import hardware, versions

MIB = 2**20


def peak_memory_mib() -> float | None:
    """Most memory that this process has held so far, in MiB; None on Windows."""
    try:
        import resource
    except ImportError:  # there is no such module on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux KiB.
    return peak / MIB if sys.platform == "darwin" else peak * 1024 / MIB


def this_run() -> str:
    """Say what this notebook has cost since its kernel started.

    Returns
    -------
    str
        CPU time (of all threads), peak memory, machine and versions, on two lines.

    Examples
    --------
    >>> print(this_run())  # doctest: +ELLIPSIS
    This run: ... s of CPU time... on ... cores...
    Versions: python 3..., numpy ...
    """
    cost = f"{time.process_time():.0f} s of CPU time"
    peak = peak_memory_mib()
    if peak is not None:
        cost += f", {peak:,.0f} MiB of memory at most"
    edition = os.environ.get("RECSYS_DATASET", "small")
    packages = ", ".join(f"{name} {number}" for name, number in versions().items())
    return (
        f"This run: {cost}, on {hardware()}, edition {edition}.\nVersions: {packages}"
    )
