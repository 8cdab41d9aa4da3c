"""Link a term to the glossary where a chapter first uses it.

A term is linked once on each page of `FOLDER`, in running text: not in headings, code,
formulas, tables, captions, outputs and quizzes, and not where the page links it
itself, by the role ``{term}``. Small and capital letters are the same, but for names
such as ALS; a plural is found, too. Where two terms could begin, the longer one is
taken. What stands in emphasis is linked only if it is the term and nothing else:
it might be the title of a film. The link says the definition where a mouse rests on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import shorten

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

FOLDER = "notebooks/"
LONGEST_TITLE = 240
# In the glossary, and everyday words besides: only a page itself links them.
EVERYDAY = {
    *("bias", "candidates", "checkpoint", "cluster", "confidence", "diversity"),
    *("drift", "driver", "entity", "feature", "id", "index", "interaction", "item"),
    *("lift", "link", "loss", "novelty", "partition", "positive", "ranking", "rating"),
    *("relevant", "seed", "server", "shuffle", "split", "temperature", "user"),
}
SKIPPED = (
    *(nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.raw),
    *(nodes.math, nodes.math_block, nodes.table, nodes.caption, nodes.legend),
    *(nodes.comment, nodes.citation, pending_xref),
)
SKIPPED_CLASSES = {"cell_output", "quiz", "toctree-wrapper", "chapter-time"}
POINTER = re.compile(r" See chapter \d+\.$")  # the last words of a definition


@dataclass(frozen=True)
class Entry:
    """An entry of the glossary: its names, where it is, and what it says."""

    names: tuple[str, ...]
    place: str
    says: str


def entries_of(glossary: nodes.document) -> list[Entry]:
    """Read the entries of a glossary."""
    found = []
    for item in glossary.findall(nodes.definition_list_item):
        terms = [*item.findall(nodes.term)]
        says = " ".join(item.children[-1].astext().split())
        found.append(
            Entry(
                names=tuple(" ".join(term.astext().split()) for term in terms),
                place=terms[0]["ids"][0],
                says=shorten(POINTER.sub("", says), LONGEST_TITLE, placeholder=" ..."),
            )
        )
    return found


def pattern(name: str) -> str:
    r"""Write the expression that finds a term, and its plural.

    >>> bool(re.fullmatch(pattern("Latent factor"), "latent factors"))
    True
    >>> bool(re.fullmatch(pattern("EASE"), "ease"))
    False
    """
    words = r"\s+".join(re.escape(word) for word in name.split())
    if name.endswith("@k"):
        words = rf"{words[:-1]}(?:k|\d+)"
    elif name.endswith("s") and name[-2:] not in ("ss", "is"):
        words += "?"
    elif name.endswith("y"):
        words = rf"{words[:-1]}(?:y|ies)"
    else:
        words += "(?:s|es)?"
    flag = "" if any(letter.isupper() for letter in name[1:]) else "i"
    return rf"(?{flag}:(?<![\w-]){words}(?![\w-]))"


class LinkTerms(SphinxPostTransform):
    """Make the links of a page."""

    default_priority = 5  # while a page's own links can be told from others

    def run(self, **kwargs: object) -> None:
        """Link the terms of a chapter."""
        docname, page = self.env.docname, self.config.glossary_page
        if not docname.startswith(FOLDER):
            return
        entries = entries_of(self.env.get_doctree(page))
        self.linked = {
            entry.place for entry in entries if self._is_linked_by_page(entry)
        }
        named = [
            (name, entry)
            for entry in entries
            for name in entry.names
            if name.lower() not in EVERYDAY
        ]
        named.sort(key=lambda one: -len(one[0]))
        self.entries = [entry for _, entry in named]
        groups = (f"(?P<t{n}>{pattern(name)})" for n, (name, _) in enumerate(named))
        self.terms = re.compile("|".join(groups))
        self.uri = self.app.builder.get_relative_uri(docname, page)
        self._walk(self.document)

    def _is_linked_by_page(self, entry: Entry) -> bool:
        names = {name.lower() for name in entry.names}
        return any(
            link.get("reftype") == "term" and link["reftarget"].lower() in names
            for link in self.document.findall(pending_xref)
        )

    def _walk(self, node: nodes.Element) -> None:
        for child in list(node.children):
            if isinstance(child, nodes.Text):
                self._link(node, child)
            elif isinstance(child, nodes.Element) and not (
                isinstance(child, SKIPPED)
                or SKIPPED_CLASSES & {*child.get("classes", ())}
            ):
                self._walk(child)

    def _link(self, parent: nodes.Element, text: nodes.Text) -> None:
        whole_only = isinstance(parent, nodes.emphasis)
        made: list[nodes.Node] = []
        end = 0
        for match in self.terms.finditer(text):
            entry = self.entries[int(match.lastgroup[1:])]
            if entry.place in self.linked or (whole_only and match[0] != text):
                continue
            self.linked.add(entry.place)
            made.append(nodes.Text(text[end : match.start()]))
            link = nodes.reference(
                "",
                match[0],
                internal=True,
                refuri=f"{self.uri}#{entry.place}",
                reftitle=entry.says,
                classes=["glossary-link"],
            )
            made.append(link)
            end = match.end()
        if made:
            made.append(nodes.Text(text[end:]))
            parent.replace(text, [node for node in made if node.astext()])


def note_glossary(app: Sphinx, doctree: nodes.document) -> None:
    """Have a chapter made again when the glossary changes."""
    env: BuildEnvironment = app.env
    if env.docname.startswith(FOLDER):
        env.note_dependency(env.doc2path(app.config.glossary_page))


def setup(app: Sphinx) -> dict:
    """Register the links."""
    app.add_config_value("glossary_page", "book/glossary", "env")
    app.add_post_transform(LinkTerms)
    app.connect("doctree-read", note_glossary)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
