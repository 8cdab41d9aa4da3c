"""Build a few pages with Sphinx, for the tests of our extensions."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace


def build(source: Path, target: Path, extensions: list[str], **settings) -> Path:
    """Build the pages below `source` into `target`; a warning fails the build."""
    with docutils_namespace():
        app = Sphinx(
            source,
            None,
            target / "html",
            target / "doctrees",
            "html",
            confoverrides={"extensions": extensions, "html_theme": "basic", **settings},
            status=None,
            warning=None,
            warningiserror=True,
        )
        app.build()
        assert app.statuscode == 0
    return target / "html"
