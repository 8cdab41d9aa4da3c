"""Download the posters of many films from TMDB, and go on where it stopped.

What came of a download of posters, film by film.

Find out whether bytes are a picture, without trusting them.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from recsys_helpers._checks import check_count
from recsys_helpers._files import write_whole
from recsys_helpers.datasets import DownloadError
from recsys_helpers.posters.tmdb._client import (
    TMDB_ATTRIBUTION,
    NoTmdbKeyError,
    Tmdb,
    TmdbError,
    TmdbKeyRefusedError,
    TmdbNotFoundError,
    TmdbUnavailableError,
    as_imdb_id,
)
from recsys_helpers.progress import progress_bar

__all__ = [
    "ENDINGS",
    "STATUSES",
    "NotAPictureError",
    "PosterOutcome",
    "PosterReport",
    "download_posters",
    "picture_ending",
]

STATUSES = ("downloaded", "there", "missing", "failed", "not tried")
_MOST_REASONS = 5


@dataclass(frozen=True)
class PosterOutcome:
    """What came of one film: one of `STATUSES`, why, and where the poster is."""

    status: str
    reason: str = ""
    tmdb_id: int | None = None
    file: Path | None = None


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
        - "not tried": TMDB could not be reached any more.
    attribution : str
        TMDB's notice, to be shown wherever the posters are.
    """

    films: pd.DataFrame
    attribution: str = TMDB_ATTRIBUTION

    @classmethod
    def of(cls, outcomes: dict[int, PosterOutcome]) -> PosterReport:
        """Make a report of what came of each movie_id."""
        columns = {
            "movie_id": list(outcomes),
            "status": [outcome.status for outcome in outcomes.values()],
            "reason": [outcome.reason for outcome in outcomes.values()],
            "tmdb_id": pd.array([o.tmdb_id for o in outcomes.values()], dtype="Int64"),
            # None stays None in a column of objects.
            "file": pd.Series([o.file for o in outcomes.values()], dtype=object),
        }
        return cls(pd.DataFrame(columns))

    @property
    def files(self) -> dict[int, Path]:
        """The posters that are there, by movie_id."""
        good = self.films[self.films["status"].isin(["downloaded", "there"])]
        return dict(zip(good["movie_id"].tolist(), good["file"], strict=True))

    def summary(self) -> str:
        """Return a few lines: how many of each, the most frequent reasons, the notice.

        Examples
        --------
        >>> outcomes = {
        ...     1: PosterOutcome("there", file=Path("1.jpg")),
        ...     7: PosterOutcome("missing", "TMDB has no poster of this film."),
        ... }
        >>> PosterReport.of(outcomes)
        2 films: 1 there, 1 missing.
           1 x TMDB has no poster of this film.
        This product uses the TMDB API but is not endorsed or certified by TMDB.
        """
        counts = self.films["status"].value_counts()
        parts = [f"{counts[s]:,} {s}" for s in STATUSES if s in counts]
        what = "1 film" if len(self.films) == 1 else f"{len(self.films):,} films"
        lines = [f"{what}: {', '.join(parts) or 'none asked for'}."]
        reasons = self.films["reason"]
        frequent = reasons[reasons != ""].value_counts(sort=True)
        lines += [f"{n:4,} x {why}" for why, n in frequent[:_MOST_REASONS].items()]
        n_more = len(frequent) - _MOST_REASONS
        if n_more > 0:
            lines.append(f"     and {n_more:,} other reasons: see .films")
        return "\n".join([*lines, self.attribution])

    def __repr__(self) -> str:
        return self.summary()


_ENDING_OF = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
ENDINGS = tuple(_ENDING_OF.values())
# The largest posters of TMDB have 4,000 x 6,000 pixels.
_MOST_PIXELS = 25_000_000


class NotAPictureError(ValueError):
    """Bytes that are no picture, or one that is damaged or much too large."""


def picture_ending(content: bytes) -> str:
    """Return the ending that the name of a picture's file should have.

    All of the picture is decoded: Pillow's ``verify`` does not notice that a JPEG was
    cut off in the middle. How many pixels it would have is looked at before, because
    a small file can hold billions.

    Parameters
    ----------
    content : bytes
        All of a JPEG, PNG or WebP.

    Returns
    -------
    str
        ``".jpg"``, ``".png"`` or ``".webp"``, by the content.

    Raises
    ------
    NotAPictureError
        For anything else, and for more than 25 million pixels.
    """
    from PIL import Image

    problem = ""
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb, and goes on.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(_ENDING_OF)) as picture:
                width, height = picture.size
                if width * height > _MOST_PIXELS:
                    problem = f"{width} x {height} pixels are too many for a poster"
                else:
                    picture.load()
                    # A JPEG with a second picture behind it is of Pillow's format MPO.
                    return _ENDING_OF.get(picture.format, ".jpg")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        problem = "it has too many pixels for a poster"
    except Exception as error:  # bad bytes make decoders raise almost anything
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, Image.UnidentifiedImageError):
            problem = f"it starts with {content[:12]!r}" if content else "it is empty"
    raise NotAPictureError(f"What came is not a good picture: {problem}.")


# Each of them was asked several times already. With thousands of films to go, a
# connection that is down would keep the reader waiting for days.
_MOST_UNAVAILABLE = 3


class _Film(NamedTuple):
    movie_id: int
    imdb_id: Any
    tmdb_id: Any


def download_posters(
    movies: pd.DataFrame,
    folder: str | Path,
    size: str = "w342",
    *,
    tmdb: Tmdb | None = None,
    most_bytes: int = 20 * 2**20,
) -> PosterReport:
    """Download the poster of each film that has one.

    What is in the folder already is not asked for again, so after an interruption the
    same call goes on where it stopped. A film that fails does not stop the others.

    Parameters
    ----------
    movies : pandas.DataFrame
        ``movie_id`` (int, each once), and ``imdb_id`` or ``tmdb_id`` or both, as in
        the ``links`` of :func:`recsys_helpers.datasets.load_movielens`. The IMDb id is
        looked up first: MovieLens' TMDB ids are of films and of series, which TMDB
        counts apart.
    folder : str or pathlib.Path
        Posters go into a folder in it, named by the size: ``posters/w342/1.jpg``.
    size : str, default "w342"
        w92, w154, w185, w342, w500, w780 or original: w342 is 342 pixels wide.
    tmdb : Tmdb, optional
        A client with settings of your own. Without it, the usual one is made; it needs
        a key only when there is something to download.
    most_bytes : int
        Longer posters are refused.

    Returns
    -------
    PosterReport
        ``films``, a DataFrame that says of each film what came of it and why;
        ``files``; and a short ``summary()`` with TMDB's notice.

    Raises
    ------
    NoTmdbKeyError, TmdbKeyRefusedError
        Without a key, or with one that TMDB does not accept. Posters that were
        downloaded before stay.
    TmdbUnavailableError
        When TMDB can't be asked at the start. When that happens later, three times in
        a row, the films that are left are reported as "not tried".
    DownloadError
        When the folder can't be written.
    ValueError
        For a movie_id that comes twice, missing columns, or an unknown size.

    Notes
    -----
    A file gets its name only when all of it is there and Pillow can read it. The name
    is the movie_id, and nothing that the server says. TMDB's terms are said to allow
    to keep posters for six months, for non-commercial use, with its notice where they
    show: read them before you publish.
    """
    check_count("most_bytes", most_bytes)
    films = _films(movies)
    if not re.fullmatch(r"[wh][0-9]+|original", str(size)):
        raise ValueError(f"{size!r} is not a size of posters, such as 'w342'.")
    place = Path(folder) / size
    outcomes = {film.movie_id: PosterOutcome("not tried") for film in films}
    left = []
    with progress_bar(len(films), "Downloading posters", "poster") as bar:
        for film in films:
            file = _good_file(place, film.movie_id)
            if file is None:
                left.append(film)
            else:
                outcomes[film.movie_id] = PosterOutcome("there", file=file)
                bar.update(1)
        if left:
            with Tmdb() if tmdb is None else nullcontext(tmdb) as client:
                client.require_size(size)
                fetch = _Fetcher(client, place, size, most_bytes)
                for movie_id, outcome in _one_by_one(left, fetch):
                    outcomes[movie_id] = outcome
                    bar.update(1)
    return PosterReport.of(outcomes)


def _one_by_one(
    films: list[_Film], fetch: _Fetcher
) -> Iterator[tuple[int, PosterOutcome]]:
    n_unavailable, reason = 0, ""
    for film in films:
        if n_unavailable == _MOST_UNAVAILABLE:
            yield film.movie_id, PosterOutcome("not tried", reason)
            continue
        try:
            outcome = fetch(film)
            n_unavailable = 0
        except (NoTmdbKeyError, TmdbKeyRefusedError):
            raise
        except TmdbNotFoundError as error:
            outcome, n_unavailable = PosterOutcome("missing", str(error)), 0
        except TmdbUnavailableError as error:
            outcome = PosterOutcome("failed", str(error))
            n_unavailable = _MOST_UNAVAILABLE if error.after else n_unavailable + 1
            reason = f"TMDB could not be asked any more. {error}"
        except (TmdbError, NotAPictureError) as error:
            outcome, n_unavailable = PosterOutcome("failed", str(error)), 0
        yield film.movie_id, outcome


class _Fetcher(NamedTuple):
    """Looks up a film, downloads its poster, and puts it into place."""

    tmdb: Tmdb
    place: Path
    size: str
    most_bytes: int

    def __call__(self, film: _Film) -> PosterOutcome:
        try:
            found = _look_up(self.tmdb, film)
        except ValueError as error:  # an id that is none
            return PosterOutcome("failed", str(error))
        tmdb_id, path = found["id"], found["poster_path"]
        if not path:
            reason = "TMDB has no poster of this film."
            return PosterOutcome("missing", reason, tmdb_id)
        content = self.tmdb.poster(path, self.size, most_bytes=self.most_bytes)
        file = self.place / f"{film.movie_id}{picture_ending(content)}"
        try:
            _set_aside(file)
            write_whole(file, content)
        except OSError as error:
            raise DownloadError(
                f"{file} cannot be written: {error}. Free some space or choose another "
                "folder, and run this again: it goes on where it stopped."
            ) from error
        return PosterOutcome("downloaded", "", tmdb_id, file)


def _look_up(tmdb: Tmdb, film: _Film) -> dict[str, Any]:
    """Return what TMDB calls the film, with "id" and "poster_path"."""
    if not film.imdb_id and not film.tmdb_id:
        raise TmdbNotFoundError("The film has neither an IMDb id nor a TMDB id.")
    if film.imdb_id:
        found = tmdb.find_by_imdb_id(film.imdb_id)
        if found is not None:
            return found
    if not film.tmdb_id:
        raise TmdbNotFoundError("TMDB does not know the film by its IMDb id.")
    found = tmdb.movie(film.tmdb_id)
    theirs = found.get("imdb_id")
    if film.imdb_id and theirs and theirs != as_imdb_id(film.imdb_id):
        raise TmdbNotFoundError(
            "TMDB does not know the film by its IMDb id, and what has its TMDB id is "
            "another film."
        )
    return found


def _films(movies: pd.DataFrame) -> list[_Film]:
    """Take the ids out of a frame; a missing one becomes None."""
    known = [name for name in ("imdb_id", "tmdb_id") if name in movies]
    if "movie_id" not in movies or not known:
        raise ValueError(
            "movies needs the column movie_id, and imdb_id or tmdb_id. Those of "
            f"MovieLens are in its links; here are {', '.join(map(str, movies))}."
        )
    movie_ids = movies["movie_id"]
    if not pd.api.types.is_integer_dtype(movie_ids) or movie_ids.hasnans:
        raise ValueError("movie_id must be whole numbers: they become names of files.")
    if movie_ids.duplicated().any():
        twice = movie_ids[movie_ids.duplicated()].iloc[0]
        raise ValueError(f"movie_id {twice} comes twice: one row a film, please.")
    # Through objects, so that a missing number becomes None and no other id a float.
    ids = {
        name: movies[name].astype(object).where(movies[name].notna(), None).tolist()
        for name in known
    }
    none = [None] * len(movies)
    return [
        _Film(int(movie_id), imdb_id, tmdb_id)
        for movie_id, imdb_id, tmdb_id in zip(
            movie_ids, ids.get("imdb_id", none), ids.get("tmdb_id", none), strict=True
        )
    ]


def _good_file(place: Path, movie_id: int) -> Path | None:
    """Return the poster that is there already, unless it is damaged."""
    for ending in ENDINGS:
        file = place / f"{movie_id}{ending}"
        try:
            picture_ending(file.read_bytes())
            return file
        except (OSError, NotAPictureError):
            continue
    return None


def _set_aside(file: Path) -> None:
    """Keep what is in the way, which is no good picture, under another name."""
    if file.exists():
        os.replace(file, file.with_name(file.name + ".corrupt"))
