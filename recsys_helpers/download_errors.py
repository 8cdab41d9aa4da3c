"""What can go wrong with a download, and what the reader can do then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from recsys_helpers.validation import DatasetError


class DownloadError(DatasetError):
    """A file that could not be downloaded; the message says what to do."""


class ChecksumError(DatasetError):
    """A file that is not the published one."""


def disk_full(part: Path, total: int | None) -> NoReturn:
    """Say how much room is needed, and how to go on."""
    needed = f"{total / 2**20:,.0f} MiB" if total else "an unknown number of bytes"
    raise DownloadError(
        f"The disk is full: the file needs {needed} in {part.parent}. Free some space "
        "and run this again, it goes on where it stopped; or let RECSYS_DATA_DIR name "
        f"a folder on another disk, and delete {part}."
    ) from None


def set_aside(part: Path, path: Path, by_hand: str) -> NoReturn:
    """Keep what was downloaded, under a name that nobody reads, and say why."""
    corrupt = corrupt_name(path)
    os.replace(part, corrupt)
    with corrupt.open("rb") as file:
        start = file.read(512).lstrip().lower()
    what = (
        "is a web page, not the file" if start.startswith(b"<") else "is not the file"
    )
    raise ChecksumError(
        f"What was downloaded {what} that was published: its SHA-256 differs. It is "
        f"kept as {corrupt} for you to look at, and is not used. Run this again to "
        f"download from the start. {by_hand}"
    )


def corrupt_name(path: Path) -> Path:
    """Name the place of a file that is not the published one."""
    return path.with_name(path.name + ".corrupt")


def certificate_failed(url: str, error: Exception, by_hand: str) -> NoReturn:
    """Say that the server cannot prove who it is, and what helps."""
    expired = "expired" in str(error)
    what = "has expired" if expired else f"is not valid ({innermost(error)})"
    raise DownloadError(
        f"The certificate of {url} {what}, so nobody can tell who answers there. That "
        "of GroupLens expired in 2024, 2025 and 2026, each summer for some days. The "
        "check is not switched off: waiting helps, or another server, or the file put "
        f"there by hand. {by_hand}"
    ) from error


def by_hand_advice(url: str, sha256: str, path: Path, server_setting: str) -> str:
    """Say how to get the file without this program."""
    return (
        f"By hand: get {path.name} from {url} or from somebody who has it, check that "
        f"its SHA-256 is {sha256}, and put it into {path.parent} or into a folder that "
        f"the environment variable RECSYS_DATA_DIR names. {server_setting} names "
        "another server to try."
    )


def innermost(error: BaseException) -> str:
    """Return the cause in plain words: requests wraps it two or three times."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return str(error) or type(error).__name__
