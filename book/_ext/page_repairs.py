"""Repairs of what Sphinx and the theme put on a page, made as it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageStat
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
        original = image.convert("RGB")
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
    app.connect("build-finished", slim_images)
    app.connect("html-page-context", mend_buttons, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
