"""Posters from TMDB, over real HTTP, from a server that plays TMDB and its troubles."""

import gzip
import io
import logging
import time
import zlib
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
import trustme
from http_server import json_answer, serving, silent, status, whole
from PIL import Image

from recsys_helpers.display import Shown
from recsys_helpers.posters import tmdb as tmdb_module
from recsys_helpers.posters.tmdb import (
    TMDB_ATTRIBUTION,
    Answer,
    NoTmdbKeyError,
    Tmdb,
    TmdbBusyError,
    TmdbError,
    TmdbKeyRefusedError,
    TmdbUnavailableError,
    as_imdb_id,
    as_json,
    download_posters,
    with_tmdb_attribution,
)

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"
TOY_STORY = {"id": 862, "title": "Toy Story", "poster_path": "/toy.jpg"}
HEAT = {"id": 949, "title": "Heat", "poster_path": "/heat.jpg"}
RARE = {"id": 7, "title": "Rare", "poster_path": None}
FILMS = {"tt0114709": TOY_STORY, "tt0113277": HEAT, "tt10872600": RARE}
LINKS = pd.DataFrame({"movie_id": [1, 6, 99], "imdb_id": list(FILMS)})
FIND_TOY, FIND_HEAT = "/3/find/tt0114709", "/3/find/tt0113277"
TOY, HEAT_POSTER = "/t/p/w342/toy.jpg", "/t/p/w342/heat.jpg"


def picture(kind="JPEG"):
    """Return the bytes of a small picture, with something in it to decode."""
    file = io.BytesIO()
    Image.radial_gradient("L").resize((34, 51)).convert("RGB").save(file, kind)
    return file.getvalue()


POSTER = picture()


def bomb(side=60_000):
    """Make a small PNG that says of itself that it is huge."""
    content = picture("PNG")
    header = content[12:16] + side.to_bytes(4) * 2 + content[24:29]
    return content[:12] + header + zlib.crc32(header).to_bytes(4) + content[33:]


def moved_to(url):
    """Send whoever asks to another address."""
    return status(302, location=url)


def hang_up(handler):
    handler.connection.close()


def too_much(handler):
    """Send what is short on the way, and more than 20 MiB when it is unpacked."""
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(PACKED)))
    handler.end_headers()
    handler.wfile.write(PACKED)


PACKED = gzip.compress(bytes(21 * 2**20))
REFUSALS = (status(403), moved_to("/3/find/1"))
NO_JSON = (" <html>", "[" * 100_000, "")
ANOTHER_SHAPE = (
    *([1], None, {"results": []}, {"movie_results": {"id": 1}}),
    *({"movie_results": [{"title": "no id"}]}, {"movie_results": [{"id": "x"}]}),
)


class FakeTmdb:
    """Answers as TMDB does, once the troubles that it has for a path are over."""

    def __init__(self, troubles=None):
        self.troubles = {
            path: list(answers) for path, answers in (troubles or {}).items()
        }
        self.paths = []

    def __call__(self, handler):
        path = urlsplit(handler.path).path
        self.paths.append(path)
        if self.troubles.get(path):
            return self.troubles[path].pop(0)(handler)
        if path.startswith("/3/find/"):
            film = FILMS.get(path.rsplit("/", 1)[-1])
            found = {"movie_results": [film] if film else [], "tv_results": []}
            return json_answer(found)(handler)
        if path.startswith("/t/p/"):
            return whole(POSTER, "image/jpeg")(handler)
        return status(404)(handler)


@pytest.fixture(autouse=True)
def _a_token(monkeypatch):
    monkeypatch.setenv("TMDB_API_KEY", TOKEN)


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Note pauses instead of sleeping."""
    noted = []
    monkeypatch.setattr(time, "sleep", noted.append)
    return noted


@pytest.fixture
def at(monkeypatch):
    """Let clients ask a server on this machine in place of TMDB's two."""

    def at(server):
        monkeypatch.setattr(Tmdb, "api", f"{server.url}/3")
        monkeypatch.setattr(Tmdb, "images", f"{server.url}/t/p")
        return server

    return at


@pytest.fixture
def find(at):
    """Ask for Toy Story; returns the film, or the error, and the server."""

    def find(*answers, imdb_id="tt0114709"):
        with serving(*answers) as server, Tmdb() as tmdb:
            at(server)
            try:
                return tmdb.find(imdb_id), server
            except TmdbError as error:
                return error, server

    return find


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "posters"


@pytest.fixture
def download(at, folder):
    """Download from a server; returns what came of each film, and why."""

    def download(answer, links=LINKS):
        with serving(answer) as server:
            at(server)
            return download_posters(links, folder)

    return download


def statuses(report):
    return dict(zip(report.films["movie_id"], report.films["status"], strict=True))


def names_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


# Ids


@pytest.mark.parametrize(
    "given", [114709, 114709.0, np.int32(114709), "0114709", " tt0114709 "]
)
def test_an_imdb_id_has_at_least_seven_digits(given):
    assert as_imdb_id(given) == "tt0114709"


@pytest.mark.parametrize(
    "given", [0, -5, 1.5, True, None, float("nan"), "", "nm0000158", "../1", "١١٤"]
)
def test_what_is_no_imdb_id_is_told(given):
    with pytest.raises(ValueError, match="is not an IMDb id"):
        as_imdb_id(given)


# The token


@pytest.mark.parametrize(
    "value", ["", " ", "0123456789abcdef" * 2, f'"{TOKEN}"', f"{TOKEN}\nX-Header: a"]
)
def test_without_a_token_it_says_where_to_get_one_and_shows_nothing(monkeypatch, value):
    monkeypatch.setenv("TMDB_API_KEY", value)
    with pytest.raises(NoTmdbKeyError, match=r"settings/api.*API Read Access") as told:
        Tmdb().find(1)
    assert not value.strip() or value not in str(told.value)


def test_the_token_goes_into_a_header_whatever_netrc_says(monkeypatch, find, tmp_path):
    (tmp_path / "netrc").write_text(
        "machine 127.0.0.1 login ann password pass\n", encoding="utf-8"
    )
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("TMDB_API_KEY", f" {TOKEN}\n")
    _, server = find(FakeTmdb())
    assert server.requests[0]["Authorization"] == f"Bearer {TOKEN}"
    assert server.asked == [{"external_source": "imdb_id"}]


def test_pictures_and_other_hosts_do_not_get_the_token(at):
    with serving(FakeTmdb()) as elsewhere:
        troubles = {path: [moved_to(elsewhere.url + path)] for path in (FIND_TOY, TOY)}
        with serving(FakeTmdb(troubles)) as server, Tmdb() as tmdb:
            at(server)
            with pytest.raises(TmdbUnavailableError):
                tmdb.find("tt0114709")
            assert tmdb.poster("/toy.jpg") == POSTER
    assert "Authorization" in server.requests[0]
    assert len(elsewhere.requests) == 1  # for the picture
    assert "Authorization" not in server.requests[1] | elsewhere.requests[0]


def test_the_token_does_not_show(download, find, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    report = download(FakeTmdb({FIND_HEAT: [status(422)], TOY: [hang_up]}))
    error, _ = find(status(401), imdb_id=1)
    shown = f"{vars(Tmdb())} {error!r} {report} {report.films.to_csv()}"
    assert TOKEN not in shown + caplog.text + "".join(capfd.readouterr())
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file.name for file in files] == ["1.jpg"]


def test_who_has_no_valid_certificate_is_not_asked(at, pauses):
    certificate = trustme.CA().issue_cert("127.0.0.1")
    with serving(FakeTmdb(), certificate=certificate) as server, Tmdb() as tmdb:
        at(server)
        with pytest.raises(TmdbUnavailableError, match="certificate verify failed"):
            tmdb.find(1)
    assert server.requests == pauses == []


# What is found


def test_a_series_is_found_where_there_is_no_film(find):
    series = {"id": 5, "name": "S", "poster_path": None}
    film, _ = find(json_answer({"movie_results": [], "tv_results": [series]}))
    assert (film.id, film.poster_path) == (5, None)


def test_an_unknown_film_is_none(find):
    assert find(FakeTmdb(), imdb_id="tt9999999")[0] is None


# What goes wrong


@pytest.mark.parametrize(
    ("trouble", "pause"),
    [
        (status(429), []),
        (status(429, retry_after="7"), [7]),
        (status(503, retry_after="3"), [3]),
        (status(500), []),
        (hang_up, []),
        (json_answer('{"movie_results": ['), []),
        (json_answer({"movie_results": [TOY_STORY]}, cut_at=20), []),
    ],
)
def test_after_trouble_it_asks_again(find, pauses, trouble, pause):
    film, server = find(trouble, FakeTmdb())
    assert film.id == 862
    assert (pauses, len(server.requests)) == (pause, 2)


@pytest.mark.parametrize(
    "trouble", [status(429, retry_after="soon"), status(503), hang_up, silent]
)
def test_pauses_double_until_it_gives_up(find, pauses, trouble, monkeypatch):
    if trouble is silent:
        monkeypatch.setattr(Tmdb, "timeout", (5, 0.1))
    error, server = find(trouble)
    assert type(error) is TmdbUnavailableError
    assert (pauses, len(server.requests)) == ([1, 2, 4], 5)


def test_a_long_wait_is_left_to_the_reader(find, pauses):
    error, server = find(status(429, retry_after="3600"))
    assert type(error) is TmdbBusyError
    assert "60 minutes" in str(error)
    assert (pauses, len(server.requests)) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "n_asked", "answer"),
    [
        (TmdbKeyRefusedError, 1, status(401)),
        *((TmdbUnavailableError, 1, answer) for answer in REFUSALS),
        *((TmdbUnavailableError, 2, json_answer(text)) for text in NO_JSON),
        *((TmdbError, 1, json_answer(content)) for content in ANOTHER_SHAPE),
        *((TmdbError, 1, answer) for answer in (status(404), status(422), too_much)),
    ],
)
def test_each_trouble_has_an_error_of_its_kind(find, pauses, kind, n_asked, answer):
    error, server = find(answer)
    assert type(error) is kind
    assert (pauses, len(server.requests)) == ([], n_asked)


def test_half_an_answer_is_a_reason_to_ask_again():
    assert "not JSON" in as_json("TMDB", Answer(200, "", b'{"movie_res')).reason


@pytest.mark.parametrize(
    "path",
    [
        *("/../../x.jpg", "/..%2fx.jpg", "/a/b.jpg", "//example.org/x.jpg", "toy.jpg"),
        *("https://example.org/x.jpg", "/toy.jpg?a=b", "/toy.jpg\n", "/.jpg", 7),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path):
    with pytest.raises(TmdbError, match="is not that of a picture"):
        Tmdb().poster(path)


# Posters of many films


def test_each_film_that_has_a_poster_gets_a_file_named_by_its_id(download, folder):
    report = download(FakeTmdb())
    assert names_in(folder) == ["w342/1.jpg", "w342/6.jpg"]
    assert report.files == {n: folder / "w342" / f"{n}.jpg" for n in (1, 6)}
    assert report.files[1].read_bytes() == POSTER


def test_the_report_says_what_came_of_each_film(download):
    report = download(FakeTmdb())
    films = report.films
    assert list(films) == ["movie_id", "status", "reason", "tmdb_id", "file"]
    assert films["status"].tolist() == ["downloaded", "downloaded", "missing"]
    assert films["tmdb_id"].tolist() == [862, 949, 7]
    assert films["file"].tolist()[2] is None
    assert str(report).splitlines() == [
        "3 films: 2 downloaded, 1 missing.",
        "   1 x TMDB has no poster of this film.",
        TMDB_ATTRIBUTION,
    ]


def test_progress_counts_films(download, count_progress):
    counted = count_progress(tmdb_module)
    download(FakeTmdb(), LINKS[:1])
    download(FakeTmdb())
    assert sum(counted) == 1 + 3


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (FIND_TOY, status(500)),
        (FIND_TOY, json_answer([1])),
        (FIND_TOY, json_answer({"movie_results": [{"id": 1, "poster_path": "/../x"}]})),
        *((TOY, status(code)) for code in (401, 404, 503)),
        *((TOY, moved_to(url)) for url in ("file:///etc/hostname", "http://[1/", TOY)),
        (TOY, whole(POSTER, cut_at=300)),
        *((TOY, whole(body)) for body in (POSTER[:300], b"<html>Log in", b"", bomb())),
        (TOY, too_much),
    ],
)
def test_a_film_that_fails_does_not_stop_the_others(download, folder, path, answer):
    report = download(FakeTmdb({path: [answer] * 40}))
    assert statuses(report) == {1: "failed", 6: "downloaded", 99: "missing"}
    assert report.films["reason"][0]
    assert names_in(folder) == ["w342/6.jpg"]


def test_a_poster_that_was_cut_is_asked_for_again(download):
    report = download(FakeTmdb({TOY: [whole(POSTER, cut_at=300)]}))
    assert statuses(report)[1] == "downloaded"


def test_a_film_with_a_wrong_id_fails_alone(download):
    links = LINKS.assign(imdb_id=["Toy Story", None, "tt0113277"])
    assert statuses(download(FakeTmdb(), links)) == {
        1: "failed",
        6: "missing",
        99: "downloaded",
    }


def test_a_refused_token_stops_everything_and_leaves_what_is_there(download, folder):
    fake = FakeTmdb({FIND_HEAT: [status(401)]})
    with pytest.raises(TmdbKeyRefusedError):
        download(fake)
    assert names_in(folder) == ["w342/1.jpg"]
    assert fake.paths[-1] == FIND_HEAT


@pytest.mark.parametrize(
    ("down", "not_tried"), [((2, 3, 4), [5, 6]), ((1, 2, 4, 5), [])]
)
def test_three_failures_in_a_row_are_enough(download, down, not_tried):
    links = pd.DataFrame({"movie_id": range(1, 7), "imdb_id": range(1, 7)})
    troubles = {f"/3/find/tt{n:07}": [status(500)] * 5 for n in down}
    report = download(FakeTmdb(troubles), links)
    assert [n for n, s in statuses(report).items() if s == "failed"] == [*down]
    assert [n for n, s in statuses(report).items() if s == "not tried"] == not_tried


def test_a_server_that_wants_to_be_left_alone_is(download):
    fake = FakeTmdb({FIND_TOY: [status(429, retry_after="3600")]})
    report = download(fake)
    assert statuses(report) == {1: "failed", 6: "not tried", 99: "not tried"}
    assert fake.paths == [FIND_TOY]


@pytest.mark.parametrize(
    ("links", "name"),
    [
        (LINKS[["imdb_id"]], "movie_id"),
        (LINKS[["movie_id"]], "imdb_id"),
        (LINKS.assign(movie_id=["../1", "2", "3"]), "movie_id"),
        (LINKS.assign(movie_id=[6, 6, 1]), "movie_id"),
    ],
)
def test_a_frame_that_does_not_fit_is_told(tmp_path, links, name):
    with pytest.raises(ValueError, match=name):
        download_posters(links, tmp_path)


def test_a_folder_that_cannot_be_written_stops_everything(download, folder):
    folder.touch()
    with pytest.raises(OSError, match="posters"):
        download(fake := FakeTmdb())
    assert fake.paths == [FIND_TOY, TOY]


def test_after_an_interruption_it_goes_on_where_it_stopped(download, monkeypatch):
    def interrupted(self, *about):
        raise KeyboardInterrupt

    download(fake := FakeTmdb(), LINKS[:1])
    with monkeypatch.context() as patch:
        patch.setattr(Tmdb, "poster", interrupted)
        with pytest.raises(KeyboardInterrupt):
            download(fake)
    report = download(fake)
    assert statuses(report) == {1: "there", 6: "downloaded", 99: "missing"}
    rare = "/3/find/tt10872600"
    assert fake.paths == [FIND_TOY, TOY, FIND_HEAT, FIND_HEAT, HEAT_POSTER, rare]
    assert set(report.files) == {1, 6}


@pytest.mark.parametrize("spoilt", [b"", POSTER[:300], b"not a picture"])
def test_a_spoilt_poster_is_replaced_when_a_better_one_comes(download, folder, spoilt):
    file = folder / "w342" / "1.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(spoilt)
    download(FakeTmdb({FIND_TOY: [status(404)]}), LINKS[:1])
    assert file.read_bytes() == spoilt
    download(FakeTmdb(), LINKS[:1])
    assert file.read_bytes() == POSTER


def test_no_token_is_needed_when_all_is_there(download, folder, monkeypatch):
    download(FakeTmdb(), LINKS[:2])
    monkeypatch.delenv("TMDB_API_KEY")
    assert set(statuses(download_posters(LINKS[:2], folder)).values()) == {"there"}
    with pytest.raises(NoTmdbKeyError):
        download_posters(LINKS, folder)


def test_no_films_give_an_empty_report(tmp_path):
    report = download_posters(LINKS[:0], tmp_path)
    assert (len(report.films), report.files) == (0, {})
    assert "0 films: none asked for" in str(report)


# The notice


def test_the_notice_of_tmdb_stands_below_what_shows_posters():
    notice = "This product uses the TMDB API but is not endorsed or certified by TMDB."
    shown = with_tmdb_attribution(Shown("<ul></ul>", "Heat"))
    assert shown.html.startswith("<ul></ul><p")
    assert notice in shown.html
    assert shown.text == f"Heat\n{notice}"
