"""Gather fresh links from Wikipedia, in the form of the corpus of the source text."""

from __future__ import annotations

import json
import os
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from recsys_helpers.progress import progress_bar
from recsys_helpers.validation import InvalidDataError
from recsys_helpers.wikipedia_api import LinksOfPages, links_of_pages, user_agent
from recsys_helpers.wikipedia_corpus import parse_page

__all__ = ["collect_wikipedia_links"]

_WIKIPEDIA = "https://en.wikipedia.org/w/api.php"
_MOST_TITLES = 50  # what the API takes from those who have not logged in
_LONGEST_ADDRESS = 4_000  # servers refuse addresses of about 8,000 characters
_LONGEST_TITLE = 255  # bytes, in any MediaWiki
_NEVER_IN_A_TITLE = set("#<>[]|{}")


def collect_wikipedia_links(
    titles: Iterable[str],
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
    titles : iterable of str
        Of pages, such as "Heat (1995 film)". Redirects are followed.
    path : str or pathlib.Path, optional
        A file for the answers, to be read by
        :func:`recsys_helpers.wikipedia_corpus.load_wikipedia_links`. Titles that are
        in it already are not asked about again, and stay.
    contact : str, optional
        Your e-mail address or web page, which Wikipedia wants to know; or the
        environment variable ``RECSYS_CONTACT``.
    url : str, optional
        The ``api.php`` of another wiki; or ``RECSYS_WIKIPEDIA_API``.
    n_retries, timeout, sleep
        See :func:`recsys_helpers.wikipedia_api.links_of_pages`.

    Returns
    -------
    LinksOfPages
        The links of each page, by the title that was asked for (superfluous spaces
        taken out), which titles have no page, and which can have none. With ``path``,
        what was in the file is there too.

    Raises
    ------
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
    titles = list(dict.fromkeys(_tidy(title) for title in titles))
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
    return unicodedata.normalize("NFC", " ".join(title.split()))


def _can_be_a_title(title: str) -> bool:
    if not title.isprintable() or _NEVER_IN_A_TITLE & set(title):
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
                    _take(line, f"{file}, line {number}", found)
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


def _take(line: bytes, where: str, found: LinksOfPages) -> None:
    try:
        page = parse_page(line)
    except ValueError as error:
        raise InvalidDataError(
            f"{where}: {error}. Is it a file of links? Give another path, and "
            "everything is gathered anew."
        ) from error
    found.links[page.title] = page.links
    found.pages[page.title] = page.infobox.get("page", page.title)
