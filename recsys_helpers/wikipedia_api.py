"""Ask a MediaWiki, such as Wikipedia, which pages a page links to; politely.

One request after the other, many titles in each, and who asks is named. A busy wiki is
left alone as long as it says. See https://www.mediawiki.org/wiki/API:Etiquette.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from recsys_helpers import __version__
from recsys_helpers.checks import as_list
from recsys_helpers.download import DownloadError, split_login
from recsys_helpers.retry_after import seconds_to_wait
from recsys_helpers.validation import DatasetError

if TYPE_CHECKING:
    import requests

__all__ = ["LinksOfPages", "links_of_pages", "listed_titles", "user_agent"]

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
