"""Links from pages to the live page, with a film and a method."""

import pytest
import tiny_site
from bs4 import BeautifulSoup
from sphinx.errors import SphinxWarning

from recsys_helpers.live._arrays import packed
from recsys_helpers.live.export import script_of

TOC = "# Contents\n\n```{toctree}\nbook/live\nnotebooks/04_als\n```\n"


@pytest.fixture
def built(tmp_path):
    """Build a site whose chapter links to its live page, and find the links."""

    def build(*addresses):
        source, target = tmp_path / "source", tmp_path / "site"
        links = "".join(f"[near *Alien*]({address})\n" for address in addresses)
        pages = {
            "index": TOC,
            "book/live": "# Live\n",
            "notebooks/04_als": f"# ALS\n\n{links}",
        }
        for page, text in pages.items():
            path = source / f"{page}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        data = target / "live" / "static" / "live-data"
        data.mkdir(parents=True)
        ids = {"movieIds": packed([296, 1214], "i32")}
        methods = {"methods": [{"id": "als"}, {"id": "posters"}]}
        (data / "catalogue.0.js").write_bytes(script_of("catalogue", ids))
        (data / "neighbours.0.js").write_bytes(script_of("neighbours", methods))
        site = tiny_site.build(source, target, ["myst_parser", "live_in_book"])
        page = (site / "notebooks" / "04_als.html").read_text(encoding="utf-8")
        found = BeautifulSoup(page, "html.parser").find_all("a")
        return [link for link in found if link.get_text() == "near Alien"]

    return build


@pytest.mark.parametrize("query", ["film=1214&method=als", "film=296", "method=als"])
def test_a_link_leads_to_the_page_with_its_question(query, built):
    (link,) = built(f"../book/live.md?{query}")
    assert link["href"] == f"../book/live.html?{query}"
    assert link.em.text == "Alien"


def test_links_without_a_question_stay_what_they_are(built):
    links = built("../book/live.md", "http://x.org/?film=7")
    found = [link["href"] for link in links]
    assert found == ["../book/live.html", "http://x.org/?film=7"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("film=7&method=als", "film '7'"),
        ("film=1214&method=magic", "method 'magic'"),
        ("movie=1214", "movie '1214'"),
        ("film=", "film ''"),
    ],
)
def test_a_link_to_what_the_page_does_not_have_stops_the_build(query, told, built):
    with pytest.raises(SphinxWarning, match=told):
        built(f"../book/live.md?{query}")
