"""Find the corpus of pages on this machine, or download it; and open its lines."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from recsys_helpers.archives import kind_of, opened
from recsys_helpers.download import ChecksumError, fetch, split_login
from recsys_helpers.validation import DatasetError, InvalidDataError

__all__ = ["find_or_fetch", "opened_lines"]

_FILE = "wp_movies_10k.ndjson"
_SERVER = "https://github.com/rajeevratan84/datascienceforbusiness/raw/master"
_ENDS = ("", ".gz", ".zip")
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


@contextmanager
def opened_lines(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of lines, whatever it is packed in: its first bytes tell.

    Parameters
    ----------
    path : pathlib.Path
        The file itself, the file in a gzip, or a zip or folder that holds one file
        whose name ends in ``.ndjson``.

    Raises
    ------
    InvalidDataError
        When it is missing, no text or damaged (noticed at the latest at its end), or
        when a zip or folder holds no such file, or several.
    """
    if not path.exists():
        raise InvalidDataError(f"There is no file or folder {path}.")
    start = _ZIP if path.is_dir() else _first_bytes(path)
    if start.startswith(_ZIP):
        with opened(path) as (names, open_file):
            # "._name" is what a Mac puts beside a file called name.
            lines = [n for n in names if n.endswith(".ndjson") and n[:2] != "._"]
            if len(lines) != 1:
                raise InvalidDataError(
                    f"{path} holds {len(lines)} files that end in .ndjson, and one is "
                    "wanted. Give the path of that file itself."
                )
            with open_file(lines[0]) as stream:
                yield stream
    elif start.startswith(_GZIP):
        try:
            with gzip.open(path) as stream:
                yield cast("IO[bytes]", stream)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidDataError(
                f"{path} is damaged ({error}). Get it again."
            ) from error
    elif kind := kind_of(start):
        raise InvalidDataError(f"{path} is {kind}.")
    else:
        with path.open("rb") as stream:
            yield stream


def find_or_fetch(sha256: str | None) -> tuple[Path, str]:
    """Return where the original corpus is, and the same in words.

    See :func:`recsys_helpers.wikipedia_corpus.load_wikipedia_links` for the places and
    the errors.
    """
    import pooch

    own = os.environ.get("RECSYS_DATA_DIR")
    folders = [Path(own).expanduser()] if own else []
    folders.append(Path(pooch.os_cache("recsys_helpers")))
    sha256 = sha256 or os.environ.get("RECSYS_WIKIPEDIA_SHA256")
    for path in (folder / f"{_FILE}{end}" for folder in folders for end in _ENDS):
        if path.is_file():
            if sha256 and path.suffix == ".zip":
                _require_checksum(path, sha256)
            return path, f"the file {path}"
    server = (os.environ.get("RECSYS_WIKIPEDIA_URL") or _SERVER).rstrip("/")
    url = f"{server}/{_FILE}.zip"
    if not sha256:
        raise DatasetError(
            f"The corpus {_FILE} is not on this machine, and it is not downloaded "
            "without a checksum: nobody has published one. Get "
            f"{split_login(url)[0]} with your browser and put it into {folders[0]}, or "
            "into a folder that RECSYS_DATA_DIR names. Or ask somebody who has it for "
            "its SHA-256 (sha256sum, or hashlib in Python) and give that as sha256=... "
            "or as RECSYS_WIKIPEDIA_SHA256: then it is downloaded, and checked."
        )
    path = fetch(url, sha256, folders[0], server_setting="RECSYS_WIKIPEDIA_URL")
    return path, f"the archive {path}, downloaded from {split_login(url)[0]}"


def _require_checksum(path: Path, sha256: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise ChecksumError(
            f"{path} is not the archive that was meant: its SHA-256 is {found}, and "
            f"{sha256} was given. It was not used and not changed. Replace it, or take "
            "it away and a new one will be downloaded."
        )


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024)
