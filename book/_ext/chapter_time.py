"""How long pages take to read: in the box of a chapter, and wherever a page says it.

- The role ``{chapter-time}`` says how long its own page takes to read, and took to run.
  Its text is what a reader of the bare notebook sees instead.
- The role ``{minutes}`` says it of other pages, or of sections of them, added up:
  ``{minutes}`notebooks/03_neighbours, notebooks/04_als#from-scratch```. And
  ``{minutes}`above``` adds up what stands above it in its section.
- The role ``{reading-rule}`` says how minutes are reckoned. Its text is not used.

All is reckoned when the site is built, by one rule: so many words of prose a minute,
and so many seconds for each line of code that is not folded. Outputs, quizzes,
exercises and their solutions are left out. The rule is a simple one that comes near
`ESTIMATED`.
"""

from __future__ import annotations

from dataclasses import dataclass

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

logger = logging.getLogger(__name__)

WORDS_PER_MINUTE = 90
SECONDS_PER_LINE_OF_CODE = 10
ROUNDED_TO = 5
MARKED = "minutes"  # among what Sphinx keeps of a page
# A container or section of one of these classes is not read with the page.
LEFT_OUT = {
    *("cell_output", "tag_hide-input", "tag_hide-cell", "quiz"),
    *("exercise", "solution", "tag_exercise", "tag_solution"),
}


@dataclass(frozen=True)
class Chapter:
    """What a page holds, and how long one reader put a beginner's reading at."""

    words: int
    lines: int
    minutes: int


# Chapters 1 to 5 as they once stood, read with the code, exercises not done.
ESTIMATED = (
    Chapter(1896, 171, 45),
    Chapter(3030, 289, 75),
    Chapter(3521, 378, 110),
    Chapter(3365, 434, 120),
    Chapter(3996, 669, 150),
)


class chapter_time(nodes.inline):  # noqa: N801 (docutils names nodes in lower case)
    """Marks the place where the page's own time goes."""


class minutes_of(nodes.inline):  # noqa: N801 (docutils names nodes in lower case)
    """Marks the place where the minutes of other pages go."""


class ChapterTimeRole(SphinxRole):
    """Leave a mark that is filled when the whole page is known."""

    def run(self):
        """Return the mark, holding the role's text as a fallback."""
        return [chapter_time("", self.text)], []


class MinutesRole(SphinxRole):
    """Leave a mark that is filled when all pages are known."""

    def run(self):
        """Return the mark, and note that the page has one."""
        self.env.metadata[self.env.docname][MARKED] = "yes"
        return [minutes_of("", self.text)], []


class ReadingRuleRole(SphinxRole):
    """Say how minutes are reckoned."""

    def run(self):
        """Return the rule, and how far it is from what a reader said."""
        return [nodes.Text(rule_in_words())], []


def minutes(words: int, lines: int) -> float:
    """Reckon how long it takes to read so many words and lines of code.

    >>> minutes(450, 30)
    10.0
    """
    return words / WORDS_PER_MINUTE + lines * SECONDS_PER_LINE_OF_CODE / 60


def rule_in_words() -> str:
    """Write the rule, with how far it is from what a reader said."""
    off = [abs(minutes(one.words, one.lines) - one.minutes) for one in ESTIMATED]
    said = ", ".join(str(one.minutes) for one in ESTIMATED)
    return (
        f"{WORDS_PER_MINUTE} words of prose a minute, and {SECONDS_PER_LINE_OF_CODE} "
        "seconds for each line of code that is not folded. One reader put the first "
        f"{len(ESTIMATED)} chapters, as they once were, at {said} minutes for a "
        "beginner; the rule was chosen to come near that, and is off by "
        f"{max(off):.0f} minutes at most"
    )


def counts(node: nodes.Node) -> tuple[int, int]:
    """Count the words of the prose, and the lines of code, that are read."""
    if isinstance(node, nodes.Text):
        return len(node.split()), 0
    if isinstance(node, nodes.literal_block):
        return 0, len(node.astext().splitlines())
    is_left_out = isinstance(node, nodes.raw | nodes.comment)
    if is_left_out or LEFT_OUT & {*node.get("classes", ())}:
        return 0, 0
    found = [counts(child) for child in node.children]
    return sum(words for words, _ in found), sum(lines for _, lines in found)


def minutes_to_read(part: nodes.Element) -> int:
    """Estimate the reading time of a page or a section, in steps of five minutes.

    Take a page as it was read (`env.get_doctree`): every place then says the same.
    """
    return max(1, round(minutes(*counts(part)) / ROUNDED_TO)) * ROUNDED_TO


def describe_minutes(total: int) -> str:
    """Write minutes as people plan with them, without a break of the line.

    >>> [describe_minutes(total).split() for total in (50, 120, 155)]
    [['50', 'min'], ['2', 'h'], ['2', 'h', '35', 'min']]
    """
    hours, left = divmod(total, 60)
    parts = [f"{hours} h"] * (hours > 0) + [f"{left} min"] * (left > 0)
    return " ".join(parts).replace(" ", "\xa0")


def describe_seconds(seconds: float) -> str:
    """Say a run time in words that suit its size.

    >>> describe_seconds(12.3), describe_seconds(119)
    ('12 seconds', '2 minutes')
    """
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    return f"{round(seconds / 60)} minutes"


def fill_times(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each mark by the times of its page, or of the pages that it names."""
    above: dict[nodes.Node, int] = {}  # by section
    for mark in list(doctree.findall(minutes_of)):
        section = section_of(mark)
        if mark.astext() == "above":
            total = above[section]
        else:
            places = [place.strip() for place in mark.astext().split(",")]
            total = sum(minutes_at(app, place, docname) for place in places)
            above[section] = above.get(section, 0) + total
        mark.replace_self(nodes.Text(describe_minutes(total)))
    marks = list(doctree.findall(chapter_time))
    if not marks:
        return
    read = minutes_to_read(app.env.get_doctree(docname))
    sentence = f"about {read} minutes to read, without the exercises"
    execution = getattr(app.env, "nb_metadata", {}).get(docname, {}).get("exec_data")
    if execution and execution.get("runtime"):
        ran = describe_seconds(execution["runtime"])
        sentence += f"; its cells ran in {ran} when this page was built"
    for mark in marks:
        mark.replace_self(nodes.inline("", sentence, classes=["chapter-time"]))


def section_of(node: nodes.Node) -> nodes.Node:
    """Find the innermost section that a node is in."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return node


def minutes_at(app: Sphinx, place: str, docname: str) -> int:
    """Estimate the reading time of ``page`` or ``page#section``."""
    page, _, section = place.partition("#")
    if page not in app.env.found_docs:
        logger.warning("There is no page %r to read.", page, location=docname)
        return 0
    doctree = app.env.get_doctree(page)
    if not section:
        return minutes_to_read(doctree)
    for part in doctree.findall(nodes.section):
        if section in part["ids"]:
            return minutes_to_read(part)
    logger.warning("%s has no section %r.", page, section, location=docname)
    return 0


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """List pages with a mark: other pages may have changed though they have not."""
    return [page for page in env.found_docs if MARKED in env.metadata[page]]


def setup(app: Sphinx) -> dict:
    """Register the roles."""
    app.add_node(chapter_time)
    app.add_node(minutes_of)
    app.add_role("chapter-time", ChapterTimeRole())
    app.add_role("minutes", MinutesRole())
    app.add_role("reading-rule", ReadingRuleRole())
    app.connect("doctree-resolved", fill_times)
    app.connect("env-updated", write_again)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
