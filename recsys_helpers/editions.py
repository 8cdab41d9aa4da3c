"""The editions of MovieLens: what is published about each, and where it is from."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass

from recsys_helpers.small_edition import INSTALLED
from recsys_helpers.validation import (
    DatasetError,
)


@dataclass(frozen=True)
class Edition:
    """What is published about one edition of MovieLens.

    Parameters
    ----------
    n_ratings, n_users, n_movies : int
        Its size. ``n_movies`` counts the movies listed; some have no rating.
    archive : str or None
        Name of its archive at GroupLens, without ".zip"; None where it is installed
        with the course.
    sha256 : str
        Checksum of the archive, or of the installed file.
    """

    n_ratings: int
    n_users: int
    n_movies: int
    archive: str | None
    sha256: str


#: Where each edition comes from, its checksum and its size.
EDITIONS: dict[str, Edition] = {
    "sample": Edition(8_479, 151, 517, None, INSTALLED.sha256),
    "small": Edition(100_004, 671, 9_066, None, INSTALLED.sha256),
    "latest-small": Edition(
        100_836,
        610,
        9_742,
        "ml-latest-small",
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    ),
    "25m": Edition(
        25_000_095,
        162_541,
        62_423,
        "ml-25m",
        "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
    ),
    "32m": Edition(
        32_000_204,
        200_948,
        87_585,
        "ml-32m",
        "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
    ),
}


GROUPLENS = "https://files.grouplens.org/datasets/movielens/"


_CITATION = """\
F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and
Context. ACM Transactions on Interactive Intelligent Systems 5, 4, Article 19.
https://doi.org/10.1145/2827872

Terms of use of MovieLens, in short: cite the paper above in what you publish; no
commercial use without the permission of GroupLens, University of Minnesota;
redistribution, also of changed data, under the same terms only; no endorsement by the
university, and no warranty."""


def citation() -> str:
    """Return the paper to cite for MovieLens and its terms of use, to be printed."""
    return _CITATION


def known_edition(edition: str | None) -> str:
    """Choose the edition by name, by RECSYS_DATASET, or `small`."""
    name = edition or os.environ.get("RECSYS_DATASET") or "small"
    if name not in EDITIONS:
        near = difflib.get_close_matches(name, EDITIONS, n=1)
        raise DatasetError(
            f"There is no edition {name!r} of MovieLens here"
            + (f"; did you mean {near[0]!r}?" if near else ".")
            + f" The editions are {', '.join(EDITIONS)}."
        )
    return name
