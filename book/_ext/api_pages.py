"""The reference pages of the package, from its docstrings.

In a page, the line ``% api: splits`` becomes a section on `recsys_helpers.splits`, and
the line ``% api-table`` a table of what the pages describe, with the chapters that
import it. A page of the repository stays short and readable, and a function is
described in one place: where it is written.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from imports import imported_names
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "recsys_helpers"
PAGES = ROOT / "book" / "api"
NOTEBOOKS = ROOT / "notebooks"
MODULE_LINE = re.compile(r"^% api: (\S+)$", re.MULTILINE)
SHARED = re.compile(r"^ *(\w+_, )+\w+_ :")
TABLE_LINE = re.compile(r"^% api-table$", re.MULTILINE)
SECTION = """\
(api-{name})=
## {name}

```{{eval-rst}}
.. automodule:: recsys_helpers.{name}
   :members:
   :no-value:
```
"""


def path_of(name: str, package: Path = PACKAGE) -> Path:
    """Where a module of the package, or a folder of it, is written."""
    path = package.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def first_line(name: str, package: Path = PACKAGE) -> str:
    """Read the first line of a module's docstring, without running the module."""
    tree = ast.parse(path_of(name, package).read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0]


def imported_modules(code: str) -> set[str]:
    """Name the modules of the package that a program imports.

    >>> sorted(imported_modules("from recsys_helpers.methods import als, ease"))
    ['methods', 'methods.als', 'methods.ease']
    """
    return {
        name.removeprefix("recsys_helpers.")
        for name in imported_names(code)
        if name.startswith("recsys_helpers.")
    }


def chapters_of(names: list[str], notebooks: Path) -> dict[str, list[str]]:
    """Say for each module in which chapters, by their paths, a cell imports it."""
    imports = {
        f"/notebooks/{path.stem}": imported_modules(path.read_text(encoding="utf-8"))
        for path in sorted(notebooks.glob("[0-9]*.py"))
    }
    return {
        name: [chapter for chapter, found in imports.items() if name in found]
        for name in names
    }


def table(names: list[str], notebooks: Path) -> str:
    """Write the table of these modules, in MyST."""
    chapters = chapters_of(names, notebooks)
    rows = ["| Module | | Chapters |", "|---|---|---|"]
    for name in names:
        links = [
            f"{{doc}}`{int(Path(path).name[:2])} <{path}>`" for path in chapters[name]
        ]
        about = first_line(name).replace("|", "\\|")
        rows.append(f"| {{ref}}`{name} <api-{name}>` | {about} | {', '.join(links)} |")
    return "\n".join(rows)


def described(pages: Path = PAGES) -> list[str]:
    """List the modules that the pages describe, each as often as it is."""
    return [
        name
        for page in sorted(pages.glob("*.md"))
        for name in MODULE_LINE.findall(page.read_text(encoding="utf-8"))
    ]


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the sections and the table where a page asks for them."""
    if docname.startswith("book/api/"):
        text = MODULE_LINE.sub(lambda line: SECTION.format(name=line[1]), source[0])
        if TABLE_LINE.search(text):
            text = TABLE_LINE.sub(lambda _: table(described(), NOTEBOOKS), text)
            note_what_the_table_reads(app)
        source[0] = text


def note_what_the_table_reads(app: Sphinx) -> None:
    """Have the page with the table read again when a name in it may be another."""
    modules = map(path_of, described())
    pages = [ROOT / "book" / "_toc.yml", *PAGES.glob("*.md")]
    for path in [*modules, *pages, *NOTEBOOKS.glob("[0-9]*.py")]:
        app.env.note_dependency(str(path))


def says_nothing(
    app: Sphinx, what: str, name: str, thing: object, skip: bool, options: object
) -> bool | None:
    """Leave out what a library has written: of named tuples, and of pydantic."""
    text = getattr(thing, "__doc__", None) or ""
    is_empty = text.startswith("Alias for field number") or name == "model_config"
    return True if is_empty else None


def keep_together(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Write attributes that share a line without spaces: Sphinx reads a type there."""
    lines[:] = [SHARED.sub(lambda m: m[0].replace(", ", ","), line) for line in lines]


def setup(app: Sphinx) -> dict:
    """Register the two lines, and what is made of docstrings."""
    app.connect("source-read", fill)
    app.connect("autodoc-skip-member", says_nothing)
    app.connect("autodoc-process-docstring", keep_together, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
