"""The reader's key for TMDB: taken from the environment, sent, and never shown.

A key that shows in a notebook's output is published with the notebook. So nothing but
a `TmdbKey` holds it, and no text leaves this package without passing `scrub`.
"""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING, NoReturn, Self

from recsys_helpers.tmdb_errors import NoTmdbKeyError

if TYPE_CHECKING:
    import requests

__all__ = ["TmdbKey"]

_VARIABLE = "TMDB_API_KEY"
_HIDDEN = "***"
_TOKEN_START = "eyJ"  # that of every JSON Web Token, which v4 tokens are
_KEY = re.compile(r"[0-9A-Za-z]{16,128}|eyJ[0-9A-Za-z_\-.=]{16,4096}")
_HOW_TO_GET_ONE = (
    "A key is free for non-commercial use: make an account at "
    "https://www.themoviedb.org/signup, ask for a key at "
    "https://www.themoviedb.org/settings/api, and put the API key, or the longer API "
    f"Read Access Token, into the environment variable {_VARIABLE} before you start "
    "Jupyter. Don't write it into a notebook. Without a key the course draws posters."
)


class TmdbKey:
    """A v3 API key or a v4 read access token, that signs requests and hides itself.

    Made by `TmdbKey.from_environment`. An instance is an ``auth`` of `requests`: given
    as one, it also keeps ``.netrc`` from putting other credentials in its place.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    @classmethod
    def from_environment(cls) -> Self:
        """Read the key from ``TMDB_API_KEY``.

        Raises
        ------
        NoTmdbKeyError
            Without one, or when what is there can't be one. The message does not show
            it: it may be a key with a typing error.
        """
        # What may be a key is no variable of a function that raises: there are
        # notebooks that show those too.
        if not os.environ.get(_VARIABLE, "").strip():
            raise NoTmdbKeyError(f"There is no key for TMDB. {_HOW_TO_GET_ONE}")
        if not _KEY.fullmatch(os.environ[_VARIABLE].strip()):
            raise NoTmdbKeyError(
                f"What is in {_VARIABLE} can't be a key of TMDB: an API key is 32 "
                f"letters and digits, a token is longer and starts with {_TOKEN_START}"
                ", and there are no quotation marks or spaces in them. "
                f"{_HOW_TO_GET_ONE}"
            )
        hide_keys_in_logs()
        return cls(os.environ[_VARIABLE].strip())

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request: a token goes into a header, a key into the address.

        TMDB takes v3 keys nowhere else.
        """
        if self._value.startswith(_TOKEN_START):
            request.headers["Authorization"] = f"Bearer {self._value}"
        else:
            request.prepare_url(request.url, {"api_key": self._value})
        return request

    def scrub(self, text: str) -> str:
        """Return a text without the key, should it be in it.

        Examples
        --------
        >>> TmdbKey("0123456789abcdef").scrub("?api_key=0123456789abcdef&page=1")
        '?api_key=***&page=1'
        """
        return text.replace(self._value, _HIDDEN)

    def scrub_bytes(self, content: bytes) -> bytes:
        """Do the same with bytes."""
        return content.replace(self._value.encode(), _HIDDEN.encode())

    def __repr__(self) -> str:
        return f"TmdbKey({_HIDDEN})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is not copied and not written to files.")


class _HideKeys(logging.Filter):
    """Takes the key out of what urllib3 logs: at DEBUG, the address of each request."""

    _in_address = re.compile(r"(api_key=)[^&\s\"']+")

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "api_key=" in text:
            record.msg = self._in_address.sub(rf"\g<1>{_HIDDEN}", text)
            record.args = ()
        return True


_HIDE_KEYS = _HideKeys()


def hide_keys_in_logs() -> None:
    """Hide keys in urllib3's log; twice is once."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logging.getLogger(name).addFilter(_HIDE_KEYS)
