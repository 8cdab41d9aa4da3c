"""The corpus of Wikipedia pages: read whole, in any packing, or refused."""

import hashlib
import json
import tracemalloc

import numpy as np
import pandas as pd
import pooch
import pytest
from http_server import from_where_asked, serving, status, whole
from tiny_wikipedia import PAGES, gzipped, lines, zipped

from recsys_helpers.datasets import (
    ChecksumError,
    DatasetError,
    DownloadError,
    InvalidDataError,
    load_wikipedia_links,
)
from recsys_helpers.datasets._wikipedia import ORIGINAL_FIGURES, parse_page

NAME = "wp_movies_10k.ndjson"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    for name in ("DATA_DIR", "WIKIPEDIA_URL", "WIKIPEDIA_SHA256"):
        monkeypatch.delenv(f"RECSYS_{name}", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def load(tmp_path):
    """Write bytes to a file and load it."""

    def load(content, name=NAME, **options):
        (tmp_path / name).write_bytes(content)
        return load_wikipedia_links(tmp_path / name, **options)

    return load


def links_of(films, film_id):
    rows = films.links[films.links["film_id"] == film_id]
    return list(rows[["kind", "name"]].itertuples(index=False, name=None))


# What is read


def test_pages_become_films_in_the_order_of_the_file(load):
    films = load(lines()).films
    assert films["film_id"].tolist() == [0, 1, 2, 3]
    assert films["title"].tolist() == [page[0] for page in PAGES]


def test_a_year_is_taken_from_the_title(load):
    years = load(lines()).films["year"]
    assert years.dtype == "Int16"
    assert years.fillna(0).tolist() == [1995, 0, 0, 0]


def test_scores_become_numbers_where_there_are_some(load):
    films = load(lines()).films
    assert films["tomato_meter"].fillna(-1).tolist() == [86, -1, -1, -1]
    assert films["tomato_rating"].dtype == np.float64
    assert films["tomato_rating"].fillna(-1).tolist() == [7.8, -1, -1, -1]


@pytest.mark.parametrize("score", ["101%", "unknown", 86, None, "8%6", "86.0/10"])
def test_what_is_no_score_is_unknown(load, score):
    film = load(lines(["Heat", {}, [], score, score])).films.iloc[0]
    assert film[["tomato_meter", "tomato_rating"]].isna().all()


def test_an_infobox_is_kept_as_it_is(load):
    assert load(lines()).films["infobox"].iloc[2] == {"budget": "$90 million"}


def test_a_link_is_kept_once_a_film_in_the_order_of_the_page(load):
    assert links_of(load(lines()), 0) == [
        ("page", "Al Pacino"),
        ("page", "Rotten Tomatoes"),
        ("category", "Category:1995 films"),
    ]


def test_a_film_without_links_is_kept_and_counted(load):
    films = load(lines())
    assert links_of(films, 3) == []
    assert films.report["n_without_links"] == 1


def test_links_make_pairs_as_credits_do(load):
    pairs = load(lines()).pairs(min_films=3)
    assert list(pairs.itertuples(index=False, name=None)) == [
        (0, "Rotten Tomatoes"),
        (1, "Rotten Tomatoes"),
        (2, "Rotten Tomatoes"),
    ]


@pytest.mark.fault("Wikipedia's corpus", "wrong values")
def test_a_page_that_comes_again_is_counted_and_left_out(load):
    films = load(lines(PAGES[0], ["Heat (1995 film)", {}, ["Other"]], PAGES[1]))
    assert films.report["n_repeated_titles"] == 1
    assert films.films["film_id"].tolist() == [0, 2]
    assert "Other" not in set(films.links["name"])


def test_repeated_and_blank_links_are_counted(load):
    report = load(lines(["Heat", {}, ["A", "A", " ", "", "B", "A"]])).report
    assert (report["n_repeated_links"], report["n_blank_links"]) == (2, 2)


def test_figures_are_counted_with_repeats_as_the_source_text_does(load):
    # Al Pacino stands on Heat twice and on The Insider once: seen 3 times, on 2 pages.
    report = load(lines()).report
    assert report["n_entities_seen_3_times"] == 2
    assert report["n_pairs_with_repeats"] == 6
    assert report["Rotten Tomatoes"] == 3


def test_empty_lines_are_no_lines(load):
    films = load(b"\n" + lines() + b"\n \n")
    assert films.report["n_lines"] == 4
    assert films.films["film_id"].tolist() == [0, 1, 2, 3]


def test_a_file_without_links_at_all_is_read(load):
    assert len(load(lines(["Heat", {}, []])).links) == 0


def test_column_types_are_those_of_the_credits(load):
    films = load(lines())
    assert films.films["film_id"].dtype == films.links["film_id"].dtype == np.int32
    assert isinstance(films.links["kind"].dtype, pd.CategoricalDtype)


# Packings


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (NAME, lines()),
        (f"{NAME}.gz", gzipped(lines())),
        (f"{NAME}.zip", zipped(lines())),
        ("misnamed.txt", zipped(lines(), "__MACOSX/._wp_movies_10k.ndjson", "README")),
    ],
    ids=["plain", "gzip", "zip", "zip by another name"],
)
def test_the_packing_does_not_matter(load, name, content):
    assert load(content, name).films["title"].tolist() == [page[0] for page in PAGES]


def test_a_folder_with_the_file_is_read(tmp_path):
    (tmp_path / NAME).write_bytes(lines())
    assert len(load_wikipedia_links(tmp_path).films) == 4


def test_a_zip_with_two_files_is_refused(load):
    with pytest.raises(InvalidDataError, match=r"holds 2 files that end in \.ndjson"):
        load(zipped(lines(), "other.ndjson"), "two.zip")


@pytest.mark.fault("Wikipedia's corpus", "cut short")
@pytest.mark.parametrize("cut", [30, -30, -5])
def test_a_cut_gzip_is_refused(load, cut):
    with pytest.raises(InvalidDataError, match=r"damaged|empty|cut short"):
        load(gzipped(lines())[:cut], "cut.gz")


@pytest.mark.parametrize("cut", [40, -30])
def test_a_cut_zip_is_refused(load, cut):
    with pytest.raises(InvalidDataError, match="damaged"):
        load(zipped(lines())[:cut], "cut.zip")


@pytest.mark.fault("Wikipedia's corpus", "changed bytes")
def test_a_zip_with_a_changed_byte_is_refused(load):
    content = bytearray(zipped(lines()))
    content[70] ^= 0xFF
    with pytest.raises(InvalidDataError):
        load(bytes(content), "spoilt.zip")


@pytest.mark.fault("Wikipedia's corpus", "not there")
def test_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(InvalidDataError, match=r"no file or folder .*nowhere"):
        load_wikipedia_links(tmp_path / "nowhere")


# Malformed lines


MALFORMED = {
    "not JSON": b'["Heat", {}, ["A"',
    "not UTF-8": '["Léon", {}, []]'.encode("latin-1"),
    "a number": b"7",
    "an object": b'{"title": "Heat"}',
    "too short": b'["Heat", {}]',
    "no title": b'["", {}, []]',
    "title of another kind": b"[7, {}, []]",
    "infobox of another kind": b'["Heat", [], []]',
    "links of another kind": b'["Heat", {}, {"A": 1}]',
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


@pytest.mark.fault("Wikipedia's corpus", "wrong values")
@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED)
def test_many_malformed_lines_are_an_error_that_names_the_first(load, line):
    with pytest.raises(InvalidDataError, match=r"1 of 5 lines.*line 5: it"):
        load(lines() + line + b"\n")


LAST = lines(PAGES[-1])


@pytest.mark.fault("Wikipedia's corpus", "cut short")
@pytest.mark.parametrize("n_left", range(1, len(LAST) - 1, 4))
def test_a_file_cut_in_its_last_line_is_refused(load, n_left):
    with pytest.raises(InvalidDataError, match="line 4: it was cut short"):
        load(lines(*PAGES[:-1]) + LAST[:n_left])


def test_a_last_line_without_a_line_break_is_complete_if_it_can_be_read(load):
    assert len(load(lines()[:-1]).films) == 4


@pytest.mark.fault("Wikipedia's corpus", "empty")
@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(load, content):
    with pytest.raises(InvalidDataError, match="is empty"):
        load(content)


@pytest.mark.fault("Wikipedia's corpus", "another kind")
@pytest.mark.parametrize(
    "content", [b"<!doctype html>\n<html>\n", b"movieId,title\n1,Toy Story\n"]
)
def test_another_kind_of_file_is_refused(load, content):
    with pytest.raises(InvalidDataError, match=r"Is it the right file|a web page"):
        load(content)


def test_a_page_is_parsed_without_a_file():
    page = parse_page(json.dumps(PAGES[0]).encode())
    assert (page.title, page.scores) == ("Heat (1995 film)", ["86%", "7.8/10"])


# The original


def test_another_corpus_is_not_the_original(load):
    with pytest.raises(InvalidDataError, match=r"n_films is 4 and should be 10,000"):
        load(lines(), expect_original=True)


def test_the_figures_are_those_that_the_source_text_prints():
    assert ORIGINAL_FIGURES["n_pairs_with_repeats"] == 949_544
    assert ORIGINAL_FIGURES["n_entities_seen_3_times"] == 66_913
    assert ORIGINAL_FIGURES["Rotten Tomatoes"] == 9_393


def test_a_large_corpus_is_read_in_bounded_memory(load, tmp_path):
    names = [f"Some page about number {n}" for n in range(2_000)]
    generator = np.random.default_rng(0)
    with (tmp_path / "large").open("wb") as file:
        for n in range(2_000):
            links = [names[i] for i in generator.integers(len(names), size=150)]
            file.write(lines([f"Film {n}", {}, links]))
    tracemalloc.start()
    films = load_wikipedia_links(tmp_path / "large")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(films.films) == 2_000
    assert peak < 12 * (tmp_path / "large").stat().st_size


# Found, or downloaded

ARCHIVE = zipped(lines())
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


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


def load_found(**options):
    return load_wikipedia_links(expect_original=False, **options)


@pytest.mark.parametrize(
    ("name", "content"),
    [(NAME, lines()), (f"{NAME}.gz", gzipped(lines())), (f"{NAME}.zip", ARCHIVE)],
    ids=["plain", "gzip", "zip"],
)
def test_the_own_folder_is_looked_into(cache, own, name, content):
    (own / name).write_bytes(content)
    films = load_found()
    assert len(films.films) == 4
    assert films.source == f"the file {own / name}"


def test_the_own_folder_comes_before_the_cache(cache, own):
    for folder in (cache, own):
        (folder / NAME).write_bytes(lines())
    assert str(own) in load_found().source


def test_what_is_found_without_a_path_must_be_the_original(cache):
    (cache / NAME).write_bytes(lines())
    with pytest.raises(InvalidDataError, match="not the original corpus"):
        load_wikipedia_links()


def test_without_a_checksum_nothing_is_downloaded(cache, monkeypatch):
    with serving(whole(ARCHIVE)) as server:
        monkeypatch.setenv("RECSYS_WIKIPEDIA_URL", server.url)
        with pytest.raises(
            DatasetError, match=r"nobody has published.*sha256="
        ) as told:
            load_found()
    assert server.requests == []
    assert f"{server.url}/{NAME}.zip" in str(told.value)
    assert str(cache) in str(told.value)


def test_the_address_of_the_source_text_is_told_without_a_setting(cache):
    with pytest.raises(DatasetError, match=r"github\.com.*wp_movies_10k\.ndjson\.zip"):
        load_found()


def test_with_a_checksum_the_corpus_is_downloaded_and_kept(cache, monkeypatch):
    with serving(whole(ARCHIVE)) as server:
        monkeypatch.setenv("RECSYS_WIKIPEDIA_URL", server.url)
        first, second = load_found(sha256=SHA256), load_found(sha256=SHA256)
    assert len(server.requests) == 1
    assert first.source.endswith(f"downloaded from {server.url}/{NAME}.zip")
    assert second.source == f"the file {cache / NAME}.zip"


def test_the_checksum_can_be_a_setting(cache, own, monkeypatch):
    monkeypatch.setenv("RECSYS_WIKIPEDIA_SHA256", SHA256)
    with serving(whole(ARCHIVE)) as server:
        monkeypatch.setenv("RECSYS_WIKIPEDIA_URL", f"{server.url}/")
        load_found()
    assert (own / f"{NAME}.zip").read_bytes() == ARCHIVE


@pytest.mark.fault("Wikipedia's corpus", "interrupted")
def test_a_cut_download_goes_on_at_the_next_call(cache, monkeypatch):
    (cache / f"{NAME}.zip.part").write_bytes(ARCHIVE[:50])
    with serving(from_where_asked(ARCHIVE)) as server:
        monkeypatch.setenv("RECSYS_WIKIPEDIA_URL", server.url)
        load_found(sha256=SHA256)
    assert server.requests[0]["Range"] == "bytes=50-"


@pytest.mark.fault("Wikipedia's corpus", "changed bytes")
def test_a_download_with_another_checksum_is_not_used(cache, monkeypatch):
    with serving(whole(b"other")) as server:
        monkeypatch.setenv("RECSYS_WIKIPEDIA_URL", server.url)
        with pytest.raises(ChecksumError):
            load_found(sha256=SHA256)


def test_an_archive_with_another_checksum_is_refused_and_left_alone(cache):
    (cache / f"{NAME}.zip").write_bytes(ARCHIVE)
    with pytest.raises(ChecksumError, match="not used and not changed"):
        load_found(sha256="0" * 64)
    assert (cache / f"{NAME}.zip").read_bytes() == ARCHIVE


@pytest.mark.fault("Wikipedia's corpus", "not there")
def test_a_failed_download_names_the_setting_for_another_server(cache, monkeypatch):
    with serving(status(404)) as server:
        monkeypatch.setenv("RECSYS_WIKIPEDIA_URL", server.url)
        with pytest.raises(DownloadError, match="RECSYS_WIKIPEDIA_URL") as told:
            load_found(sha256=SHA256)
    assert "MOVIELENS" not in str(told.value)
