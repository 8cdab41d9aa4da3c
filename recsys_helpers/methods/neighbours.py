"""Neighbours: ask the users who are like you, or look at the movies like yours.

- `RatingNeighbours` predicts stars (question 1).
- `LikeNeighbours` makes lists (question 2), from likes alone.
- `ImplicitNeighbours` makes lists with the library `implicit`.

Each comes in two forms. *User-based*: who agrees with this user, and what do they say
about the movie? *Item-based*: which of the movies that this user knows are like this
one, and what did the user say about them?
"""

from recsys_helpers.methods.implicit_neighbours import ImplicitNeighbours
from recsys_helpers.methods.like_neighbours import LikeNeighbours
from recsys_helpers.methods.rating_neighbours import RatingNeighbours

__all__ = ["ImplicitNeighbours", "LikeNeighbours", "RatingNeighbours"]
