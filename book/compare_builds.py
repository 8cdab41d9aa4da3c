"""Say where two builds of the site put out something else.

    make book && mv _build _build_before && make book
    python book/compare_builds.py _build_before _build

Every cell's text and figures are compared, as the builds have cached them. A cell that
says how long it took, or how much memory, cannot say the same twice: such lines are
shown, and allowed. Any other difference ends with exit status 1, and a chapter that has
other code in the two, so that nothing can be compared, with 2.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

from jupyter_cache import get_cache
from nbformat import NotebookNode

# What a number that is measured anew each time stands beside.
MEASURED = re.compile(
    r"\b(seconds?|minutes?|CPU (s|time)|ms|ns|[GMK]i?B|memory|peak|times as (fast|long)"
    r"|quicker|faster|slower)\b|\d ?s\b"
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
    # After an edit the cache holds a chapter twice. The last one is on the page.
    records = sorted(cache.list_cache_records(), key=lambda record: record.created)
    latest = {Path(record.uri).stem: record.pk for record in records}
    return {name: cache.get_cache_bundle(latest[name]).nb for name in sorted(latest)}


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
        # Where a stream is cut into outputs is chance, and can leave an empty line.
        lines += [line for line in text.splitlines() if line.strip()]
        lines += [f"{kind}: {data[kind]}" for kind in ("image/png",) if kind in data]
    return lines


def codes(notebook: NotebookNode) -> list[NotebookNode]:
    """List the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def have_the_same_code(before: NotebookNode, after: NotebookNode) -> bool:
    """Say whether the outputs of two notebooks can be compared."""
    sources = [[cell.source for cell in codes(nb)] for nb in (before, after)]
    return sources[0] == sources[1]


def compare(
    chapter: str, before: NotebookNode, after: NotebookNode
) -> list[Difference]:
    """List the cells of a chapter whose output is another."""
    found = []
    pairs = zip(codes(before), codes(after), strict=True)
    for number, (one, other) in enumerate(pairs, start=1):
        lines = ndiff(lines_of(one), lines_of(other))
        differing = tuple(line for line in lines if line.startswith(("- ", "+ ")))
        if differing:
            found.append(Difference(chapter, number, differing))
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print every difference; return the exit status, as above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before", type=Path, help="_build of one build")
    parser.add_argument("after", type=Path, help="_build of the other")
    given = parser.parse_args(arguments)
    try:
        before, after = outputs_of(given.before), outputs_of(given.after)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    common = [
        chapter
        for chapter in before.keys() & after.keys()
        if have_the_same_code(before[chapter], after[chapter])
    ]
    found = [
        difference
        for chapter in sorted(common)
        for difference in compare(chapter, before[chapter], after[chapter])
    ]
    for difference in found:
        what = "measured anew" if difference.is_measured else "DIFFERS"
        print(f"{difference.chapter}, code cell {difference.cell}: {what}")
        print(*(f"  {line[:100]}" for line in difference.lines), sep="\n")
    n_cells = sum(len(codes(before[chapter])) for chapter in common)
    others = [difference for difference in found if not difference.is_measured]
    print(
        f"{n_cells} code cells: {n_cells - len(found)} the same, "
        f"{len(found) - len(others)} with other times or memory, {len(others)} other."
    )
    left_out = sorted((before.keys() | after.keys()) - set(common))
    for chapter in left_out:
        print(f"{chapter}: the code of the two is not the same", file=sys.stderr)
    return 2 if left_out else int(bool(others))


if __name__ == "__main__":
    sys.exit(main())
