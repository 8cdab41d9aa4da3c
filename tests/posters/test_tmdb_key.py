"""The key for TMDB gets where it must, and shows nowhere."""

import copy
import logging
import pickle
import socket
import traceback

import pandas as pd
import pytest
import trustme
from http_server import json_answer, serving, silent, status, whole
from tmdb_server import HEAT, KEY, TOKEN, TOY_STORY, FakeTmdb, moved_to, refused

from recsys_helpers.posters.tmdb._client import NoTmdbKeyError, Tmdb, TmdbError, TmdbKey
from recsys_helpers.posters.tmdb._download import download_posters


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(params=[KEY, TOKEN], ids=["key", "token"])
def secret(request, monkeypatch):
    monkeypatch.setenv("TMDB_API_KEY", request.param)
    return request.param


@pytest.fixture
def client(tmp_path):
    def client(url, **options):
        options = {"n_retries": 1, "timeout": (5, 5), "sleep": lambda s: None} | options
        return Tmdb(base_url=f"{url}/3", cache_folder=tmp_path / "cache", **options)

    return client


@pytest.fixture
def links():
    return pd.DataFrame(
        {"movie_id": [1, 6], "imdb_id": [TOY_STORY["imdb_id"], HEAT["imdb_id"]]}
    )


def all_that_tells(error):
    """Write an error, its causes, and the variables of all functions but tests."""
    texts, seen = [], []
    while error is not None and error not in seen:
        seen.append(error)
        full = traceback.TracebackException.from_exception(error, capture_locals=True)
        full.stack[:] = [f for f in full.stack if f.filename != __file__]
        texts += [str(error), repr(error), repr(vars(error)), *full.format()]
        # "from None" hides this one from the eye alone.
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def test_what_tells_of_errors_sees_variables_and_hidden_causes():
    def leak(variable):
        try:
            int(variable)
        except ValueError:
            raise TmdbError("Something.") from None

    namespace = {"TmdbError": TmdbError}
    source = "def leak(secret):\n    raise TmdbError('Something.')"
    exec(compile(source, "elsewhere.py", "exec"), namespace)
    for leaking in (leak, namespace["leak"]):
        with pytest.raises(TmdbError) as told:
            leaking(KEY)
        assert KEY in all_that_tells(told.value)


# Where it comes from, and where it goes


@pytest.mark.fault("TMDB", "secrets")
@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_a_key_it_says_how_to_get_one(monkeypatch, value):
    monkeypatch.delenv("TMDB_API_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("TMDB_API_KEY", value)
    with pytest.raises(NoTmdbKeyError, match=r"themoviedb\.org/settings/api"):
        Tmdb()


@pytest.mark.parametrize(
    "value",
    [
        f'"{KEY}"',
        "YOUR_TMDB_API_KEY",
        "tooshortakey",
        f"{KEY} {KEY}",
        f"{KEY}\nX-Header: a",
        "ключключключключ",
        "eyJ0",
        f"Bearer {TOKEN}",
    ],
)
def test_what_cannot_be_a_key_is_told_and_not_shown(monkeypatch, value):
    monkeypatch.setenv("TMDB_API_KEY", value)
    with pytest.raises(NoTmdbKeyError, match="can't be a key") as told:
        Tmdb()
    text = all_that_tells(told.value).replace("TMDB_API_KEY", "")
    assert value.strip('"') not in text


def test_spaces_around_a_key_do_no_harm(monkeypatch, client):
    monkeypatch.setenv("TMDB_API_KEY", f" {KEY}\n")
    with serving(FakeTmdb()) as server:
        client(server.url).movie(862)
    assert server.asked[0]["api_key"] == KEY


def test_a_key_goes_into_the_address(monkeypatch, client):
    monkeypatch.setenv("TMDB_API_KEY", KEY)
    with serving(FakeTmdb()) as server:
        client(server.url).find_by_imdb_id(1)
    assert server.asked == [{"external_source": "imdb_id", "api_key": KEY}]
    assert "Authorization" not in server.requests[0]


def test_a_token_goes_into_a_header(monkeypatch, client):
    monkeypatch.setenv("TMDB_API_KEY", TOKEN)
    with serving(FakeTmdb()) as server:
        client(server.url).find_by_imdb_id(1)
    assert server.asked == [{"external_source": "imdb_id"}]
    assert server.requests[0]["Authorization"] == f"Bearer {TOKEN}"


def test_netrc_does_not_take_its_place(monkeypatch, client, tmp_path):
    monkeypatch.setenv("TMDB_API_KEY", TOKEN)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password pass\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(FakeTmdb()) as server:
        client(server.url).movie(862)
    assert server.requests[0]["Authorization"] == f"Bearer {TOKEN}"


def test_pictures_are_asked_for_without_it(secret, client):
    with serving(fake := FakeTmdb()) as server:
        client(server.url).poster("/toy.jpg")
    assert fake.paths[1] == "/t/p/w342/toy.jpg"
    assert secret not in f"{server.asked[1]} {server.requests[1]}"


def test_another_host_does_not_get_it(secret, client):
    with serving(FakeTmdb()) as elsewhere:
        troubles = {
            "/3/movie/862": [moved_to(f"{elsewhere.url}/3/movie/862")],
            "/t/p/w342/toy.jpg": [moved_to(f"{elsewhere.url}/t/p/w342/toy.jpg")],
        }
        with serving(FakeTmdb(troubles=troubles)) as server:
            with pytest.raises(TmdbError):
                client(server.url).movie(862)
            client(server.url).poster("/toy.jpg")
    assert len(elsewhere.requests) == 1  # for the picture
    assert secret not in f"{elsewhere.asked} {elsewhere.requests}"


# Where it must not show


def echo(code):
    """Answer with all that was asked: what a careless server or proxy does."""

    def answer(handler):
        text = f"{handler.path} {handler.headers}"
        refused(code, text)(handler)

    return answer


def echo_in_the_status_line(handler):
    handler.send_response(418, f"Not {handler.path} {handler.headers['Authorization']}")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def echo_in_a_film(handler):
    text = f"{handler.path} {handler.headers['Authorization']}"
    json_answer(TOY_STORY | {"overview": text})(handler)


def hang_up(handler):
    handler.connection.close()


ANSWERS = {
    "401": echo(401),
    "404": echo(404),
    "422": echo(422),
    "429": status(429),
    "500": echo(500),
    "status line": echo_in_the_status_line,
    "redirect": moved_to("/3/movie/862"),
    "slow": silent,
    "cut": json_answer(TOY_STORY, cut_at=10),
    "hung up": hang_up,
    "HTML": whole(b"<html>", "text/html"),
    "no JSON": whole(b"{", "application/json"),
    "another shape": json_answer([1]),
}


@pytest.mark.fault("TMDB", "secrets")
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_no_error_shows_it(secret, client, answer, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with serving(answer) as server, pytest.raises(TmdbError) as told:
        client(server.url, timeout=(5, 0.1)).movie(862)
    assert secret not in all_that_tells(told.value)
    assert told.value.__context__ is None
    assert secret not in caplog.text
    assert secret not in "".join(capfd.readouterr())


def test_a_refused_connection_does_not_show_it(secret, client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TmdbError) as told:
        client(f"http://127.0.0.1:{port}").movie(862)
    assert secret not in all_that_tells(told.value)


def test_a_certificate_that_is_not_valid_does_not_show_it(secret, client):
    certificate = trustme.CA().issue_cert("127.0.0.1")
    with (
        serving(FakeTmdb(), certificate=certificate) as server,
        pytest.raises(TmdbError, match="certificate is not valid") as told,
    ):
        client(server.url).movie(862)
    assert secret not in all_that_tells(told.value)
    assert server.requests == []


def test_logs_show_the_address_without_it(client, caplog, monkeypatch):
    monkeypatch.setenv("TMDB_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    with serving(FakeTmdb()) as server:
        client(server.url).find_by_imdb_id(114709)
    assert "/3/find/tt0114709?external_source=imdb_id&api_key=***" in caplog.text
    assert KEY not in caplog.text


def test_other_log_lines_are_left_as_they_are(caplog):
    TmdbKey(KEY)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").debug("%d of %d", 1, 2)
    assert caplog.records[-1].args == (1, 2)


def test_an_answer_that_repeats_it_is_kept_without_it(secret, client, tmp_path):
    with serving(echo_in_a_film) as server:
        film = client(server.url).movie(862)
    assert "***" in film["overview"]
    assert secret not in str(film)
    for file in (tmp_path / "cache").iterdir():
        assert secret not in file.read_text() + file.name


def test_a_client_does_not_show_it(secret, client):
    with serving(FakeTmdb()) as server:
        tmdb = client(server.url)
        tmdb.movie(862)
    assert repr(tmdb) == f"Tmdb({server.url}/3)"
    assert secret not in f"{vars(tmdb)} {vars(tmdb._session)}"
    assert secret not in str(vars(tmdb._session._session))


def test_a_key_does_not_show_itself_and_is_not_copied():
    key = TmdbKey(KEY)
    assert KEY not in f"{key} {key!r}"
    assert not hasattr(key, "__dict__")
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not copied"):
            copied(key)


def test_a_report_and_its_files_do_not_show_it(secret, client, tmp_path, links):
    troubles = {"/3/find/tt0113277": [echo(422)]}
    with serving(FakeTmdb(troubles=troubles)) as server:
        report = download_posters(links, tmp_path, tmdb=client(server.url))
    assert "422" in report.films.set_index("movie_id").loc[6, "reason"]
    assert secret not in report.films.to_csv() + str(report)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) > 2
    for file in files:
        assert secret.encode() not in file.read_bytes() + bytes(file)
