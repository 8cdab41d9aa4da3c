"""What a recommender is told and what it answers with."""

from typing import NamedTuple

from recsys_helpers.methods.als import Als
from recsys_helpers.methods.ease import Ease

__all__ = ["Counts", "Recommendations", "ScoredMovie", "Settings"]


class ScoredMovie(NamedTuple):
    """A line of an answer."""

    movie_id: int
    title: str
    score: float


class Recommendations(NamedTuple):
    """Movies, best first, and whether they come from likes or from popularity."""

    movies: list[ScoredMovie]
    based_on_likes: bool


class Counts(NamedTuple):
    """How much a model has learned from."""

    users: int
    movies: int
    ratings: int


class Settings(NamedTuple):
    """The two methods as they were set in training; neither is fitted."""

    als: Als
    ease: Ease
