"""Sample sizes, the unit that chance dealt out, and looking every day."""

import numpy as np
import pytest
from scipy import stats

from recsys_helpers import datasets
from recsys_helpers.production.ab_test import (
    compare_per_user,
    peeking_false_alarms,
    threshold_for_looks,
    users_per_side,
)

# Armitage, McPherson and Rowe (1969), table 2: known variance, 5 % a look.
PUBLISHED = {1: 0.050, 2: 0.083, 3: 0.107, 4: 0.126, 5: 0.142, 10: 0.193, 20: 0.248}
HALF = np.arange(4) >= 2


@pytest.fixture(scope="module")
def likes_of_users():
    ratings = datasets.load_movielens("sample").ratings
    liked = ratings.assign(like=ratings["rating"] >= 4).groupby("user_id")["like"]
    return liked.sum().to_numpy(), liked.size().to_numpy()


def z_per_impression(clicks, shown, in_b):
    """Compare the sides as if every impression were a user of its own."""
    n = np.array([shown[~in_b].sum(), shown[in_b].sum()])
    rates = np.array([clicks[~in_b].sum(), clicks[in_b].sum()]) / n
    return np.diff(rates)[0] / np.sqrt((rates * (1 - rates) / n).sum())


def z_per_user(clicks, shown, in_b):
    return compare_per_user(clicks, shown, in_b).z


def false_alarms(z_of, clicks, shown, n_tests=600):
    rng = np.random.default_rng(1)
    sides = rng.random((n_tests, len(shown))) < 0.5
    return np.mean([abs(z_of(clicks, shown, side)) > 1.96 for side in sides])


def test_sample_size_by_hand():
    # (1.959964 + 0.841621)^2 * (0.1 * 0.9 + 0.12 * 0.88) / 0.02^2 = 3838.1...
    assert users_per_side(0.10, 0.12) == 3839


def test_half_the_difference_takes_about_four_times_the_users():
    ratio = users_per_side(0.1, 0.105) / users_per_side(0.1, 0.11)
    assert ratio == pytest.approx(4, rel=0.05)


def test_the_sample_size_gives_the_power_that_was_asked_for():
    n = users_per_side(0.10, 0.13)
    rng = np.random.default_rng(0)
    a, b = rng.binomial(n, [[0.10], [0.13]], (2, 4000)) / n
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / n)
    noticed = np.mean(np.abs(b - a) / error >= stats.norm.ppf(0.975))
    assert noticed == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("rates", [(0, 0.1), (0.1, 1), (0.2, 0.2), (-1, 0.5)])
def test_rates_that_cannot_be_told_apart_are_refused(rates):
    with pytest.raises(ValueError, match="rate"):
        users_per_side(*rates)


def test_per_user_by_hand():
    # Rates 0.4 and 0.6 of a user, 0.8 and 0.8 of the other side: 0.02 / 2 and 0.
    result = compare_per_user([2, 3, 4, 4], [5, 5, 5, 5], HALF)
    assert result.difference == pytest.approx(0.3)
    assert result.standard_error == pytest.approx(0.1)
    assert (result.z, result.p) == pytest.approx((3, 2 * stats.norm.sf(3)))


def test_with_equal_impressions_the_delta_method_is_welch_of_the_users_rates():
    rng = np.random.default_rng(0)
    shown, in_b = np.full(300, 20), rng.random(300) < 0.5
    clicks = rng.binomial(20, rng.beta(2, 3, 300))
    ours = compare_per_user(clicks, shown, in_b)
    theirs = stats.ttest_ind(
        clicks[in_b] / 20, clicks[~in_b] / 20, equal_var=False
    ).statistic
    assert ours.z == pytest.approx(theirs)


def test_the_delta_method_has_the_error_of_the_bootstrap(likes_of_users):
    clicks, shown = likes_of_users
    in_b = np.random.default_rng(3).random(len(shown)) < 0.5
    rng = np.random.default_rng(0)
    differences = []
    for _ in range(2000):
        rates = []
        for side in (np.flatnonzero(~in_b), np.flatnonzero(in_b)):
            drawn = rng.choice(side, len(side))
            rates.append(clicks[drawn].sum() / shown[drawn].sum())
        differences.append(rates[1] - rates[0])
    error = compare_per_user(clicks, shown, in_b).standard_error
    assert error == pytest.approx(np.std(differences), rel=0.1)


def test_one_impression_a_user_makes_both_analyses_agree():
    rng = np.random.default_rng(0)
    clicks, shown = rng.binomial(1, 0.3, 4000), np.ones(4000, dtype=int)
    in_b = rng.random(4000) < 0.5
    wanted = z_per_impression(clicks, shown, in_b)
    assert z_per_user(clicks, shown, in_b) == pytest.approx(wanted, rel=1e-3)


def test_users_that_differ_make_the_per_impression_analysis_cry_wolf(likes_of_users):
    assert false_alarms(z_per_impression, *likes_of_users) > 0.4


def test_the_per_user_analysis_keeps_its_promise(likes_of_users):
    assert false_alarms(z_per_user, *likes_of_users) < 0.1


def test_two_equal_sides_without_any_spread_do_not_differ():
    result = compare_per_user([1, 1, 1, 1], [1, 1, 1, 1], HALF)
    assert (result.z, result.p) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (([1, 1], [2, 2, 2], [True, False]), "shapes"),
        (([1, 1], [2, 2], [1, 0]), "bool"),
        (([3, 1, 0, 0], [2, 2, 2, 2], HALF), "clicks"),
        (([1, 1], [2, 2], [True, True]), "users"),
        (([1, 1, 0], [2, 2, 2], [True, False, False]), "users"),
        (([1, 0, 0, 0], [2, 2, 0, 0], HALF), "shown"),
    ],
)
def test_bad_tables_are_refused(arguments, problem):
    with pytest.raises(ValueError, match=problem):
        compare_per_user(*arguments)


def test_peeking_raises_the_alarms_of_the_published_table():
    measured = peeking_false_alarms(20, n_tests=40_000)
    for look, published in PUBLISHED.items():
        assert measured[look - 1] == pytest.approx(published, abs=0.007)


@pytest.mark.parametrize(("n_looks", "published"), [(1, 1.960), (5, 2.413)])
def test_the_threshold_is_that_of_pocock(n_looks, published):
    assert threshold_for_looks(n_looks) == pytest.approx(published, abs=0.02)


def test_the_threshold_brings_the_alarms_back():
    threshold = threshold_for_looks(14)
    alarms = peeking_false_alarms(14, threshold=threshold, seed=5)
    assert alarms[-1] == pytest.approx(0.05, abs=0.008)


def test_the_same_seed_gives_the_same_alarms():
    assert np.array_equal(peeking_false_alarms(3, 100), peeking_false_alarms(3, 100))


def test_a_level_that_is_no_share_is_refused():
    with pytest.raises(ValueError, match="level"):
        threshold_for_looks(5, level=5)


def test_a_worse_b_without_any_noise_has_a_negative_z():
    clicks, in_b = [2, 2, 0, 0], np.array([False, False, True, True])
    assert compare_per_user(clicks, [2] * 4, in_b).z == -np.inf
    assert compare_per_user(clicks, [2] * 4, ~in_b).z == np.inf
