"""The reference pages of the package, from its docstrings.

In a page, the line ``% api: splits`` becomes a section on `recsys_helpers.splits`, and
the line ``% api-table`` a table of all modules, with the chapters that import them. A
page of the repository stays short and readable, and a function is described in one
place: where it is written.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "recsys_helpers"
PAGES = ROOT / "book" / "api"
MODULE_LINE = re.compile(r"^% api: (\S+)$", re.MULTILINE)
TABLE_LINE = re.compile(r"^% api-table$", re.MULTILINE)
SECTION = """\
(api-{name})=
## {name}

```{{eval-rst}}
.. automodule:: recsys_helpers.{name}
   :members:
   :no-value:
   :ignore-module-all:
```
"""


def module_names(package: Path = PACKAGE) -> list[str]:
    """List the modules with something to import, without the package's own name."""
    names = [
        ".".join(path.relative_to(package).with_suffix("").parts)
        for path in package.rglob("*.py")
    ]
    return sorted(name.removesuffix(".__init__") for name in names if _is_read(name))


def _is_read(name: str) -> bool:
    return name != "__init__" and not name.endswith("__main__")


def first_line(name: str, package: Path = PACKAGE) -> str:
    """Read the first line of a module's docstring, without running the module."""
    path = package.joinpath(*name.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(source.read_text())) or ""
    return docstring.partition("\n")[0]


def imported_modules(code: str) -> set[str]:
    """Name the modules of the package that a program imports.

    >>> sorted(imported_modules("from recsys_helpers.methods import als, ease"))
    ['methods', 'methods.als', 'methods.ease']
    """
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {
            name.removeprefix("recsys_helpers.")
            for name in names
            if name.startswith("recsys_helpers.")
        }
    return found


def chapters_of(names: list[str], notebooks: Path) -> dict[str, list[str]]:
    """Say for each module in which chapters, by their paths, a cell imports it."""
    imports = {
        f"/notebooks/{path.stem}": imported_modules(path.read_text())
        for path in sorted(notebooks.glob("[0-9]*.py"))
    }
    return {
        name: [chapter for chapter, found in imports.items() if name in found]
        for name in names
    }


def table(names: list[str], notebooks: Path) -> str:
    """Write the table of all modules, in MyST."""
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
        for name in MODULE_LINE.findall(page.read_text())
    ]


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the sections and the table where a page asks for them."""
    if docname.startswith("book/api/"):
        text = MODULE_LINE.sub(lambda line: SECTION.format(name=line[1]), source[0])
        source[0] = TABLE_LINE.sub(
            lambda _: table(module_names(), ROOT / "notebooks"), text
        )


def setup(app: Sphinx) -> dict:
    """Register the two lines."""
    app.connect("source-read", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
