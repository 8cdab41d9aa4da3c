"""The methods of the live page, their files, and these as the page reads them."""

import pytest
from live_data import LiveData

from recsys_helpers.datasets import load_movielens
from recsys_helpers.live.export import export_live
from recsys_helpers.live.methods import fit_live_methods


@pytest.fixture(scope="session")
def live_methods():
    """The methods of the live page on `sample`, trained for a moment."""
    return fit_live_methods(load_movielens("sample"), n_films=400, n_epochs=2)


@pytest.fixture(scope="session")
def live_folder(live_methods, tmp_path_factory):
    """The folder that they were exported to."""
    folder = tmp_path_factory.mktemp("live")
    export_live(live_methods, folder)
    return folder


@pytest.fixture(scope="session")
def live(live_folder):
    return LiveData.read(live_folder / "static" / "live-data")
