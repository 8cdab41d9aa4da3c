r"""Number the chapters as they stand in book/_toc.yml, wherever their numbers are.

    python book/renumber.py           # after a change of the order in _toc.yml
    python book/renumber.py --check   # change nothing: say what is out of order

A chapter's number begins its file's name and its title. A reference to it is written
"chapter 5", "chapters 5 to 7" or [chapter 5](05_name.ipynb). To put a chapter in
between, write notebooks/name.py, without a number, and name it in _toc.yml. This
renames all files and rewrites what tracked files say of chapters, but for CHANGELOG.md,
which tells of the past, and results files. Then `make sync`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

from recsys_helpers._files import write_whole

ROOT = Path(__file__).resolve().parent.parent
KEPT_AS_THEY_ARE = re.compile(
    r"CHANGELOG\.md|benchmarks/results/.*|book/_static/mathjax/.*|.*/(test_)?renumber\.py"
)
NUMBERED = re.compile(r"(\d\d)_(\w+)")
# What may stand between two words: in comments and docstrings, a line's end too.
_GAP = r"(?:[ \t]|\n[#*/ \t]*)+"
_SEVERAL = rf"\d+(?:(?:,{_GAP}|{_GAP}(?:and|or|to){_GAP})\d+\b)*"
# "chapters 3, 4 and 9", and "chapter: 3" of a script.
MENTION = re.compile(rf"\bchapters?(?::{_GAP}|{_GAP}){_SEVERAL}\b", re.IGNORECASE)
# [chapter 3](../notebooks/03_name.ipynb#place) and [3]: ../notebooks/03_name.ipynb
LINK = re.compile(
    r"(\[(?:chapter\s+)?)\d+(\](?:\(|: )[^\s)]*?\b(\d\d)_\w+\.ipynb)", re.I
)
DEFINED = re.compile(r"^\[(\d+)\]: \S*\b\d\d_\w+\.ipynb$", re.MULTILINE)
TITLE = re.compile(r"^# # (?:\d+ · )?", re.MULTILINE)


def new_names(contents: Path) -> dict[str, str]:
    """Say how each chapter's file is called, and how its place in the contents has it.

    Returns
    -------
    dict
        For example ``{"02_als": "03_als", "words": "02_words"}``, in their order.

    Raises
    ------
    ValueError
        If two chapters have the same number.
    """
    pages = parse_toc_yaml(contents)
    names = [page.split("/")[-1] for page in pages if page.startswith("notebooks/")]
    numbers = [name[:2] for name in names if NUMBERED.fullmatch(name)]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise ValueError(
            f"Two chapters have the number {', '.join(twice)}. Leave it out of the "
            "name of the new one's file."
        )
    bare = [re.sub(r"^\d\d_", "", name) for name in names]
    return {
        name: f"{place:02}_{rest}"
        for place, (name, rest) in enumerate(zip(names, bare, strict=True), 1)
    }


def renumbered(text: str, names: dict[str, str]) -> str:
    """Rewrite what a text says of chapters: their files' names, and their numbers.

    Examples
    --------
    >>> names = {"01_data": "01_data", "words": "02_words", "02_als": "03_als"}
    >>> renumbered("See chapters 1 and 2, or [chapter 2](02_als.ipynb).", names)
    'See chapters 1 and 3, or [chapter 3](03_als.ipynb).'
    """
    numbers = {
        int(old[:2]): int(new[:2])
        for old, new in names.items()
        if NUMBERED.fullmatch(old)
    }

    def number(match: re.Match) -> str:
        return str(numbers.get(int(match[0]), match[0]))

    def words(match: re.Match) -> str:
        return re.sub(r"\d+", number, match[0])

    # A link's text is what its address says; all else goes by what the number was.
    defined = "|".join(DEFINED.findall(text))
    if defined:
        text = re.sub(rf"(?<=\[)(?:{defined})(?=\](?![(:]))", number, text)
    text = MENTION.sub(words, text)
    # Without a number, a name may be an everyday word: it needs its folder.
    paths = {
        old if NUMBERED.fullmatch(old) else f"notebooks/{old}": old for old in names
    }
    any_of = "|".join(map(re.escape, paths))
    text = re.sub(
        rf"\b(?:{any_of})\b",
        lambda match: match[0].replace(paths[match[0]], names[paths[match[0]]]),
        text,
    )
    return LINK.sub(lambda match: f"{match[1]}{int(match[3])}{match[2]}", text)


def titled(text: str, name: str) -> str:
    """Begin a chapter's title with its number."""
    return TITLE.sub(f"# # {int(name[:2])} · ", text, count=1)


def tracked(root: Path) -> list[Path]:
    """List the files that belong to the project and may speak of chapters."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=root, check=True, capture_output=True, text=True
    )
    paths = [Path(path) for path in listed.stdout.split("\0") if path]
    return [
        path
        for path in paths
        if not KEPT_AS_THEY_ARE.fullmatch(path.as_posix()) and (root / path).is_file()
    ]


def changes(root: Path) -> Iterator[tuple[Path, Path, bytes]]:
    """Say of each file that has to change where it is, where to, and its new bytes."""
    names = new_names(root / "book" / "_toc.yml")
    for path in tracked(root):
        before = after = (root / path).read_bytes()
        is_chapter = path.stem in names and path.parent.name in {"notebooks", "quizzes"}
        name = names[path.stem] if is_chapter else path.stem
        # The .ipynb is made of the .py, by `make sync`.
        if path.suffix != ".ipynb" and _is_text(before):
            text = renumbered(before.decode(), names)
            is_source = is_chapter and path.suffix == ".py"
            after = (titled(text, name) if is_source else text).encode()
        if name != path.stem or before != after:
            yield path, path.with_name(name + path.suffix), after


def _is_text(content: bytes) -> bool:
    """Say whether a file holds text, and no picture or font."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def main(arguments: list[str] | None = None, root: Path = ROOT) -> str | None:
    """Renumber, or check; return what is wrong, if anything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    try:
        found = list(changes(root))
    except ValueError as error:
        return str(error)
    if parser.parse_args(arguments).check:
        paths = ", ".join(str(path) for path, _, _ in found)
        return f"Run `python book/renumber.py`: {paths}" if found else None
    for path, renamed, after in found:
        write_whole(root / renamed, after)
        if renamed != path:
            (root / path).unlink()
    return None


if __name__ == "__main__":
    sys.exit(main())
