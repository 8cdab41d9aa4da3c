"""Ratings of a person who was not there when the method learned."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pandas as pd

from recsys_helpers.ids import IdIndex, UnknownIdError, integer_ids
from recsys_helpers.interactions import Interactions
from recsys_helpers.methods import HIGHEST_RATING, LOWEST_RATING, first_outside

# A new user is in no ratings that a model has learned from, so any id will do.
NEW_USER = 0

NewRatings: TypeAlias = pd.DataFrame | Mapping[str, Sequence[float]]


def checked_new_ratings(ratings: NewRatings) -> pd.DataFrame:
    """Check the ratings of one new user, from whom a model is to learn a vector.

    Parameters
    ----------
    ratings : DataFrame with `movie_id` and `rating`, or a dict of these columns

    Returns
    -------
    DataFrame with `movie_id` and `rating`

    Raises
    ------
    ValueError
        If a column is missing or the columns are not lists of one length, there are
        no rows, a movie's id is not a whole number or comes twice, or a rating is no
        number, NaN or not within 0.5 to 5.
    """
    columns = ["movie_id", "rating"]
    is_table = isinstance(ratings, pd.DataFrame | Mapping)
    wanted = (
        "A new user's ratings are a DataFrame or a dict with the columns movie_id "
        'and rating, for example {"movie_id": [1, 50], "rating": [5.0, 4.5]}.'
    )
    if not is_table or not set(columns) <= set(ratings):
        raise ValueError(wanted)
    try:
        ratings = pd.DataFrame(ratings)[columns]
    except (TypeError, ValueError) as error:  # of scalars, sets, other lengths
        raise ValueError(wanted) from error
    if ratings.empty:
        raise ValueError("The new user has no ratings; at least one is needed.")
    integer_ids(ratings["movie_id"], "movie_id")
    row = first_outside(ratings["rating"])
    if row is not None:
        movie, rating = (ratings[column].iloc[row] for column in columns)
        raise ValueError(
            f"The new user's rating of movie {movie} is {rating}; ratings are "
            f"{LOWEST_RATING} to {HIGHEST_RATING} stars."
        )
    repeated = ratings.loc[ratings.duplicated("movie_id"), "movie_id"]
    if len(repeated):
        raise ValueError(
            f"The new user rated movie {repeated.iloc[0]} more than once. Keep one of "
            "the ratings."
        )
    return ratings


def of_known_movies(
    ratings: NewRatings, movies: IdIndex
) -> tuple[pd.DataFrame, Interactions]:
    """Check the ratings of one new user, for a model that knows rated movies only.

    Parameters
    ----------
    ratings
        As in `checked_new_ratings`.
    movies : IdIndex
        Those with training ratings.

    Returns
    -------
    ratings : DataFrame with `movie_id`, `rating` and `user_id`
        The last is `NEW_USER` everywhere.
    rated : Interactions
        Of one row, with all columns that the model knows.

    Raises
    ------
    UnknownIdError
        If a movie has no training rating.
    ValueError
        As in `checked_new_ratings`.
    """
    ratings = checked_new_ratings(ratings).assign(user_id=NEW_USER)
    unknown = ratings.loc[movies.find(ratings["movie_id"]) < 0, "movie_id"]
    if len(unknown):
        raise UnknownIdError(
            "Nothing is known of these movies, which nobody rated in the training "
            f"rows: {', '.join(map(str, unknown))}. Leave them out."
        )
    return ratings, Interactions.from_ratings(ratings, movies=movies)
