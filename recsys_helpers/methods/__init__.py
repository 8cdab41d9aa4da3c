"""The course's methods, one module each.

Every method object follows one small protocol, as far as it can:

- ``fit(train) -> self`` learns from a ratings frame;
- ``predict(user_ids, movie_ids)`` gives ratings in stars;
- ``recommend(user_id, n=10, exclude_seen=True)`` gives a DataFrame with `movie_id`
  and `score`, best first;
- ``movie_vectors()`` gives a `recsys_helpers.vectors.MovieVectors`.

What is learned is kept in attributes that end in an underscore.
`tests/test_method_contract.py` holds what all of them promise.
"""


class NotFittedError(RuntimeError):
    """A method was asked for an answer before it has learned anything."""


def require_fitted(model: object, learned: str) -> None:
    """Raise `NotFittedError` unless the attribute `learned` has been set by fit."""
    if not hasattr(model, learned):
        name = type(model).__name__
        raise NotFittedError(
            f"This {name} has not learned anything yet. Call fit(train) first: "
            f"model = {name}().fit(split.train)"
        )
