"""The formats of 100k and 1m, good files and spoilt ones."""

import dataclasses
import hashlib
import io
import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from http_server import from_where_asked, serving

from recsys_helpers.datasets import (
    EDITIONS,
    InvalidDataError,
    load_movielens,
    validate_ratings,
)
from recsys_helpers.datasets._movielens import read_1m, read_100k


def flags(*numbers):
    return "|".join(str(int(n in numbers)) for n in range(19))


DATA = "7\t1\t5\t881250949\n7\t3\t1\t881250950\n9\t1\t4\t891717742\n"
ITEM = f"""\
1|Matrix, The (1999)|01-Jan-1999||http://example.org/M?Matrix%20(1999)|{flags(1, 15)}
2|unknown||||{flags(0)}
3|Misérables, Les (1995)|01-Jan-1995||http://example.org/M|{flags(4, 18)}
4|Two Friends (1986) |01-Jan-1986|||{flags()}
"""
RATINGS = DATA.replace("\t", "::")
MOVIES = """\
1::Matrix, The (1999)::Action|Sci-Fi
2::unknown::(no genres listed)
3::Misérables, Les (1995)::Children's|Western
4::Two Friends (1986) ::
"""
READERS = {"100k": read_100k, "1m": read_1m}
FILES = {
    "100k": {"u.data": DATA, "u.item": ITEM, "u.genre": "unknown|0\n"},
    "1m": {"ratings.dat": RATINGS, "movies.dat": MOVIES, "users.dat": "7::F::1::10::4"},
}
each_edition = pytest.mark.parametrize("edition", READERS)


def zipped(edition):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in FILES[edition].items():
            archive.writestr(f"ml-{edition}/{name}", text.encode("latin-1"))
    return buffer.getvalue()


def read(edition, folder, spoilt=("", "", ""), n_ratings=None, n_movies=None):
    """Read the files of an edition, after a replacement in one of them."""
    file, right, wrong = spoilt
    for name, text in FILES[edition].items():
        if name == file:
            assert right in text
            text = text.replace(right, wrong)
        (folder / name).write_bytes(text.encode("latin-1"))
    return READERS[edition](folder, n_ratings, n_movies)


@each_edition
def test_an_old_edition_has_the_form_of_the_others(edition, tmp_path):
    ratings, movies, links = read(edition, tmp_path)
    assert links is None
    pd.testing.assert_frame_equal(ratings, validate_ratings(ratings, movies))
    assert ratings.iloc[1].tolist() == [7, 3, 1.0, 881250950]
    assert movies["title"].tolist() == [
        "Matrix, The (1999)",
        "unknown",
        "Misérables, Les (1995)",
        "Two Friends (1986) ",
    ]
    assert movies["year"].tolist() == [1999, pd.NA, 1995, 1986]
    assert movies["genres"].tolist() == [
        ("Action", "Sci-Fi"),
        (),
        ("Children", "Western"),
        (),
    ]


@each_edition
def test_line_ends_of_windows_change_nothing(edition, tmp_path):
    as_published = read(edition, tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    for table, again in zip(as_published[:2], READERS[edition](tmp_path), strict=False):
        pd.testing.assert_frame_equal(table, again)


@each_edition
def test_a_cut_download_goes_on_and_gives_what_the_folder_gives(
    edition, tmp_path, monkeypatch
):
    from_folder = read(edition, tmp_path)
    content = zipped(edition)
    entry = dataclasses.replace(
        EDITIONS[edition],
        n_ratings=3,
        n_movies=4,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    monkeypatch.setitem(EDITIONS, edition, entry)
    own = tmp_path / "own"
    own.mkdir()
    (own / f"ml-{edition}.zip.part").write_bytes(content[:100])
    monkeypatch.setenv("RECSYS_DATA_DIR", str(own))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(from_where_asked(content)) as server:
        monkeypatch.setenv("RECSYS_MOVIELENS_URL", server.url)
        data = load_movielens(edition)
    assert server.requests[0]["Range"] == "bytes=100-"
    assert (own / f"ml-{edition}.zip").read_bytes() == content
    pd.testing.assert_frame_equal(data.ratings, from_folder[0])
    pd.testing.assert_frame_equal(data.movies, from_folder[1])


@pytest.mark.parametrize(
    ("edition", "file", "right", "wrong", "where", "value"),
    [
        ("100k", "u.data", "\t3\t1\t", "\t3\t1.5\t", "line 2", "rating '1.5'"),
        ("100k", "u.data", "\t3\t1\t", "\t3\t6\t", "line 2", "rating 6"),
        ("100k", "u.data", "\t3\t1\t", "\t3\t1_0\t", "line 2", "rating '1_0'"),
        ("100k", "u.data", "\t3\t1\t", "\t5\t1\t", "line 2", "movie_id 5"),
        ("100k", "u.data", "9\t1\t", "7\t1\t", "line 3", "movie_id 1"),
        ("100k", "u.data", "\t881250950", "", "line 2", "3 fields"),
        ("100k", "u.data", "881250949", "9" * 19, "line 1", "timestamp"),
        ("100k", "u.item", "unknown||||1", "unknown||||2", "line 2", "'2'"),
        ("100k", "u.item", "|unknown|", "||", "line 2", "title"),
        ("100k", "u.item", "2|unknown", "2|un|known", "line 2", "25 fields"),
        ("100k", "u.item", "2|unknown", "1|unknown", "line 2", "movie_id 1"),
        ("1m", "ratings.dat", "::3::1::", "::3::x::", "line 2", "rating 'x'"),
        ("1m", "ratings.dat", "::3::1::", ":3:1:", "line 2", "1 fields"),
        ("1m", "movies.dat", "2::unknown::", "2::unknown:", "line 2", "2 fields"),
    ],
)
def test_an_error_names_file_line_and_value(
    tmp_path, edition, file, right, wrong, where, value
):
    with pytest.raises(InvalidDataError) as error:
        read(edition, tmp_path, (file, right, wrong))
    assert f"{file}, {where}" in str(error.value)
    assert value in str(error.value)


@each_edition
@pytest.mark.parametrize("rows", [(4, None), (None, 5)])
def test_a_file_cut_at_the_end_of_a_line_is_noticed(edition, rows, tmp_path):
    with pytest.raises(InvalidDataError, match="rows"):
        read(edition, tmp_path, n_ratings=rows[0], n_movies=rows[1])


@each_edition
def test_a_file_cut_in_a_number_is_noticed(edition, tmp_path):
    ratings = next(iter(FILES[edition]))
    with pytest.raises(InvalidDataError, match=ratings):
        read(edition, tmp_path, (ratings, "891717742\n", "8917"))


@each_edition
def test_an_empty_file_is_refused(edition, tmp_path):
    ratings, text = next(iter(FILES[edition].items()))
    with pytest.raises(InvalidDataError, match=ratings):
        read(edition, tmp_path, (ratings, text, ""))


@pytest.mark.parametrize("name", ["latest-small", "100k", "1m"])
def test_a_published_edition_has_the_size_that_its_entry_says(name):
    entry = EDITIONS[name]
    folder = Path(os.environ.get("RECSYS_DATA_DIR", ".")) / str(entry.archive)
    if not folder.is_dir():
        pytest.skip(f"RECSYS_DATA_DIR names no folder with {entry.archive}")
    ratings, movies, _ = entry.reader(folder, entry.n_ratings, entry.n_movies)
    assert ratings["user_id"].nunique() == entry.n_users
    assert (movies["year"].isna().mean()) < 0.01
    assert all(genre != "Children's" for genres in movies["genres"] for genre in genres)


@each_edition
def test_two_files_of_one_name_in_a_zip_are_refused(edition, tmp_path):
    path = tmp_path / "two.zip"
    path.write_bytes(zipped(edition))
    name = next(iter(FILES[edition]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"backup/{name}", "1")
    with pytest.raises(InvalidDataError, match=name):
        READERS[edition](path)
