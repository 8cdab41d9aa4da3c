"""Pack what a laboratory without a network needs into one file.

    python classroom/bundle.py        # or `make bundle`: about 1 GB, a few minutes

The wheels are for this system and this Python: pack on a computer like those of the
laboratory. The sources of the assignments, which hold the solutions, stay out.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
BLOCK = 4096  # bytes: a file takes whole ones of the disk

INSTALL = """\
#!/bin/sh
# Sets the course up from the files in this folder. Needs no network and no rights.
set -eu
cd "$(dirname "$0")"
PYTHON=${{PYTHON:-python{python}}}
is_right='import platform, sys
here = platform.python_implementation(), platform.system(), platform.machine()
is_right = here == ("{implementation}", "{system}", "{machine}")
sys.exit(not (is_right and {first} <= sys.version_info[:3] < {end}))'
"$PYTHON" -c "$is_right" 2>/dev/null || {{
  echo "This needs {pythons}, for {system} on {machine}."
  echo "Say where it is:"
  echo "PYTHON=/path/to/python sh install.sh"
  exit 1
}}
"$PYTHON" -m venv --clear environment
environment/bin/python -m pip install --quiet --no-index --find-links wheels \\
  --no-deps --require-hashes --requirement wheels.lock
echo "Done. Start with: environment/bin/jupyter lab course/notebooks"
"""

README = """\
Five Ways to Recommend a Movie, to install without a network

For {system} on {machine}, with {pythons}.
Other systems need a bundle that was packed on them. This folder takes {folder_gb} GB,
and what it installs about {environment_gb} GB more.

1. Copy this folder to the computer, for example from a memory stick. It may be one
   that everybody can read: each user can also start from a copy of "course".
2. Open a terminal in the folder and type

       sh install.sh

   It takes a few minutes, and makes the folder "environment" anew. Nothing outside of
   this folder changes.
3. Start with

       environment/bin/jupyter lab course/notebooks

What is in here
  course        the chapters and the package. No solution of an assignment is in it.
{optional}  wheels        every package that the course needs. The ratings, the films
                and the weights of a small image network are in packages,
                too: nothing is downloaded later.
  wheels.lock   their versions and hashes. What they were made from was compared
                with those in course/requirements.lock.
  SHA256SUMS    to see whether the copy is complete: sha256sum --check SHA256SUMS

On Windows, type in place of step 2:
       py -{python} -m venv --clear environment
       environment\\Scripts\\python -m pip install --no-index --find-links wheels ^
         --no-deps --require-hashes --requirement wheels.lock
"""
OPTIONAL = {
    "site": ("html", "  site          the book: open site/index.html in a browser.\n"),
    "assignments": ("assignments/student", "  assignments   for students.\n"),
}


def pack(target: Path, root: Path = ROOT, lock: Path | None = None) -> Path:
    """Make the folder `target` and, beside it, one file that holds it.

    Parameters
    ----------
    target : Path
        A bundle that is there is replaced once the new one has been made.
    root : Path
        The repository. What is committed there is packed.
    lock : Path, optional
        The packages; `requirements.lock` of `root` if not given.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileExistsError
        If something else than a bundle is at `target`.
    """
    if target.exists() and not (target / "install.sh").is_file():
        raise FileExistsError(f"{target} is there and no bundle: name another folder.")
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    wheels = part / "wheels"
    wheels.mkdir(parents=True)
    unpack_commit(root, part / "course")
    lock = lock or root / "requirements.lock"
    # `pip wheel` and not `pip download`: of some packages there is no wheel. What is
    # downloaded has the hashes of the lock; what is made of it gets hashes of its own.
    make_wheels(wheels, "--require-hashes", "--requirement", lock)
    with tempfile.TemporaryDirectory() as scratch:  # a build leaves files behind
        make_wheels(wheels, shutil.copytree(part / "course", Path(scratch) / "course"))
    (part / "wheels.lock").write_text(lock_of(wheels), encoding="utf-8")

    optional = ""
    for name, (built, line) in OPTIONAL.items():
        if (root / "_build" / built).is_dir():
            shutil.copytree(root / "_build" / built, part / name)
            optional += line
    first, end = pythons_of(lock.read_text(encoding="utf-8"))
    words = {
        "python": PYTHON,
        "pythons": f"Python {dotted(first)} or newer, before {dotted(end)}",
        "first": first,
        "end": end,
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
        "optional": optional,
        "folder_gb": in_gb(space_of(path.stat().st_size for path in files_in(part))),
        "environment_gb": in_gb(space_installed(wheels)),
    }
    (part / "README.txt").write_text(README.format(**words), encoding="utf-8")
    (part / "install.sh").write_text(INSTALL.format(**words), encoding="utf-8")
    (part / "install.sh").chmod(0o755)
    write_checksums(part)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    return pack_folder(target)


def unpack_commit(root: Path, folder: Path) -> None:
    """Write what is committed, without the sources of the assignments."""
    archive = folder.with_suffix(".tar")
    command = ["git", "archive", f"--output={archive}", "HEAD", "--", "."]
    command.append(":(exclude)notebooks/assignments")
    subprocess.run(command, cwd=root, check=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()


def make_wheels(folder: Path, *what: object) -> None:
    """Let pip put wheels into a folder, as this Python would install them.

    What has to be built is built with the packages that are here, which the lock names.
    """
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*command, *map(str, what)], check=True)


def lock_of(wheels: Path) -> str:
    """Write the requirements that exactly these wheels fulfil."""
    lines = []
    for wheel in sorted(wheels.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        lines.append(f"{name}=={version} --hash=sha256:{digest_of(wheel)}\n")
    return "".join(lines)


def pythons_of(lock: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Find for which Pythons the lock names the same packages as for this one.

    Returns
    -------
    first, end : tuple of int
        The first version, and the first that is too new.
    """
    here = sys.version_info[:3]
    first, end = here[:2], (here[0], here[1] + 1)
    for text in re.findall(r"python_(?:full_)?version *[<>=!~]+ *['\"]([\d.]+)", lock):
        version = tuple(map(int, text.strip(".").split(".")))
        if version <= here:
            first = max(first, version)
        else:
            end = min(end, version)
    return first, end


def dotted(version: tuple[int, ...]) -> str:
    """Write a version as people do."""
    return ".".join(map(str, version))


def space_installed(wheels: Path) -> int:
    """Estimate what the wheels take when installed, each module compiled, too."""
    sizes: list[int] = []
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for file in archive.infolist():
                sizes += [file.file_size] * (2 if file.filename.endswith(".py") else 1)
    return int(1.05 * space_of(sizes))  # folders, pip and its notes on each package


def space_of(sizes: Iterable[int]) -> int:
    """Add up what files of these sizes take of a disk."""
    return sum(-(-size // BLOCK) * BLOCK for size in sizes)


def in_gb(size: int) -> str:
    """Write bytes as gigabytes, rounded up to a tenth."""
    return f"{math.ceil(size / 1e8) / 10:g}"


def files_in(folder: Path) -> list[Path]:
    """List the files in a folder and below."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path) -> None:
    """Write the file that `sha256sum --check` reads."""
    lines = [
        f"{digest_of(path)}  {path.relative_to(folder).as_posix()}\n"
        for path in files_in(folder)
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def pack_folder(folder: Path) -> Path:
    """Put a folder into one file; wheels are compressed already."""
    name = f"{folder.name}-{platform.system()}-{platform.machine()}-py{PYTHON}.tar"
    file = folder.with_name(name.lower())
    part = file.with_name(f"{file.name}.part")
    with tarfile.open(part, "w") as tar:
        tar.add(folder, folder.name)
    return part.replace(file)


def main() -> str | None:
    """Pack, and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = ROOT / "_build" / "five-ways-offline"
    parser.add_argument("--target", type=Path, default=default)
    parser.add_argument("--lock", type=Path, help="other packages than the course's")
    given = parser.parse_args()
    if not (ROOT / "_build" / "html").is_dir():
        print("The site is not built and stays out. (`make book` builds it.)")
    try:
        file = pack(given.target, lock=given.lock)
    except FileExistsError as error:
        return str(error)
    print(f"{file}: {file.stat().st_size / 2**20:,.0f} MiB")
    return None


if __name__ == "__main__":
    sys.exit(main())
