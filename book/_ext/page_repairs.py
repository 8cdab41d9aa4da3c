"""Small repairs of the pages for readers who use a screen reader."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

# Sphinx marks a list of references with a role that ARIA has withdrawn; without it,
# the list around the references would be one without items.
WITHDRAWN = {
    ' role="doc-biblioentry"': "",
    '<div role="list" class="citation-list">': '<div class="citation-list">',
}


def drop_withdrawn_roles(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """Take the withdrawn roles off a page before it is written."""
    for marked, plain in WITHDRAWN.items():
        if "body" in context:
            context["body"] = context["body"].replace(marked, plain)


def setup(app: Sphinx) -> dict:
    """Register the repairs."""
    app.connect("html-page-context", drop_withdrawn_roles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
