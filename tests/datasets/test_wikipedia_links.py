"""Links gathered from a wiki, over real HTTP, from a server that plays one."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from http_server import json_answer, serving, silent, status, whole
from tiny_wikipedia import lines, wiki

from recsys_helpers.datasets import (
    DatasetError,
    DownloadError,
    InvalidDataError,
    collect_wikipedia_links,
    load_wikipedia_links,
)
from recsys_helpers.datasets import _wikipedia as wikipedia_links

PAGES = {
    "Heat (1995 film)": ["Al Pacino", "Michael Mann", "Robert De Niro"],
    "The Insider (film)": ["Al Pacino", "Michael Mann"],
    "Silence": [],
    "Star Wars (film)": ["George Lucas"],
}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    for name in ("RECSYS_CONTACT", "RECSYS_WIKIPEDIA_API"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def collect(pauses):
    """Ask a server that gives these answers; returns what came, and the server."""

    def collect(titles, *answers, path=None, **options):
        options = {"contact": "ann@example.org", "timeout": (5, 5)} | options
        with serving(*answers) as server:
            found = collect_wikipedia_links(
                titles,
                path,
                url=f"{server.url}/api.php",
                sleep=pauses.append,
                **options,
            )
        return found, server

    return collect


# What is asked and found


def test_pages_and_their_links_are_found(collect):
    found, _ = collect(["Heat (1995 film)", "Silence"], wiki(PAGES))
    assert found.links == {
        "Heat (1995 film)": ["Al Pacino", "Michael Mann", "Robert De Niro"],
        "Silence": [],
    }


def test_the_question_is_the_one_that_the_api_documents(collect):
    _, server = collect(["Silence"], wiki(PAGES))
    assert server.asked == [
        {
            "action": "query",
            "prop": "links",
            "plnamespace": "0",
            "pllimit": "max",
            "redirects": "1",
            "format": "json",
            "formatversion": "2",
            "maxlag": "5",
            "titles": "Silence",
        }
    ]


@pytest.mark.parametrize("links_an_answer", [1, 2, 3])
def test_an_answer_in_parts_is_put_together(collect, links_an_answer):
    titles = ["Heat (1995 film)", "The Insider (film)"]
    found, server = collect(titles, wiki(PAGES, links_an_answer=links_an_answer))
    assert found.links == {title: PAGES[title] for title in titles}
    assert len(server.asked) == -(-5 // links_an_answer)


def test_all_of_continue_is_given_back(collect):
    _, server = collect(["Heat (1995 film)"], wiki(PAGES, links_an_answer=2))
    assert (server.asked[1]["plcontinue"], server.asked[1]["continue"]) == ("2", "||")


def test_fifty_titles_are_asked_at_a_time(collect):
    titles = [f"Film {n}" for n in range(120)]
    found, server = collect(titles, wiki({title: ["A"] for title in titles}))
    asked = [len(question["titles"].split("|")) for question in server.asked]
    assert asked == [50, 50, 20]
    assert list(found.links) == titles


def test_long_titles_are_asked_fewer_at_a_time(collect):
    titles = [f"Ж{'ё' * 100}{n}" for n in range(20)]  # 6 characters a letter
    found, server = collect(titles, wiki({title: ["A"] for title in titles}))
    assert len(server.asked) == 4
    assert list(found.links) == titles


def test_a_title_is_asked_once(collect):
    _, server = collect(["Silence", " Silence", "Silence"], wiki(PAGES))
    assert server.asked[0]["titles"] == "Silence"


@pytest.mark.fault("Wikipedia's API", "empty")
def test_no_titles_are_no_questions(collect):
    found, server = collect([], wiki(PAGES))
    assert (found.links, server.asked) == ({}, [])


def test_a_text_is_one_title(collect):
    found, server = collect("Silence", wiki(PAGES))
    assert found.links == {"Silence": []}
    assert server.asked[0]["titles"] == "Silence"


@pytest.mark.fault("Wikipedia's API", "wrong values")
@pytest.mark.parametrize("gap", [None, float("nan"), 7])
def test_what_is_no_title_is_named_with_its_row_and_nothing_is_asked(gap):
    with (
        serving(wiki(PAGES)) as server,
        pytest.raises(TypeError, match=f"row 1 .*{gap}"),
    ):
        collect_wikipedia_links(
            ["Silence", gap], contact="ann@example.org", url=server.url
        )
    assert server.asked == []


@pytest.mark.parametrize("mark", ["\u200e", "\u202c", "\u2068", "\ufeff", "\u200b"])
def test_marks_that_nobody_sees_are_taken_off(collect, mark):
    found, _ = collect([f"{mark}Si{mark}lence{mark}"], wiki(PAGES))
    assert (list(found.links), found.invalid) == (["Silence"], [])


def test_a_joiner_is_a_part_of_a_title(collect):
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    found, _ = collect([persian], wiki({persian: ["A"]}))
    assert found.links == {persian: ["A"]}


def test_who_asks_is_named(collect):
    _, server = collect(["Silence"], wiki(PAGES))
    agent = server.requests[0]["User-Agent"]
    assert agent.startswith("recsys_helpers/")
    assert "(ann@example.org)" in agent


def test_answers_may_be_compressed(collect):
    _, server = collect(["Silence"], wiki(PAGES))
    assert "gzip" in server.requests[0]["Accept-Encoding"]


@pytest.mark.fault("Wikipedia's API", "secrets")
@pytest.mark.parametrize("contact", [None, "", "Ann", "a@b\r\nX: 1", "ä@example.org"])
def test_without_a_contact_nothing_is_asked(collect, contact):
    with (
        serving(wiki(PAGES)) as server,
        pytest.raises(DatasetError, match="RECSYS_CONTACT"),
    ):
        collect_wikipedia_links(["Silence"], contact=contact, url=server.url)
    assert server.asked == []


def test_contact_and_address_can_be_settings(monkeypatch):
    monkeypatch.setenv("RECSYS_CONTACT", "https://example.org/course")
    with serving(wiki(PAGES)) as server:
        monkeypatch.setenv("RECSYS_WIKIPEDIA_API", server.url)
        collect_wikipedia_links(["Silence"])
    assert "(https://example.org/course)" in server.requests[0]["User-Agent"]


# Titles that lead elsewhere, or nowhere


def test_a_redirect_is_followed_and_the_asked_title_kept(collect):
    redirects = {
        "Star Wars: A New Hope": "Star Wars IV",
        "Star Wars IV": "Star Wars (film)",
    }
    found, _ = collect(["Star Wars: A New Hope"], wiki(PAGES, redirects))
    assert found.links == {"Star Wars: A New Hope": ["George Lucas"]}
    assert found.pages == {"Star Wars: A New Hope": "Star Wars (film)"}


def test_two_titles_of_one_page_both_get_its_links(collect):
    found, _ = collect(
        ["A New Hope", "Star Wars (film)"],
        wiki(PAGES, {"A New Hope": "Star Wars (film)"}),
    )
    assert found.links["A New Hope"] == found.links["Star Wars (film)"]


def test_a_normalised_title_is_kept_as_it_was_asked(collect):
    normalized = {"star_wars_(film)": "Star Wars (film)"}
    found, _ = collect(["star_wars_(film)"], wiki(PAGES, normalized=normalized))
    assert found.pages == {"star_wars_(film)": "Star Wars (film)"}


def test_accents_are_asked_for_as_the_wiki_stores_them(collect):
    found, _ = collect(
        [unicodedata.normalize("NFD", "Amélie")], wiki({"Amélie": ["Paris"]})
    )
    assert found.links == {"Amélie": ["Paris"]}


@pytest.mark.fault("Wikipedia's API", "not there")
def test_missing_pages_are_told(collect):
    found, _ = collect(["Silence", "Nothing"], wiki(PAGES))
    assert (list(found.links), found.missing) == (["Silence"], ["Nothing"])


def test_a_redirect_to_a_missing_page_is_missing(collect):
    found, _ = collect(["Old"], wiki(PAGES, {"Old": "Gone"}))
    assert found.missing == ["Old"]


@pytest.mark.fault("Wikipedia's API", "wrong values")
def test_redirects_in_a_ring_lead_to_no_page(collect):
    ring = [{"from": "A", "to": "B"}, {"from": "B", "to": "A"}]
    found, _ = collect(["A"], json_answer({"query": {"redirects": ring}}))
    assert found.missing == ["A"]


def test_titles_that_no_page_can_have_are_not_asked(collect):
    wrong = ["", "a|b", "a#b", "<b>", "[[a]]", "{a}", "a\x00b", "\ud800", "x" * 256]
    found, server = collect([*wrong, "Silence"], wiki(PAGES))
    assert found.invalid == wrong
    assert server.asked[0]["titles"] == "Silence"


@pytest.mark.fault("Wikipedia's API", "unknown id")
def test_titles_that_the_wiki_calls_invalid_are_told(collect):
    found, _ = collect([":", "Silence"], wiki(PAGES))
    assert (found.invalid, list(found.links)) == ([":"], ["Silence"])


def test_titles_of_another_wiki_are_told(collect):
    found, _ = collect(["fr:Paris"], wiki(PAGES, interwiki=["fr:Paris"]))
    assert found.invalid == ["fr:Paris"]


# A wiki that is busy, or fails

MAXLAG = {
    "error": {"code": "maxlag", "info": "Waiting for db1: 7 seconds lagged.", "lag": 7}
}


@pytest.mark.fault("Wikipedia's API", "busy or failing")
@pytest.mark.parametrize(
    ("trouble", "pause"),
    [
        (status(429), 1),
        (status(429, retry_after="7"), 7),
        (status(503, retry_after="3"), 3),
        (status(503, retry_after="soon"), 1),
        (status(500), 1),
        (json_answer(MAXLAG), 1),
        (json_answer(MAXLAG, retry_after="5"), 5),
        (json_answer({"error": {"code": "ratelimited", "info": "Too often."}}), 1),
        (json_answer({"error": {"code": "internal_api_error_DBQueryError"}}), 1),
        (json_answer("{"), 1),
        (json_answer({"query": {}}, cut_at=5), 1),
    ],
)
def test_after_trouble_it_pauses_and_asks_again(collect, pauses, trouble, pause):
    found, server = collect(["Silence"], trouble, wiki(PAGES))
    assert found.links == {"Silence": []}
    assert pauses == [pause]
    assert server.asked[0] == server.asked[1]


def test_a_date_to_come_back_is_waited_for(collect, pauses):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    collect(["Silence"], status(429, retry_after=date), wiki(PAGES))
    assert 25 < pauses[0] <= 30


def test_a_date_in_the_past_is_no_reason_to_wait(collect, pauses):
    date = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    collect(["Silence"], status(429, retry_after=date), wiki(PAGES))
    assert pauses == [1]


def test_trouble_in_the_middle_of_an_answer_asks_for_the_same_part(collect):
    parts = wiki(PAGES, links_an_answer=2)
    found, server = collect(["Heat (1995 film)"], parts, status(500), parts)
    assert found.links == {"Heat (1995 film)": PAGES["Heat (1995 film)"]}
    assert server.asked[1] == server.asked[2]


def test_pauses_double_until_it_gives_up(collect, pauses):
    with pytest.raises(DownloadError, match=r"in 9 tries: it answered 500"):
        collect(["Silence"], status(500), n_retries=8)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.fault("Wikipedia's API", "busy or failing")
def test_a_long_wait_is_left_to_the_reader(collect, pauses):
    with pytest.raises(DownloadError, match=r"left alone for 60 minutes"):
        collect(["Silence"], status(429, retry_after="3600"))
    assert pauses == []


@pytest.mark.fault("Wikipedia's API", "slow or silent")
def test_a_silent_wiki_is_a_time_out(collect):
    with pytest.raises(DownloadError, match=r"no answer within 0\.1 seconds"):
        collect(["Silence"], silent, timeout=(5, 0.1), n_retries=1)


@pytest.mark.fault("Wikipedia's API", "another kind")
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (status(403), r"403 Forbidden.*see contact"),
        (status(404), r"404 Not Found.*RECSYS_WIKIPEDIA_API"),
        (whole(b"<html>Log in", content_type="text/html"), "a web page in place"),
        (json_answer({"error": {"code": "badvalue", "info": "No."}}), "badvalue: No"),
        (json_answer({"error": "broken"}), "error: broken"),
        (json_answer([1]), "it is a list"),
        (json_answer({"batchcomplete": True}), "no part called query"),
        (json_answer({"query": {"pages": []}}), "says nothing about 'Silence'"),
        (
            json_answer({"query": {"pages": {"1": {"title": "Silence"}}}}),
            "another kind",
        ),
        (json_answer({"query": []}), "another kind"),
        (json_answer({"query": {"pages": [{"ns": 0}]}}), "missing or of another kind"),
        (
            json_answer({"query": {"pages": [{"title": "Silence", "links": [7]}]}}),
            "another kind",
        ),
        (json_answer({"query": {}, "continue": "on"}), "go on from where it was"),
        (json_answer({"query": {}, "continue": {"c": "1"}}), "go on from where it was"),
    ],
)
def test_what_no_patience_mends_is_not_tried_again(collect, pauses, answer, message):
    with pytest.raises(DownloadError, match=message):
        collect(["Silence"], answer)
    assert pauses == []


@pytest.mark.fault("Wikipedia's API", "not there")
def test_an_address_that_is_none_is_told():
    with pytest.raises(DownloadError, match="no web address"):
        collect_wikipedia_links(["A"], contact="a@example.org", url="nonsense")


@pytest.mark.fault("Wikipedia's API", "secrets")
def test_no_error_shows_a_password():
    with serving(status(404)) as server:
        url = server.url.replace("://", "://ann:secret@")
        with pytest.raises(DownloadError) as told:
            collect_wikipedia_links(["A"], contact="a@example.org", url=url)
    assert "secret" not in str(told.value)


# The file


def test_the_file_can_be_loaded_as_the_corpus(collect, tmp_path):
    path = tmp_path / "new folder" / "links.ndjson"
    collect(PAGES, wiki(PAGES), path=path)
    films = load_wikipedia_links(path)
    assert films.films["title"].tolist() == list(PAGES)
    assert len(films.links) == 6
    assert [file.name for file in path.parent.iterdir()] == ["links.ndjson"]


def test_the_file_tells_where_a_redirect_led(collect, tmp_path):
    path = tmp_path / "links.ndjson"
    redirects = {"A New Hope": "Star Wars (film)"}
    collect(["A New Hope"], wiki(PAGES, redirects), path=path)
    assert json.loads(path.read_text(encoding="utf-8")) == [
        "A New Hope",
        {"page": "Star Wars (film)"},
        ["George Lucas"],
    ]
    again, _ = collect(["A New Hope"], status(500), path=path)
    assert again.pages == {"A New Hope": "Star Wars (film)"}


def test_titles_that_are_in_the_file_are_not_asked_again(collect, tmp_path):
    path = tmp_path / "links.ndjson"
    collect(["Silence"], wiki(PAGES), path=path)
    found, server = collect(["Silence", "Heat (1995 film)"], wiki(PAGES), path=path)
    assert [question["titles"] for question in server.asked] == ["Heat (1995 film)"]
    assert list(found.links) == ["Silence", "Heat (1995 film)"]
    assert len(load_wikipedia_links(path).films) == 2


@pytest.mark.fault("Wikipedia's API", "interrupted")
def test_what_was_gathered_before_a_failure_is_not_asked_again(collect, tmp_path):
    titles = [f"Film {n}" for n in range(60)]
    answer = wiki({title: ["A"] for title in titles})
    path = tmp_path / "links.ndjson"
    with pytest.raises(DownloadError):
        collect(titles, answer, status(403), path=path)
    assert not path.exists()
    _, server = collect(titles, answer, path=path)
    assert server.asked[0]["titles"] == "|".join(titles[50:])
    assert load_wikipedia_links(path).films["title"].tolist() == titles


@pytest.mark.fault("Wikipedia's API", "cut short")
def test_a_line_that_was_cut_is_gathered_again(collect, tmp_path):
    part = tmp_path / "links.ndjson.part"
    part.write_bytes(lines(["Silence", {}, []]) + b'["Heat (1995 film)", {}, ["Al')
    titles = ["Silence", "Heat (1995 film)"]
    found, server = collect(titles, wiki(PAGES), path=tmp_path / "links.ndjson")
    assert server.asked[0]["titles"] == "Heat (1995 film)"
    assert found.links == {title: PAGES[title] for title in titles}


@pytest.mark.fault("Wikipedia's API", "interrupted")
def test_a_failure_leaves_the_file_as_it_was(collect, tmp_path):
    path = tmp_path / "links.ndjson"
    path.write_bytes(lines(["Silence", {}, []]))
    with pytest.raises(DownloadError):
        collect(["Heat (1995 film)"], status(403), path=path)
    assert path.read_bytes() == lines(["Silence", {}, []])


@pytest.mark.fault("Wikipedia's API", "another kind")
@pytest.mark.parametrize("content", [b"not JSON\n", b'{"a": 1}\n'])
def test_another_kind_of_file_is_left_alone(collect, tmp_path, content):
    path = tmp_path / "precious.txt"
    path.write_bytes(content)
    with pytest.raises(InvalidDataError, match=r"precious\.txt, line 1"):
        collect(["Silence"], wiki(PAGES), path=path)
    assert path.read_bytes() == content


@pytest.mark.fault("Wikipedia's API", "no room")
def test_a_folder_in_place_of_the_file_is_told(collect, tmp_path):
    with pytest.raises(InvalidDataError, match="is a folder"):
        collect(["Silence"], wiki(PAGES), path=tmp_path)


def test_progress_counts_titles(collect, count_progress):
    counted = count_progress(wikipedia_links)
    titles = [f"Film {n}" for n in range(60)]
    collect(titles, wiki({}))
    assert counted == [50, 10]
