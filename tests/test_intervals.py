"""Means over users, and how sure they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recsys_helpers.intervals import bootstrap_interval, paired_difference

values_of_users = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_the_interval_is_that_of_scipy():
    values = np.random.default_rng(3).exponential(size=200)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=1
    ).confidence_interval
    ours = bootstrap_interval(values, n_resamples=4000, seed=2)
    # Two Monte Carlo runs: they may differ by a few hundredths of the width.
    slack = 0.05 * (theirs.high - theirs.low)
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=slack)


def test_undefined_users_change_nothing():
    values = np.random.default_rng(0).random(50)
    with_nan = np.insert(values, [3, 20], np.nan)
    assert bootstrap_interval(with_nan) == bootstrap_interval(values)


def test_an_interval_over_nobody_is_undefined():
    *numbers, n = bootstrap_interval([np.nan])
    assert np.isnan(numbers).all()
    assert n == 0


def test_the_seed_decides_the_interval():
    values = np.random.default_rng(0).random(50)
    assert bootstrap_interval(values, seed=5) == bootstrap_interval(values, seed=5)
    assert bootstrap_interval(values, seed=5) != bootstrap_interval(values, seed=6)


def test_a_higher_level_gives_a_wider_interval():
    values = np.random.default_rng(0).random(50)
    narrow, wide = bootstrap_interval(values, 0.5), bootstrap_interval(values, 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


@given(values_of_users)
def test_the_interval_lies_within_the_values(values):
    estimate = bootstrap_interval(values, n_resamples=50)
    assert min(values) - 1e-9 <= estimate.low
    assert estimate.low <= estimate.high <= max(values) + 1e-9


def test_equal_weights_are_no_weights():
    values = np.random.default_rng(0).random(50)
    weighted = bootstrap_interval(values, weights=np.full(50, 3.0))
    assert weighted == pytest.approx(bootstrap_interval(values))


def test_weights_count_a_user_as_often_as_they_say():
    # (1 * 3 + 0 * 1) / 4
    assert bootstrap_interval([1.0, 0.0], weights=[3, 1]).value == 0.75


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = [
        estimate.low <= 0.5 <= estimate.high
        for estimate in (
            bootstrap_interval(rng.random(80), n_resamples=300, seed=i)
            for i in range(200)
        )
    ]
    # Of 200 intervals at 95 %, 190 are expected and 181 to 198 are ordinary luck.
    assert 176 <= sum(held) <= 199


@pytest.mark.parametrize(
    "wrong",
    [
        *({"level": level} for level in (0, 1, 95)),
        {"n_resamples": 0},
        *({"weights": weights} for weights in ([1.0], [1, 0], [1, -1], [1, np.nan])),
    ],
    ids=str,
)
def test_settings_out_of_their_range_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name.removesuffix("s")):
        bootstrap_interval([1.0, 2.0], **wrong)


def test_a_user_without_a_value_may_have_no_weight():
    assert bootstrap_interval([0.5, np.nan], weights=[2, 0]).value == 0.5


def test_a_paired_difference_is_surer_than_the_two_intervals_look():
    rng = np.random.default_rng(0)
    a = rng.random(200)  # users differ much ...
    b = a - rng.normal(0.02, 0.01, 200)  # ... the methods little but steadily
    assert bootstrap_interval(b).high > bootstrap_interval(a).low
    assert paired_difference(a, b).low > 0


def test_weights_make_a_paired_difference_that_of_all_ratings():
    weighted = paired_difference([1.0, 0.0], [0.0, 0.0], weights=[1, 3])
    assert weighted.value == pytest.approx(0.25)


def test_a_paired_difference_counts_users_defined_in_both():
    assert paired_difference([1.0, np.nan, 3.0], [0.5, 1.0, np.nan]).n == 1


def test_turning_a_pair_round_turns_its_sign():
    a, b = np.random.default_rng(0).random((2, 40))
    one, other = paired_difference(a, b), paired_difference(b, a)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_a_pair_of_different_lengths_is_refused():
    with pytest.raises(ValueError, match="users"):
        paired_difference([1.0, 2.0], [1.0])
