"""Repairs of what Sphinx and the theme put on a page, made as it is written."""

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
    """Take the withdrawn roles off a page."""
    for marked, plain in WITHDRAWN.items():
        if "body" in context:
            context["body"] = context["body"].replace(marked, plain)


def mend_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """Let "edit" open what people edit, and "launch" only what Colab can open."""
    suffix = context.get("page_source_suffix")
    buttons = context.get("header_buttons", [])
    if suffix != ".ipynb":
        buttons[:] = [b for b in buttons if b.get("label") != "launch-buttons"]
    for group in buttons:
        for button in group.get("buttons", []):
            if button.get("label") == "source-edit-button":
                button["url"] = button["url"].replace(".ipynb", ".py")


def setup(app: Sphinx) -> dict:
    """Register the repairs, after the theme (500 and 501) has made its buttons."""
    app.connect("html-page-context", drop_withdrawn_roles)
    app.connect("html-page-context", mend_buttons, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
