"""The data of the live page, the directive ``{live-table}``, and links with a question.

`recsys_helpers.live.export` has written the data into ``live``, beside the site's
folder.

``[films near *Alien*](../book/live.md?film=1214&method=als)`` opens the page with that
film and that method. A link that asks for what the page does not have is a warning.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

PAGE = "book/live"
logger = logging.getLogger(__name__)


def folder_of(app: Sphinx) -> Path:
    """Where the data of this site lies."""
    return Path(app.outdir).parent / "live"


class LiveTable(SphinxDirective):
    """Show the table that readers without JavaScript see."""

    def run(self) -> list[nodes.Node]:
        """Return the table, as it was exported."""
        path = folder_of(self.env.app) / "without_javascript.html"
        self.env.note_dependency(str(path))
        return [nodes.raw("", path.read_text(encoding="utf-8"), format="html")]


class LinksWithAQuestion(SphinxPostTransform):
    """Resolve links to the live page that name a film, a method or both."""

    default_priority = 5  # before MyST's own, which knows no question in a link

    def run(self, **kwargs: object) -> None:
        """Replace the links of a page, and check what they ask for."""
        known: dict[str, set[str]] = {}
        for node in list(self.document.findall(pending_xref)):
            target = urlsplit(node["reftarget"])
            if node["reftype"] != "myst" or not (target.query and target.path):
                continue
            page = node.get("refdoc", self.env.docname)
            if self.env.path2doc(self.env.relfn2path(target.path, page)[1]) != PAGE:
                continue
            known = known or known_to_the_page(folder_of(self.app))
            asked = parse_qsl(target.query, keep_blank_values=True)
            for name, value in asked:
                if value not in known.get(name, ()):
                    logger.warning(
                        f"the live page has no {name} {value!r}", location=node
                    )
            address = f"{self.app.builder.get_relative_uri(page, PAGE)}?"
            link = nodes.reference(refuri=address + urlencode(asked), internal=True)
            link += node.children
            node.replace_self(link)


def known_to_the_page(folder: Path) -> dict[str, set[str]]:
    """List what a link may ask for: the ids of films, and of methods."""
    catalogue, neighbours = (
        _content(folder, part) for part in ("catalogue", "neighbours")
    )
    ids = np.frombuffer(base64.b64decode(catalogue["movieIds"]), "<i4")
    return {
        "film": {str(movie_id) for movie_id in ids},
        "method": {method["id"] for method in neighbours["methods"]},
    }


def _content(folder: Path, part: str) -> dict:
    """Read what a file of the page's data hands to it."""
    (path,) = (folder / "static" / "live-data").glob(f"{part}.*.js")
    script = path.read_text(encoding="utf-8")
    return json.loads(script[script.index("{") : script.rindex("}") + 1])


def add_files(app: Sphinx, config: Config) -> None:
    """Let Sphinx copy the data into the site."""
    config.html_static_path.append(str(folder_of(app) / "static"))


def setup(app: Sphinx) -> dict:
    """Register the directive, the links and the files."""
    app.add_directive("live-table", LiveTable)
    app.add_post_transform(LinksWithAQuestion)
    app.connect("config-inited", add_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
