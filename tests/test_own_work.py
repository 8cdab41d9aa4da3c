"""Whether a function does its work itself."""

import sys

import numpy as np
import pytest

from recsys_helpers import metrics
from recsys_helpers.own_work import borrowed

rmse_under_another_name = metrics.rmse


def test_what_is_written_by_oneself_borrows_nothing():
    assert borrowed(lambda: np.sqrt(np.mean(np.square([1.0, 2.0])))) == []


def test_a_function_of_the_package_is_seen_under_any_name():
    found = borrowed(lambda: rmse_under_another_name([4.0], [3.0]))
    assert "recsys_helpers.metrics.rmse" in found


def test_an_error_passes_and_nothing_goes_on_watching():
    before = sys.getprofile()
    with pytest.raises(ZeroDivisionError):
        borrowed(lambda: 1 / 0)
    assert sys.getprofile() is before
