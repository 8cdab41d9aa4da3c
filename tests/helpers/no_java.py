"""Plug-in of pytest (``-p no_java``): nothing on this machine is a Java."""

from recsys_helpers.large import spark as java


def pytest_configure():
    # Not on import: pytest imports every module here to look for doctests.
    java._possible_homes = lambda: iter(())
