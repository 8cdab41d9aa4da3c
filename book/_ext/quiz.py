"""Put each chapter's quiz on its page, before the recap.

The questions of ``notebooks/NN_name`` stand in ``book/quizzes/NN_name.yml``, not in the
notebook: they are for the page, where a reader is told at once what a wrong answer
gets wrong. What is written here works without a script: the questions, and below each
the answer in a box to open. ``quiz.js`` adds the buttons and the feedback.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from docutils import nodes
from quiz_file import Question, Reply, load_quiz
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

FOLDER = Path(__file__).resolve().parent.parent / "quizzes"
TITLE = "Check yourself"
BEFORE = "Recap"
INTRODUCTION = (
    "Answer before you look anything up. Each answer is checked on this page, as often "
    "as you like; nothing is kept or sent."
)
TO_DO = {
    "one": "Choose one.",
    "many": "Choose all that are right. It may be one, or several.",
    "number": "Work it out, and type a number. A fraction such as 2/3 will do.",
}
MARKUP = re.compile(r"\*(?P<emphasis>[^*]+)\*|`(?P<code>[^`]+)`|\$(?P<math>[^$]+)\$")

logger = logging.getLogger(__name__)


class tag(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """An HTML element: ``name`` is its tag, ``html`` its attributes."""


def visit_tag(translator: Any, node: tag) -> None:
    """Write the start of an element; what is in its attributes is escaped."""
    start = translator.starttag(node, node["name"], "", **node["html"])
    translator.body.append(start)


def depart_tag(translator: Any, node: tag) -> None:
    """Write the end of an element, if its kind has one."""
    if node["name"] != "input":
        translator.body.append(f"</{node['name']}>\n")


def skip_tag(translator: Any, node: tag) -> None:
    """Leave quizzes out where there is nothing to click."""
    raise nodes.SkipNode


def marked_up(text: str) -> list[nodes.Node]:
    """Turn the little markup of a quiz into nodes.

    >>> [type(node).__name__ for node in marked_up("the *mean* of `x` is $x / n$")]
    ['Text', 'emphasis', 'Text', 'literal', 'Text', 'math']
    """
    found, end = [], 0
    text = " ".join(text.split())
    kinds = {"emphasis": nodes.emphasis, "code": nodes.literal, "math": nodes.math}
    for match in MARKUP.finditer(text):
        if match.start() > end:
            found.append(nodes.Text(text[end : match.start()]))
        kind, inside = match.lastgroup, match[match.lastgroup]
        found.append(kinds[kind](inside, inside))
        end = match.end()
    if end < len(text):
        found.append(nodes.Text(text[end:]))
    return found


def element(name: str, /, *children: nodes.Node, classes=(), **html) -> tag:
    """Make an HTML element; in attributes, `_` stands for a hyphen."""
    html = {key.replace("_", "-"): value for key, value in html.items()}
    made = tag("", name=name, html=html, classes=list(classes))
    made.extend(children)
    return made


def number(value: float) -> str:
    """Write a number as people do.

    >>> number(0.5), number(12.0)
    ('0.5', '12')
    """
    return f"{value:.10g}"


def question_form(question: Question, position: int) -> tag:
    """Make the form of a question, with its answer in a box to open."""
    name = f"quiz-{question.id}"
    legend = element(
        "legend",
        element("span", nodes.Text(f"Question {position}. "), classes=["quiz-number"]),
        *marked_up(question.ask),
    )
    to_do = [nodes.Text(TO_DO[question.kind])]
    if question.look_back:
        without = element(
            "span", nodes.Text("Without looking back."), classes=["quiz-look-back"]
        )
        to_do = [without, nodes.Text(" "), *to_do]
    help_ = element("p", *to_do, classes=["quiz-help"], ids=[f"{name}-help"])
    if question.kind == "number":
        fields = [_number_field(question, name)]
    else:
        fields = [
            _choice_field(question, reply, name, place)
            for place, reply in enumerate(question.replies)
        ]
    buttons = element(
        "p",
        element("button", nodes.Text("Check"), type="submit"),
        element("button", nodes.Text("Try again"), type="reset"),
        classes=["quiz-buttons"],
        hidden="hidden",  # until the script has made them work
    )
    # Filled by the script; a screen reader reads aloud what comes in here.
    said = element("div", role="status", aria_live="polite", classes=["quiz-said"])
    # `dialog` keeps a browser without scripts from sending the form anywhere.
    return element(
        "form",
        element("fieldset", legend, help_, *fields, aria_describedby=f"{name}-help"),
        buttons,
        said,
        _answer_box(question),
        method="dialog",
        autocomplete="off",
        data_kind=question.kind,
        data_tolerance=repr(question.tolerance),
        classes=["quiz-question"],
    )


def _choice_field(question: Question, reply: Reply, name: str, place: int) -> tag:
    kind = "radio" if question.kind == "one" else "checkbox"
    box = element("input", type=kind, name=name, value=str(place))
    text = element("span", *marked_up(reply.given))
    return element("label", box, text, classes=["quiz-choice"])


def _number_field(question: Question, name: str) -> tag:
    box = element("input", type="text", inputmode="decimal", name=name, size="10")
    return element("label", nodes.Text("Your answer: "), box, classes=["quiz-value"])


def _answer_box(question: Question) -> tag:
    """List every answer with what is said to it; the script reads it from here."""
    rows = [_answer_row(reply) for reply in question.replies]
    if question.kind == "number":
        hint = element(
            "li",
            element("span", nodes.Text("Anything else: "), classes=["quiz-verdict"]),
            element("span", *marked_up(question.hint), classes=["quiz-say"]),
            data_value="",
        )
        rows.append(hint)
    children = [element("ul", *rows)]
    if question.look_back:
        link = addnodes.pending_xref(
            "",
            nodes.inline("", f"chapter {int(question.look_back[:2])}"),
            refdomain="std",
            reftype="doc",
            reftarget=f"/notebooks/{question.look_back}",
            refexplicit=True,
            refwarn=True,
        )
        children.append(
            nodes.paragraph("", "Look it up now in ", link, nodes.Text("."))
        )
    summary = element("summary", nodes.Text("Answer, with reasons"))
    return element("details", summary, *children, classes=["quiz-answer"])


def _answer_row(reply: Reply) -> tag:
    verdict = "Right: " if reply.right else "Wrong: "
    is_number = isinstance(reply.given, float)
    given = [nodes.Text(number(reply.given))] if is_number else marked_up(reply.given)
    if not given[-1].astext().endswith((".", "?", "!")):
        given.append(nodes.Text(":"))
    html = {"data_right": "yes" if reply.right else "no"}
    if is_number:
        html["data_value"] = repr(reply.given)
    return element(
        "li",
        element("strong", nodes.Text(verdict), classes=["quiz-verdict"]),
        element("span", *given, classes=["quiz-given"]),
        nodes.Text(" "),
        element("span", *marked_up(reply.say), classes=["quiz-say"]),
        **html,
    )


class AddQuiz(SphinxTransform):
    """Insert the section with the quiz, if the page has one."""

    # Before Sphinx collects the page's headings, labels and formulas (850 and above).
    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        """Insert the section before the recap."""
        path = quiz_of(self.app, self.env.docname)
        if path is None:
            return
        self.env.note_dependency(str(path))
        titles = [
            title
            for title in self.document.findall(nodes.title)
            if title.astext() == BEFORE
        ]
        if len(titles) != 1:
            logger.warning(
                "The page has %d sections called %r; its quiz goes before the one.",
                len(titles),
                BEFORE,
                location=self.env.docname,
            )
            return
        recap = titles[0].parent
        section = nodes.section(names=["check-yourself"], classes=["quiz"])
        section += nodes.title("", TITLE)
        section += nodes.paragraph("", INTRODUCTION)
        for position, question in enumerate(load_quiz(path), start=1):
            section += question_form(question, position)
        self.document.note_implicit_target(section, section)
        recap.parent.insert(recap.parent.index(recap), section)


def quiz_of(app: Sphinx, docname: str) -> Path | None:
    """Find the quiz of a page, if it has one."""
    page = PurePosixPath(docname)
    path = Path(app.config.quiz_folder) / f"{page.name}.yml"
    return path if page.parent.name == "notebooks" and path.exists() else None


def with_a_new_quiz(app: Sphinx, env: BuildEnvironment, *args: object) -> list[str]:
    """List the pages that had no quiz when they were read."""
    return [
        page
        for page in env.found_docs
        if (path := quiz_of(app, page)) and str(path) not in env.dependencies[page]
    ]


def setup(app: Sphinx) -> dict:
    """Register the quiz, its script and its style."""
    app.add_config_value("quiz_folder", str(FOLDER), "env")
    others = dict.fromkeys(["latex", "text", "man", "texinfo"], (skip_tag, None))
    app.add_node(tag, html=(visit_tag, depart_tag), **others)
    app.add_transform(AddQuiz)
    app.connect("env-get-outdated", with_a_new_quiz)
    app.add_js_file("quiz.js", loading_method="defer")
    app.add_css_file("quiz.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
