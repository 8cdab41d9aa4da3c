"""A trained model in a file: a numpy archive without pickles.

A pickle runs whatever code is in it as soon as it is read, so a model file that
somebody exchanged would own the server. This one holds numbers and text, and what is
read is checked: the archive's checksums find a damaged byte, and `Recommender` refuses
parts that do not fit each other.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._files import ArraysFileError, read_npz, write_npz
from recsys_helpers.interactions import IdIndex
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.ease import Ease
from recsys_helpers.serving.recommender import Recommender, Settings

FORMAT_VERSION = 2
_MISFITS = (AttributeError, IndexError, RecursionError, TypeError, ValueError)
_METHODS: dict[str, type] = {"als": Als, "ease": Ease}
_DENSE = ("user_vectors", "movie_vectors", "gram_inverse", "scale")
_SPARSE = ("seen", "likes", "queries")
_PARTS = ("data", "indices", "indptr")


class ModelFileError(ArraysFileError):
    """A file that does not hold a model that can be served."""

    holds = "a model that can be served"
    remedy = "Make it anew with python -m recsys_helpers.serving --save {path}"


def save(recommender: Recommender, path: str | Path) -> None:
    """Write a model to an ``.npz`` file, which takes its place only when complete."""
    arrays: dict[str, Any] = {
        "edition": np.array(recommender.edition),
        "settings": np.array(_written(recommender.settings)),
        "titles": np.array(recommender.titles, dtype=str),
        "user_ids": recommender.users.ids,
        "movie_ids": recommender.movies.ids,
    }
    arrays |= {name: getattr(recommender, name) for name in _DENSE}
    for name in _SPARSE:
        matrix = getattr(recommender, name)
        arrays |= {f"{name}_{part}": getattr(matrix, part) for part in _PARTS}
    write_npz(path, arrays, version=FORMAT_VERSION, compress=True)


def load(path: str | Path) -> Recommender:
    """Read what `save` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file is damaged, cut short, or holds something else.
    """
    arrays = read_npz(path, ModelFileError, version=FORMAT_VERSION)
    try:
        return _recommender(arrays)
    except KeyError as error:
        raise ModelFileError(path, f"{error} is missing.") from error
    except _MISFITS as error:
        raise ModelFileError(path, f"its parts do not fit ({error}).") from error


def _recommender(arrays: Mapping[str, NDArray]) -> Recommender:
    users = _index(arrays, "user_id")
    movies = _index(arrays, "movie_id")
    titles = arrays["titles"]
    if titles.ndim != 1 or titles.dtype.kind != "U":
        raise ValueError("the titles are no list of text")
    dense = {name: arrays[name] for name in _DENSE}
    shape = (len(users), len(movies))
    sparse_ones = {name: _matrix(arrays, name, shape) for name in _SPARSE}
    return Recommender(
        edition=str(arrays["edition"]),
        settings=_settings(str(arrays["settings"])),
        titles=tuple(titles.tolist()),
        users=users,
        movies=movies,
        **cast("dict[str, Any]", dense | sparse_ones),
    )


def _written(settings: Settings) -> str:
    """All that the methods were set to, as text in JSON."""
    return json.dumps(
        {
            name: {
                one.name: getattr(method, one.name)
                for one in fields(method)
                if one.name != "release_years"  # never served
            }
            for name, method in settings._asdict().items()
        },
        default=np.generic.item,  # a search over settings may give numpy's
    )


def _settings(written: str) -> Settings:
    found = json.loads(written)
    if {name: set(one) for name, one in found.items()} != {
        name: {one.name for one in fields(method)} - {"release_years"}
        for name, method in _METHODS.items()
    }:
        raise ValueError("the settings are not those of the two methods")
    return Settings(
        **{name: method(**found[name]) for name, method in _METHODS.items()}
    )


def _index(arrays: Mapping[str, NDArray], name: str) -> IdIndex:
    ids = arrays[f"{name}s"]
    index = IdIndex.of(ids, name)
    if not np.array_equal(index.ids, ids):
        raise ValueError(f"the {name}s are not ascending, each once")
    return index


def _matrix(
    arrays: Mapping[str, NDArray], name: str, shape: tuple[int, int]
) -> sparse.csr_array:
    parts = tuple(arrays[f"{name}_{part}"] for part in _PARTS)
    matrix = sparse.csr_array(parts, shape=shape)
    # A position beyond the end would be read from foreign memory.
    matrix.check_format(full_check=True)
    return matrix
