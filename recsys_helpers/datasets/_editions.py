"""The editions of MovieLens: what is published about each, and where it is from."""

from __future__ import annotations

import difflib
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from recsys_helpers.datasets._movielens import read_1m, read_100k, read_movielens
from recsys_helpers.datasets._sample import INSTALLED, read_sample, read_small
from recsys_helpers.datasets._validation import DatasetError

Reader = Callable[..., tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]]


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
    reader : callable
        Gives ratings, movies and links (None where there are none). It is called with
        the path of a folder or archive, ``n_ratings`` and ``n_movies``, or with nothing
        where ``archive`` is None.
    """

    n_ratings: int
    n_users: int
    n_movies: int
    archive: str | None
    sha256: str
    reader: Reader = read_movielens


#: Where each edition comes from, its checksum and its size.
EDITIONS: dict[str, Edition] = {
    "sample": Edition(8_479, 151, 517, None, INSTALLED.sha256, read_sample),
    "small": Edition(100_004, 671, 9_066, None, INSTALLED.sha256, read_small),
    "100k": Edition(
        100_000,
        943,
        1_682,
        "ml-100k",  # its published MD5 is 0e33842e24a9c977be4e0107933c0723
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        read_100k,
    ),
    "1m": Edition(
        1_000_209,
        6_040,
        3_883,
        "ml-1m",  # its published MD5 is c4d9eecfca2ab87c1945afe126590906
        "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        read_1m,
    ),
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

# What the chapters say was seen on these: on all the others it may be different.
_OF_THE_TEXT = ("sample", "small")

GROUPLENS = "https://files.grouplens.org/datasets/movielens/"


_CITATION = """\
F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and
Context. ACM Transactions on Interactive Intelligent Systems 5, 4, Article 19.
https://doi.org/10.1145/2827872

Terms of use of MovieLens, in short: cite the paper above in what you publish; no
commercial use without the permission of GroupLens, University of Minnesota;
redistribution, also of changed data, under the same terms only, and of the editions
100k and 1m only with permission; no endorsement by the university, and no warranty."""


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


@contextmanager
def the_text_says(edition: str) -> Iterator[None]:
    """Hold a chapter to what its text says of `small`; on other editions, report it.

    Chapters put it around the asserts whose outcome depends on the ratings. On `small`
    and its part `sample` an assert that fails is an error, as always.

    Parameters
    ----------
    edition : str
        The edition that the chapter runs on.

    Raises
    ------
    AssertionError
        On `small` and `sample`, when an assert fails.

    Examples
    --------
    >>> with the_text_says("100k"):
    ...     assert 0.5 in [1, 2, 3, 4, 5]
    The text speaks of the edition small; on 100k line 2 does not hold:
        assert 0.5 in [1, 2, 3, 4, 5]
    """
    try:
        yield
    except AssertionError as error:
        if edition in _OF_THE_TEXT:
            raise
        # The first frame is this one, the second has the assert.
        failed = traceback.extract_tb(error.__traceback__)[1]
        print(
            f"The text speaks of the edition small; on {edition} line {failed.lineno} "
            f"does not hold:\n    {failed.line}"
        )
