"""Features of images on disk: one small file an image, found by the image's content.

A file that is damaged counts as none, and a file gets its place only when it is
complete: so a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.vectors_file import UNREADABLE
from recsys_helpers.whole_files import write_whole

__all__ = ["FeatureCache"]


class FeatureCache:
    """Rows of numbers, by the key of an image.

    Parameters
    ----------
    folder : str or pathlib.Path
        Made when it is first written to.
    kind : str
        What computed the features, and how: a folder of its own inside `folder`.
    length : int
        Of a row; a file with a row of another length counts as damaged.
    dtype : str
        Of the rows.
    """

    def __init__(
        self, folder: str | Path, kind: str, length: int, dtype: str = "float32"
    ) -> None:
        self.folder = Path(folder) / kind
        self.length, self.dtype = length, np.dtype(dtype)

    def read(self, key: str) -> NDArray | None:
        """Row of an image, shape (length,); None if there is none that is whole."""
        try:
            # No pickle is read, so that a foreign file can do no harm.
            with np.load(self._path(key), allow_pickle=False) as archive:
                row = archive["features"]
        except UNREADABLE:
            return None
        fits = row.shape == (self.length,) and row.dtype == self.dtype
        return row if fits and np.isfinite(row).all() else None

    def write(self, key: str, row: NDArray) -> None:
        """Keep a row, shape (length,)."""
        content = io.BytesIO()
        np.savez(content, features=row.astype(self.dtype, copy=False))
        write_whole(self._path(key), content.getvalue())

    def _path(self, key: str) -> Path:
        # Not all in one folder: many thousands of files in one are slow to list.
        return self.folder / key[:2] / f"{key}.npz"
