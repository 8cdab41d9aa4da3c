"""What a program of this repository needs: the files that it imports or names.

The code is read and not run. So what a program imports in some cases only counts, too:
better one file too many than one whose change nobody notices.
"""

from __future__ import annotations

import ast
import os
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

# Folders of what is made, not written. An environment is known by a file in it.
_MADE = (".", "_build", "__pycache__", "mutants")
CODE_CELL = "{code-cell}"
_READS_RESULTS = "recsys_helpers.results"
_RESULTS = ("benchmarks/results/{}.json", "benchmarks/vectors/{}.npz")


class Imports:
    """The imports inside a repository; each file is read once.

    Parameters
    ----------
    root : pathlib.Path
        The repository. Modules are looked for in it, and in the folders that its
        pyproject.toml names as pytest's ``pythonpath``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._direct: dict[Path, set[Path]] = {}
        self._modules: dict[str, Path | None] = {}

    def closure(self, path: Path) -> set[Path]:
        """Find all files of the repository that a file needs, itself among them."""
        found, left = {path}, [path]
        while left:
            new = self.direct(left.pop()) - found
            found |= new
            left += new
        return found

    def direct(self, path: Path) -> set[Path]:
        """Find the files that a file itself imports or names.

        It names a module (``"recsys_helpers.live.export"``), or a file by the end of
        its path (``"_toc.yml"``, ``"vectors/posters.npz"``). Where `published_results`
        is imported, results and vectors are named without an ending; in tests, also
        the scripts in benchmarks. A test needs the conftest.py of its folders, too.
        """
        if path not in self._direct:
            needed = self._read(path) if path.suffix in (".py", ".md") else ()
            self._direct[path] = set(needed) - {path}
        return self._direct[path]

    def module(self, name: str) -> Path | None:
        """Find the file of a module, or of a package; None if it is not one of ours."""
        if name not in self._modules:
            places = (_in_folder(folder, name) for folder in self._search)
            self._modules[name] = next(filter(None, places), None)
        return self._modules[name]

    @cached_property
    def _search(self) -> list[Path]:
        file = self.root / "pyproject.toml"
        if not file.exists():
            return [self.root]
        tools = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]
        folders = tools["pytest"]["ini_options"]["pythonpath"]
        return [self.root, *(self.root / folder for folder in folders)]

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        """All files of the repository."""
        found = defaultdict(list)
        for folder, folders, names in os.walk(self.root):
            folders[:] = [
                name
                for name in folders
                if not name.startswith(_MADE)
                and not Path(folder, name, "pyvenv.cfg").exists()
            ]
            for name in names:
                found[name].append(Path(folder, name))
        return found

    def _read(self, path: Path) -> Iterator[Path]:
        is_test = path.name.startswith("test_")
        if is_test:
            folders = [path.parent, *path.parent.parents]
            for folder in folders[: folders.index(self.root) + 1]:
                if (conftest := folder / "conftest.py").exists():
                    yield conftest
        names, texts = _names_and_texts(_code_of(path))
        for name in names:
            is_relative = name.startswith(".")
            if found := _relative(path, name) if is_relative else self.module(name):
                yield from self._with_packages(found)
        places = ["{}"]
        if is_test or any(name.startswith(_READS_RESULTS) for name in names):
            places += _RESULTS
        if is_test:
            places.append("benchmarks/{}.py")
        for text in texts:
            if "." in text and (found := self.module(text)):
                yield from self._with_packages(found)
                main = found.with_name("__main__.py")
                if found.name == "__init__.py" and main.exists():  # python -m
                    yield main
            for place in places:
                yield from self._ending_with(place.format(text.removeprefix("../")))

    def _ending_with(self, end: str) -> Iterator[Path]:
        if end.startswith("__"):  # there is one in each package
            return
        for file in self._by_name.get(end.split("/")[-1], ()):
            if file.as_posix().endswith(f"/{end}"):
                yield file

    def _with_packages(self, module: Path) -> Iterator[Path]:
        """Give a module, and the `__init__.py` of each package that it is in."""
        yield module
        for folder in module.parents:
            if folder == self.root:
                return
            if (package := folder / "__init__.py").exists():
                yield package


def imported_names(code: str) -> set[str]:
    """Name what a program imports: modules, and what it takes from them.

    What stands under ``if TYPE_CHECKING:`` is not imported.

    >>> sorted(imported_names("from a.b import c, d"))
    ['a.b', 'a.b.c', 'a.b.d']
    """
    return _names_and_texts(code)[0]


def _code_of(path: Path) -> str:
    """Read a program, or the cells of a page in Markdown."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    if CODE_CELL not in text:
        return ""
    import jupytext

    cells = jupytext.reads(text, "md:myst").cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def _names_and_texts(code: str) -> tuple[set[str], set[str]]:
    names: set[str] = set()
    texts: set[str] = set()
    left: list[ast.AST] = [ast.parse(code)]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            dot = "." if node.module else ""
            names |= {module, *(f"{module}{dot}{one.name}" for one in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            left += node.orelse
        else:
            left += ast.iter_child_nodes(node)
    return names, texts


def _relative(path: Path, name: str) -> Path | None:
    inside = name.lstrip(".")
    folder = path.parents[len(name) - len(inside) - 1]
    return _in_folder(folder, inside) if inside else None


def _in_folder(folder: Path, name: str) -> Path | None:
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    path = folder.joinpath(*parts)
    for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
        if file.is_file():
            return file
    return None
