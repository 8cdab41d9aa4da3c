"""Write a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "write_whole",
]


def write_whole(path: str | Path, content: bytes) -> None:
    """Write under a temporary name beside `path`, then move into place in one step.

    Parameters
    ----------
    path : str or pathlib.Path
        Its folder is made when it does not exist. A file that is there is replaced.
    content : bytes

    Raises
    ------
    OSError
        When it can't be written. What was at `path` is still there then.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
