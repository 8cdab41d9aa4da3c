"""What pages with cells, and the data of the live page, were made of the last time.

That is their `surroundings`, the locked versions, and each file of the repository that
the code needs. A page's own code is not among them: the cache of outputs knows it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path

from _ext.imports import Imports

from recsys_helpers._files import write_whole

# Those of what runs chapters; the other locks are for a server and for installing.
LOCKS = ("requirements.lock", "requirements-dev.lock")


class MadeOf:
    """Compares what things are made of now with records of when they were made.

    Parameters
    ----------
    root : pathlib.Path
        The repository.
    folder : pathlib.Path
        Where a record is kept of each thing.
    edition : str
        The edition of the ratings.
    """

    def __init__(self, root: Path, folder: Path, edition: str) -> None:
        self.root = root
        self.folder = folder
        self.edition = edition
        self._imports = Imports(root)
        self._now: dict[Path, dict[str, str]] = {}

    def now(self, program: Path) -> dict[str, str]:
        """Hash what a program, or a page with cells, needs, by the names of files."""
        if program not in self._now:
            is_notebook = program.suffix == ".ipynb"
            source = program.with_suffix(".py") if is_notebook else program
            needed = self._imports.closure(source) | {self.root / n for n in LOCKS}
            if program.suffix != ".py":
                needed.remove(source)
            self._now[program] = surroundings(self.edition) | {
                path.relative_to(self.root).as_posix(): hash_of(self.root, [path])
                for path in sorted(needed)
                if path.exists()
            }
        return self._now[program]

    def change(self, program: Path) -> str:
        """Say what has changed since `note`; empty if nothing has."""
        now = self.now(program)
        try:
            then = json.loads(self._record(program).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return "nothing is known of what is there"
        names = sorted(now.keys() | then.keys())
        changed = [name for name in names if now.get(name) != then.get(name)]
        if len(changed) > 1:
            return f"{changed[0]} and {len(changed) - 1} more have changed"
        return f"{changed[0]} has changed" if changed else ""

    def note(self, program: Path) -> None:
        """Record that something has been made of what there was at the comparison."""
        write_whole(self._record(program), json.dumps(self.now(program)).encode())

    def forget(self, program: Path) -> None:
        """Remove the record: what there is may be damaged."""
        self._record(program).unlink(missing_ok=True)

    def _record(self, program: Path) -> Path:
        return self.folder / f"{program.stem}.json"


def surroundings(edition: str) -> dict[str, str]:
    """Name what everything depends on, and no file of the repository says."""
    return {
        "the edition": edition,
        "the backend of Keras": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "the version of Python": platform.python_version(),
    }


def hash_of(root: Path, paths: Iterable[Path]) -> str:
    """Hash files, with their places in the repository."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
