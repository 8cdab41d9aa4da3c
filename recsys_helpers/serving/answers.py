"""What a recommender is told and what it answers with."""

from typing import NamedTuple

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
    """What a new user's ratings are turned into, as it was in training."""

    als_like: float
    als_confidence: float
    als_regularization: float
    ease_like: float
    ease_half_like: float
