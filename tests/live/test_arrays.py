"""Numbers survive the way to the page: whole, in order, at most half a step off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from live_data import unpacked

from recsys_helpers.live._arrays import packed, quantised_rows

LIMITS = {
    "u8": (0, 255),
    "i8": (-128, 127),
    "u16": (0, 65_535),
    "i16": (-32_768, 32_767),
    "u32": (0, 2**32 - 1),
    "i32": (-(2**31), 2**31 - 1),
}


@pytest.mark.parametrize(("kind", "limits"), LIMITS.items())
def test_the_limits_of_a_kind_come_back(kind, limits):
    assert unpacked(packed(limits, kind), kind).tolist() == list(limits)


@pytest.mark.parametrize(("kind", "limits"), LIMITS.items())
def test_a_number_beyond_the_limits_is_refused(kind, limits):
    for number in (limits[0] - 1, limits[1] + 1):
        with pytest.raises(ValueError, match=kind):
            packed([number], kind)


def test_a_part_of_a_whole_is_refused():
    with pytest.raises(ValueError, match="u8"):
        packed([0.5], "u8")


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_refused(number):
    with pytest.raises(ValueError, match="NaN"):
        packed([number], "f32")


def test_a_matrix_is_written_row_by_row():
    matrix = np.asfortranarray([[1, 2, 3], [4, 5, 6]])
    assert unpacked(packed(matrix, "u8"), "u8").tolist() == [1, 2, 3, 4, 5, 6]


def test_bytes_are_little_endian_on_any_machine():
    assert packed(np.array([1], dtype=">u2"), "u16") == "AQA="


numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(arrays(float, array_shapes(min_dims=2, max_dims=2), elements=numbers))
@pytest.mark.parametrize("bits", [8, 16])
def test_a_quantised_number_is_at_most_half_a_step_off(bits, matrix):
    whole, scales = quantised_rows(matrix, bits)
    assert np.abs(whole).max() <= 2 ** (bits - 1) - 1
    steps = scales.astype(float)[:, None]
    # And a little: the step is rounded to float32, too, which the largest feel most.
    slack = 1e-6 * np.abs(matrix) + 1e-37
    assert (np.abs(whole * steps - matrix) <= steps / 2 + slack).all()


def test_a_row_of_zeros_stays_one():
    whole, scales = quantised_rows(np.zeros((1, 3)), 8)
    assert (whole.tolist(), scales.tolist()) == ([[0, 0, 0]], [0.0])
