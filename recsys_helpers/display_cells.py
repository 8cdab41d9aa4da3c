"""How values stand in a table: as text on one line, aligned, and escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from numbers import Integral, Real
from typing import Any

import pandas as pd

MISSING = "-"
_LINE_ENDS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
# Control characters, halves of characters, and what turns around the rest of a line.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Column:
    """A column of a table, its values already written."""

    name: str
    cells: list[str]
    is_number: bool

    @classmethod
    def of(cls, name: Any, values: pd.Series, spec: str | Callable | None) -> Column:
        """Write the values: numbers by `spec`, or by what suits their kind."""
        is_number = pd.api.types.is_numeric_dtype(
            values
        ) and not pd.api.types.is_bool_dtype(values)
        if spec is None and is_number:
            is_code = str(name) in ("id", "year") or str(name).endswith("_id")
            # A year with gaps is often kept as a float.
            spec = ".0f" if is_code else ".3f" if _has_fractions(values) else ",.0f"
        try:
            cells = [one_line(formatted(value, spec)) for value in values]
        except ValueError as error:
            raise ValueError(
                f"The column {name} cannot be written by its format: {error}."
            ) from error
        return cls(one_line(name), cells, is_number)

    def head(self) -> str:
        """Write the column's heading as HTML."""
        return f'<th scope="col"{self._class()}>{escape(self.name)}</th>'

    def cell(self, text: str) -> str:
        """Write one value as HTML."""
        return f"<td{self._class()}>{escape(text)}</td>"

    def _class(self) -> str:
        return ' class="rh-number"' if self.is_number else ""


def _has_fractions(values: pd.Series) -> bool:
    return not pd.api.types.is_integer_dtype(values)


def formatted(
    value: Any, spec: str | Callable[[Any], str] | None, missing: str = MISSING
) -> str:
    """Write a value by a format or a function; NaN and None as `missing`."""
    if is_missing(value):
        return missing
    if callable(spec):
        return str(spec(value))
    if isinstance(value, (tuple, list, set, frozenset)):
        return ", ".join(texts_of(value))
    if spec and isinstance(value, Real) and not isinstance(value, bool):
        if isinstance(value, Integral):
            # As a float, an id of 64 bits would become another.
            return format(int(value), re.sub(r"\.0f$", "d", spec))
        return format(float(value), spec)
    return str(value)


def one_line(text: Any) -> str:
    r"""Leave out of a text what would break or turn around the line that it stands in.

    Examples
    --------
    >>> one_line("Heat\n(1995)\x1b")
    'Heat (1995)'
    """
    return _UNSEEN.sub("", _LINE_ENDS.sub(" ", str(text)))


def is_missing(value: Any) -> bool:
    """Say whether a value is None, NaN or NaT."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def texts_of(values: Iterable[Any]) -> tuple[str, ...]:
    """Turn values into texts, those of a set in a fixed order."""
    texts = (str(value) for value in values if not is_missing(value))
    # A set has another order in every run.
    return tuple(sorted(texts) if isinstance(values, (set, frozenset)) else texts)


def aligned(columns: list[Column], rows: list, caption: str | None) -> str:
    """Write the table as plain text, numbers to the right."""
    widths = [max(map(len, [column.name, *column.cells])) for column in columns]
    lines = [
        "  ".join(
            text.rjust(width) if column.is_number else text.ljust(width)
            for column, text, width in zip(columns, row, widths, strict=True)
        ).rstrip()
        for row in [[column.name for column in columns], *rows]
    ]
    return "\n".join([caption, *lines] if caption else lines)
