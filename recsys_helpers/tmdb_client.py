"""A small client of TMDB, The Movie Database, version 3 of its API.

See https://developer.themoviedb.org/reference/getting-started.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from recsys_helpers.tmdb_cache import AnswerCache
from recsys_helpers.tmdb_errors import TmdbError, TmdbNotFoundError
from recsys_helpers.tmdb_ids import as_imdb_id, as_tmdb_id
from recsys_helpers.tmdb_key import TmdbKey
from recsys_helpers.tmdb_session import TmdbSession
from recsys_helpers.tmdb_shapes import (
    has_posters,
    is_configuration,
    is_film,
    is_found,
)

__all__ = ["Tmdb"]

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
