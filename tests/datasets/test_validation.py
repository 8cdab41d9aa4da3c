"""Ratings and movies that readers bring, right and wrong."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_helpers.datasets import (
    InvalidDataError,
    ratings_files,
    validate_movies,
    validate_ratings,
)


def ratings_with(**columns):
    return pd.DataFrame(
        {
            "user_id": [1, 1, 2],
            "movie_id": [10, 20, 10],
            "rating": [4.0, 0.5, 5.0],
            "timestamp": [3, 1, 2],
        }
        | columns
    )


def movies_with(**columns):
    return pd.DataFrame(
        {
            "movie_id": [10, 20],
            "title": ["Toy Story (1995)", "Null"],
            "genres": ["Adventure|Comedy", "(no genres listed)"],
        }
        | columns
    )


def test_good_ratings_come_back_with_the_courses_types():
    types = validate_ratings(ratings_with()).dtypes.astype(str).to_dict()
    assert types == {
        "user_id": "int32",
        "movie_id": "int32",
        "rating": "float64",
        "timestamp": "int64",
    }


def test_good_ratings_keep_their_values_order_and_index():
    ratings = ratings_with().set_axis([7, 3, 5])
    pd.testing.assert_frame_equal(
        validate_ratings(ratings), ratings, check_dtype=False, check_exact=True
    )


def test_grouplens_column_names_are_accepted():
    ratings = ratings_with().rename(columns={"user_id": "userId"})
    assert list(validate_ratings(ratings)["user_id"]) == [1, 1, 2]


def test_other_columns_are_left_out():
    assert "note" not in validate_ratings(ratings_with(note="x"))


def test_numbers_written_as_text_are_read():
    ratings = ratings_with(rating=["4.0", "0.5", "5"])
    assert list(validate_ratings(ratings)["rating"]) == [4.0, 0.5, 5.0]


def test_the_callers_frame_is_not_changed():
    ratings = ratings_with()
    validate_ratings(ratings)
    pd.testing.assert_frame_equal(ratings, ratings_with())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"rating": [4.0, 0.0, 5.0]}, r"iloc\[1\]: rating 0\.0 "),
        ({"rating": [4.0, 5.0, 5.5]}, r"iloc\[2\]: rating 5\.5 "),
        ({"rating": [4.2, 5.0, 5.0]}, r"iloc\[0\]: rating 4\.2 "),
        ({"rating": [4.0, np.nan, 5.0]}, r"iloc\[1\]: rating nan"),
        ({"rating": [4.0, np.inf, 5.0]}, r"iloc\[1\]: rating inf"),
        ({"rating": ["4", "good", "5"]}, r"iloc\[1\]: rating good"),
        ({"user_id": [1, 0, 2]}, r"iloc\[1\]: user_id 0"),
        ({"user_id": [1, 1.5, 2]}, r"iloc\[1\]: user_id 1\.5"),
        ({"movie_id": [1, 2, -3]}, r"iloc\[2\]: movie_id -3"),
        ({"movie_id": [1, 2, 2**31]}, r"iloc\[2\]: movie_id 2147483648"),
        ({"timestamp": [1, 2, 0.5]}, r"iloc\[2\]: timestamp 0\.5"),
        ({"timestamp": [1, -2, 3]}, r"iloc\[1\]: timestamp -2"),
        ({"timestamp": [1, 1e30, 3]}, r"iloc\[1\]: timestamp 1e\+30"),
        ({"timestamp": [1, np.inf, 3]}, r"iloc\[1\]: timestamp inf"),
        (
            {"timestamp": np.array([1, 2**63, 3], dtype=np.uint64)},
            r"iloc\[1\]: timestamp 9223372036854775808",
        ),
        # Milliseconds.
        ({"timestamp": [964982703000, 2, 3]}, r"iloc\[0\]: timestamp 964982703000"),
        # Arabic digits, which int() would take.
        ({"movie_id": ["٢٣", "20", "10"]}, r"iloc\[0\]: movie_id ٢٣"),
    ],
)
def test_a_wrong_value_is_named_with_its_row(columns, message):
    with pytest.raises(InvalidDataError, match=message):
        validate_ratings(ratings_with(**columns))


@pytest.mark.parametrize(
    "dates",
    [
        pd.to_datetime([3, 1, 2], unit="s"),
        pd.to_datetime([3, 1, 2], unit="s", utc=True),
        pd.to_timedelta([3, 1, 2], unit="s"),
        pd.period_range("2001", periods=3, freq="D"),
    ],
    ids=lambda dates: str(dates.dtype),
)
def test_dates_are_refused_as_timestamps(dates):
    with pytest.raises(InvalidDataError, match="timestamp"):
        validate_ratings(ratings_with(timestamp=dates))


@pytest.mark.parametrize("utc", [True, False])
def test_the_way_to_turn_dates_into_seconds_that_the_message_gives_is_right(utc):
    ratings = ratings_with(timestamp=pd.to_datetime([3, 1, 2], unit="s", utc=utc))
    with pytest.raises(InvalidDataError) as caught:
        validate_ratings(ratings)
    seconds = eval(str(caught.value).split("wanted: ")[1])
    assert seconds.tolist() == [3, 1, 2]


@pytest.mark.parametrize("both", ["userId", "user_id"])
def test_a_column_that_is_there_twice_is_named(both):
    ratings = ratings_with()
    ratings.insert(0, both, [7, 7, 7], allow_duplicates=True)
    with pytest.raises(InvalidDataError, match="user_id"):
        validate_ratings(ratings)


def test_a_missing_column_is_named_with_those_that_are_there():
    with pytest.raises(InvalidDataError, match=r"\brating\b.*user_id"):
        validate_ratings(ratings_with().drop(columns="rating"))


def test_no_ratings_at_all_is_an_error():
    with pytest.raises(InvalidDataError, match="ratings"):
        validate_ratings(ratings_with().iloc[:0])


def test_a_rated_movie_must_be_known():
    with pytest.raises(InvalidDataError, match=r"iloc\[1\]: movie_id 20 "):
        validate_ratings(ratings_with(), movies_with().iloc[:1])


def test_a_pair_that_occurs_twice_is_named_with_both_rows():
    with pytest.raises(InvalidDataError, match=r"iloc\[2\].*iloc\[0\]") as told:
        validate_ratings(ratings_with(user_id=[1, 1, 1]))
    assert "user_id 1 " in str(told.value)
    assert "movie_id 10 " in str(told.value)


@pytest.mark.parametrize("position", range(1, 7))
def test_a_pair_that_occurs_twice_is_found_at_the_edge_of_a_block(
    monkeypatch, position
):
    monkeypatch.setattr(ratings_files, "_BLOCK", 3)
    movies = np.arange(1, 8)
    movies[position] = movies[position - 1]
    ratings = pd.DataFrame(
        {"user_id": 1, "movie_id": movies, "rating": 3.0, "timestamp": 0}
    )
    with pytest.raises(InvalidDataError, match=rf"iloc\[{position}\]"):
        validate_ratings(ratings)


pairs = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from([1, 2, 3, 2**31 - 1])), min_size=1
)


@given(pairs)
def test_duplicates_are_found_exactly_where_pandas_finds_them(pairs):
    users, movies = zip(*pairs, strict=True)
    ratings = pd.DataFrame(
        {"user_id": users, "movie_id": movies, "rating": 3.0, "timestamp": 0}
    )
    try:
        validate_ratings(ratings)
        found = False
    except InvalidDataError:
        found = True
    assert found == ratings.duplicated(["user_id", "movie_id"]).any()


def test_good_movies_come_back_with_year_and_genres():
    movies = validate_movies(movies_with())
    assert list(movies["genres"]) == [("Adventure", "Comedy"), ()]
    assert movies["year"].dtype == "Int16"
    assert movies["year"].tolist() == [1995, pd.NA]


def test_genres_may_be_lists():
    movies = validate_movies(movies_with(genres=[["Comedy"], ()]))
    assert list(movies["genres"]) == [("Comedy",), ()]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"movie_id": [10, 10]}, r"movies\.iloc\[1\]: movie_id 10 "),
        ({"movie_id": [10, 0]}, r"movies\.iloc\[1\]: movie_id 0"),
        ({"title": ["Toy Story", " "]}, r"movies\.iloc\[1\]: title"),
        (
            {"title": ["Toy Story", None]},
            r"movies\.iloc\[1\]: title",
        ),
        ({"genres": ["Comedy", 3.5]}, r"movies\.iloc\[1\]: genres 3\.5"),
        ({"genres": ["Comedy", [1]]}, r"movies\.iloc\[1\]: genres \[1\]"),
    ],
)
def test_a_wrong_movie_is_named_with_its_row(columns, message):
    with pytest.raises(InvalidDataError, match=message):
        validate_movies(movies_with(**columns))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("user_id", [True, True]),
        ("rating", [True, True]),
        ("rating", [1j, 2]),
        ("rating", [[1], [2]]),
        ("timestamp", ["x", 10**30]),
    ],
)
def test_what_is_no_number_is_named(name, values):
    frame = pd.DataFrame(
        {"user_id": 1, "movie_id": [1, 2], "rating": 3, "timestamp": 5}
    )
    frame[name] = pd.Series(values)
    with pytest.raises(InvalidDataError, match=rf"iloc\[0\]: {name} "):
        validate_ratings(frame)


def test_capitals_in_names_of_columns_make_no_difference():
    frame = pd.DataFrame({"UserID": [1], "MOVIE_ID": 1, " Rating": 3, "timestamp": 5})
    assert validate_ratings(frame)["rating"].tolist() == [3.0]
    with pytest.raises(InvalidDataError, match=r"user_id.*UserID, userId"):
        validate_ratings(frame.assign(userId=1))
