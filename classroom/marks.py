"""The two files of grades, one of which a person fills in: nothing in them gets lost.

A spreadsheet changes what it opens: 0012 becomes 12, 1-2 a date, and Müller what its
bytes are in another encoding. So each student has a *code* of letters that nothing
changes, by which rows are known. Rows without one are known by the name. And it saves
what it opened an hour ago: so `LAST` keeps what was written to to_mark.csv, too.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

from autograde import Text
from handed_in import decoded

from recsys_helpers._files import write_whole

TO_MARK = ["code", "student", "assignment", "task", "points", "max", "text", "note"]
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: they make no word, month or number
CODE = re.compile(f"[{LETTERS}]{{8}}")
CHANGED = "The text is another one than these points were given for."
KEPT = " | kept from an earlier run; in "
LAST = "last_to_mark.csv"  # in backups/: all texts and points, as written last
UNSAVED = "unsaved_grades.csv"  # in backups/, while grades.csv can't be written
LONGEST = 30_000  # characters of a text: a cell of a spreadsheet has no more
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Key = tuple[str, str]  # code of the student, assignment
csv.field_size_limit(2**31 - 1)


@dataclass
class Row:
    """A line of grades.csv.

    ``status`` is *graded*; *stopped* (graded as far as the code ran); *unrecognised*
    (no task of the assignment was found in it); *not handed in*; *unreadable*; or
    *failed* (our fault: look at the reason). ``code`` stands for the student.
    ``recognised`` says which cells to write were found, and how.
    """

    code: str
    student: str
    assignment: str
    automatic: float
    automatic_max: float
    by_hand: float
    by_hand_outstanding: float
    total: float
    max: float
    status: str
    reason: str
    recognised: str = ""


# How much a row says: one that says less never takes the place of one that says more.
WEIGHT = {
    "not handed in": 0,
    "unreadable": 1,
    "failed": 1,
    "unrecognised": 2,
    "stopped": 3,
    "graded": 3,
}
WITH_TEXTS = 2  # the weight from which on there are texts to mark
OURS = {*TO_MARK, *Row.__annotations__}  # columns; all others are a person's own


@dataclass
class Table:
    """A CSV file as it was read: ``content`` is None if there is no such file."""

    path: Path
    content: bytes | None = None
    delimiter: str = ","
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, needed: Iterable[str]) -> Table:
        """Read a file that a spreadsheet may have saved.

        Raises
        ------
        ValueError
            If it lacks a column, has one twice, or a cell is below no heading.
        """
        if not path.exists():
            return cls(path)
        table = cls(path, path.read_bytes())
        first, _, rest = (text := decoded(table.content or b"")).partition("\n")
        if first.startswith("sep="):  # a line for Excel
            text, first = rest, rest.partition("\n")[0]
        table.delimiter = max(",;\t", key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter)
        table.columns = [_known_column(name.strip()) for name in next(reader, [])]
        if missing := [name for name in needed if name not in table.columns]:
            raise ValueError(
                f"{path} has no column {', '.join(missing)}. Nothing was written. Save "
                "it as CSV, with the columns that it had, or move it to another place."
            )
        count = Counter(filter(None, table.columns))
        if twice := [name for name, times in count.items() if times > 1]:
            raise ValueError(
                f"{path} has the column {', '.join(twice)} twice. Nothing was written. "
                "Give your own another name (capital letters make no difference)."
            )
        for number, cells in enumerate(reader, 2):
            filled = dict.fromkeys(table.columns, "")
            for name, cell in zip_longest(table.columns, cells, fillvalue=""):
                if cell.strip() and not name:
                    raise ValueError(
                        f"{path}, row {number}: {cell!r} is in a column without a "
                        "heading. Nothing was written. Write one above it."
                    )
                filled[name] = _unguarded(cell) if name in OURS else cell
            table.rows.append(filled)
        return table

    def own_columns(self, ours: list[str]) -> list[str]:
        """Name the columns that a person added."""
        return [name for name in self.columns if name and name not in ours]

    def is_as_read(self) -> bool:
        """Say whether nobody else has written the file since."""
        return not self.path.exists() or self.path.read_bytes() == self.content

    def back_up(self) -> None:
        """Keep a copy of the file, unless the last copy is the same."""
        if self.content is None:
            return
        folder = self.path.parent / "backups"
        copies = sorted(folder.glob(f"{self.path.stem}-*.csv"))
        if not copies or copies[-1].read_bytes() != self.content:
            now = datetime.now().strftime("%Y-%m-%d-%H%M%S-%f")
            write_whole(folder / f"{self.path.stem}-{now}.csv", self.content)

    def write(self, columns: list[str], rows: Iterable[dict]) -> None:
        """Write rows with a mark by which a spreadsheet knows UTF-8."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(
            text, columns, delimiter=self.delimiter, extrasaction="ignore"
        )
        writer.writeheader()
        # Who separates by semicolons writes 8,5; and 8.5 would be a date in May.
        point = "," if self.delimiter == ";" else "."
        writer.writerows(
            {n: _guarded(cell, point) if n in OURS else cell for n, cell in row.items()}
            for row in rows
        )
        content = text.getvalue().replace("\0", "").encode("utf-8-sig", "replace")
        write_whole(self.path, content)
        self.content = content


class Grades:
    """grades.csv and to_mark.csv of a folder, with what this run adds.

    Parameters
    ----------
    output : Path
        Where the files are, if there are any.
    students : list of str
        Those who are graded now.
    tasks : dict
        From an assignment to its texts.

    Raises
    ------
    ValueError
        If it is not clear whose points they are, if they can't be, or if points are
        gone.

    Attributes
    ----------
    left : list of str
        What could not be written, and why: nothing of it is lost, the next run has it.
    has_replaced : bool
        Whether grades.csv held something that this run did not know.
    """

    def __init__(
        self, output: Path, students: list[str], tasks: dict[str, dict[str, Text]]
    ) -> None:
        self.names = {code_of(name): name for name in students}
        if len(self.names) < len(students):
            twice = Counter(map(code_of, students))
            same = [name for name in students if twice[code_of(name)] > 1]
            raise ValueError(f"These names are the same, rename one: {same}")
        needed = [f.name for f in fields(Row) if f.name not in ("code", "recognised")]
        self._grades = Table.read(output / "grades.csv", needed)
        needed_to_mark = ["student", "assignment", "task", "points"]
        self._to_mark = Table.read(output / "to_mark.csv", needed_to_mark)
        backups = output / "backups"
        self._last = Table.read(backups / LAST, ["code", *needed_to_mark])
        self._unsaved = Table.read(backups / UNSAVED, needed)
        if self._unsaved.content is not None:
            self._grades.back_up()
            self._grades = replace(self._unsaved, path=self._grades.path)
        self._own: dict[Key, dict[str, str]] = {}
        self.rows = self._read_grades()
        self.to_mark = self._read_marks(tasks)
        self.left: list[str] = []
        self.has_replaced = False
        self._grades.back_up()
        self._to_mark.back_up()

    def add(self, row: Row, texts: dict[str, Text], run: str) -> Row:
        """Add what came of grading a notebook; return the line of grades.csv.

        Parameters
        ----------
        row : Row
            Of which the points given by hand are filled in here.
        texts : dict
            By task. Those that have no points are for a person to mark.
        run : str
            What is graded now, in words.
        """
        key = (row.code, row.assignment)
        before = self.rows.get(key)
        if before and (
            WEIGHT.get(before.status, 3) > WEIGHT[row.status]
            # Perhaps the computer was busy.
            or (row.status == "stopped" and before.automatic > row.automatic)
        ):
            now = f"{run} it is {row.status}: {row.reason}"
            row = replace(before, reason=before.reason.split(KEPT)[0] + KEPT + now)
        elif WEIGHT[row.status] >= WITH_TEXTS:
            for task, text in texts.items():
                self._add_text(row, task, text)
        self.rows[key] = self._counted(row)
        return self.rows[key]

    def save(self) -> None:
        """Write both files; to_mark.csv only if nobody filled in more meanwhile.

        A file that can't be written, because it is open elsewhere, goes into `left`.

        Raises
        ------
        OSError
            If nothing can be written to the folder.
        """
        self.rows = {key: self._counted(row) for key, row in self.rows.items()}
        self.left = []
        lines = [
            {**self._own.get(key, {}), **asdict(row)} for key, row in self.rows.items()
        ]
        of_row = [f.name for f in fields(Row)]
        columns = [*of_row, *self._grades.own_columns(of_row)]
        try:
            if not self._grades.is_as_read():
                Table(self._grades.path, self._grades.path.read_bytes()).back_up()
                self.has_replaced = True
            self._grades.write(columns, _sorted(lines))
            self._unsaved.path.unlink(missing_ok=True)
        except OSError as error:
            self._unsaved.write(columns, _sorted(lines))
            self.left.append(f"{self._grades.path} could not be written: {error}")
        to_mark = _sorted(self._texts())
        columns = [*TO_MARK, *self._to_mark.own_columns(TO_MARK)]
        self._last.write(columns, to_mark)
        try:
            if self._to_mark.is_as_read():
                self._to_mark.write(columns, to_mark)
            else:
                self.left.append(f"{self._to_mark.path} was changed while this ran.")
        except OSError as error:
            self.left.append(f"{self._to_mark.path} could not be written: {error}")

    def changed(self) -> list[str]:
        """Name the texts that are other ones than those that got the points."""
        return [
            f"{row['student']}, {row['assignment']}, {row['task']}"
            for row in self._texts()
            if row["note"] == CHANGED
        ]

    def _texts(self) -> Iterator[dict[str, str]]:
        for by_task in self.to_mark.values():
            yield from by_task.values()

    def _add_text(self, row: Row, task: str, text: Text) -> None:
        by_task = self.to_mark.setdefault((row.code, row.assignment), {})
        before = by_task.get(task, {})
        points, note = before.get("points", ""), before.get("note", "")
        if text.given is not None and not points:
            by_task.pop(task, None)
            return
        version = code_of(text.text.strip(), 5)
        if points and _is_another(before, text.text, version):
            note = CHANGED
        cut = "\n[It goes on in the notebook.]" if len(text.text) > LONGEST else ""
        by_task[task] = {
            **before,
            "code": f"{row.code}-{version}",
            "student": row.student,
            "assignment": row.assignment,
            "task": task,
            "points": points,
            "max": f"{text.max:g}",
            "text": text.text[:LONGEST] + cut,
            "note": note,
        }

    def _counted(self, row: Row) -> Row:
        """Fill in what a person gave to the texts of a notebook, and has yet to."""
        by_task = self.to_mark.get((row.code, row.assignment))
        if by_task is None:  # What is yet to mark stays so, if its rows are gone.
            return replace(row, total=row.automatic + row.by_hand)
        texts = by_task.values()
        given = sum(_number(text["points"]) for text in texts if text["points"])
        left = sum(_number(text["max"]) for text in texts if not text["points"])
        return replace(
            row,
            by_hand=given,
            by_hand_outstanding=left,
            total=row.automatic + given,
        )

    def _read_grades(self) -> dict[tuple[str, str], Row]:
        rows = {}
        for number, code, cells in _identified(self._grades.rows, self.names):
            code = code or _written_code(cells) or code_of(cells["student"])
            values: dict = {f.name: cells.get(f.name, "") for f in fields(Row)}
            for name in (f.name for f in fields(Row) if f.type == "float"):
                try:
                    values[name] = _number(values[name])
                except ValueError:
                    raise ValueError(
                        f"{self._grades.path}, row {number}: {name} is "
                        f"{values[name]!r}, which is no number. Nothing was "
                        "written. Correct it, or move the file to another place."
                    ) from None
            values |= {"code": code, "student": self.names.get(code, cells["student"])}
            if (key := (code, cells["assignment"])) in rows:
                raise ValueError(
                    f"{self._grades.path}, row {number}: {values['student']}, {key[1]} "
                    "stands twice. Nothing was written. Take one of the lines out."
                )
            rows[key] = Row(**values)
            self._own[key] = cells
        for row in rows.values():
            self.names.setdefault(row.code, row.student)
        return rows

    def _read_marks(
        self, tasks: dict[str, dict[str, Text]]
    ) -> dict[Key, dict[str, dict[str, str]]]:
        marks: dict[Key, dict[str, dict[str, str]]] = {}
        problems: list[str] = []
        table = self._to_mark
        for number, code, cells in _identified(table.rows, self.names):
            row = {**dict.fromkeys(TO_MARK, ""), **cells}
            for column in ("assignment", "task", "points", "max"):
                row[column] = row[column].strip()
            texts = tasks.get(row["assignment"], {})
            is_known = code is not None and (
                row["task"] in texts or (code, row["assignment"]) in self.rows
            )
            who = ", ".join(row[column] for column in ("student", "assignment", "task"))
            about = f"row {number} ({who}): {row['points']!r}"
            if row["task"] in texts:
                row["max"] = f"{texts[row['task']].max:g}"
            elif not _is_from_0_to("inf", row["max"]):
                row["max"] = "0"
            if row["points"]:
                if not _is_from_0_to(row["max"], row["points"]):
                    problems.append(f"{about} is not from 0 to {row['max']}")
                elif not is_known:
                    problems.append(f"{about} belongs to nobody here")
            if code is None or not is_known:
                continue
            row["student"] = self.names.get(code, row["student"])
            by_task = marks.setdefault((code, row["assignment"]), {})
            before = by_task.setdefault(row["task"], row)["points"]
            if before and row["points"] not in ("", before):
                problems.append(f"{about} stands beside {before!r}")
            elif not before:
                by_task[row["task"]] = row
        problems += self._gone(marks)
        if problems:
            raise ValueError(
                f"{table.path}: it is not clear what these points are:\n  "
                + "\n  ".join(problems)
                + "\nNothing was graded and nothing written. Take points that are gone "
                f"from {self._last.path} or an older copy, or write 0 if you mean "
                "it. If a student has another name now, write the student as the "
                "folder is called, with an empty code, and take the lines of the old "
                f"name out of {self._grades.path}. Points that you need no more, keep "
                "in a file elsewhere."
            )
        return marks

    def _gone(self, marks: dict[Key, dict[str, dict[str, str]]]) -> list[str]:
        """Name points that an older copy lacks; put its other rows right."""
        gone = {
            key: f"the row of {had.student}, {had.assignment} is gone or empty, which "
            f"had {had.by_hand:g} points"
            for key, had in self.rows.items()
            if had.by_hand and not any(t["points"] for t in marks.get(key, {}).values())
        }
        problems = list(gone.values())
        for row in self._last.rows:
            key, task = (_written_code(row), row["assignment"]), row["task"]
            if key in gone or key not in self.rows:
                continue
            row["student"] = self.names[key[0]]
            now = marks.get(key, {}).get(task)
            if row["points"] and not (now and now["points"]):
                who = f"{row['student']}, {row['assignment']}, {task}"
                problems.append(
                    f"the row of {who} is gone or empty, which had {row['points']}"
                )
            elif now is None:
                marks.setdefault(key, {})[task] = row
            else:
                if now["points"] and _is_another(now, row["text"], _version(row)):
                    now["note"] = CHANGED
                now |= {"code": row["code"], "text": row["text"]}
        return problems


def code_of(text: str, length: int = 8) -> str:
    """Name a student, or a text, by letters that no spreadsheet takes for a number."""
    text = unicodedata.normalize("NFC", text)
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    number, code = int.from_bytes(digest), ""
    for _ in range(length):
        number, position = divmod(number, len(LETTERS))
        code += LETTERS[position]
    return code


def _identified(
    rows: list[dict[str, str]], names: dict[str, str]
) -> list[tuple[int, str | None, dict[str, str]]]:
    """Find the code of each row's student: None where it is not clear.

    Each comes with its number in a spreadsheet, and empty ones are left out. A row
    without a code is that of who has the name, or of the only one who has it but for
    what spreadsheets change.
    """
    numbered = [pair for pair in enumerate(rows, 2) if any(pair[1].values())]
    rows = [row for _, row in numbered]
    of_name = {name: code for code, name in names.items()}
    found: list[str | None] = []
    for row in rows:
        name, written = row["student"], _written_code(row)
        if not written:
            found.append(of_name.get(name))
        elif written in names:
            # Another student's name: only some of the columns were sorted, say.
            is_mixed = of_name.get(name, written) != written
            found.append(None if is_mixed else written)
        else:
            found.append(written if written == code_of(name) else None)
    free = [name for code, name in names.items() if code not in set(found)]
    unclear = {
        row["student"]
        for row, code in zip(rows, found, strict=True)
        if code is None and not _written_code(row)
    }
    for name, same in _pairs(unclear, free):
        for position, row in enumerate(rows):
            if row["student"] == name and not _written_code(row):
                found[position] = of_name[same]
    return [(n, code, row) for (n, row), code in zip(numbered, found, strict=True)]


def _pairs(some: Iterable[str], others: Iterable[str]) -> list[tuple[str, str]]:
    """Pair the names that are alike, where there is one on each side."""
    alike: dict[str, tuple[list[str], list[str]]] = {}
    for side, names in enumerate((some, others)):
        for name in names:
            alike.setdefault(_plain(name), ([], []))[side].append(name)
    return [(a[0], b[0]) for a, b in alike.values() if len(a) == len(b) == 1]


def _plain(text: str) -> str:
    """Take from a text what spreadsheets change."""
    with suppress(UnicodeError):  # UTF-8 that was read as Windows-1252
        text = text.encode("cp1252").decode("utf-8")
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def _written_code(row: dict[str, str]) -> str:
    code = row.get("code", "").strip().upper().partition("-")[0]
    return code if CODE.fullmatch(code) else ""


def _version(row: dict[str, str]) -> str:
    return row.get("code", "").strip().upper().partition("-")[2]


def _is_another(before: dict[str, str], text: str, version: str) -> bool:
    """Say whether a text is another one than that of the row."""
    if known := _version(before):
        return known != version
    there = before.get("text", "")
    return bool(there) and _plain(there) != _plain(text)


def _known_column(name: str) -> str:
    low = name.lower()
    return low if low in OURS else name


def _sorted(rows: Iterable[dict]) -> list[dict]:
    return sorted(rows, key=lambda row: (row["student"], row["assignment"]))


def _number(text: str) -> float:
    return float(text.strip().replace(",", "."))


def _is_from_0_to(most: str, points: str) -> bool:
    try:
        return 0 <= _number(points) <= _number(most)
    except ValueError:
        return False


def _guarded(value: object, point: str) -> object:
    """Write a number short, and a text so that no spreadsheet runs it as a formula."""
    if isinstance(value, float):
        return f"{value:g}".replace(".", point)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text
