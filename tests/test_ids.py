"""What passes for an id."""

import numpy as np
import pytest

from recsys_helpers.ids import IdIndex, integer_ids


def test_whole_numbers_in_a_column_of_objects_are_ids():
    ids = integer_ids(np.array([2, np.int32(7)], dtype=object), "user_id")
    assert (ids.dtype, ids.tolist()) == (np.int64, [2, 7])


def test_ids_in_a_column_of_objects_find_their_rows():
    index = IdIndex.of([7, 2, 9])
    assert index.rows(np.array([9, 2], dtype=object)).tolist() == [2, 0]


@pytest.mark.parametrize("huge", [2**64, -(2**63) - 1])
def test_a_number_beyond_64_bits_is_too_large_for_an_id(huge):
    with pytest.raises(ValueError, match=f"user_id {huge} is too large"):
        integer_ids(np.array([2, huge], dtype=object), "user_id")


@pytest.mark.parametrize("other", ["7", 7.0, None, True])
def test_anything_else_in_a_column_of_objects_is_no_id(other):
    with pytest.raises(ValueError, match="user_id must be whole numbers, not object"):
        integer_ids(np.array([2, other], dtype=object), "user_id")
