"""The chapters run on the editions that are there, and the others are named."""

import os
from pathlib import Path
from unittest.mock import create_autospec

import pytest
import run_editions


@pytest.fixture
def ran_on(monkeypatch, tmp_path):
    """Run no chapter, but note the edition; every first chapter fails on 100k."""
    editions = []

    def run_all(notebooks, keep, **options):
        editions.append(os.environ["RECSYS_DATASET"])
        assert Path(os.environ["RECSYS_DATA_DIR"]).is_absolute()
        return list(notebooks)[:1] if editions[-1] == "100k" else []

    # What main() sets is taken back after the test.
    for name in ("RECSYS_DATASET", "CI", *run_editions.ONE_THREAD):
        monkeypatch.setenv(name, "")
    run_all = create_autospec(run_editions.run_all, side_effect=run_all)
    monkeypatch.setattr(run_editions, "run_all", run_all)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECSYS_DATA_DIR", "data")
    Path("data").mkdir()
    return editions


def test_an_edition_runs_if_its_folder_or_archive_is_there(ran_on):
    Path("data/ml-latest-small").mkdir()
    Path("data/ml-1m.zip").touch()
    assert run_editions.main(["latest-small", "1m", "small"]) == 0
    assert ran_on == ["latest-small", "1m", "small"]


def test_an_edition_that_was_asked_for_and_is_missing_is_a_failure(ran_on):
    assert run_editions.main(["small", "1m"]) == 1
    assert ran_on == ["small"]


def test_what_is_missing_is_named_with_a_way_to_get_it(ran_on, capsys):
    Path("data/ml-latest-small").mkdir()
    assert run_editions.main([]) == 0
    assert ran_on == ["latest-small"]
    said = capsys.readouterr().err
    assert "100k" in said
    assert "ml-100k.zip" in said


def test_a_chapter_that_fails_is_named_with_its_edition(ran_on, capsys):
    Path("data/ml-100k").mkdir()
    assert run_editions.main(["100k"]) == 1
    assert "long_tail.ipynb fails on 100k" in capsys.readouterr().out


@pytest.mark.parametrize(("asked", "status"), [(["1m"], 1), (["2m"], 2)])
def test_a_run_of_nothing_is_no_success(ran_on, asked, status):
    assert run_editions.main(asked) == status
    assert ran_on == []
