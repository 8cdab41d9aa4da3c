"""What a notebook and the site show: strips of posters, and tables.

Both are HTML where there is a browser and plain text where there is none. All text
from outside is escaped, and nothing is loaded but the posters themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from recsys_helpers.cards import GENRE_STYLES, drawn_card, main_genre
from recsys_helpers.display_cells import (
    Column,
    aligned,
    formatted,
    is_missing,
    one_line,
    texts_of,
)
from recsys_helpers.ids import integer_ids
from recsys_helpers.styles import NO_FORMULAS, STRIP_STYLE, TABLE_STYLE
from recsys_helpers.titles import without_year, year_of

POSTER_WIDTH, POSTER_HEIGHT = 140, 210


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

    Returns
    -------
    Shown
        Draws itself as the last line of a notebook's cell.

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

    Returns
    -------
    Shown
        Draws itself as the last line of a notebook's cell.

    Raises
    ------
    ValueError
        If `formats` names a column that is not there, or a format does not suit it.

    Examples
    --------
    >>> frame = pd.DataFrame({"title": ["Heat (1995)"], "share": [0.125]})
    >>> movie_table(frame, formats={"share": ".1%"})
    title        share
    Heat (1995)  12.5%
    """
    formats = dict(formats or {})
    unknown = [name for name in formats if name not in frame.columns]
    if unknown:
        raise ValueError(
            f"formats names {', '.join(map(repr, unknown))}, and the columns are "
            f"{', '.join(map(repr, frame.columns))}."
        )
    columns = [
        Column.of(name, frame.iloc[:, position], formats.get(name))
        for position, name in enumerate(frame.columns)
    ]
    caption = one_line(caption) if caption else ""
    rows = list(zip(*(column.cells for column in columns), strict=True))
    label = escape(caption or "Table")
    heading = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(column.head() for column in columns)
    body = "".join(
        f"<tr>{''.join(c.cell(text) for c, text in zip(columns, row, strict=True))}"
        "</tr>"
        for row in rows
    )
    html = (
        f'<div class="rh-table {NO_FORMULAS}" role="group" tabindex="0" '
        f'aria-label="{label}">'
        f"<style>{TABLE_STYLE}</style><table>{heading}<thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    return Shown(html, aligned(columns, rows, caption))


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
            title=one_line(without_year(title)),
            year=one_line(
                formatted(year_of(title) if is_missing(year) else year, ".0f", "")
            ),
            genres=tuple(map(one_line, texts_of(genres))),
            url=_poster_url(url),
            score=one_line(formatted(score, ".3f", "")),
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
