"""Pages of Wikipedia: a file of them, and fresh ones from a server that plays it."""

import gzip
import json
import sys
import unicodedata

import numpy as np
import pytest
from http_server import json_answer, serving, status, whole
from tiny_wikipedia import PAGES, lines, wiki, zipped

from recsys_helpers.datasets import (
    DatasetError,
    DownloadError,
    InvalidDataError,
    _download,
    _wikipedia,
    collect_wikipedia_links,
    load_wikipedia_links,
)

NAME = "wp_movies_10k.ndjson"
TITLES = [page[0] for page in PAGES]


@pytest.fixture
def load(tmp_path):
    """Write bytes to a file and load it."""

    def load(content, name=NAME):
        (tmp_path / name).write_bytes(content)
        return load_wikipedia_links(tmp_path / name)

    return load


def links_of(films, film_id):
    rows = films.links[films.links["film_id"] == film_id]
    return list(rows[["kind", "name"]].itertuples(index=False, name=None))


# A file of pages


def test_pages_become_films_in_the_order_of_the_file(load):
    films = load(lines())
    assert films.films["film_id"].tolist() == [0, 1, 2, 3]
    assert films.films["title"].tolist() == TITLES
    assert films.films["year"].fillna(0).tolist() == [1995, 0, 0, 0]
    assert films.films["tomato_meter"].fillna(-1).tolist() == [86, -1, -1, -1]
    assert films.films["tomato_rating"].fillna(-1).tolist() == [7.8, -1, -1, -1]
    assert films.films["infobox"].iloc[2] == {"budget": "$90 million"}
    assert films.films["film_id"].dtype == films.links["film_id"].dtype == np.int32


@pytest.mark.parametrize("score", ["101%", 86, None, "8%6", "86.0/10"])
def test_what_is_no_score_is_unknown(load, score):
    film = load(lines(["Heat", {}, [], score, score])).films.iloc[0]
    assert film[["tomato_meter", "tomato_rating"]].isna().all()


def test_a_link_is_kept_once_a_film_in_the_order_of_the_page(load):
    assert links_of(load(lines()), 0) == [
        ("page", "Al Pacino"),
        ("page", "Rotten Tomatoes"),
        ("category", "Category:1995 films"),
    ]


def test_links_make_pairs_as_credits_do(load):
    pairs = load(lines()).pairs(min_films=3)
    assert pairs["film_id"].tolist() == [0, 1, 2]
    assert set(pairs["entity"]) == {"Rotten Tomatoes"}


def test_what_is_left_out_is_counted(load):
    again = ["Heat (1995 film)", {}, ["Other"]]
    films = load(lines(PAGES[0], again, ["Ronin", {}, ["A", "A", " ", "", "B", "A"]]))
    assert films.films["film_id"].tolist() == [0, 2]
    assert films.report == {
        "n_lines": 3,
        "n_malformed": 0,
        "n_repeated_titles": 1,
        "n_repeated_links": 3,
        "n_blank_links": 2,
        "n_without_links": 0,
    }


def test_empty_lines_are_no_lines_and_a_film_may_be_without_links(load):
    report = load(b"\n" + lines() + b"\n \n").report
    assert (report["n_lines"], report["n_without_links"]) == (4, 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"{NAME}.gz", gzip.compress(lines(), mtime=0)),
        (f"{NAME}.zip", zipped(lines(), f"__MACOSX/._{NAME}", "README")),
    ],
    ids=["gzip", "zip"],
)
def test_a_packed_file_is_read(load, name, content):
    assert load(content, name).films["title"].tolist() == TITLES


def spoilt(content):
    content = bytearray(content)
    content[70] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.gz", gzip.compress(lines(), mtime=0)[:30]),
        ("cut.gz", gzip.compress(lines(), mtime=0)[:-5]),
        ("cut.zip", zipped(lines())[:-30]),
        ("spoilt.zip", spoilt(zipped(lines()))),
        ("no.zip", lines()),
        ("two.zip", zipped(lines(), "other.ndjson")),
        ("page.html", b"<!doctype html>\n<html>\n"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_name(load, name, content):
    with pytest.raises(InvalidDataError, match=name):
        load(content, name)


def test_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(InvalidDataError, match="nowhere"):
        load_wikipedia_links(tmp_path / "nowhere")


MALFORMED = {
    "not JSON": b'["Heat", {}, ["A"',
    "not UTF-8": '["Léon", {}, []]'.encode("latin-1"),
    "a number": b"7",
    "an object": b'{"title": "Heat"}',
    "too short": b'["Heat", {}]',
    "no title": b'["", {}, []]',
    "infobox of another kind": b'["Heat", [], []]',
    "a link of another kind": b'["Heat", {}, ["A", null]]',
    "half a character": rb'["Heat", {}, ["\ud83c"]]',
    "nested too deeply": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED)
def test_a_few_malformed_lines_are_left_out_and_counted(load, line):
    pages = [[f"Film {n}", {}, ["A"]] for n in range(150)]
    films = load(lines(*pages) + line + b"\n" + lines(["Last", {}, ["A"]]))
    assert films.report["n_malformed"] == 1
    assert films.films["film_id"].tolist() == [*range(150), 151]


def test_many_malformed_lines_are_an_error_that_names_the_first(load):
    with pytest.raises(InvalidDataError, match=r"1 of 5 lines.*line 5: it"):
        load(lines() + b"7\n")


@pytest.mark.parametrize("n_left", range(1, 18, 4))
def test_a_file_cut_in_its_last_line_is_refused(load, n_left):
    with pytest.raises(InvalidDataError, match="line 4: it was cut short"):
        load(lines(*PAGES[:-1]) + lines(PAGES[-1])[:n_left])


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(load, content):
    with pytest.raises(InvalidDataError, match="no film"):
        load(content)


# Fresh pages

FRESH = {
    "Heat (1995 film)": ["Al Pacino", "Michael Mann", "Robert De Niro"],
    "Silence": [],
    "Star Wars (film)": ["George Lucas"],
}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    monkeypatch.delenv("RECSYS_CONTACT", raising=False)
    for module in (_download, _wikipedia):
        monkeypatch.setattr(module, "N_RETRIES", 1)


def collect(titles, *answers, contact="ann@example.org", **options):
    """Ask a server that gives these answers; returns what came, and the server."""
    with serving(*answers) as server:
        options = {"url": f"{server.url}/w/api.php"} | options
        return collect_wikipedia_links(titles, contact=contact, **options), server


def found(films):
    """Return the links of each title."""
    ids = films.films.set_index("title")["film_id"]
    return {
        title: [name for _, name in links_of(films, id)] for title, id in ids.items()
    }


@pytest.mark.parametrize("links_an_answer", [1, 2, 500])
def test_an_answer_in_parts_is_put_together(links_an_answer):
    films, server = collect(FRESH, wiki(FRESH, links_an_answer=links_an_answer))
    assert found(films) == FRESH
    assert len(server.asked) == -(-4 // links_an_answer)
    assert films.films["infobox"].tolist() == [{}, {}, {}]


def test_fifty_titles_are_asked_at_a_time_and_each_once():
    titles = [f"Ж{'ё' * 100}{n}" for n in range(120)]  # too long for an address
    answer = wiki({title: ["A"] for title in titles})
    films, server = collect([*titles, *titles], answer)
    asked = [len(question["titles"].split("|")) for question in server.asked]
    assert asked == [50, 50, 20]
    assert films.films["title"].tolist() == titles


def test_a_text_is_one_title():
    assert found(collect("Silence", wiki(FRESH))[0]) == {"Silence": []}


def test_it_is_polite_and_says_who_asks(monkeypatch):
    monkeypatch.setenv("RECSYS_CONTACT", "https://example.org/course")
    _, server = collect("Silence", wiki(FRESH), contact=None)
    agent = server.requests[0]["User-Agent"]
    assert agent.startswith("recsys_helpers/")
    assert "(https://example.org/course) mwclient/" in agent
    assert "gzip" in server.requests[0]["Accept-Encoding"]
    assert server.asked[0]["maxlag"] == "5"


def test_it_asks_for_all_links_to_articles_and_follows_redirects():
    _, server = collect("Silence", wiki(FRESH))
    asked = {"prop": "links", "redirects": "1", "plnamespace": "0", "pllimit": "max"}
    assert server.asked[0].items() >= (asked | {"formatversion": "2"}).items()


@pytest.mark.parametrize("url", ["https://en.wikipedia.org/w/index.php", "w/api.php"])
def test_an_address_of_something_else_is_refused(url):
    with pytest.raises(ValueError, match=r"api\.php"):
        collect_wikipedia_links("Silence", contact="ann@example.org", url=url)


@pytest.mark.parametrize("contact", [None, "Ann", "a@b\r\nX: 1", "ä@example.org"])
def test_without_a_contact_nothing_is_asked(contact):
    with serving(wiki(FRESH)) as server:
        url = f"{server.url}/w/api.php"
        with pytest.raises(DatasetError, match="contact="):
            collect_wikipedia_links("Silence", contact=contact, url=url)
    assert server.requests == []


@pytest.mark.parametrize("gap", [None, float("nan"), 7])
def test_what_is_no_title_is_named_with_its_row(gap):
    with pytest.raises(TypeError, match=f"row 1 .*{gap}"):
        collect_wikipedia_links(["Silence", gap], contact="ann@example.org")


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("\u200eSi\u202clence\ufeff  ", "Silence"),
        (unicodedata.normalize("NFD", "Amélie"), "Amélie"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # a joiner stays
    ],
)
def test_a_title_is_asked_for_as_the_wiki_writes_it(asked, title):
    assert found(collect(asked, wiki({title: ["A"]}))[0]) == {title: ["A"]}


def test_a_redirect_is_followed_and_the_asked_title_kept():
    to = "Star Wars (film)"
    answer = wiki(FRESH, redirects={"IV": to}, normalized={"star wars": "IV"})
    films, _ = collect(["star wars", to], answer)
    assert found(films) == {"star wars": ["George Lucas"], to: ["George Lucas"]}
    assert films.films["infobox"].tolist() == [{"page": to}, {}]


@pytest.mark.parametrize("title", ["Nothing", "Old", ":", "a|b", "fr:Paris"])
def test_titles_without_a_page_are_named_and_left_out(title):
    answer = wiki(FRESH, redirects={"Old": "Gone"}, interwiki=["fr:Paris"])
    with pytest.warns(UserWarning, match="no page for") as told:
        films, _ = collect([title, "Silence"], answer)
    assert title in str(told[0].message)
    assert found(films) == {"Silence": []}


@pytest.mark.filterwarnings("ignore:There is no page")
@pytest.mark.parametrize("titles", [[], ["Nothing"]])
def test_no_page_at_all_is_an_error(titles):
    with pytest.raises(InvalidDataError, match="no film"):
        collect(titles, wiki(FRESH))


LAG = {"error": {"code": "maxlag", "info": "Waiting for db1: 7 seconds lagged."}}
BUSY = [
    status(429),
    status(503, retry_after="0"),
    json_answer(LAG, retry_after="0", x_database_lag="7"),
]


@pytest.mark.parametrize("trouble", BUSY, ids=["429", "503", "lag"])
def test_a_busy_wiki_is_asked_the_same_again(trouble):
    films, server = collect(["Silence"], trouble, wiki(FRESH))
    assert found(films) == {"Silence": []}
    assert server.asked[0] == server.asked[1]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        *zip(BUSY, ["429", "503", "copies are behind"], strict=True),
        (status(403), "403 Client Error"),
        (whole(b"<html>Log in", content_type="text/html"), "log in"),
        (json_answer({"error": {"code": "bad", "info": "No."}}), "APIError.*No"),
        (json_answer({"batchcomplete": True}), "KeyError.*query"),
        (json_answer([1]), "TypeError"),
        (json_answer({"error": "boo"}), "AttributeError"),
    ],
)
def test_a_wiki_that_gives_no_answer_is_told_with_what_to_do(answer, reason):
    with pytest.raises(DownloadError, match=f"api.php.*{reason}"):
        collect(["Silence"], answer)


def test_no_error_shows_a_password():
    with serving(status(403)) as server:
        url = server.url.replace("://", "://ann:secret@") + "/w/api.php"
        with pytest.raises(DownloadError) as told:
            collect_wikipedia_links("A", contact="ann@example.org", url=url)
    assert "secret" not in str(told.value)


def test_without_mwclient_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mwclient", None)
    with pytest.raises(ImportError, match=r"\.\[wikipedia\]"):
        collect_wikipedia_links("Silence", contact="ann@example.org")


# Fresh pages, kept in a file


def test_the_file_can_be_loaded_and_its_titles_are_not_asked_again(tmp_path):
    path = tmp_path / "new folder" / "links.ndjson"
    collect(["Silence"], wiki(FRESH), path=path)
    films, server = collect(FRESH, wiki(FRESH), path=path)
    assert server.asked[0]["titles"] == "Heat (1995 film)|Star Wars (film)"
    assert found(load_wikipedia_links(path)) == found(films) == FRESH
    assert [file.name for file in path.parent.iterdir()] == ["links.ndjson"]


def test_what_was_gathered_before_a_failure_is_not_asked_again(tmp_path):
    titles = [f"Film {n}" for n in range(60)]
    answer = wiki({title: ["A"] for title in titles})
    path = tmp_path / "links.ndjson"
    with pytest.raises(DownloadError):
        collect(titles, answer, status(403), path=path)
    _, server = collect(titles, answer, path=path)
    assert server.asked[0]["titles"] == "|".join(titles[50:])
    assert load_wikipedia_links(path).films["title"].tolist() == titles


def test_what_the_original_has_stays_in_the_file(tmp_path):
    path = tmp_path / NAME
    path.write_bytes(lines().removesuffix(b"\n"))
    collect(["Star Wars (film)"], wiki(FRESH), path=path)
    assert path.read_bytes().startswith(lines())
    assert json.loads(path.read_bytes().splitlines()[-1])[2] == ["George Lucas"]


@pytest.mark.parametrize("content", [b"not JSON\n", b'{"a": 1}\n'])
def test_another_kind_of_file_is_left_alone(tmp_path, content):
    path = tmp_path / "precious.txt"
    path.write_bytes(content)
    with pytest.raises(InvalidDataError, match=r"precious\.txt"):
        collect(["Silence"], wiki(FRESH), path=path)
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_file_is_told(tmp_path):
    with pytest.raises(InvalidDataError, match="links"):
        collect(["Silence"], wiki(FRESH), path=tmp_path)
