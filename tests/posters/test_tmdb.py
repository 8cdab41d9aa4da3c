"""The client of TMDB, over real HTTP, with a server that plays TMDB."""

import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest
from http_server import json_answer, serving, silent, status, whole
from tmdb_server import KEY, SIZES, TOY_STORY, FakeTmdb, moved_to, refused

from recsys_helpers.datasets import DownloadError
from recsys_helpers.display import Shown
from recsys_helpers.posters.tmdb._client import (
    TMDB_ATTRIBUTION,
    Tmdb,
    TmdbError,
    TmdbKeyRefusedError,
    TmdbNotFoundError,
    TmdbUnavailableError,
    as_imdb_id,
    as_tmdb_id,
    with_tmdb_attribution,
)

NOW = 1_800_000_000.0
DAY = 24 * 60 * 60


class Clock:
    """A clock that stands still, unless somebody pauses."""

    def __init__(self):
        self.now = NOW
        self.pauses = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def _a_key_and_no_proxy(monkeypatch):
    monkeypatch.setenv("TMDB_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("RECSYS_DATA_DIR", raising=False)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(tmp_path, clock):
    """Make a client of a server; its pauses are noted and not slept."""
    clients = []

    def client(url, **options):
        options = {
            "cache_folder": tmp_path / "cache",
            "requests_per_second": 1e9,
            "timeout": (5, 5),
            "sleep": clock.sleep,
            "clock": clock,
        } | options
        clients.append(Tmdb(base_url=f"{url}/3", **options))
        return clients[-1]

    yield client
    for each in clients:
        each.close()


@pytest.fixture
def ask(client):
    """Ask for Toy Story; returns what came, or the error, and the server."""

    def ask(*answers, **options):
        with serving(*answers) as server:
            try:
                return client(server.url, **options).movie(862), server
            except TmdbError as error:
                return error, server

    return ask


def long_pauses(clock):
    """Pauses without those that keep the rate."""
    return [pause for pause in clock.pauses if pause > 1e-6]


# Ids


@pytest.mark.parametrize(
    ("given", "imdb_id"),
    [
        (114709, "tt0114709"),
        ("114709", "tt0114709"),
        ("0114709", "tt0114709"),
        ("tt0114709", "tt0114709"),
        (" tt0114709 ", "tt0114709"),
        (np.int32(114709), "tt0114709"),
        (114709.0, "tt0114709"),
        (417, "tt0000417"),
        (10872600, "tt10872600"),
        ("tt10872600", "tt10872600"),
    ],
)
def test_an_imdb_id_has_at_least_seven_digits(given, imdb_id):
    assert as_imdb_id(given) == imdb_id


@pytest.mark.fault("TMDB", "unknown id")
@pytest.mark.parametrize(
    "given", [0, -5, 1.5, True, None, float("nan"), "", "nm0000158", "../1", "١١٤"]
)
def test_what_is_no_imdb_id_is_told(given):
    with pytest.raises(ValueError, match="is not an IMDb id"):
        as_imdb_id(given)


@pytest.mark.parametrize("given", [862, 862.0, "862", np.int64(862)])
def test_a_tmdb_id_is_a_number(given):
    assert as_tmdb_id(given) == 862


@pytest.mark.parametrize("given", [0, "tt1", "862/../1", None, float("nan"), 86.2])
def test_what_is_no_tmdb_id_is_told(given):
    with pytest.raises(ValueError, match="is not the id of a film in TMDB"):
        as_tmdb_id(given)


# What is asked and found


def test_the_configuration_says_where_posters_are(client):
    with serving(FakeTmdb()) as server:
        images = client(server.url).configuration()["images"]
    assert images["poster_sizes"] == SIZES


def test_a_film_is_found_by_its_imdb_id(client):
    with serving(fake := FakeTmdb()) as server:
        film = client(server.url).find_by_imdb_id(114709)
    assert (film["id"], film["poster_path"]) == (862, "/toy.jpg")
    assert film["media_type"] == "movie"
    assert fake.paths == ["/3/find/tt0114709"]
    assert server.asked == [{"external_source": "imdb_id", "api_key": KEY}]


def test_a_series_is_found_where_there_is_no_film(client):
    series = {"id": 5, "name": "S", "imdb_id": "tt0000009", "poster_path": "/s.jpg"}
    with serving(FakeTmdb(series=[series])) as server:
        found = client(server.url).find_by_imdb_id("tt0000009")
    assert (found["id"], found["media_type"]) == (5, "tv")


@pytest.mark.fault("TMDB", "unknown id")
@pytest.mark.parametrize("more", [{}, {"tv_results": []}, {"tv_results": None}])
def test_an_unknown_film_is_none(client, more):
    with serving(json_answer({"movie_results": []} | more)) as server:
        assert client(server.url).find_by_imdb_id("tt9999999") is None


def test_a_film_is_found_by_its_tmdb_id(ask):
    film, _ = ask(FakeTmdb())
    assert film == TOY_STORY


def test_pictures_of_a_film_are_listed(client):
    with serving(fake := FakeTmdb()) as server:
        pictures = client(server.url).images(862)
    assert pictures["posters"] == [{"file_path": "/toy.jpg"}]
    assert fake.paths == ["/3/movie/862/images"]


def test_the_address_of_a_poster_has_no_key(client):
    with serving(FakeTmdb()) as server:
        url = client(server.url).poster_url("/toy.jpg", "w185")
    assert url == f"{server.url}/t/p/w185/toy.jpg"


def test_an_unknown_size_names_those_there_are(client):
    with (
        serving(FakeTmdb()) as server,
        pytest.raises(ValueError, match=r"w92, w154, .*got 'w341'"),
    ):
        client(server.url).poster_url("/toy.jpg", "w341")


@pytest.mark.fault("TMDB", "hostile")
@pytest.mark.parametrize(
    "path",
    [
        "/../../x.jpg",
        "/..%2f..%2fx.jpg",
        "/a/b.jpg",
        "//example.org/x.jpg",
        "https://example.org/x.jpg",
        "toy.jpg",
        "/toy.jpg?a=b",
        "/toy.jpg\n",
        "/toy.exe",
        "/.jpg",
        "/" + "a" * 200,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(client, path):
    with serving(FakeTmdb()) as server, pytest.raises(TmdbError, match="is not the na"):
        client(server.url).poster(path)
    assert len(server.asked) == 1  # for the configuration


@pytest.mark.fault("TMDB", "not there")
def test_a_film_without_poster_has_no_address_of_one(client):
    with serving(FakeTmdb()) as server, pytest.raises(TmdbNotFoundError):
        client(server.url).poster_url(None)


@pytest.mark.fault("TMDB", "hostile")
def test_a_poster_that_is_too_long_is_refused(client):
    with serving(FakeTmdb(poster=bytes(5000))) as server:
        tmdb = client(server.url)
        with pytest.raises(TmdbError, match=r"more than 0\.00381 MiB came"):
            tmdb.poster("/toy.jpg", most_bytes=4000)


# What is worth another try


@pytest.mark.parametrize(
    ("trouble", "pause"),
    [
        (status(429), 1),
        (status(429, retry_after="7"), 7),
        (status(503, retry_after="3"), 3),
        (status(503, retry_after="soon"), 1),
        (status(500), 1),
        (json_answer("{"), 1),
        (json_answer(""), 1),
        (json_answer(TOY_STORY, cut_at=20), 1),
    ],
)
def test_after_trouble_it_pauses_and_asks_again(ask, clock, trouble, pause):
    film, server = ask(trouble, FakeTmdb())
    assert film == TOY_STORY
    assert long_pauses(clock) == [pause]
    assert len(server.asked) == 2


def test_a_date_to_come_back_is_waited_for(ask, clock):
    date = datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=30)
    ask(status(429, retry_after=format_datetime(date, usegmt=True)), FakeTmdb())
    assert long_pauses(clock) == [pytest.approx(30, abs=1e-3)]


def test_a_date_in_the_past_is_no_reason_to_wait(ask, clock):
    date = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    ask(status(429, retry_after=date), FakeTmdb())
    assert long_pauses(clock) == [1]


@pytest.mark.fault("TMDB", "busy or failing")
def test_pauses_double_until_it_gives_up(ask, clock):
    error, _ = ask(status(500), n_retries=7)
    assert type(error) is TmdbUnavailableError
    assert "in 8 tries: it answered 500" in str(error)
    assert long_pauses(clock) == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.fault("TMDB", "busy or failing")
def test_a_long_wait_is_left_to_the_reader(ask, clock):
    error, _ = ask(status(429, retry_after="3600"))
    assert "left alone for 60 minutes" in str(error)
    assert error.after == 3600
    assert long_pauses(clock) == []


@pytest.mark.fault("TMDB", "slow or silent")
def test_a_silent_server_is_a_time_out(ask):
    error, _ = ask(silent, timeout=(5, 0.1), n_retries=1)
    assert type(error) is TmdbUnavailableError
    assert "in 2 tries: it took too long" in str(error)


@pytest.mark.fault("TMDB", "cut short")
def test_a_server_that_stops_in_the_middle_is_asked_again(ask, clock):
    def stops(handler):
        json_answer(TOY_STORY, cut_at=20)(handler)
        handler.wfile.flush()
        handler.server.stopping.wait(0.5)

    film, _ = ask(stops, FakeTmdb(), timeout=(5, 0.1))
    assert film == TOY_STORY


@pytest.mark.fault("TMDB", "refused")
def test_a_refused_connection_is_tried_again(client, clock):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TmdbUnavailableError, match="in 3 tries: the connection fai"):
        client(f"http://127.0.0.1:{port}", n_retries=2).movie(862)
    assert long_pauses(clock) == [1, 2]


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (refused(401, "Invalid API key."), TmdbKeyRefusedError, r"401 .*Invalid API k"),
        (status(401), TmdbKeyRefusedError, r"refused the key that is in TMDB_API_KEY"),
        (refused(404, "Not there.", 34), TmdbNotFoundError, r"404 .*Not there"),
        (refused(422, "Bad.", 5), TmdbError, r"did not accept the question: 422"),
        (status(403), TmdbUnavailableError, "does not let this program ask"),
        (status(302), TmdbUnavailableError, "another address is not followed"),
        (whole(b" <html>", "text/html"), TmdbUnavailableError, "a web page in place"),
        (json_answer([1]), TmdbError, "does not answer as TMDB does"),
        (json_answer(None), TmdbError, "does not answer as TMDB does"),
        (json_answer({"id": "862"}), TmdbError, "does not answer as TMDB does"),
        (json_answer({"id": 1, "poster_path": 2}), TmdbError, "does not answer as"),
        (whole(bytes(11 * 2**20)), TmdbError, "more than 10 MiB came"),
    ],
)
def test_what_no_patience_mends_is_not_tried_again(ask, clock, answer, kind, message):
    error, server = ask(answer)
    assert type(error) is kind
    with pytest.raises(DownloadError, match=message):
        raise error
    assert len(server.asked) == 1
    assert long_pauses(clock) == []


@pytest.mark.fault("TMDB", "another kind")
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("configuration", {"images": {"secure_base_url": "https://a.example/"}}),
        ("configuration", {"images": []}),
        (
            "configuration",
            {"images": {"secure_base_url": "http://a.example/", "poster_sizes": SIZES}},
        ),
        (
            "configuration",
            {"images": {"secure_base_url": "https://a.example", "poster_sizes": ["/"]}},
        ),
        ("find_by_imdb_id", {"results": []}),
        ("find_by_imdb_id", {"movie_results": {"id": 1}}),
        ("find_by_imdb_id", {"movie_results": [{"title": "no id"}]}),
        ("images", {"posters": [{"path": "/a.jpg"}]}),
        ("images", {"posters": None}),
    ],
)
def test_an_answer_of_another_shape_is_told_and_not_kept(
    client, tmp_path, question, answer
):
    with serving(json_answer(answer)) as server:
        method = getattr(client(server.url), question)
        with pytest.raises(TmdbError, match="does not answer as TMDB does"):
            method() if question == "configuration" else method(7)
    assert not (tmp_path / "cache").exists()


def test_no_more_requests_than_allowed_are_sent_in_a_second(client, clock):
    with serving(FakeTmdb()) as server:
        tmdb = client(server.url, requests_per_second=4)
        for tmdb_id in (862, 949, 7):
            tmdb.movie(tmdb_id)
    assert clock.pauses == [0.25, 0.25]


def test_a_clock_that_is_set_back_does_not_stop_it(client, clock):
    with serving(FakeTmdb()) as server:
        tmdb = client(server.url, requests_per_second=4)
        tmdb.movie(862)
        clock.now -= 10_000
        tmdb.movie(949)
    assert clock.pauses == [0.25]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/3",
        "ftp://example.org",
        "nonsense",
        "",
        "https://ann:secret@example.org/3",
        "https://example.org/3?a=b",
        "https://[1/3",
    ],
)
def test_an_address_that_is_not_safe_is_refused_and_not_shown(url, tmp_path):
    with pytest.raises(ValueError, match="starts with https://") as told:
        Tmdb(base_url=url, cache_folder=tmp_path)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("option", [{"n_retries": -1}, {"requests_per_second": 0}])
def test_settings_that_make_no_sense_are_told(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        Tmdb(**option)


def test_a_redirect_is_not_followed_by_the_api(client):
    with (
        serving(FakeTmdb()) as elsewhere,
        serving(moved_to(elsewhere.url)) as server,
        pytest.raises(TmdbUnavailableError),
    ):
        client(server.url).movie(862)
    assert elsewhere.requests == []


# What is kept


def test_an_answer_is_asked_for_once(client):
    with serving(FakeTmdb()) as server:
        assert client(server.url).movie(862) == client(server.url).movie(862)
        assert len(server.asked) == 1


def test_an_empty_answer_is_kept_too(client):
    with serving(FakeTmdb(films=())) as server:
        client(server.url).find_by_imdb_id(1)
        assert client(server.url).find_by_imdb_id(1) is None
        assert len(server.asked) == 1


@pytest.mark.fault("TMDB", "changed bytes")
@pytest.mark.parametrize(
    "spoilt",
    [
        b"",
        b'{"address":',
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"address": "elsewhere", "fetched": 1800000000, "answer": {}}',
        b"[" * 100_000,
    ],
)
def test_a_spoilt_answer_is_fetched_anew(client, tmp_path, spoilt):
    with serving(FakeTmdb()) as server:
        client(server.url).movie(862)
        (file,) = (tmp_path / "cache").iterdir()
        file.write_bytes(spoilt)
        assert client(server.url).movie(862) == TOY_STORY
        assert len(server.asked) == 2
    assert json.loads(file.read_bytes())["answer"] == TOY_STORY


def test_a_kept_answer_of_another_shape_is_fetched_anew(client, tmp_path):
    with serving(FakeTmdb()) as server:
        client(server.url).movie(862)
        (file,) = (tmp_path / "cache").iterdir()
        file.write_text(file.read_text().replace('"id": 862', '"id": "x"'))
        assert client(server.url).movie(862) == TOY_STORY
        assert len(server.asked) == 2


@pytest.mark.parametrize(("days", "n_asked"), [(29, 1), (31, 2), (-1, 2)])
def test_an_old_answer_and_one_of_the_future_are_fetched_anew(
    client, clock, days, n_asked
):
    with serving(FakeTmdb()) as server:
        client(server.url).movie(862)
        clock.now += days * DAY
        client(server.url).movie(862)
        assert len(server.asked) == n_asked


def test_the_configuration_is_looked_at_every_few_days(client, clock):
    with serving(FakeTmdb()) as server:
        client(server.url).configuration()
        clock.now += 4 * DAY
        client(server.url).configuration()
        assert len(server.asked) == 2


def test_an_answer_of_another_server_is_not_taken(client):
    with serving(FakeTmdb()) as one, serving(FakeTmdb()) as other:
        client(one.url).movie(862)
        client(other.url).movie(862)
        assert len(other.asked) == 1


def test_nothing_but_the_answer_is_left_in_the_folder(client, tmp_path):
    with serving(FakeTmdb()) as server:
        client(server.url).movie(862)
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["movie-862.json"]


@pytest.mark.fault("TMDB", "no room")
def test_a_folder_that_cannot_be_written_does_no_harm(client, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with serving(FakeTmdb()) as server:
        assert client(server.url).movie(862) == TOY_STORY


def test_the_data_folder_of_the_reader_is_used(client, tmp_path, monkeypatch):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "mine"))
    with serving(FakeTmdb()) as server:
        client(server.url, cache_folder=None).movie(862)
    assert (tmp_path / "mine" / "tmdb" / "movie-862.json").exists()


# The notice


def test_the_notice_is_the_one_that_tmdb_wants():
    assert TMDB_ATTRIBUTION == (
        "This product uses the TMDB API but is not endorsed or certified by TMDB."
    )


def test_the_notice_stands_below_what_shows_posters():
    shown = with_tmdb_attribution(Shown("<ul></ul>", "Heat"))
    assert shown.html.startswith("<ul></ul><p")
    assert TMDB_ATTRIBUTION in shown.html
    assert 'href="https://www.themoviedb.org/"' in shown.html
    assert shown.text == f"Heat\n{TMDB_ATTRIBUTION}"
