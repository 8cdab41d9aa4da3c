"""Say where two builds of the site put out something else.

    make book && mv _build _build_before && make book
    python book/compare_builds.py _build_before _build

Every cell's text and figures are compared, as the builds have cached them. A cell that
says how long it took, or how much memory, cannot say the same twice: such lines are
shown, and allowed. Any other difference ends with exit status 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

from jupyter_cache import get_cache
from nbformat import NotebookNode

# What a number that is measured anew each time stands beside.
MEASURED = re.compile(
    r"\b(seconds?|minutes?|CPU s|ms|[GMK]i?B|memory|peak|times as (fast|long)|quicker"
    r"|faster|slower)\b|\d ?s\b"
)


@dataclass(frozen=True)
class Difference:
    """A cell whose output is another: the lines that only one of the builds has.

    Parameters
    ----------
    chapter : str
    cell : int
        Counted from 1 over the code cells.
    lines : tuple of str
        Each begins with ``- `` (only before) or ``+ `` (only after).
    """

    chapter: str
    cell: int
    lines: tuple[str, ...]

    @property
    def is_measured(self) -> bool:
        """Whether each line names a time or a size of memory."""
        return all(MEASURED.search(line) for line in self.lines)


def outputs_of(build: Path) -> dict[str, NotebookNode]:
    """Read what a build has cached: a notebook with outputs for each chapter.

    Raises
    ------
    FileNotFoundError
        If the folder is not of a build.
    """
    folder = build / ".jupyter_cache"
    if not folder.is_dir():
        raise FileNotFoundError(f"{build} holds no outputs. Run make book first.")
    cache = get_cache(str(folder))
    records = cache.list_cache_records()
    return {
        Path(record.uri).stem: cache.get_cache_bundle(record.pk).nb
        for record in sorted(records, key=lambda record: record.uri)
    }


def lines_of(cell: NotebookNode) -> list[str]:
    r"""Give the lines of text that a cell put out, a figure being one line.

    >>> from nbformat.v4 import new_code_cell, new_output
    >>> said = new_output("stream", text="one\ntwo\n")
    >>> lines_of(new_code_cell("say()", outputs=[said]))
    ['one', 'two']
    """
    lines: list[str] = []
    for output in cell.outputs:
        data = output.get("data", {})
        text = output.get("text") or data.get("text/plain") or ""
        lines += text.splitlines()
        lines += [f"{kind}: {data[kind]}" for kind in ("image/png",) if kind in data]
    return lines


def compare(before: NotebookNode, after: NotebookNode) -> Iterator[tuple[int, list]]:
    """Give number and differing lines of each cell whose output is another.

    Raises
    ------
    ValueError
        If the notebooks have other code: then there is nothing to compare.
    """
    cells = [[c for c in nb.cells if c.cell_type == "code"] for nb in (before, after)]
    if [cell.source for cell in cells[0]] != [cell.source for cell in cells[1]]:
        raise ValueError("the code of the two is not the same")
    for number, (one, other) in enumerate(zip(*cells, strict=True), start=1):
        lines = [
            line
            for line in ndiff(lines_of(one), lines_of(other))
            if line.startswith(("- ", "+ "))
        ]
        if lines:
            yield number, lines


def differences(before: Path, after: Path) -> tuple[int, list[Difference]]:
    """Compare two builds; return the number of code cells, and what differs.

    Raises
    ------
    FileNotFoundError
        If one of the folders is not of a build.
    ValueError
        If they have other chapters, or one has other code in the two.
    """
    builds = outputs_of(before), outputs_of(after)
    if builds[0].keys() != builds[1].keys():
        raise ValueError(
            "The builds have other chapters: "
            f"{', '.join(sorted(builds[0].keys() ^ builds[1].keys()))}"
        )
    found, n_cells = [], 0
    for chapter, notebook in builds[0].items():
        n_cells += sum(cell.cell_type == "code" for cell in notebook.cells)
        try:
            for cell, lines in compare(notebook, builds[1][chapter]):
                found.append(Difference(chapter, cell, tuple(lines)))
        except ValueError as error:
            raise ValueError(f"{chapter}: {error}.") from None
    return n_cells, found


def main(arguments: list[str] | None = None) -> int:
    """Print every difference; return 1 if one is not of a time or of memory."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before", type=Path, help="_build of one build")
    parser.add_argument("after", type=Path, help="_build of the other")
    given = parser.parse_args(arguments)
    try:
        n_cells, found = differences(given.before, given.after)
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for difference in found:
        what = "measured anew" if difference.is_measured else "DIFFERS"
        print(f"{difference.chapter}, code cell {difference.cell}: {what}")
        print(*(f"  {line[:100]}" for line in difference.lines), sep="\n")
    others = [difference for difference in found if not difference.is_measured]
    print(
        f"{n_cells} code cells: {n_cells - len(found)} the same, "
        f"{len(found) - len(others)} with other times or memory, {len(others)} other."
    )
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main())
