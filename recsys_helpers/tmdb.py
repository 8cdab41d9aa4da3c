"""Posters and facts of films from TMDB, The Movie Database, with the reader's own key.

Put your key into the environment variable ``TMDB_API_KEY``, then::

    from recsys_helpers.datasets import load_movielens
    from recsys_helpers.tmdb import download_posters

    report = download_posters(load_movielens("latest-small").links, "posters")
    print(report)

`Tmdb` is the client below it. Whatever shows the posters also shows TMDB's notice:
`with_tmdb_attribution` puts it there.
"""

from recsys_helpers.poster_download import download_posters
from recsys_helpers.poster_report import PosterReport
from recsys_helpers.tmdb_client import Tmdb
from recsys_helpers.tmdb_errors import (
    NoTmdbKeyError,
    TmdbError,
    TmdbKeyRefusedError,
    TmdbNotFoundError,
    TmdbUnavailableError,
)
from recsys_helpers.tmdb_ids import as_imdb_id, as_tmdb_id
from recsys_helpers.tmdb_notice import TMDB_ATTRIBUTION, with_tmdb_attribution

__all__ = [
    "TMDB_ATTRIBUTION",
    "NoTmdbKeyError",
    "PosterReport",
    "Tmdb",
    "TmdbError",
    "TmdbKeyRefusedError",
    "TmdbNotFoundError",
    "TmdbUnavailableError",
    "as_imdb_id",
    "as_tmdb_id",
    "download_posters",
    "with_tmdb_attribution",
]
