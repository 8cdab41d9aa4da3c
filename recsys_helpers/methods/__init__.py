"""methods."""

from recsys_helpers.methods._base import (
    as_stars,
    check_ratings_frame,
    checked_pairs,
    early_stopping,
    popular_where_silent,
    require_fitted,
    titled_vectors,
)

__all__ = [
    "as_stars",
    "check_ratings_frame",
    "checked_pairs",
    "early_stopping",
    "popular_where_silent",
    "require_fitted",
    "titled_vectors",
]
