"""Posters and facts of films from TMDB, The Movie Database, with the reader's own key.

Put your key into the environment variable ``TMDB_API_KEY``, then::

    from recsys_helpers.datasets import load_movielens
    from recsys_helpers.posters.tmdb import download_posters

    report = download_posters(load_movielens("latest-small").links, "posters")
    print(report)

`Tmdb` is the client below it. Whatever shows the posters also shows TMDB's notice:
`with_tmdb_attribution` puts it there.
"""

from recsys_helpers.posters.tmdb._client import (
    TMDB_ATTRIBUTION,
    Answer,
    NoTmdbKeyError,
    Tmdb,
    TmdbError,
    TmdbKeyRefusedError,
    TmdbNotFoundError,
    TmdbUnavailableError,
    as_imdb_id,
    as_json,
    as_tmdb_id,
    with_tmdb_attribution,
)
from recsys_helpers.posters.tmdb._download import PosterReport, download_posters

__all__ = [
    "TMDB_ATTRIBUTION",
    "Answer",
    "NoTmdbKeyError",
    "PosterReport",
    "Tmdb",
    "TmdbError",
    "TmdbKeyRefusedError",
    "TmdbNotFoundError",
    "TmdbUnavailableError",
    "as_imdb_id",
    "as_json",
    "as_tmdb_id",
    "download_posters",
    "with_tmdb_attribution",
]
