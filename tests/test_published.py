import shutil
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_helpers import results as published
from recsys_helpers.results import published_results, published_vectors, read_results

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """As if the package lay in site-packages, where there are no benchmarks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for folder, globs in project["tool"]["setuptools"]["data-files"].items():
        (tmp_path / folder).mkdir(parents=True)
        for file in (file for glob in globs for file in ROOT.glob(glob)):
            shutil.copy(file, tmp_path / folder)
    monkeypatch.setattr(published, "CHECKOUT", tmp_path / "lib" / "benchmarks")
    monkeypatch.setattr(published.sysconfig, "get_path", lambda name: str(tmp_path))


def test_published_results_are_those_of_the_checkout():
    frame = published_results("baselines")
    expected = read_results(BENCHMARKS / "results" / "baselines.json")
    pd.testing.assert_frame_equal(frame, expected)


def test_unknown_published_results_are_named_with_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"results called 'nothing'.*baselines"):
        published_results("nothing")


def test_unknown_published_vectors_are_named_with_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"'nothing'.*entities, posters"):
        published_vectors("nothing")


@pytest.mark.usefixtures("installed")
def test_an_installed_package_brings_its_published_results():
    expected = read_results(BENCHMARKS / "results" / "baselines.json")
    pd.testing.assert_frame_equal(published_results("baselines"), expected)


@pytest.mark.usefixtures("installed")
def test_an_installed_package_brings_its_published_vectors():
    assert np.isin(published_vectors("posters").movie_ids, [1, 260]).sum() == 2
