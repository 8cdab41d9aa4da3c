"""Settings of all tests."""

from hypothesis import settings

# A test that fails because the machine is busy says nothing about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
