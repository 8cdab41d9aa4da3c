"""Requests to TMDB: patient where it helps, not too many, and quiet about the key.

What `requests` raises holds the whole address, and so the key. It is therefore turned
into plain words inside ``except``, and an error of ours is raised after it: one raised
inside, even ``from None``, would keep the other one as its ``__context__``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recsys_helpers import __version__
from recsys_helpers.checks import check_count, check_positive
from recsys_helpers.retry_after import seconds_to_wait
from recsys_helpers.tmdb_answers import Answer, Trouble, as_json, as_picture
from recsys_helpers.tmdb_errors import TmdbError, TmdbUnavailableError
from recsys_helpers.tmdb_key import TmdbKey

if TYPE_CHECKING:
    import requests

__all__ = ["TmdbSession", "checked_address"]

_BUSY = (408, 425, 429, 500, 502, 503, 504)
_LONGEST_PAUSE = 30.0
# Who is told to come back later than this should do something else meanwhile.
_LONGEST_WAIT = 300.0
_MOST_JSON = 10 * 2**20  # bytes; the longest lists of pictures are below 1 MiB
_BLOCK = 2**16
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


class TmdbSession:
    """Asks TMDB for JSON and for pictures, one request after the other.

    Parameters
    ----------
    key : TmdbKey
        Goes with questions for JSON, and never with pictures or to another host.
    base_url : str
        Of the API: ``https://``, or a server on this machine.
    n_retries : int
        Tries after the first one, for time-outs, cut and refused connections, and the
        answers 408, 425, 429, 500, 502, 503 and 504. Pauses double from 1 second to
        30; a longer one that the server asks for is kept.
    timeout : tuple of float
        Seconds to wait for a connection, and for the next bytes.
    requests_per_second : float
        No more than these.
    sleep, clock : callable
        Pause for some seconds; give the seconds since 1970. For tests.
    """

    def __init__(
        self,
        key: TmdbKey,
        base_url: str,
        *,
        n_retries: int,
        timeout: tuple[float, float],
        requests_per_second: float,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        import requests

        check_count("n_retries", n_retries, at_least=0)
        check_positive("requests_per_second", requests_per_second)
        self.base_url = checked_address(base_url, "base_url").rstrip("/")
        self._key, self._timeout, self._n_retries = key, timeout, n_retries
        self._sleep, self._clock = sleep, clock
        self._interval = 1 / requests_per_second
        self._next_request = 0.0
        self._session = requests.Session()
        self._session.max_redirects = 5
        self._session.headers["User-Agent"] = f"recsys_helpers/{__version__}"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def json(self, path: str, parameters: dict[str, str] | None = None) -> Any:
        """Return what the API answers.

        Parameters
        ----------
        path : str
            After the base URL, with a slash in front.
        parameters : dict of str to str, optional

        Raises
        ------
        TmdbKeyRefusedError
            For 401.
        TmdbNotFoundError
            For 404.
        TmdbUnavailableError
            When no try brought an answer, or the answer is not JSON.
        TmdbError
            For another answer of 400 or more.
        """
        url = self.base_url + path
        return self._patiently(url, parameters, self._key, _MOST_JSON, as_json)

    def picture(self, url: str, most_bytes: int) -> bytes:
        """Return the bytes of a picture, which are not looked at yet.

        Raises
        ------
        TmdbUnavailableError
            When no try brought an answer.
        TmdbError
            For any answer but 200, and for more bytes than `most_bytes`.
        """
        return self._patiently(url, None, None, most_bytes, as_picture)

    def _patiently(
        self,
        url: str,
        parameters: dict[str, str] | None,
        key: TmdbKey | None,
        most_bytes: int,
        understood: Callable[[str, Answer], Any],
    ) -> Any:
        host = urlsplit(url).netloc
        for attempt in range(self._n_retries + 1):
            self._wait_for_turn()
            answer = self._ask(url, parameters, key, most_bytes)
            if isinstance(answer, Answer):
                answer = understood(host, answer)
            if not isinstance(answer, Trouble):
                return answer
            if answer.is_lasting:
                raise answer.error(f"{host} gave no good answer: {answer.reason}.")
            if answer.after > _LONGEST_WAIT:
                raise TmdbUnavailableError(
                    f"{host} asks to be left alone for {answer.after / 60:.0f} "
                    f"minutes: {answer.reason}. Run this again then.",
                    answer.after,
                )
            if attempt < self._n_retries:
                self._sleep(max(min(2.0**attempt, _LONGEST_PAUSE), answer.after))
        raise TmdbUnavailableError(
            f"{host} did not answer in {self._n_retries + 1} tries: {answer.reason}. "
            "Check your connection and run this again later."
        )

    def _wait_for_turn(self) -> None:
        now = self._clock()
        # Should the clock be set back, the pause is still no longer than an interval.
        pause = min(self._next_request - now, self._interval)
        if pause > 0:
            self._sleep(pause)
        self._next_request = now + max(pause, 0.0) + self._interval

    def _ask(
        self,
        url: str,
        parameters: dict[str, str] | None,
        key: TmdbKey | None,
        most_bytes: int,
    ) -> Answer | Trouble:
        import requests

        try:
            with self._session.get(
                url,
                params=parameters,
                auth=key,
                timeout=self._timeout,
                stream=True,
                # Where a redirect leads, a key would be carried along.
                allow_redirects=key is None,
            ) as response:
                return self._read(response, most_bytes, key)
        except requests.exceptions.Timeout:
            return Trouble("it took too long")
        except requests.exceptions.SSLError:
            return Trouble("its certificate is not valid", is_lasting=True)
        except (ValueError, requests.exceptions.TooManyRedirects):
            return Trouble("the address leads nowhere", 0, True, TmdbError)
        except (OSError, requests.exceptions.BaseHTTPError) as error:
            # The text of the error has the key in it; its kind says enough.
            return Trouble(f"the connection failed ({type(error).__name__})")

    def _read(
        self, response: requests.Response, most_bytes: int, key: TmdbKey | None
    ) -> Answer | Trouble:
        status, reason = response.status_code, self._key.scrub(response.reason or "")
        if status in _BUSY:
            after = seconds_to_wait(
                response.headers.get("Retry-After", ""), self._clock()
            )
            return Trouble(f"it answered {status} {reason}".strip(), after)
        body = bytearray()
        # Counted as unpacked: few bytes on the way can be many in memory.
        for block in response.iter_content(_BLOCK):
            body += block
            if len(body) > most_bytes:
                size = f"{most_bytes / 2**20:.3g} MiB"
                return Trouble(f"more than {size} came", 0, True, TmdbError)
        content = bytes(body)
        if key is not None:
            content = key.scrub_bytes(content)
        return Answer(status, reason, content)


def checked_address(url: str, name: str) -> str:
    """Return an address that is safe to send a key to, or to take pictures from.

    Raises
    ------
    ValueError
        Unless it starts with ``https://``, or names this machine, and holds neither a
        login nor parameters. It is not shown: there may be a password in it.
    """
    try:
        parts = urlsplit(url)
        here = parts.scheme == "http" and parts.hostname in _THIS_MACHINE
        good = bool(parts.hostname) and (parts.scheme == "https" or here)
        good = good and not (parts.username or parts.query or parts.fragment)
    except (ValueError, AttributeError, TypeError):
        good = False
    if not good:
        raise ValueError(
            f"{name} must be an address that starts with https://, without a login "
            "and without parameters."
        )
    return url
