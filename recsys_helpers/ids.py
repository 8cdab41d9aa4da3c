"""From ids, which come with the data and have gaps, to rows, which do not."""

from dataclasses import dataclass
from numbers import Integral
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


class UnknownIdError(KeyError):
    """An id that the index has never seen."""

    def __str__(self) -> str:
        # KeyError would show the message in quotes, with its line breaks escaped.
        return str(self.args[0])


@dataclass(frozen=True, eq=False)
class IdIndex:
    """Sorted unique ids; the row of an id is its position among them.

    Build one with `IdIndex.of`.

    Attributes
    ----------
    ids : numpy.ndarray of int, shape (n,)
        Ascending, each once, read-only.
    name : str
        What the ids are called in messages, for example ``"movie_id"``.

    Examples
    --------
    >>> movies = IdIndex.of([50, 1, 50, 318], name="movie_id")
    >>> movies.ids.tolist()
    [1, 50, 318]
    >>> movies.rows([318, 1]).tolist()
    [2, 0]
    >>> 2 in movies
    False
    """

    ids: NDArray[np.integer]
    name: str = "id"

    @classmethod
    def of(cls, ids: ArrayLike, name: str = "id") -> Self:
        """Index the distinct values of `ids`.

        Raises
        ------
        ValueError
            If there are no ids, or they are not whole numbers.
        """
        ids = integer_ids(ids, name)
        if ids.size == 0:
            raise ValueError(f"No {name} to index: the table of ratings is empty.")
        unique = np.unique(ids)
        unique.flags.writeable = False
        return cls(unique, name)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, single_id: object) -> bool:
        return bool(np.any(self.ids == single_id))

    def find(self, ids: ArrayLike) -> NDArray[np.intp]:
        """Rows of `ids`, with -1 for an id that is not in the index."""
        ids = integer_ids(ids, self.name)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self) - 1)
        return np.where(self.ids[rows] == ids, rows, -1)

    def rows(self, ids: ArrayLike) -> NDArray[np.intp]:
        """Rows of `ids`, in the same shape.

        Raises
        ------
        UnknownIdError
            If one is not in the index; the message names the first such id.
        """
        rows = self.find(ids)
        if np.any(rows < 0):
            unknown = int(np.asarray(ids)[rows < 0].flat[0])
            raise UnknownIdError(self._unknown(unknown))
        return rows

    def _unknown(self, unknown: int) -> str:
        position = int(np.searchsorted(self.ids, unknown))
        near = self.ids[max(position - 1, 0) : position + 1]
        return (
            f"{self.name} {unknown} is not among the {len(self):,} known here "
            f"(nearest: {' and '.join(str(i) for i in near)}). "
            f"Either it has no rating in these rows, or {unknown} is a position "
            "(of a row or column) and an id was wanted."
        )


def integer_ids(ids: ArrayLike, name: str) -> NDArray[np.integer]:
    """Ids as an array, in their shape.

    Raises
    ------
    ValueError
        If they are not whole numbers of at most 64 bits; `name` is what the message
        calls them.
    """
    ids = np.asarray(ids)
    if ids.size and not np.issubdtype(ids.dtype, np.integer):
        if ids.dtype == object and all(_is_whole(one) for one in ids.flat):
            # Python's own whole numbers, of any size, as a column of objects has them.
            try:
                return ids.astype(np.int64)
            except OverflowError:
                largest = max(ids.flat, key=abs)
                raise ValueError(f"{name} {largest} is too large for an id.") from None
        hint = ""
        if np.issubdtype(ids.dtype, np.floating):
            hint = (
                " A merge that finds no partner for a row fills in NaN and makes ids "
                'floats: drop those rows, then .astype("int64").'
            )
        raise ValueError(f"{name} must be whole numbers, not {ids.dtype}.{hint}")
    return ids


def _is_whole(one: object) -> bool:
    return isinstance(one, Integral) and not isinstance(one, bool)
