"""What came from TMDB, and what it means."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from recsys_helpers.tmdb_errors import (
    TmdbError,
    TmdbKeyRefusedError,
    TmdbNotFoundError,
    TmdbUnavailableError,
)

__all__ = ["Answer", "Trouble", "as_json", "as_picture"]


@dataclass(frozen=True)
class Answer:
    """What a server said, all of it; the key is in none of it."""

    status: int
    reason: str
    body: bytes = field(repr=False)

    @property
    def is_web_page(self) -> bool:
        """Whether HTML came, as from a network that wants you to log in."""
        return self.body.lstrip()[:1] == b"<"

    @property
    def words(self) -> str:
        """The status, and what TMDB says about it."""
        try:
            message = json.loads(self.body)["status_message"]
        except (ValueError, KeyError, TypeError, RecursionError):
            message = ""
        return f"{self.status} {self.reason}. {message}"[:300].strip().rstrip(".")


@dataclass(frozen=True)
class Trouble:
    """Why there is no answer.

    Parameters
    ----------
    reason : str
        In words, without the key.
    after : float
        Seconds that the server wants to be left alone.
    is_lasting : bool
        Whether it is no use to try again.
    error : type of TmdbError
        To raise in the end.
    """

    reason: str
    after: float = 0.0
    is_lasting: bool = False
    error: type[TmdbError] = TmdbUnavailableError


def as_json(host: str, answer: Answer) -> Any:
    """Return the content of an answer of the API, or the trouble with it.

    Raises
    ------
    TmdbError
        Of the kind that fits, where another try would bring the same answer.
    """
    if answer.status == 401:
        raise TmdbKeyRefusedError(
            f"TMDB refused the key that is in TMDB_API_KEY: {answer.words}. Compare it "
            "with the one at https://www.themoviedb.org/settings/api."
        )
    if answer.status == 404:
        raise TmdbNotFoundError(f"TMDB has nothing there: {answer.words}.")
    if answer.status == 403 or 300 <= answer.status < 400:
        raise TmdbUnavailableError(
            f"{host} answered {answer.words}. It, or your network, does not let this "
            "program ask; another address is not followed, for it would get the key."
        )
    if answer.status >= 400:
        raise TmdbError(f"TMDB did not accept the question: {answer.words}.")
    if answer.is_web_page:
        raise TmdbUnavailableError(
            f"{host} gave a web page in place of an answer. A network that wants you "
            "to log in does this: open any address in a browser."
        )
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return Trouble("what came is not JSON, or only the start of it")


def as_picture(host: str, answer: Answer) -> bytes:
    """Return the bytes of a picture, which may still be something else.

    Raises
    ------
    TmdbError
        When no picture came.
    """
    if answer.status != 200:
        raise TmdbError(
            f"{host} answered {answer.status} {answer.reason}".strip() + "."
        )
    if answer.is_web_page:
        raise TmdbError(f"{host} gave a web page in place of a picture.")
    return answer.body
