"""Whether an answer of TMDB has the parts that are needed, each of the right kind."""

import re
from typing import Any

from recsys_helpers.tmdb_session import checked_address

__all__ = ["has_posters", "is_configuration", "is_film", "is_found"]


def is_configuration(answer: Any) -> bool:
    """Say whether an answer tells where pictures are, at a safe address."""
    try:
        images = answer["images"]
        checked_address(images["secure_base_url"], "secure_base_url")
        return bool(images["poster_sizes"]) and all(
            re.fullmatch(r"[wh][0-9]+|original", size)
            for size in images["poster_sizes"]
        )
    except (KeyError, TypeError, ValueError):
        return False


def is_film(answer: Any) -> bool:
    """Say whether an answer is a film, or a series, with or without a poster."""
    return (
        isinstance(answer, dict)
        and type(answer.get("id")) is int
        and isinstance(answer.get("poster_path"), str | None)
    )


def is_found(answer: Any) -> bool:
    """Say whether an answer lists what was found, which may be nothing."""
    if not isinstance(answer, dict) or "movie_results" not in answer:
        return False
    results = (answer.get(f"{kind}_results") or [] for kind in ("movie", "tv"))
    return all(isinstance(r, list) and all(map(is_film, r)) for r in results)


def has_posters(answer: Any) -> bool:
    """Say whether an answer lists the posters of a film."""
    posters = answer.get("posters") if isinstance(answer, dict) else None
    return isinstance(posters, list) and all(
        isinstance(poster, dict) and isinstance(poster.get("file_path"), str)
        for poster in posters
    )
