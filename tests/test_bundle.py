"""A bundle of a tiny course with a tiny package installs without a network."""

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import bundle
import pytest


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


def write_course(root: Path, lock: str) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "tiny-course"\nversion = "1"\n'
        '[tool.setuptools]\npy-modules = ["tiny_course"]\n',
        "tiny_course.py": "import hello\n",
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
    wheel = write_wheel(folder)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    write_course(folder / "root", f"hello==1.0 \\\n    --hash=sha256:{digest}\n")
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


def test_it_installs_from_its_own_files_only(unpacked):
    # An index that nobody answers at: a look outside would fail.
    nowhere = {**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0"}
    subprocess.run(
        ["sh", "install.sh"],
        cwd=unpacked,
        env={**nowhere, "PYTHON": sys.executable},
        check=True,
    )
    python = unpacked / "environment" / "bin" / "python"
    code = "import tiny_course; print(tiny_course.hello.text)"
    said = subprocess.run([python, "-c", code], capture_output=True, text=True)
    assert said.stdout == "hello\n"


def test_another_python_is_refused_with_a_reason(unpacked):
    refused = subprocess.run(
        ["sh", "install.sh"],
        cwd=unpacked,
        env={**os.environ, "PYTHON": "/no/python"},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert f"This needs Python {bundle.PYTHON}" in refused.stdout
