"""Find the movies of MovieLens among films from elsewhere.

By IMDb id where the edition has those, and otherwise by title and year. MovieLens
writes "Kill Bill: Vol. 1 (2003)" and "Das Boot (The Boat) (1981)", others write "Kill
Bill: Volume 1" and "Das Boot". Each rule says what it takes for the same,
the strictest goes first, and every pair says which rule found it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_helpers.datasets.ratings_files import require_columns
from recsys_helpers.interactions import integer_ids
from recsys_helpers.titles import names_in, without_article

Names = list[str]
Keys = Callable[[Names], Names]
Candidates = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]

_ROMAN = ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_SPELLINGS = {
    **{roman: str(number) for number, roman in enumerate(_ROMAN, start=2)},
    "two": "2",
    "three": "3",
    "vol": "volume",
    "doctor": "dr",
    "colour": "color",
    "colours": "colors",
}
# "Borat: Cultural Learnings ...", "Dr. Strangelove or: How I ...", "Che - Part One".
_BETWEEN_PARTS = re.compile(r",?(?: or)?:\s+|\s+[-\u2013\u2014]\s+")
# "Jet Li's Fearless" is "Fearless". "Jupiter's Wife" is not "The Wife".
_WHOSE = re.compile(r".+?(?:'s|s') (.+)")


@dataclass(frozen=True)
class FilmMatches:
    """Which movie of MovieLens is which film, and what was not found.

    Parameters
    ----------
    pairs : pandas.DataFrame, one row a matched movie
        ``movie_id, film_id`` (as they came), ``rule`` (str, see `match_films`),
        ``years_apart`` (nullable Int16), by movie id. No movie and no film twice.
    unmatched : pandas.DataFrame, one row a movie without a film
        ``movie_id, title, year, n_ratings`` (0 where no ratings are given), ``why``;
        the most rated first.
    summary : pandas.Series of float
        Number of pairs by rule, then ``share of movies`` and ``share of ratings``
        (from 0 to 1; NaN where no ratings are given).
    """

    pairs: pd.DataFrame
    unmatched: pd.DataFrame
    summary: pd.Series


def match_films(
    movies: pd.DataFrame,
    films: pd.DataFrame,
    *,
    links: pd.DataFrame | None = None,
    ratings: pd.DataFrame | None = None,
) -> FilmMatches:
    """Find each movie's film.

    Parameters
    ----------
    movies : pandas.DataFrame
        ``movie_id, title, year``, as :func:`~recsys_helpers.datasets.load_movielens`
        has them.
    films : pandas.DataFrame
        ``film_id, title, year``, and ``imdb_id`` and ``n_reviews`` if there are.
    links : pandas.DataFrame, optional
        ``movie_id, imdb_id`` of the edition. If the films have those ids too, a movie
        that has one is matched by it, and by nothing else.
    ratings : pandas.DataFrame, optional
        ``movie_id`` of each rating, to say what share of them is matched.

    Raises
    ------
    InvalidDataError
        For a missing column.
    ValueError
        If a movie's id is not a whole number.

    Notes
    -----
    The rules, in the order they are tried, and what has to be the same:

    - "imdb id": the IMDb id;
    - "title": the main title, years at most 1 apart;
    - "other title": one of all their titles, years at most 1 apart;
    - "spelling": all but articles, II and 2, Vol. and Volume; the year;
    - "part": the whole title of one and a part of the other's; the year;
    - "two years": the main title of more than one word, years 2 apart;
    - "no year": the main title, which no other left has; there is no year to compare.

    A rule is tried on what the rules before it have left. Of all the pairs that it
    allows, the one with the nearest years is taken first, then the film with more
    critics' reviews, then the smaller ids; each movie and each film once. The rules
    "part" and "no year" take a pair only if neither side has another choice.

    Titles are compared by letters and digits alone, without case and accents, and
    with the article in front. "Star Wars: Episode IV - A New Hope" is the same with
    any dash.

    Examples
    --------
    >>> movies = pd.DataFrame(
    ...     {"movie_id": [50], "title": ["The Usual Suspects (1995)"], "year": [1995]}
    ... )
    >>> films = pd.DataFrame(
    ...     {"film_id": [7], "title": ["The Usual Suspects"], "year": [1995]}
    ... )
    >>> match_films(movies, films).pairs.iloc[0].to_dict()
    {'movie_id': 50, 'film_id': 7, 'rule': 'title', 'years_apart': 0}
    """
    movies_left, films_left = _prepared_movies(movies, links), _prepared_films(films)
    found = []
    for rule, candidates in RULES.items():
        pairs = _taken(rule, candidates(movies_left, films_left))
        found.append(pairs)
        done = movies_left["movie_id"].isin(pairs["movie_id"])
        if rule == "imdb id" and "imdb_id" in films:
            done |= movies_left["imdb_id"].notna()
        movies_left = movies_left[~done]
        films_left = films_left[~films_left["film_id"].isin(pairs["film_id"])]
    pairs = pd.concat(found).sort_values("movie_id", ignore_index=True)
    rated = [] if ratings is None else ratings["movie_id"]
    counts = pd.Series(integer_ids(rated, "movie_id")).value_counts()
    of_movies = pd.Series(integer_ids(movies["movie_id"], "movie_id"), movies.index)
    n_ratings = of_movies.map(counts).fillna(0).astype("int64")
    lost = movies[["movie_id", "title", "year"]].assign(n_ratings=n_ratings)
    lost = lost[~lost["movie_id"].isin(pairs["movie_id"])]
    lost = lost.sort_values("n_ratings", ascending=False, kind="stable")
    lost = lost.assign(why=_reasons(lost, movies_left, films))
    return FilmMatches(
        pairs, lost.reset_index(drop=True), _summary(pairs, lost, n_ratings)
    )


# What of a movie's titles has to be the same. Each function takes all that a movie is
# called, as `recsys_helpers.titles.names_in` gives it, and returns keys to compare.


def _whole_title(names: Names) -> Names:
    """Letters of the main title."""
    return [_letters(names[0])]


def _whole_of_words(names: Names) -> Names:
    """Letters of the main title, if it has more than one word."""
    return [_letters(names[0])] if len(_words(without_article(names[0]))) > 1 else []


def _any_title(names: Names) -> Names:
    """Letters of each title."""
    return [_letters(name) for name in names]


def _spelt_alike(names: Names) -> Names:
    """Letters of each title, with numbers and some words spelt in one way."""
    return [
        "".join(_SPELLINGS.get(word, word) for word in _words(name)) for name in names
    ]


def _without_articles(names: Names) -> Names:
    """Letters of each title, spelt alike, without the article in front."""
    return _spelt_alike([without_article(name) for name in names])


def _parts(names: Names) -> Names:
    """Letters of what stands between the colons or dashes, or behind "somebody's"."""
    found = _BETWEEN_PARTS.split(names[0])
    whose = _WHOSE.fullmatch(names[0])
    return _spelt_alike(found[len(found) == 1 :] + ([whose[1]] if whose else []))


def _words(name: str) -> Names:
    return re.findall(r"[^\W_]+", name.replace("&", " and ")) or [name]


def _letters(name: str) -> str:
    return "".join(_words(name))


def _prepared_movies(movies: pd.DataFrame, links: pd.DataFrame | None) -> pd.DataFrame:
    require_columns(list(movies.columns), ("movie_id", "title", "year"), "movies")
    prepared = movies[["movie_id", "year"]].assign(names=movies["title"].map(names_in))
    if links is None:
        return prepared.assign(imdb_id=None)
    require_columns(list(links.columns), ("movie_id", "imdb_id"), "links")
    return prepared.merge(links[["movie_id", "imdb_id"]], on="movie_id", how="left")


def _prepared_films(films: pd.DataFrame) -> pd.DataFrame:
    require_columns(list(films.columns), ("film_id", "title", "year"), "films")
    prepared = films[["film_id", "year"]].assign(names=films["title"].map(names_in))
    for name, default in (("imdb_id", None), ("n_reviews", 0)):
        prepared[name] = films.get(name, default)
    return prepared


def _candidates(
    movies: pd.DataFrame, films: pd.DataFrame, keys: Keys, film_keys: Keys | None = None
) -> pd.DataFrame:
    """Pair each movie with the films that share a key, a row a pair."""
    sides = [
        side.assign(key=side["names"].map(of)).explode("key").dropna(subset="key")
        for side, of in ((movies, keys), (films, film_keys or keys))
    ]
    return _with_gap(sides[0].merge(sides[1], on="key", suffixes=("", "_of_film")))


def _with_gap(pairs: pd.DataFrame) -> pd.DataFrame:
    apart = (
        pairs["year"].astype("Int16") - pairs["year_of_film"].astype("Int16")
    ).abs()
    pairs = pairs.assign(years_apart=apart)
    columns = ["movie_id", "film_id", "years_apart", "n_reviews"]
    return pairs[columns].drop_duplicates()


def _near(candidates: pd.DataFrame, years: int) -> pd.DataFrame:
    return candidates[(candidates["years_apart"] <= years).fillna(False)]


def _without_choice(candidates: pd.DataFrame) -> pd.DataFrame:
    once = [
        ~candidates[name].duplicated(keep=False) for name in ("movie_id", "film_id")
    ]
    return candidates[once[0] & once[1]]


def _by_imdb_id(movies: pd.DataFrame, films: pd.DataFrame) -> pd.DataFrame:
    pairs = movies.dropna(subset="imdb_id").merge(
        films.dropna(subset="imdb_id"), on="imdb_id", suffixes=("", "_of_film")
    )
    return _with_gap(pairs)


def _by_part(movies: pd.DataFrame, films: pd.DataFrame) -> pd.DataFrame:
    of_films = _candidates(movies, films, _spelt_alike, _parts)
    of_movies = _candidates(movies, films, _parts, _spelt_alike)
    either = pd.concat([of_films, of_movies]).drop_duplicates()
    return _without_choice(_near(either, 0))


def _by_title_alone(movies: pd.DataFrame, films: pd.DataFrame) -> pd.DataFrame:
    alone = _without_choice(_candidates(movies, films, _whole_title))
    return alone[alone["years_apart"].isna()]


def _by_title(keys: Keys, years: int) -> Candidates:
    return lambda movies, films: _near(_candidates(movies, films, keys), years)


# In the order they are tried.
RULES: dict[str, Candidates] = {
    "imdb id": _by_imdb_id,
    "title": _by_title(_whole_title, years=1),
    "other title": _by_title(_any_title, years=1),
    "spelling": _by_title(_without_articles, years=0),
    "part": _by_part,
    "two years": _by_title(_whole_of_words, years=2),
    "no year": _by_title_alone,
}


def _taken(rule: str, candidates: pd.DataFrame) -> pd.DataFrame:
    """Take the best pair, and the next best of what it leaves, until none is left."""
    order = candidates.assign(fewest=-candidates["n_reviews"].fillna(0)).sort_values(
        ["years_apart", "fewest", "movie_id", "film_id"]
    )
    movies, films, rows = set(), set(), []
    for row, movie, film in zip(
        range(len(order)), order["movie_id"], order["film_id"], strict=True
    ):
        if movie not in movies and film not in films:
            movies.add(movie)
            films.add(film)
            rows.append(row)
    taken = order.iloc[rows][["movie_id", "film_id", "years_apart"]].assign(rule=rule)
    return taken[["movie_id", "film_id", "rule", "years_apart"]]


def _reasons(
    lost: pd.DataFrame, movies_left: pd.DataFrame, films: pd.DataFrame
) -> pd.Series:
    """Say why each movie has no film: its year, its id, or its title."""
    first, last = films["year"].min(), films["year"].max()
    year = lost["year"].astype("Float64")
    titles = _candidates(movies_left, _prepared_films(films), _any_title)["movie_id"]
    reasons = {
        "its IMDb id is not among the films": ~lost.movie_id.isin(movies_left.movie_id),
        "it has no year": year.isna(),
        f"older than the films ({first} to {last})": (year < first).fillna(False),
        f"newer than the films ({first} to {last})": (year > last).fillna(False),
        "its title has other years": lost["movie_id"].isin(titles),
    }
    text = np.select(
        [reason.to_numpy(dtype=bool) for reason in reasons.values()],
        list(reasons),
        "no film has its title",
    )
    return pd.Series(text, lost.index)


def _summary(
    pairs: pd.DataFrame, lost: pd.DataFrame, n_ratings: pd.Series
) -> pd.Series:
    by_rule = pairs["rule"].value_counts().reindex(list(RULES), fill_value=0)
    n_movies, total = len(n_ratings), n_ratings.sum()
    shares = {
        "share of movies": len(pairs) / n_movies if n_movies else np.nan,
        "share of ratings": 1 - lost["n_ratings"].sum() / total if total else np.nan,
    }
    return pd.concat([by_rule, pd.Series(shares)]).astype("float64")
