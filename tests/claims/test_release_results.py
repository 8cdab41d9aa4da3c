"""What the measurements of the whole site say, as far as it was promised."""

import pytest

from recsys_helpers.results import published_results


@pytest.fixture(scope="module")
def cold_start():
    rows = published_results("cold_start")
    return rows.set_index(["method", "metric"])["value"]


@pytest.fixture(scope="module")
def lighthouse():
    rows = published_results("lighthouse")
    return rows.pivot(index="method", columns="metric", values="value")


def test_a_build_runs_only_what_changed(cold_start):
    chapters = cold_start.xs("chapters run", level="metric")
    assert chapters["make book, unchanged"] == 0
    assert chapters["make book, one edit"] == 1
    assert chapters["make book, cold"] == 11


def test_the_site_is_built_in_the_promised_time(cold_start):
    # On top come the set-up, the data of the live page, and the pages.
    assert 0 < cold_start["make book, cold", "execution s"] < 15 * 60
    assert cold_start["make book, unchanged", "wall_s"] < 30


def test_the_site_is_built_on_any_laptop(cold_start):
    assert cold_start["make book, cold", "peak MiB"] < 6 * 1024


def test_five_pages_are_open_to_everybody(lighthouse):
    assert len(lighthouse) == 5
    assert (lighthouse["accessibility"] == 100).all()
    assert (lighthouse["best-practices"] >= 95).all()
