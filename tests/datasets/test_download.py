"""Downloads, over real HTTP, from a server on this machine that misbehaves."""

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

from recsys_helpers.datasets import (
    ChecksumError,
    DatasetError,
    DownloadError,
    _download,
)
from recsys_helpers.datasets._download import fetch

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CUT_AT = 200_000
PAGE = whole(b"<html>Log in</html>", content_type="text/html; charset=utf-8")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def get(tmp_path, monkeypatch):
    """Fetch <url>/file.zip into tmp_path; the one retry comes without a pause."""

    def get(url, sha256=SHA256, timeout=(5, 5), n_retries=1):
        monkeypatch.setattr(_download, "TIMEOUT", timeout)
        monkeypatch.setattr(_download, "N_RETRIES", n_retries)
        return fetch(f"{url}/file.zip", sha256, tmp_path)

    return get


@pytest.fixture
def part(tmp_path):
    return tmp_path / "file.zip.part"


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_file_is_downloaded_under_its_own_name_and_nothing_else_is_left(tmp_path):
    with serving(whole(CONTENT)) as server:
        path = fetch(f"{server.url}/file.zip", SHA256, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "file.zip"
    assert path.read_bytes() == CONTENT
    assert names_in(path.parent) == ["file.zip"]


def test_a_file_that_is_there_is_not_downloaded_again(get, tmp_path):
    (tmp_path / "file.zip").write_bytes(CONTENT)
    with serving(status(500)) as server:
        get(server.url)
    assert server.requests == []


def test_a_spoilt_file_that_is_there_is_set_aside_and_downloaded_again(get, tmp_path):
    (tmp_path / "file.zip").write_bytes(b"spoilt")
    with serving(whole(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT
    assert (tmp_path / "file.zip.corrupt").read_bytes() == b"spoilt"


# To go on where it stopped


def test_a_cut_download_is_resumed_where_it_stopped(get):
    cut = from_where_asked(CONTENT, cut_at=CUT_AT)
    with serving(cut, from_where_asked(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT
    first_byte = int(server.requests[1]["Range"].removeprefix("bytes=").rstrip("-"))
    assert 0 < first_byte <= CUT_AT


def test_a_download_that_is_cut_each_time_fails_and_keeps_its_part(get, part):
    cut = from_where_asked(CONTENT, cut_at=CUT_AT)
    with serving(cut) as server, pytest.raises(DownloadError, match="in 2 tries"):
        get(server.url)
    assert 0 < part.stat().st_size < len(CONTENT)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(have=st.integers(0, len(CONTENT)))
def test_a_part_of_an_earlier_call_is_resumed(get, tmp_path, part, have):
    (tmp_path / "file.zip").unlink(missing_ok=True)
    part.write_bytes(CONTENT[:have])
    with serving(from_where_asked(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT
    assert [r.get("Range") for r in server.requests] == [
        f"bytes={have}-" if have else None
    ]


def wrong_range(handler):
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes 0-9/{len(CONTENT)}")
    handler.send_header("Content-Length", "10")
    handler.end_headers()
    handler.wfile.write(CONTENT[:10])


@pytest.mark.parametrize(
    ("have", "answers"),
    [
        (CONTENT + b"more", [from_where_asked(CONTENT)]),
        (CONTENT[:1234], [whole(CONTENT)]),
        (CONTENT[:1234], [not_satisfiable(), from_where_asked(CONTENT)]),
        (CONTENT[:1234], [wrong_range, from_where_asked(CONTENT)]),
    ],
    ids=["too long", "no ranges", "416 without a length", "another range"],
)
def test_a_part_that_cannot_be_gone_on_with_is_replaced(get, part, have, answers):
    part.write_bytes(have)
    with serving(*answers) as server:
        assert get(server.url).read_bytes() == CONTENT


def test_a_server_that_falls_silent_in_the_middle_is_resumed(get):
    def half(handler):
        whole(CONTENT, cut_at=CUT_AT)(handler)
        handler.wfile.flush()
        silent(handler)

    with serving(half, from_where_asked(CONTENT)) as server:
        assert get(server.url, timeout=(5, 0.5)).read_bytes() == CONTENT
    assert "Range" in server.requests[1]


# A server that is busy, fails, or is another one


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_a_busy_server_is_asked_again(get, code):
    with serving(status(code), whole(CONTENT)) as server:
        assert get(server.url).read_bytes() == CONTENT


def test_the_pause_that_a_server_asks_for_is_kept(get):
    start = time.monotonic()
    with serving(status(429, retry_after="1"), whole(CONTENT)) as server:
        get(server.url)
    assert time.monotonic() - start >= 1


def test_a_server_that_wants_an_hour_is_not_waited_for(get):
    busy = status(429, retry_after="3600")
    with serving(busy) as server, pytest.raises(DownloadError, match="60 minutes"):
        get(server.url)
    assert len(server.requests) == 1


def test_a_pause_that_is_no_whole_number_is_not_obeyed(get):
    with serving(status(503, retry_after="1.5"), whole(CONTENT)) as server:
        get(server.url)
    assert len(server.requests) == 2


def test_pauses_grow_until_it_gives_up(get):
    start = time.monotonic()
    with serving(status(500)) as server, pytest.raises(DownloadError, match="500"):
        get(server.url, n_retries=2)
    assert len(server.requests) == 3
    assert time.monotonic() - start >= 1  # 0 and 1 second


def test_a_404_is_not_asked_for_again_and_told_with_what_to_do(get, tmp_path):
    with serving(status(404)) as server, pytest.raises(DownloadError) as told:
        get(server.url)
    assert len(server.requests) == 1
    advice = str(told.value).split("By hand: ")[1]
    names = ["RECSYS_DATA_DIR", "RECSYS_MOVIELENS_URL", SHA256]
    wanted = ["file.zip", server.url, str(tmp_path), *names]
    assert [text for text in wanted if text not in advice] == []


def test_a_refused_connection_is_said_to_be_refused(get):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it
        with pytest.raises(DownloadError, match="refused"):
            get(f"http://127.0.0.1:{unused.getsockname()[1]}")


@pytest.mark.parametrize("content", [b"other", CONTENT[:-1] + b"!", b"<!doctype html>"])
def test_a_file_with_a_wrong_checksum_is_kept_aside_and_not_used(
    get, tmp_path, content
):
    with serving(whole(content)) as server, pytest.raises(ChecksumError):
        get(server.url)
    assert names_in(tmp_path) == ["file.zip.corrupt"]


def test_a_web_page_does_not_replace_the_part_that_was_there(get, part):
    part.write_bytes(CONTENT[:1234])
    with serving(PAGE) as server, pytest.raises(DownloadError, match="a web page"):
        get(server.url)
    assert part.read_bytes() == CONTENT[:1234]


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


@pytest.mark.usefixtures("trusted")
def test_an_expired_certificate_is_refused_at_once(get, authority):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    certificate = authority.issue_cert("127.0.0.1", not_after=yesterday)
    start = time.monotonic()
    with (
        serving(whole(CONTENT), certificate=certificate) as server,
        pytest.raises(DownloadError, match=r"expired.*each summer"),
    ):
        get(server.url, n_retries=6)
    assert server.requests == []
    assert time.monotonic() - start < 10  # with retries it would be 31 seconds


def test_a_certificate_of_an_unknown_authority_is_refused(get, authority):
    certificate = authority.issue_cert("127.0.0.1")
    with (
        serving(whole(CONTENT), certificate=certificate) as server,
        pytest.raises(DownloadError, match="not valid"),
    ):
        get(server.url)


# The disk, and who else uses it


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_tells_how_much_is_needed(get, part):
    part.symlink_to("/dev/full")  # every write there is a real ENOSPC
    content = CONTENT * 10  # 2,560,000 bytes: 2.44 MiB
    with serving(whole(content)) as server, pytest.raises(DownloadError, match="2 MiB"):
        get(server.url, hashlib.sha256(content).hexdigest())


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(DownloadError, match=r"cannot be written.*RECSYS_DATA_DIR"):
        fetch("http://127.0.0.1/file.zip", SHA256, tmp_path / "taken")


@pytest.fixture
def _interruptible():
    # Workers of pytest-xdist ignore Ctrl-C; the reader's Python does not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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


def test_a_file_that_another_process_has_finished_meanwhile_is_used(
    get, tmp_path, part
):
    # As without a lock: the other one has moved away the part that both wrote to.
    def finished_by_another(handler):
        whole(CONTENT, cut_at=CUT_AT)(handler)
        handler.wfile.flush()
        while not part.exists():
            time.sleep(0.01)
        part.unlink()
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


@pytest.mark.parametrize(
    "answer",
    [status(404), status(500), silent, PAGE, whole(b"other")],
    ids=["404", "500", "silent", "page", "other file"],
)
def test_no_error_shows_the_password(get, answer, capfd):
    with serving(answer) as server, pytest.raises(DatasetError) as told:
        get(with_login(server.url), n_retries=0, timeout=(5, 0.5))
    assert "127.0.0.1" in str(told.value)
    shown = [*traceback.format_exception(told.value), *capfd.readouterr()]
    assert "cret@" not in "".join(shown)


@pytest.mark.parametrize("url", ["ann:secret@host", "htp://ann:secret@host"])
def test_an_address_that_is_none_does_not_show_the_password_either(get, url):
    with pytest.raises(DownloadError, match="cannot be reached") as told:
        get(url)
    assert "secret@" not in "".join(traceback.format_exception(told.value))
