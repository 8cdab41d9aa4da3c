"""What the live page knows of each film, and the films nearest to it.

`static_table` is what the page shows where no JavaScript runs.
"""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers.display import NO_FORMULAS, TABLE_STYLE, one_line
from recsys_helpers.display.cards import GENRE_STYLES, main_genre
from recsys_helpers.features.content import genre_flags
from recsys_helpers.live._arrays import NOTHING, packed
from recsys_helpers.live.methods import METHODS, LiveMethods
from recsys_helpers.titles import names_searched, spoken_title
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import nearest_rows

N_NEIGHBOURS = 10
# A film is well known if as many people like it: see `well_known`.
FEWEST_LIKES = 10
MOST_GENRES = 32
NO_GENRE = 255
MOST_RATINGS = 65_535
N_SHOWN = 12
CAPTION = "The ten films nearest to well-known ones, by five methods"


def catalogue_part(methods: LiveMethods) -> dict:
    """Tell titles, years and genres of the films, and how genres look."""
    movies = methods.movies
    names = genre_flags(methods.data.movies).columns.tolist()
    if len(names) > MOST_GENRES:
        raise ValueError(f"There are {len(names)} genres; {MOST_GENRES} have a bit.")
    main = movies["genres"].map(main_genre)
    counts = methods.data.ratings["movie_id"].value_counts().loc[methods.movie_ids]
    likes = likes_of(methods)
    return {
        "movieIds": packed(movies["movie_id"], "i32"),
        "titles": movies["title"].map(spoken_title).tolist(),
        "searched": movies["title"].map(other_names).tolist(),
        "years": packed(movies["year"].to_numpy(int, na_value=0), "u16"),
        "genreNames": names,
        "genres": packed(_genre_bits(movies, names), "u32"),
        "nRatings": packed(counts.clip(upper=MOST_RATINGS), "u16"),
        "nLikes": packed(likes.clip(max=MOST_RATINGS), "u16"),
        "mainGenre": packed(
            [names.index(genre) if genre else NO_GENRE for genre in main], "u8"
        ),
        "styles": {name: style._asdict() for name, style in GENRE_STYLES.items()},
    }


def other_names(title: str) -> str:
    """Names of a movie besides the spoken one, to find it by, with | between them.

    Examples
    --------
    >>> other_names("The City of Lost Children (La Cité des enfants perdus) (1995)")
    'la cite des enfants perdus'
    >>> other_names("Heat (1995)")
    ''
    """
    return "|".join(name.replace("|", " ") for name in names_searched(title)[1:])


def _genre_bits(movies: pd.DataFrame, names: list[str]) -> list[int]:
    bit_of = {name: 1 << bit for bit, name in enumerate(names)}
    return [sum(bit_of[name] for name in set(genres)) for genres in movies["genres"]]


def likes_of(methods: LiveMethods) -> NDArray[np.integer]:
    """Count the people who like each film, as ALS counts likes."""
    ratings, threshold = methods.data.ratings, methods.als.like_threshold
    liked = ratings if threshold is None else ratings[ratings["rating"] >= threshold]
    counts = liked["movie_id"].value_counts()
    return counts.reindex(methods.movie_ids, fill_value=0).to_numpy()


def well_known(methods: LiveMethods) -> NDArray[np.bool_]:
    """Mark the films that enough people like.

    The vector that ALS gives a film points where those of the people point who like it.
    If these are one or two, that can be next to any film, and its length, which would
    tell, is nothing to the cosine.
    """
    return likes_of(methods) >= FEWEST_LIKES


def neighbours_part(methods: LiveMethods) -> dict:
    """List the nearest films of each film, and the nearest well-known ones.

    A row has both, the nearest first: the page shows the first `n` of those it wants.
    """
    known = well_known(methods)
    lists = []
    for name in METHODS:
        near = neighbour_lists(methods.vectors[name], methods.movie_ids)
        of_known = neighbour_lists(
            methods.vectors[name], methods.movie_ids, among=known
        )
        # What is well known and not among the nearest is farther than all of these.
        further = [~np.isin(b, a) for a, b in zip(near, of_known, strict=True)]
        lists.append(np.hstack([near, np.where(further, of_known, NOTHING)]))
    return {
        "n": N_NEIGHBOURS,
        "fewestLikes": FEWEST_LIKES,
        "methods": [{"id": name, **about._asdict()} for name, about in METHODS.items()],
        "lists": packed(np.stack(lists), "u16"),
    }


def neighbour_lists(
    vectors: MovieVectors,
    movie_ids: NDArray[np.integer],
    n: int = N_NEIGHBOURS,
    *,
    among: NDArray[np.bool_] | None = None,
) -> NDArray[np.integer]:
    """Find the nearest films of each film, by cosine, of all or `among` some.

    They are positions in `movie_ids`, shape (n_films, n), the nearest first; `NOTHING`
    where there is no other film. A film that has no vector, or one of zeros, has no
    neighbours and is none.
    """
    positions, matrix = vectors_of_films(vectors, movie_ids)
    listed = np.ones(len(positions), bool) if among is None else among[positions]
    lists = np.full((len(movie_ids), n), NOTHING)
    itself = np.arange(listed.sum())[:, None]
    for of, exclude in ((listed, itself), (~listed, None)):
        if of.any():
            rows, _ = nearest_rows(matrix[of], matrix[listed], n, exclude=exclude)
            lists[positions[of], : rows.shape[1]] = positions[listed][rows]
    return lists


def vectors_of_films(
    vectors: MovieVectors, movie_ids: NDArray[np.integer]
) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
    """Give positions and vectors of those films that have one which is not zero."""
    row_of = pd.Series(np.arange(len(vectors)), index=vectors.movie_ids)
    rows = row_of.reindex(movie_ids).to_numpy()
    positions = np.flatnonzero(~np.isnan(rows))
    matrix = vectors.matrix[rows[positions].astype(np.intp)]
    with_vector = matrix.any(axis=1)
    return positions[with_vector], matrix[with_vector]


def static_table(methods: LiveMethods) -> str:
    """List the well-known neighbours of the films with the most ratings, as HTML.

    A table that scrolls inside itself, with a group of rows for each film; all text in
    it is escaped.
    """
    names = [
        _name(title, year)
        for title, year in methods.movies[["title", "year"]].itertuples(index=False)
    ]
    known = well_known(methods)
    lists = [
        neighbour_lists(methods.vectors[key], methods.movie_ids, among=known)
        for key in METHODS
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


def _name(title: str, year: int) -> str:
    spoken = spoken_title(title)
    return escape(one_line(spoken if pd.isna(year) else f"{spoken} ({year})"))


def _cell(names: list[str], film: int) -> str:
    return f"<td>{'-' if film == NOTHING else names[film]}</td>"
