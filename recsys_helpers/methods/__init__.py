"""The course's methods, one module each.

Every method object follows one small protocol, as far as it can:

- ``fit(train) -> self`` learns from a ratings frame;
- ``predict(user_ids, movie_ids)`` gives ratings in stars;
- ``recommend(user_id, n=10, exclude_seen=True)`` gives a DataFrame with `movie_id`
  and `score`, best first; where the score is a predicted rating it is not clipped to 5
  stars, or the best movies would be ties;
- ``movie_vectors()`` gives a `recsys_helpers.vectors.MovieVectors`.

What is learned is kept in attributes that end in an underscore: `interactions_` are all
training ratings, what has been seen and what can be recommended.

All raise the same errors. `fit`: TypeError or ValueError if the ratings cannot be (see
`check_ratings_frame`), ValueError if a setting is out of its range, and ImportError if
a library is missing. The others: `NotFittedError` before `fit`, ValueError for an n
below 1 or ids that are no whole numbers. Where a method cannot do without training
ratings of a user or movie, there is an UnknownIdError. The methods say only what is
special.

`recsys_helpers.testing` holds what all of them promise, as tests that a method of your
own can inherit; what it can inherit from the others is here.
"""

from recsys_helpers.methods._base import (
    FactorLists,
    HasVectors,
    NotFittedError,
    ScoresMovies,
    ScoresNewUsers,
    as_stars,
    check_ratings_frame,
    checked_pairs,
    early_stopping,
    popular_where_silent,
    require_fitted,
)

__all__ = [
    "FactorLists",
    "HasVectors",
    "NotFittedError",
    "ScoresMovies",
    "ScoresNewUsers",
    "as_stars",
    "check_ratings_frame",
    "checked_pairs",
    "early_stopping",
    "popular_where_silent",
    "require_fitted",
]
