"""What a notebook and the site show: strips of posters, and tables.

Both are HTML where there is a browser and plain text where there is none. All text
from outside is escaped, and nothing is loaded but the posters themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Integral, Real
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from recsys_helpers.display._style import NO_FORMULAS, STRIP_STYLE, TABLE_STYLE
from recsys_helpers.display.cards import GENRE_STYLES, drawn_card, main_genre
from recsys_helpers.interactions import integer_ids
from recsys_helpers.results import (
    METHOD_NAMES,
    published_results,
    where_measured,
)
from recsys_helpers.titles import spoken_title, year_of

__all__ = [
    "METHOD_NAMES",
    "NO_FORMULAS",
    "TABLE_STYLE",
    "Shown",
    "movie_table",
    "one_line",
    "poster_strip",
    "published_results",
    "published_table",
]

POSTER_WIDTH, POSTER_HEIGHT = 140, 210
MISSING = "-"
_LINE_ENDS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
# Control characters, halves of characters, and what turns around the rest of a line.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Shown:
    """Something to look at: HTML in a notebook, text elsewhere."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def poster_strip(
    movies: pd.DataFrame,
    *,
    caption: str | None = None,
    poster_urls: Mapping[int, str] | Sequence[str | None] | None = None,
    scores: Mapping[int, Any] | Sequence[Any] | None = None,
) -> Shown:
    """Show movies as a row of posters.

    A movie whose poster is missing, or does not load, gets a drawn card: its
    genre's colour and sign, with its title, year and genres. On a narrow screen the
    row scrolls inside itself.

    Parameters
    ----------
    movies : pandas.DataFrame
        Column title; movie_id, year and genres where there are such.
    caption : str, optional
        Stands above the row and names it for a screen reader.
    poster_urls : mapping of movie_id to str, or one for each row, optional
        Addresses that start with ``https://`` or ``data:image/``. Anything else
        (None, NaN, an empty text, ``"nan"``) is no poster.
    scores : mapping of movie_id to a number or text, or one for each row, optional
        Stand below the posters; numbers get three decimals. A pandas Series, here and
        above, goes by its index: that of `movies`, or else the ids of the movies.

    Raises
    ------
    ValueError
        If there is no column title, or another number of addresses or scores than
        of movies, or a mapping is given and there is no column movie_id, or a Series
        whose index is neither that of `movies` nor holds all their ids.

    Examples
    --------
    >>> movies = pd.DataFrame(
    ...     {"title": ["Toy Story (1995)"], "genres": [("Animation", "Comedy")]}
    ... )
    >>> poster_strip(movies, caption="Near Toy Story", scores=[0.5])
    Near Toy Story
     1. Toy Story (1995) · Animation, Comedy · 0.500
    """
    if "title" not in movies:
        raise ValueError("poster_strip() needs a column title in movies.")
    caption = one_line(caption) if caption else ""
    urls = _for_each(movies, poster_urls, "poster_urls")
    scores = _for_each(movies, scores, "scores")
    shown = [
        _Card.of(row, url, score)
        for row, url, score in zip(movies.to_dict("records"), urls, scores, strict=True)
    ]
    label = escape(caption or "Movies")
    heading = f'<p class="rh-caption">{escape(caption)}</p>' if caption else ""
    html = (
        f'<div class="rh-strip {NO_FORMULAS}"><style>{STRIP_STYLE}</style>{heading}'
        f'<div class="rh-scroll" role="group" tabindex="0" aria-label="{label}: '
        f'a row to scroll sideways"><ul role="list" aria-label="{label}">'
        f"{''.join(card.html() for card in shown)}</ul></div></div>"
    )
    lines = [f"{number:2}. {card.text()}" for number, card in enumerate(shown, 1)]
    return Shown(html, "\n".join([caption, *lines] if caption else lines))


def movie_table(
    frame: pd.DataFrame,
    *,
    caption: str | None = None,
    formats: Mapping[str, str | Callable[[Any], str]] | None = None,
    leaders: Mapping[str, Sequence[Any]] | None = None,
    note: str | None = None,
) -> Shown:
    """Show a frame as a table, without its index.

    Whole numbers get thousands separators (ids and years do not), other numbers
    three decimals, genres are joined by commas, and a missing value is a dash.

    Parameters
    ----------
    frame : pandas.DataFrame
    caption : str, optional
    formats : mapping of column to format, optional
        For other formats: ``".1%"`` as in an f-string, or a function that makes text
        of a value that is not missing.
    leaders : mapping of column to sequence, optional
        What the first column says in the rows to mark there: the first is bold, the
        others in italics. `recsys_helpers.comparison.leaders` gives such sequences.
    note : str, optional
        Stands after the caption, in smaller letters.

    Raises
    ------
    ValueError
        If `formats` or `leaders` names a column that is not there, or a format does not
        suit it.

    Examples
    --------
    >>> frame = pd.DataFrame({"title": ["Heat (1995)"], "share": [0.125]})
    >>> movie_table(frame, formats={"share": ".1%"})
    title        share
    Heat (1995)  12.5%
    """
    formats, leaders = dict(formats or {}), dict(leaders or {})
    for argument, names in (("formats", formats), ("leaders", leaders)):
        unknown = [name for name in names if name not in frame.columns]
        if unknown:
            raise ValueError(
                f"{argument} names {', '.join(map(repr, unknown))}, and the columns "
                f"are {', '.join(map(repr, frame.columns))}."
            )
    columns = [
        _Column.of(
            name,
            frame.iloc[:, position],
            formats.get(name),
            _marks(frame.iloc[:, 0], leaders.get(name, ())),
        )
        for position, name in enumerate(frame.columns)
    ]
    caption = one_line(caption) if caption else ""
    rows = list(zip(*(column.cells for column in columns), strict=True))
    label = escape(caption or "Table")
    note = one_line(note) if note else ""
    small = f" <small>{escape(note)}</small>" if note else ""
    heading = f"<caption><span>{escape(caption)}{small}</span></caption>"
    heading = heading if caption or note else ""
    head = "".join(column.head() for column in columns)
    body = "".join(
        f"<tr>{''.join(column.cell(row) for column in columns)}</tr>"
        for row in range(len(frame))
    )
    html = (
        f'<div class="rh-table {NO_FORMULAS}" role="group" tabindex="0" '
        f'aria-label="{label}">'
        f"<style>{TABLE_STYLE}</style><table>{heading}<thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    return Shown(html, _aligned(columns, rows, f"{caption} {note}".strip()))


def published_table(
    frame: pd.DataFrame | pd.Series,
    *names: str,
    caption: str,
    digits: int = 3,
    formats: Mapping[str, str | Callable[[Any], str]] | None = None,
    leaders: Mapping[str, Sequence[Any]] | None = None,
) -> Shown:
    """Show what results files say as a table whose caption says where it is from.

    Parameters
    ----------
    frame : DataFrame or Series
        Made of the results. Its index is shown, unless it only numbers the rows.
    *names : str
        Of the results files, for example ``"als_growth"``; at least one.
    caption : str
        What the table shows, without a full stop.
    digits : int
        Decimal places of numbers that are not whole.
    formats, leaders : mapping, optional
        As in `movie_table`; the first column is the index, if it is shown.

    Raises
    ------
    FileNotFoundError
        If there is no such results file.
    """
    frame = frame.to_frame() if isinstance(frame, pd.Series) else frame
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    usual = {
        column: f".{digits}f"
        for column in frame.columns
        if pd.api.types.is_float_dtype(frame[column])
    }
    files = "; ".join(where_measured(name) for name in names)
    formats = usual | dict(formats or {})
    return movie_table(
        frame,
        caption=f"{caption}.",
        formats=formats,
        leaders=leaders,
        note=f"Read from a file, not computed here: {files}.",
    )


def one_line(text: Any) -> str:
    r"""Leave out of a text what would break or turn around the line that it stands in.

    Examples
    --------
    >>> one_line("Heat\n(1995)\x1b")
    'Heat (1995)'
    """
    return _UNSEEN.sub("", _LINE_ENDS.sub(" ", str(text)))


@dataclass(frozen=True)
class _Card:
    title: str
    year: str
    genres: tuple[str, ...]
    url: str | None
    score: str

    @classmethod
    def of(cls, row: Mapping[str, Any], url: Any, score: Any) -> _Card:
        title = row["title"]
        title = title if isinstance(title, str) and title else "(title missing)"
        year, genres = row.get("year"), row.get("genres", ())
        if isinstance(genres, str):  # as in movies.csv
            genres = genres.split("|")
        elif pd.api.types.is_scalar(genres):
            genres = (genres,)
        return cls(
            title=one_line(spoken_title(title)),
            year=one_line(
                _formatted(year_of(title) if _is_missing(year) else year, ".0f", "")
            ),
            genres=tuple(map(one_line, _texts_of(genres))),
            url=_poster_url(url),
            score=one_line(_formatted(score, ".3f", "")),
        )

    @property
    def name(self) -> str:
        return f"{self.title} ({self.year})" if self.year else self.title

    def html(self) -> str:
        ground = GENRE_STYLES[main_genre(self.genres)].ground
        hidden = ' aria-hidden="true"' if self.url else ""
        score = f'<p class="rh-score">{escape(self.score)}</p>' if self.score else ""
        return (
            f'<li><div class="rh-poster" style="--rh-ground:{ground}">'
            f'<div class="rh-card"{hidden}>'
            f"{drawn_card(self.title, self.year, self.genres)}</div>"
            f"{self._image()}</div>{score}</li>"
        )

    def _image(self) -> str:
        if self.url is None:
            return ""
        # The theme frames and dims pictures in the dark, unless told "dark-light".
        return (
            f'<img class="dark-light" src="{escape(self.url)}" '
            f'alt="Poster of {escape(self.name)}" loading="lazy" '
            f'width="{POSTER_WIDTH}" height="{POSTER_HEIGHT}">'
        )

    def text(self) -> str:
        parts = [self.name, ", ".join(self.genres), self.score]
        return " · ".join(part for part in parts if part)


def _poster_url(url: Any) -> str | None:
    if not isinstance(url, str):
        return None
    if url.startswith("data:image/"):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme == "https" and parts.netloc else None


def _for_each(movies: pd.DataFrame, values: Any, name: str) -> list[Any]:
    """One value for each movie, None where there is none."""
    if values is None:
        return [None] * len(movies)
    if isinstance(values, pd.Series) and not values.index.equals(movies.index):
        values = _by_movie(movies, values, name)
    if isinstance(values, Mapping):
        if "movie_id" not in movies:
            raise ValueError(
                f"{name} goes by movie_id, and movies has no such column. Give one "
                "for each row instead."
            )
        if not any(movie in values for movie in movies["movie_id"]):
            integer_ids(list(values), f"A movie_id of {name}")  # text, say, of JSON
        return [values.get(movie) for movie in movies["movie_id"]]
    if len(values) != len(movies):
        raise ValueError(f"There are {len(movies)} movies and {len(values)} {name}.")
    return list(values)


def _by_movie(movies: pd.DataFrame, values: pd.Series, name: str) -> dict[Any, Any]:
    # By position, a row that was filtered out or sorted would shift all others.
    ids = movies.get("movie_id", pd.Series(pd.NA))
    if not values.index.is_unique or not ids.isin(values.index).all():
        raise ValueError(
            f"{name} is a Series whose index is neither that of movies nor their ids, "
            f"so it does not say which is whose. If the order is right, give "
            f"{name}.tolist(); otherwise set its index to the movie ids."
        )
    return values.to_dict()


@dataclass(frozen=True)
class _Column:
    """A column of a table, its values already written."""

    name: str
    cells: list[str]
    is_number: bool
    marks: list[str]  # a class for each cell, or nothing

    @classmethod
    def of(
        cls,
        name: Any,
        values: pd.Series,
        spec: str | Callable | None,
        marks: list[str],
    ) -> _Column:
        """Write the values: numbers by `spec`, or by what suits their kind."""
        kinds = pd.api.types
        is_number = kinds.is_numeric_dtype(values) and not kinds.is_bool_dtype(values)
        if spec is None and is_number:
            is_whole = kinds.is_integer_dtype(values)
            is_code = str(name) in ("id", "year") or str(name).endswith("_id")
            # A year with gaps is often kept as a float.
            spec = ".0f" if is_code else ",.0f" if is_whole else ".3f"
        try:
            cells = [one_line(_formatted(value, spec)) for value in values]
        except ValueError as error:
            raise ValueError(
                f"The column {name} cannot be written by its format: {error}."
            ) from error
        return cls(one_line(name), cells, is_number, marks)

    def head(self) -> str:
        return f'<th scope="col"{self._class()}>{escape(self.name)}</th>'

    def cell(self, row: int) -> str:
        return f"<td{self._class(self.marks[row])}>{escape(self.cells[row])}</td>"

    def _class(self, mark: str = "") -> str:
        classes = " ".join(filter(None, ["rh-number" * self.is_number, mark]))
        return f' class="{classes}"' if classes else ""


def _marks(names: pd.Series, leaders: Sequence[Any]) -> list[str]:
    best, level = leaders[:1], leaders[1:]
    return [
        "rh-best" if name in best else "rh-level" if name in level else ""
        for name in names
    ]


def _formatted(
    value: Any, spec: str | Callable[[Any], str] | None, missing: str = MISSING
) -> str:
    """Write a value by a format or a function; NaN and None as `missing`."""
    if _is_missing(value):
        return missing
    if callable(spec):
        return str(spec(value))
    if isinstance(value, (tuple, list, set, frozenset)):
        return ", ".join(_texts_of(value))
    if spec and isinstance(value, Real) and not isinstance(value, bool):
        if isinstance(value, Integral):
            # As a float, an id of 64 bits would become another.
            return format(int(value), re.sub(r"\.0f$", "d", spec))
        return format(float(value), spec)
    return str(value)


def _is_missing(value: Any) -> bool:
    """Say whether a value is None, NaN or NaT."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _texts_of(values: Iterable[Any]) -> tuple[str, ...]:
    """Turn values into texts, those of a set in a fixed order."""
    texts = (str(value) for value in values if not _is_missing(value))
    # A set has another order in every run.
    return tuple(sorted(texts) if isinstance(values, (set, frozenset)) else texts)


def _aligned(columns: list[_Column], rows: list, caption: str | None) -> str:
    """Write the table as plain text, numbers to the right."""
    widths = [max(map(len, [column.name, *column.cells])) for column in columns]
    lines = [
        "  ".join(
            text.rjust(width) if column.is_number else text.ljust(width)
            for column, text, width in zip(columns, row, widths, strict=True)
        ).rstrip()
        for row in [[column.name for column in columns], *rows]
    ]
    return "\n".join([caption, *lines] if caption else lines)
