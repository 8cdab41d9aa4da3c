"""Look through what was handed in: whatever it is called and wherever it lies.

A submission is a folder, a zip, or a notebook that lies loose. `lay_out` puts what is
in it below a folder of ours, `choose` finds an assignment's notebook there. What can't
be used is named, so that nothing is passed over without a word.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode
from restore import UnreadableError, read_submission

LARGEST = 20 * 2**20  # bytes of a notebook that is read at all
MOST_UNZIPPED = 10 * LARGEST
MOST_FILES = 500  # of a submission, that are looked at
NAMED = 10  # files that are named in a reason
ARCHIVES = {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
OF_NOTEBOOKS = {"", ".json", ".txt"}  # what browsers and systems make of .ipynb
OF_SYSTEMS = {"__macosx", "thumbs.db", "desktop.ini"}


def submissions_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """List the submissions in a folder, and what else lies there.

    Parameters
    ----------
    folder : Path
        With folders of students, zips and loose notebooks.
    """
    submissions: list[Path] = []
    others: list[Path] = []
    for path in sorted(folder.iterdir()):
        is_one = path.is_dir() or may_be_notebook(path.name) or is_archive(path.name)
        (submissions if is_one and not _is_noise(path.name) else others).append(path)
    return submissions, others


def name_of(path: Path) -> str:
    """Return a path's name as text; old zip programs leave bytes of Windows."""
    return decoded(os.fsencode(path))


def decoded(content: bytes) -> str:
    """Read text of UTF-8, UTF-16 (both with or without a mark) or Windows-1252."""
    for encoding in (json.detect_encoding(content), "cp1252"):
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    return content.decode("latin-1")


def may_be_notebook(name: str) -> bool:
    """Say whether a file of this name is worth a look."""
    return ".ipynb" in name.lower() or Path(name).suffix.lower() in OF_NOTEBOOKS


def is_archive(name: str) -> bool:
    """Say whether a file of this name holds others."""
    return Path(name).suffix.lower() in ARCHIVES


def lay_out(submission: Path, folder: Path) -> list[str]:
    """Put links to the files of a submission, and what is in its zips, below a folder.

    Parameters
    ----------
    submission : Path
        A folder, a zip or a notebook. It is not changed.
    folder : Path
        Is made.

    Returns
    -------
    list of str
        What could not be used, and why.
    """
    folder.mkdir(parents=True)
    problems: list[str] = []
    left = MOST_UNZIPPED
    is_folder = submission.is_dir()
    base = submission if is_folder else submission.parent
    paths = _files_in(submission, problems) if is_folder else iter([submission])
    for count, path in enumerate(paths):
        if count == MOST_FILES:
            problems.append(f"more than {MOST_FILES} files, of which the rest is left")
            break
        name = name_of(path.relative_to(base))
        try:
            target = folder / name
            if path.is_symlink():
                problems.append(f"{name} is a link, which is not followed")
            elif not path.is_file():
                problems.append(f"{name} is no file")
            elif path.suffix.lower() == ".zip":
                of_zip, left = _unzip(path, target, left)
                problems += [f"{name}: {problem}" for problem in of_zip]
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(path.resolve())
        except Exception as error:  # a zip may hold anything
            problems.append(f"{name} can't be opened: {error}"[:200])
    return problems


def find(folder: Path, assignment: str) -> Path | None:
    """Find a notebook of the right name, in the folder or in one named like it."""
    for path in (folder, folder / assignment):
        if (path / f"{assignment}.ipynb").is_file():
            return path / f"{assignment}.ipynb"
    return None


def choose(
    folder: Path, given: dict[str, NotebookNode], assignment: str
) -> tuple[Path | None, str]:
    """Find the notebook of an assignment among all files, if it is clear which it is.

    That is the one of the right name, or else one whose name contains it or that has
    half of the cells that students don't write. If several are, the one that was worked
    on.

    Parameters
    ----------
    folder : Path
        Where `lay_out` put everything.
    given : dict
        The notebooks as they were given out, by the name of the assignment.
    assignment : str

    Returns
    -------
    path : Path or None
    note : str
        Which it is if it has another name, and what else lies there.
    """
    exact = find(folder, assignment)
    names = {path: name_of(path.relative_to(folder)) for path in files_below(folder)}
    mine = [path for path in names if assignment in _assignments_of(path, given)]
    if exact:
        mine = [exact, *(path for path in mine if path != exact)]
    work = {path: _work_in(path, given[assignment]) for path in mine}
    worked = [path for path in mine if work[path]]
    if exact and (exact in worked or not worked):
        chosen = exact
    elif len({tuple(work[path]) for path in worked}) > 1:
        several = _listed([names[path] for path in worked])
        return None, f"several notebooks could be {assignment}: {several}"
    elif mine:
        chosen = (worked or mine)[0]
    else:
        there = _listed(
            [n for path, n in names.items() if not _assignments_of(path, given)]
        )
        note = f"there is no {assignment}.ipynb"
        return None, f"{note}; there are: {there}" if there else note
    notes = [] if chosen == exact else [f"taken: {names[chosen]}"]
    if rest := [names[path] for path in mine if path != chosen]:
        notes.append(f"not taken: {_listed(rest)}")
    return chosen, "; ".join(notes)


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook that was handed in.

    Raises
    ------
    UnreadableError
        Whatever is wrong with it.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableError(f"it has more than {LARGEST // 2**20} MiB")
        return read_submission(decoded(path.read_bytes()))
    except OSError as error:
        raise UnreadableError(str(error)) from error


def unused(folder: Path, given: dict[str, NotebookNode]) -> list[str]:
    """Name the files of a submission that are no assignment's notebook."""
    names = [
        name_of(path.relative_to(folder))
        for path in files_below(folder)
        if not _assignments_of(path, given)
    ]
    return [_listed(names)] if names else []


def files_below(folder: Path) -> list[Path]:
    """List the files that were laid out."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _files_in(folder: Path, problems: list[str]) -> Iterator[Path]:
    """Walk through a folder, without what systems put there."""

    def told(error: OSError) -> None:
        problems.append(str(error))

    for parent, folders, files in os.walk(folder, onerror=told):
        folders[:] = sorted(name for name in folders if not _is_noise(name))
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in sorted([*files, *links]):
            if not _is_noise(name):
                yield Path(parent) / name


def _is_noise(name: str) -> bool:
    return name.startswith(".") or name.lower() in OF_SYSTEMS


def _unzip(archive: Path, folder: Path, left: int) -> tuple[list[str], int]:
    """Unpack the notebooks of a zip; of other files only the names are kept."""
    problems = []
    with zipfile.ZipFile(archive) as zipped:
        for count, member in enumerate(zipped.infolist()):
            if count == MOST_FILES:
                problems.append(f"more than {MOST_FILES} files")
                break
            try:
                problem, left = _unzip_one(zipped, member, folder, left)
            except Exception as error:  # the others may be good
                why = getattr(error, "strerror", None) or error
                problem = f"can't be opened: {why}"[:200]
            if problem:
                problems.append(f"{member.filename} {problem}")
    return problems, left


def _unzip_one(
    zipped: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, left: int
) -> tuple[str, int]:
    """Unpack a member of a zip; say what is wrong with it, and how much is left."""
    inside = PurePosixPath(member.filename.replace("\\", "/"))
    parts = inside.parts
    if ".." in parts or inside.is_absolute():
        return "would lie elsewhere", left
    if member.is_dir() or any(map(_is_noise, parts)):
        return "", left
    content = b""
    if may_be_notebook(parts[-1]):
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return "is packed in an odd way", left
        # What the zip says of sizes may be wrong.
        with zipped.open(member) as file:
            content = file.read(LARGEST + 1)
        left = max(0, left - len(content))
        if len(content) > LARGEST or not left:
            return "is too large", left
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        file.write(content)
    return "", left


def _assignments_of(path: Path, given: dict[str, NotebookNode]) -> list[str]:
    """Say which assignment a file is of: by its name, or else by what is in it."""
    if not may_be_notebook(path.name):
        return []
    simple = _simple(path.name)
    if named := [name for name in given if _simple(name) in simple]:
        return named
    try:
        sources = set(_sources(read_notebook(path)))
    except UnreadableError:
        return []
    shares = {name: _share_of(notebook, sources) for name, notebook in given.items()}
    best = max(shares, key=lambda name: shares[name])
    return [best] if shares[best] >= 0.5 else []


def _share_of(given: NotebookNode, sources: set[str]) -> float:
    """Return the share of the cells that students don't write that are there."""
    locked = [cell for cell in given.cells if cell.metadata.nbgrader.locked]
    return sum(text in sources for text in _sources_of(locked)) / max(1, len(locked))


def _work_in(path: Path, given: NotebookNode) -> list[str]:
    """List the cells of a notebook that are not as they were given out."""
    try:
        sources = _sources(read_notebook(path))
    except UnreadableError:
        return []
    as_given = {*_sources(given), ""}
    return [text for text in sources if text not in as_given]


def _sources(notebook: NotebookNode) -> list[str]:
    return _sources_of(notebook.cells)


def _sources_of(cells: list[NotebookNode]) -> list[str]:
    return ["\n".join(map(str.rstrip, c.source.strip().splitlines())) for c in cells]


def _simple(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
