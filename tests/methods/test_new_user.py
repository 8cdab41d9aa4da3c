"""What a new user brings is checked; `test_als.py` has what is refused."""

import pandas as pd
import pytest

from recsys_helpers.methods._base import checked_new_ratings


def test_the_ratings_of_a_new_user_come_back_as_they_are():
    rated = pd.DataFrame({"movie_id": [50, 1], "rating": [0.5, 5.0]})
    with_more = rated.assign(title=["Fifty", "One"])
    pd.testing.assert_frame_equal(checked_new_ratings(with_more), rated)


@pytest.mark.parametrize(
    ("ratings", "named"),
    [
        ({"movie_id": ["1"], "rating": [9]}, "movie_id"),
        ({"movie_id": [1.5], "rating": [4]}, "movie_id"),
        ({"movie_id": [1], "rating": ["5"]}, "ratings"),
        ({"movie_id": [1, 2**53 + 1], "rating": [4, 9]}, f"{2**53 + 1}.*9"),
        ({"movie_id": 1, "rating": 5}, "movie_id"),
        ({"movie_id": [1, 2], "rating": [5]}, "movie_id"),
        ({"movie_id": {1}, "rating": {5}}, "movie_id"),
    ],
)
def test_what_is_wrong_with_the_ratings_of_a_new_user_is_named(ratings, named):
    with pytest.raises(ValueError, match=named):
        checked_new_ratings(ratings)
