"""Pack what a laboratory without a network needs into one file.

    python classroom/bundle.py        # or `make bundle`: about 1 GB, a few minutes

The wheels are for this system and this Python: pack on a computer like those of the
laboratory. The sources of the assignments, which hold the solutions, stay out.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

INSTALL = """\
#!/bin/sh
# Sets the course up from the files in this folder. Needs no network and no rights.
set -eu
cd "$(dirname "$0")"
PYTHON=${{PYTHON:-python{python}}}
is_right='import sys; sys.exit("%d.%d" % sys.version_info[:2] != "{python}")'
"$PYTHON" -c "$is_right" 2>/dev/null || {{
  echo "This needs Python {python}. Say where it is:"
  echo "PYTHON=/path/to/python sh install.sh"
  exit 1
}}
"$PYTHON" -m venv environment
environment/bin/python -m pip install --quiet --no-index --find-links wheels \\
  --require-hashes --requirement requirements.lock
environment/bin/python -m pip install --quiet --no-index --no-deps wheels/{course}
echo "Done. Start with: environment/bin/jupyter lab course/notebooks"
"""

README = """\
Five Ways to Recommend a Movie, to install without a network

For {system} on {machine}, with Python {python}. Other systems need a bundle that was
packed on them. You need about three times the space that this folder takes.

1. Copy this folder to the computer, for example from a memory stick. It may be one
   that everybody can read: each user can also start from a copy of "course".
2. Open a terminal in the folder and type

       sh install.sh

   It takes a few minutes, and makes the folder "environment". Nothing outside of this
   folder changes.
3. Start with

       environment/bin/jupyter lab course/notebooks

What is in here
  course        the chapters and the package. No solution of an assignment is in it.
{optional}  wheels        every package that the course needs. The ratings, the films
                and the weights of a small image network are in packages,
                too: nothing is downloaded later.
  SHA256SUMS    to see whether the copy is complete: sha256sum --check SHA256SUMS

On Windows, type in place of step 2:
       py -{python} -m venv environment
       environment\\Scripts\\python -m pip install --no-index --find-links wheels ^
         --require-hashes --requirement requirements.lock
       environment\\Scripts\\python -m pip install --no-index --no-deps wheels\\{course}
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
        Is made anew.
    root : Path
        The repository. What is committed there is packed.
    lock : Path, optional
        The packages; `requirements.lock` of `root` if not given.

    Returns
    -------
    Path
        The file.
    """
    shutil.rmtree(target, ignore_errors=True)
    wheels = target / "wheels"
    wheels.mkdir(parents=True)
    unpack_commit(root, target / "course")
    shutil.copy(lock or root / "requirements.lock", target / "requirements.lock")
    # `pip wheel` and not `pip download`: of some packages there is no wheel.
    make_wheels(
        wheels, "--require-hashes", "--requirement", target / "requirements.lock"
    )
    before = set(wheels.iterdir())
    with tempfile.TemporaryDirectory() as scratch:  # a build leaves files behind
        copy = shutil.copytree(target / "course", Path(scratch) / "course")
        make_wheels(wheels, "--no-build-isolation", copy)
    (course,) = set(wheels.iterdir()) - before

    optional = ""
    for name, (built, line) in OPTIONAL.items():
        if (root / "_build" / built).is_dir():
            shutil.copytree(root / "_build" / built, target / name)
            optional += line
    words = {
        "python": PYTHON,
        "system": platform.system(),
        "machine": platform.machine(),
        "course": course.name,
        "optional": optional,
    }
    (target / "README.txt").write_text(README.format(**words), encoding="utf-8")
    (target / "install.sh").write_text(INSTALL.format(**words), encoding="utf-8")
    (target / "install.sh").chmod(0o755)
    write_checksums(target)
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
    """Let pip put wheels into a folder, as this Python would install them."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", folder, *what], check=True)


def write_checksums(folder: Path) -> None:
    """Write the file that `sha256sum --check` reads."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def pack_folder(folder: Path) -> Path:
    """Put a folder into one file; wheels are compressed already."""
    name = f"{folder.name}-{platform.system()}-{platform.machine()}-py{PYTHON}.tar"
    file = folder.with_name(name.lower())
    with tarfile.open(file, "w") as tar:
        tar.add(folder, folder.name)
    return file


def main() -> None:
    """Pack, and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = ROOT / "_build" / "five-ways-offline"
    parser.add_argument("--target", type=Path, default=default)
    parser.add_argument("--lock", type=Path, help="other packages than the course's")
    given = parser.parse_args()
    if not (ROOT / "_build" / "html").is_dir():
        print("The site is not built and stays out. (`make book` builds it.)")
    file = pack(given.target, lock=given.lock)
    print(f"{file}: {file.stat().st_size / 2**20:,.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
