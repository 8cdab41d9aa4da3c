"""The directive ``{course-times}``: a table of what each chapter takes.

Nothing in it is typed in, so it cannot go stale. Minutes are those of `chapter_time`,
the memory is what the last cell of each chapter prints, and exercises and questions are
counted on the pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chapter_time import describe_seconds, minutes_to_read
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

HEADINGS = ["Chapter", "Minutes to read", "Ran in", "Memory", "Exercises", "Questions"]
MARKED = "course-times"  # among what Sphinx keeps of a page
PEAK = re.compile(r"([0-9,]+) MiB of memory at most")  # as `this_run` says it


@dataclass(frozen=True)
class Measured:
    """What a chapter takes; seconds and MiB are None where nobody measured them."""

    minutes: int
    seconds: float | None
    mib: int | None
    n_exercises: int
    n_questions: int


class course_times(nodes.General, nodes.Element):  # noqa: N801 (named as docutils does)
    """Marks the place where the table goes."""


class CourseTimes(SphinxDirective):
    """Leave a mark that is filled when all pages are known."""

    def run(self) -> list[nodes.Node]:
        """Return the mark, and note that the page has one."""
        self.env.metadata[self.env.docname][MARKED] = "yes"
        return [course_times("")]


def chapters(env: BuildEnvironment) -> list[str]:
    """List the pages that are chapters, in their order."""
    return sorted(name for name in env.found_docs if name.startswith("notebooks/"))


def measure(app: Sphinx, page: str) -> Measured:
    """Read, count and look up what a chapter takes."""
    doctree = app.env.get_and_resolve_doctree(page, app.builder)
    execution = getattr(app.env, "nb_metadata", {}).get(page, {}).get("exec_data")
    peak = PEAK.search(doctree.astext())
    kinds = [node["classes"] for node in doctree.findall(nodes.Element)]
    return Measured(
        minutes=minutes_to_read(app.env.get_doctree(page)),
        seconds=(execution or {}).get("runtime"),
        mib=int(peak[1].replace(",", "")) if peak else None,
        n_exercises=sum("exercise" in classes for classes in kinds),
        n_questions=sum("quiz-question" in classes for classes in kinds),
    )


def total(rows: list[Measured]) -> Measured:
    """Add up, but for the memory, which is needed once.

    >>> total([Measured(30, 12.0, 150, 3, 7), Measured(45, None, 900, 4, 8)])
    Measured(minutes=75, seconds=None, mib=900, n_exercises=7, n_questions=15)
    """
    seconds = [row.seconds for row in rows]
    peaks = [row.mib for row in rows if row.mib is not None]
    return Measured(
        minutes=sum(row.minutes for row in rows),
        seconds=None if None in seconds else sum(seconds),
        mib=max(peaks, default=None),
        n_exercises=sum(row.n_exercises for row in rows),
        n_questions=sum(row.n_questions for row in rows),
    )


def in_words(row: Measured) -> list[str]:
    """Write the cells of a row.

    >>> in_words(Measured(30, 12.0, 1026, 3, 7))
    ['30', '12 seconds', '1,026 MiB', '3', '7']
    """
    ran = "not run" if row.seconds is None else describe_seconds(row.seconds)
    memory = "not known" if row.mib is None else f"{row.mib:,} MiB"
    return [str(row.minutes), ran, memory, str(row.n_exercises), str(row.n_questions)]


def table_of(heads: list[str], rows: list[list[nodes.Node]]) -> nodes.table:
    """Make a table of inline nodes."""
    group = nodes.tgroup("", cols=len(heads))
    group.extend(nodes.colspec("", colwidth=1) for _ in heads)
    head = nodes.thead("", _row([nodes.Text(text) for text in heads]))
    group += [head, nodes.tbody("", *map(_row, rows))]
    return nodes.table("", group, classes=["course-times"])


def _row(cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", c)) for c in cells))


def fill_tables(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each mark by the table of all chapters."""
    for mark in list(doctree.findall(course_times)):
        pages = chapters(app.env)
        measured = [measure(app, page) for page in pages]
        rows = []
        for page, row in zip(pages, measured, strict=True):
            uri = app.builder.get_relative_uri(docname, page)
            title = app.env.titles[page].astext()
            link = nodes.reference("", title, internal=True, refuri=uri)
            rows.append([link, *map(nodes.Text, in_words(row))])
        if rows:
            cells = ["All of them", *in_words(total(measured))]
            rows.append([nodes.strong("", text) for text in cells])
        mark.replace_self(table_of(HEADINGS, rows))


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """List pages with a table: what is in it may have changed though they have not."""
    return [page for page in env.found_docs if MARKED in env.metadata[page]]


def setup(app: Sphinx) -> dict:
    """Register the directive."""
    app.add_node(course_times)
    app.add_directive("course-times", CourseTimes)
    app.connect("doctree-resolved", fill_tables)
    app.connect("env-updated", write_again)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
