"""Whether a function does its work itself: for the checks of the assignments."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def borrowed(call: Callable[[], object]) -> list[str]:
    """Names of this package's functions that run during a call.

    An assignment asks for some functions that the package has, too. However a
    submission has got hold of one, it is seen here when it runs.

    Parameters
    ----------
    call : function without arguments

    Returns
    -------
    list of str, such as ``recsys_helpers.metrics.rmse``, sorted

    Examples
    --------
    >>> from recsys_helpers import metrics
    >>> "recsys_helpers.metrics.rmse" in borrowed(lambda: metrics.rmse([4.0], [3.0]))
    True
    """
    seen = set()

    def watch(frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("recsys_helpers."):
            seen.add(f"{module}.{frame.f_code.co_name}")

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        call()
    finally:
        sys.setprofile(before)
    return sorted(seen)
