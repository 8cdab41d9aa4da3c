"""What passes for an id."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.interactions import IdIndex, integer_ids


def test_whole_numbers_in_a_column_of_objects_are_ids():
    ids = integer_ids(np.array([2, np.int32(7)], dtype=object), "user_id")
    assert (ids.dtype, ids.tolist()) == (np.int64, [2, 7])


def test_ids_in_a_column_of_objects_find_their_rows():
    index = IdIndex.of([7, 2, 9])
    assert index.rows(np.array([9, 2], dtype=object)).tolist() == [2, 0]


@pytest.mark.parametrize("huge", [2**64, -(2**63) - 1])
def test_a_number_beyond_64_bits_is_too_large_for_an_id(huge):
    with pytest.raises(ValueError, match=f"user_id {huge} "):
        integer_ids(np.array([2, huge], dtype=object), "user_id")


@pytest.mark.parametrize("other", ["7", 7.0, None, True])
def test_anything_else_in_a_column_of_objects_is_no_id(other):
    with pytest.raises(ValueError, match="user_id"):
        integer_ids(np.array([2, other], dtype=object), "user_id")


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        ([1, 2.5], r"2\.5 .*1"),
        ([1.0, np.nan], "nan .*1"),
        ([1.0, 2.0], r"1\.0 .*0"),
        (["1", "2"], "'1' .*0"),
        (pd.Series([7, pd.NA], dtype="Int64"), "1"),
        (np.array([[1, 2], [3, None]]), "None .*3"),
        ([True, False], "True"),
        ("7", "'7'"),
    ],
)
def test_the_first_that_is_no_id_is_named(ids, named):
    with pytest.raises(ValueError, match=f"user_id.*{named}"):
        integer_ids(ids, "user_id")


def test_unsigned_ids_are_compared_exactly_and_not_as_floats():
    index = IdIndex.of([2**62, 2**62 + 1])
    assert index.find(np.array([2**62 + 1, 2**62 + 2], dtype=np.uint64)).tolist() == [
        1,
        -1,
    ]
    with pytest.raises(ValueError, match=str(2**63)):
        index.find(np.array([2**63], dtype=np.uint64))


def test_no_ids_at_all_may_have_any_type():
    for empty in ([], pd.Series([], dtype=object)):
        assert integer_ids(empty, "user_id").dtype == np.int64
