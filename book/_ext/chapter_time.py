"""The role ``{chapter-time}``: how long a page takes to read and took to run.

Both are measured when the site is built: words and lines of code are counted in the
page, and the run time is the one that the notebook's execution reported. The role's
text is what a reader of the bare notebook sees instead.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

WORDS_PER_MINUTE = 200
SECONDS_PER_LINE_OF_CODE = 4


class chapter_time(nodes.inline):  # noqa: N801 (docutils names nodes in lower case)
    """Marks the place where the time goes."""


class ChapterTimeRole(SphinxRole):
    """Leave a mark that is filled when the whole page is known."""

    def run(self):
        """Return the mark, holding the role's text as a fallback."""
        return [chapter_time("", self.text)], []


def minutes_to_read(doctree: nodes.document) -> int:
    """Estimate the reading time from the words of the prose and the lines of code."""
    words = lines = 0
    for text in doctree.findall(nodes.Text):
        if isinstance(text.parent, nodes.literal_block):
            if "output" not in " ".join(text.parent.parent.get("classes", [])):
                lines += len(text.splitlines())
        else:
            words += len(text.split())
    minutes = words / WORDS_PER_MINUTE + lines * SECONDS_PER_LINE_OF_CODE / 60
    return max(1, round(minutes))


def describe_seconds(seconds: float) -> str:
    """Say a run time in words that suit its size.

    >>> describe_seconds(12.3), describe_seconds(119)
    ('12 seconds', '2 minutes')
    """
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    return f"{round(seconds / 60)} minutes"


def fill_times(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each mark by the measured times of its page."""
    marks = list(doctree.findall(chapter_time))
    if not marks:
        return
    sentence = f"about {minutes_to_read(doctree)} minutes to read"
    execution = getattr(app.env, "nb_metadata", {}).get(docname, {}).get("exec_data")
    if execution and execution.get("runtime"):
        ran = describe_seconds(execution["runtime"])
        sentence += f"; its cells ran in {ran} when this page was built"
    for mark in marks:
        mark.replace_self(nodes.inline("", sentence, classes=["chapter-time"]))


def setup(app: Sphinx) -> dict:
    """Register the role."""
    app.add_node(chapter_time)
    app.add_role("chapter-time", ChapterTimeRole())
    app.connect("doctree-resolved", fill_times)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
