"""What can go wrong with TMDB, each kind with a name of its own.

The source text caught them all with one bare ``except`` and took each for "this film
has no poster"; nobody could tell afterwards why 2,192 of 3,091 films had none.
"""

from recsys_helpers.download import DownloadError

__all__ = [
    "NoTmdbKeyError",
    "TmdbError",
    "TmdbKeyRefusedError",
    "TmdbNotFoundError",
    "TmdbUnavailableError",
]


class TmdbError(DownloadError):
    """Something that TMDB did not give; the message says why."""


class NoTmdbKeyError(TmdbError):
    """There is no key, or what is given as one can't be one."""


class TmdbKeyRefusedError(TmdbError):
    """TMDB does not accept the key, and won't for the next film either."""


class TmdbNotFoundError(TmdbError):
    """TMDB has no such film."""


class TmdbUnavailableError(TmdbError):
    """TMDB can't be reached now.

    Parameters
    ----------
    message : str
    after : float
        Seconds after which TMDB wants to be asked again; 0 if it did not say.
    """

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after
