"""Files that come with the course: in its checkout, and with the installed package."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from recsys_helpers.vectors import MovieVectors

__all__ = ["published_file", "published_vectors"]

CHECKOUT = Path(__file__).resolve().parent.parent / "benchmarks"


def published_file(kind: str, file_name: str) -> Path:
    """Find one of the files that come with the course.

    They lie in ``benchmarks/<kind>`` of a checkout, and an installed package brings a
    copy along.

    Parameters
    ----------
    kind : {"results", "vectors"}
    file_name : str
        With its ending.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message names those that there are.
    """
    installed = Path(sysconfig.get_path("data"), "share", "recsys-helpers", kind)
    folder = CHECKOUT / kind if (CHECKOUT / kind).is_dir() else installed
    path = folder / file_name
    if not path.is_file():
        others = sorted(file.stem for file in folder.glob(f"*{path.suffix}"))
        raise FileNotFoundError(
            f"There are no published {kind} called {path.stem!r}. There are: "
            f"{', '.join(others) or 'none'}."
        )
    return path


def published_vectors(name: str) -> MovieVectors:
    """Read vectors that take too long to compute each time.

    Of the movies that were rated most in the edition ``small``, as
    ``benchmarks/live_vectors.py`` has computed them.

    Parameters
    ----------
    name : str
        ``"entities"``, those of chapter 7, or ``"posters"``, those of chapter 8.

    Returns
    -------
    MovieVectors
        Of length 1, without titles.

    Raises
    ------
    FileNotFoundError
        If there are no such vectors; the message names those that there are.
    """
    return MovieVectors.load(published_file("vectors", f"{name}.npz"))
