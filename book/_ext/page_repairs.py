"""Repairs of what Sphinx and the theme put on a page, made as it is written."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import Any

from docutils import nodes
from PIL import Image, ImageChops, ImageStat
from sphinx.application import Sphinx

from recsys_helpers.images import open_image

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


IMAGE = re.compile(r'<img (?P<rest>[^>]*?src="[^"]*_images/(?P<name>[^"]+)"[^>]*?)/?>')


def let_images_wait(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """Load figures when they come into view, into a space of the right size.

    Without a width and a height the text would jump when a figure arrives.
    """
    sources = {name: source for source, name in app.builder.images.items()}

    def mended(match: re.Match) -> str:
        rest, source = match["rest"], sources.get(match["name"])
        added = "" if "loading=" in rest else 'loading="lazy" decoding="async" '
        size = size_of(Path(app.srcdir, source)) if source else None
        if size and "width=" not in rest and "style=" not in rest:
            added += f'width="{size[0]}" height="{size[1]}" '
        return f"<img {added}{rest.rstrip()} />"

    if "body" in context:
        context["body"] = IMAGE.sub(mended, context["body"])


def size_of(path: Path) -> tuple[int, int] | None:
    """Width and height of an image in pixels; None if it is no image of pixels."""
    try:
        with Image.open(path) as image:
            return image.size
    except OSError:  # a drawing (SVG), or nothing
        return None


def leave_out_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """Leave out the scripts of Thebe, and MathJax where no formula waits for it.

    Thebe runs code on other hosts, and is off; the theme puts its settings on every
    page, twice: an error in the console. MathJax is two megabytes.
    """
    unused = [_is_of_thebe]
    if not any(mark in context.get("body", "") for mark in FORMULA_MARKS):
        unused.append(_is_mathjax)
    scripts = context.get("script_files", [])
    scripts[:] = [
        script for script in scripts if not any(is_(script) for is_ in unused)
    ]


# Before a formula in a line, and before one in a line of its own.
FORMULA_MARKS = (r"\(", r"\[")


def _is_of_thebe(script: Any) -> bool:
    body = getattr(script, "attributes", {}).get("body") or ""
    return "thebe" in str(getattr(script, "filename", script)) or "THEBE" in body


def _is_mathjax(script: Any) -> bool:
    return "mathjax" in str(getattr(script, "filename", script)).lower()


# As much of a description as search engines show.
LONGEST_DESCRIPTION = 155


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """Give a page the description that search engines show: its first words."""
    words = first_words(doctree) if doctree is not None else ""
    if words:
        content = escape(words, quote=True)
        tag = f'<meta name="description" content="{content}" />'
        context["metatags"] = f"{context.get('metatags', '')}\n{tag}"


def first_words(doctree: nodes.document) -> str:
    """Take the first paragraph that is the page's own text, cut after a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text.split()) >= 5 and not isinstance(
            paragraph.parent, nodes.Admonition
        ):
            return shorten(text, LONGEST_DESCRIPTION, placeholder=" ...")
    return ""


# From here on it is worth a look whether 256 colours are enough.
LARGE_IMAGE = 60_000
# So far from the original, in the mean over all pixels, of 255: nobody sees it.
UNSEEN = 3.0


def slim_images(app: Sphinx, exception: Exception | None) -> None:
    """Write the large figures of the site with a palette, where nobody sees it."""
    if exception is None and app.builder.format == "html":
        for path in Path(app.outdir, app.builder.imagedir).glob("*.png"):
            if path.stat().st_size > LARGE_IMAGE:
                slim(path)


def slim(path: Path) -> None:
    """Write a PNG with 256 colours, if it gets smaller and looks the same."""
    with Image.open(path) as image:
        if image.mode == "P":
            return
    original = open_image(path)
    few = original.quantize(256, method=Image.Quantize.MEDIANCUT)
    difference = ImageChops.difference(original, few.convert("RGB"))
    if max(ImageStat.Stat(difference).mean) > UNSEEN:
        return
    part = path.with_suffix(".part")
    few.save(part, format="PNG", optimize=True)
    part.replace(path) if part.stat().st_size < path.stat().st_size else part.unlink()


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
    app.connect("html-page-context", let_images_wait)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", leave_out_scripts, priority=900)
    app.connect("build-finished", slim_images)
    app.connect("html-page-context", mend_buttons, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
