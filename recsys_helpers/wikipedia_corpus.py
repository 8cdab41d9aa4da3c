"""Pages of films on Wikipedia and what they link to: the corpus of the source text.

The file is called ``wp_movies_10k.ndjson``. Each line is a JSON list: the title of a
page, its infobox, the titles of the pages it links to and, in the original, two scores
from Rotten Tomatoes. It is read line by line. The text of Wikipedia is under CC BY-SA
and is not part of this course: bring the file, let it be downloaded, or gather links
yourself with :func:`recsys_helpers.wikipedia_links.collect_wikipedia_links`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

import pandas as pd

from recsys_helpers.films import Films
from recsys_helpers.progress import progress_bar
from recsys_helpers.titles import year_of
from recsys_helpers.validation import InvalidDataError
from recsys_helpers.wikipedia_file import find_or_fetch, opened_lines

__all__ = ["ORIGINAL_FIGURES", "load_wikipedia_links", "parse_page"]

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
