"""Settings of all tests, and what tests of several modules need."""

import pytest
from hypothesis import settings

# A test that fails because the machine is busy says nothing about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
def count_progress(monkeypatch):
    """Put a progress bar into a module that notes its steps in the list returned."""

    def count(module):
        counted = []

        class Bar:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                pass

            update = counted.append

        monkeypatch.setattr(module, "progress_bar", lambda *about: Bar())
        return counted

    return count
