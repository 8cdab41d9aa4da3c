"""What passes for the time of a rating."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers._checks import checked_times

MOMENT = 1_112_486_027


def timed(times):
    return pd.DataFrame({"user_id": 1, "movie_id": 1, "timestamp": times})


@pytest.mark.parametrize(
    "times",
    [
        [5, 7],
        [5.0, 7.0],
        [5.25, MOMENT],
        np.array([5, 7], dtype=object),
        pd.array([5, 7], dtype="Int64"),
        pd.Categorical([5, 7]),
    ],
)
def test_numbers_of_any_type_are_times(times):
    assert checked_times(timed(times), "x").tolist() == list(times)


def test_large_whole_numbers_stay_exact():
    assert checked_times(timed([MOMENT]), "x").dtype == np.int64


@pytest.mark.parametrize(
    ("times", "row"),
    [
        (["8", "10"], 0),
        (np.array([8, "10"], dtype=object), 1),
        ([1, np.nan], 1),
        ([1, None], 1),
        ([1, np.inf], 1),
        (pd.array([1, None], dtype="Int64"), 1),
        ([True, False], 0),
        ([3, -1], 1),
        ([MOMENT, MOMENT * 1000], 1),
        (np.array([1, pd.Timestamp(0)], dtype=object), 1),
    ],
)
def test_what_is_no_time_is_refused_and_its_row_is_named(times, row):
    with pytest.raises(ValueError, match=rf"ratings\.iloc\[{row}\].*timestamp"):
        checked_times(timed(times), "x")


@pytest.mark.parametrize(
    "dates",
    [
        pd.to_datetime(["2001-09-09"]),
        pd.to_datetime(["2001-09-09"], utc=True),
        pd.PeriodIndex(["2001"], freq="Y"),
        pd.to_timedelta(["1 s"]),
    ],
)
def test_dates_are_refused_and_what_makes_seconds_of_them_is_told(dates):
    with pytest.raises(ValueError, match=r"pd\.to_datetime"):
        checked_times(timed(dates), "x")


def test_the_advice_about_dates_makes_the_same_seconds():
    seconds = pd.Series([0, MOMENT])
    dates = pd.DataFrame({"timestamp": pd.to_datetime(seconds, unit="s")})
    with pytest.raises(ValueError, match="timestamp") as refused:
        checked_times(dates, "x")
    advice = str(refused.value).partition("): ")[2]
    made = eval(advice, {"pd": pd, "ratings": dates})
    assert made.tolist() == seconds.tolist()


@pytest.mark.parametrize("digits", [3, 6])
def test_times_that_a_spreadsheet_has_rounded_are_refused(digits):
    exact = MOMENT + 40_000_000 * np.arange(25)
    rounded = np.array([float(f"{time:.{digits - 1}E}") for time in exact])
    for dtype in (float, int):  # a reader makes whole numbers of 1.11249E+09
        with pytest.raises(ValueError, match="spreadsheet"):
            checked_times(timed(rounded.astype(dtype)), "x")
    assert checked_times(timed(exact.astype(float)), "x").tolist() == exact.tolist()


def test_a_few_times_may_be_round():
    one_day = np.repeat(1_105_920_000, 40)
    assert checked_times(timed(one_day), "x").tolist() == one_day.tolist()


def test_who_needs_the_times_is_named():
    with pytest.raises(ValueError, match=r"A split needs .* no column timestamp"):
        checked_times(timed([1]).drop(columns="timestamp"), "A split")
