"""A small client of TMDB, The Movie Database, version 3 of its API.

See https://developer.themoviedb.org/reference/getting-started.

What came from TMDB, and what it means.

Answers of TMDB, kept on the disk so that a second run asks nothing twice.

Requests to TMDB: patient where it helps, not too many, and quiet about the key.

What `requests` raises holds the whole address, and so the key. It is therefore turned
into plain words inside ``except``, and an error of ours is raised after it: one raised
inside, even ``from None``, would keep the other one as its ``__context__``.

Whether an answer of TMDB has the parts that are needed, each of the right kind.

What can go wrong with TMDB, each kind with a name of its own.

The source text caught them all with one bare ``except`` and took each for "this film
has no poster"; nobody could tell afterwards why 2,192 of 3,091 films had none.

The names that IMDb and TMDB give to a film.

The reader's key for TMDB: taken from the environment, sent, and never shown.

A key that shows in a notebook's output is published with the notebook. So nothing but
a `TmdbKey` holds it, and no text leaves this package without passing `scrub`.

What TMDB wants to be said wherever its data or pictures show.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from recsys_helpers._files import write_whole
from recsys_helpers.datasets import DownloadError

if TYPE_CHECKING:
    import requests

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from recsys_helpers import __version__
from recsys_helpers._checks import check_count, check_positive
from recsys_helpers.datasets import seconds_to_wait

if TYPE_CHECKING:
    import requests


import time
from html import escape

from recsys_helpers.display import Shown

__all__ = [
    "TMDB_ATTRIBUTION",
    "Answer",
    "AnswerCache",
    "NoTmdbKeyError",
    "Tmdb",
    "TmdbError",
    "TmdbKey",
    "TmdbKeyRefusedError",
    "TmdbNotFoundError",
    "TmdbSession",
    "TmdbUnavailableError",
    "Trouble",
    "as_imdb_id",
    "as_json",
    "as_picture",
    "as_tmdb_id",
    "checked_address",
    "has_posters",
    "is_configuration",
    "is_film",
    "is_found",
    "with_tmdb_attribution",
]


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


class TmdbError(DownloadError):
    """Something that TMDB did not give; the message says why."""


class NoTmdbKeyError(TmdbError):
    """There is no key, or what is given as one can't be one."""


class TmdbKeyRefusedError(TmdbError):
    """TMDB does not accept the key, and won't for the next film either."""


class TmdbNotFoundError(TmdbError):
    """TMDB has no such film."""


class TmdbUnavailableError(TmdbError):
    """TMDB can't be reached now.

    Parameters
    ----------
    message : str
    after : float
        Seconds after which TMDB wants to be asked again; 0 if it did not say.
    """

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


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


_IMDB_ID = re.compile(r"(?:tt)?([0-9]{1,12})")
_TMDB_ID = re.compile(r"[0-9]{1,12}")


def as_imdb_id(value: int | str) -> str:
    """Write an IMDb id as IMDb does: "tt" and at least seven digits.

    The source text glued "tt0" to ids of six digits, and lost all films that have
    others.

    Raises
    ------
    ValueError
        For what is no such id.

    Examples
    --------
    >>> as_imdb_id(114709), as_imdb_id("10872600"), as_imdb_id("tt0000417")
    ('tt0114709', 'tt10872600', 'tt0000417')
    """
    found = _IMDB_ID.fullmatch(_digits(value))
    if not found or not int(found[1]):
        raise ValueError(f"{value!r} is not an IMDb id, such as 114709 or 'tt0114709'.")
    return f"tt{int(found[1]):07}"


def as_tmdb_id(value: int | str) -> int:
    """Return the id of a film in TMDB as a number.

    Raises
    ------
    ValueError
        For what is no such id.

    Examples
    --------
    >>> as_tmdb_id(862.0), as_tmdb_id("862")
    (862, 862)
    """
    text = _digits(value)
    if not _TMDB_ID.fullmatch(text) or not int(text):
        raise ValueError(f"{value!r} is not the id of a film in TMDB, such as 862.")
    return int(text)


def _digits(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, Real):
        return ""
    # A column of ids in which some are missing holds floats.
    whole = isinstance(value, Integral) or float(value).is_integer()
    return str(int(float(value))) if whole else ""


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


def is_configuration(answer: Any) -> bool:
    """Say whether an answer tells where pictures are, at a safe address."""
    try:
        images = answer["images"]
        checked_address(images["secure_base_url"], "secure_base_url")
        return bool(images["poster_sizes"]) and all(
            re.fullmatch(r"[wh][0-9]+|original", size)
            for size in images["poster_sizes"]
        )
    except (KeyError, TypeError, ValueError):
        return False


def is_film(answer: Any) -> bool:
    """Say whether an answer is a film, or a series, with or without a poster."""
    return (
        isinstance(answer, dict)
        and type(answer.get("id")) is int
        and isinstance(answer.get("poster_path"), str | None)
    )


def is_found(answer: Any) -> bool:
    """Say whether an answer lists what was found, which may be nothing."""
    if not isinstance(answer, dict) or "movie_results" not in answer:
        return False
    results = (answer.get(f"{kind}_results") or [] for kind in ("movie", "tv"))
    return all(isinstance(r, list) and all(map(is_film, r)) for r in results)


def has_posters(answer: Any) -> bool:
    """Say whether an answer lists the posters of a film."""
    posters = answer.get("posters") if isinstance(answer, dict) else None
    return isinstance(posters, list) and all(
        isinstance(poster, dict) and isinstance(poster.get("file_path"), str)
        for poster in posters
    )


_BASE_URL = "https://api.themoviedb.org/3"
_DAY = 24 * 60 * 60.0
# TMDB asks to look at its configuration every few days; the rest may be kept longer.
_KEEP_CONFIGURATION = 3 * _DAY
_KEEP_FILMS = 30 * _DAY
_MOST_BYTES = 20 * 2**20
_PICTURE_PATH = re.compile(r"/[0-9A-Za-z_-]+\.(?:jpg|jpeg|png|webp)")


class Tmdb:
    """Asks TMDB about films, with the key in the environment variable TMDB_API_KEY.

    Answers are kept on the disk, and a second run does not ask again. Use it in a
    ``with`` block, or call ``close()``.

    Parameters
    ----------
    base_url : str
        Of another server, for tests.
    cache_folder : str or pathlib.Path, optional
        For the answers. Default: ``tmdb`` in ``$RECSYS_DATA_DIR`` if that is set, and
        in the cache of your user account otherwise.
    requests_per_second : float, default 20
        At most. TMDB stops those who ask about 40 times a second.
    n_retries : int, default 4
        Tries after the first one, where another try can help: time-outs, cut and
        refused connections, 429 and 5xx. Pauses double from 1 to 30 seconds; a longer
        one that TMDB asks for is kept. 401, 404 and 422 are final.
    timeout : tuple of float, default (10, 30)
        Seconds to wait for a connection, and for the next bytes.
    sleep, clock : callable
        Pause for some seconds; give the seconds since 1970. For tests.

    Raises
    ------
    NoTmdbKeyError
        Without a key. The message says how to get one.
    ValueError
        For a base URL that does not start with ``https://``, or other settings that
        make no sense.

    Notes
    -----
    All methods that ask can raise a `TmdbError`: `TmdbKeyRefusedError`,
    `TmdbUnavailableError` when TMDB does not answer, and others. No message, log line
    or file has the key in it.
    """

    # Tracebacks can show a client that was never finished, for want of a key.
    _session: TmdbSession | None = None

    def __init__(
        self,
        *,
        base_url: str = _BASE_URL,
        cache_folder: str | Path | None = None,
        requests_per_second: float = 20.0,
        n_retries: int = 4,
        timeout: tuple[float, float] = (10, 30),
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._session = TmdbSession(
            TmdbKey.from_environment(),
            base_url,
            n_retries=n_retries,
            timeout=timeout,
            requests_per_second=requests_per_second,
            sleep=sleep,
            clock=clock,
        )
        self._cache = AnswerCache(_cache_folder(cache_folder), clock)
        self._images: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Tmdb({self._session.base_url})" if self._session else "Tmdb()"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._asked().close()

    def _asked(self) -> TmdbSession:
        if self._session is None:
            raise TmdbError("This client was never finished: see the first error.")
        return self._session

    def configuration(self) -> dict[str, Any]:
        """Return how TMDB is set up; under "images", where pictures are.

        Returns
        -------
        dict
            ``images`` has ``secure_base_url`` (str) and ``poster_sizes`` (list of
            str), among others.
        """
        return self._ask(
            "configuration", "/configuration", is_configuration, _KEEP_CONFIGURATION
        )

    def find_by_imdb_id(self, imdb_id: int | str) -> dict[str, Any] | None:
        """Find what has an IMDb id: a film, or else a series, as MovieLens has some.

        Parameters
        ----------
        imdb_id : int or str
            114709, "114709", "0114709" and "tt0114709" are the same film.

        Returns
        -------
        dict or None
            ``id`` (that of TMDB), ``poster_path`` (str or None), ``media_type``
            ("movie" or "tv"), ``title`` (``name`` for a series), and more. None when
            TMDB does not know it.
        """
        imdb_id = as_imdb_id(imdb_id)
        found = self._ask(
            f"find-{imdb_id}",
            f"/find/{imdb_id}",
            is_found,
            _KEEP_FILMS,
            {"external_source": "imdb_id"},
        )
        for kind in ("movie", "tv"):
            for film in found.get(f"{kind}_results") or ():
                return film | {"media_type": kind}
        return None

    def movie(self, tmdb_id: int) -> dict[str, Any]:
        """Return what TMDB knows of a film.

        Returns
        -------
        dict
            ``id``, ``title``, ``imdb_id`` (str or None), ``poster_path`` (str or
            None), ``overview``, ``genres``, ``release_date``, and more.

        Raises
        ------
        TmdbNotFoundError
            When there is no such film.
        """
        tmdb_id = as_tmdb_id(tmdb_id)
        return self._ask(f"movie-{tmdb_id}", f"/movie/{tmdb_id}", is_film, _KEEP_FILMS)

    def images(self, tmdb_id: int) -> dict[str, Any]:
        """Return all pictures of a film.

        Returns
        -------
        dict
            ``posters``, ``backdrops`` and ``logos``: lists of dict with ``file_path``,
            ``width``, ``height``, ``iso_639_1`` (its language), ``vote_average``.

        Raises
        ------
        TmdbNotFoundError
            When there is no such film.
        """
        tmdb_id = as_tmdb_id(tmdb_id)
        return self._ask(
            f"images-{tmdb_id}", f"/movie/{tmdb_id}/images", has_posters, _KEEP_FILMS
        )

    def require_size(self, size: str) -> None:
        """Raise a ValueError unless TMDB has posters in a size, such as "w342"."""
        if self._images is None:
            self._images = self.configuration()["images"]
        sizes = self._images["poster_sizes"]
        if size not in sizes:
            raise ValueError(
                f"TMDB has posters in the sizes {', '.join(sizes)}; got {size!r}."
            )

    def poster_url(self, poster_path: str | None, size: str = "w342") -> str:
        """Return the address of a poster; the key is not in it.

        Parameters
        ----------
        poster_path : str or None
            As TMDB gives it, such as ``"/uXDfjJbdP4ijW5hWSBrPrlKpxab.jpg"``.
        size : str
            One of the configuration: w92, w154, w185, w342, w500, w780 or original.

        Raises
        ------
        ValueError
            For a size that TMDB does not have.
        TmdbNotFoundError
            Without a path: the film has no poster.
        TmdbError
            For a path that is not the name of a picture, but leads elsewhere.
        """
        self.require_size(size)
        if not poster_path:
            raise TmdbNotFoundError("TMDB has no poster of this film.")
        if not _PICTURE_PATH.fullmatch(poster_path):
            shown = repr(poster_path[:80])
            raise TmdbError(f"TMDB's path {shown} is not the name of a picture.")
        images = self._images or self.configuration()["images"]
        return f"{images['secure_base_url'].rstrip('/')}/{size}{poster_path}"

    def poster(
        self, poster_path: str, size: str = "w342", *, most_bytes: int = _MOST_BYTES
    ) -> bytes:
        """Download a poster. Its bytes are not looked at: they may be anything.

        Raises
        ------
        ValueError
            For a size that TMDB does not have.
        TmdbError
            Also for a path that leads elsewhere, and for more than `most_bytes`.
        """
        return self._asked().picture(self.poster_url(poster_path, size), most_bytes)

    def _ask(
        self,
        name: str,
        path: str,
        is_good: Callable[[Any], bool],
        max_age: float,
        parameters: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return an answer: one that was kept, or a new one, if it has the right shape.

        What is in a file may have been changed, so both are checked.
        """
        session = self._asked()
        address = session.base_url + path
        answer = self._cache.get(name, address, max_age)
        if answer is not None and is_good(answer):
            return answer
        answer = session.json(path, parameters)
        if not is_good(answer):
            raise TmdbError(
                f"{address} does not answer as TMDB does: a part is missing, or of "
                "another kind. Perhaps something else answers in its place."
            )
        self._cache.put(name, address, answer)
        return answer


def _cache_folder(folder: str | Path | None) -> Path:
    if folder is not None:
        return Path(folder).expanduser()
    import pooch

    own = os.environ.get("RECSYS_DATA_DIR")
    return Path(own or pooch.os_cache("recsys_helpers")).expanduser() / "tmdb"


TMDB_ATTRIBUTION = (
    "This product uses the TMDB API but is not endorsed or certified by TMDB."
)


def with_tmdb_attribution(shown: Shown) -> Shown:
    """Put TMDB's notice below a strip of its posters, or whatever shows them.

    Examples
    --------
    >>> with_tmdb_attribution(Shown("<p>Heat</p>", "Heat"))
    Heat
    This product uses the TMDB API but is not endorsed or certified by TMDB.
    """
    notice = (
        '<p class="rh-attribution"><small>'
        '<a href="https://www.themoviedb.org/">Posters from TMDB</a>. '
        f"{escape(TMDB_ATTRIBUTION)}</small></p>"
    )
    return Shown(shown.html + notice, f"{shown.text}\n{TMDB_ATTRIBUTION}")
