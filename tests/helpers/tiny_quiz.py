"""A site of two pages with a quiz on one of them, for the tests of quizzes."""

import shutil
from pathlib import Path

import tiny_site
import yaml

STATIC = Path(__file__).resolve().parents[2] / "book" / "_static"
HOSTILE = "<img src=x onerror=\"document.title='taken'\"> & <b>bold</b>"
PAGE = """
Chapter
=======

Text
----

Some.

Recap
-----

Less.
"""


def one_of_two(id_: str, **more) -> dict:
    """Make a question with a right and a wrong choice."""
    right = {"text": "yes", "right": True, "say": "It is."}
    wrong = {"text": "no", "say": "It is not *no*."}
    choices = [right, wrong]
    return {"id": id_, "kind": "one", "ask": "Is it?", "choices": choices} | more


def tiny_quiz() -> list[dict]:
    """Make a quiz with a question of each kind, and hostile text."""
    many = {
        "id": "both",
        "kind": "many",
        "ask": "Which are *even*?",
        "choices": [
            {"text": "two", "right": True, "say": "Half of it is one."},
            {"text": "three", "say": "Halve it: it is odd."},
            {"text": "four", "right": True, "say": "Half of it is two."},
        ],
    }
    half = {
        "id": "half",
        "kind": "number",
        "ask": "How much is $1/2$?",
        "answer": 0.5,
        "tolerance": 0.005,
        "say": "One of two.",
        "hint": "Divide one by two.",
        "mistakes": [
            {"value": 2, "say": "That is two of one."},
            {"value": 3000, "say": "That is far too much."},
        ],
    }
    hostile = one_of_two("hostile", ask=f"What of {HOSTILE}?")
    hostile["choices"][1] = {"text": HOSTILE, "say": f"Not {HOSTILE}."}
    back = one_of_two("back", look_back="01_first")
    return [one_of_two("first"), many, half, hostile, back]


def build(folder: Path, quiz: list[dict]) -> Path:
    """Build the site, and return where it lies; a warning fails the build."""
    source = folder / "source"
    (source / "notebooks").mkdir(parents=True)
    (source / "quizzes").mkdir()
    (source / "index.rst").write_text(
        "Start\n=====\n\n.. toctree::\n   :glob:\n\n   notebooks/*\n"
    )
    for name in ("01_first", "02_second"):
        (source / "notebooks" / f"{name}.rst").write_text(PAGE)
    text = yaml.safe_dump(quiz, allow_unicode=True)
    (source / "quizzes" / "02_second.yml").write_text(text, encoding="utf-8")
    shutil.copytree(
        STATIC, source / "static", ignore=shutil.ignore_patterns("mathjax", "*.png")
    )
    return tiny_site.build(
        source,
        folder,
        ["quiz"],
        html_static_path=[str(source / "static")],
        quiz_folder=str(source / "quizzes"),
        mathjax_path="none.js",
    )
