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


def integer_ids(ids: ArrayLike, name: str) -> NDArray[np.signedinteger]:
    """Ids as an array, in their shape: the check that all ids of the course pass.

    Parameters
    ----------
    ids : array_like of int
        Whole numbers in a column of objects are ids too.
    name : str
        What the message calls them, for example ``"movie_id"``.

    Raises
    ------
    ValueError
        If one is not a whole number of at most 64 bits (text, a fraction, NaN, True);
        the message names the first. 1.0 is none either: other such columns would hold
        a NaN.
    """
    ids = np.asarray(ids)
    if ids.dtype.kind == "i":
        return ids
    # Unsigned ids would be compared with signed ones as floats, which confuses large
    # ones; Python's own whole numbers are of any size.
    objects = ids.astype(object) if ids.dtype == np.uint64 else ids
    kind = objects.dtype.kind
    if kind == "u" or not ids.size:
        return ids.astype(np.int64)
    if kind == "O" and all(_is_whole(one) for one in objects.flat):
        try:
            return objects.astype(np.int64)
        except OverflowError:
            largest = max(objects.flat, key=abs)
            raise ValueError(f"{name} {largest} is too large for an id.") from None
    raise ValueError(_no_id(ids, name))


def _no_id(ids: NDArray, name: str) -> str:
    values = ids.ravel().tolist()
    wrong = (
        place
        for place, one in enumerate(values)
        if not (_is_whole(one) or (isinstance(one, float) and one.is_integer()))
    )
    place = next(wrong, 0)
    value, hint = values[place], ""
    if isinstance(value, float):
        hint = (
            " A merge that finds no partner for a row fills in NaN and makes ids "
            'floats: drop those rows, then .astype("int64").'
        )
    elif isinstance(value, str):
        hint = (
            ' .astype("int64") makes numbers of digits; names become numbers by '
            "pd.factorize, of all rows at once."
        )
    where = f" at position {place}" if len(values) > 1 else ""
    kind = "text" if ids.dtype.kind == "U" else ids.dtype
    return f"{name} must be whole numbers, not {kind}: got {value!r}{where}.{hint}"


def _is_whole(one: object) -> bool:
    return isinstance(one, Integral) and not isinstance(one, bool)
