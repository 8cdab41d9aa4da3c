"""Put back what belongs to the assignment; keep what the student wrote.

Of a submission, the cells to write and the cells that the student added count, and what
the student added to a cell with data. Everything else, text, data, checks, and all
metadata, comes from the version that was given out, whether it was edited, moved,
stripped of its metadata, or deleted.

Notebooks come back from many tools, and few keep all that nbgrader wrote. So a cell is
recognised by the first of these that it has: nbgrader's metadata, its id, its text, its
heading. A cell to write in which nothing was written, or that is gone, is looked for by
the names that it asks for, wherever the student defines them. A text is looked for
beside the place where it was asked for, and then in all that the student added.
"""

from __future__ import annotations

import ast
import copy
import re
import symtable
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

import nbformat
from nbformat import NotebookNode

NEW_CELL = {
    "code": nbformat.v4.new_code_cell,
    "markdown": nbformat.v4.new_markdown_cell,
    "raw": nbformat.v4.new_raw_cell,
}
DEFINED = re.compile(r"^(?:async +)?(?:def|class) +(\w+)|^(\w+) *(?::.*)?=(?!=)", re.M)
PICTURE = re.compile(r"image/(?:bmp|gif|jpeg|png|svg\+xml|webp)")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
MAGICS = re.compile(r"^[%!].*", re.M)  # no Python, and nothing that others need
LONGEST = 100_000  # characters of a cell that is looked through for what was added
ELSEWHERE = "# What belongs here stands in another cell."
METADATA = "nbgrader's metadata"


class UnreadableError(ValueError):
    """The file is not a notebook."""


@dataclass
class Restored:
    """A notebook that can be graded, and what was recognised in the submission.

    Attributes
    ----------
    notebook : NotebookNode
    how : dict
        From the name of each cell to write to how it was recognised; empty text if it
        was not.
    is_recognised : bool
        Whether any task was: of those to program, if there are such.
    edited : list of str
        Names of the cells with data or checks that were edited, and are put back.
    """

    notebook: NotebookNode
    how: dict[str, str]
    is_recognised: bool
    edited: list[str]

    def describe(self) -> str:
        """Say for a person what was recognised how."""
        names: dict[str, list[str]] = defaultdict(list)
        for name, how in self.how.items():
            names[f"by {how}" if how else "not found"].append(name)
        if len(names) == 1:
            names = {f"all {next(iter(names))}": []}
        if self.edited:
            names["edited and put back"] = self.edited
        return "; ".join(
            f"{how}: {', '.join(these)}" if these else how
            for how, these in names.items()
        )


@dataclass
class _Piece:
    """A cell of the submission.

    `place` is that of the given cell that it is, None for one of the student's own;
    `how` that was found out, or that it stood in a cell with data.
    `needed_at` is that of a cell to write whose work it does, and `key` sorts.
    """

    cell: NotebookNode
    place: int | None = None
    how: str = ""
    needed_at: int | None = None
    key: tuple[float, bool, int] = (-1, True, 0)


def read_submission(text: str) -> NotebookNode:
    """Read a submission.

    Raises
    ------
    UnreadableError
        Whatever is wrong with the file.
    """
    try:
        notebook = nbformat.reads(text, as_version=4)
        is_whole = all(
            cell.cell_type in NEW_CELL
            and isinstance(cell.source, str)
            and isinstance(cell.metadata, dict)
            for cell in notebook.cells
        )
    except Exception as error:  # the file may hold anything
        problem = (str(error) or repr(error)).splitlines()[0][:200]
        raise UnreadableError(problem) from error
    if not is_whole:
        raise UnreadableError("one of its cells is not whole")
    for cell in notebook.cells:  # JSON can hold half of an emoji, a file of ours cannot
        cell.source = cell.source.encode("utf-8", "replace").decode()
    return notebook


def restore(submission: NotebookNode, given: NotebookNode) -> Restored:
    """Return the given notebook with what the student wrote and added.

    The student's cells stay where they were between the given ones, but for what the
    checks of a task need: it comes before them.

    Parameters
    ----------
    submission, given : NotebookNode
        What was handed in, and the student version as it was given out.
    """
    # Data may be set again on purpose; a copy of a stub would undo the solution.
    copies = {_text(cell) for cell in given.cells if not _is_data(cell)}
    pieces = [
        piece
        for piece in _recognise(submission.cells, given.cells)
        if piece.place is not None or _text(piece.cell) not in copies
    ]
    edited = [
        _grade_id(given.cells[piece.place])
        for piece in pieces
        if piece.place is not None and _is_edited(piece.cell, given.cells[piece.place])
    ]
    pieces = [part for piece in pieces for part in _parts(piece, given.cells)]
    pieces, elsewhere = _find_by_names(pieces, given.cells)
    _put_in_order(pieces, given.cells)

    found = {piece.place: piece for piece in pieces if piece.place is not None}
    how = {}
    restored = [(p.key, _own(p.cell)) for p in pieces if p.place is None]
    for place, cell in enumerate(given.cells):
        back, key = copy.deepcopy(cell), (place, False, 0)
        if _is_to_write(cell):
            how[place] = elsewhere.get(place, "")
            if place in found:
                how[place], key = found[place].how, found[place].key
                back.source = found[place].cell.source
                back.update(_pictures(found[place].cell, back.cell_type))
            elif place in elsewhere:
                back.source = ELSEWHERE
        if _is_text(cell) and (added := _added_text(place, pieces, given.cells)):
            is_written = place in found and _text(back) != _text(cell)
            how[place] = how[place] if is_written else "the text that was added"
            back.source = f"{back.source}\n\n{added}" if is_written else added
        restored.append((key, back))

    notebook = copy.deepcopy(given)
    notebook.cells = [cell for _, cell in sorted(restored, key=lambda item: item[0])]
    for position, cell in enumerate(notebook.cells):
        cell.id = f"cell-{position}"
    programs = [place for place in how if not _is_text(given.cells[place])]
    return Restored(
        notebook,
        how={_grade_id(given.cells[place]): text for place, text in how.items()},
        is_recognised=any(how[place] for place in programs or how),
        edited=edited,
    )


def _recognise(cells: list[NotebookNode], given: list[NotebookNode]) -> list[_Piece]:
    """Find of each cell the given one that it is, by the best sign first."""
    pieces = [_Piece(cell) for cell in cells]
    ways = [("its id", _id), ("its text", _text), ("its heading", _heading)]
    if _names_are_of(cells, given):
        ways.insert(0, (METADATA, _grade_id))
    taken = set()
    for how, sign in ways:
        places = defaultdict(list)
        for place, cell in enumerate(given):
            places[sign(cell)].append(place)
        last = -1  # of cells with the same sign, the next one is meant
        for piece in pieces:
            if piece.place is None and sign(piece.cell) is not None:
                free = [p for p in places[sign(piece.cell)] if p not in taken]
                if free:
                    piece.place = next((p for p in free if p > last), free[0])
                    piece.how = how
                    taken.add(piece.place)
            last = last if piece.place is None else piece.place
    return pieces


def _names_are_of(cells: list[NotebookNode], given: list[NotebookNode]) -> bool:
    """Whether nbgrader's names are of this assignment: others have some of them."""
    texts = Counter(map(_text, given))
    locked = {
        _grade_id(cell): _text(cell)
        for cell in given
        if not _is_to_write(cell) and texts[_text(cell)] == 1
    }
    named = [cell for cell in cells if _grade_id(cell) in locked]
    return not named or any(_text(cell) == locked[_grade_id(cell)] for cell in named)


def _parts(piece: _Piece, given: list[NotebookNode]) -> list[_Piece]:
    """Split a cell with data that was edited: it, and what the student added to it."""
    if piece.place is None or not _is_data(given[piece.place]):
        return [piece]
    back = given[piece.place]
    added = _added_code(piece.cell, back) if _is_edited(piece.cell, back) else ""
    if not added:
        return [piece]
    own = _Piece(NEW_CELL["code"](added), how="what was added to data")
    return [_Piece(back, piece.place, piece.how), own]


def _added_code(cell: NotebookNode, given: NotebookNode) -> str:
    """Return the statements that are new, but for those that set the given data."""
    if cell.cell_type != "code" or len(cell.source) > LONGEST:
        return ""
    try:
        with warnings.catch_warnings(action="ignore"):  # of the student's code
            known, mine = (
                [ast.unparse(node) for node in ast.parse(MAGICS.sub("", c.source)).body]
                for c in (given, cell)
            )
            data = _assigned("\n".join(known))
            new = [code for code in mine if code not in known]
            return "\n".join(code for code in new if not _assigned(code) & data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""  # no Python


def _assigned(code: str) -> set[str]:
    """Names that code sets; imports don't count, they may come again."""
    symbols = symtable.symtable(code, "cell", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned()}


def _find_by_names(
    pieces: list[_Piece], given: list[NotebookNode]
) -> tuple[list[_Piece], dict[int, str]]:
    """Find what does the work of cells to write in which nothing was written.

    Returns the pieces, and how such cells were found whose work is done in a piece that
    is another cell.
    """
    is_known = Counter(name for cell in given for name in _asked(cell))
    written = {
        piece.place
        for piece in pieces
        if piece.place is not None and _is_written(piece.cell, given[piece.place])
    }
    wanted = {
        name: place
        for place, cell in enumerate(given)
        if _is_to_write(cell) and place not in written
        for name in _asked(cell)
        if is_known[name] == 1
    }
    looked_at = []
    for piece in pieces:
        is_locked = piece.place is not None and not _is_to_write(given[piece.place])
        if is_locked and piece.place in written and _defined(piece.cell) & {*wanted}:
            looked_at.append(_Piece(piece.cell))  # written into a cell that is put back
        looked_at.append(piece)

    how = "the names it defines"
    instead, elsewhere = set(), {}
    for piece in looked_at:
        if piece.place is not None and piece.place not in written:
            continue
        names = _defined(piece.cell) & {*wanted}
        for place in sorted({wanted[name] for name in names}):
            piece.needed_at = place if piece.needed_at is None else piece.needed_at
            if piece.place is None and place not in instead:
                piece.place, piece.how = place, how
                instead.add(place)
            elif place not in instead:
                elsewhere[place] = how
        for name in names:  # the first one counts: others may be tries of later on
            del wanted[name]
    found = {*instead, *elsewhere}
    kept = [p for p in looked_at if p.place not in found or p.how == how]
    return kept, elsewhere


def _put_in_order(pieces: list[_Piece], given: list[NotebookNode]) -> None:
    """Give each piece a key: given cells as they were, the student's between them."""
    places = [piece.place for piece in pieces if piece.place is not None]
    blocks = SequenceMatcher(None, range(len(given)), places, autojunk=False)
    unmoved = {
        place
        for block in blocks.get_matching_blocks()
        for place in range(block.a, block.a + block.size)
    }
    last = follow = -1
    waiting: list[_Piece] = []  # own code since the last given cell
    for position, piece in enumerate(pieces):
        place = piece.place
        is_locked = place is not None and not _is_to_write(given[place])
        if place is None:
            key, is_own = follow, True
        elif place in unmoved or is_locked or place < last:
            key, is_own = place, False
        else:  # the student had it before its place, which may have a reason
            key, is_own = follow, True
        if piece.needed_at is not None and piece.needed_at < key:
            key, is_own = piece.needed_at, True
        is_work = piece.needed_at is not None or (place is not None and not is_locked)
        if key < last and is_work:  # moved up, with what was written for it
            for helper in waiting:
                helper.key = (key - 0.5, True, helper.key[2])
            waiting = []
            follow = key
        if place in unmoved:
            last = follow = place
        if place is not None:
            waiting = []
        elif piece.needed_at is None and piece.cell.cell_type == "code":
            waiting.append(piece)
        piece.key = (key, is_own, position)


def _added_text(place: int, pieces: list[_Piece], given: list[NotebookNode]) -> str:
    """Collect what the student wrote beside a text's cell, or else anywhere."""
    found = {piece.place: piece for piece in pieces if piece.place is not None}
    before = max((p for p in found if p < place), default=-1)
    known = {*map(_text, given), None}
    own = [
        p
        for p in pieces
        if p.place is None and not p.how and _text(p.cell) not in known
    ]
    near = [p for p in own if before <= p.key[0] <= place]
    texts = [p.cell.source for p in near if p.cell.cell_type != "code"]
    if place in found and _text(found[place].cell) != _text(given[place]):
        return "\n\n".join(texts)
    if before == place - 1 and before in found and not _is_to_write(given[before]):
        asked = {*_lines(given[before].source)} - {""}  # the question may hold it
        new = [line for line in _lines(found[before].cell.source) if line not in asked]
        if text := "\n".join(new).strip():
            texts.insert(0, text)
    texts = texts or [p.cell.source for p in near]
    texts = texts or [p.cell.source for p in own if p.cell.cell_type != "code"]
    return "\n\n".join(texts)


def _grade_id(cell: NotebookNode) -> str | None:
    about = cell.metadata.get("nbgrader")
    return _string(about.get("grade_id")) if isinstance(about, dict) else None


def _id(cell: NotebookNode) -> str | None:
    """Colab keeps a cell's id in its metadata."""
    return _string(cell.metadata.get("id")) or _string(cell.get("id"))


def _text(cell: NotebookNode) -> str | None:
    return "\n".join(_lines(cell.source)).strip() or None


def _heading(cell: NotebookNode) -> str | None:
    first = (_text(cell) or "").partition("\n")[0]
    return first if cell.cell_type == "markdown" and first.startswith("#") else None


def _lines(source: str) -> list[str]:
    return [line.rstrip() for line in source.splitlines()]


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _defined(cell: NotebookNode) -> set[str]:
    """Names that a cell defines, also if it has an error somewhere."""
    is_code = cell.cell_type == "code"
    return {a or b for a, b in DEFINED.findall(cell.source)} if is_code else set()


def _asked(cell: NotebookNode) -> set[str]:
    """Names that a given cell defines, or asks for in a comment: `# x = a number`."""
    return _defined(NotebookNode(cell, source=re.sub("(?m)^# ", "", cell.source)))


def _is_to_write(cell: NotebookNode) -> bool:
    return cell.metadata.nbgrader.solution


def _is_data(cell: NotebookNode) -> bool:
    about = cell.metadata.nbgrader
    return cell.cell_type == "code" and not about.solution and not about.grade


def _is_edited(cell: NotebookNode, given: NotebookNode) -> bool:
    """Whether code that is not to be changed was."""
    is_locked = given.cell_type == "code" and not _is_to_write(given)
    return is_locked and _text(cell) != _text(given)


def _is_written(cell: NotebookNode, given: NotebookNode) -> bool:
    """Whether a student wrote something there: a comment is no work, nor is less."""
    if given.cell_type != "code":
        return _text(cell) != _text(given)
    mine, known = ({*map(str.strip, _lines(c.source))} for c in (cell, given))
    return any(not line.startswith("#") for line in mine - known - {"", "pass", "..."})


def _is_text(cell: NotebookNode) -> bool:
    return cell.metadata.nbgrader.solution and cell.metadata.nbgrader.grade


def _own(cell: NotebookNode) -> NotebookNode:
    return NEW_CELL[cell.cell_type](cell.source, **_pictures(cell, cell.cell_type))


def _pictures(cell: NotebookNode, cell_type: str) -> dict[str, dict]:
    """Pictures that were pasted into a cell, where they are what they should be."""
    attached = cell.get("attachments")
    if cell_type != "markdown" or not isinstance(attached, dict):
        return {}
    kept = {name: dict(_good_pictures(bundle)) for name, bundle in attached.items()}
    kept = {name: bundle for name, bundle in kept.items() if bundle}
    return {"attachments": kept} if kept else {}


def _good_pictures(bundle: object) -> Iterator[tuple[str, str]]:
    for kind, data in bundle.items() if isinstance(bundle, dict) else ():
        if PICTURE.fullmatch(kind) and isinstance(data, str) and BASE64.fullmatch(data):
            yield kind, data
