"""What happens when things fail: a table for each input, made from the tests.

A test that shows how an input fails carries ``@pytest.mark.fault(input, fault)``, and
its name is the sentence that the page shows. The line ``% fault-matrix`` of a page
becomes one table over all inputs and one for each of them.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from sphinx.application import Sphinx

TESTS = Path(__file__).resolve().parents[2] / "tests"
MARK = "% fault-matrix\n"
FAULTS = {
    "not there": "It is missing, or its address leads nowhere.",
    "refused": "The connection is refused, or nobody can tell who answers.",
    "slow or silent": "The other side answers slowly, or never.",
    "busy or failing": "The other side says that it cannot now.",
    "cut short": "The end is missing.",
    "changed bytes": "It is complete, and not what was published or saved.",
    "another kind": "It is something else: a web page, another format.",
    "wrong values": "It has values that cannot be, or the same thing twice.",
    "unknown id": "It asks for a movie, a user or a name that nobody knows.",
    "empty": "There is nothing in it.",
    "hostile": "Somebody made it to do harm.",
    "secrets": "A key or a password is missing, or could leak.",
    "no room": "The disk or the memory is full, or cannot be written.",
    "interrupted": "The work stops half-way.",
}
# Where a fault cannot happen, and why not.
LOCAL = "It is read from the disk: nobody answers."
MEMORY = "It is in memory already."
PUBLIC = "It takes no key and no password."
CANNOT: dict[str, dict[str, str]] = {
    "MovieLens, downloaded": {
        "wrong values": "Its checksum is known: its values are the published ones.",
        "empty": "A file of another length is no whole one: see *cut short*.",
        "hostile": "Another checksum is not opened; see *your own files*.",
    },
    "MovieLens, your own files": {
        "refused": LOCAL,
        "slow or silent": LOCAL,
        "busy or failing": LOCAL,
        "unknown id": "A rated movie must be listed: see *a table of ratings*.",
        "hostile": "An archive is not unpacked: a name in it leads nowhere.",
        "secrets": PUBLIC,
        "no room": "It is read and not written.",
        "interrupted": "It is read and not written.",
    },
    "A table of ratings": {
        "not there": MEMORY,
        "refused": MEMORY,
        "slow or silent": MEMORY,
        "busy or failing": MEMORY,
        "cut short": MEMORY,
        "changed bytes": MEMORY,
        "hostile": "Titles are escaped wherever they are shown; it holds no code.",
        "secrets": PUBLIC,
        "no room": MEMORY,
        "interrupted": "A check changes nothing.",
    },
    "Wikipedia's corpus": {
        "refused": LOCAL,
        "slow or silent": LOCAL,
        "busy or failing": LOCAL,
        "unknown id": "It is asked for nothing: all of it is read.",
        "hostile": "Lines of JSON hold no code, and an archive is not unpacked.",
        "secrets": PUBLIC,
        "no room": "It is read and not written.",
        "interrupted": "It is read and not written.",
    },
    "Wikipedia's API": {
        "refused": "It is patient in the same way as with a busy wiki.",
        "slow or silent": "It is patient in the same way as with a busy wiki.",
        "cut short": "What was gathered is written whole; see *interrupted*.",
        "changed bytes": "Answers have no checksum; another shape is noticed.",
        "hostile": "Answers are JSON, and titles are escaped where they are shown.",
    },
    "TMDB": {},
    "Pictures": {
        "refused": LOCAL,
        "slow or silent": LOCAL,
        "busy or failing": LOCAL,
        "unknown id": "A picture is known by its content.",
        "secrets": PUBLIC,
        "no room": "A full cache is an error of the system, and loses no feature.",
    },
    "Weights of networks": {
        "refused": "Those of the course are installed with it.",
        "slow or silent": "Those of the course are installed with it.",
        "cut short": "Another length is another checksum.",
        "empty": "Another length is another checksum.",
        "secrets": PUBLIC,
        "no room": "They are read and not written.",
        "interrupted": "They are read and not written.",
    },
    "Saved vectors and indexes": {
        "refused": LOCAL,
        "slow or silent": LOCAL,
        "busy or failing": LOCAL,
        "empty": "Nothing without a movie can be saved: see *wrong values*.",
        "hostile": "No pickle is read, whatever the file holds: see *another kind*.",
        "secrets": PUBLIC,
        "no room": "A save that fails keeps the old file: see *interrupted*.",
    },
    "Saved Keras models": {
        "refused": LOCAL,
        "slow or silent": LOCAL,
        "busy or failing": LOCAL,
        "changed bytes": "A Keras file is a zip: its checksums notice it when read.",
        "empty": "What has learned nothing cannot be saved.",
        "secrets": PUBLIC,
    },
    "The server's model": {
        "refused": LOCAL,
        "slow or silent": LOCAL,
        "busy or failing": LOCAL,
        "another kind": "What is no archive of arrays is damaged: see there.",
        "secrets": PUBLIC,
        "no room": "Written under another name first, as vectors are.",
        "interrupted": "Written under another name first, as vectors are.",
    },
    "Requests to the server": {
        "refused": "The server is the one who answers.",
        "changed bytes": "The network's own checksums notice it.",
        "empty": "No body, or no ratings, is a wrong body.",
        "no room": "A request writes nothing, and its size has a limit.",
        "interrupted": "A request changes nothing.",
    },
    "Submissions of students": {
        "refused": LOCAL,
        "cut short": "What was cut is no notebook: see *another kind*.",
        "unknown id": "A name that is missing is a wrong value.",
    },
    "Results files": {
        "refused": LOCAL,
        "slow or silent": LOCAL,
        "busy or failing": LOCAL,
        "cut short": "What was cut is no JSON: see *another kind*.",
        "changed bytes": "They are under version control.",
        "hostile": "They are JSON, and hold no code.",
        "secrets": PUBLIC,
        "interrupted": "A file is replaced as a whole or not at all: see *no room*.",
    },
}


class Shown(NamedTuple):
    """One test that shows how an input fails."""

    source: str
    fault: str
    sentence: str
    file: str


def marked_tests(folder: Path = TESTS) -> list[Shown]:
    """Read the marks of all tests, without running them."""
    found = []
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and _name(mark.func) == "fault":
                        source, fault = (ast.literal_eval(arg) for arg in mark.args)
                        sentence = node.name.removeprefix("test_").replace("_", " ")
                        found.append(Shown(source, fault, sentence, path.name))
    return found


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def problems(tests: list[Shown]) -> list[str]:
    """List what is wrong: unknown names, blanks, and reasons that a test refutes."""
    shown = {(test.source, test.fault) for test in tests}
    wrong = [
        f"{source}: {fault} is no input and fault of the page"
        for source, fault in sorted(shown)
        if source not in CANNOT or fault not in FAULTS
    ]
    for source, reasons in CANNOT.items():
        for fault in FAULTS:
            if ((source, fault) in shown) == (fault in reasons):
                wrong.append(f"{source}: {fault} needs a test or a reason, not both")
    return wrong


def overview(tests: list[Shown]) -> str:
    """Write the table of all inputs: how many tests show each fault."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for test in tests:
        counts[test.source, test.fault] += 1
    rows = ["| | " + " | ".join(FAULTS) + " |", "|---" * (len(FAULTS) + 1) + "|"]
    for source in CANNOT:
        cells = [str(counts.get((source, fault), "-")) for fault in FAULTS]
        rows.append(f"| **{source}** | {' | '.join(cells)} |")
    return "\n".join(rows)


def section(source: str, tests: list[Shown]) -> str:
    """Write what happens to one input, fault by fault."""
    rows = ["| Fault | What happens |", "|---|---|"]
    for fault in FAULTS:
        sentences = [
            f"{test.sentence[0].upper()}{test.sentence[1:]}."
            for test in tests
            if (test.source, test.fault) == (source, fault)
        ]
        what = " ".join(sentences) or f"*Cannot happen.* {CANNOT[source][fault]}"
        rows.append(f"| {fault} | {what} |")
    return "\n".join([f"## {source}", "", *rows])


def page(tests: list[Shown]) -> str:
    """Write what stands in the place of the mark."""
    meanings = [f"- *{fault}*: {meaning}" for fault, meaning in FAULTS.items()]
    sections = [section(source, tests) for source in CANNOT]
    return "\n\n".join(["\n".join(meanings), overview(tests), *sections]) + "\n"


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the tables where a page asks for them."""
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, page(marked_tests()))


def setup(app: Sphinx) -> dict:
    """Register the line."""
    app.connect("source-read", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
