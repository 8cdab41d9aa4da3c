"""Packages that only a part of the course needs, and how to install them.

An engine, a cluster or a server is a large thing to install for one chapter. So they
are extras: a chapter asks with `has_extra` what is here, and shows measured results in
place of its live cells where something is missing. A function that cannot do without
gets its package from `require`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

#: The packages that extras of ``pyproject.toml`` bring, as they are imported.
EXTRAS = {
    "engines": ("duckdb", "polars", "voyager"),
    "serve": ("fastapi", "httpx", "uvicorn"),
    "spark": ("pyspark",),
    "wikipedia": ("mwclient",),
    "workers": ("jax",),
}


def has_extra(extra: str) -> bool:
    """Say whether an extra is installed, and print how to install it if it is not.

    Nothing is imported. A ValueError names the `EXTRAS` if there is no such one.
    """
    if extra not in EXTRAS:
        raise ValueError(f"extra is one of {', '.join(EXTRAS)}; got {extra!r}.")
    missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if missing:
        print(
            f"Not installed here: {', '.join(missing)}. The cells that need it do "
            f"nothing; everything else runs. {_how_to_install(extra)}"
        )
    return not missing


def require(module: str, extra: str) -> ModuleType:
    """Import a module that an extra brings, or say how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"This needs the package {module.partition('.')[0]}, which cannot be "
            f"imported here ({error}). {_how_to_install(extra)}"
        ) from error


def _how_to_install(extra: str) -> str:
    return (
        "To install it, run this in the folder of the course:\n"
        # Windows takes single quotes for a part of the name.
        f'    python -m pip install ".[{extra}]"'
    )
