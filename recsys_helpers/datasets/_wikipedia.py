"""Pages of films on Wikipedia and what they link to: a file of them, or fresh ones.

The corpus of the source text is called ``wp_movies_10k.ndjson``. Each line is a JSON
list: the title of a page, its infobox, the titles of the pages it links to and, in the
original, two scores from Rotten Tomatoes. The text of Wikipedia is under CC BY-SA and
is not part of this course: bring the file, or gather links yourself.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pandas as pd

from recsys_helpers import __version__
from recsys_helpers._files import write_whole
from recsys_helpers.datasets._download import (
    N_RETRIES,
    TIMEOUT,
    DownloadError,
    innermost,
    retrying_session,
    split_login,
)
from recsys_helpers.datasets._errors import DatasetError, InvalidDataError
from recsys_helpers.datasets._films import Films
from recsys_helpers.extras import require
from recsys_helpers.progress import progress_bar
from recsys_helpers.titles import year_of

_LARGEST_MALFORMED_SHARE = 0.01
_PERCENT = re.compile(r"([0-9]{1,2}|100)%")
_OF_TEN = re.compile(r"([0-9](?:\.[0-9]+)?|10(?:\.0+)?)/10")
_TITLES_A_REQUEST = 50  # what the API takes from those who have not logged in
_NOT_ASKED = (
    "{url} could not be asked: {reason}. Run this again later; with a path, it goes on "
    "where it stopped."
)
# What comes along, unseen, when a title is copied from a page: soft hyphens, spaces
# without width, byte order marks, and marks of the direction of writing.
_DIRECTIONS = [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_MARKS = dict.fromkeys([0xAD, 0x200B, 0xFEFF, *_DIRECTIONS])


def load_wikipedia_links(path: str | Path) -> Films:
    """Load films with the pages of Wikipedia that their pages link to.

    Parameters
    ----------
    path : str or pathlib.Path
        A file of lines such as ``["Heat (1995 film)", {"name": "Heat"}, ["Al
        Pacino"], "86%", "7.8/10"]``, of which the scores may be missing: plain, in a
        ``.gz``, or the only ``.ndjson`` in a ``.zip``.

    Returns
    -------
    Films
        Its ``films`` have ``film_id`` (int32; the position in the file, from 0, as in
        the source text), ``title`` (str), ``year`` (nullable Int16, from the title,
        mostly NA), ``tomato_meter`` (nullable Int16, 0 to 100), ``tomato_rating``
        (float64, 0 to 10) and ``infobox`` (object: dict of str). The kinds of its
        ``links`` are page and category. Its ``report`` has ``n_lines``, what was left
        out (``n_malformed``, ``n_repeated_titles``, of which the first is kept,
        ``n_repeated_links``, ``n_blank_links``) and ``n_without_links`` (films that are
        kept).

    Raises
    ------
    InvalidDataError
        For a file that is missing, damaged, empty, cut in its last line, or with more
        than 1 % of lines that are not UTF-8, not JSON, or not a list of a title, an
        infobox and links.
    """
    path = Path(path)
    try:
        with _opened(path) as lines:
            return _read(lines, path)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InvalidDataError(
            f"{path} cannot be read ({error}). Is it there, and whole?"
        ) from error


def collect_wikipedia_links(
    titles: str | Iterable[str],
    path: str | Path | None = None,
    *,
    contact: str | None = None,
    url: str = "https://en.wikipedia.org/w/api.php",
) -> Films:
    """Ask Wikipedia which articles the pages of some films link to.

    Parameters
    ----------
    titles : str or iterable of str
        Of pages, such as "Heat (1995 film)". Redirects are followed.
    path : str or pathlib.Path, optional
        A file to keep the answers in, for :func:`load_wikipedia_links`. Titles that are
        in it already are not asked about again, and stay.
    contact : str, optional
        Your e-mail address or web page, which Wikipedia wants to know; or the
        environment variable ``RECSYS_CONTACT``.
    url : str
        The ``api.php`` of the wiki.

    Returns
    -------
    Films
        As of :func:`load_wikipedia_links`. Titles are those that were asked for,
        without superfluous spaces and invisible marks; that of the page, where it is
        another one, stands in the infobox as ``page``. There are no other facts in it,
        and no categories among the links: the API has them elsewhere.

    Warns
    -----
    UserWarning
        Names the titles without a page, which are left out.

    Raises
    ------
    ImportError
        Without the package mwclient; the message says how to install it.
    TypeError
        When a title is no text: None or NaN, where a column has gaps.
    ValueError
        When `url` is not that of an ``api.php``.
    DatasetError
        Without a contact.
    DownloadError
        When the wiki can't be asked. What was gathered by then is in `path`, and the
        next call goes on from there.
    InvalidDataError
        When no title has a page, or `path` is there and is not a file of this kind.

    Notes
    -----
    Fifty titles a request, one request at a time, as
    https://www.mediawiki.org/wiki/API:Etiquette asks, and four more tries of
    each: after time-outs, the answers 429 and 5xx, and while the wiki's copies are
    behind. Pauses grow, and are what the wiki wants, up to five minutes. Texts of
    Wikipedia are under CC BY-SA.
    """
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.path.endswith("api.php"):
        raise ValueError(
            "url is that of a wiki's api.php, such as "
            f"https://en.wikipedia.org/w/api.php; got {split_login(url)[0]!r}."
        )
    titles = _tidy(titles)
    contact = contact or os.environ.get("RECSYS_CONTACT", "")
    url, login = split_login(url)
    content, there = _gathered(path)
    left = [title for title in titles if title not in there]
    with retrying_session() as session:
        session.auth = login
        site = _site(session, url, contact)
        with progress_bar(len(left), "Asking Wikipedia", "page") as bar:
            for start in range(0, len(left), _TITLES_A_REQUEST):
                batch = left[start : start + _TITLES_A_REQUEST]
                pages = _ask(site, batch, url)
                there |= pages.keys()
                content += b"".join(
                    json.dumps([title, *page]).encode() + b"\n"
                    for title, page in pages.items()
                )
                if path is not None:
                    write_whole(path, content)
                bar.update(len(batch))
    missing = [title for title in titles if title not in there]
    if missing:
        warnings.warn(
            f"There is no page for {'; '.join(missing)}. Is it the title of the page, "
            'such as "Heat (1995 film)"?',
            stacklevel=2,
        )
    return _read(io.BytesIO(content), path or url)


def _tidy(titles: str | Iterable[str]) -> list[str]:
    """List each title once, as the wiki writes it, which names it so in its answer."""
    listed = [titles] if isinstance(titles, str) else list(titles)
    for row, title in enumerate(listed):
        if not isinstance(title, str):
            raise TypeError(
                f"A title is text, and the one in row {row} (from 0) is {title!r}. A "
                "column's gaps are left out by .dropna()."
            )
    plain = (" ".join(title.translate(_MARKS).split()) for title in listed)
    return list(dict.fromkeys(unicodedata.normalize("NFC", title) for title in plain))


def _gathered(path: str | Path | None) -> tuple[bytes, set[str]]:
    """Give the lines that earlier calls have written to a file, and their titles."""
    if path is None or not Path(path).exists():
        return b"", set()
    try:
        lines = [line for line in Path(path).read_bytes().splitlines() if line.strip()]
        titles = {_page(line)[0] for line in lines}
    except (OSError, ValueError) as error:
        raise InvalidDataError(
            f"{path} is no file of links, and stays as it is: {error}. Give another "
            "path to gather everything anew."
        ) from error
    return b"".join(line + b"\n" for line in lines), titles


def _site(session: Any, url: str, contact: str) -> Any:
    """Introduce the reader to the wiki, as its policy on user agents asks."""
    is_address = "@" in contact or "://" in contact
    if not (is_address and contact.isascii() and contact.isprintable()):
        raise DatasetError(
            "Wikipedia wants to know who asks, and blocks those who don't say it. Give "
            'an address at which you can be reached, contact="ann@example.org" or a '
            "web page, or put it into the environment variable RECSYS_CONTACT."
        )
    mwclient = require("mwclient", "wikipedia")
    session.headers["User-Agent"] = (
        f"recsys_helpers/{__version__} ({contact}) mwclient/{mwclient.__version__}"
    )
    address = urlsplit(url)
    return mwclient.Site(
        address.netloc,
        path=address.path.removesuffix("api.php"),
        scheme=address.scheme,
        pool=session,
        max_retries=N_RETRIES,  # while the wiki's copies are behind
        connection_options={"timeout": TIMEOUT},
        do_init=False,
    )


def _ask(site: Any, titles: list[str], url: str) -> dict[str, tuple[dict, list[str]]]:
    """Give infobox and links of each title that leads to a page."""
    import requests
    from mwclient.errors import InvalidResponse, MaximumRetriesExceeded, MwClientError

    question = {
        "prop": "links",
        "titles": "|".join(title for title in titles if "|" not in title),
        "redirects": 1,
        "plnamespace": 0,
        "pllimit": "max",
        "formatversion": 2,
        "maxlag": 5,  # be sent away while the wiki's copies are 5 seconds behind
        "retry_on_error": False,  # the session does
    }
    links: dict[str, dict[str, None]] = {}
    leads_to: dict[str, str] = {}
    go_on: dict[str, str] | None = {}
    try:
        while go_on is not None:
            # Not `get`: fifty titles can be longer than an address may be.
            answer = site.post("query", **question, **go_on)
            query = answer["query"]
            for step in query.get("normalized", []) + query.get("redirects", []):
                leads_to[step["from"]] = step["to"]
            for page in query.get("pages", []):
                if "pageid" in page:
                    names = [link["title"] for link in page.get("links", [])]
                    links.setdefault(page["title"], {}).update(dict.fromkeys(names))
            go_on = answer.get("continue")
    except MaximumRetriesExceeded as error:
        reason = "its copies are behind, and it sends everybody away"
        raise DownloadError(_NOT_ASKED.format(url=url, reason=reason)) from error
    except InvalidResponse as error:
        reason = (
            "it gave no data. A network that wants you to log in does this: open the "
            "address in a browser"
        )
        raise DownloadError(_NOT_ASKED.format(url=url, reason=reason)) from error
    except (
        *(requests.RequestException, MwClientError),
        *(KeyError, TypeError, AttributeError),  # an answer of another kind
    ) as error:
        is_network = isinstance(error, requests.RequestException)
        reason = innermost(error) if is_network else f"{type(error).__name__}: {error}"
        reason += ". Is the contact yours? 403 is for those that it does not trust"
        raise DownloadError(_NOT_ASKED.format(url=url, reason=reason)) from error
    found = {}
    for title in titles:
        page = title
        for _ in leads_to:  # as many steps as there can be
            page = leads_to.get(page, page)
        if page in links:
            found[title] = ({} if page == title else {"page": page}, list(links[page]))
    return found


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix != ".zip":
        return path.open("rb")
    archive = zipfile.ZipFile(path)
    # A Mac puts a "__MACOSX/._name" beside each name.
    names = [name for name in archive.namelist() if name.endswith(".ndjson")]
    names = [name for name in names if not name.startswith("__MACOSX")]
    if len(names) != 1:
        raise InvalidDataError(
            f"{path} holds {len(names)} files that end in .ndjson, and one is wanted. "
            "Unpack it, and give the path of the file that you mean."
        )
    return archive.open(names[0])


def _read(lines: IO[bytes], source: str | Path) -> Films:
    counts = {
        "n_lines": 0,
        "n_malformed": 0,
        "n_repeated_titles": 0,
        "n_repeated_links": 0,
        "n_blank_links": 0,
        "n_without_links": 0,
    }
    films: dict[str, tuple] = {}
    names: list[str] = []
    owners: list[int] = []
    first_problem = ""
    with progress_bar(None, "Reading pages", "page") as bar:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            film_id = counts["n_lines"]
            counts["n_lines"] += 1
            bar.update(1)
            try:
                title, infobox, links, scores = _page(line)
            except ValueError as error:
                if not line.endswith(b"\n"):
                    raise InvalidDataError(
                        f"{source} ends in the middle of line {number}: it was cut "
                        "short. Get it again."
                    ) from error
                counts["n_malformed"] += 1
                first_problem = first_problem or f"line {number}: {error}"
                continue
            if title in films:
                counts["n_repeated_titles"] += 1
                continue
            films[title] = (film_id, title, *_numbers(scores), infobox)
            filled = [name for name in links if name]
            distinct = list(dict.fromkeys(filled))
            counts["n_blank_links"] += len(links) - len(filled)
            counts["n_repeated_links"] += len(filled) - len(distinct)
            counts["n_without_links"] += not distinct
            names += distinct
            owners += [film_id] * len(distinct)
    if counts["n_malformed"] > _LARGEST_MALFORMED_SHARE * counts["n_lines"]:
        raise InvalidDataError(
            f"{counts['n_malformed']:,} of {counts['n_lines']:,} lines of {source} are "
            f"malformed; {first_problem}. Each line must be a JSON list: title, "
            "infobox, links. Is it the right file?"
        )
    tables = _film_table(list(films.values())), _link_table(owners, names)
    return Films("wikipedia", *tables, counts, str(source))


def _page(line: bytes) -> tuple[str, dict, list[str], list]:
    """Read title, infobox, links and scores from a line, or raise a ValueError."""
    try:
        parts = json.loads(line.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    match parts:
        case [str(title), dict(infobox), list(links), *scores]:
            if title.strip() and all(isinstance(name, str) for name in links):
                "".join([title, *links]).encode()  # raises for half a character
                names = [name.strip() for name in links]
                return title.strip(), infobox, names, scores
    raise ValueError("it is not a list of a title, an infobox and links")


def _numbers(scores: list) -> tuple[int | None, float | None]:
    """Read "96%" and "8.0/10", None for what is neither."""
    texts = [score if isinstance(score, str) else "" for score in scores] + ["", ""]
    percent, of_ten = _PERCENT.fullmatch(texts[0]), _OF_TEN.fullmatch(texts[1])
    return int(percent[1]) if percent else None, float(of_ten[1]) if of_ten else None


def _film_table(films: list[tuple]) -> pd.DataFrame:
    columns = ["film_id", "title", "tomato_meter", "tomato_rating", "infobox"]
    table = pd.DataFrame(films, columns=columns)
    table.insert(2, "year", pd.array(table["title"].map(year_of), dtype="Int16"))
    dtypes = {"film_id": "int32", "tomato_meter": "Int16", "tomato_rating": "float64"}
    return table.astype(dtypes)


def _link_table(owners: list[int], names: list[str]) -> pd.DataFrame:
    table = pd.DataFrame({"film_id": owners, "kind": "page", "name": names})
    table = table.astype({"film_id": "int32", "name": "str"})
    is_category = table["name"].str.startswith("Category:")
    kinds = table["kind"].mask(is_category, "category")
    table["kind"] = pd.Categorical(kinds, categories=["page", "category"])
    return table
