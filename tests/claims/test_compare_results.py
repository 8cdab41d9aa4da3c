"""Two results files are compared, and what moved is judged by what it is."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest
from compare_results import (
    CLAIMS,
    broken_claims,
    changed_since,
    compare,
    kind_of,
    main,
    reasons,
    report,
)

from recsys_helpers.results import ResultsError, read_results, write_results

pytestmark = pytest.mark.claims

PUBLISHED = Path(__file__).resolve().parents[2] / "benchmarks" / "results"


def result(metric="ndcg@10", value=0.5, **changes):
    plain = {"method": "ALS", "split": "user temporal", "edition": "small", "seed": 0}
    machine = {"hardware": "2 cores", "commit": "abc", "versions": {"numpy": "2.4"}}
    return {**plain, **machine, "metric": metric, "value": value, **changes}


@pytest.fixture
def written(tmp_path):
    """Write results under the name of one benchmark; give the path."""

    def write(*results, folder="a", name="als"):
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / f"{name}.json"
        write_results(list(results), path)
        return path

    return write


def verdicts(old, new) -> list[str]:
    both = compare(read_results(old), read_results(new))
    return both["verdict"].tolist()


@pytest.mark.parametrize(
    ("metric", "old", "new", "verdict"),
    [
        ("ndcg@10", 0.5, 0.5 + 1e-9, "same"),
        ("ndcg@10", 0.5, 0.51, "better"),
        ("ndcg@10", 0.5, 0.49, "worse"),
        ("rmse", 0.9, 0.91, "worse"),
        ("rmse", 0.9, 0.89, "better"),
        ("inner rmse", 0.9, 0.91, "worse"),
        ("fit_cpu_s", 10, 12, "noise"),
        ("fit_cpu_s", 10, 13, "more"),
        ("fit_cpu_s", 10, 7, "less"),
        ("fit_cpu_s", 0, 1, "more"),
        ("gini@10", 0.5, 0.6, "moved"),
    ],
)
def test_a_move_is_judged_by_the_direction_of_its_metric(
    written, metric, old, new, verdict
):
    before = written(result(metric, old))
    after = written(result(metric, new), folder="b")
    assert verdicts(before, after) == [verdict]


def test_a_move_is_compared_with_the_spread_of_the_seeds(written):
    old = written(result(value=0.50, seed=0), result(value=0.53, seed=1))
    new = written(result(value=0.48, seed=0), result(value=0.49, seed=1), folder="b")
    assert verdicts(old, new) == ["within the seeds", "worse"]


def test_results_of_one_side_are_listed(written):
    old = written(result(), result("recall@20"))
    new = written(result(), result("mrr@10"), folder="b")
    assert sorted(verdicts(old, new)) == ["only in new", "only in old", "same"]


def test_results_with_the_same_key_are_paired_in_their_order(written):
    old = written(result(value=0.1), result(value=0.2))
    new = written(result(value=0.1), result(value=0.3), folder="b")
    assert verdicts(old, new) == ["same", "better"]


def test_every_published_result_is_the_same_as_itself():
    for path in PUBLISHED.glob("*.json"):
        results = read_results(path)
        assert set(compare(results, results)["verdict"]) == {"same"}, path.name


def test_every_published_metric_of_quality_has_a_direction():
    metrics = {
        metric
        for path in PUBLISHED.glob("*.json")
        for metric in read_results(path)["metric"]
    }
    judged = {metric for metric in metrics if kind_of(metric) == "quality"}
    assert {"ndcg@10 among new movies", "rmse, 5 ratings known", "map@20"} <= judged
    assert not {metric for metric in judged if "_s" in metric or "MiB" in metric}


def test_what_differs_besides_the_results_is_named(written):
    old = read_results(written(result()))
    new = read_results(
        written(
            result(versions={"numpy": "2.5"}, hardware="8 cores", commit="def"),
            folder="b",
        )
    )
    assert reasons(old, new) == [
        "numpy went from 2.4 to 2.5.",
        "The hardware differs: 2 cores, then 8 cores.",
        "The code is of commit abc, then def.",
    ]
    assert reasons(old, old) == []


def test_the_report_shows_what_moved_and_looks_for_the_reason(written):
    old, new = written(result()), written(result(value=0.4), folder="b")
    text, fine = report(read_results(old), read_results(new))
    assert not fine
    assert "1 worse." in text
    assert "ndcg@10" in text
    assert "look for the reason in the code" in text


def test_a_cost_alone_is_no_failure(written):
    old = written(result("fit_cpu_s", 1.0))
    new = written(result("fit_cpu_s", 9.0), folder="b")
    text, fine = report(read_results(old), read_results(new))
    assert fine
    assert "9.0" in text


def test_files_of_two_benchmarks_are_not_compared(written):
    old, new = written(result()), written(result(), name="ease")
    with pytest.raises(ResultsError, match="als and of ease"):
        compare(read_results(old), read_results(new))


def test_the_exit_status_says_whether_a_quality_got_worse(written, capsys):
    old, good = written(result()), written(result(value=0.6), folder="b")
    assert main([str(old), str(good)]) == 0
    assert main([str(good), str(old)]) == 1
    assert "== als.json" in capsys.readouterr().out


def test_a_file_that_is_missing_or_broken_is_named(written, tmp_path, capsys):
    old = written(result())
    assert main([str(old), str(tmp_path / "no.json")]) == 2
    assert "no.json" in capsys.readouterr().err
    (tmp_path / "broken.json").write_text("[{")
    assert main([str(old), str(tmp_path / "broken.json")]) == 2
    assert "broken.json is not a JSON file" in capsys.readouterr().err


def test_changed_files_are_compared_with_the_last_commit(tmp_path):
    folder = tmp_path / "benchmarks" / "results"
    folder.mkdir(parents=True)
    write_results([result()], folder / "als.json")
    write_results([result()], folder / "ease.json")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b.c"]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "Measured"], check=True)
    write_results([result(value=0.4)], folder / "als.json")
    ((old, new),) = changed_since("HEAD", tmp_path, tmp_path)
    assert new == folder / "als.json"
    assert verdicts(old, new) == ["worse"]


# --- what the prose claims of a machine -------------------------------------------


def claim(**changes):
    """Give a table of one claim: EASE is fitted in a second."""
    plain = {
        "benchmark": "als",
        "metric": "fit_cpu_s",
        "method": "EASE",
        "below": 1,
        "says": "quick",
    }
    columns = pd.read_csv(CLAIMS).columns
    return pd.DataFrame([plain | changes], columns=columns)


SECONDS = [
    result("fit_cpu_s", 0.5, method="EASE", n=10),
    result("fit_cpu_s", 3.0, method="EASE", n=20),
    result("fit_cpu_s", 6.0, n=20, peak_mib=100),
]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ["quick: 3, not < 1"]),
        ({"n": 10}, []),
        ({"split": "random"}, []),
        ({"benchmark": "ease"}, []),
        ({"below": 4, "at_least": 1}, ["quick: 0.5, not 1"]),
        ({"method": ".*", "n": 20, "over": "EASE", "below": 2}, ["quick: 2, not < 2"]),
        ({"over_n": 10, "n": 20, "below": 7}, []),
        ({"over_n": 10, "n": 20, "below": 6}, ["quick: 6, not < 6"]),
        (
            {"metric": "peak_mib", "method": "ALS", "below": 9},
            ["quick: 100, not < 9"],
        ),
    ],
)
def test_a_claim_that_does_not_hold_is_told_with_what_was_measured(
    written, changes, told
):
    results = read_results(written(*SECONDS))
    assert broken_claims(results, claim(**changes)) == told


def test_what_a_run_has_not_measured_breaks_no_claim(written):
    results = read_results(written(result()))
    assert broken_claims(results, claim()) == []


def test_a_broken_claim_is_a_warning_and_no_failure(written, capsys):
    old = written(result("execution s", 800, method="make book"), name="cold_start")
    new = written(
        result("execution s", 1000, method="make book"),
        folder="b",
        name="cold_start",
    )
    assert main([str(old), str(new)]) == 0
    assert "1,000, not < 900" in capsys.readouterr().out


def test_every_claim_is_about_something_in_the_published_results():
    for row in pd.read_csv(CLAIMS).itertuples():
        results = read_results(PUBLISHED / f"{row.benchmark}.json")
        never = pd.DataFrame([row]).assign(at_least=float("inf"))
        assert broken_claims(results, never), row.says
