"""For the modules of TMDB, until they take it from `recsys_helpers.datasets`."""

from recsys_helpers.datasets import DownloadError

__all__ = ["DownloadError"]
