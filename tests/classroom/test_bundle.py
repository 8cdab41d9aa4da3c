"""A bundle of a tiny course with two tiny packages installs without a network.

One package is a wheel, the other a source archive only, as one of the course's is.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import bundle
import pytest

pytestmark = pytest.mark.classroom


def write_wheel(folder: Path) -> Path:
    """Write the smallest wheel: one module, which says hello."""
    info = "hello-1.0.dist-info"
    files = {
        "hello.py": "text = 'hello'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    path = folder / "hello-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
    return path


def write_source_archive(folder: Path) -> Path:
    """Write the smallest source archive: one module, which says goodbye."""
    path = folder / "goodbye-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {
            "PKG-INFO": "Metadata-Version: 2.1\nName: goodbye\nVersion: 1.0\n",
            "setup.py": "from setuptools import setup\n"
            "setup(name='goodbye', version='1.0', py_modules=['goodbye'])\n",
            "goodbye.py": "text = 'goodbye'\n",
        }.items():
            about = tarfile.TarInfo(f"goodbye-1.0/{name}")
            about.size = len(text)
            archive.addfile(about, io.BytesIO(text.encode()))
    return path


def line_of_lock(path: Path) -> str:
    """Name a package for this Python or a later one, as a lock does."""
    name, digest = path.name.partition("-")[0], bundle.digest_of(path)
    here = ".".join(map(str, sys.version_info[:3]))
    marker = f"python_full_version >= '{here}'"
    return f"{name}==1.0 ; {marker} \\\n    --hash=sha256:{digest}\n"


def write_course(root: Path, lock: str) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "tiny-course"\nversion = "1"\n'
        '[tool.setuptools]\npy-modules = ["tiny_course"]\n',
        "tiny_course.py": "import goodbye, hello\n",
        "requirements.lock": lock,
        "notebooks/01_chapter.ipynb": "{}",
        "notebooks/assignments/01_secret.ipynb": "the solution",
        "_build/html/index.html": "the book",
        "_build/assignments/student/01_secret/01_secret.ipynb": "the task",
        "_build/assignments/instructor/gradebook.db": "the hidden tests",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / ".gitignore").write_text("/_build/\n")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in [["init", "-q"], ["add", "-A"], ["commit", "-qm", "All"]]:
        subprocess.run([*git, *arguments], cwd=root, check=True)


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """The file, with the package index turned off."""
    folder = tmp_path_factory.mktemp("bundle")
    lock = line_of_lock(write_wheel(folder)) + line_of_lock(
        write_source_archive(folder)
    )
    write_course(folder / "root", lock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(folder))
        return bundle.pack(folder / "offline", root=folder / "root")


@pytest.fixture(scope="module")
def unpacked(packed, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("laboratory")
    with tarfile.open(packed) as tar:
        tar.extractall(folder, filter="data")
    return folder / "offline"


def test_the_bundle_holds_the_course_and_no_solution(unpacked):
    names = {
        path.relative_to(unpacked).as_posix()
        for path in unpacked.rglob("*")
        if path.is_file()
    }
    assert names >= {
        "README.txt",
        "assignments/01_secret/01_secret.ipynb",
        "course/notebooks/01_chapter.ipynb",
        "site/index.html",
        "wheels/goodbye-1.0-py3-none-any.whl",
        "wheels/hello-1.0-py3-none-any.whl",
        "wheels/tiny_course-1-py3-none-any.whl",
    }
    assert not any(name.startswith("course/build") for name in names)
    texts = [path.read_bytes() for path in unpacked.rglob("*") if path.is_file()]
    assert not any(b"the solution" in t or b"the hidden tests" in t for t in texts)


def test_the_page_explains_what_is_there(unpacked):
    text = (unpacked / "README.txt").read_text()
    assert "sh install.sh" in text
    assert "site/index.html" in text
    assert "{" not in text


def test_the_checksums_are_those_of_the_files(unpacked):
    lines = (unpacked / "SHA256SUMS").read_text().splitlines()
    assert len(lines) > 5
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((unpacked / name).read_bytes()).hexdigest() == digest


def install(folder: Path, python: str = sys.executable) -> subprocess.CompletedProcess:
    """Install with an index that nobody answers at: a look outside would fail."""
    nowhere = {**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0"}
    return subprocess.run(
        ["sh", "install.sh"],
        cwd=folder,
        env={**nowhere, "PYTHON": python},
        capture_output=True,
        text=True,
    )


def test_it_installs_from_its_own_files_in_place_of_a_try_that_failed(unpacked):
    rest = unpacked / "environment" / "bin" / "python"
    rest.parent.mkdir(parents=True)
    rest.write_text("of another Python\n")
    installed = install(unpacked)
    assert installed.returncode == 0, installed.stderr
    python = unpacked / "environment" / "bin" / "python"
    code = "from tiny_course import *; print(hello.text, goodbye.text)"
    said = subprocess.run([python, "-c", code], capture_output=True, text=True)
    assert said.stdout == "hello goodbye\n"


def test_a_wheel_that_was_changed_is_not_installed(unpacked, tmp_path):
    folder = shutil.copytree(unpacked, tmp_path / "copy", symlinks=True)
    wheel = folder / "wheels" / "hello-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("more.py", "")
    assert install(folder).returncode != 0


def test_another_python_is_refused_with_a_reason(unpacked):
    refused = install(unpacked, "/no/python")
    assert refused.returncode == 1
    assert f"This needs Python {bundle.PYTHON}" in refused.stdout


def test_a_python_for_which_the_lock_names_other_packages_is_refused(
    unpacked, tmp_path
):
    first = f"{sys.version_info[:3]} <="
    text = (unpacked / "install.sh").read_text()
    assert first in text
    later = f"{(*sys.version_info[:2], sys.version_info.micro + 1)} <="
    (tmp_path / "install.sh").write_text(text.replace(first, later))
    refused = install(tmp_path)
    assert refused.returncode == 1
    assert "This needs Python" in refused.stdout


def test_the_pythons_of_a_lock_are_those_with_the_same_packages(monkeypatch):
    monkeypatch.setattr(bundle.sys, "version_info", (3, 11, 5, "final", 0))
    lock = "a==1 ; python_full_version < '3.11.4'\nb==1 ; python_version >= '3.12'\n"
    assert bundle.pythons_of(lock) == ((3, 11, 4), (3, 12))
    lock += "c==1 ; python_full_version >= '3.11.9'\n"
    assert bundle.pythons_of(lock) == ((3, 11, 4), (3, 11, 9))


def test_the_space_it_says_is_that_of_the_files(tmp_path):
    with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a.py", "x" * 10_000)
        wheel.writestr("a.bin", "x")
    blocks = 3 + 3 + 1  # the module, compiled, too
    assert bundle.space_installed(tmp_path) == int(1.05 * blocks * 4096)


def test_a_folder_that_is_no_bundle_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=tmp_path.name):
        bundle.pack(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"
