"""Ratings of a person who was not there when the method learned."""

from collections.abc import Mapping, Sequence

import pandas as pd

from recsys_helpers.methods import HIGHEST_RATING, LOWEST_RATING

NewRatings = pd.DataFrame | Mapping[str, Sequence[float]]


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
        If a column is missing, there are no rows, a rating is NaN or not within 0.5
        to 5, or a movie comes twice.
    """
    columns = ["movie_id", "rating"]
    is_table = isinstance(ratings, pd.DataFrame | Mapping)
    if not is_table or not set(columns) <= set(ratings):
        raise ValueError(
            "A new user's ratings are a DataFrame or a dict with the columns movie_id "
            'and rating, for example {"movie_id": [1, 50], "rating": [5.0, 4.5]}.'
        )
    ratings = pd.DataFrame(ratings)[columns]
    if ratings.empty:
        raise ValueError("The new user has no ratings; at least one is needed.")
    outside = ratings[~ratings["rating"].between(LOWEST_RATING, HIGHEST_RATING)]
    if len(outside):
        row = outside.iloc[0]
        raise ValueError(
            f"The new user's rating of movie {row['movie_id']:.0f} is {row['rating']}; "
            f"ratings are {LOWEST_RATING} to {HIGHEST_RATING} stars."
        )
    repeated = ratings.loc[ratings.duplicated("movie_id"), "movie_id"]
    if len(repeated):
        raise ValueError(
            f"The new user rated movie {repeated.iloc[0]} more than once. Keep one of "
            "the ratings."
        )
    return ratings
