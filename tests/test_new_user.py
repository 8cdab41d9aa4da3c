"""What a new user brings is checked; `test_als.py` has what is refused."""

import pandas as pd

from recsys_helpers.methods.new_user import checked_new_ratings


def test_the_ratings_of_a_new_user_come_back_as_they_are():
    rated = pd.DataFrame({"movie_id": [50, 1], "rating": [0.5, 5.0]})
    with_more = rated.assign(title=["Fifty", "One"])
    pd.testing.assert_frame_equal(checked_new_ratings(with_more), rated)
