"""The files around the package agree with each other."""

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
# What students install, and what a maintainer needs besides.
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
DEV_LOCK = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
MATHJAX_SHA256 = "d4295dc33744836935c1399feece5159577b34c5c8ffb9f1c6324cd82e03a882"


def locked_requirements(text: str) -> list[Requirement]:
    """Read the pins of a lock file, without their hashes."""
    lines = [line for line in text.splitlines() if line and not line.startswith(" ")]
    return [Requirement(line.rstrip("\\ ")) for line in lines]


def wanted_requirements() -> list[Requirement]:
    """List what pyproject.toml asks for, its extras included."""
    extras = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for e in extras for line in e)]
    wanted = [Requirement(text) for text in lines]
    # An extra may be made of others of the same project.
    return [one for one in wanted if one.name != PROJECT["name"]]


def test_the_lock_files_pin_what_pyproject_asks_for():
    locked = locked_requirements(LOCK + DEV_LOCK)
    for wanted in wanted_requirements():
        name = canonicalize_name(wanted.name)
        pins = [pin for pin in locked if canonicalize_name(pin.name) == name]
        assert pins, f"{name} is in no lock file: run `make lock`"
        for pin in pins:
            (version,) = [part.version for part in pin.specifier]
            fits = wanted.specifier.contains(version)
            assert fits, f"{pin} against {wanted}: `make lock`"


def test_no_package_is_pinned_in_both_lock_files():
    course, dev = (
        {canonicalize_name(pin.name) for pin in locked_requirements(lock)}
        for lock in (LOCK, DEV_LOCK)
    )
    assert {"numpy", "duckdb", "jupyterlab"} <= course
    assert {"pytest", "jupyter-book", "nbgrader", "pyspark", "jax"} <= dev
    assert not course & dev


@pytest.mark.parametrize("lock", [LOCK, DEV_LOCK], ids=["course", "dev"])
def test_every_pin_is_exact_and_has_hashes(lock):
    for block in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"[\w.\-]+(\[[\w,]+\])?==", block), block
        assert "--hash=sha256:" in block, block


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("*.lock")))
def test_lock_files_name_no_address(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "@" not in text


def test_uv_is_pinned_alike_where_it_is_installed_first():
    uv = (ROOT / "requirements-uv.lock").read_text(encoding="utf-8").strip()
    assert uv.startswith("uv==")
    assert uv in DEV_LOCK


def test_the_conda_environment_installs_the_lock_file_on_an_allowed_python():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    (pip,) = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    assert pip == ["-r requirements.lock"]
    (python,) = [
        d.removeprefix("python=")
        for d in environment["dependencies"]
        if isinstance(d, str) and d.startswith("python=")
    ]
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)


def test_the_address_of_the_repository_is_the_same_everywhere():
    address = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))[
        "repository"
    ]["url"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == address
    assert f"git clone {address} " in (ROOT / "README.md").read_text(encoding="utf-8")
    welcome = (ROOT / "book" / "welcome.md").read_text(encoding="utf-8")
    assert f"]({address})" in welcome
    for notebook in (ROOT / "notebooks").glob("[0-9]*.py"):
        assert f'"git+{address}"' in notebook.read_text(encoding="utf-8"), notebook.name


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    import recsys_helpers

    assert citation["version"] == PROJECT["version"] == recsys_helpers.__version__


def test_mathjax_is_the_published_file():
    script = ROOT / "book" / "_static" / "mathjax" / "tex-svg.js"
    assert hashlib.sha256(script.read_bytes()).hexdigest() == MATHJAX_SHA256


def test_every_make_target_has_a_line_of_help():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    targets = phony.replace("\\\n", " ").split()
    for target in targets:
        assert re.search(rf"^{target}:.*## \w", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_relative_links_at_the_top_level_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_installed_packages_fit_together():
    command = [sys.executable, "-m", "pip", "check"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_no_file_of_the_repository_is_a_link():
    # A link leads to a place that other people don't have.
    command = ["git", "-C", str(ROOT), "ls-files", "--stage"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert listed
    assert not [line for line in listed.splitlines() if line.startswith("120000")]
