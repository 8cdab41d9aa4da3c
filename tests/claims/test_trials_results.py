"""Every method of chapter 9 had the same care, and the package uses what came of it."""

import numpy as np
import pytest
from five_methods import METHODS, SWITCHES
from scipy import sparse
from trials import (
    BLENDS,
    N_TRIALS,
    RESULTS,
    SEARCHED,
    ScaledAls,
    chosen,
    drawn,
    names_of,
    settings_of,
)

from recsys_helpers.methods.als import CHOSEN_ALS, solve_factors
from recsys_helpers.methods.bpr import CHOSEN_BPR
from recsys_helpers.methods.ease import CHOSEN_EASE
from recsys_helpers.results import read_results

pytestmark = pytest.mark.claims

ALL = SEARCHED | BLENDS
# With nothing to choose, or with settings that others have chosen: that is their point.
NOT_CHOSEN = {"random choice", "global mean", "ALS, source's settings"}
# Ends that cannot be passed: all neighbours have a say, and no rating is higher.
LAST = {
    ("neighbours, stars", "k"): 320,
    ("entities", "like_threshold"): 5.0,
}
# Ends that could be, and were not, after one round with wider spaces. Chapter 9 says of
# which methods this is.
OPEN = {
    ("neighbours, lists", "k"): 400,
    ("EASE, dates", "l2"): 50,
    ("EASE, dates", "like_threshold"): 4.5,
    ("Keras factors, ids only", "learning_rate"): 0.02,
    ("Keras network", "factor_l2"): 120,
    ("two towers, stars", "n_factors"): 8,
    ("two towers, stars", "dropout"): 0.3,
    ("two towers, stars", "hide_movies"): 0.1,
    ("two towers, lists", "n_factors"): 32,
    ("two towers, lists", "temperature"): 0.3,
    ("two towers, lists", "learning_rate"): 0.03,
    ("two towers, lists, features only", "n_factors"): 32,
}


@pytest.fixture(scope="module")
def trials():
    return read_results(RESULTS)


def test_every_method_of_the_table_had_its_trials():
    assert set(METHODS) - NOT_CHOSEN - set(SWITCHES) == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_a_method_had_as_many_trials_as_all_or_all_that_its_space_has(name, trials):
    tried = trials[names_of(trials) == name]["method"].map(settings_of).tolist()
    expected = drawn(ALL[name].space, quick=False)
    n_combinations = 1
    for values in ALL[name].space.values():
        n_combinations *= len(values)
    assert len(expected) == min(N_TRIALS, n_combinations)
    assert sorted(map(str, tried)) == sorted(map(str, expected))


def test_which_best_lies_at_an_end_of_its_space_is_known():
    at_end = {}
    for name, searched in ALL.items():
        best = chosen(name)
        for setting, values in searched.space.items():
            numbers = [value for value in values if isinstance(value, int | float)]
            ends = numbers[-1:] if None in values else [numbers[:1], numbers[-1:]]
            ends = np.ravel(ends).tolist()
            if len(numbers) > 2 and best[setting] in ends:
                at_end[name, setting] = best[setting]
    assert at_end == LAST | OPEN


@pytest.mark.parametrize("power", [0, 0.5])
def test_a_scaled_penalty_is_that_of_als_row_by_row(power):
    rng = np.random.default_rng(0)
    C = sparse.random_array((6, 9), density=0.4, rng=rng, format="csr")
    C.data = C.data + 1.5
    Y = rng.normal(size=(9, 3))
    found = ScaledAls(n_factors=3, regularization=2, power=power)._solved(C, Y)
    known = (C.toarray() + (C.toarray() == 0)).sum(axis=1) ** power
    for u, penalty in enumerate(2 * known / known.mean()):
        expected = solve_factors(C[[u]], Y, penalty)[0]
        np.testing.assert_allclose(found[u], expected)


def test_the_package_comes_with_the_settings_that_were_chosen():
    assert chosen("EASE") == CHOSEN_EASE
    assert chosen("BPR") == CHOSEN_BPR
    fixed = {"n_iterations": 15, "weighting": "constant"}
    assert chosen("ALS") | fixed == CHOSEN_ALS
