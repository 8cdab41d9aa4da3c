"""What chapters 10 and 11 need besides the course's usual packages.

An engine, a cluster or a server is a large thing to install for one chapter. So they
are extras: a chapter asks with `has_extra` what is here, and shows measured results in
place of its live cells where something is missing.
"""

from __future__ import annotations

from importlib.util import find_spec

__all__ = [
    "EXTRAS",
    "has_extra",
]

#: The packages that each extra of ``pyproject.toml`` brings, as they are imported.
EXTRAS = {
    "engines": ("duckdb", "polars", "voyager"),
    "serve": ("fastapi", "httpx", "uvicorn"),
    "spark": ("pyspark",),
    "workers": ("jax",),
}


def has_extra(extra: str) -> bool:
    """Say whether an extra is installed, and print how to install it if it is not.

    Nothing is imported.

    Parameters
    ----------
    extra : {"engines", "serve", "spark", "workers"}

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If there is no such extra.
    """
    if extra not in EXTRAS:
        raise ValueError(f"extra is one of {', '.join(EXTRAS)}; got {extra!r}.")
    missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if missing:
        print(
            f"Not installed here: {', '.join(missing)}. The cells that need it do "
            "nothing; everything else runs. To install it, run this in the folder of "
            f"the course:\n    python -m pip install '.[{extra}]'"
        )
    return not missing
