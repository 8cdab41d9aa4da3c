"""The published file holds what chapter 12 says of more than one seed."""

import subprocess
import sys
from pathlib import Path

import pytest

from recsys_helpers.results import published_results

pytestmark = pytest.mark.claims

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def published():
    return published_results("production")


def values(published, method, metric):
    chosen = (published["method"] == method) & (published["metric"] == metric)
    assert chosen.any()
    return published[chosen].set_index("seed")["value"]


@pytest.mark.parametrize("l2", [5, 20, 100])
def test_exploration_pays_in_the_loop_whatever_the_setting_and_the_seed(published, l2):
    none, much = (f"loop, l2 {l2}, explore {share} %" for share in (0, 30))
    gain = values(published, much, "liked") - values(published, none, "liked")
    assert len(gain) == 10
    assert (gain > 0).all()
    assert (values(published, none, "gini") > values(published, much, "gini")).all()


def test_without_exploration_lists_end_below_random_ones_from_most_seeds(published):
    ends = {
        share: values(published, f"loop, l2 20, explore {share} %", "liked")
        for share in (0, 30, 100)
    }
    assert ends[0].mean() < ends[100].mean()
    assert 0.8 <= (ends[0] < ends[100]).mean() < 1
    assert (ends[30] > ends[100]).all()


def test_who_knows_the_truth_makes_better_lists_of_more_movies(published):
    truth = "loop, knowing the truth"
    much = "loop, l2 20, explore 30 %"
    assert (values(published, truth, "liked") > values(published, much, "liked")).all()
    assert (values(published, truth, "gini") < values(published, much, "gini")).all()


def test_users_are_found_far_above_guessing_with_every_seed(published):
    method = "re-identification, noise 0"
    found = values(published, method, "found")
    n_users = published.loc[published["method"] == method, "n"].min()
    assert len(found) >= 3
    assert found.min() > 20 / n_users


def test_noise_hides_users(published):
    clear, noisy = (
        values(published, f"re-identification, noise {noise}", "found")
        for noise in (0, 4)
    )
    assert noisy.max() < 0.5 * clear.min()


def test_the_niche_is_served_worse_with_every_split(published):
    niche, mainstream = (
        values(published, f"audiences, {group}", "ndcg@10")
        for group in ("niche", "mainstream")
    )
    assert len(niche) >= 3
    assert (niche < mainstream).all()


def test_on_one_split_the_intervals_of_niche_and_mainstream_overlap(published):
    of = published[published["metric"] == "ndcg@10"].set_index(["method", "seed"])
    highest = of.loc["audiences, niche", "high"]
    lowest = of.loc["audiences, mainstream", "low"]
    assert len(highest) == 3
    assert (highest > lowest).sum() == 1


def test_the_quick_run_measures_the_same_things(published, measured_quickly):
    assert set(measured_quickly("production")["method"]) == set(published["method"])


def test_the_quick_run_does_not_write_the_published_file():
    script = str(ROOT / "benchmarks" / "production.py")
    answer = subprocess.run(
        [sys.executable, script, "--quick"], capture_output=True, text=True
    )
    assert answer.returncode == 2
    assert "--output" in answer.stderr
