"""Posters of films from TMDB, The Movie Database, with an access token of your own.

Put the token into the environment variable ``TMDB_API_KEY``, then::

    from recsys_helpers.datasets import load_movielens
    from recsys_helpers.posters.tmdb import download_posters

    report = download_posters(load_movielens("latest-small").links, "posters")
    print(report)

Whatever shows the posters also shows TMDB's notice: `with_tmdb_attribution` puts it
there. The API (version 3) is described at
https://developer.themoviedb.org/reference/getting-started.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import requests

from recsys_helpers._files import write_whole
from recsys_helpers.datasets import DownloadError, innermost, retrying_session
from recsys_helpers.display import Shown
from recsys_helpers.images import UnreadableImageError, open_image
from recsys_helpers.interactions import integer_ids
from recsys_helpers.progress import progress_bar

TMDB_ATTRIBUTION = (
    "This product uses the TMDB API but is not endorsed or certified by TMDB."
)
_SIZE = "w342"  # TMDB's name for a width of 342 pixels
_HOW_TO_GET_A_TOKEN = (
    "A token is free for non-commercial use: make an account at "
    "https://www.themoviedb.org/signup and ask for a key at "
    "https://www.themoviedb.org/settings/api. That page then has an 'API Read Access "
    "Token', which is long and starts with eyJ (the shorter 'API Key' is another "
    "thing): put it into the environment variable TMDB_API_KEY before you start "
    "Jupyter, and not into a notebook. Without a token the course draws posters."
)
_MOST_BYTES = 20 * 2**20
_PICTURE_PATH = re.compile(r"/[0-9A-Za-z_-]+\.jpg")
# Each of them was asked several times already. With thousands of films to go, a
# connection that is down would keep the reader waiting for days.
_MOST_UNAVAILABLE = 3
_STATUSES = ("downloaded", "there", "missing", "failed", "not tried")


# The source text caught all that can go wrong with one bare ``except`` and took it for
# "this film has no poster". Nobody could tell why 2,192 of 3,091 films had none.


class TmdbError(Exception):
    """Something that TMDB did not give; the message says why."""


class NoTmdbKeyError(TmdbError):
    """There is no token, or what is given as one can't be one."""


class TmdbKeyRefusedError(TmdbError):
    """TMDB does not accept the token, and won't for the next film either."""


class TmdbUnavailableError(TmdbError):
    """TMDB can't be asked now."""


class TmdbBusyError(TmdbUnavailableError):
    """TMDB wants to be left alone, for longer than this program waits."""


def download_posters(movies: pd.DataFrame, folder: str | Path) -> PosterReport:
    """Download the poster of each film that has one, 342 pixels wide.

    What is in the folder already is not asked for again, so after an interruption the
    same call goes on where it stopped. A film that fails does not stop the others; but
    when TMDB can't be asked three times in a row, the rest is not tried.

    Parameters
    ----------
    movies : pandas.DataFrame
        ``movie_id`` (int, each once) and ``imdb_id`` (as `as_imdb_id` takes them, or
        missing), as in the ``links`` of :func:`recsys_helpers.datasets.load_movielens`.
    folder : str or pathlib.Path
        Posters go into a folder in it, named by the size: ``posters/w342/1.jpg``.

    Raises
    ------
    NoTmdbKeyError, TmdbKeyRefusedError
        Without a token, if something has to be downloaded, or with one that TMDB does
        not accept. Posters that were downloaded before stay.
    OSError
        When the folder can't be written.
    ValueError
        For missing columns, or a movie_id that comes twice.

    Notes
    -----
    A file gets its name only when all of it is there and Pillow can read it. TMDB's
    terms are said to allow to keep posters for six months, for non-commercial use, with
    its notice where they show: read them before you publish.
    """
    outcomes = []
    n_unavailable, reason = 0, ""
    with (
        progress_bar(len(movies), "Downloading posters", "poster") as bar,
        Tmdb() as tmdb,
    ):
        for movie_id, imdb_id in _ids(movies):
            file = Path(folder) / _SIZE / f"{movie_id}.jpg"
            if _is_picture(file):
                outcome = _Outcome(movie_id, "there", file=file)
            elif n_unavailable >= _MOST_UNAVAILABLE:
                outcome = _Outcome(movie_id, "not tried", reason)
            else:
                try:
                    outcome = _download(tmdb, movie_id, imdb_id, file)
                    n_unavailable = 0
                except (NoTmdbKeyError, TmdbKeyRefusedError):
                    raise
                except TmdbUnavailableError as error:
                    outcome = _Outcome(movie_id, "failed", str(error))
                    is_busy = isinstance(error, TmdbBusyError)
                    n_unavailable += _MOST_UNAVAILABLE if is_busy else 1
                    reason = f"TMDB could not be asked any more. {error}"
                except (TmdbError, ValueError) as error:  # also no id, or no picture
                    outcome = _Outcome(movie_id, "failed", str(error))
                    n_unavailable = 0
            outcomes.append(outcome)
            bar.update(1)
    films = pd.DataFrame(outcomes, columns=_Outcome._fields)
    return PosterReport(films.astype({"tmdb_id": "Int64"}))


@dataclass(frozen=True, eq=False, repr=False)
class PosterReport:
    """What was found, what not, and why.

    Attributes
    ----------
    films : pandas.DataFrame
        One row a film, in the order that was asked for: ``movie_id``, ``status``,
        ``reason`` (str, empty where all went well), ``tmdb_id`` (nullable Int64) and
        ``file`` (pathlib.Path or None). The status is

        - "downloaded": now;
        - "there": it was in the folder already;
        - "missing": TMDB does not know the film, or has no poster of it;
        - "failed": there should be one, and it did not come;
        - "not tried": TMDB could not be asked any more.
    """

    films: pd.DataFrame

    @property
    def files(self) -> dict[int, Path]:
        """The posters that are there, by movie_id."""
        good = self.films[self.films["status"].isin(["downloaded", "there"])]
        return dict(zip(good["movie_id"].tolist(), good["file"], strict=True))

    def summary(self) -> str:
        """Return how many of each, the most frequent reasons and TMDB's notice."""
        counts = self.films["status"].value_counts()
        parts = [f"{counts[s]:,} {s}" for s in _STATUSES if s in counts]
        what = "1 film" if len(self.films) == 1 else f"{len(self.films):,} films"
        lines = [f"{what}: {', '.join(parts) or 'none asked for'}."]
        reasons = self.films["reason"]
        frequent = reasons[reasons != ""].value_counts()
        lines += [f"{n:4,} x {why}" for why, n in frequent[:5].items()]
        if len(frequent) > 5:
            lines.append(f"     and {len(frequent) - 5:,} other reasons: see .films")
        return "\n".join([*lines, TMDB_ATTRIBUTION])

    def __repr__(self) -> str:
        return self.summary()


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
    # A column of ids in which some are missing holds floats.
    found = re.fullmatch(r"(?:tt)?([0-9]{1,12})(?:\.0)?", str(value).strip())
    if not found or not int(found[1]):
        raise ValueError(f"{value!r} is not an IMDb id, such as 114709 or 'tt0114709'.")
    return f"tt{int(found[1]):07}"


class Tmdb:
    """Asks TMDB about films, with the access token in ``TMDB_API_KEY``.

    Time-outs, lost connections, 429 and 5xx are tried again, four times, after pauses
    that grow; where TMDB says how long to wait, after that. Use it in a ``with`` block.
    """

    api = "https://api.themoviedb.org/3"
    images = "https://image.tmdb.org/t/p"
    timeout = (10.0, 30.0)  # seconds for a connection, and for the next bytes

    def __init__(self) -> None:
        self._session = retrying_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._session.close()

    def find(self, imdb_id: int | str) -> Film | None:
        """Find a film, or else a series, as MovieLens has some; None if it is unknown.

        Raises
        ------
        ValueError
            For what `as_imdb_id` does not take.
        TmdbError
            For other trouble, of the kind that fits: without a token, `NoTmdbKeyError`.
        """
        imdb_id = as_imdb_id(imdb_id)
        answer = self._get(
            f"{self.api}/find/{imdb_id}?external_source=imdb_id",
            as_json,
            auth=_with_token,
            allow_redirects=False,  # nobody else gets the token
        )
        try:
            found = [*answer["movie_results"], *answer.get("tv_results", ())]
            if not found:
                return None
            return Film(int(found[0]["id"]), found[0]["poster_path"])
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise TmdbError(
                f"The answer about {imdb_id} is not one of TMDB's: a part is missing, "
                "or of another kind. Perhaps something else answers in its place."
            ) from error

    def poster(self, poster_path: str) -> bytes:
        """Download a film's poster, without a token. The bytes may be anything.

        Raises
        ------
        TmdbError
            For trouble, and for a path that leads elsewhere.
        """
        if not _PICTURE_PATH.fullmatch(str(poster_path)):
            raise TmdbError(f"TMDB's path {poster_path!r} is not that of a picture.")
        return self._get(f"{self.images}/{_SIZE}{poster_path}", _as_bytes)

    def _get(
        self, url: str, read: Callable[[str, Answer], Understood], **options: Any
    ) -> Any:
        """Ask; and again where only the start came, which `Retry` does not see."""
        host = urlsplit(url).netloc
        for _ in range(2):
            try:
                with self._session.get(
                    url, stream=True, timeout=self.timeout, **options
                ) as response:
                    body = _body_of(response)
            except requests.exceptions.ChunkedEncodingError as error:
                trouble = innermost(error)
                continue
            except DownloadError as error:  # a wait too long to sit through
                raise TmdbBusyError(f"{host}: {error}") from None
            # Where a redirect leads nowhere, it can be a ValueError.
            except (requests.RequestException, ValueError) as error:
                raise TmdbUnavailableError(
                    f"{host} could not be asked: {innermost(error)}. Check your "
                    "connection (if it is about a certificate, also the date of your "
                    "computer) and run this again later."
                ) from error
            answer = Answer(response.status_code, response.reason, body)
            content, trouble = read(host, answer)
            if not trouble:
                return content
        raise TmdbUnavailableError(
            f"{host} gave no good answer, twice: {trouble}. If your network wants you "
            "to log in, open any address in a browser; and run this again later."
        )


class Film(NamedTuple):
    """What TMDB says of a film or a series; the path is None if there is no poster."""

    id: int
    poster_path: str | None


class Answer(NamedTuple):
    """What a server said: 404, "Not Found", and more in bytes."""

    status: int
    reason: str
    body: bytes


class Understood(NamedTuple):
    """The content of an answer; or a reason to ask again, which may help."""

    content: Any = None
    reason: str = ""


def as_json(host: str, answer: Answer) -> Understood:
    """Understand an answer of the API; `host` is who gave it, for messages.

    Raises
    ------
    TmdbError
        Of the kind that fits, where it does not help to ask again.
    """
    if answer.status == 401:
        raise TmdbKeyRefusedError(
            "TMDB refused the token that is in TMDB_API_KEY. Compare it with the 'API "
            "Read Access Token' at https://www.themoviedb.org/settings/api."
        )
    _require_ok(host, answer)
    try:
        return Understood(json.loads(answer.body))
    except (ValueError, RecursionError):
        return Understood(reason="what came is not JSON, or only the start of it")


class _Outcome(NamedTuple):
    """What came of one film: one of `_STATUSES`, why, and where the poster is."""

    movie_id: int
    status: str
    reason: str = ""
    tmdb_id: int | None = None
    file: Path | None = None


def _ids(movies: pd.DataFrame) -> list[tuple[int, Any]]:
    """Take the movie_id and the imdb_id of each film out of a frame."""
    for name in ("movie_id", "imdb_id"):
        if name not in movies:
            raise ValueError(
                f"movies needs the column {name}, which MovieLens has in its links; "
                f"here are {', '.join(map(str, movies))}."
            )
    movie_ids = integer_ids(movies["movie_id"], "movie_id")
    if len(np.unique(movie_ids)) < len(movie_ids):
        raise ValueError("A movie_id comes twice: one row a film, please.")
    return list(zip(movie_ids.tolist(), movies["imdb_id"], strict=True))


def _is_picture(file: Path) -> bool:
    try:
        open_image(file)
    except UnreadableImageError:
        return False
    return True


def _download(tmdb: Tmdb, movie_id: int, imdb_id: Any, file: Path) -> _Outcome:
    if pd.isna(imdb_id):
        return _Outcome(movie_id, "missing", "The film has no IMDb id.")
    film = tmdb.find(imdb_id)
    if film is None:
        return _Outcome(movie_id, "missing", "TMDB does not know the film.")
    if not film.poster_path:
        reason = "TMDB has no poster of this film."
        return _Outcome(movie_id, "missing", reason, film.id)
    content = tmdb.poster(film.poster_path)
    open_image(content)
    write_whole(file, content)
    return _Outcome(movie_id, "downloaded", "", film.id, file)


def _with_token(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Put the token into a header: no address has it, and so no message and no log."""
    # As a request's ``auth`` this also keeps ``.netrc`` from putting a login there.
    token = os.environ.get("TMDB_API_KEY", "").strip()
    if not token:
        raise NoTmdbKeyError(f"There is no token for TMDB. {_HOW_TO_GET_A_TOKEN}")
    if not re.fullmatch(r"eyJ[0-9A-Za-z_.=-]+", token):
        raise NoTmdbKeyError(f"TMDB_API_KEY has no token in it. {_HOW_TO_GET_A_TOKEN}")
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _body_of(response: requests.Response) -> bytes:
    body = bytearray()
    # Counted as unpacked: few bytes on the way can be many in memory.
    for block in response.iter_content(2**16):
        body += block
        if len(body) > _MOST_BYTES:
            raise TmdbError(f"More than {_MOST_BYTES / 2**20:.0f} MiB came.")
    return bytes(body)


def _as_bytes(host: str, answer: Answer) -> Understood:
    _require_ok(host, answer)
    return Understood(answer.body)


def _require_ok(host: str, answer: Answer) -> None:
    said = f"{host} answered {answer.status} {answer.reason}".rstrip()
    if answer.status in (400, 404, 422):
        raise TmdbError(f"{said}: it does not have what was asked for.")
    if answer.status != 200:
        raise TmdbUnavailableError(
            f"{said}: it, or your network, does not let this program ask now. Run this "
            "again later."
        )
