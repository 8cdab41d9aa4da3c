"""What the live page shows where no JavaScript runs: one table, all text escaped."""

from __future__ import annotations

from html import escape
from typing import Any

from recsys_helpers.display_cells import one_line
from recsys_helpers.live.arrays import NOTHING
from recsys_helpers.live.catalogue import N_NEIGHBOURS, neighbour_lists
from recsys_helpers.live.methods import METHODS, LiveMethods
from recsys_helpers.styles import NO_FORMULAS, TABLE_STYLE
from recsys_helpers.titles import spoken_title

__all__ = ["N_SHOWN", "static_table"]

N_SHOWN = 12
CAPTION = "The ten films nearest to well-known ones, by five methods"


def static_table(methods: LiveMethods) -> str:
    """List the neighbours of the films with the most ratings.

    Returns
    -------
    str
        HTML: a table that scrolls inside itself, with a group of rows for each film.
    """
    names = [
        _name(title, year)
        for title, year in methods.movies[["title", "year"]].itertuples(index=False)
    ]
    lists = [
        neighbour_lists(methods.vectors[key], methods.movie_ids) for key in METHODS
    ]
    head = "".join(
        f'<th scope="col">{escape(about.name)}</th>' for about in METHODS.values()
    )
    groups = []
    for film in range(min(N_SHOWN, len(names))):
        rows = "".join(
            f'<tr><th scope="row">{rank + 1}</th>'
            + "".join(_cell(names, by_method[film, rank]) for by_method in lists)
            + "</tr>"
            for rank in range(N_NEIGHBOURS)
        )
        groups.append(
            f'<tbody><tr><th scope="rowgroup" colspan="{len(METHODS) + 1}">'
            f"{names[film]}</th></tr>{rows}</tbody>"
        )
    return (
        f'<div class="rh-table live-table {NO_FORMULAS}" role="group" tabindex="0" '
        f'aria-label="{CAPTION}"><style>{TABLE_STYLE}</style><table>'
        f'<caption>{CAPTION}</caption><thead><tr><th scope="col">Place</th>{head}</tr>'
        f"</thead>{''.join(groups)}</table></div>\n"
    )


def _name(title: str, year: Any) -> str:
    spoken = spoken_title(title)
    known = isinstance(year, int) or hasattr(year, "__index__")
    return escape(one_line(f"{spoken} ({int(year)})" if known else spoken))


def _cell(names: list[str], film: int) -> str:
    return f"<td>{'-' if film == NOTHING else names[film]}</td>"
