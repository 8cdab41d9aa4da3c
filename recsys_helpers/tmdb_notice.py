"""What TMDB wants to be said wherever its data or pictures show."""

from html import escape

from recsys_helpers.display import Shown

__all__ = ["TMDB_ATTRIBUTION", "with_tmdb_attribution"]

TMDB_ATTRIBUTION = (
    "This product uses the TMDB API but is not endorsed or certified by TMDB."
)


def with_tmdb_attribution(shown: Shown) -> Shown:
    """Put TMDB's notice below a strip of its posters, or whatever shows them.

    Examples
    --------
    >>> with_tmdb_attribution(Shown("<p>Heat</p>", "Heat"))
    Heat
    This product uses the TMDB API but is not endorsed or certified by TMDB.
    """
    notice = (
        '<p class="rh-attribution"><small>'
        '<a href="https://www.themoviedb.org/">Posters from TMDB</a>. '
        f"{escape(TMDB_ATTRIBUTION)}</small></p>"
    )
    return Shown(shown.html + notice, f"{shown.text}\n{TMDB_ATTRIBUTION}")
