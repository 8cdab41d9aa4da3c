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
# Ends that cannot be passed: no hiding, no penalty, no neighbours left, and the like.
ENDS = {
    ("neighbours, stars", "k"): 320,
    ("ALS", "alpha"): 0,
    ("ALS, scaled penalty", "power"): 1,
    ("Keras network", "factor_l2"): 0,
    ("neighbours, lists", "shrinkage"): 0,
    ("two towers, stars", "dropout"): 0,
    ("blend of lists", "offset"): 0,
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


@pytest.mark.parametrize("name", ALL)
def test_no_best_lies_at_an_end_of_its_space_that_could_be_passed(name):
    best = chosen(name)
    for setting, values in ALL[name].space.items():
        numbers = [value for value in values if isinstance(value, int | float)]
        if len(numbers) < 3 or best[setting] is None:
            continue
        ends = numbers[-1:] if None in values else [numbers[0], numbers[-1]]
        if best[setting] in ends:
            assert ENDS.get((name, setting)) == best[setting], setting


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
