"""Which motif and which palettes the posters of a genre have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recsys_helpers.cards import main_genre
from recsys_helpers.poster_canvas import PALETTES, Canvas
from recsys_helpers.poster_faces import animation, comedy, drama, horror, romance
from recsys_helpers.poster_places import (
    adventure,
    crime,
    fantasy,
    science_fiction,
    war,
    western,
)
from recsys_helpers.poster_things import action, documentary, musical, reel

# The genres of the retrieval task: their motifs differ the most.
POSTER_GENRES = (
    "Action",
    "Animation",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Horror",
    "Musical",
    "Romance",
    "Sci-Fi",
    "War",
    "Western",
)
# Genres that are drawn as another one.
_DRAWN_AS = {
    "Film-Noir": "Crime",
    "Mystery": "Crime",
    "Thriller": "Crime",
    "Children": "Animation",
}
MOTIFS: dict[str, Callable[[Canvas], None]] = {
    "Action": action,
    "Adventure": adventure,
    "Animation": animation,
    "Comedy": comedy,
    "Crime": crime,
    "Documentary": documentary,
    "Drama": drama,
    "Fantasy": fantasy,
    "Horror": horror,
    "Musical": musical,
    "Romance": romance,
    "Sci-Fi": science_fiction,
    "War": war,
    "Western": western,
    "": reel,
}
# Palettes in which a genre's motif would look out of place. Each genre keeps seven of
# the ten, so that a palette says little about the genre.
_UNFIT = {
    "Action": {"moss", "rose", "sea"},
    "Adventure": {"blood", "rose", "ash"},
    "Animation": {"blood", "ash", "moss"},
    "Comedy": {"blood", "night", "moss"},
    "Crime": {"rose", "sun", "sea"},
    "Documentary": {"blood", "plum", "night"},
    "Drama": {"blood", "sun", "sea"},
    "Fantasy": {"moss", "ash", "paper"},
    "Horror": {"rose", "sun", "paper"},
    "Musical": {"moss", "ash", "desert"},
    "Romance": {"moss", "ash", "night"},
    "Sci-Fi": {"rose", "sun", "paper"},
    "War": {"rose", "sun", "plum"},
    "Western": {"rose", "sea", "plum"},
    "": {"blood", "rose", "sun"},
}
PALETTES_OF = {
    genre: tuple(name for name in PALETTES if name not in unfit)
    for genre, unfit in _UNFIT.items()
}


def poster_genre(genres: Sequence[str]) -> str:
    """Genre whose motif a film gets; "" if it has none of those that have one.

    The one that says the most, see `recsys_helpers.cards.main_genre`.

    Examples
    --------
    >>> poster_genre(("Adventure", "Animation", "Children"))
    'Animation'
    >>> poster_genre(("Film-Noir", "Mystery"))
    'Crime'
    >>> poster_genre(())
    ''
    """
    genre = main_genre(genres)
    return _DRAWN_AS.get(genre, genre)
