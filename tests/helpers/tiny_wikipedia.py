"""A few pages of Wikipedia, for tests: as a corpus, and as a wiki that answers."""

import io
import json
import zipfile

from http_server import asked_of, json_answer

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


def zipped(content, *more):
    """Return a zip of the corpus, and of empty files by the names `more`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("wp_movies_10k.ndjson", content)
        for other in more:
            archive.writestr(other, b"")
    return buffer.getvalue()


def wiki(pages, redirects=None, normalized=None, interwiki=(), links_an_answer=500):
    """Play the API of a MediaWiki that has some pages: {title: [link, ...]}.

    Links of all pages that are asked for come in one row, `links_an_answer` at a time,
    as the real one sends them.
    """

    def answer(handler):
        asked = asked_of(handler)
        query = {"normalized": [], "redirects": [], "interwiki": [], "pages": []}
        row = []
        for title in asked["titles"].split("|"):
            if title in (normalized or {}):
                step = {"fromencoded": False, "from": title, "to": normalized[title]}
                query["normalized"].append(step)
                title = normalized[title]
            while title in (redirects or {}):
                query["redirects"].append({"from": title, "to": redirects[title]})
                title = redirects[title]
            if title in interwiki:
                query["interwiki"].append({"title": title, "iw": "fr"})
            elif title not in {page["title"] for page in query["pages"]}:
                query["pages"].append(page_without_links(title, title in pages))
                row += [(title, link) for link in pages.get(title, [])]
        start = int(asked.get("plcontinue", 0))
        for title, link in row[start : start + links_an_answer]:
            page = next(page for page in query["pages"] if page["title"] == title)
            page.setdefault("links", []).append({"ns": 0, "title": link})
        content = {"query": {name: part for name, part in query.items() if part}}
        if start + links_an_answer < len(row):
            content["continue"] = {
                "plcontinue": str(start + links_an_answer),
                "continue": "||",
            }
        json_answer(content)(handler)

    return answer


def page_without_links(title, there):
    """Return what the API tells of a page."""
    if there:
        return {"pageid": 1, "ns": 0, "title": title}
    if title.startswith(":"):
        return {"title": title, "invalidreason": "bad", "invalid": True}
    return {"ns": 0, "title": title, "missing": True}
