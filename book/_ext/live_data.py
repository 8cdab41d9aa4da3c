"""The data of the live page: its files, and the directive ``{live-table}``.

`recsys_helpers.live.export` has written them into ``live``, beside the site's folder.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective


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


def add_files(app: Sphinx, config: Config) -> None:
    """Let Sphinx copy the data into the site."""
    config.html_static_path.append(str(folder_of(app) / "static"))


def setup(app: Sphinx) -> dict:
    """Register the directive and the files."""
    app.add_directive("live-table", LiveTable)
    app.connect("config-inited", add_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
