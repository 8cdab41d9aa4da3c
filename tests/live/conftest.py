"""The files of the live page, as the page reads them."""

import pytest
from live_data import LiveData


@pytest.fixture(scope="session")
def live(live_folder):
    return LiveData.read(live_folder / "static" / "live-data")
