"""What passes for a setting, a matrix or the time of a rating, and what that says.

The one place where these messages are read: other tests name the parameter.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_helpers._checks import (
    check_choice,
    check_count,
    check_csr,
    check_number,
    check_positive,
    check_share,
    checked_times,
)
from recsys_helpers.interactions import IdIndex, misfit

MOMENT = 1_112_486_027


# --- settings -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (check_count, [1, np.int64(7)]),
        (check_number, [0, 0.5, 1e300]),
        (check_positive, [1e-300, 3, np.float32(2)]),
        (check_share, [0, 0.999]),
    ],
)
def test_a_good_setting_passes(check, good):
    for value in good:
        check("x", value)


@pytest.mark.parametrize(
    ("check", "bad", "message"),
    [
        (
            check_count,
            [0, -1, 1.0, 2.5, "3", None],
            "must be at least 1, in whole numb",
        ),
        (
            check_number,
            [-1, np.nan, np.inf, "3", None],
            "must be a number of at least 0",
        ),
        (check_positive, [0, -1, np.nan, np.inf, "3"], "must be a number above 0"),
        (check_share, [-0.1, 1, np.nan, "0.5", None], "must be from 0 to below 1"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(check, bad, message):
    for value in bad:
        with pytest.raises(ValueError, match=f"^x {message}.* got {value!r}"):
            check("x", value)


def test_a_count_may_start_elsewhere_than_at_one():
    check_count("x", 0, at_least=0)
    with pytest.raises(ValueError, match="x must be at least 2"):
        check_count("x", 1, at_least=2)


def test_a_share_may_be_all():
    check_share("x", 1, closed=True)
    with pytest.raises(ValueError, match=r"x must be from 0 to 1; got 1\.1"):
        check_share("x", 1.1, closed=True)


def test_a_choice_is_one_of_those_named():
    check_choice("x", "a", ("a", "b"))
    with pytest.raises(ValueError, match="x is one of a, b; got 'c'"):
        check_choice("x", "c", ("a", "b"))


# --- matrices -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.eye(2), r"this is ndarray\. .*csr_array\(matrix\)"),
        (sparse.csc_array(np.eye(2)), r"this is in csc format\. Use \.tocsr\(\)"),
        (sparse.coo_array([1, 2]), r".* with one axis\. .*reshape\(1, -1\)"),
    ],
)
def test_another_matrix_is_refused_and_what_makes_it_one_is_told(matrix, message):
    check_csr("A", sparse.csr_array(np.eye(2)))
    with pytest.raises(TypeError, match=rf"A must be sparse, in csr format; {message}"):
        check_csr("A", matrix)


def test_the_axis_that_does_not_fit_its_ids_is_named():
    users, movies = IdIndex.of([1, 2], "user_id"), IdIndex.of([7, 8, 9], "movie_id")
    assert misfit((2, 3), users, movies) is None
    too_wide = misfit((2, 4), users, movies)
    assert "Axis 1 of the matrix has 4 columns" in too_wide
    assert "transposed" not in too_wide
    assert "matrix.T.tocsr()" in misfit((3, 2), users, movies)
    assert "Swap users and movies" in misfit((3, 2), movies, users)


# --- times ----------------------------------------------------------------------------


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
