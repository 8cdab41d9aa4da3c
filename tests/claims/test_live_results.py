"""What the live page says of its short numbers is in the results file."""

import pytest

from recsys_helpers.live.tastes import ALS_BITS, N_WEIGHTS, TOWERS_BITS
from recsys_helpers.results import published_results

pytestmark = pytest.mark.claims


def test_short_numbers_keep_eight_of_ten_films_of_ease_and_nearly_all_of_the_others():
    measured = published_results("live_precision")
    shared = measured[measured["metric"] == "films shared of 10"]
    shared = shared.set_index("method")["value"]
    assert 8 < shared[f"ease, {N_WEIGHTS} weights a film"] < 9
    for method in (f"als, {ALS_BITS} bits", f"towers, {TOWERS_BITS} bits"):
        assert shared[method] > 9.8
