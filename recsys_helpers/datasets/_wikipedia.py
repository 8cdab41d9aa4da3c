"""Pages of films on Wikipedia and what they link to: the corpus of the source text.

The file is called ``wp_movies_10k.ndjson``. Each line is a JSON list: the title of a
page, its infobox, the titles of the pages it links to and, in the original, two scores
from Rotten Tomatoes. It is read line by line. The text of Wikipedia is under CC BY-SA
and is not part of this course: bring the file, let it be downloaded, or gather links
yourself with :func:`recsys_helpers.datasets.collect_wikipedia_links`.

Find the corpus of pages on this machine, or download it; and open its lines.

Ask a MediaWiki, such as Wikipedia, which pages a page links to; politely.

One request after the other, many titles in each, and who asks is named. A busy wiki is
left alone as long as it says. See https://www.mediawiki.org/wiki/API:Etiquette.

Gather fresh links from Wikipedia, in the form of the corpus of the source text.

The pause that a busy server asks for.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast
from urllib.parse import unquote

import pandas as pd

from recsys_helpers import __version__
from recsys_helpers._checks import as_list
from recsys_helpers.datasets._download import (
    ChecksumError,
    DownloadError,
    fetch,
    split_login,
)
from recsys_helpers.datasets._errors import DatasetError, InvalidDataError
from recsys_helpers.datasets._films import Films
from recsys_helpers.datasets.ratings_files import kind_of, opened
from recsys_helpers.progress import progress_bar
from recsys_helpers.titles import year_of

if TYPE_CHECKING:
    import requests

import shutil
import unicodedata
from typing import Any
from urllib.parse import quote_plus

__all__ = [
    "ORIGINAL_FIGURES",
    "LinksOfPages",
    "collect_wikipedia_links",
    "find_or_fetch",
    "links_of_pages",
    "listed_titles",
    "load_wikipedia_links",
    "opened_lines",
    "parse_page",
    "seconds_to_wait",
    "user_agent",
]

_FILE = "wp_movies_10k.ndjson"
_SERVER = "https://github.com/rajeevratan84/datascienceforbusiness/raw/master"
_ENDS = ("", ".gz", ".zip")
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


@contextmanager
def opened_lines(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of lines, whatever it is packed in: its first bytes tell.

    Parameters
    ----------
    path : pathlib.Path
        The file itself, the file in a gzip, or a zip or folder that holds one file
        whose name ends in ``.ndjson``.

    Raises
    ------
    InvalidDataError
        When it is missing, no text or damaged (noticed at the latest at its end), or
        when a zip or folder holds no such file, or several.
    """
    if not path.exists():
        raise InvalidDataError(f"There is no file or folder {path}.")
    start = _ZIP if path.is_dir() else _first_bytes(path)
    if start.startswith(_ZIP):
        with opened(path) as (names, open_file):
            # "._name" is what a Mac puts beside a file called name.
            lines = [n for n in names if n.endswith(".ndjson") and n[:2] != "._"]
            if len(lines) != 1:
                raise InvalidDataError(
                    f"{path} holds {len(lines)} files that end in .ndjson, and one is "
                    "wanted. Give the path of that file itself."
                )
            with open_file(lines[0]) as stream:
                yield stream
    elif start.startswith(_GZIP):
        try:
            with gzip.open(path) as stream:
                yield cast("IO[bytes]", stream)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidDataError(
                f"{path} is damaged ({error}). Get it again."
            ) from error
    elif kind := kind_of(start):
        raise InvalidDataError(f"{path} is {kind}.")
    else:
        with path.open("rb") as stream:
            yield stream


def find_or_fetch(sha256: str | None) -> tuple[Path, str]:
    """Return where the original corpus is, and the same in words.

    See :func:`recsys_helpers.datasets.load_wikipedia_links` for the places and
    the errors.
    """
    import pooch

    own = os.environ.get("RECSYS_DATA_DIR")
    folders = [Path(own).expanduser()] if own else []
    folders.append(Path(pooch.os_cache("recsys_helpers")))
    sha256 = sha256 or os.environ.get("RECSYS_WIKIPEDIA_SHA256")
    for path in (folder / f"{_FILE}{end}" for folder in folders for end in _ENDS):
        if path.is_file():
            if sha256 and path.suffix == ".zip":
                _require_checksum(path, sha256)
            return path, f"the file {path}"
    server = (os.environ.get("RECSYS_WIKIPEDIA_URL") or _SERVER).rstrip("/")
    url = f"{server}/{_FILE}.zip"
    if not sha256:
        raise DatasetError(
            f"The corpus {_FILE} is not on this machine, and it is not downloaded "
            "without a checksum: nobody has published one. Get "
            f"{split_login(url)[0]} with your browser and put it into {folders[0]}, or "
            "into a folder that RECSYS_DATA_DIR names. Or ask somebody who has it for "
            "its SHA-256 (sha256sum, or hashlib in Python) and give that as sha256=... "
            "or as RECSYS_WIKIPEDIA_SHA256: then it is downloaded, and checked."
        )
    path = fetch(url, sha256, folders[0], server_setting="RECSYS_WIKIPEDIA_URL")
    return path, f"the archive {path}, downloaded from {split_login(url)[0]}"


def _require_checksum(path: Path, sha256: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise ChecksumError(
            f"{path} is not the archive that was meant: its SHA-256 is {found}, and "
            f"{sha256} was given. It was not used and not changed. Replace it, or take "
            "it away and a new one will be downloaded."
        )


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024)


#: What the source text prints of the original file. It counts a link as often as it
#: stands on a page, so "seen 3 times" may be three times on one page.
ORIGINAL_FIGURES: dict[str, int] = {
    "n_films": 10_000,
    "n_entities_seen_3_times": 66_913,
    "n_pairs_with_repeats": 949_544,
    "Rotten Tomatoes": 9_393,
    "Category:English-language films": 5_882,
    "Category:American films": 5_867,
    "Variety (magazine)": 5_450,
    "Metacritic": 5_112,
    "Box Office Mojo": 4_186,
    "The New York Times": 3_818,
    "The Hollywood Reporter": 3_553,
    "Roger Ebert": 2_707,
    "Los Angeles Times": 2_454,
}

_LARGEST_MALFORMED_SHARE = 0.01
_PERCENT = re.compile(r"([0-9]{1,2}|100)%")
_OF_TEN = re.compile(r"([0-9](?:\.[0-9]+)?|10(?:\.0+)?)/10")


class Page(NamedTuple):
    """One line of the file; ``scores`` are the parts after the links, if any."""

    title: str
    infobox: dict
    links: list[str]
    scores: list


def load_wikipedia_links(
    path: str | Path | None = None,
    *,
    sha256: str | None = None,
    expect_original: bool | None = None,
) -> Films:
    """Load films with the pages of Wikipedia that their pages link to.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        A file of lines as described above; plain, in a gzip, or the only ``.ndjson``
        in a zip or a folder. Without it the original is looked for, and downloaded.
    sha256 : str, optional
        Checksum that a download must have, 64 hexadecimal digits; or the environment
        variable ``RECSYS_WIKIPEDIA_SHA256``. Nobody has published one. An archive that
        is there already must have it too.
    expect_original : bool, optional
        Whether to compare the content with :data:`ORIGINAL_FIGURES`. By default only
        without ``path``.

    Returns
    -------
    Films
        Its ``films`` have ``film_id`` (int32; the position in the file, from 0, as in
        the source text), ``title`` (str), ``year`` (nullable Int16, from the title,
        mostly NA), ``tomato_meter`` (nullable Int16, 0 to 100), ``tomato_rating``
        (float64, 0 to 10) and ``infobox`` (object: dict of str). The kinds of its
        ``links`` are page and category. Its ``report`` has ``n_lines``, what was left
        out (``n_malformed``, ``n_repeated_titles``, of which the first is kept,
        ``n_repeated_links``, ``n_blank_links``), ``n_without_links`` (films that are
        kept) and, counted as the source text does, the figures of
        :data:`ORIGINAL_FIGURES`.

    Raises
    ------
    InvalidDataError
        For a file that is missing, damaged, empty, cut in its last line, or with more
        than 1 % of malformed lines, and for one that is not the original where that is
        expected.
    DatasetError
        When a download is needed and its checksum is not given.
    DownloadError, ChecksumError
        For all that goes wrong in the download.

    Notes
    -----
    Without ``path``, ``wp_movies_10k.ndjson``, the same with ``.gz`` or ``.zip``, is
    looked for in ``$RECSYS_DATA_DIR`` and in the cache of your user account. Then
    ``wp_movies_10k.ndjson.zip`` is downloaded from where the source text has it, or
    from the server that ``RECSYS_WIKIPEDIA_URL`` names.

    A line is malformed if it is not UTF-8, not JSON, or not a list of a title, an
    infobox and links. Empty lines are no lines.
    """
    original = path is None if expect_original is None else expect_original
    found, source = (Path(path), "") if path is not None else find_or_fetch(sha256)
    with opened_lines(found) as stream:
        films = _read(stream, found, source or f"the file {found}")
    if original:
        _require_original(films.report, found)
    return films


def parse_page(line: bytes) -> Page:
    """Read one line of the file.

    Raises
    ------
    ValueError
        If it is malformed; the message says how.

    Examples
    --------
    >>> parse_page(b'["Heat (1995 film)", {"name": "Heat"}, ["Al Pacino"]]').links
    ['Al Pacino']
    """
    try:
        parts = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({error})") from error
    if not isinstance(parts, list) or len(parts) < 3:
        raise ValueError("it is not a list of a title, an infobox and links")
    title, infobox, links, *scores = parts
    if not isinstance(title, str) or not title.strip():
        raise ValueError("its title is empty or no text")
    if not isinstance(infobox, dict):
        raise ValueError("its infobox is no object of names and values")
    if not isinstance(links, list) or not all(isinstance(name, str) for name in links):
        raise ValueError("its links are not a list of texts")
    try:
        "".join([title, *links]).encode("utf-8")
    except UnicodeEncodeError as error:  # half a character, written as \\ud83c
        raise ValueError("it has half a character in a text") from error
    return Page(title.strip(), infobox, [name.strip() for name in links], scores)


def _read(stream: IO[bytes], path: Path, source: str) -> Films:
    seen: Counter[str] = Counter()
    counts = Counter(n_repeated_titles=0, n_repeated_links=0, n_blank_links=0)
    films, names, owners, titles = [], [], [], set()
    for position, page in _pages(stream, path, counts):
        if page.title in titles:
            counts["n_repeated_titles"] += 1
            continue
        titles.add(page.title)
        films.append((position, page.title, *_scores(page.scores), page.infobox))
        links = [name for name in page.links if name]
        seen.update(links)
        distinct = list(dict.fromkeys(links))
        counts["n_blank_links"] += len(page.links) - len(links)
        counts["n_repeated_links"] += len(links) - len(distinct)
        counts["n_without_links"] += not distinct
        names += distinct
        owners += [position] * len(distinct)
    links = pd.DataFrame({"film_id": owners, "kind": "page", "name": names})
    is_category = links["name"].astype("str").str.startswith("Category:")
    links["kind"] = pd.Categorical(
        links["kind"].mask(is_category, "category"), categories=["page", "category"]
    )
    report = dict(counts) | _figures_as_printed(len(films), seen)
    links = links.astype({"film_id": "int32", "name": "str"})
    return Films("wikipedia", _film_frame(films), links, report, source)


def _pages(
    stream: IO[bytes], path: Path, counts: Counter[str]
) -> Iterator[tuple[int, Page]]:
    """Yield position and content of each good line; count the others."""
    first_problem = ""
    counts["n_lines"] = counts["n_malformed"] = 0
    with progress_bar(None, "Reading pages", "page") as bar:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            counts["n_lines"] += 1
            bar.update(1)
            try:
                page = parse_page(line)
            except ValueError as error:
                if not line.endswith(b"\n"):
                    raise InvalidDataError(
                        f"{path} ends in the middle of line {number}: it was cut "
                        "short. Fetch it again."
                    ) from error
                counts["n_malformed"] += 1
                first_problem = first_problem or f"line {number}: {error}"
                continue
            yield counts["n_lines"] - 1, page
    if not counts["n_lines"]:
        raise InvalidDataError(f"{path} is empty. Fetch it again.")
    if counts["n_malformed"] > _LARGEST_MALFORMED_SHARE * counts["n_lines"]:
        raise InvalidDataError(
            f"{counts['n_malformed']:,} of {counts['n_lines']:,} lines of {path} are "
            f"malformed; {first_problem}. Each line must be a JSON list: title, "
            "infobox, links. Is it the right file? Fetch it again."
        )


def _film_frame(films: list[tuple]) -> pd.DataFrame:
    columns = ["film_id", "title", "tomato_meter", "tomato_rating", "infobox"]
    frame = pd.DataFrame(films, columns=columns)
    frame.insert(2, "year", pd.array(frame["title"].map(year_of), dtype="Int16"))
    dtypes = {"film_id": "int32", "tomato_meter": "Int16", "tomato_rating": "float64"}
    return frame.astype(dtypes)


def _scores(scores: list) -> tuple[int | None, float | None]:
    """Read "96%" and "8.0/10", None for what is neither."""
    texts = [score if isinstance(score, str) else "" for score in scores] + ["", ""]
    percent, of_ten = _PERCENT.fullmatch(texts[0]), _OF_TEN.fullmatch(texts[1])
    return int(percent[1]) if percent else None, float(of_ten[1]) if of_ten else None


def _figures_as_printed(n_films: int, seen: Counter[str]) -> dict[str, int]:
    often = [count for count in seen.values() if count >= 3]
    counted = [n_films, len(often), sum(often)]
    figures = dict(zip(ORIGINAL_FIGURES, counted, strict=False))
    return figures | {name: seen[name] for name in list(ORIGINAL_FIGURES)[3:]}


def _require_original(report: Mapping[str, int], path: Path) -> None:
    different = [
        f"{name} is {report[name]:,} and should be {figure:,}"
        for name, figure in ORIGINAL_FIGURES.items()
        if report[name] != figure
    ]
    if different:
        raise InvalidDataError(
            f"{path} is not the original corpus: {'; '.join(different[:3])}. Fetch it "
            "again, or read another one with expect_original=False."
        )


def seconds_to_wait(retry_after: str, now: float) -> float:
    """Read the header Retry-After, which holds seconds or a date (RFC 9110, 10.2.3).

    Parameters
    ----------
    retry_after : str
        The header, or "" where there is none.
    now : float
        Seconds since 1970.

    Returns
    -------
    float
        Seconds from now, at least 0; 0 where the header is neither of the two.

    Examples
    --------
    >>> seconds_to_wait("7", 0), seconds_to_wait("soon", 0)
    (7.0, 0.0)
    >>> seconds_to_wait("Thu, 01 Jan 1970 00:01:00 GMT", 15)
    45.0
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return 0.0


_BUSY_STATUS = (408, 425, 429, 500, 502, 503, 504)
_BUSY_ERRORS = ("maxlag", "ratelimited", "readonly", "internal_api_error")
# Who is told to come back later than this should do something else meanwhile.
_LONGEST_WAIT = 300.0
_QUESTION = {
    "action": "query",
    "prop": "links",
    "plnamespace": "0",
    "pllimit": "max",
    "redirects": "1",
    "format": "json",
    "formatversion": "2",
    # Seconds that the wiki's copies may be behind; then it wants to be left alone.
    "maxlag": "5",
}


class _BusyError(Exception):
    """A failure that may be gone later; `after` is the pause that the server wants."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


@dataclass
class LinksOfPages:
    """What a wiki answered about some titles, each of which is in one of the fields.

    Parameters
    ----------
    links : dict of str to list of str
        For each title that leads to a page, what the page links to, each once.
    pages : dict of str to str
        For each of these, the title of that page: another one after a redirect.
    missing, invalid : list of str
        Titles without a page, and those that no page can have, or not on this wiki.
    """

    links: dict[str, list[str]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)


def listed_titles(titles: str | Iterable[str]) -> list[str]:
    """List the titles, also where there is one.

    Raises
    ------
    TypeError
        If one is no text, as None and NaN are where a column has gaps.

    Examples
    --------
    >>> listed_titles("Heat")
    ['Heat']
    """
    listed = as_list(titles)
    for row, title in enumerate(listed):
        if not isinstance(title, str):
            raise TypeError(
                f"A title is text, and the one in row {row} (from 0) is {title!r}. A "
                "column's gaps are left out by .dropna()."
            )
    return listed


def user_agent(contact: str | None) -> str:
    """Name this package and who uses it, as Wikimedia's policy asks.

    Raises
    ------
    DatasetError
        Without an address at which the person who asks can be reached.

    Examples
    --------
    >>> user_agent("ann@example.org").split()[1]
    '(ann@example.org)'
    """
    import requests

    contact = (contact or "").strip()
    if not ("@" in contact or "://" in contact) or not (
        contact.isascii() and contact.isprintable()
    ):
        raise DatasetError(
            "Wikipedia wants to know who asks, and blocks those who don't say it. Give "
            'an address at which you can be reached, contact="ann@example.org" or a '
            "web page, or put it into the environment variable RECSYS_CONTACT."
        )
    return f"recsys_helpers/{__version__} ({contact}) requests/{requests.__version__}"


def links_of_pages(
    session: requests.Session,
    url: str,
    titles: str | Iterable[str],
    *,
    n_retries: int = 6,
    timeout: tuple[float, float] = (10, 60),
    sleep: Callable[[float], None] = time.sleep,
) -> LinksOfPages:
    """Ask for the links of a few pages, at most 50, in as many requests as it takes.

    Parameters
    ----------
    session : requests.Session
        Its User-Agent must be that of :func:`user_agent`.
    url : str
        The wiki's ``api.php``.
    titles : str or iterable of str
        Different ones, without "|".
    n_retries : int, default 6
        Tries after the first one of each request, after time-outs, cut connections,
        the answers 429 and 5xx, and the wiki's own errors for being busy. Pauses
        double from 1 to 60 seconds; a longer one that the server wants is kept.
    timeout : tuple of float, default (10, 60)
        Seconds to wait for a connection, and for the next bytes.
    sleep : callable
        Called with each pause; tests give one that returns at once.

    Raises
    ------
    TypeError
        When a title is no text.
    DownloadError
        When the wiki can't be asked or does not answer as a MediaWiki does.
    """
    titles = listed_titles(titles)
    question = _QUESTION | {"titles": "|".join(titles)}
    states: dict[str, dict] = {}
    leads_to: dict[str, str] = {}
    try:
        for answer in _answers(session, url, question, n_retries, timeout, sleep):
            _take(answer, states, leads_to)
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"a part is missing or of another kind ({error})"
        raise _unexpected(url, problem) from error
    found = LinksOfPages()
    for title in titles:
        page = _end_of(title, leads_to)
        if page is not None and page not in states:
            raise _unexpected(url, f"it says nothing about {title!r}")
        state = {"missing": True} if page is None else states[page]
        _put(found, title, page or title, state)
    return found


def _take(answer: dict, states: dict[str, dict], leads_to: dict[str, str]) -> None:
    """Add one part of an answer to what is known of each page."""
    for step in answer.get("normalized", []):
        encoded = step.get("fromencoded", False)
        leads_to[unquote(step["from"]) if encoded else step["from"]] = step["to"]
    for step in answer.get("redirects", []):
        leads_to[step["from"]] = step["to"]
        if step.get("tointerwiki"):
            states[step["to"]] = {"invalid": True}
    for elsewhere in answer.get("interwiki", []):
        states[elsewhere["title"]] = {"invalid": True}
    for page in answer.get("pages", []):
        state = states.setdefault(page["title"], {**page, "links": {}})
        names = (link["title"] for link in page.get("links", []))
        state["links"].update(dict.fromkeys(names))


def _put(found: LinksOfPages, title: str, page: str, state: dict) -> None:
    if state.get("invalid"):
        found.invalid.append(title)
    elif state.get("missing") or state.get("special"):
        found.missing.append(title)
    else:
        found.links[title] = list(state["links"])
        found.pages[title] = page


def _end_of(title: str, leads_to: dict[str, str]) -> str | None:
    """Follow normalisation and redirects to a page; a ring of them leads to none."""
    been = set()
    while title in leads_to:
        if title in been:
            return None
        been.add(title)
        title = leads_to[title]
    return title


def _answers(
    session: requests.Session,
    url: str,
    question: dict[str, str],
    n_retries: int,
    timeout: tuple[float, float],
    sleep: Callable[[float], None],
) -> Iterator[dict]:
    """Yield the parts of an answer: what follows is asked for until it is complete."""
    go_on: dict[str, str] = {}
    while True:
        asked = question | go_on
        answer = _with_retries(session, url, asked, n_retries, timeout, sleep)
        yield answer.get("query", {})
        if "continue" not in answer:
            return
        if answer["continue"] == go_on or not isinstance(answer["continue"], dict):
            raise _unexpected(url, "it wants to go on from where it was before")
        go_on = answer["continue"]


def _with_retries(
    session: requests.Session,
    url: str,
    question: dict[str, str],
    n_retries: int,
    timeout: tuple[float, float],
    sleep: Callable[[float], None],
) -> dict:
    shown, login = split_login(url)
    for attempt in range(n_retries + 1):
        try:
            return _ask(session, shown, login, question, timeout)
        except _BusyError as error:
            reason, after = str(error), error.after
        if after > _LONGEST_WAIT:
            raise DownloadError(
                f"{shown} asks to be left alone for {after / 60:.0f} minutes: {reason}."
                " Run this again then; it goes on where it stopped."
            )
        if attempt < n_retries:
            sleep(max(min(2.0**attempt, 60.0), after))
    raise DownloadError(
        f"{shown} did not answer in {n_retries + 1} tries: {reason}. Run this again "
        "later; it goes on where it stopped."
    )


def _ask(
    session: requests.Session,
    url: str,
    login: tuple[str, str] | None,
    question: dict[str, str],
    timeout: tuple[float, float],
) -> dict:
    import requests

    try:
        response = session.get(url, params=question, auth=login, timeout=timeout)
    except requests.exceptions.Timeout as error:
        raise _BusyError(f"no answer within {timeout[1]:g} seconds") from error
    except requests.exceptions.SSLError as error:
        raise DownloadError(
            f"The certificate of {url} is not valid: {error}"
        ) from error
    except requests.exceptions.RequestException as error:
        if isinstance(error, ValueError):
            raise DownloadError(f"{url!r} is no web address: {error}") from error
        raise _BusyError(f"the connection failed ({type(error).__name__})") from error
    return _content(response, url)


def _content(response: requests.Response, url: str) -> dict:
    """Return the JSON object of an answer that is one."""
    status = response.status_code
    after = seconds_to_wait(response.headers.get("Retry-After", ""), time.time())
    if status in _BUSY_STATUS:
        raise _BusyError(f"it answered {status} {response.reason}", after)
    if status >= 400:
        raise DownloadError(
            f"{url} answered {status} {response.reason}. 403 means that it does not "
            "like who asks: see contact. 404 means that it is not there: the address "
            "is that of an api.php, RECSYS_WIKIPEDIA_API names another."
        )
    try:
        content = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        if response.content.lstrip()[:1] == b"<":
            raise DownloadError(
                f"{url} gave a web page in place of an answer. A network that wants "
                "you to log in does this: open the address in a browser."
            ) from error
        raise _BusyError("it answered something that is not JSON") from error
    if not isinstance(content, dict):
        raise _unexpected(url, f"it is a {type(content).__name__}")
    problem = content.get("error")
    if problem is not None:
        code = str(problem.get("code") if isinstance(problem, dict) else problem)
        text = str(problem.get("info", code) if isinstance(problem, dict) else problem)
        if code.startswith(_BUSY_ERRORS):
            raise _BusyError(f"{code}: {text}", after)
        raise DownloadError(f"{url} answered with an error: {code}: {text}")
    if "query" not in content and "continue" not in content:
        raise _unexpected(url, "it has no part called query")
    return content


def _unexpected(url: str, what: str) -> DownloadError:
    return DownloadError(
        f"{split_login(url)[0]} does not answer as a MediaWiki does: {what}. Is it the "
        "address of an api.php?"
    )


_WIKIPEDIA = "https://en.wikipedia.org/w/api.php"
_MOST_TITLES = 50  # what the API takes from those who have not logged in
_LONGEST_ADDRESS = 4_000  # servers refuse addresses of about 8,000 characters
_LONGEST_TITLE = 255  # bytes, in any MediaWiki
_NEVER_IN_A_TITLE = set("#<>[]|{}\ufffd")
# What comes along, unseen, when a title is copied from a page: soft hyphens, spaces
# without width, byte order marks, and marks of the direction of writing, which the wiki
# takes off too (MediaWikiTitleCodec::splitTitleString).
_DIRECTIONS = [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_MARKS = dict.fromkeys([0xAD, 0x200B, 0xFEFF, *_DIRECTIONS])


def collect_wikipedia_links(
    titles: str | Iterable[str],
    path: str | Path | None = None,
    *,
    contact: str | None = None,
    url: str | None = None,
    n_retries: int = 6,
    timeout: tuple[float, float] = (10, 60),
    sleep: Callable[[float], None] = time.sleep,
) -> LinksOfPages:
    """Ask Wikipedia which articles the pages of some films link to.

    Parameters
    ----------
    titles : str or iterable of str
        Of pages, such as "Heat (1995 film)". Redirects are followed. A text is one
        title.
    path : str or pathlib.Path, optional
        A file for the answers, to be read by
        :func:`recsys_helpers.datasets.load_wikipedia_links`. Titles that are
        in it already are not asked about again, and stay.
    contact : str, optional
        Your e-mail address or web page, which Wikipedia wants to know; or the
        environment variable ``RECSYS_CONTACT``.
    url : str, optional
        The ``api.php`` of another wiki; or ``RECSYS_WIKIPEDIA_API``.
    n_retries, timeout, sleep
        See :func:`recsys_helpers.datasets.links_of_pages`.

    Returns
    -------
    LinksOfPages
        The links of each page, by the title that was asked for (superfluous spaces and
        invisible marks taken out), which titles have no page, and which can have none.
        With ``path``, what was in the file is there too.

    Raises
    ------
    TypeError
        When a title is no text: None or NaN, where a column has gaps.
    DatasetError
        Without a contact.
    DownloadError
        When the wiki can't be asked. What was gathered by then stays in
        ``<path>.part``, and the next call goes on from there.
    InvalidDataError
        When ``path`` is there and is not a file of this kind, not packed.

    Notes
    -----
    Fifty titles a request, one request at a time. A film whose page has another title
    keeps the one that was asked for, and the page's title stands in the infobox, which
    is otherwise empty: the API does not give it. Links to articles are asked for, and
    not the categories that the original corpus has too. Texts of Wikipedia are under
    CC BY-SA.
    """
    titles = list(dict.fromkeys(map(_tidy, listed_titles(titles))))
    agent = user_agent(contact or os.environ.get("RECSYS_CONTACT"))
    url = url or os.environ.get("RECSYS_WIKIPEDIA_API") or _WIKIPEDIA
    if path is not None and Path(path).is_dir():
        raise InvalidDataError(f"{path} is a folder. Give the name of a file in it.")
    file = _Answers(Path(path)) if path is not None else None
    found = file.read() if file else LinksOfPages()
    found.invalid += [title for title in titles if not _can_be_a_title(title)]
    left = [title for title in titles if title not in {*found.links, *found.invalid}]
    if left:
        _ask_about(left, found, file, agent, url, (n_retries, timeout, sleep))
    if file:
        file.finish()
    return found


def _ask_about(
    titles: list[str],
    found: LinksOfPages,
    file: _Answers | None,
    agent: str,
    url: str,
    patience: tuple[int, tuple[float, float], Callable[[float], None]],
) -> None:
    import requests

    n_retries, timeout, sleep = patience
    options: dict[str, Any] = {
        "n_retries": n_retries,
        "timeout": timeout,
        "sleep": sleep,
    }
    with (
        requests.Session() as session,
        progress_bar(len(titles), "Asking Wikipedia", "page") as bar,
    ):
        session.headers["User-Agent"] = agent
        for batch in _batches(titles):
            answer = links_of_pages(session, url, batch, **options)
            if file:
                file.append(answer)
            found.links |= answer.links
            found.pages |= answer.pages
            found.missing += answer.missing
            found.invalid += answer.invalid
            bar.update(len(batch))


def _batches(titles: list[str]) -> Iterator[list[str]]:
    """Cut a list into parts that fit into one request each."""
    batch: list[str] = []
    length = 0
    for title in titles:
        more = len(quote_plus(title)) + len(quote_plus("|"))
        if batch and (len(batch) == _MOST_TITLES or length + more > _LONGEST_ADDRESS):
            yield batch
            batch, length = [], 0
        batch.append(title)
        length += more
    yield batch


def _tidy(title: str) -> str:
    # As the wiki itself does it, so that its answer names the title in the same way.
    return unicodedata.normalize("NFC", " ".join(title.translate(_MARKS).split()))


def _can_be_a_title(title: str) -> bool:
    # Joiners (Cf) stay: Persian has titles that are spelt with one.
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in title):
        return False
    if _NEVER_IN_A_TITLE & set(title):
        return False
    return 0 < len(title.encode("utf-8")) <= _LONGEST_TITLE


class _Answers:
    """A file that grows at the side and takes its place when it is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(path.name + ".part")

    def read(self) -> LinksOfPages:
        """Return what was gathered before: in the part, or in the complete file."""
        if self.part.exists():
            # What was being written when the process ended is asked for again.
            lines, line_break, _ = self.part.read_bytes().rpartition(b"\n")
            os.truncate(self.part, len(lines) + len(line_break))
        file = self.part if self.part.exists() else self.path
        found = LinksOfPages()
        if file.exists():
            with file.open("rb") as stream:
                for number, line in enumerate(stream, start=1):
                    _take_line(line, f"{file}, line {number}", found)
        return found

    def append(self, answer: LinksOfPages) -> None:
        """Add some pages, on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and not self.part.exists():
            shutil.copyfile(self.path, self.part)
        with self.part.open("ab") as file:
            for title, links in answer.links.items():
                page = answer.pages[title]
                infobox = {} if page == title else {"page": page}
                text = json.dumps([title, infobox, links], ensure_ascii=False)
                file.write(text.encode("utf-8") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def finish(self) -> None:
        """Give the file its name, in one step."""
        if self.part.exists():
            os.replace(self.part, self.path)


def _take_line(line: bytes, where: str, found: LinksOfPages) -> None:
    try:
        page = parse_page(line)
    except ValueError as error:
        raise InvalidDataError(
            f"{where}: {error}. Is it a file of links? Give another path to gather "
            "everything anew."
        ) from error
    found.links[page.title] = page.links
    found.pages[page.title] = page.infobox.get("page", page.title)
