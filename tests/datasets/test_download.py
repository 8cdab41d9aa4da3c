"""The downloads, over real HTTP, from a server that misbehaves."""

import base64
import hashlib
import os
import signal
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pooch
import pytest
import trustme
from http_server import (
    from_where_asked,
    not_satisfiable,
    serving,
    silent,
    status,
    whole,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys_helpers.datasets import ChecksumError, DatasetError, DownloadError
from recsys_helpers.datasets._download import fetch

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CUT_AT = 200_000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def get(tmp_path, pauses):
    """Fetch <url>/file.zip into tmp_path, with pauses noted and not slept."""

    def get(url, sha256=SHA256, **options):
        options = {"timeout": (5, 5), "sleep": pauses.append} | options
        return fetch(f"{url}/file.zip", sha256, tmp_path, **options)

    return get


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def part_in(folder):
    return folder / "file.zip.part"


def test_a_file_is_downloaded_under_its_own_name(get, tmp_path):
    with serving(whole(CONTENT)) as server:
        path = get(server.url)
    assert path == tmp_path / "file.zip"
    assert path.read_bytes() == CONTENT


def test_nothing_else_is_left_in_the_folder(get, tmp_path):
    with serving(whole(CONTENT)) as server:
        get(server.url)
    assert names_in(tmp_path) == ["file.zip"]


def test_a_missing_folder_is_made(tmp_path):
    with serving(whole(CONTENT)) as server:
        path = fetch(f"{server.url}/file.zip", SHA256, tmp_path / "new" / "folder")
    assert path.read_bytes() == CONTENT


def test_a_file_that_is_there_is_not_downloaded_again(get, tmp_path):
    (tmp_path / "file.zip").write_bytes(CONTENT)
    with serving(status(500)) as server:
        get(server.url)
    assert server.requests == []


def test_a_spoilt_file_that_is_there_is_set_aside_and_downloaded_again(get, tmp_path):
    (tmp_path / "file.zip").write_bytes(b"spoilt")
    with serving(whole(CONTENT)) as server:
        path = get(server.url)
    assert path.read_bytes() == CONTENT
    assert (tmp_path / "file.zip.corrupt").read_bytes() == b"spoilt"


@pytest.mark.fault("MovieLens, downloaded", "cut short")
def test_a_cut_download_is_resumed_where_it_stopped(get):
    with serving(
        from_where_asked(CONTENT, cut_at=CUT_AT), from_where_asked(CONTENT)
    ) as server:
        path = get(server.url)
    assert path.read_bytes() == CONTENT
    first_byte = int(server.requests[1]["Range"].removeprefix("bytes=").rstrip("-"))
    assert 0 < first_byte <= CUT_AT


@pytest.mark.fault("MovieLens, downloaded", "interrupted")
def test_a_part_of_an_earlier_call_is_resumed(get, tmp_path):
    part_in(tmp_path).write_bytes(CONTENT[:1234])
    with serving(from_where_asked(CONTENT)) as server:
        path = get(server.url)
    assert server.requests[0]["Range"] == "bytes=1234-"
    assert path.read_bytes() == CONTENT


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(have=st.integers(0, len(CONTENT)))
def test_a_part_of_any_length_leads_to_the_same_file(get, tmp_path, have):
    (tmp_path / "file.zip").unlink(missing_ok=True)
    part_in(tmp_path).write_bytes(CONTENT[:have])
    with serving(from_where_asked(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT


def test_a_server_that_ignores_ranges_sends_the_whole_file_anew(get, tmp_path):
    part_in(tmp_path).write_bytes(CONTENT[:1234])
    with serving(whole(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT


def test_a_complete_part_is_used_and_not_sent_again(get, tmp_path):
    part_in(tmp_path).write_bytes(CONTENT)
    with serving(from_where_asked(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT
    assert len(server.requests) == 1


@pytest.mark.fault("MovieLens, downloaded", "cut short")
def test_a_part_longer_than_the_file_is_thrown_away(get, tmp_path):
    part_in(tmp_path).write_bytes(CONTENT + b"more")
    with serving(from_where_asked(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT


def test_a_416_without_a_length_restarts_the_download(get, tmp_path):
    part_in(tmp_path).write_bytes(CONTENT[:1234])
    with serving(not_satisfiable(), from_where_asked(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT
    assert "Range" not in server.requests[1]


def test_another_range_than_was_asked_for_is_not_appended(get, tmp_path):
    def wrong_range(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-9/{len(CONTENT)}")
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.write(CONTENT[:10])

    part_in(tmp_path).write_bytes(CONTENT[:1234])
    with serving(wrong_range, from_where_asked(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT


@pytest.mark.fault("MovieLens, downloaded", "busy or failing")
def test_a_500_is_tried_again_after_a_pause(get, pauses):
    with serving(status(500), whole(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT
    assert pauses == [1]


@pytest.mark.fault("MovieLens, downloaded", "busy or failing")
def test_a_500_for_ever_fails_after_growing_pauses(get, pauses):
    with (
        serving(status(500)) as server,
        pytest.raises(DownloadError, match=r"in 5 tries: the server answered 500"),
    ):
        get(server.url)
    assert pauses == [1, 2, 4, 8]


@pytest.mark.fault("MovieLens, downloaded", "not there")
def test_a_404_is_not_tried_again(get, pauses):
    with (
        serving(status(404)) as server,
        pytest.raises(DownloadError, match=r"answered 404.*RECSYS_MOVIELENS_URL"),
    ):
        get(server.url)
    assert len(server.requests) == 1


@pytest.mark.fault("MovieLens, downloaded", "not there")
def test_an_error_tells_how_to_do_it_by_hand(get, tmp_path):
    with serving(status(404)) as server, pytest.raises(DownloadError) as caught:
        get(server.url)
    advice = str(caught.value).split("By hand: ")[1]
    wanted = ["file.zip", server.url, SHA256, str(tmp_path), "RECSYS_DATA_DIR"]
    assert [text for text in wanted if text not in advice] == []


@pytest.mark.fault("MovieLens, downloaded", "slow or silent")
def test_a_server_that_says_nothing_is_a_time_out(get):
    with (
        serving(silent) as server,
        pytest.raises(DownloadError, match=r"no answer within 0\.1 seconds"),
    ):
        get(server.url, timeout=(5, 0.1), n_retries=1)


@pytest.mark.fault("MovieLens, downloaded", "slow or silent")
def test_a_server_that_falls_silent_in_the_middle_is_resumed(get):
    def half(handler):
        whole(CONTENT, cut_at=CUT_AT)(handler)
        handler.wfile.flush()
        silent(handler)

    with serving(half, from_where_asked(CONTENT)) as server:
        assert get(server.url, timeout=(5, 0.5)).read_bytes() == CONTENT
    assert "Range" in server.requests[1]


@pytest.mark.fault("MovieLens, downloaded", "refused")
def test_a_refused_connection_is_said_to_be_refused(get):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(DownloadError, match=r"in 5 tries: .*refused"):
            get(url)


def test_an_address_that_is_none_is_not_tried_again(get, pauses):
    with pytest.raises(DownloadError, match="is no web address"):
        get("nonsense")
    assert pauses == []


@pytest.mark.fault("MovieLens, downloaded", "changed bytes")
def test_a_wrong_checksum_is_an_error(get):
    with (
        serving(whole(CONTENT[:-1] + b"!")) as server,
        pytest.raises(ChecksumError, match="is not the file that was published"),
    ):
        get(server.url)


@pytest.mark.fault("MovieLens, downloaded", "changed bytes")
def test_a_file_with_a_wrong_checksum_is_kept_aside_and_not_used(get, tmp_path):
    with serving(whole(b"other")) as server, pytest.raises(ChecksumError):
        get(server.url)
    assert names_in(tmp_path) == ["file.zip.corrupt"]


@pytest.mark.fault("MovieLens, downloaded", "another kind")
def test_a_web_page_in_place_of_the_file_is_named_as_such(get):
    page = whole(b"<html>Log in</html>", content_type="text/html; charset=utf-8")
    with serving(page) as server, pytest.raises(DownloadError, match="a web page"):
        get(server.url)


def test_a_web_page_does_not_replace_the_part_that_was_there(get, tmp_path):
    part_in(tmp_path).write_bytes(CONTENT[:1234])
    page = whole(b"<html>Log in</html>", content_type="text/html")
    with serving(page) as server, pytest.raises(DownloadError):
        get(server.url)
    assert part_in(tmp_path).read_bytes() == CONTENT[:1234]


@pytest.mark.fault("MovieLens, downloaded", "another kind")
def test_a_web_page_that_claims_to_be_a_zip_is_named_as_such(get):
    with (
        serving(whole(b"<!doctype html>Log in")) as server,
        pytest.raises(ChecksumError, match="is a web page"),
    ):
        get(server.url)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path_factory, monkeypatch):
    bundle = tmp_path_factory.mktemp("certificates") / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))


@pytest.mark.usefixtures("trusted")
def test_a_valid_certificate_is_accepted(get, authority):
    certificate = authority.issue_cert("127.0.0.1")
    with serving(whole(CONTENT), certificate=certificate) as server:
        assert get(server.url).read_bytes() == CONTENT


@pytest.mark.fault("MovieLens, downloaded", "refused")
@pytest.mark.usefixtures("trusted")
def test_an_expired_certificate_is_refused_with_advice(get, authority, pauses):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    certificate = authority.issue_cert("127.0.0.1", not_after=yesterday)
    advice = r"has expired.*each summer.*not switched off.*By hand: .*RECSYS_DATA_DIR"
    with (
        serving(whole(CONTENT), certificate=certificate) as server,
        pytest.raises(DownloadError, match=advice),
    ):
        get(server.url)
    assert (server.requests, pauses) == ([], [])


def test_a_certificate_of_an_unknown_authority_is_refused(get, authority):
    certificate = authority.issue_cert("127.0.0.1")
    with (
        serving(whole(CONTENT), certificate=certificate) as server,
        pytest.raises(DownloadError, match="is not valid"),
    ):
        get(server.url)


@pytest.mark.fault("MovieLens, downloaded", "no room")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_tells_how_much_is_needed(get, tmp_path):
    part_in(tmp_path).symlink_to("/dev/full")  # every write there is a real ENOSPC
    content = CONTENT * 10  # 2,560,000 bytes: 2.44 MiB
    with (
        serving(whole(content)) as server,
        pytest.raises(DownloadError, match=r"disk is full.*2 MiB.*RECSYS_DATA_DIR"),
    ):
        get(server.url, hashlib.sha256(content).hexdigest())


@pytest.mark.fault("MovieLens, downloaded", "no room")
def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with (
        serving(whole(CONTENT)) as server,
        pytest.raises(DownloadError, match=r"cannot be written.*RECSYS_DATA_DIR"),
    ):
        fetch(f"{server.url}/file.zip", SHA256, tmp_path / "taken")


@pytest.fixture
def _interruptible():
    # Workers of pytest-xdist ignore Ctrl-C; the reader's Python does not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.fault("MovieLens, downloaded", "interrupted")
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send itself a Ctrl-C")
@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_in_the_middle_leaves_no_half_file(get, tmp_path):
    def half_then_ctrl_c(handler):
        whole(CONTENT, cut_at=CUT_AT)(handler)
        handler.wfile.flush()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        silent(handler)

    with serving(half_then_ctrl_c) as server, pytest.raises(KeyboardInterrupt):
        get(server.url)
    assert set(names_in(tmp_path)) <= {"file.zip.part"}


def test_a_folder_in_place_of_the_file_is_a_clear_error(get, tmp_path):
    (tmp_path / "file.zip").mkdir()
    with pytest.raises(DownloadError, match=r"is a folder.*folder called file\."):
        get("http://127.0.0.1")


# Two at a time


@pytest.mark.skipif(os.name == "nt", reason="there is no lock on Windows")
def test_two_that_want_one_file_download_it_once(get):
    def in_two_halves(handler):
        whole(CONTENT, cut_at=CUT_AT)(handler)
        handler.wfile.flush()
        time.sleep(0.3)  # time enough for the other one to interfere
        handler.wfile.write(CONTENT[CUT_AT:])

    with serving(in_two_halves) as server, ThreadPoolExecutor(2) as both:
        paths = list(both.map(get, [server.url] * 2))
    assert [path.read_bytes() == CONTENT for path in paths] == [True, True]
    assert len(server.requests) == 1


def test_a_file_that_another_process_has_finished_meanwhile_is_used(get, tmp_path):
    # As without a lock: the other one has moved away the part that both wrote to.
    def finished_by_another(handler):
        whole(CONTENT, cut_at=CUT_AT)(handler)
        handler.wfile.flush()
        while not part_in(tmp_path).exists():
            time.sleep(0.01)
        part_in(tmp_path).unlink()
        (tmp_path / "file.zip").write_bytes(CONTENT)
        handler.wfile.write(CONTENT[CUT_AT:])

    with serving(finished_by_another) as server:
        assert get(server.url).read_bytes() == CONTENT


# Name and password


def with_login(url):
    return url.replace("://", "://ann:se%40cret@")


def test_name_and_password_in_the_address_are_sent(get):
    with serving(whole(CONTENT)) as server:
        get(with_login(server.url))
    login = base64.b64encode(b"ann:se@cret").decode()
    assert server.requests[0]["Authorization"] == f"Basic {login}"


@pytest.mark.fault("MovieLens, downloaded", "secrets")
@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (status(404), {}),
        (status(500), {"n_retries": 0}),
        (silent, {"n_retries": 0, "timeout": (5, 0.1)}),
        (whole(b"<html>", content_type="text/html"), {}),
        (whole(b"other"), {}),
    ],
    ids=["404", "500", "silent", "page", "other file"],
)
def test_no_error_shows_the_password(get, answer, options, capfd):
    with serving(answer) as server, pytest.raises(DatasetError) as caught:
        get(with_login(server.url), **options)
    shown = traceback.format_exception(caught.value)
    assert "127.0.0.1" in str(caught.value)
    assert "cret@" not in "".join([*shown, *capfd.readouterr()])


@pytest.mark.parametrize("url", ["ann:secret@host", "htp://ann:secret@host"])
def test_an_address_that_is_none_does_not_show_the_password_either(get, url):
    with pytest.raises(DownloadError, match="no web address") as caught:
        get(url)
    assert "secret@" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.fault("MovieLens, downloaded", "secrets")
def test_a_download_does_not_log_the_password(get, caplog, monkeypatch):
    monkeypatch.setattr(pooch.get_logger(), "handlers", [caplog.handler])
    with serving(whole(CONTENT)) as server:
        get(with_login(server.url))
    assert server.url in caplog.text
    assert "cret@" not in caplog.text
