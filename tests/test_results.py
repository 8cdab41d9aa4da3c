"""Results files: written whole, read strictly, shown in tables."""

import json
import shutil
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_helpers import results
from recsys_helpers.results import (
    FIELDS,
    METHOD_NAMES,
    ResultsError,
    named_for_readers,
    published_file,
    published_results,
    read_results,
    results_table,
    write_results,
)

ROOT = Path(__file__).resolve().parent.parent


def record(**changes):
    return {"method": "Popularity", "metric": "ndcg@10", "value": 0.0618} | changes


def stored(**changes):
    """Make a complete record, as it stands in a file."""
    return dict.fromkeys(FIELDS) | {"name": "test"} | record(**changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "numbers.json"


def test_what_is_written_is_read(path):
    write_results([record(low=0.05, high=0.07, n=656, seed=7)], path)
    row = read_results(path).iloc[0]
    assert row[["value", "low", "high", "n", "seed"]].tolist() == [
        *(0.0618, 0.05, 0.07),
        *(656, 7),
    ]


def test_a_frame_and_its_records_give_the_same_file(path, tmp_path):
    rows = [record(), record(metric="mrr@10")]
    other = tmp_path / "other" / path.name
    write_results(rows, path)
    write_results(pd.DataFrame(rows), other)
    assert path.read_text(encoding="utf-8") == other.read_text(encoding="utf-8")


def test_beside_records_of_another_run_new_ones_still_say_where_they_come_from(path):
    write_results(pd.DataFrame([record(commit="abc1234"), record()]), path)
    old, new = read_results(path)["commit"]
    assert old == "abc1234"
    assert new == results.commit()


def test_what_does_not_apply_is_null(path):
    frame = pd.DataFrame([record(low=np.nan, high=np.nan, n=pd.NA, seed=None)])
    write_results(frame, path)
    written = json.loads(path.read_text(encoding="utf-8"))[0]
    assert [written[field] for field in ("low", "high", "n", "seed", "split")] == [
        None
    ] * 5


def test_a_record_says_where_it_comes_from(path):
    write_results([record()], path)
    written = json.loads(path.read_text(encoding="utf-8"))[0]
    assert written["name"] == "numbers"
    assert written["versions"]["numpy"] == np.__version__
    assert "cores" in written["hardware"]
    assert date.fromisoformat(written["date"]) <= date.today()


def test_every_record_has_every_field_in_order(path):
    write_results([record()], path)
    assert tuple(json.loads(path.read_text(encoding="utf-8"))[0]) == FIELDS


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"vale": 1}, "unknown fields"),
        ({"metric": None}, "metric is missing"),
        ({"value": np.nan}, "value is missing"),
        ({"value": np.inf}, "only finite"),
        ({"value": "0.06"}, "expected Real"),
        ({"value": True}, "expected Real"),
        ({"n": 3.5}, "expected Integral"),
        ({"low": 0.5, "high": 0.1}, "from 0.5 to 0.1"),
        ({"low": 0.5}, "from 0.5 to None"),
    ],
)
def test_a_wrong_record_is_refused_and_the_old_file_kept(path, wrong, message):
    path.write_text("the old results", encoding="utf-8")
    with pytest.raises(ResultsError, match=rf"numbers\.json, record 2: .*{message}"):
        write_results([record(), record(**wrong)], path)
    assert path.read_text(encoding="utf-8") == "the old results"


def test_no_results_at_all_are_refused(path):
    with pytest.raises(ResultsError, match="at least one record"):
        write_results([], path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{", "not a JSON file"),
        ("{}", "list of at least one record"),
        ("[3]", "an object with named fields, not 3"),
        (json.dumps([stored(value=None)]), "value is missing"),
        (json.dumps([stored(value=np.nan)]), "only finite"),
        (json.dumps([record()]), "missing fields"),
    ],
)
def test_a_wrong_file_is_refused(path, text, message):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ResultsError, match=message):
        read_results(path)


def test_a_missing_file_is_a_missing_file(path):
    with pytest.raises(FileNotFoundError):
        read_results(path)


def test_a_table_has_a_row_a_method_and_a_column_a_metric(path):
    write_results(
        [
            record(low=0.053, high=0.071),
            record(metric="rmse", method="BiasModel", value=0.88577),
        ],
        path,
    )
    table = results_table(path, ["rmse", "ndcg@10"], digits=3)
    assert table.to_dict("index") == {
        "Popularity": {"rmse": "-", "ndcg@10": "0.062 [0.053, 0.071]"},
        "BiasModel": {"rmse": "0.886", "ndcg@10": "-"},
    }


def test_a_table_of_several_splits_asks_which():
    frame = pd.DataFrame([stored(split="random"), stored(split="user temporal")])
    with pytest.raises(ResultsError, match="Choose a split: random, user temporal"):
        results_table(frame, ["ndcg@10"])


def test_a_table_can_be_of_one_split():
    frame = pd.DataFrame([stored(split="random", value=0.1), stored(split="other")])
    table = results_table(frame, ["ndcg@10"], split="random", digits=1)
    assert table.loc["Popularity", "ndcg@10"] == "0.1"


def test_a_metric_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(ResultsError, match=r"No results for hits@3\. There are: ndcg"):
        results_table(pd.DataFrame([stored()]), ["ndcg@10", "hits@3"])


# --- the files that come with the course ------------------------------------------

BASELINES = ROOT / "benchmarks" / "results" / "baselines.json"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """As if the package lay in site-packages, where there are no benchmarks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for folder, globs in project["tool"]["setuptools"]["data-files"].items():
        (tmp_path / folder).mkdir(parents=True)
        for file in (file for glob in globs for file in ROOT.glob(glob)):
            shutil.copy(file, tmp_path / folder)
    monkeypatch.setattr(results, "_CHECKOUT", tmp_path / "lib" / "benchmarks")
    monkeypatch.setattr(results.sysconfig, "get_path", lambda name: str(tmp_path))


def test_published_results_are_those_of_the_checkout():
    frame = published_results("baselines")
    pd.testing.assert_frame_equal(frame, read_results(BASELINES))


@pytest.mark.parametrize(
    ("kind", "file_name", "known"),
    [("results", "nothing.json", "baselines"), ("vectors", "nothing.npz", "posters")],
)
def test_an_unknown_published_file_is_named_with_the_known_ones(kind, file_name, known):
    with pytest.raises(FileNotFoundError, match=f"'nothing'.*{known}"):
        published_file(kind, file_name)


@pytest.mark.usefixtures("installed")
def test_an_installed_package_brings_its_published_files(tmp_path):
    frame = published_results("baselines")
    pd.testing.assert_frame_equal(frame, read_results(BASELINES))
    assert published_file("vectors", "posters.npz").is_relative_to(tmp_path)


# --- the commit, in a checkout made for the test ----------------------------------


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return run.stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with a package of one file, which is taken for ours."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / "checkout"
    for name in ["package/results.py", "benchmarks/results/a.json", "README.md"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("one\n", encoding="utf-8")
    git(tmp_path, "init", "--quiet", "checkout")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "One")
    monkeypatch.setattr(results, "__file__", str(folder / "package" / "results.py"))
    return folder


def test_the_commit_is_that_of_the_package_wherever_one_works(checkout, monkeypatch):
    monkeypatch.chdir(checkout.parent)
    assert results.commit() == git(checkout, "rev-parse", "--short", "HEAD")


@pytest.mark.parametrize("changed", ["package/results.py", "README.md"])
def test_a_changed_file_makes_the_commit_dirty(checkout, changed):
    (checkout / changed).write_text("two\n", encoding="utf-8")
    assert results.commit() == git(checkout, "rev-parse", "--short", "HEAD") + "-dirty"


def test_a_results_file_that_was_just_written_does_not(checkout):
    (checkout / "benchmarks/results/a.json").write_text("two\n", encoding="utf-8")
    assert not results.commit().endswith("dirty")


def test_a_package_installed_inside_another_checkout_has_no_commit(
    checkout, monkeypatch
):
    installed = checkout / "site-packages" / "results.py"
    installed.parent.mkdir()
    installed.write_text("one\n", encoding="utf-8")
    monkeypatch.setattr(results, "__file__", str(installed))
    assert results.commit() is None


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "__file__", str(tmp_path / "results.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert results.commit() is None


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", str(checkout))
    assert results.commit() is None


def test_the_methods_of_the_comparison_have_names_without_commas_for_readers():
    published = published_results("five_methods")
    named = named_for_readers(published)
    assert not named["method"].str.contains(",").any()
    assert not named["metric"].str.contains(",").any()
    assert named["method"].nunique() == published["method"].nunique()
    assert named["value"].equals(published["value"])


def test_a_name_for_readers_is_a_name_of_one_method():
    in_comparison = set(published_results("five_methods")["method"])
    names = [name for key, name in METHOD_NAMES.items() if key in in_comparison]
    assert len(set(names)) == len(names)
    assert not set(names) & in_comparison
