"""One progress bar for the whole package, and one place that decides when to show it.

A bar helps a person who waits and spoils the log of a machine. So it shows in a
terminal and in a notebook, and stays silent in continuous integration.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(total: int | None, description: str, unit: str = "it") -> tqdm:
    """Return a progress bar, silent where nobody is there to watch it.

    It shows when standard error is a terminal or the code runs in a notebook,
    and never when the environment variable ``CI`` is set. It waits half a second
    before it shows: what is done by then needs no bar. `total` is None where it is not
    known; `unit` is what is counted: ``"B"`` for bytes, ``"epoch"``, ...
    """
    from tqdm import tqdm

    # The text bar is used in notebooks too: a widget needs scripts from
    # elsewhere, which a page of the book must not.
    return tqdm(
        total=total,
        desc=description,
        unit=unit,
        unit_scale=True,
        unit_divisor=1024 if unit == "B" else 1000,
        delay=0.5,
        disable=not _somebody_watches(),
    )


def _somebody_watches() -> bool:
    if os.environ.get("CI"):
        return False
    return sys.stderr.isatty() or in_notebook()


def in_notebook() -> bool:
    """Say whether this code runs in a notebook's kernel."""
    # A kernel has imported IPython already, so nothing is imported to find out.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None
