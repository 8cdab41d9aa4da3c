"""Chapters are numbered as the contents have them, wherever their numbers stand."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import renumber

ROOT = Path(__file__).resolve().parents[2]
CONTENTS = "format: jb-book\nroot: book/welcome\nchapters:\n"
FILES = {
    "book/welcome.md": "Chapters 1 and 2; [2](../notebooks/02_als.ipynb#end).\n",
    "book/symbols.md": "| [1], [2] |\n\n[1]: ../01_data.ipynb\n[2]: ../02_als.ipynb\n",
    "book/quizzes/02_als.yml": "- ask: Why?\n",
    "CHANGELOG.md": "Chapter 2 is new.\n",
    "code.py": '"""Of chapter\n2, in words."""\n',
    "code.js": "const shown = { chapter: 2, words: 2 };\n",
    "notebooks/01_data.py": "# # 1 · Data\n#\n# As [chapter 2](02_als.ipynb).\n",
    "notebooks/02_als.py": "# # 2 · ALS\n#\n# See chapter\n# 2.\n",
    "notebooks/02_als.ipynb": "{}\n",
    "notebooks/words.py": "# # Words: what do they say?\n",
    "picture.png": "",
}


def contents(*names: str) -> str:
    return CONTENTS + "".join(f"  - file: notebooks/{name}\n" for name in names)


@pytest.fixture
def course(tmp_path):
    """Make a course of two chapters, to which a third one comes."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG chapter 2\xff")
    toc = contents("01_data", "words", "02_als")
    (tmp_path / "book" / "_toc.yml").write_text(toc)
    return tmp_path


def text(course, name: str) -> str:
    return (course / name).read_text()


def test_a_chapter_put_in_between_gets_its_number_and_moves_those_behind(course):
    assert renumber.main([], course) is None
    assert text(course, "book/_toc.yml") == contents("01_data", "02_words", "03_als")
    assert text(course, "notebooks/02_words.py") == "# # 2 · Words: what do they say?\n"
    assert text(course, "notebooks/03_als.py").startswith("# # 3 · ALS\n")
    names = sorted(path.name for path in (course / "notebooks").iterdir())
    assert names == ["01_data.py", "02_words.py", "03_als.ipynb", "03_als.py"]
    assert (course / "book" / "quizzes" / "03_als.yml").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("book/welcome.md", "Chapters 1 and 3; [3](../notebooks/03_als.ipynb#end).\n"),
        ("notebooks/01_data.py", "As [chapter 3](03_als.ipynb)."),
        ("notebooks/03_als.py", "See chapter\n# 3."),
        (
            "book/symbols.md",
            "[1], [3] |\n\n[1]: ../01_data.ipynb\n[3]: ../03_als.ipynb",
        ),
        ("code.py", "Of chapter\n3, in words."),
        ("code.js", "{ chapter: 3, words: 2 }"),
        ("CHANGELOG.md", FILES["CHANGELOG.md"]),
    ],
)
def test_what_is_said_of_chapters_follows_and_nothing_else(course, name, said):
    renumber.main([], course)
    assert said in text(course, name)


def test_what_is_no_text_stays(course):
    before = (course / "picture.png").read_bytes()
    renumber.main([], course)
    assert (course / "picture.png").read_bytes() == before


def test_a_check_changes_nothing_and_says_what_is_out_of_order(course):
    assert "notebooks/02_als.py" in renumber.main(["--check"], course)
    assert text(course, "notebooks/02_als.py") == FILES["notebooks/02_als.py"]
    renumber.main([], course)
    assert renumber.main(["--check"], course) is None


def test_of_two_chapters_with_one_number_it_cannot_tell_which_is_meant(course):
    toc = contents("01_data", "02_words", "02_als")
    (course / "book" / "_toc.yml").write_text(toc)
    assert "number 02" in renumber.main([], course)
    assert text(course, "book/_toc.yml") == toc


def test_the_chapters_of_the_course_have_the_numbers_of_their_places():
    assert renumber.main(["--check"]) is None


def test_a_chapter_can_be_put_into_the_course(tmp_path):
    for path in renumber.tracked(ROOT):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    toc = tmp_path / "book" / "_toc.yml"
    *before, last = re.findall(r"      - file: notebooks/.*\n", toc.read_text())
    toc.write_text(
        toc.read_text().replace(last, f"      - file: notebooks/new\n{last}")
    )
    (tmp_path / "notebooks" / "new.py").write_text("# # New: why?\n")
    assert renumber.main([], tmp_path) is None
    old, new = (f"{len(before) + n:02}_" for n in (1, 2))
    for path in renumber.tracked(tmp_path):
        if path.suffix in {".md", ".py", ".yml"}:
            for number, stem in re.findall(
                r"\[chapter (\d+)\]\([^)]*?(\d\d)_\w+\.ipynb", text(tmp_path, path)
            ):
                assert int(number) == int(stem), path
            moved = last.strip().removeprefix(f"- file: notebooks/{old}")
            assert f"{old}{moved}" not in text(tmp_path, path), path
    assert (tmp_path / "notebooks" / f"{new}{moved}.py").exists()
