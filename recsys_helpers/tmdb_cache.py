"""Answers of TMDB, kept on the disk so that a second run asks nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from recsys_helpers.whole_files import write_whole

__all__ = ["AnswerCache"]


class AnswerCache:
    """A folder of JSON files, one an answer.

    Each file says what was asked, without the key, and when; so an answer from
    another server, or an old one, is not taken for what is wanted.

    Parameters
    ----------
    folder : pathlib.Path
        Made when the first answer is kept.
    clock : callable
        Gives the time, in seconds since 1970.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self.folder = folder
        self._clock = clock

    def get(self, name: str, address: str, max_age: float) -> Any | None:
        """Return an answer that was kept.

        Parameters
        ----------
        name : str
            Of the file, without its ending.
        address : str
            What is asked, without the key.
        max_age : float
            Seconds after which an answer is too old.

        Returns
        -------
        object or None
            None where there is none that is good: a damaged file counts for nothing,
            for the answer can be fetched anew.
        """
        try:
            kept = json.loads(self._path(name).read_bytes())
            is_good = (
                kept["address"] == address
                # One from the future was dated by a wrong clock.
                and 0 <= self._clock() - kept["fetched"] <= max_age
            )
            return kept["answer"] if is_good else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, name: str, address: str, answer: Any) -> None:
        """Keep an answer. A disk that can't be written costs time, and no more."""
        kept = {"address": address, "fetched": self._clock(), "answer": answer}
        with suppress(OSError):
            write_whole(self._path(name), json.dumps(kept).encode())

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"
