"""Posters of many films, from a server that plays TMDB."""

import errno

import numpy as np
import pandas as pd
import pytest
from http_server import json_answer, serving, silent, status, whole
from tmdb_server import (
    FILMS,
    HEAT,
    KEY,
    POSTER,
    FakeTmdb,
    moved_to,
    picture,
    refused,
)

from recsys_helpers.datasets import DownloadError
from recsys_helpers.posters.tmdb import _download as poster_download
from recsys_helpers.posters.tmdb._client import (
    TMDB_ATTRIBUTION,
    NoTmdbKeyError,
    Tmdb,
    TmdbKeyRefusedError,
    TmdbUnavailableError,
)
from recsys_helpers.posters.tmdb._download import download_posters

LINKS = pd.DataFrame(
    {
        "movie_id": [1, 6, 99],
        "imdb_id": ["tt0114709", "tt0113277", "tt10872600"],
        "tmdb_id": pd.array([862, 949, 7], dtype="Int32"),
    }
)
TOY_PATH, HEAT_PATH = "/t/p/w342/toy.jpg", "/t/p/w342/heat.jpg"


@pytest.fixture(autouse=True)
def _a_key_and_no_proxy(monkeypatch):
    monkeypatch.setenv("TMDB_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "posters"


@pytest.fixture
def download(tmp_path, folder):
    """Download from a server; returns the report."""

    def download(answer, links=LINKS, size="w342", **options):
        patience = {"n_retries": 1, "timeout": (5, 0.2), "sleep": lambda s: None}
        with (
            serving(answer) as server,
            Tmdb(
                base_url=f"{server.url}/3", cache_folder=tmp_path / "cache", **patience
            ) as tmdb,
        ):
            return download_posters(links, folder, size, tmdb=tmdb, **options)

    return download


def names_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def statuses(report):
    return dict(zip(report.films["movie_id"], report.films["status"], strict=True))


def reason(report, movie_id):
    return report.films.set_index("movie_id").loc[movie_id, "reason"]


# What comes


def test_each_film_that_has_a_poster_gets_a_file_named_by_its_id(download, folder):
    report = download(FakeTmdb())
    assert names_in(folder) == ["w342/1.jpg", "w342/6.jpg"]
    assert report.files == {
        1: folder / "w342" / "1.jpg",
        6: folder / "w342" / "6.jpg",
    }
    assert report.files[1].read_bytes() == POSTER


def test_the_report_says_what_came_of_each_film(download):
    films = download(FakeTmdb()).films
    assert list(films) == ["movie_id", "status", "reason", "tmdb_id", "file"]
    assert films["status"].tolist() == ["downloaded", "downloaded", "missing"]
    assert films["reason"].tolist() == ["", "", "TMDB has no poster of this film."]
    assert films["tmdb_id"].tolist() == [862, 949, 7]
    assert films["file"].tolist()[2] is None


def test_the_summary_counts_and_has_the_notice_of_tmdb(download):
    report = download(FakeTmdb())
    assert str(report).splitlines() == [
        "3 films: 2 downloaded, 1 missing.",
        "   1 x TMDB has no poster of this film.",
        TMDB_ATTRIBUTION,
    ]
    assert report.attribution == TMDB_ATTRIBUTION


def test_a_size_has_a_folder_of_its_own(download, folder):
    download(FakeTmdb())
    download(fake := FakeTmdb(), size="w92")
    assert "/t/p/w92/toy.jpg" in fake.paths
    assert names_in(folder)[2:] == ["w92/1.jpg", "w92/6.jpg"]


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("WEBP", "webp")])
def test_the_ending_is_that_of_the_content(download, folder, kind, ending):
    download(FakeTmdb(poster=picture(kind)), LINKS[:1])
    assert names_in(folder) == [f"w342/1.{ending}"]
    assert statuses(download(FakeTmdb(), LINKS[:1])) == {1: "there"}


def test_progress_counts_films(download, count_progress):
    counted = count_progress(poster_download)
    download(FakeTmdb(), LINKS[:1])
    download(FakeTmdb())
    assert sum(counted) == 1 + 3


# Which film it is


def test_films_are_looked_up_by_their_imdb_id(download):
    download(fake := FakeTmdb(), LINKS[["movie_id", "imdb_id"]])
    assert [path for path in fake.paths if "/3/" in path] == [
        "/3/configuration",
        "/3/find/tt0114709",
        "/3/find/tt0113277",
        "/3/find/tt10872600",
    ]


def test_numbers_of_movielens_files_will_do(download):
    links = pd.DataFrame({"movie_id": [1, 6], "imdb_id": [114709, 113277]})
    assert statuses(download(FakeTmdb(), links)) == {1: "downloaded", 6: "downloaded"}


def test_tmdb_ids_alone_will_do(download):
    links = pd.DataFrame({"movie_id": [1, 6], "tmdb_id": [862.0, np.nan]})
    report = download(fake := FakeTmdb(), links)
    assert statuses(report) == {1: "downloaded", 6: "missing"}
    assert "/3/movie/862" in fake.paths
    assert "neither an IMDb id nor" in reason(report, 6)


def test_the_tmdb_id_helps_where_the_imdb_id_is_not_known(download):
    films = [HEAT | {"imdb_id": None}]
    assert statuses(download(FakeTmdb(films), LINKS[1:2])) == {6: "downloaded"}


def test_the_tmdb_id_of_another_film_is_not_taken(download):
    films = [HEAT | {"imdb_id": "tt0000001"}]
    report = download(FakeTmdb(films), LINKS[1:2])
    assert statuses(report) == {6: "missing"}
    assert "is another film" in reason(report, 6)


def test_a_film_that_tmdb_does_not_know_is_missing(download):
    report = download(FakeTmdb(films=()), LINKS)
    assert set(statuses(report).values()) == {"missing"}
    assert "404" in reason(report, 1)


@pytest.mark.fault("TMDB", "wrong values")
def test_a_film_with_a_wrong_id_fails_alone(download):
    links = pd.DataFrame({"movie_id": [1, 6], "imdb_id": ["Toy Story", "tt0113277"]})
    report = download(FakeTmdb(), links)
    assert statuses(report) == {1: "failed", 6: "downloaded"}
    assert "is not an IMDb id" in reason(report, 1)


# What goes wrong


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/3/find/tt0114709", status(500), r"in 2 tries: it answered 500"),
        ("/3/find/tt0114709", status(429), r"in 2 tries: it answered 429"),
        ("/3/find/tt0114709", silent, r"it took too long"),
        ("/3/find/tt0114709", refused(422, "Bad."), r"422 .*Bad"),
        ("/3/find/tt0114709", whole(b"<html>", "text/html"), r"a web page in place"),
        ("/3/find/tt0114709", json_answer([]), r"does not answer as TMDB does"),
        (
            "/3/find/tt0114709",
            json_answer({"movie_results": [{"id": 1, "poster_path": "/../../x.jpg"}]}),
            r"'/\.\./\.\./x\.jpg' is not the name of a picture",
        ),
        (TOY_PATH, status(404), r"answered 404"),
        (TOY_PATH, status(401), r"answered 401"),
        (TOY_PATH, status(503), r"in 2 tries: it answered 503"),
        (TOY_PATH, moved_to("file:///etc/hostname"), r"the address leads nowhere"),
        (TOY_PATH, moved_to("http://[1/x.jpg"), r"the address leads nowhere"),
        (TOY_PATH, silent, r"the connection failed|it took too long"),
        (TOY_PATH, whole(POSTER, cut_at=300), r"in 2 tries: the connection failed"),
        (TOY_PATH, whole(POSTER[:300]), r"not a good picture: .*[Tt]runcated"),
        (TOY_PATH, whole(b"<html>Log in"), r"a web page in place of a picture"),
        (TOY_PATH, whole(b"MZ\x90"), r"not a good picture: it starts with b'MZ"),
        (TOY_PATH, whole(b""), r"not a good picture: it is empty"),
        (TOY_PATH, whole(picture("GIF")), r"not a good picture: it starts with b'GIF"),
        (TOY_PATH, whole(bytes(30_000)), r"more than 0\.0191 MiB came"),
    ],
)
def test_a_film_that_fails_does_not_stop_the_others(
    download, folder, path, answer, why
):
    fake = FakeTmdb(troubles={path: [answer] * 2})
    report = download(fake, most_bytes=20_000)
    assert statuses(report) == {1: "failed", 6: "downloaded", 99: "missing"}
    assert report.films["reason"].str.contains(why)[0], reason(report, 1)
    assert names_in(folder.parent / "posters") == ["w342/6.jpg"]


def test_a_poster_that_is_sent_round_and_round_fails(download):
    fake = FakeTmdb(troubles={TOY_PATH: [moved_to(TOY_PATH)] * 10})
    assert "leads nowhere" in reason(download(fake), 1)


@pytest.mark.parametrize("answer", [status(500), whole(POSTER, cut_at=300)])
def test_a_poster_is_asked_for_again_after_trouble(download, answer):
    report = download(FakeTmdb(troubles={TOY_PATH: [answer]}))
    assert statuses(report)[1] == "downloaded"


def test_a_refused_key_stops_everything_and_leaves_what_is_there(download, folder):
    fake = FakeTmdb(troubles={"/3/find/tt0113277": [refused(401, "Suspended.")]})
    with pytest.raises(TmdbKeyRefusedError, match="Suspended"):
        download(fake)
    assert names_in(folder) == ["w342/1.jpg"]
    assert fake.paths[-1] == "/3/find/tt0113277"


def test_a_server_that_is_down_is_not_asked_for_every_film(download):
    links = pd.DataFrame({"movie_id": range(1, 9), "imdb_id": range(1, 9)})
    down = {f"/3/find/tt{n:07}": [status(500)] * 2 for n in range(2, 9)}
    report = download(fake := FakeTmdb(troubles=down), links)
    assert report.films["status"].value_counts(sort=False).to_dict() == {
        "missing": 1,
        "failed": 3,
        "not tried": 4,
    }
    assert "could not be asked any more" in reason(report, 8)
    assert len(fake.paths) == 1 + 1 + 3 * 2


def test_one_answer_in_between_shows_that_the_server_is_there(download):
    links = pd.DataFrame({"movie_id": range(1, 7), "imdb_id": range(1, 7)})
    down = {f"/3/find/tt{n:07}": [status(500)] * 2 for n in (1, 2, 4, 5)}
    report = download(FakeTmdb(troubles=down), links)
    assert "not tried" not in statuses(report).values()


def test_a_server_that_wants_to_be_left_alone_is(download):
    busy = {"/3/find/tt0114709": [status(429, retry_after="3600")]}
    report = download(fake := FakeTmdb(troubles=busy))
    assert statuses(report) == {1: "failed", 6: "not tried", 99: "not tried"}
    assert "left alone for 60 minutes" in reason(report, 6)
    assert len(fake.paths) == 2


def test_a_server_that_is_down_from_the_start_is_told(download):
    with pytest.raises(TmdbUnavailableError):
        download(status(500))


def test_a_size_that_tmdb_does_not_have_is_told_before_anything_is_asked(download):
    fake = FakeTmdb()
    with pytest.raises(ValueError, match="w92, w154"):
        download(fake, size="w341")
    assert fake.paths == ["/3/configuration"]


@pytest.mark.parametrize("size", ["../up", "w342/..", "", "W342", 342])
def test_a_size_that_leads_elsewhere_is_refused(download, size):
    with pytest.raises(ValueError, match="is not a size of posters"):
        download(FakeTmdb(), size=size)


@pytest.mark.parametrize(
    ("links", "message"),
    [
        (LINKS[["imdb_id"]], "needs the column movie_id"),
        (LINKS[["movie_id"]], "imdb_id or tmdb_id"),
        (LINKS.assign(movie_id=["../1", "2", "3"]), "whole numbers"),
        (LINKS.assign(movie_id=pd.array([1, None, 3], dtype="Int64")), "whole numbers"),
        (LINKS.assign(movie_id=[6, 6, 1]), "movie_id 6 comes twice"),
    ],
)
def test_a_frame_that_does_not_fit_is_told(tmp_path, links, message):
    with pytest.raises(ValueError, match=message):
        download_posters(links, tmp_path)


@pytest.mark.fault("TMDB", "no room")
def test_a_full_disk_stops_everything(download, folder, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(poster_download, "write_whole", full)
    with pytest.raises(DownloadError, match=r"cannot be written: .*No space left"):
        download(FakeTmdb())


# Going on


def test_what_is_there_is_not_asked_for_again(download):
    download(FakeTmdb(), LINKS[:1])
    report = download(fake := FakeTmdb())
    assert statuses(report) == {1: "there", 6: "downloaded", 99: "missing"}
    assert TOY_PATH not in fake.paths
    assert set(report.files) == {1, 6}


@pytest.mark.fault("TMDB", "interrupted")
def test_after_an_interruption_it_goes_on_where_it_stopped(download, folder):
    fake = FakeTmdb()
    original = Tmdb.poster

    def poster(self, path, *arguments, **options):
        if path == "/heat.jpg":
            raise KeyboardInterrupt
        return original(self, path, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tmdb, "poster", poster)
        with pytest.raises(KeyboardInterrupt):
            download(fake)
    assert names_in(folder) == ["w342/1.jpg"]
    report = download(fake)
    assert statuses(report) == {1: "there", 6: "downloaded", 99: "missing"}
    assert fake.paths.count(TOY_PATH) == 1


def test_a_good_file_is_never_written_again(download, folder):
    mine = picture(colour="red")
    (folder / "w342").mkdir(parents=True)
    (folder / "w342" / "1.jpg").write_bytes(mine)
    download(FakeTmdb())
    assert (folder / "w342" / "1.jpg").read_bytes() == mine


@pytest.mark.parametrize("spoilt", [b"", POSTER[:300], b"not a picture"])
def test_a_spoilt_file_is_set_aside_and_downloaded_again(download, folder, spoilt):
    file = folder / "w342" / "1.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(spoilt)
    assert statuses(download(FakeTmdb(), LINKS[:1])) == {1: "downloaded"}
    assert file.read_bytes() == POSTER
    assert file.with_name("1.jpg.corrupt").read_bytes() == spoilt


def test_a_spoilt_file_stays_where_no_better_one_comes(download, folder):
    file = folder / "w342" / "1.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"spoilt")
    download(FakeTmdb(films=()), LINKS[:1])
    assert names_in(folder) == ["w342/1.jpg"]


def test_no_key_is_needed_when_all_is_there(download, folder, monkeypatch):
    download(FakeTmdb(), LINKS[:2])
    monkeypatch.delenv("TMDB_API_KEY")
    report = download_posters(LINKS[:2], folder)
    assert statuses(report) == {1: "there", 6: "there"}
    with pytest.raises(NoTmdbKeyError):
        download_posters(LINKS, folder)


@pytest.mark.fault("TMDB", "empty")
def test_no_films_give_an_empty_report(download):
    report = download(FakeTmdb(), LINKS[:0])
    assert (len(report.films), report.files) == (0, {})
    assert "0 films: none asked for" in str(report)


def test_the_films_of_the_server_are_those_of_the_links():
    assert [film["imdb_id"] for film in FILMS] == LINKS["imdb_id"].tolist()
