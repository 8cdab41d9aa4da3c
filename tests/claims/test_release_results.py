"""What the measurements of the whole site say, as far as it was promised."""

import pytest

from recsys_helpers.results import published_results

pytestmark = pytest.mark.claims


def test_a_build_runs_only_what_changed():
    results = published_results("cold_start")
    run = results[results["metric"] == "chapters run"]
    chapters = run.set_index("method")["value"]
    assert chapters["make book"] == 11
    assert chapters["make book, unchanged"] == 0
    assert chapters["make book, one module changed"] < 6
    assert chapters["make book, one sentence changed"] == 0
