"""A few pages in the form of the Wikipedia corpus, for tests to pack and to spoil."""

import gzip
import io
import json
import zipfile

PAGES = [
    [
        "Heat (1995 film)",
        {"name": "Heat"},
        ["Al Pacino", "Rotten Tomatoes", "Al Pacino", "Category:1995 films"],
        "86%",
        "7.8/10",
    ],
    ["Rogue One", {}, ["Rotten Tomatoes", "Žižkov"], None, ""],
    ["The Insider (film)", {"budget": "$90 million"}, ["Al Pacino", "Rotten Tomatoes"]],
    ["Silence", {}, []],
]


def lines(*pages):
    """Return pages as bytes, a line each."""
    return b"".join(json.dumps(page).encode() + b"\n" for page in pages or PAGES)


def zipped(content, *more, name="wp_movies_10k.ndjson"):
    """Return a zip of one file, and of empty ones by the names `more`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        for other in more:
            archive.writestr(other, b"")
    return buffer.getvalue()


def gzipped(content):
    """Return a gzip of one file."""
    return gzip.compress(content)
